"""Recorded password changes. Rows are only ever added: an undo is a row, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, select

from reminder.policy.expiry import expires_on
from reminder.policy.model import Confidence
from reminder.policy.moments import local_date
from reminder.store import memberships, people, planning, rules
from reminder.store.statements import SOME, rows_for
from reminder.store.tables import reset

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

ENDED_BY_RESET = "a reset was recorded"


@dataclass(frozen=True, kw_only=True)
class Reset:
    """One recorded password change; with `undoes_id` the row that takes another one back."""

    id: int
    person_id: int
    reset_on: date
    confidence: Confidence
    recorded_at: datetime
    recorded_by: str
    practice_id: int | None
    import_id: int | None
    undoes_id: int | None


def _reset(row: Row[Any]) -> Reset:
    return Reset(
        id=row.id,
        person_id=row.person_id,
        reset_on=row.reset_on,
        confidence=Confidence(row.confidence),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        practice_id=row.practice_id,
        import_id=row.import_id,
        undoes_id=row.undoes_id,
    )


def current(connection: Connection, person_id: int) -> Reset | None:
    """Return the reset that counts: the one recorded last and not undone."""
    return _counting(connection, [person_id]).get(person_id)


def get(connection: Connection, reset_id: int) -> Reset | None:
    """Return one reset."""
    row = connection.execute(select(reset).where(reset.c.id == reset_id, reset.c.undoes_id.is_(None))).first()
    return _reset(row) if row else None


def is_undone(connection: Connection, reset_id: int) -> bool:
    """Tell whether a reset was taken back."""
    return connection.scalar(select(reset.c.id).where(reset.c.undoes_id == reset_id)) is not None


def journal(connection: Connection, person_id: int) -> list[Reset]:
    """Return every row about a person's resets, the undoing ones too, newest first."""
    rows = connection.execute(select(reset).where(reset.c.person_id == person_id).order_by(reset.c.id.desc()))
    return [_reset(row) for row in rows]


def history(connection: Connection, person_id: int) -> list[tuple[Reset, bool]]:
    """Return the person's resets, newest first, each with whether it was undone."""
    rows = journal(connection, person_id)
    undone = {row.undoes_id for row in rows}
    return [(row, row.id in undone) for row in rows if row.undoes_id is None]


def record(
    connection: Connection,
    person: people.Person,
    reset_on: date,
    confidence: Confidence,
    *,
    recorded_by: str,
    now: datetime,
    practice_id: int | None = None,
) -> int | None:
    """Record a reset: it ends the present cycle and cancels what is planned for it, in this transaction.

    Return its number, or None if the date is the one that counts already.
    """
    source = {"recorded_by": recorded_by, "practice_id": practice_id}
    return record_all(connection, {person.id: reset_on}, confidence, now=now, **source).get(person.id)


_new = insert(reset)


def record_all(
    connection: Connection,
    days: Mapping[int, date],
    confidence: Confidence,
    *,
    now: datetime,
    **source: str | int | None,
) -> dict[int, int]:
    """Record resets of many people, by person, as `record` does; `source`: recorded_by, practice_id, import_id.

    Return the numbers of the new resets, by person.
    """
    counting = _counting(connection, days)
    known = {"rule_key": rules.IA, "confidence": confidence, "recorded_at": now, **source}
    new = {key: day for key, day in days.items() if key not in counting or counting[key].reset_on != day}
    if not new:
        return {}
    rows = [{**known, "person_id": key, "reset_on": day} for key, day in new.items()]
    connection.execute(_new, rows)
    added = _counting(connection, new)
    _apply(connection, added, now)
    return {key: one.id for key, one in added.items()}


def undo(connection: Connection, taken_back: Reset, *, recorded_by: str, now: datetime) -> None:
    """Take a reset back by a row of its own; the earlier cycle opens again with the same reminders."""
    values = {
        "person_id": taken_back.person_id,
        "rule_key": rules.IA,
        "reset_on": taken_back.reset_on,
        "confidence": taken_back.confidence,
        "recorded_at": now,
        "recorded_by": recorded_by,
        "undoes_id": taken_back.id,
    }
    connection.execute(_new, values)
    key = taken_back.person_id
    _apply(connection, {key: current(connection, key)}, now)


_undoing = reset.alias()
_counting_of = (
    select(reset)
    .where(reset.c.person_id.in_(SOME), reset.c.undoes_id.is_(None))
    .where(~exists().where(_undoing.c.undoes_id == reset.c.id, _undoing.c.person_id == reset.c.person_id))
    .order_by(reset.c.id)
)


def _counting(connection: Connection, person_ids: Collection[int]) -> dict[int, Reset]:
    """Return the reset that counts of each person who has one."""
    return {row.person_id: _reset(row) for row in rows_for(connection, person_ids, _counting_of)}


def _apply(connection: Connection, counting: Mapping[int, Reset | None], now: datetime) -> None:
    """Bring each person's clock in line with the reset that counts now, and their reminders with the clock."""
    rule, zones = rules.load(connection), memberships.home_zones(connection, counting)
    clocks: list[dict[str, Any]] = [
        {
            "person_id": key,
            "reset_id": one.id if one else None,
            "reset_on": one.reset_on if one else None,
            "expires_on": expires_on(rule, one.reset_on) if one else None,
            "known_on": local_date(one.recorded_at, zones.get(key, "UTC")) if one else None,
            "next_step_at": now,
        }
        for key, one in counting.items()
    ]
    people.set_clocks(connection, clocks)
    cycles = {clock["person_id"]: clock["expires_on"] for clock in clocks}
    planning.keep_cycles(connection, cycles, reason=ENDED_BY_RESET, now=now)


_confidences = select(reset.c.id, reset.c.confidence).where(reset.c.id.in_(SOME))


def confidences(connection: Connection, ids: Collection[int]) -> dict[int, Confidence]:
    """Return how we know each of these resets, by its number."""
    return {row.id: Confidence(row.confidence) for row in rows_for(connection, ids, _confidences)}
