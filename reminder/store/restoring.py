"""Brings a backup back. Nothing is touched before the file is known to be whole, and what it overwrites is kept first."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select, text

from reminder.errors import ReminderError, UsageError
from reminder.store import backups, epoch, migrate, system
from reminder.store.engine import PROGRAM, Store
from reminder.store.tables import metadata, practice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore did: the number of rows it brought, and where what the database held before is kept."""

    rows: int
    kept: Path | None


def restore(store: Store, path: Path, folder: Path, now: datetime, *, force: bool) -> Restored:
    """Bring a backup back and hold the queue; what the database held is kept in `folder`, that of the backups.

    Yesterday's outbox does not know today's mails, so nothing is sent until an admin has confirmed the list. Raise
    UsageError if the file is no whole backup, if another program has the database open, or if it is not empty and
    `force` is not set.
    """
    place = _place(store, folder)
    backups.tidy_up(place, ".*.restoring*", now)
    with _work_copy(path, place) as backup:
        is_filled = _is_filled(store)
        if is_filled and not force:
            message = "restore: the database is not empty; to overwrite it add --force"
            raise UsageError(message)
        _require_alone(store)
        migrate.upgrade(store)
        kept = _keep(store, folder, now) if is_filled else None
        with backup.read() as source, store.write() as target:
            rows = _overwrite(source, target, now)
    return Restored(rows=rows, kept=kept)


def _place(store: Store, folder: Path) -> Path:
    """Return where the work copy lies: beside the database, which can be written; a backup may lie where nothing can."""
    if store.is_sqlite:
        return Path(store.url.database or "").absolute().parent
    backups.make(folder)
    return folder


@contextmanager
def _work_copy(path: Path, place: Path) -> Iterator[Store]:
    """Give a copy of a backup, which stays as it is, that is whole and at the newest schema."""
    _require_readable(path)
    copy = place.resolve() / f".{path.name}.{os.getpid()}.restoring"
    try:
        try:
            shutil.copyfile(path, copy)
            copy.chmod(0o600)
        except OSError as error:
            message = (
                f"restore: {path} cannot be copied to {place} ({error.strerror}); make room there, or let it be written"
            )
            raise UsageError(message) from None
        _require_whole(path, copy)
        with closing(Store(f"sqlite:///{copy}")) as backup:
            try:
                migrate.upgrade(backup)
            except ReminderError as error:
                message = f"restore: {path} cannot be brought to this program's schema ({error})"
                raise UsageError(message) from None
            _require_legible(path, backup)
            yield backup
    finally:
        backups.remove(copy)


def _require_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        message = f"restore: {path} cannot be read ({error.strerror})"
        raise UsageError(message) from None


def _require_whole(path: Path, copy: Path) -> None:
    """Raise UsageError, naming the backup, unless its copy is a database of this program without a fault."""
    try:
        with closing(sqlite3.connect(copy)) as raw:
            (verdict,) = raw.execute("pragma integrity_check").fetchone()
            if raw.execute("pragma foreign_key_check").fetchone() is not None:
                verdict = "rows refer to rows that are not there"
            names = {name for (name,) in raw.execute("select name from sqlite_master where type = 'table'")}
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # its own words may quote what is damaged
        verdict, names = str(error), set()
    if verdict != "ok":
        raise _damaged(path, verdict)
    if "alembic_version" not in names:
        message = f"restore: {path} is no backup of this program; name a file that `reminder db backup` has written"
        raise UsageError(message)


def _require_legible(path: Path, backup: Store) -> None:
    """Raise UsageError, naming the backup, unless each value in it can be read: what SQLite finds whole may be no text."""
    try:
        with backup.read() as connection:
            for one in metadata.sorted_tables:
                for _ in connection.execute(select(one).execution_options(yield_per=backups.CHUNK)):
                    pass
    except (ReminderError, ValueError, LookupError):
        raise _damaged(path, "not every value in it can be read") from None


def _damaged(path: Path, how: str) -> UsageError:
    first = how.partition("\n")[0]
    return UsageError(f"restore: {path} is no backup of this program, or a damaged one ({first}); take another backup")


def _is_filled(store: Store) -> bool:
    with store.read() as connection:
        if not inspect(connection).has_table(practice.name):
            return False
        return bool(connection.scalar(select(func.count()).select_from(practice)))


def _require_alone(store: Store) -> None:
    """Raise UsageError while another program has the database open: what it is at would be lost, or come back twice."""
    if not (_is_shared_file(store) if store.is_sqlite else _is_shared_server(store)):
        return
    message = "restore: another program has the database open; stop `reminder serve` and every `reminder worker`, and try again"
    raise UsageError(message)


def _is_shared_file(store: Store) -> bool:
    """Tell whether anybody else has the file open: SQLite gives up its log only if nobody has.

    The next connection begins the log anew.
    """
    store.close()
    with store.reachable(), closing(sqlite3.connect(store.url.database or "", timeout=0)) as alone:
        try:
            alone.execute("pragma journal_mode=delete")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return True
    return False


def _is_shared_server(store: Store) -> bool:
    """Tell whether another process of this program, on whatever machine, is connected to the database."""
    others = text(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and starts_with(application_name, :program) and application_name <> current_setting('application_name')"
    )
    with store.read() as connection:
        return bool(connection.scalar(others, {"program": PROGRAM}))


def _keep(store: Store, folder: Path, now: datetime) -> Path:
    """Back up what the restore overwrites; return where it is."""
    try:
        return backups.back_up_before(store, folder, "restore", now)
    except UsageError as error:
        message = (
            f"restore: what the database holds now cannot be kept first ({error}); mend that, or move the database away"
            " and restore into an empty one"
        )
        raise UsageError(message) from None


def _overwrite(source: Connection, target: Connection, now: datetime) -> int:
    """Replace everything by what the backup holds, and hold the queue, in one transaction; return the number of rows."""
    passes = epoch.passes(target)
    for one in reversed(metadata.sorted_tables):
        target.execute(one.delete())
    rows = backups.copy_all(source, target)
    _move_sequences(target)
    epoch.count(target, passes)
    system.remove(target, backups.LAST_BACKUP)  # that one was made elsewhere, or is what was just brought back
    system.set_hold(target, system.Hold(reason=epoch.RESTORED, cure="look at what waits", since_at=now))
    return rows


def _move_sequences(connection: Connection) -> None:
    """On PostgreSQL: let the next ids follow the restored ones."""
    if connection.dialect.name != "postgresql":
        return
    for one in metadata.sorted_tables:
        if "id" in one.c:
            sequence = f"select setval(pg_get_serial_sequence('{one.name}', 'id'), coalesce(max(id), 0) + 1, false) from {one.name}"  # noqa: S608 - our own table names
            connection.execute(text(sequence))
