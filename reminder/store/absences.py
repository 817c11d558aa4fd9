"""When people are away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select, update

from reminder.policy.model import Absence
from reminder.store import people
from reminder.store.statements import rows_for
from reminder.store.tables import absence

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection


def of_people(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Absence, ...]]:
    """Return the absences in force of several people."""
    in_force = select(absence).where(absence.c.cleared_at.is_(None)).order_by(absence.c.from_on)
    found: dict[int, list[Absence]] = {}
    for row in rows_for(connection, ids, lambda some: in_force.where(absence.c.person_id.in_(some))):
        found.setdefault(row.person_id, []).append(Absence(from_on=row.from_on, to_on=row.to_on))
    return {key: tuple(away) for key, away in found.items()}


def add(connection: Connection, person_id: int, away: Absence, *, now: datetime, recorded_by: str) -> None:
    """Record an absence and have the clock looked at again."""
    values = {"from_on": away.from_on, "to_on": away.to_on, "recorded_at": now, "recorded_by": recorded_by}
    connection.execute(insert(absence).values(person_id=person_id, **values))
    people.change(connection, person_id, {"next_step_at": now})


def clear(connection: Connection, person_id: int, now: datetime) -> int:
    """End every absence of a person and have the clock looked at again; return how many there were."""
    mine = and_(absence.c.person_id == person_id, absence.c.cleared_at.is_(None))
    cleared = connection.execute(update(absence).where(mine).values(cleared_at=now)).rowcount
    people.change(connection, person_id, {"next_step_at": now})
    return cleared
