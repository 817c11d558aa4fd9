"""Facts about the installation itself: the last tick, a held queue, the versions of calendar data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from reminder.store.statements import upsert
from reminder.store.tables import system

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why nothing is sent, and what to do before it is released. A fault of the mail server is probed at `probe_at`; the
    others wait for an admin.
    """

    reason: str
    cure: str
    since_at: datetime
    probe_at: datetime | None = None

    @property
    def waits_for_admin(self) -> bool:
        """Tell whether only an admin releases the queue, and not the mail server's next yes."""
        return self.probe_at is None


_value = select(system.c.value).where(system.c.key == bindparam("wanted"))


def get(connection: Connection, key: str) -> str | None:
    """Return the value kept under `key`."""
    return connection.scalar(_value, {"wanted": key})


def put(connection: Connection, key: str, value: str) -> None:
    """Keep a value under `key`."""
    upsert(connection, system, {"key": key, "value": value}, on=["key"])


def starting_with(connection: Connection, prefix: str) -> dict[str, str]:
    """Return everything kept under keys that begin with `prefix`, by key."""
    rows = connection.execute(select(system).where(system.c.key.startswith(prefix, autoescape=True)))
    return {row.key: row.value for row in rows}


def remove(connection: Connection, key: str) -> bool:
    """Forget what is kept under `key`; tell whether there was anything."""
    return connection.execute(delete(system).where(system.c.key == key)).rowcount > 0


def get_instant(connection: Connection, key: str) -> datetime | None:
    """Return the instant kept under `key`."""
    value = get(connection, key)
    return datetime.fromisoformat(value) if value else None


def hold(connection: Connection) -> Hold | None:
    """Return why the queue is held, or None."""
    value = get(connection, "hold")
    if value is None:
        return None
    fields = json.loads(value)
    for name in ("since_at", "probe_at"):
        fields[name] = datetime.fromisoformat(fields[name]) if fields[name] else None
    return Hold(**fields)


def set_hold(connection: Connection, held: Hold) -> None:
    """Hold the queue."""
    put(connection, "hold", json.dumps(asdict(held), default=datetime.isoformat))


def hold_for_admin(connection: Connection, held: Hold) -> bool:
    """Hold the queue until an admin releases it; False if it waits for one already, which keeps its reason.

    A fault of the mail server gives way: its next yes would release the queue.
    """
    known = hold(connection)
    if known is not None and known.waits_for_admin:
        return False
    set_hold(connection, held)
    return True


def clear_hold(connection: Connection) -> None:
    """Release the queue."""
    remove(connection, "hold")
