"""Lets thousands of short lives of the program in one process do once what each would do again."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alembic.operations.batch import ApplyBatchImpl
from alembic.util import pyfiles
from sqlalchemy import Engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import OrderedSet

from reminder.store import engine
from tests.faults.calls import LOG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from sqlalchemy import Connection

COMPILED: dict[Any, Any] = {}


@contextmanager
def cheaply() -> Iterator[None]:
    """Share the statements that were compiled and the revisions that were read, as one long-lived program would; sync
    nothing, since the power stays on; and copy tables in a settled order, so that every run makes the same calls.

    A third of the time of what makes many databases, and none of the waiting for a disk.
    """
    with ExitStack() as stack:
        stack.enter_context(compiled_once())
        stack.enter_context(patch.object(pyfiles, "load_module_py", _read_once))
        stack.enter_context(patch.dict(engine.PRAGMAS, synchronous="0"))
        stack.enter_context(patch.object(ApplyBatchImpl, "_grab_table_elements", _grab_in_order))
        yield


@contextmanager
def compiled_once() -> Iterator[None]:
    """Share the statements that were compiled."""

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=COMPILED)

    event.listen(Engine, "engine_connect", share)
    try:
        with (
            patch.object(SQLiteDialect_pysqlite, "__hash__", lambda _: 1),
            patch.object(SQLiteDialect_pysqlite, "__eq__", lambda self, other: type(self) is type(other)),
        ):
            yield
    finally:
        event.remove(Engine, "engine_connect", share)


@contextmanager
def heard_by_nobody() -> Iterator[None]:
    """Let the log be written as the program is set up to write it, and nobody read it: thousands of faults are told."""
    LOG.setLevel(logging.INFO)
    try:
        with patch.object(logging.root, "handlers", [logging.NullHandler()]):
            yield
    finally:
        LOG.setLevel(logging.NOTSET)


READ = pyfiles.load_module_py
_revision = cache(READ)


def _read_once(module_id: str, path: Path) -> ModuleType:
    """Read a revision once. Alembic's `env.py` acts when it is read, and so is read each time."""
    return READ(module_id, path) if module_id == "env_py" else _revision(module_id, path)


GRAB: Any = ApplyBatchImpl._grab_table_elements


def _grab_in_order(copied: Any) -> None:
    """Let Alembic find the constraints of a table that it copies in the order in which they were made: in its set they
    lie by where they are in memory.
    """
    copied.table.constraints = OrderedSet(copied.table._sorted_constraints)
    GRAB(copied)
