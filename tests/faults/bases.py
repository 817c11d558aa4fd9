"""Databases full of invented rows, at any revision of the schema, and what one looks like: its rows and its schema."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

VERSIONS = "alembic_version"

HOSTILE = ("O'Brien", '"quoted", and more', "line\nbreak", "Zoë 🩺", "=1+1", "%s %(x)s :x", " ", "\\")
"""What stands at the end of invented texts."""

WORDS = {"mode": ("trial", "live")}
"""Columns that take only some words."""

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""Of each table, by primary key: the values by column."""

Schema = dict[str, dict[str, Any]]
"""Of each table: its columns, keys, indexes and checks."""


def reflected(connection: Connection) -> MetaData:
    """Return the tables as they are in the database, not as the program knows them."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name != VERSIONS)
    return found


def fill(connection: Connection, rows: int, random: Random) -> None:
    """Put so many rows into every table; what the schema itself put there is replaced."""
    tables = reflected(connection).sorted_tables
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables if rows else ():
        connection.execute(insert(table), [_row(table, number, rows, random) for number in range(1, rows + 1)])


def _row(table: Table, number: int, rows: int, random: Random) -> dict[str, Any]:
    return {column.name: _cell(column, number, rows, random) for column in table.columns}


def _cell(column: Column[Any], number: int, rows: int, random: Random) -> Any:
    if column.nullable and random.random() < 0.25:
        return None
    for key in column.foreign_keys:
        if key.column.table is column.table:  # a row may refer only to one that is there already
            return number - 1 or None
        if isinstance(column.type, Integer):
            return (number + 7 * len(column.name)) % rows + 1  # each row to another one: a pair of them may be unique
        return _value(key.column, number, random)
    return _value(column, number, random)


def _value(column: Column[Any], number: int, random: Random) -> Any:
    if column.name in WORDS:
        return WORDS[column.name][number % 2]
    if column.primary_key and isinstance(column.type, Integer):
        return number
    makers: dict[type[Any], Callable[[], Any]] = {
        Boolean: lambda: random.random() < 0.5,
        Integer: lambda: random.randint(0, 10**6),
        DateTime: lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randint(0, 10**8)),
        Date: lambda: date(2020, 1, 1) + timedelta(days=number),
        JSON: lambda: {"number": number, "word": random.choice(HOSTILE), "none": None},
        Text: lambda: f"{column.name} {number} {HOSTILE[number % len(HOSTILE)]}",
    }
    return next(make for kind, make in makers.items() if isinstance(column.type, kind))()


def rows_of(connection: Connection, schema: Schema) -> Rows:
    """Return everything the tables hold, as the driver gives it."""
    held: Rows = {}
    for table, facts in schema.items():
        keys = facts["primary"][1]
        found = connection.execute(text(f"select * from {table}")).mappings()
        held[table] = {tuple(row[key] for key in keys): dict(row) for row in found}
    return held


def schema_of(connection: Connection) -> Schema:
    """Return all that the database knows of its tables: columns, keys, indexes and their conditions, checks."""
    look = inspect(connection)
    return {
        name: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], _default(column))
                for column in look.get_columns(name)
            },
            "primary": (look.get_pk_constraint(name)["name"], look.get_pk_constraint(name)["constrained_columns"]),
            "foreign": _sorted(
                (key["name"], key["constrained_columns"], key["referred_table"], key["referred_columns"])
                for key in look.get_foreign_keys(name)
            ),
            "unique": _sorted((key["name"], key["column_names"]) for key in look.get_unique_constraints(name)),
            "indexes": _sorted(
                (index["name"], index["column_names"], bool(index["unique"]), _condition(index))
                for index in look.get_indexes(name)
            ),
            "checks": _sorted((check["name"], check["sqltext"]) for check in look.get_check_constraints(name)),
        }
        for name in sorted(set(look.get_table_names()) - {VERSIONS})
    }


def _default(column: Mapping[str, Any]) -> str | None:
    """Return a column's default; a sequence's name says nothing that the primary key does not."""
    default = column["default"]
    return None if default is None or "nextval(" in default else str(default)


def _condition(index: Mapping[str, Any]) -> str | None:
    options = index.get("dialect_options", {})
    found = options.get("sqlite_where") if "sqlite_where" in options else options.get("postgresql_where")
    return None if found is None else str(found)


def _sorted(facts: Any) -> list[str]:
    return sorted(map(str, facts))
