"""Opens the database, and hands out transactions that roll back unless they end well."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from reminder.errors import UnreachableError, UsageError
from reminder.store.recall import ONLY_READS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import psycopg
    from sqlalchemy import URL, ExceptionContext

BUSY_MS = 10_000
"""How long a writer waits for another one on SQLite, in milliseconds."""

PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": str(BUSY_MS)}
"""WAL with synchronous=FULL (2): with NORMAL a power cut loses acknowledged commits."""


class Store:
    """An open database. `url` never shows a password when printed."""

    def __init__(self, url: str) -> None:
        """Take a database URL as users write them; raise UsageError for one that cannot be used."""
        self.url = _parsed(url)
        self._writers = _engine(self.url, begin="BEGIN IMMEDIATE")
        self._readers = _engine(self.url, begin="BEGIN") if self.is_sqlite else self._writers

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is an SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> Engine:
        """Return the engine that writes, for migrations and backups; use it within `reachable`."""
        return self._writers

    def reachable(self) -> AbstractContextManager[None]:
        """Turn what the database cannot do into an UnreachableError that says so."""
        return _reachable(self.url)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction that commits at the end and rolls back on any error.

        On SQLite it begins IMMEDIATE: a transaction that reads first and writes later would otherwise fail or lose
        updates when two run at once.
        """
        with _reachable(self.url), self._writers.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading only; writers are not held up."""
        with _reachable(self.url), self._readers.connect() as connection:
            yield connection.execution_options(**{ONLY_READS: True})

    def server_time(self) -> datetime:
        """Return the present instant by PostgreSQL's clock, which every machine on it shares."""
        with self.read() as connection:
            now: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)

    def close(self) -> None:
        """Close every connection."""
        self._writers.dispose()
        self._readers.dispose()


@contextmanager
def _reachable(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
        if "no such table" in reason or "UndefinedTable" in type(error.orig).__name__:
            message = "the database has no tables yet; run: reminder db upgrade"
            raise UnreachableError(message) from error
        is_damaged = type(error) is DatabaseError  # no finer kind: SQLite's word for a file that is none of its own
        if not isinstance(error, OperationalError) and not error.connection_invalidated and not is_damaged:
            raise
        raise _unreachable(url, reason) from error
    except sqlite3.Error as error:  # of what is said to the driver directly
        raise _unreachable(url, str(error)) from error


def _unreachable(url: URL, reason: str) -> UnreachableError:
    shown = url.render_as_string(hide_password=True)
    return UnreachableError(f"database: {shown} cannot be used ({reason}); check REMINDER_DATABASE_URL")


def _parsed(address: str) -> URL:
    """Read the URL; `postgres://` and `postgresql://` mean the psycopg driver."""
    try:
        url = make_url(address)
    except ArgumentError:
        message = (
            "REMINDER_DATABASE_URL: not a database URL; write sqlite:////path/to/file.db or postgresql://user@host/name"
        )
        raise UsageError(message) from None
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        message = f"REMINDER_DATABASE_URL: {url.get_backend_name()} is not supported; use sqlite:/// or postgresql://"
        raise UsageError(message)
    return url


def _engine(url: URL, begin: str) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(url, begin)
        return _postgresql_engine(url)
    except (NoSuchModuleError, ImportError):
        message = (
            "REMINDER_DATABASE_URL: PostgreSQL needs its driver; install it with: pip install 'reminder[postgres]'"
        )
        raise UsageError(message) from None


READ_ONLY = "25006"
"""PostgreSQL's code for a write on a server that only reads: it was the primary until a fail-over."""


PATIENCE = {"lock_timeout": f"{BUSY_MS}ms", "idle_in_transaction_session_timeout": "60s"}
"""How long a writer waits for another one, and a machine that fell asleep in a transaction may hold the others up."""


NOTICING = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A server that vanished without a word is noticed within half a minute; by the system's defaults it takes two hours.
In seconds, the last one in milliseconds.
"""


PROGRAM = "reminder "
"""How a PostgreSQL server calls our connections; the process and its machine follow."""


def _postgresql_engine(url: URL) -> Engine:
    name = f"{PROGRAM}{os.getpid()} {socket.gethostname()}"[:63]  # as long as a name may be there
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "target_session_attrs": "read-write",
            "connect_timeout": 10,
            "application_name": name,
            **NOTICING,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection, record: Any) -> None:  # noqa: ARG001, ANN401 - SQLAlchemy's signature
        for name, value in PATIENCE.items():
            connection.execute(f"set {name} = '{value}'")
        connection.commit()

    @event.listens_for(engine, "handle_error")
    def leave_a_demoted_server(context: ExceptionContext) -> None:
        """Count it as a lost connection: the pool then asks for a server that takes writes."""
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True

    return engine


def _sqlite_engine(url: URL, begin: str) -> Engine:
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001, ANN401 - SQLAlchemy's signature
        _keep_private(Path(url.database or ""))
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")
            found = str(connection.execute(f"PRAGMA {name}").fetchone()[0])
            if found != value:
                message = f"SQLite refuses {name}={value} (it says {found}); keep the database on a local disk"
                raise UnreachableError(message)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _keep_private(database: Path) -> None:
    """Let a new file be read by its owner alone: it will hold names and addresses. What SQLite puts beside it follows.

    The file is not opened for that: closing it would take the locks of every other connection of this process.
    """
    with suppress(OSError):  # one that another user made is as that user wants it
        if database.stat().st_size == 0:
            database.chmod(0o600)
