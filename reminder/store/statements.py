"""What statements are made of, and those that SQLite and PostgreSQL spell through different constructs.

SQLAlchemy takes several times as long to build a statement as to run it. So what every pass runs is built once, as its
module is loaded or when it is first asked for, with a parameter where a value comes in.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, or_
from sqlalchemy.dialects import postgresql, sqlite

from reminder.store.tables import Instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, Table

Value = TypeVar("Value")

NOW = bindparam("now", type_=Instant)
"""Stands in a statement for the present instant."""

SOME: BindParameter[Any] = bindparam("some", expanding=True)
"""Stands in a statement for as many values as fit into one."""


@cache
def _insert(dialect: str, table: Table, on: tuple[str, ...], changes: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - the two dialects share no type for it
    """Return the statement that inserts rows; of those whose key `on` is there already it changes these columns."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    if not changes:
        return statement.on_conflict_do_nothing(index_elements=on)
    return statement.on_conflict_do_update(index_elements=on, set_={name: statement.excluded[name] for name in changes})


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], on: Sequence[str]) -> int:
    """Insert the rows whose key `on` is not there yet; return how many were new."""
    if not rows:
        return 0
    statement = _insert(connection.dialect.name, table, tuple(on))
    counted = connection.execution_options(preserve_rowcount=True)
    return counted.execute(statement, [dict(row) for row in rows]).rowcount


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], on: Sequence[str]) -> None:
    """Insert one row, or overwrite the one that has the same key `on`."""
    changes = tuple(name for name in row if name not in on)
    connection.execute(_insert(connection.dialect.name, table, tuple(on), changes), dict(row))


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
    connection: Connection,
    values: Collection[Any],
    query: Select[Any],
    **others: Any,  # noqa: ANN401 - values of any column
) -> Iterator[Row[Any]]:
    """Run a query that holds `SOME` over many values, as many at once as fit into one statement.

    `others`: the values of its other parameters.
    """
    for some in chunks(values):
        yield from connection.execute(query, {"some": some, **others})
