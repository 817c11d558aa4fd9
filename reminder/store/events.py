"""The audit log: who did what to whom, and when. Rows are only ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from reminder.store.tables import event

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


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
    key: int = connection.execute(insert(event).values(detail=detail, **values).returning(event.c.id)).scalar_one()
    return key
