"""Numbers every call that may fail (SQL, commit, socket, file, clock, log), and makes the one with a given number fail.

It sits below the product, at the database driver, the socket and the functions of the system: the product has no hook
for it. It serves SQLite; what a PostgreSQL does to us is tested with a real one.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import socket
import sqlite3
import sqlite3.dbapi2
import weakref
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeVar
from unittest.mock import patch

from reminder.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.line import MailServer

T = TypeVar("T")
Opened = TypeVar("Opened", sqlite3.Connection, sqlite3.Cursor)


class Way(StrEnum):
    """How a call fails: it does nothing and says so; it works, but says that it did not; it waits until patience ends,
    and nothing more works on its connection; the process is killed before it, or right after it.
    """

    RAISE = "raises"
    RAISE_LATE = "works and raises"
    HANG = "hangs"
    KILL = "is killed before"
    KILL_LATE = "is killed after"

    @property
    def kills(self) -> bool:
        return self in (Way.KILL, Way.KILL_LATE)

    @property
    def works(self) -> bool:
        return self in (Way.RAISE_LATE, Way.KILL_LATE)


LOG = logging.getLogger("reminder")


class KilledError(BaseException):
    """The process is gone. Whatever still runs on the way out can touch nothing any more."""


def _nothing() -> None:
    pass


class Calls:
    """The calls made within `with`, and the fault at one of them. `names` lists them in order.

    `on_hang` is called when a call hangs: time goes by. `is_command`: the process ends with the work, killed or not.
    """

    def __init__(
        self,
        folder: Path,
        server: MailServer,
        *,
        at: int = 0,
        way: Way = Way.RAISE,
        on_hang: Callable[[], None] = _nothing,
        is_command: bool = False,
    ) -> None:
        self.folder, self.server, self.at, self.way, self.on_hang = str(folder), server, at, way, on_hang
        self.names: list[str] = []
        self.is_killed = self.is_over = False
        self.is_command = is_command
        self.stuck: list[object] = []
        self._opened: list[sqlite3.Connection] = []
        self._files: list[Any] = []
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()
        self._patches: list[Any] = []
        self._log = logging.StreamHandler(_Written(self, io.StringIO(), "log write"))

    def __enter__(self) -> Self:
        for target, name, stand_in in self._seams():
            patched = patch.object(target, name, stand_in)
            patched.start()
            self._patches.append(patched)
        LOG.addHandler(self._log)
        return self

    def __exit__(self, *_: object) -> None:
        LOG.removeHandler(self._log)
        for patched in self._patches:
            patched.stop()
        self.is_over = True
        for file in self._files:
            file.close()
        if self.is_killed or self.is_command:  # what the system does with the files of a process that is gone
            for cursor in self._cursors:  # first: a statement that runs keeps its lock
                with suppress(sqlite3.ProgrammingError):  # its connection was closed before
                    sqlite3.Cursor.close(cursor)
            for opened in self._opened:
                sqlite3.Connection.close(opened)

    def __call__(self, name: str, error: Callable[[Way], Exception], do: Callable[[], T], line: object = None) -> T:
        """Make a call, or what is wanted of it. `line`: the connection it uses."""
        if self.is_over:
            return do()
        if self.is_killed:
            raise KilledError
        if any(line is one for one in self.stuck):
            raise error(Way.HANG)
        self.names.append(name)
        return self._strike(error, do, line) if len(self.names) == self.at else do()

    def _strike(self, error: Callable[[Way], Exception], do: Callable[[], T], line: object) -> T:
        if self.way.works:
            do()
        if self.way.kills:
            self.is_killed = True
            raise KilledError
        if self.way is Way.HANG:
            self.on_hang()
            if line is not None:
                self.stuck.append(line)
        raise error(self.way)

    def keep(self, opened: Opened) -> Opened:
        """Remember what must be closed if the process is killed."""
        if isinstance(opened, sqlite3.Cursor):
            self._cursors.add(opened)
        else:
            self._opened.append(opened)
        return opened

    def clock(self, now: Callable[[], T]) -> Callable[[], T]:
        """Return a clock whose readings are numbered, too."""
        return lambda: self("clock", lambda _: UnreachableError("the clock does not answer"), now)

    def _seams(self) -> list[tuple[Any, str, Any]]:
        database = self._database(sqlite3.connect)
        files = [(os, name, self._file_call(name)) for name in ("replace", "fsync", "unlink", "mkdir")]
        return [
            *files,
            (io, "open", self._open(io.open)),
            (socket, "create_connection", self._connect),
            (logging, "raiseExceptions", False),  # of a log that fails much would be told
            (sqlite3, "connect", database),
            (sqlite3.dbapi2, "connect", database),
        ]

    def _connect(self, *_: object, **__: object) -> object:
        line = self("connect", line_error, self.server.line)
        line.calls = self
        return line

    def _file_call(self, name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            if isinstance(arguments[0], int) or self._is_ours(arguments[0]):
                return self(f"file {name}", _file_error, lambda: real(*arguments, **named))
            return real(*arguments, **named)

        return call

    def _open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            if not self._is_ours(file):
                return real(file, mode, *arguments, **named)

            def do() -> Any:
                self._files.append(real(file, mode, *arguments, **named))
                return self._files[-1]

            opened = self("file open", _file_error, do)
            return opened if mode.startswith("r") else _Written(self, opened)

        return call

    def _is_ours(self, path: Any) -> bool:
        return not isinstance(path, int) and os.fspath(path).startswith(self.folder)

    def _database(self, real: Callable[..., Any]) -> Callable[..., Any]:
        factory = _counted_connection(self)

        def call(*arguments: Any, **named: Any) -> Any:
            return self("sql connect", _sql_error, lambda: self.keep(real(*arguments, **named, factory=factory)))

        return call


class _Written:
    """A file that is written to."""

    def __init__(self, calls: Calls, real: Any, name: str = "file write") -> None:
        self.calls, self.real, self.name = calls, real, name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.real.close()

    def write(self, data: Any) -> int:
        written: int = self.calls(self.name, _file_error, lambda: self.real.write(data))
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _counted_connection(calls: Calls) -> type[sqlite3.Connection]:
    """Return a class of connections that number what they are asked to do."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *more: Any) -> Cursor:
            return calls(_verb(sql), _sql_error, lambda: sqlite3.Cursor.execute(self, sql, *more), self.connection)

        def executemany(self, sql: str, *more: Any) -> Cursor:
            return calls(_verb(sql), _sql_error, lambda: sqlite3.Cursor.executemany(self, sql, *more), self.connection)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return calls.keep(super().cursor(Cursor))

        def execute(self, sql: str, *more: Any) -> Any:
            return self.cursor().execute(sql, *more)

        def commit(self) -> None:
            calls("sql commit", _sql_error, lambda: sqlite3.Connection.commit(self), self)

        def rollback(self) -> None:
            calls("sql rollback", _sql_error, lambda: sqlite3.Connection.rollback(self))  # a stuck one can be left

        def backup(self, target: sqlite3.Connection, **more: Any) -> None:
            calls("sql backup", _sql_error, lambda: sqlite3.Connection.backup(self, target, **more), self)

        def close(self) -> None:
            calls("sql close", _sql_error, lambda: sqlite3.Connection.close(self))

    return Connection


SQL_ERRORS = (("disk I/O error", sqlite3.SQLITE_IOERR), ("database is locked", sqlite3.SQLITE_BUSY))
"""What SQLite says of a call that fails, and of one that waits in vain."""


def _verb(sql: str) -> str:
    return f"sql {sql.split(maxsplit=1)[0].lower()}"


def _sql_error(way: Way) -> Exception:
    words, code = SQL_ERRORS[way is Way.HANG]
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code  # as every error of SQLite's own has it
    return error


def line_error(way: Way) -> Exception:
    return TimeoutError("timed out") if way is Way.HANG else ConnectionResetError(errno.ECONNRESET, "Connection reset")


def _file_error(way: Way) -> Exception:
    number = errno.EIO if way is Way.HANG else errno.ENOSPC
    return OSError(number, os.strerror(number))
