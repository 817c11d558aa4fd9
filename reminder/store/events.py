"""The audit log: who did what to whom, and when. Rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select

from reminder.store.tables import event

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of the audit log."""

    id: int
    happened_at: datetime
    practice_id: int | None
    person_id: int | None
    actor: str
    action: str
    detail: Mapping[str, Any]


_new = insert(event).returning(event.c.id)


def record(
    connection: Connection,
    action: str,
    *,
    actor: str,
    now: datetime,
    practice_id: int | None = None,
    person_id: int | None = None,
    **detail: Any,  # noqa: ANN401 - plain JSON values of any shape
) -> int:
    """Add an event and return its number. `action` is a stable word such as `reset.recorded`."""
    values = {"actor": actor, "action": action, "happened_at": now, "practice_id": practice_id, "person_id": person_id}
    key: int = connection.execute(_new, {"detail": detail, **values}).scalar_one()
    return key


def get(connection: Connection, event_id: int) -> Event | None:
    """Return one event."""
    row = connection.execute(select(event).where(event.c.id == event_id)).first()
    return Event(**row._mapping) if row else None  # noqa: SLF001 - as below


def of_person(connection: Connection, person_id: int, practice_ids: Collection[int]) -> list[Event]:
    """Return what was done to a person in these practices, or in none in particular, the latest first."""
    query = select(event).where(
        event.c.person_id == person_id, or_(event.c.practice_id.is_(None), event.c.practice_id.in_(practice_ids))
    )
    rows = connection.execute(query.order_by(event.c.id.desc()))
    return [Event(**row._mapping) for row in rows]  # noqa: SLF001 - the documented way to a row's mapping


def count_since(connection: Connection, action: str, actor: str, since: datetime) -> int:
    """Return how often somebody did something since an instant."""
    mine = (event.c.happened_at > since, event.c.action == action, event.c.actor == actor)
    return connection.scalar(select(func.count()).select_from(event).where(*mine)) or 0
