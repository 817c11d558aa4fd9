"""The worker in a process of its own whose clock is moved while it runs, or stands still while the machine sleeps.

The wall clock is libfaketime's, which reads a file anew whenever somebody asks for the time. The clocks that nobody can
set go on as they are, as they do when an admin sets the time. While a machine sleeps one of them goes on, too; libfaketime
cannot move that one alone (CPython's waits would hang), so the process that is started here adds what a file says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import text

from reminder import scheduler
from reminder.clock import utc_now
from reminder.jobs.releasing import release_queue
from reminder.jobs.tick import LAST_TICK
from reminder.policy.model import DEFAULT_LADDER
from reminder.store import migrate, system
from reminder.store.engine import Store
from tests.oracle import at_local, date_at, days_on, later_open, step_days
from tests.world import CHICAGO, KEY, PUBLIC_URL, World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

PERIOD = 0.4
"""Seconds from pass to pass, instead of a minute: a jump is then tried in a second or two."""

PATIENCE = 120.0
"""Seconds after which a pass is taken never to come, on a machine however busy."""

START = chicago("2026-12-01", "10:30")
PEOPLE = 3
SENT = """select count(*) from attempt a join reminder r on r.id = a.reminder_id
          where a.outcome = 'accepted' and r.kind in ('warning', 'expired')"""


def library() -> Path:
    """Where libfaketime is; the tests install it as they do a browser."""
    for pattern in ("lib*/faketime/libfaketimeMT.so.1", "lib/*/faketime/libfaketimeMT.so.1"):
        for found in sorted(Path("/usr").glob(pattern)):
            return found
    message = "libfaketime is not installed; run: sudo apt-get install faketime"
    raise FileNotFoundError(message)


class Moved:
    """A machine with one worker on it, whose clock can be set, and which can sleep."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.longest = folder, 0.0
        self.ahead, self.slept = START - utc_now(), timedelta(0)
        self.store = Store(f"sqlite:///{folder / 'reminder.db'}")
        migrate.upgrade(self.store)
        world = World(self.store, START)
        world.practice()
        for number in range(PEOPLE):
            world.person(f"Person {number}", days_on(date_at(START, CHICAGO), -46))
        self.expires = days_on(date_at(START, CHICAGO), 14)
        self._keep()
        self.process = self._started()

    def _keep(self) -> None:
        for name, seconds in (("ahead", self.ahead.total_seconds()), ("slept", self.slept.total_seconds())):
            whole = self.folder / f"{name}.new"
            whole.write_text(f"{seconds:+.3f}")
            whole.rename(self.folder / name)

    def _started(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "ahead"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "REMINDER_DATABASE_URL": str(self.store.url),
            "REMINDER_MAIL_URL": f"folder:{self.folder / 'mails'}",
            "REMINDER_MAIL_FROM": "reminders@lakeside.example",
            "REMINDER_PUBLIC_URL": PUBLIC_URL,
            "REMINDER_SECRET_KEY": KEY,
            "REMINDER_BACKUP_DIR": str(self.folder / "backups"),
        }
        command = [sys.executable, "-m", "tests.faults.clocks", str(self.folder)]
        root = Path(__file__).parents[2]
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(command, cwd=root, env=environment, stderr=log)

    @property
    def now(self) -> datetime:
        return utc_now() + self.ahead

    def sent(self) -> int:
        """How many mails about clocks the mail server has taken, copies included."""
        with self.store.read() as connection:
            return int(connection.execute(text(SENT)).scalar_one())

    def set_by(self, jump: timedelta) -> None:
        """Somebody sets the clock."""
        self.ahead += jump
        self._keep()

    def sleep(self, length: timedelta, stopped: float) -> None:
        """Close the lid; `stopped`: the seconds for which the process really stands still."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(stopped)
        self.ahead += length
        self.slept += length
        self._keep()
        self.process.send_signal(signal.SIGCONT)

    def await_pass(self) -> None:
        """Wait for a pass that begins after now, by the clock as it is now."""
        begun, asked = time.monotonic(), self.now
        while True:
            with self.store.read() as connection:
                last = system.get_instant(connection, LAST_TICK)
            if last is not None and asked <= last <= self.now:
                break
            waited = time.monotonic() - begun
            if waited > PATIENCE:
                message = f"no pass within {waited:.0f} s of {asked}; the last was at {last}"
                raise AssertionError(message)
            time.sleep(0.02)
        self.longest = max(self.longest, time.monotonic() - begun)

    def release(self) -> None:
        """An admin looks at the list and releases the queue, if it is held."""
        with self.store.write() as connection:
            release_queue(connection, actor="admin:1", now=self.now)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.store.close()


@contextmanager
def moved(folder: Path) -> Iterator[Moved]:
    """Start a worker that has just sent everybody the mail of today."""
    machine = Moved(folder)
    try:
        machine.await_pass()
        machine.longest = 0.0  # the first pass waits for the program to start
        yield machine
    finally:
        machine.close()


def set_and_set_right(machine: Moved, jump: timedelta) -> list[str]:
    """Set the clock wrong, and right again after a pass: nobody is mailed anything."""
    before = machine.sent()
    for change in (jump, -jump):
        machine.set_by(change)
        machine.await_pass()
    machine.release()
    machine.await_pass()
    return [f"a clock set by {jump} sent {extra} mails"] if (extra := machine.sent() - before) else []


def standing_step(expires: date, now: datetime) -> int:
    """The newest step whose time has come, by a second calculation."""
    placed = step_days(expires, list(DEFAULT_LADDER), set(), [])
    return [step for day, step in placed.items() if at_local(day, datetime.min.time().replace(hour=8), CHICAGO) <= now][
        -1
    ]


def sleep_until(machine: Moved, wake_at: datetime, stopped: float) -> list[str]:
    """Sleep until an instant in a window: who has a newer step gets one mail, and all others none."""
    before, step = machine.sent(), standing_step(machine.expires, machine.now)
    slept = wake_at - machine.now
    machine.sleep(slept, stopped)
    machine.await_pass()
    machine.await_pass()
    wanted = PEOPLE if standing_step(machine.expires, machine.now) != step else 0
    found = machine.sent() - before
    return [f"a sleep of {slept} sent {found} mails, not {wanted}"] if found != wanted else []


def some_waking(random: Random, now: datetime) -> datetime:
    """Ten minutes or up to fourteen days later, on a business day in the hours in which mails go."""
    if random.random() < 0.3:
        return now + timedelta(minutes=10)
    day = later_open(days_on(date_at(now, CHICAGO), random.randint(1, 13)), set())
    return at_local(day, datetime.min.time().replace(hour=10, minute=30), CHICAGO)


JUMPS = (timedelta(hours=-1), timedelta(hours=1), timedelta(days=-1), timedelta(days=60))


def play(folder: Path, seed: int, jumps: int) -> tuple[dict[str, float], list[str]]:
    """Let so many things happen to the clock of one machine, half of them sleeps; return counts and faults."""
    random, faults = Random(seed), []
    counts: dict[str, float] = {"jumps": 0, "sleeps": 0}
    with moved(folder) as machine:
        for _ in range(jumps):
            if random.random() < 0.5:
                faults += set_and_set_right(machine, random.choice(JUMPS))
                counts["jumps"] += 1
            else:
                faults += sleep_until(machine, some_waking(random, machine.now), random.uniform(0.5, 3))
                counts["sleeps"] += 1
        return {**counts, "mails": machine.sent(), "longest_wait": round(machine.longest, 1)}, faults


def run_worker(folder: Path) -> None:
    """Run `reminder worker` with shorter minutes, and with the sleeps that the file names."""
    from reminder.cli import main

    # Its threads would wait for each other's reading of that file, across processors four times as long.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    really = scheduler.elapsed_seconds
    scheduler.elapsed_seconds = lambda: really() + float((folder / "slept").read_text())
    scheduler.TICK_SECONDS = PERIOD  # type: ignore[assignment]
    sys.argv = ["reminder", "worker"]
    main()


if __name__ == "__main__":
    run_worker(Path(sys.argv[1]))
