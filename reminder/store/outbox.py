"""Reminders: every mail the product sends, as it stands in the store, and what is read of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from reminder.policy.model import Kind, State
from reminder.store.statements import NOW, SOME, rows_for
from reminder.store.tables import Instant, is_leased, is_waiting, person, reminder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

CLOCK = (Kind.WARNING, Kind.EXPIRED)
ABOUT_THE_CLOCK = (*CLOCK, Kind.ASK)
IS_STEP = reminder.c.step.is_not(None)
"""A mail about the clock without a step was asked for by hand: the ladder neither plans nor overtakes it."""

UNSENT = (State.PLANNED, State.CLAIMED, State.DEFERRED, State.IN_DOUBT)
"""The states in which a reminder can still be called off: the sender's next mark checks for it."""


class Reminder(NamedTuple):
    """One mail as it stands in the store: the columns of the table, in their order."""

    id: int
    key: str
    kind: Kind
    practice_id: int
    person_id: int | None
    cycle_on: date | None
    step: int | None
    trial: bool
    recipient: str
    state: State
    reason: str | None
    urgent_on: date
    next_at: datetime | None
    closes_at: datetime | None
    details: Mapping[str, Any]
    frozen_on: date | None
    frozen_at: datetime | None
    wording: str | None
    content: Mapping[str, Any] | None
    message_id: str | None
    owner: str | None
    lease_until: datetime | None
    fence: int
    failures: int
    doubts: int
    planned_at: datetime
    claimed_at: datetime | None
    sending_at: datetime | None
    sent_at: datetime | None
    in_doubt_at: datetime | None
    deferred_at: datetime | None
    failed_at: datetime | None
    cancelled_at: datetime | None
    superseded_at: datetime | None


WIDTH = len(Reminder._fields)
KINDS, STATES = {kind.value: kind for kind in Kind}, {state.value: state for state in State}


def _reminder(row: Row[Any]) -> Reminder:
    """Return the reminder whose columns a row begins with."""
    found = Reminder._make(row[:WIDTH])
    return found._replace(kind=KINDS[found.kind], state=STATES[found.state])


in_present_cycle = or_(
    and_(reminder.c.kind.in_(CLOCK), reminder.c.cycle_on == person.c.expires_on, IS_STEP),
    and_(reminder.c.kind == Kind.ASK, person.c.expires_on.is_(None), IS_STEP),
)
"""That a reminder is a step of its person's present cycle, or a question to somebody without one."""


_of_present_cycles = (
    select(reminder)
    .join(person, person.c.id == reminder.c.person_id)
    .where(in_present_cycle, reminder.c.person_id.in_(SOME))
    .order_by(reminder.c.id)
)


def of_present_cycles(connection: Connection, ids: Collection[int]) -> dict[int, list[Reminder]]:
    """Return the clock reminders of the present cycle of each person, and the questions put to those without one."""
    found: dict[int, list[Reminder]] = {}
    for row in rows_for(connection, ids, _of_present_cycles):
        found.setdefault(row.person_id, []).append(_reminder(row))
    return found


_last_sending = (
    select(reminder.c.person_id, func.max(reminder.c.sending_at).label("last_at"))
    .where(
        reminder.c.person_id.in_(SOME),
        reminder.c.kind.in_(ABOUT_THE_CLOCK),
        reminder.c.trial.is_(False),
        or_(reminder.c.state.in_((State.SENDING, State.SENT)), reminder.c.in_doubt_at.is_not(None)),
    )
    .group_by(reminder.c.person_id)
)
_last_sending_at_all = _last_sending.where(reminder.c.sending_at.is_not(None))
_last_sending_until = _last_sending.where(reminder.c.sending_at <= bindparam("until", type_=Instant))


def last_sending(connection: Connection, ids: Collection[int], now: datetime | None = None) -> dict[int, datetime]:
    """Return when a mail about the clock last went, or may have gone, to each person (trial mails aside).

    With `now`, what a wrong clock says to have gone more than a day later is left out.
    """
    if now is None:
        rows = rows_for(connection, ids, _last_sending_at_all)
    else:
        rows = rows_for(connection, ids, _last_sending_until, until=now + timedelta(days=1))
    return {row.person_id: row.last_at for row in rows}


def load(connection: Connection, reminder_id: int) -> Reminder | None:
    """Return one reminder."""
    row = connection.execute(select(reminder).where(reminder.c.id == reminder_id)).first()
    return _reminder(row) if row else None


def waiting(connection: Connection, limit: int = 500) -> list[Reminder]:
    """Return what waits to be sent or is being sent, most urgent first."""
    found: list[Reminder] = []
    for states in (is_waiting, is_leased):  # one by one, since each has its index and the two together have none
        query = select(reminder).where(states).order_by(reminder.c.urgent_on, reminder.c.id)
        found += [_reminder(row) for row in connection.execute(query.limit(limit))]
    return sorted(found, key=lambda row: (row.urgent_on, row.id))[:limit]


def failed(connection: Connection, limit: int = 100) -> list[Reminder]:
    """Return mails that were given up or refused, the latest first."""
    query = select(reminder).where(reminder.c.state == State.FAILED).order_by(reminder.c.failed_at.desc()).limit(limit)
    return [_reminder(row) for row in connection.execute(query)]


_failed_count = (
    select(func.count())
    .select_from(reminder)
    .where(reminder.c.practice_id == bindparam("which"), reminder.c.state == State.FAILED)
)


def failed_count(connection: Connection, practice_id: int) -> int:
    """Return how many mails of a practice failed and were neither overtaken nor sent again."""
    return connection.scalar(_failed_count, {"which": practice_id}) or 0


_sendable_count = select(func.count()).select_from(reminder).where(is_waiting, reminder.c.next_at <= NOW)


def sendable_count(connection: Connection, now: datetime) -> int:
    """Return how many reminders wait although their time has come."""
    return connection.scalar(_sendable_count, {"now": now}) or 0


def history(
    connection: Connection,
    *,
    practice_ids: Collection[int] | None = None,
    person_id: int | None = None,
    limit: int = 200,
) -> list[Reminder]:
    """Return reminders, the latest first."""
    query = select(reminder).order_by(reminder.c.id.desc()).limit(limit)
    if practice_ids is not None:
        query = query.where(reminder.c.practice_id.in_(practice_ids))
    if person_id is not None:
        query = query.where(reminder.c.person_id == person_id)
    return [_reminder(row) for row in connection.execute(query)]


def first_planned(
    connection: Connection,
    person_ids: Collection[int],
    since: datetime,
    until: datetime,
) -> list[Reminder]:
    """Return the clock reminders of these people that were first planned from `since` to `until`."""
    query = select(reminder).where(
        reminder.c.person_id.in_(person_ids),
        reminder.c.kind.in_(CLOCK),
        reminder.c.state != State.SUPERSEDED,
        reminder.c.planned_at >= since,
        reminder.c.planned_at <= until,
    )
    return [_reminder(row) for row in connection.execute(query.order_by(reminder.c.urgent_on, reminder.c.id))]


_newest_moment = select(reminder.c.planned_at).order_by(reminder.c.id.desc()).limit(1)


def newest_moment(connection: Connection) -> datetime | None:
    """Return the latest instant at which a reminder was planned: no honest clock is far behind it."""
    return connection.scalar(_newest_moment)
