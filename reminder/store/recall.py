"""What was worked out from the database, kept for as long as nothing in the database has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from sqlalchemy import Connection

Value = TypeVar("Value")

ONLY_READS = "only_reads"
"""The execution option of a connection on which nobody writes: its own changes would go unnoticed."""

VERSION = {"sqlite": "PRAGMA data_version", "postgresql": "select pg_current_snapshot()::text"}
"""A value that is another one as soon as anybody else has committed; SQLite's counts for each connection by itself."""

MOST = 100
"""Answers kept for each connection."""


def recall(connection: Connection, key: Hashable, work_out: Callable[[], Value]) -> Value:
    """Return what `work_out` returns; if it was asked by this key and nothing has changed since, what it returned then.

    The version is asked first: a change in between makes the answer newer than its version, never older.
    """
    if not connection.get_execution_options().get(ONLY_READS):
        return work_out()
    version = connection.exec_driver_sql(VERSION[connection.dialect.name]).scalar_one()
    kept: dict[str, Any] = connection.info.setdefault("recalled", {"version": None, "answers": {}})
    if kept["version"] != version or len(kept["answers"]) >= MOST:
        kept.update(version=version, answers={})
    answers: dict[Hashable, Value] = kept["answers"]
    if key not in answers:
        answers[key] = work_out()
    return answers[key]
