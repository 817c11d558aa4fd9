"""The barest way of doing what a piece of work does with the database: the same statements, given to sqlite3 directly."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Statement(NamedTuple):
    """What a driver was given: a text, and its values or many sets of them."""

    text: str
    values: Any
    has_many: bool


@contextmanager
def noting() -> Iterator[list[Statement]]:
    """Give the list of all statements that are said to databases meanwhile, in their order."""
    noted: list[Statement] = []

    def note(connection: Any, cursor: Any, text: str, values: Any, context: Any, executemany: bool) -> None:  # noqa: ANN401, ARG001 - SQLAlchemy's signature
        noted.append(Statement(text, values, executemany))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def copied(path: Path) -> Path:
    """Return a copy of a database, which may be open, to do the same on."""
    copy = path.with_name("copy.db")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def replayed(path: Path, statements: Sequence[Statement]) -> float:
    """Say the statements to a database, and take all rows of each; return the CPU seconds that this took."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=wal", "synchronous=full"):
            connection.execute(f"pragma {pragma}")
        began = time.process_time()
        for text, values, has_many in statements:
            if text.upper().startswith("BEGIN") and connection.in_transaction:
                connection.execute("commit")  # which the driver does without a statement
            if has_many:
                connection.executemany(text, values)
            else:
                connection.execute(text, values).fetchall()
        if connection.in_transaction:
            connection.execute("commit")
        return time.process_time() - began
