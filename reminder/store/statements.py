"""Statements that SQLite and PostgreSQL spell through different SQLAlchemy constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - the two dialects share no type for it
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], on: Sequence[str]) -> int:
    """Insert the rows whose key `on` is not there yet; return how many were new."""
    if not rows:
        return 0
    statement = _insert(connection, table).on_conflict_do_nothing(index_elements=list(on)).returning(table.c[on[0]])
    return len(connection.execute(statement, [dict(row) for row in rows]).all())


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], on: Sequence[str]) -> None:
    """Insert one row, or overwrite the one that has the same key `on`."""
    statement = _insert(connection, table).values(**row)
    changes = {name: statement.excluded[name] for name in row if name not in on}
    connection.execute(statement.on_conflict_do_update(index_elements=list(on), set_=changes))
