"""Statements that SQLite and PostgreSQL spell through different SQLAlchemy constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import or_
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

Value = TypeVar("Value")


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - the two dialects share no type for it
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], on: Sequence[str]) -> int:
    """Insert the rows whose key `on` is not there yet; return how many were new."""
    if not rows:
        return 0
    statement = _insert(connection, table).on_conflict_do_nothing(index_elements=list(on))
    counted = connection.execution_options(preserve_rowcount=True)
    return counted.execute(statement, [dict(row) for row in rows]).rowcount


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], on: Sequence[str]) -> None:
    """Insert one row, or overwrite the one that has the same key `on`."""
    statement = _insert(connection, table).values(**row)
    changes = {name: statement.excluded[name] for name in row if name not in on}
    connection.execute(statement.on_conflict_do_update(index_elements=list(on), set_=changes))


CHUNK = 5000
"""Values in one IN list: well below what either database takes in one statement."""


def holding(connection: Connection, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that a column holds a text somewhere, letter case aside; `%` and `_` stand for themselves.

    SQLite knows the case of plain letters only, and so may PostgreSQL, by its locale: a text with other letters is
    looked for in the ways in which a name may write it.
    """
    spellings = [text] if text.isascii() else sorted({text.lower(), text.upper(), text.capitalize()})
    # SQLite's LIKE is blind to the case by itself, and twice as fast as with lower().
    like = column.contains if connection.dialect.name == "sqlite" else column.icontains
    return or_(*(like(spelling, autoescape=True) for spelling in spellings))


def chunks(values: Collection[Value]) -> Iterator[list[Value]]:
    """Yield many values in lists that fit into one statement."""
    every = list(values)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]


def rows_for(
    connection: Connection, values: Collection[Value], query: Callable[[list[Value]], Select[Any]]
) -> Iterator[Row[Any]]:
    """Run a query over many values, as many at once as fit into one statement."""
    for some in chunks(values):
        yield from connection.execute(query(some))
