"""The planner's side of the outbox: make reminders, give them times, call them off. `add` is idempotent by the key."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, or_, select, update

from reminder.policy.model import Kind, State
from reminder.store.outbox import ABOUT_THE_CLOCK, CLOCK, UNSENT
from reminder.store.statements import NOW, SOME, chunks, insert_new, rows_for
from reminder.store.tables import is_waiting, person, reminder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Update

    from reminder.store.outbox import Reminder


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


class Placing(NamedTuple):
    """A reminder that is to go (again), from which practice, and when."""

    row: Reminder
    practice_id: int
    next_at: datetime
    closes_at: datetime


PLACED = ("practice_id", "next_at", "closes_at")


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


def cancel_clock(connection: Connection, person_id: int, *, reason: str, now: datetime) -> int:
    """Call off what is still to be sent about a person's clock; return how many mails that were."""
    return connection.execute(_cancel_clock, {"who": person_id, "why": reason, "now": now}).rowcount


_about_clocks = select(reminder).where(
    reminder.c.person_id.in_(SOME),
    reminder.c.kind.in_(ABOUT_THE_CLOCK),
    reminder.c.state.in_((*UNSENT, State.CANCELLED)),
)


def keep_cycles(connection: Connection, cycles: Mapping[int, date | None], *, reason: str, now: datetime) -> None:
    """Call off what is still to be sent about people's clocks but for the cycles that end on these dates, by person.

    What was called off of those is planned again, the same rows; the next tick says which of them go.
    """
    gone, back = [], []
    for row in rows_for(connection, cycles, _about_clocks):
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


def call_off_ended(connection: Connection, now: datetime) -> int:
    """Call off what waits about cycles that have ended, and return how many mails that were.

    A reset calls off what waits; what was on its way at that moment comes back if it is put off or its sender died.
    """
    return connection.execute(_call_off_ended, {"why": "its cycle has ended", "now": now}).rowcount


def _ended(state: State) -> dict[str, Any]:
    """Return the values of a reminder that is out of the queue, with the parameters `why` and `now`.

    Whoever has claimed it holds it no more.
    """
    return {"state": state, f"{state}_at": NOW, "reason": bindparam("why"), "owner": None, "lease_until": None}


_cancel_clock = (
    update(reminder)
    .where(
        reminder.c.person_id == bindparam("who"),
        reminder.c.kind.in_(ABOUT_THE_CLOCK),
        reminder.c.state.in_(UNSENT),
    )
    .values(_ended(State.CANCELLED))
)

_warns = and_(reminder.c.kind.in_(CLOCK), person.c.expires_on == reminder.c.cycle_on)
_asks = and_(reminder.c.kind == Kind.ASK, person.c.expires_on.is_(None))
_stands = exists().where(person.c.id == reminder.c.person_id, or_(_warns, _asks))
_call_off_ended = (
    update(reminder).where(is_waiting, reminder.c.kind.in_(ABOUT_THE_CLOCK), ~_stands).values(_ended(State.CANCELLED))
)


@cache
def _ending(state: State) -> Update:
    mine = and_(reminder.c.id.in_(SOME), reminder.c.state.in_(UNSENT))
    return update(reminder).where(mine).values(_ended(state))


def end(connection: Connection, ids: Collection[int], state: State, reason: str, now: datetime) -> int:
    """Take reminders that are still to be sent out of the queue, as cancelled or superseded."""
    every = ({"some": some, "why": reason, "now": now} for some in chunks(ids))
    return sum(connection.execute(_ending(state), values).rowcount for values in every)


_place = update(reminder).where(reminder.c.id == bindparam("number"), reminder.c.state == State.PLANNED)


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
    connection.execute(_place, values)
    return revived


def _planned_anew(now: datetime) -> dict[str, Any]:
    """Return the values of a reminder whose end is taken back: its days of trying begin again."""
    ends = {"failed_at": None, "cancelled_at": None, "superseded_at": None, "reason": None}
    return {**ends, "state": State.PLANNED, "planned_at": now, "failures": 0}


def again(connection: Connection, reminder_id: int, now: datetime) -> None:
    """Let a mail that failed or is in doubt be tried again, with the same words if it is in doubt."""
    by_hand = {"next_at": now, "closes_at": None, "reason": "sent again by hand"}
    mine = reminder.c.id == reminder_id
    failed = and_(mine, reminder.c.state == State.FAILED)
    connection.execute(update(reminder).where(failed).values({**_planned_anew(now), **by_hand}))
    doubtful = and_(mine, reminder.c.state == State.IN_DOUBT)
    connection.execute(update(reminder).where(doubtful).values({**by_hand, "planned_at": now, "failures": 0}))
