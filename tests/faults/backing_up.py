"""Backups made while others write, and old copies put in the place of the database."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from reminder.jobs.releasing import release_queue
from reminder.jobs.services import Tally
from reminder.jobs.tick import plan_due
from reminder.store import backups, events, migrate, outbox, reconcile, restoring, system
from reminder.store.engine import Store
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

WRITERS = 3
BORN = chicago("2026-11-02", "07:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGES = (HOUR, DAY, 7 * DAY, 30 * DAY)
BY_COMMAND, BY_FILE = "reminder db restore", "a file copied over it"
NOW = BORN + 31 * DAY + 2 * HOUR
"""When an old copy is put back: a Thursday at nine in the morning."""


class Writer(threading.Thread):
    """Counts up in the database, two facts in each transaction, until it is told to stop."""

    def __init__(self, store: Store, name: str) -> None:
        super().__init__(daemon=True)
        self.store, self.key, self.acknowledged, self.over = store, name, 0, threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            number = self.acknowledged + 1
            with self.store.write() as connection:
                system.put(connection, f"{self.key}.first", str(number))
                events.record(connection, "test", actor=self.key, now=BORN, number=number)
                system.put(connection, f"{self.key}.last", str(number))
            self.acknowledged = number


def back_up_under_writes(url: str, folder: Path, times: int) -> tuple[dict[str, float], list[str]]:
    """Make so many backups while others write; return counts, and what a backup lacks or has by half."""
    store = Store(url)
    migrate.upgrade(store)
    writers = [Writer(store, f"writer {number}") for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    faults: list[str] = []
    for number in range(times):
        known = {writer.key: writer.acknowledged for writer in writers}
        path = folder / f"backup {number}.db"
        backups.back_up(store, path)
        faults += [f"backup {number}: {fault}" for fault in _faults_of(path, known)]
        path.unlink()
    for writer in writers:
        writer.over.set()
        writer.join()
    store.close()
    left = [path.name for path in folder.glob("*backup*")]
    written = sum(writer.acknowledged for writer in writers)
    if written < times:
        faults.append(f"only {written} transactions beside {times} backups: nobody wrote")
    return {"backups": times, "written": written}, faults + [f"left behind: {name}" for name in left]


def _faults_of(path: Path, known: dict[str, int]) -> list[str]:
    with closing(sqlite3.connect(path)) as copy:
        try:
            faults = [f"damaged: {row[0]}" for row in copy.execute("pragma integrity_check") if row[0] != "ok"]
            facts = dict(copy.execute("select key, value from system").fetchall())
            events = Counter(actor for (actor,) in copy.execute("select actor from event"))
        except sqlite3.DatabaseError as error:
            return [f"it cannot be read: {error}"]
    for key, least in known.items():
        first, last = (int(facts.get(f"{key}.{part}", 0)) for part in ("first", "last"))
        if first != last or events[key] != first:
            faults.append(f"half a transaction of {key}: {first}, {last}, {events[key]}")
        if first < least:
            faults.append(f"{key} had {least} acknowledged before the backup began, which has {first}")
    return faults


@dataclass(frozen=True, kw_only=True)
class Life:
    """An installation after a month, with copies of it as it was so long before the end of that month."""

    folder: Path
    copies: dict[timedelta, Path]

    @property
    def database(self) -> Path:
        return self.folder / "reminder.db"

    @property
    def mark(self) -> Path:
        return self.folder / "reminder.db.passes"


def opened(folder: Path, now: datetime, *, is_marked: bool = True) -> World:
    """Open the installation in a folder."""
    world = World(Store(f"sqlite:///{folder / 'reminder.db'}"), now)
    world.services.mark = folder / "reminder.db.passes" if is_marked else None
    return world


def live(folder: Path, ages: Sequence[timedelta], seed: int) -> Life:
    """Let a practice live for a month: some people reset in time, some do not; copy it at the wanted ages."""
    random = Random(seed)
    world = opened(folder, BORN)
    migrate.upgrade(world.store)
    world.practice()
    for number in range(12):
        reset_on = None if number == 0 else BORN.date() - timedelta(days=random.randrange(30, 62))
        world.person(f"Person {number}", reset_on)
    for name, days_ago in (("Due Today", 53), ("Due Yesterday", 54)):  # so that each copy lacks a mail that went
        world.person(name, NOW.date() - timedelta(days=days_ago))
    copies, wanted = {}, sorted(((NOW - age, age) for age in ages), reverse=True)
    stops = [BORN + day * DAY + hours * HOUR for day in range(32) for hours in (2, 7)]
    for stop in [stop for stop in stops if stop < NOW]:
        while wanted and wanted[-1][0] <= stop:
            at, age = wanted.pop()
            world.now = max(world.now, at)
            copies[age] = folder / f"copy of {age}.db"
            backups.back_up(world.store, copies[age])
        world.tick(stop)
        if random.random() < 0.2:
            world.reset(random.randrange(2, 13), world.now.date())
    for at, age in reversed(wanted):
        world.now, copies[age] = at, folder / f"copy of {age}.db"
        backups.back_up(world.store, copies[age])
    world.tick(NOW - timedelta(minutes=1))
    world.store.close()
    return Life(folder=folder, copies=copies)


def restored(life: Life, age: timedelta, way: str, folder: Path, *, is_marked: bool = True) -> World:
    """Put an old copy in the place of the database, in a folder of its own."""
    for path in (life.database, life.mark):
        shutil.copy(path, folder / path.name)
    if way == BY_FILE:
        shutil.copy(life.copies[age], folder / "reminder.db")
        return opened(folder, NOW, is_marked=is_marked)
    world = opened(folder, NOW, is_marked=is_marked)
    restoring.restore(world.store, life.copies[age], folder / "backups", NOW, force=True)
    return world


def confirm_after_a_day(world: World) -> tuple[dict[str, float], list[str]]:
    """Run for a day, look at the list, release it; return counts, and what was sent that should not have been."""
    faults: list[str] = []
    for _ in range(24):
        world.now += HOUR
        world.tick()
    if world.mails:
        faults.append(f"{len(world.mails)} mails went before anybody had confirmed the list")
    with world.store.read() as connection:
        if system.hold(connection) is None:
            return {"sent": len(world.mails)}, [*faults, "it was not held"]
    plan_due(world.store, world.now, Tally())
    with world.store.write() as connection:
        listed = Counter(
            row.recipient for row in outbox.waiting(connection) if row.next_at and row.next_at <= world.now
        )
        release_queue(connection, actor="test", now=world.now)
    world.tick()
    sent = Counter(mail.to for mail in world.mails)
    world.tick(world.now + timedelta(minutes=1))
    with world.store.read() as connection:
        faults += reconcile.differences(connection)
        if system.hold(connection) is not None:
            faults.append("it is held although it was released")
    if sent != listed:
        faults.append(f"listed were {sorted(listed.items())}, sent were {sorted(sent.items())}")
    if len(world.mails) != sum(sent.values()):
        faults.append("more went with the pass after that")
    clocks = Counter(mail.to for mail in world.mails if mail.kind in {"warning", "expired", "ask"})
    faults += [f"{number} mails about the clock to {to}" for to, number in clocks.items() if number > 1]
    return {"sent": len(world.mails)}, faults
