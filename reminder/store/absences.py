"""When people are away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from reminder.policy.model import Absence
from reminder.store import people
from reminder.store.statements import SOME, rows_for
from reminder.store.tables import absence

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An absence as it was noted: its number, whose it is, and when it was ended before its time."""

    id: int
    person_id: int
    away: Absence
    recorded_at: datetime
    recorded_by: str
    cleared_at: datetime | None


def _noted(row: Row[Any]) -> Noted:
    return Noted(
        id=row.id,
        person_id=row.person_id,
        away=Absence(from_on=row.from_on, to_on=row.to_on),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        cleared_at=row.cleared_at,
    )


_in_force_of = (
    select(absence).where(absence.c.cleared_at.is_(None), absence.c.person_id.in_(SOME)).order_by(absence.c.from_on)
)


def of_people(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Absence, ...]]:
    """Return the absences in force of several people."""
    found: dict[int, list[Absence]] = {}
    for row in rows_for(connection, ids, _in_force_of):
        found.setdefault(row.person_id, []).append(Absence(from_on=row.from_on, to_on=row.to_on))
    return {key: tuple(away) for key, away in found.items()}


def in_force(connection: Connection, person_id: int) -> list[Noted]:
    """Return the absences of one person that nobody has ended, the earliest first."""
    mine = and_(absence.c.person_id == person_id, absence.c.cleared_at.is_(None))
    return [_noted(row) for row in connection.execute(select(absence).where(mine).order_by(absence.c.from_on))]


def get(connection: Connection, absence_id: int) -> Noted | None:
    """Return one absence."""
    row = connection.execute(select(absence).where(absence.c.id == absence_id)).first()
    return _noted(row) if row else None


def add(connection: Connection, person_id: int, away: Absence, *, now: datetime, recorded_by: str) -> int:
    """Record an absence, have the clock looked at again, and return its number."""
    values = {"from_on": away.from_on, "to_on": away.to_on, "recorded_at": now, "recorded_by": recorded_by}
    statement = insert(absence).values(person_id=person_id, **values).returning(absence.c.id)
    key: int = connection.execute(statement).scalar_one()
    people.change(connection, person_id, {"next_step_at": now})
    return key


def end(connection: Connection, noted: Noted, now: datetime) -> bool:
    """End one absence and have the clock looked at again; False if it was ended before."""
    mine = and_(absence.c.id == noted.id, absence.c.cleared_at.is_(None))
    ended = connection.execute(update(absence).where(mine).values(cleared_at=now)).rowcount
    people.change(connection, noted.person_id, {"next_step_at": now})
    return ended == 1


def clear(connection: Connection, person_id: int, now: datetime) -> int:
    """End every absence of a person and have the clock looked at again; return how many there were."""
    mine = and_(absence.c.person_id == person_id, absence.c.cleared_at.is_(None))
    cleared = connection.execute(update(absence).where(mine).values(cleared_at=now)).rowcount
    people.change(connection, person_id, {"next_step_at": now})
    return cleared
