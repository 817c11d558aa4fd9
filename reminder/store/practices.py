"""Practices: tenants with a calendar, a ladder, a sender and a mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from reminder.errors import UsageError
from reminder.policy.model import Mode, Schedule
from reminder.store.statements import NOW, SOME, insert_new
from reminder.store.tables import closure, person, practice

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """What a practice says in its own words in the mails to its people; None: our words, or nothing."""

    greeting: str | None = None
    sign_off: str | None = None
    contact_line: str | None = None
    paragraph: str | None = None


@dataclass(frozen=True, kw_only=True)
class Practice:
    """One practice as the rules see it."""

    id: int
    name: str
    schedule: Schedule
    sender_name: str
    reply_to: str
    mode: Mode
    live_at: datetime | None
    created_at: datetime
    escalate_to: int | None
    at_risk: bool
    next_check_at: datetime | None
    own_words: OwnWords

    @property
    def is_trial(self) -> bool:
        """Tell whether the practice's mails go to its admins only."""
        return self.mode is Mode.TRIAL


def _practice(row: Row[Any], closures: Collection[date]) -> Practice:
    return Practice(
        id=row.id,
        name=row.name,
        schedule=Schedule(
            zone=row.zone,
            send_time=time.fromisoformat(row.send_time),
            ladder=tuple(int(step) for step in row.ladder.split(",")),
            closures=frozenset(closures),
        ),
        sender_name=row.sender_name,
        reply_to=row.reply_to,
        mode=Mode(row.mode),
        live_at=row.live_at,
        created_at=row.created_at,
        escalate_to=row.escalate_to,
        at_risk=row.at_risk,
        next_check_at=row.next_check_at,
        own_words=OwnWords(**{name: getattr(row, name) for name in OwnWords.__dataclass_fields__}),
    )


def add(
    connection: Connection, *, name: str, schedule: Schedule, sender_name: str, reply_to: str, now: datetime
) -> int:
    """Add a practice in trial mode and return its id; raise UsageError if the name is taken."""
    if connection.scalar(select(practice.c.id).where(practice.c.name == name)) is not None:
        message = f"practice: {name!r} exists already; choose another name or edit that one"
        raise UsageError(message)
    values = {
        "name": name,
        "zone": schedule.zone,
        "send_time": schedule.send_time.isoformat("minutes"),
        "ladder": ",".join(map(str, schedule.ladder)),
        "sender_name": sender_name,
        "reply_to": reply_to,
        "mode": Mode.TRIAL,
        "created_at": now,
        "at_risk": False,
        "next_check_at": now,
    }
    key: int = connection.execute(insert(practice).values(values).returning(practice.c.id)).scalar_one()
    return key


_every = select(practice).order_by(practice.c.name)
_closures = select(closure)
_these = _every.where(practice.c.id.in_(SOME))
_closures_of_these = _closures.where(closure.c.practice_id.in_(SOME))


def load(connection: Connection, ids: Collection[int] | None = None) -> dict[int, Practice]:
    """Return the practices with these ids (all of them without), by id, in the order of their names."""
    if ids is not None and not ids:
        return {}
    wanted, closed = (_every, _closures) if ids is None else (_these, _closures_of_these)
    these = {} if ids is None else {"some": list(ids)}
    closures: dict[int, set[date]] = {}
    for row in connection.execute(closed, these):
        closures.setdefault(row.practice_id, set()).add(row.closed_on)
    return {row.id: _practice(row, closures.get(row.id, ())) for row in connection.execute(wanted, these)}


def named(connection: Connection, name: str | None) -> Practice:
    """Return the practice of that name (letter case aside), or the only one if no name is given; raise UsageError."""
    every = load(connection)
    if not every:
        message = "there is no practice yet; run: reminder init --practice NAME --timezone ZONE --admin EMAIL"
        raise UsageError(message)
    names = ", ".join(found.name for found in every.values())
    if name is None:
        if len(every) > 1:
            message = f"there are several practices; say which one with --practice: {names}"
            raise UsageError(message)
        return next(iter(every.values()))
    for found in every.values():
        if found.name.casefold() == name.strip().casefold():
            return found
    message = f"practice: {name!r} is not known; there are: {names}"
    raise UsageError(message)


_one = update(practice).where(practice.c.id == bindparam("which"))


def change(connection: Connection, practice_id: int, values: dict[str, Any]) -> None:
    """Overwrite columns of a practice."""
    connection.execute(_one, {"which": practice_id, **values})


def set_schedule(connection: Connection, practice_id: int, schedule: Schedule, now: datetime) -> None:
    """Keep a practice's zone, send time and ladder, and have all its clocks looked at again."""
    values = {
        "zone": schedule.zone,
        "send_time": schedule.send_time.isoformat("minutes"),
        "ladder": ",".join(map(str, schedule.ladder)),
        "next_check_at": now,
    }
    change(connection, practice_id, values)
    look_again(connection, practice_id, now)


def look_again(connection: Connection, practice_id: int, now: datetime) -> None:
    """Have every clock whose home this is looked at by the next tick."""
    connection.execute(update(person).where(person.c.home_id == practice_id).values(next_step_at=now))


def close_on(connection: Connection, practice_id: int, days: Sequence[date], now: datetime) -> None:
    """Add closures."""
    rows = [{"practice_id": practice_id, "closed_on": day} for day in days]
    if insert_new(connection, closure, rows, on=["practice_id", "closed_on"]):
        change(connection, practice_id, {"next_check_at": now})
        look_again(connection, practice_id, now)


def reopen_on(connection: Connection, practice_id: int, days: Sequence[date], now: datetime) -> None:
    """Take closures back."""
    connection.execute(delete(closure).where(closure.c.practice_id == practice_id, closure.c.closed_on.in_(days)))
    change(connection, practice_id, {"next_check_at": now})
    look_again(connection, practice_id, now)


def check_all(connection: Connection, now: datetime) -> None:
    """Have digest and coverage of every practice looked at by the next tick."""
    connection.execute(update(practice).values(next_check_at=now))


_due_checks = (
    select(practice.c.id)
    .where(practice.c.next_check_at <= NOW)
    .order_by(practice.c.next_check_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def due_checks(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Lock and return practices whose digest and coverage are to be looked at, the longest waiting first."""
    return list(connection.scalars(_due_checks, {"now": now, "most": limit}))


def count(connection: Connection) -> int:
    """Return how many practices there are."""
    return connection.scalar(select(func.count()).select_from(practice)) or 0
