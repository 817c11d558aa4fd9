"""Backup and restore. A backup is one SQLite file, whatever the database: it is read with any SQLite tool, and it
moves an installation from one kind of database to the other.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.exc import DatabaseError

from reminder.errors import UsageError
from reminder.store import migrate, schema, system
from reminder.store.engine import Store
from reminder.store.tables import metadata

if TYPE_CHECKING:
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

SQLITE_MAGIC = b"SQLite format 3\x00"


def back_up(store: Store, path: Path) -> int:
    """Write everything, as of one instant, to a file that does not exist yet; return the number of rows.

    The file appears under its name only when it is whole, checked and on the disk.
    """
    if path.exists():
        message = f"backup: {path} exists already; choose another name"
        raise UsageError(message)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with closing(Store(f"sqlite:///{partial.resolve()}")) as target:
            migrate.upgrade(target)
            with store.read() as source, target.write() as copy:
                if not store.is_sqlite:
                    source.execute(text("set transaction isolation level repeatable read, read only"))
                rows = _copy_all(source, copy)
            with target.read() as copied:
                verdict = copied.scalar(text("pragma integrity_check"))
        if verdict != "ok":
            message = f"backup: the copy is damaged ({verdict}); check the disk"
            raise UsageError(message)
        _settle(partial)
        partial.replace(path)
    except OSError as error:
        message = f"backup: {path} cannot be written ({error.strerror})"
        raise UsageError(message) from None
    finally:
        for left in (partial, *partial.parent.glob(f"{partial.name}-*")):
            left.unlink(missing_ok=True)
    return rows


def back_up_daily(store: Store, folder: Path, now: datetime) -> Path | None:
    """Write the day's backup if there is none yet, keep the newest ones, and return its path."""
    with store.read() as connection:
        last = system.get_instant(connection, LAST_BACKUP)
    if last is not None and now - last < BACKUP_EVERY:
        return None
    return back_up_now(store, folder, now)


def back_up_now(store: Store, folder: Path, now: datetime) -> Path:
    """Write a backup into the folder, keep the newest ones, and return its path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"reminder-{now:%Y%m%dT%H%M%S}.db"
    back_up(store, path)
    with store.write() as connection:
        system.put(connection, LAST_BACKUP, now.isoformat())
    _tidy(folder, "reminder-*.db", now)
    return path


def back_up_before(store: Store, folder: Path, what: str, now: datetime) -> Path:
    """Write a backup before something large is done, keep the newest ones of its kind, and return its path."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        message = f"backup: {folder} cannot be made ({error.strerror})"
        raise UsageError(message) from None
    path = folder / f"before-{what}-{now:%Y%m%dT%H%M%S%f}.db"
    back_up(store, path)
    _tidy(folder, f"before-{what}-*.db", now)
    return path


def _tidy(folder: Path, pattern: str, now: datetime) -> None:
    """Keep the newest backups of a kind, and remove what programs that were killed have left half written."""
    for old in sorted(folder.glob(pattern))[:-KEPT]:
        old.unlink(missing_ok=True)
    for left in [*folder.glob(".*.partial*"), *folder.glob(".*.restoring*")]:
        with suppress(FileNotFoundError):  # another program may tidy up, too
            if now.timestamp() - left.stat().st_mtime > UNFINISHED.total_seconds():
                left.unlink()


def _settle(path: Path) -> None:
    """Fold the write-ahead log into the file, so that the one file is the whole backup, and put it on the disk."""
    engine = create_engine(f"sqlite:///{path.resolve()}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("pragma journal_mode=delete"))
    engine.dispose()
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def restore(store: Store, path: Path, now: datetime, *, force: bool) -> int:
    """Bring a backup back and hold the queue; return the number of rows.

    Yesterday's outbox does not know today's mails, so nothing is sent until an admin has confirmed the list. Raise
    UsageError if the file is no backup, or if the database is not empty and `force` is not set.
    """
    _require_backup(path)
    copy = path.with_name(f".{path.name}.{os.getpid()}.restoring")
    try:
        copy.write_bytes(path.read_bytes())
        with closing(Store(f"sqlite:///{copy.resolve()}")) as backup:
            migrate.upgrade(backup)
            migrate.upgrade(store)
            with backup.read() as source, store.write() as target:
                rows = _overwrite(source, target, now, force=force)
    finally:
        for left in (copy, *copy.parent.glob(f"{copy.name}-*")):
            left.unlink(missing_ok=True)
    return rows


def _overwrite(source: Connection, target: Connection, now: datetime, *, force: bool) -> int:
    """Replace everything by what the backup holds, and hold the queue, in one transaction."""
    if not force and target.scalar(select(func.count()).select_from(metadata.tables["practice"])):
        message = "restore: the database is not empty; to overwrite it add --force"
        raise UsageError(message)
    for table in reversed(metadata.sorted_tables):
        target.execute(table.delete())
    rows = _copy_all(source, target)
    _move_sequences(target)
    cure = "look at what waits, then run: reminder queue release"
    system.set_hold(target, system.Hold(reason="a backup was restored", cure=cure, since_at=now))
    return rows


def _require_backup(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(SQLITE_MAGIC))
    except OSError as error:
        message = f"restore: {path} cannot be read ({error.strerror})"
        raise UsageError(message) from None
    if magic != SQLITE_MAGIC:
        message = f"restore: {path} is no backup of this program"
        raise UsageError(message)
    engine = create_engine(f"sqlite:///{path.resolve()}")
    try:
        with engine.connect() as connection:
            found = schema.present(connection)
    except DatabaseError:
        found = None
    finally:
        engine.dispose()
    if found is None:
        message = f"restore: {path} is no backup of this program, or a damaged one"
        raise UsageError(message)


def _copy_all(source: Connection, target: Connection) -> int:
    return sum(_copy(source, target, table) for table in metadata.sorted_tables)


def _copy(source: Connection, target: Connection, table: Table) -> int:
    """Copy one table; what the schema itself put into the target (the shipped rule) is replaced."""
    target.execute(table.delete())
    rows = 0
    for chunk in source.execute(select(table).order_by(*table.primary_key)).partitions(CHUNK):
        target.execute(insert(table), [dict(row._mapping) for row in chunk])  # noqa: SLF001 - the documented way to a row's mapping
        rows += len(chunk)
    return rows


def _move_sequences(connection: Connection) -> None:
    """On PostgreSQL: let the next ids follow the restored ones."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if "id" in table.c:
            sequence = f"select setval(pg_get_serial_sequence('{table.name}', 'id'), coalesce(max(id), 0) + 1, false) from {table.name}"  # noqa: S608 - our own table names
            connection.execute(text(sequence))
