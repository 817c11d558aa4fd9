"""Recorded password changes. Rows are only ever added: an undo is a row, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from reminder.policy.expiry import expires_on
from reminder.policy.model import Confidence
from reminder.policy.moments import local_date
from reminder.store import memberships, outbox, people, rules
from reminder.store.statements import rows_for
from reminder.store.tables import reset

if TYPE_CHECKING:
    from collections.abc import Collection
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
    undone = select(reset.c.undoes_id).where(reset.c.undoes_id.is_not(None), reset.c.person_id == person_id)
    query = (
        select(reset)
        .where(reset.c.person_id == person_id, reset.c.undoes_id.is_(None), reset.c.id.not_in(undone))
        .order_by(reset.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _reset(row) if row else None


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
    import_id: int | None = None,
) -> int | None:
    """Record a reset: it ends the present cycle and cancels what is planned for it, in this transaction.

    Return its number, or None if the date is the one that counts already.
    """
    before = current(connection, person.id)
    if before is not None and before.reset_on == reset_on:
        return None
    values = {
        "person_id": person.id,
        "rule_key": rules.IA,
        "reset_on": reset_on,
        "confidence": confidence,
        "recorded_at": now,
        "recorded_by": recorded_by,
        "practice_id": practice_id,
        "import_id": import_id,
    }
    key: int = connection.execute(insert(reset).values(values).returning(reset.c.id)).scalar_one()
    apply_current(connection, person.id, now)
    return key


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
    connection.execute(insert(reset).values(values))
    apply_current(connection, taken_back.person_id, now)


def apply_current(connection: Connection, person_id: int, now: datetime) -> None:
    """Bring the person's clock in line with the reset that counts now, and their reminders with the clock."""
    counting = current(connection, person_id)
    expiry = expires_on(rules.load(connection), counting.reset_on) if counting else None
    values = {
        "reset_id": counting.id if counting else None,
        "reset_on": counting.reset_on if counting else None,
        "expires_on": expiry,
        "known_on": local_date(counting.recorded_at, memberships.home_zone(connection, person_id))
        if counting
        else None,
        "next_step_at": now,
    }
    people.set_clock(connection, person_id, values)
    outbox.cancel_clock(connection, person_id, reason=ENDED_BY_RESET, now=now, keep_cycle=expiry)
    if expiry is not None:
        outbox.reopen_cycle(connection, person_id, expiry, now=now)


def confidences(connection: Connection, ids: Collection[int]) -> dict[int, Confidence]:
    """Return how we know each of these resets, by its number."""
    query = select(reset.c.id, reset.c.confidence)
    rows = rows_for(connection, ids, lambda some: query.where(reset.c.id.in_(some)))
    return {row.id: Confidence(row.confidence) for row in rows}
