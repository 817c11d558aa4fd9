"""Which schema the database has. Kept apart from `migrate`, whose library takes half a second to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from reminder.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.engine import Store

NEWEST = "0004"
"""The newest revision in `migrations/`; a test compares the two."""


def present(connection: Connection) -> str | None:
    """Return the revision of the database's schema; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("select version_num from alembic_version"))
    return revision


def require_newest(store: Store) -> None:
    """Raise UsageError unless the database is at the newest schema."""
    with store.read() as connection:
        found = present(connection)
    if found != NEWEST:
        what = "has no tables yet" if found is None else f"has schema {found}, this program needs {NEWEST}"
        message = f"the database {what}; run: reminder db upgrade"
        raise UsageError(message)
