"""Alembic's entry: `reminder.store.migrate` hands over an open connection; nothing is read from a file."""

from __future__ import annotations

from alembic import context

from reminder.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot alter most things in place, so Alembic copies the table. `migrate` switches foreign keys off
    # around it, or dropping the old copy would empty the tables that refer to it.
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
)
context.run_migrations()
