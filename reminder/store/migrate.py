"""Brings the database to the newest schema, or tells how far it is from it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from reminder.errors import UsageError
from reminder.resources import resource_dir
from reminder.store import schema
from reminder.store.rules import IA
from reminder.store.statements import insert_new
from reminder.store.tables import metadata, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from reminder.store.engine import Store

LOCK = 7_260_060
"""The number of the advisory lock under which a PostgreSQL database is upgraded, so that two machines take turns."""

SHIPPED_RULE = {
    "key": IA,
    "effective_from": date(2000, 1, 1),
    "days": 60,
    "kind": "change",
    "source": "CMS MLN ICN 903766 (2019); NGS Medicare; PECOS login guide citing MLN9658742 (2026)",
    "checked_on": date(2026, 11, 24),
}
"""The one rule that is shipped: an I&A password expires 60 days after it was last changed."""


def upgrade(store: Store) -> None:
    """Create the tables, or bring them to the newest schema; raise UsageError if they are newer than this program."""
    with _schema_transaction(store) as connection:
        found = schema.present(connection)
        if found is not None and found not in _known():
            message = f"the database has schema {found}, which is newer than this program; install the newer one"
            raise UsageError(message)
        command.upgrade(_config(connection), "head")
        insert_new(connection, rule, [SHIPPED_RULE], on=["key", "effective_from"])


def downgrade(store: Store, revision: str) -> None:
    """Go back to an earlier schema (`base` drops everything)."""
    with _schema_transaction(store) as connection:
        command.downgrade(_config(connection), revision)


def newest() -> str | None:
    """Return the newest revision that this program knows."""
    return ScriptDirectory(str(resource_dir("migrations"))).get_current_head()


def differences(connection: Connection) -> list[str]:
    """Return how the tables differ from what the program expects, one line each."""
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _known() -> set[str]:
    scripts = ScriptDirectory(str(resource_dir("migrations")))
    return {script.revision for script in scripts.walk_revisions()}


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _schema_transaction(store: Store) -> Iterator[Connection]:
    """Give a connection that alone may change the schema.

    On SQLite foreign keys are off for the time: a table that is copied and dropped would otherwise empty the tables
    that refer to it. They are checked before the commit, and the connection is left, so that none goes on without.
    """
    if not store.is_sqlite:
        with store.write() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection
        return
    with store.reachable(), store.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection  # a PRAGMA of this kind does nothing inside a transaction
        try:
            raw.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                yield connection
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    message = f"database: rows refer to rows that are not there ({broken[0]}); restore a backup"
                    raise UsageError(message)
        finally:
            connection.invalidate()
