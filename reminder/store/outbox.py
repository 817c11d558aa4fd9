"""Reminders: every mail the product sends, from plan to record. Planning is idempotent by the unique `key`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select, update

from reminder.policy.model import Kind, State
from reminder.store.statements import chunks, insert_new, rows_for
from reminder.store.tables import is_leased, is_waiting, person, reminder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

CLOCK = (Kind.WARNING, Kind.EXPIRED)
ABOUT_THE_CLOCK = (*CLOCK, Kind.ASK)
IS_STEP = reminder.c.step.is_not(None)
"""A mail about the clock without a step was asked for by hand: the ladder neither plans nor overtakes it."""

UNSENT = (State.PLANNED, State.CLAIMED, State.DEFERRED, State.IN_DOUBT)
"""The states in which a reminder can still be called off: the sender's next mark checks for it."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A reminder to be made. `key` names what it is about and whom it goes to: it is made once."""

    key: str
    kind: Kind
    practice_id: int
    recipient: str
    urgent_on: date
    next_at: datetime | None
    closes_at: datetime | None
    person_id: int | None = None
    cycle_on: date | None = None
    step: int | None = None
    trial: bool = False
    state: State = State.PLANNED
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


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


class Placing(NamedTuple):
    """A reminder that is to go (again), from which practice, and when."""

    row: Reminder
    practice_id: int
    next_at: datetime
    closes_at: datetime


PLACED = ("practice_id", "next_at", "closes_at")
WIDTH = len(Reminder._fields)
KINDS, STATES = {kind.value: kind for kind in Kind}, {state.value: state for state in State}


def _reminder(row: Row[Any]) -> Reminder:
    """Return the reminder whose columns a row begins with."""
    found = Reminder._make(row[:WIDTH])
    return found._replace(kind=KINDS[found.kind], state=STATES[found.state])


def add(connection: Connection, plans: Sequence[Plan], now: datetime) -> int:
    """Make the reminders whose key is new; return how many were."""
    rows = [
        {
            **{name: getattr(plan, name) for name in Plan.__dataclass_fields__},
            "details": dict(plan.details),
            "fence": 0,
            "failures": 0,
            "doubts": 0,
            "planned_at": now,
            "cancelled_at": now if plan.state is State.CANCELLED else None,
            "superseded_at": now if plan.state is State.SUPERSEDED else None,
        }
        for plan in plans
    ]
    return insert_new(connection, reminder, rows, on=["key"])


in_present_cycle = or_(
    and_(reminder.c.kind.in_(CLOCK), reminder.c.cycle_on == person.c.expires_on, IS_STEP),
    and_(reminder.c.kind == Kind.ASK, person.c.expires_on.is_(None), IS_STEP),
)
"""That a reminder is a step of its person's present cycle, or a question to somebody without one."""


def of_present_cycles(connection: Connection, ids: Collection[int]) -> dict[int, list[Reminder]]:
    """Return the clock reminders of the present cycle of each person, and the questions put to those without one."""
    every = select(reminder).join(person, person.c.id == reminder.c.person_id)
    query = every.where(in_present_cycle).order_by(reminder.c.id)
    found: dict[int, list[Reminder]] = {}
    for row in rows_for(connection, ids, lambda some: query.where(reminder.c.person_id.in_(some))):
        found.setdefault(row.person_id, []).append(_reminder(row))
    return found


def last_sending(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Return when a mail about the clock last went, or may have gone, to each person (trial mails aside)."""
    query = (
        select(reminder.c.person_id, func.max(reminder.c.sending_at).label("last_at"))
        .where(
            reminder.c.kind.in_(ABOUT_THE_CLOCK),
            reminder.c.trial.is_(False),
            or_(reminder.c.state.in_((State.SENDING, State.SENT)), reminder.c.in_doubt_at.is_not(None)),
        )
        .group_by(reminder.c.person_id)
    )
    rows = rows_for(connection, ids, lambda some: query.where(reminder.c.person_id.in_(some)))
    return {row.person_id: row.last_at for row in rows if row.last_at is not None}


def cancel_clock(connection: Connection, person_id: int, *, reason: str, now: datetime) -> int:
    """Call off what is still to be sent about a person's clock; return how many mails that were."""
    mine = and_(
        reminder.c.person_id == person_id,
        reminder.c.kind.in_(ABOUT_THE_CLOCK),
        reminder.c.state.in_(UNSENT),
    )
    return connection.execute(update(reminder).where(mine).values(_ended(State.CANCELLED, reason, now))).rowcount


def keep_cycles(connection: Connection, cycles: Mapping[int, date | None], *, reason: str, now: datetime) -> None:
    """Call off what is still to be sent about people's clocks but for the cycles that end on these dates, by person.

    What was called off of those is planned again, the same rows; the next tick says which of them go.
    """
    about = and_(reminder.c.kind.in_(ABOUT_THE_CLOCK), reminder.c.state.in_((*UNSENT, State.CANCELLED)))
    query = select(reminder).where(about)
    gone, back = [], []
    for row in rows_for(connection, cycles, lambda some: query.where(reminder.c.person_id.in_(some))):
        is_kept = row.kind in CLOCK and row.cycle_on == cycles[row.person_id]
        if row.state != State.CANCELLED and not is_kept:
            gone.append(row.id)
        elif row.state == State.CANCELLED and is_kept and row.step is not None:
            back.append(row.id)
    end(connection, gone, State.CANCELLED, reason, now)
    again_planned = {**_planned_anew(now), "next_at": None}
    for some in chunks(back):
        called_off = and_(reminder.c.id.in_(some), reminder.c.state == State.CANCELLED)
        connection.execute(update(reminder).where(called_off).values(again_planned))


def _ended(state: State, reason: str, now: datetime) -> dict[str, Any]:
    """Return the values of a reminder that is out of the queue; whoever has claimed it holds it no more."""
    return {"state": state, f"{state}_at": now, "reason": reason, "owner": None, "lease_until": None}


def end(connection: Connection, ids: Collection[int], state: State, reason: str, now: datetime) -> int:
    """Take reminders that are still to be sent out of the queue, as cancelled or superseded."""
    values = _ended(state, reason, now)
    mine = [and_(reminder.c.id.in_(some), reminder.c.state.in_(UNSENT)) for some in chunks(ids)]
    return sum(connection.execute(update(reminder).where(one).values(values)).rowcount for one in mine)


def place(connection: Connection, placings: Sequence[Placing], now: datetime) -> int:
    """Give planned reminders their times; those that were called off or overtaken are planned anew, from now on.

    Return how many those were.
    """
    if not placings:
        return 0
    gone = [placing.row.id for placing in placings if placing.row.state is not State.PLANNED]
    called_off = and_(reminder.c.id.in_(gone), reminder.c.state.in_((State.CANCELLED, State.SUPERSEDED)))
    revived = connection.execute(update(reminder).where(called_off).values(_planned_anew(now))).rowcount if gone else 0
    values = [{"number": one.row.id, **{name: getattr(one, name) for name in PLACED}} for one in placings]
    mine = and_(reminder.c.id == bindparam("number"), reminder.c.state == State.PLANNED)
    connection.execute(update(reminder).where(mine), values)
    return revived


def _planned_anew(now: datetime) -> dict[str, Any]:
    """Return the values of a reminder whose end is taken back: its days of trying begin again."""
    ends = {"failed_at": None, "cancelled_at": None, "superseded_at": None, "reason": None}
    return {**ends, "state": State.PLANNED, "planned_at": now, "failures": 0}


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


def failed_count(connection: Connection, practice_id: int) -> int:
    """Return how many mails of a practice failed and were neither overtaken nor sent again."""
    mine = and_(reminder.c.practice_id == practice_id, reminder.c.state == State.FAILED)
    return connection.scalar(select(func.count()).select_from(reminder).where(mine)) or 0


def again(connection: Connection, reminder_id: int, now: datetime) -> None:
    """Let a mail that failed or is in doubt be tried again, with the same words if it is in doubt."""
    by_hand = {"next_at": now, "closes_at": None, "reason": "sent again by hand"}
    mine = reminder.c.id == reminder_id
    failed = and_(mine, reminder.c.state == State.FAILED)
    connection.execute(update(reminder).where(failed).values({**_planned_anew(now), **by_hand}))
    doubtful = and_(mine, reminder.c.state == State.IN_DOUBT)
    connection.execute(update(reminder).where(doubtful).values({**by_hand, "planned_at": now, "failures": 0}))


def sendable_count(connection: Connection, now: datetime) -> int:
    """Return how many reminders wait although their time has come."""
    query = select(func.count()).select_from(reminder).where(is_waiting, reminder.c.next_at <= now)
    return connection.scalar(query) or 0


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


def newest_moment(connection: Connection) -> datetime | None:
    """Return the latest instant at which a reminder was planned: no honest clock is far behind it."""
    return connection.scalar(select(reminder.c.planned_at).order_by(reminder.c.id.desc()).limit(1))
