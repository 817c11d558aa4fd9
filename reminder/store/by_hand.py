"""Mails about a clock that an admin asked for. They are no steps: the ladder goes on beside them, on another day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select, type_coerce, update

from reminder.policy.model import State
from reminder.store import planning
from reminder.store.outbox import ABOUT_THE_CLOCK, IS_STEP, UNSENT, last_sending
from reminder.store.statements import rows_for
from reminder.store.tables import Instant, reminder

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from reminder.store.people import Person


def last_mail(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Return when a mail about the clock last went to each person, or is about to go because an admin asked for it."""
    waits = (~IS_STEP, reminder.c.state.in_(UNSENT), reminder.c.trial.is_(False))
    return _later(
        last_sending(connection, ids, now), _of_each(connection, ids, func.max(reminder.c.planned_at), *waits)
    )


def last_asked(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when an admin last asked for a mail to each person, whatever became of it."""
    return _of_each(connection, ids, func.max(reminder.c.planned_at), ~IS_STEP)


def next_steps(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when the next step that waits may go to each person (trial mails aside)."""
    return _next(connection, ids, IS_STEP)


def next_mails(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when the next mail about the clock that waits, a step or not, may go to each person (trial aside)."""
    return _next(connection, ids)


def readdress(connection: Connection, person: Person, now: datetime) -> None:
    """Let what an admin asked for go to the address that a person has now; what was tried at the former one ends."""
    address = person.address or person.email
    own = [known for known in (person.email, person.second_email) if known]
    astray = and_(
        reminder.c.person_id == person.id,
        reminder.c.kind.in_(ABOUT_THE_CLOCK),
        reminder.c.trial.is_(False),
        ~IS_STEP,
        reminder.c.recipient.not_in(own),
    )
    about = func.substr(reminder.c.key, 1, func.length(reminder.c.key) - func.length(reminder.c.recipient))
    untried = and_(astray, reminder.c.state == State.PLANNED, reminder.c.fence == 0)
    connection.execute(update(reminder).where(untried).values(key=about + address, recipient=address))
    tried = list(connection.scalars(select(reminder.c.id).where(astray, reminder.c.state.in_(UNSENT))))
    planning.end(connection, tried, State.CANCELLED, "another address", now)


def _next(connection: Connection, ids: Collection[int], *which: ColumnElement[bool]) -> dict[int, datetime]:
    waits = (reminder.c.state.in_(UNSENT), reminder.c.trial.is_(False), *which)
    return _of_each(connection, ids, func.min(func.coalesce(reminder.c.next_at, reminder.c.planned_at)), *waits)


def _of_each(
    connection: Connection, ids: Collection[int], at: ColumnElement[datetime], *which: ColumnElement[bool]
) -> dict[int, datetime]:
    query = (
        select(reminder.c.person_id, type_coerce(at, Instant).label("at"))
        .where(reminder.c.kind.in_(ABOUT_THE_CLOCK), *which)
        .group_by(reminder.c.person_id)
    )
    rows = rows_for(connection, ids, lambda some: query.where(reminder.c.person_id.in_(some)))
    return {row.person_id: row.at for row in rows}


def _later(one: dict[int, datetime], other: dict[int, datetime]) -> dict[int, datetime]:
    return {key: max(found[key] for found in (one, other) if key in found) for key in one.keys() | other.keys()}
