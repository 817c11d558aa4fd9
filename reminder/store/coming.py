"""What the look ahead reads: what waits, what is recorded of the steps and digests, and which expiry dates are to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from reminder.policy.model import Kind, State
from reminder.store.outbox import ABOUT_THE_CLOCK, IS_STEP, Reminder, _reminder, in_present_cycle
from reminder.store.statements import SOME, rows_for
from reminder.store.tables import WAITING, membership, person, reminder

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import Connection


def apart_from_steps(connection: Connection, practice_ids: Collection[int]) -> list[Reminder]:
    """Return what waits in these practices and is no step: mails to admins, receipts, what was asked for by hand."""
    query = select(reminder).where(
        reminder.c.state.in_((*WAITING, "claimed", "sending")),
        reminder.c.practice_id.in_(practice_ids),
        or_(reminder.c.kind.not_in(ABOUT_THE_CLOCK), ~IS_STEP),
        reminder.c.next_at.is_not(None),
    )
    return [_reminder(row) for row in connection.execute(query.order_by(reminder.c.urgent_on, reminder.c.id))]


_recorded_steps = (
    select(reminder.c.person_id, reminder.c.step, reminder.c.state, reminder.c.next_at)
    .join(person, person.c.id == reminder.c.person_id)
    .where(reminder.c.person_id.in_(SOME), in_present_cycle, reminder.c.trial.is_(False))
    .order_by(reminder.c.id)
)


def recorded_steps(connection: Connection, ids: Collection[int]) -> dict[int, list[tuple[int, State, datetime | None]]]:
    """Return what is recorded of the steps of each person's present cycle, trials aside: step, state, next try."""
    found: dict[int, list[tuple[int, State, datetime | None]]] = {}
    for row in rows_for(connection, ids, _recorded_steps):
        found.setdefault(row.person_id, []).append((row.step, State(row.state), row.next_at))
    return found


def members_by_expiry(connection: Connection, practice_id: int, first: date, last: date) -> dict[date, int]:
    """Return how many members of a practice have an expiry date from `first` to `last`, by that date."""
    column = membership.c.expires_on
    mine = (membership.c.practice_id == practice_id, membership.c.left_at.is_(None), column.between(first, last))
    rows = connection.execute(select(column, func.count().label("members")).where(*mine).group_by(column))
    return {row.expires_on: row.members for row in rows}


def earliest_expiry(connection: Connection, practice_ids: Collection[int]) -> date | None:
    """Return the earliest expiry date among the members of some practices."""
    mine = (membership.c.practice_id.in_(practice_ids), membership.c.left_at.is_(None))
    found: date | None = connection.scalar(select(func.min(membership.c.expires_on)).where(*mine))
    return found


def digests_of(connection: Connection, practice_id: int) -> set[date]:
    """Return the Mondays whose digest exists."""
    query = select(reminder.c.cycle_on).where(reminder.c.practice_id == practice_id, reminder.c.kind == Kind.DIGEST)
    return {day for day in connection.scalars(query) if day is not None}
