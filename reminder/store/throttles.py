"""Counts tries for all processes at once: one row per key, whose text is a hash and names nobody."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from reminder.policy.throttle import Limit, taken
from reminder.store.statements import insert_new, upsert
from reminder.store.tables import throttle

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

KEPT = timedelta(days=1)
"""A row that has had nothing to count for so long is swept away."""


def take(connection: Connection, what: str, who: str, limit: Limit, now: datetime) -> bool:
    """Take one try of something for somebody; False if none is left now. Two at once cannot take the same one."""
    connection.execute(delete(throttle).where(throttle.c.free_at < now - KEPT))
    key = _key(what, who)
    insert_new(connection, throttle, [{"key": key, "free_at": now}], on=["key"])
    mine = select(throttle.c.free_at).where(throttle.c.key == key).with_for_update()
    free_at = taken(connection.scalar(mine), limit, now)
    if free_at is None:
        return False
    upsert(connection, throttle, {"key": key, "free_at": free_at}, on=["key"])
    return True


def give_back(connection: Connection, what: str, who: str, limit: Limit) -> None:
    """Give a try back: it was a good one, and only bad ones count."""
    key = _key(what, who)
    free_at = connection.scalar(select(throttle.c.free_at).where(throttle.c.key == key).with_for_update())
    if free_at is not None:
        connection.execute(update(throttle).where(throttle.c.key == key).values(free_at=free_at - limit.every))


def _key(what: str, who: str) -> str:
    return hashlib.sha256(f"{what}/{who.strip().lower()}".encode()).hexdigest()
