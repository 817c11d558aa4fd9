"""The wordings mails were written with: each version once, so that an old mail can be shown as it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from reminder.store.statements import insert_new
from reminder.store.tables import wording

if TYPE_CHECKING:
    from sqlalchemy import Connection


def keep(connection: Connection, version: str, sources: str) -> None:
    """Keep a version of the wording, if it is new."""
    if connection.scalar(select(wording.c.version).where(wording.c.version == version)) is None:
        insert_new(connection, wording, [{"version": version, "sources": sources}], on=["version"])


def load(connection: Connection, version: str) -> str:
    """Return the sources of a version."""
    sources: str = connection.execute(select(wording.c.sources).where(wording.c.version == version)).scalar_one()
    return sources
