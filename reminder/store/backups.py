"""Backups. One is an SQLite file, whatever the database: it is read with any SQLite tool, and it moves an installation
from one kind of database to the other.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, func, insert, inspect, select, table, text
from sqlalchemy.exc import DatabaseError

from reminder.errors import UsageError
from reminder.store import epoch, migrate, schema, system
from reminder.store.engine import Store
from reminder.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Table

CHUNK = 1000
"""Rows copied at once."""

BACKUP_EVERY = timedelta(days=1)
KEPT = 14
UNFINISHED = timedelta(days=1)
"""Nobody is still at a backup that was last written to so long ago."""

LAST_BACKUP = "last_backup_at"


def back_up(store: Store, path: Path) -> int:
    """Write everything, as of one instant, to a file that does not exist yet; return the number of rows."""
    with _appearing(path) as partial:
        if store.is_sqlite:
            _copy_file(store, partial)
        else:
            with closing(Store(f"sqlite:///{partial}")) as target:
                migrate.upgrade(target)
                with store.read() as source, target.write() as copy:
                    source.execute(text("set transaction isolation level repeatable read, read only"))
                    copy_all(source, copy)
        return _settle(partial)


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """Give the name of a file to write; it appears under the wanted one only when it is whole and on the disk."""
    if os.path.exists(path):  # noqa: PTH110 - Path.exists() raises where it may not look; the opening below tells why
        message = f"backup: {path} exists already; choose another name"
        raise UsageError(message)
    partial = path.resolve().with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600))  # names, addresses: its owner alone may read it
        try:
            yield partial
            partial.replace(path)
        finally:
            remove(partial)
        folder = os.open(path.resolve().parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # else a power cut may take the name away again
        finally:
            os.close(folder)
    except (OSError, sqlite3.Error, DatabaseError) as error:
        message = f"backup: {path} cannot be written ({_reason(error)})"
        raise UsageError(message) from None


def remove(unfinished: Path) -> None:
    """Remove a file that was begun, and what SQLite put beside it; what cannot be removed now is by a later backup."""
    for left in (unfinished, *unfinished.parent.glob(f"{unfinished.name}-*")):
        with suppress(OSError):
            left.unlink()


def _reason(error: Exception) -> str:
    """Return what the system or SQLite says, on one line."""
    said = error.strerror if isinstance(error, OSError) else error.orig if isinstance(error, DatabaseError) else error
    return str(said).partition("\n")[0]


def _copy_file(store: Store, path: Path) -> None:
    """Copy an SQLite database of any schema while it is written to: all pages at once, so as of one instant."""
    with store.reachable():
        source = store.engine.raw_connection()
    try:
        raw: Any = source.driver_connection
        with closing(sqlite3.connect(path)) as target:
            raw.backup(target)
    finally:
        source.close()


def back_up_daily(store: Store, folder: Path, now: datetime) -> Path | None:
    """Write the day's backup if there is none yet, keep the newest ones, and return its path."""
    with store.read() as connection:
        last = system.get_instant(connection, LAST_BACKUP)
    if last is not None and now - last < BACKUP_EVERY:
        return None
    return back_up_now(store, folder, now)


def back_up_now(store: Store, folder: Path, now: datetime) -> Path:
    """Write a backup into the folder, keep the newest ones, and return its path."""
    make(folder)
    path = folder / f"reminder-{now:%Y%m%dT%H%M%S}.db"
    back_up(store, path)
    with store.write() as connection:
        system.put(connection, LAST_BACKUP, now.isoformat())
    _keep_newest(folder, "reminder-*.db", now)
    return path


def back_up_before(store: Store, folder: Path, what: str, now: datetime) -> Path:
    """Write a backup before something large is done, keep the newest ones of its kind, and return its path."""
    make(folder)
    stem = f"before-{what}-{now:%Y%m%dT%H%M%S%f}"
    path = next(free for number in count() if not (free := folder / f"{stem}-{number}.db").exists())
    back_up(store, path)
    _keep_newest(folder, f"before-{what}-*.db", now)
    return path


def no_place(folder: Path) -> str:
    """Return what hinders that a backup is written into a folder, which is made if need be; nothing if all is well."""
    try:
        place = nearest(folder)
    except OSError as error:  # a folder above it may not be searched
        return f"{folder} cannot be reached ({_reason(error)})"
    if not place.is_dir():
        return f"{place} is no folder"
    return "" if os.access(place, os.W_OK | os.X_OK) else f"{place} cannot be written to"


def nearest(path: Path) -> Path:
    """Return what is there of a path: itself, or the nearest folder above it; raise OSError if that cannot be seen."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())


def make(folder: Path) -> None:
    """Make a folder for backups, for its owner alone; raise UsageError if that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        message = f"backup: {folder} cannot be made ({error.strerror})"
        raise UsageError(message) from None


def _keep_newest(folder: Path, pattern: str, now: datetime) -> None:
    """Keep the newest backups of a kind."""
    for old in sorted(folder.glob(pattern))[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    tidy_up(folder, ".*.partial*", now)


def tidy_up(folder: Path, pattern: str, now: datetime) -> None:
    """Remove what programs that were killed have left half written."""
    for left in folder.glob(pattern):
        with suppress(OSError):  # another program may tidy up, too
            if now.timestamp() - left.stat().st_mtime > UNFINISHED.total_seconds():
                left.unlink()


def upgrade_after_backup(store: Store, folder: Path, now: datetime, mark: Path | None) -> Path | None:
    """Bring the database to the newest schema; if it has an older one, after a backup, whose path is returned.

    On PostgreSQL that backup is the admin's: one of another schema can only be made by its own tools. Raise UsageError
    if the database is empty although passes are counted on its mark: whoever went on with it would remind nobody.
    """
    with store.read() as connection:
        found = schema.present(connection)
    if found is None and mark is not None and epoch.passes_on(mark):
        message = (
            f"the database is empty, but {mark} says that it was in use; mount its disk, correct REMINDER_DATABASE_URL "
            f"or run: reminder db restore FILE. To begin anew, remove {mark}"
        )
        raise UsageError(message)
    kept = None
    if store.is_sqlite and found is not None and found < schema.NEWEST:
        kept = back_up_before(store, folder, "upgrade", now)
    migrate.upgrade(store)
    return kept


def _settle(path: Path) -> int:
    """Check a backup, make it one file without a log beside it, put it on the disk, and return its number of rows."""
    engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            verdict = connection.scalar(text("pragma integrity_check"))
            if verdict != "ok":
                message = f"backup: the copy is damaged ({verdict}); check the disk"
                raise UsageError(message)
            connection.execute(text("pragma journal_mode=delete"))
            names = set(inspect(connection).get_table_names()) & set(metadata.tables)
            rows = sum(connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names)
    finally:
        engine.dispose()
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    return rows


def copy_all(source: Connection, target: Connection) -> int:
    """Copy every row into a database of the same schema, in place of what it holds; return their number."""
    return sum(_copy(source, target, table) for table in metadata.sorted_tables)


def _copy(source: Connection, target: Connection, table: Table) -> int:
    """Copy one table; what the schema itself put into the target (the shipped rule) is replaced."""
    target.execute(table.delete())
    rows = 0
    for chunk in source.execute(select(table).order_by(*table.primary_key)).partitions(CHUNK):
        target.execute(insert(table), [dict(row._mapping) for row in chunk])  # noqa: SLF001 - the documented way to a row's mapping
        rows += len(chunk)
    return rows
