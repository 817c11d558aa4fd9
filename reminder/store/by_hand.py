"""Mails about a clock that an admin asked for. They are no steps: the ladder goes on beside them, on another day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, or_, select, type_coerce, update

from reminder.policy.model import State
from reminder.store import people, planning, sending
from reminder.store.outbox import ABOUT_THE_CLOCK, IS_STEP, UNSENT, _reminder, last_sending
from reminder.store.statements import SOME, rows_for
from reminder.store.tables import Instant, person, reminder

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from reminder.store.outbox import Reminder


def _of_each(at: ColumnElement[datetime], *which: ColumnElement[bool]) -> Select[Any]:
    """Return the query for an instant of each person, taken from those of their mails about the clock."""
    mine = (reminder.c.person_id.in_(SOME), reminder.c.kind.in_(ABOUT_THE_CLOCK))
    at_of_each = select(reminder.c.person_id, type_coerce(at, Instant).label("at"))
    return at_of_each.where(*mine, *which).group_by(reminder.c.person_id)


_waits = and_(reminder.c.state.in_(UNSENT), reminder.c.trial.is_(False))
_stands = or_(reminder.c.state != State.CANCELLED, reminder.c.in_doubt_at.is_not(None))
_next = func.min(func.coalesce(reminder.c.next_at, reminder.c.planned_at))
_last = func.max(reminder.c.planned_at)

_last_waiting = _of_each(_last, ~IS_STEP, _waits)
_last_asked = _of_each(_last, ~IS_STEP, _stands)
_next_step = _of_each(_next, IS_STEP, _waits)
_next_mail = _of_each(_next, _waits)


def last_mail(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Return when a mail about the clock last went to each person, or is about to go because an admin asked for it."""
    return _later(last_sending(connection, ids, now), _by_person(connection, ids, _last_waiting))


def last_asked(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when an admin last asked for a mail to each person; what was called off before it went is left out."""
    return _by_person(connection, ids, _last_asked)


def next_steps(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when the next step that waits may go to each person (trial mails aside)."""
    return _by_person(connection, ids, _next_step)


def next_mails(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when the next mail about the clock that waits, a step or not, may go to each person (trial aside)."""
    return _by_person(connection, ids, _next_mail)


def readdress(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Let what an admin asked for go to the addresses that people have now; what may have gone to another one ends."""
    own = (person.c.email, func.coalesce(person.c.second_email, person.c.email))
    query = (
        select(reminder)
        .join(person, person.c.id == reminder.c.person_id)
        .where(
            reminder.c.kind.in_(ABOUT_THE_CLOCK),
            reminder.c.state.in_(UNSENT),
            reminder.c.trial.is_(False),
            ~IS_STEP,
            reminder.c.recipient.not_in(own),
        )
    )
    astray = [_reminder(row) for row in rows_for(connection, ids, query.where(person.c.id.in_(SOME)))]
    addressees = people.load(connection, {row.person_id for row in astray if row.person_id})
    for row in astray:
        address = addressees[row.person_id or 0].address
        if address and row.in_doubt_at is None:
            _redirect(connection, row, address)
        else:
            reason = "another address" if address else "no address that works"
            planning.end(connection, [row.id], State.CANCELLED, reason, now)


def _redirect(connection: Connection, row: Reminder, address: str) -> None:
    """Give a mail that never went another address; it is written anew, and whoever has claimed it holds it no more."""
    values = {
        "key": row.key.removesuffix(row.recipient) + address,
        "recipient": address,
        "state": case((reminder.c.state == State.CLAIMED, State.PLANNED), else_=reminder.c.state),
        "owner": None,
        "lease_until": None,
        **dict.fromkeys(sending.FROZEN),
    }
    mine = and_(reminder.c.id == row.id, reminder.c.state.in_(UNSENT), reminder.c.in_doubt_at.is_(None))
    connection.execute(update(reminder).where(mine).values(values))
    if row.content is not None and row.content["first_mail"]:
        written = exists().where(
            reminder.c.person_id == person.c.id, reminder.c.frozen_on.is_not(None), reminder.c.trial.is_(False)
        )
        unheard = and_(person.c.id == row.person_id, ~written)
        connection.execute(update(person).where(unheard).values(greeted_at=None))


def _by_person(connection: Connection, ids: Collection[int], query: Select[Any]) -> dict[int, datetime]:
    return {row.person_id: row.at for row in rows_for(connection, ids, query)}


def _later(one: dict[int, datetime], other: dict[int, datetime]) -> dict[int, datetime]:
    return {key: max(found[key] for found in (one, other) if key in found) for key in one.keys() | other.keys()}
