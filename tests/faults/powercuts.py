"""Power cuts: what a disk may hold after one, and whether every acknowledged fact is found in it.

What was synced is there. Of what was written since the last sync of a file, each write is there, or is not, or is there
in some of its sectors: a disk may keep writes in any order.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from reminder.jobs import confirm
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.store import migrate
from reminder.store.engine import Store
from reminder.store.tables import metadata
from tests.faults.disk import Disk, Operation, disk
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

NAME = "reminder.db"
SECTOR = 512
CHECKPOINT = 25
"""Pages in the log after which SQLite moves them to the database: few, so that there are many of these moments."""

Image = dict[str, bytearray]
"""What a disk holds, by file."""

UNCLEAR = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="no answer in time", usable=False)
LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")


class Witnessed(Store):
    """A database whose every commit is followed by a look at all that it holds now."""

    def __init__(self, url: str, noted: Disk) -> None:
        super().__init__(url)
        self.noted = noted
        self.acknowledged: list[tuple[int, int]] = []  # after how many operations, and a hash of everything then

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
        if self.noted.is_noting:
            self.witness()

    def witness(self) -> None:
        with self.read() as connection:
            self.acknowledged.append((len(self.noted.operations), everything(connection.exec_driver_sql)))


def everything(ask: Callable[[str], Any]) -> int:
    """Return a hash of all rows."""
    tables = (ask(f"select * from {table}").fetchall() for table in metadata.tables)
    return hash(tuple(tuple(map(tuple, rows)) for rows in tables))


def live(store: Store) -> None:
    """Live through a few days, with every kind of commit that a day has."""
    world = World(store, chicago("2026-12-01", "07:00"))
    world.practice()
    for number in range(6):
        world.person(f"Person {number}", date(2026, 10, 3) + timedelta(days=2 * number))
    world.transport.answers.extend([UNCLEAR, LATER])
    for _ in range(4):
        world.tick(world.now + timedelta(hours=12))
        mail = next(mail for mail in reversed(world.mails) if mail.kind == "warning")
        with store.write() as connection:
            seen = confirm.visit(connection, world.services.links.read(mail.link.removeprefix("/r/")), world.now)
            assert seen is not None
            confirm.confirm_date(connection, seen, seen.today, world.now)


def lived_on_a_noting_disk(folder: Path) -> tuple[Image, list[Operation], list[tuple[int, int]]]:
    """Live on a new database; return what its disk held before, what was done to it, and what was acknowledged when."""
    with disk() as noted, closing(Witnessed(f"sqlite:///{folder / NAME}", noted)) as store:
        event.listen(store.engine, "connect", _checkpoint_often)
        migrate.upgrade(store)
        with store.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("pragma wal_checkpoint(truncate)")
        before = {path.name: bytearray(path.read_bytes()) for path in folder.glob(f"{NAME}*")}
        before.pop(f"{NAME}-shm", None)
        noted.note()
        store.witness()
        live(store)
        return before, list(noted.operations), store.acknowledged


def _checkpoint_often(connection: Any, _: Any) -> None:
    connection.execute(f"pragma wal_autocheckpoint={CHECKPOINT}")


def images(before: Image, operations: Sequence[Operation], cuts: int, random: Random) -> Iterator[tuple[int, Image]]:
    """Yield what the disk holds after a power cut, with the number of operations that were done before it."""
    synced, since = {name: bytearray(data) for name, data in before.items()}, dict[str, list[Operation]]()
    wanted = sorted(random.randint(1, len(operations)) for _ in range(cuts))
    done = 0
    for at in wanted:
        for operation in operations[done:at]:
            waiting = since.setdefault(operation.file, [])
            if operation.kind == "sync":
                for earlier in waiting:
                    _apply(synced, earlier)
                waiting.clear()
            else:
                waiting.append(operation)
        done = at
        image = {name: bytearray(data) for name, data in synced.items()}
        for operation in (one for waiting in since.values() for one in waiting):
            _perhaps(image, operation, random)
        yield at, image


def _apply(image: Image, operation: Operation) -> None:
    held = image.setdefault(operation.file, bytearray())
    if operation.kind == "truncate":
        del held[operation.place :]
    else:
        held.extend(bytes(max(0, operation.place - len(held))))
        held[operation.place : operation.place + len(operation.data)] = operation.data


def _perhaps(image: Image, operation: Operation, random: Random) -> None:
    """Let a write that was not synced be there, be missing, or be torn."""
    fate = random.random()
    if fate < 0.4:
        _apply(image, operation)
    elif fate < 0.7 and operation.kind == "write":
        for start in range(0, len(operation.data), SECTOR):
            if random.random() < 0.5:
                part = operation.data[start : start + SECTOR]
                _apply(image, operation._replace(place=operation.place + start, data=part))


def power_cuts(folder: Path, *, cuts: int, seed: int) -> tuple[dict[str, float], list[str]]:
    """Cut the power so often; return counts and what was wrong."""
    before, operations, acknowledged = lived_on_a_noting_disk(folder)
    last_at = {seen: number for number, (_, seen) in enumerate(acknowledged)}
    lost = corrupt = 0
    faults = []
    looked_at, known = dict[bytes, int | str](), dict[bytes, int | str]()
    for at, image in images(before, operations, cuts, Random(seed)):
        due = sum(done <= at for done, _ in acknowledged) - 1
        if (same := _digest(image)) not in looked_at:
            looked_at[same] = _look(folder / "after", image, known)
        seen = looked_at[same]
        if isinstance(seen, str):
            corrupt += 1
            faults.append(f"cut after operation {at}: {seen}")
        elif (found := last_at.get(seen, -1)) < due:
            lost += 1
            faults.append(f"cut after operation {at}: {due} commits were acknowledged, {found} are there")
    return {"cuts": cuts, "commits": len(acknowledged) - 1, "lost": lost, "corrupt": corrupt}, faults


def _digest(image: Image) -> bytes:
    """Return what images share that are alike, as every fourth is."""
    whole = sha256()
    for name, data in sorted(image.items()):
        whole.update(f"{name} {len(data)} ".encode())
        whole.update(data)
    return whole.digest()


def _look(folder: Path, image: Image, known: dict[bytes, int | str]) -> int | str:
    """Let SQLite open what a disk holds, as the first connection after the cut does; return a hash of everything, or
    what is wrong with it. `known`: that of files that came out of this before.
    """
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, data in image.items():
        (folder / name).write_bytes(data)
    try:
        with closing(sqlite3.connect(folder / NAME)) as connection:
            connection.execute("pragma synchronous=off")  # whether this copy lasts does not matter
            connection.execute("pragma wal_checkpoint(truncate)")
        made = sha256((folder / NAME).read_bytes()).digest()
        if made not in known:
            with closing(sqlite3.connect(folder / NAME)) as connection:
                verdict = str(connection.execute("pragma integrity_check").fetchone()[0])
                known[made] = everything(connection.execute) if verdict == "ok" else verdict
        return known[made]
    except sqlite3.DatabaseError as error:
        return str(error)
