"""The alarm clock: wakes passes, backups and alarms. It decides nothing; what is due comes from the database."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reminder.alarms import Alarms
from reminder.clock import utc_now
from reminder.errors import ReminderError
from reminder.jobs.mail_check import check_mail_server
from reminder.jobs.tick import hold_for_clock, refresh_calendars, tick_within_limits
from reminder.store import faults
from reminder.store.backups import back_up_daily

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reminder.condition import Lookout
    from reminder.jobs.services import Services
    from reminder.store.engine import Store

log = logging.getLogger(__name__)

TICK_SECONDS = 60

BACKUP_SECONDS = 15 * 60
"""A backup that is due or could not be made is tried this often."""

MOST_JUMP = timedelta(days=1)
"""A wall clock that moves this much further (or less far) than the time that passed has been set by somebody."""


class AlarmClock:
    """Does each of its jobs at once or after a first wait, and again and again, each in a thread of its own.

    It counts seconds of a clock that nobody can set. One that goes by the wall clock, as schedulers do that know dates,
    stands still for an hour when that is put back by an hour.
    """

    def __init__(self) -> None:
        """Start with no job."""
        self.every: dict[str, float] = {}
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, name: str, job: Callable[[], None], every: float, *, first: float = 0) -> None:
        """Do a job every so many seconds from now on, the first time after `first` seconds."""
        self.every[name] = every
        thread = threading.Thread(target=self._repeat, args=(job, every, first), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _repeat(self, job: Callable[[], None], every: float, first: float) -> None:
        """Never twice at once; turns that were missed become one."""
        due = time.monotonic() + first
        while not self._stopping.wait(max(0, due - time.monotonic())):
            try:
                job()
            except Exception:
                log.exception("a job of the alarm clock failed; it goes on", extra={"action": "alarm_clock.failed"})
            due = max(due + every, time.monotonic())

    def stop(self) -> None:
        """Begin nothing more, and wait for what is being done."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()


class ClockWatch:
    """Compares the wall clock with the time that really passed between two ticks of one process."""

    def __init__(self) -> None:
        """Start without a reading."""
        self._last: tuple[datetime, float] | None = None

    def jumped(self, now: datetime, elapsed: float) -> timedelta | None:
        """Return by how much the wall clock jumped since the last reading, if it is a matter of days; else None.

        `elapsed`: seconds of a clock that cannot be set and that goes on while the machine sleeps.
        """
        last, self._last = self._last, (now, elapsed)
        if last is None:
            return None
        jump = (now - last[0]) - timedelta(seconds=elapsed - last[1])
        return jump if abs(jump) >= MOST_JUMP else None


def elapsed_seconds() -> float:
    """Return seconds of a clock nobody can set; on Linux one that counts a laptop's sleep, too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def wake(services: Services, watch: ClockWatch) -> None:
    """Run one pass; an error is logged and kept for the alarms, and the next pass tries again."""
    now = utc_now()  # of the machine: the demo's own clock is moved on purpose
    try:
        jump = watch.jumped(now, elapsed_seconds())
        if jump is not None:
            hold_for_clock(services.store, now, f"the clock of this machine jumped by {jump} while the program ran")
        tick_within_limits(services, timedelta(seconds=TICK_SECONDS))
        check_mail_server(services)
        faults.settle(services.store, faults.PASS, now)
    except Exception as error:
        log.exception("the pass failed; the next one is in a minute", extra={"action": "tick.failed"})
        _note(services.store, faults.PASS, f"The last pass of the reminders ended with an error ({error}).")


def back_up(services: Services, folder: Path) -> None:
    """Make the day's backup if there is none yet; what hinders it is logged and kept for the alarms."""
    try:
        now = services.clock()
        back_up_daily(services.store, folder, now)
        faults.settle(services.store, faults.BACKUP, now)
    except Exception as error:
        log.exception("no backup could be made; it is tried again", extra={"action": "backup.failed"})
        _note(services.store, faults.BACKUP, f"The last backup could not be made ({error}).")


def _note(store: Store, name: str, detail: str) -> None:
    """Keep a fault where every page sees it; a database that takes none is seen without."""
    with suppress(ReminderError):
        faults.settle(store, name, utc_now(), detail)


def raise_alarms(alarms: Alarms) -> None:
    """Look how it stands, and tell whoever is to know. It runs beside the passes, so that it sees one that is stuck."""
    try:
        alarms.raise_them()
    except Exception:
        log.exception("it could not be looked at what is wrong", extra={"action": "alarms.failed"})


def start(lookout: Lookout, *, with_passes: bool = True) -> AlarmClock:
    """Start waking in the background and return the alarm clock; the caller stops it.

    Without passes, where workers run them, only the alarms are looked after: who does not run cannot say so.
    """
    services, folder = lookout.services, Path(lookout.settings.backup_dir)
    running = AlarmClock()
    if with_passes:
        refresh_calendars(services.store, services.clock())
        running.add("wake", partial(wake, services, ClockWatch()), TICK_SECONDS)
        running.add("back up", partial(back_up, services, folder), BACKUP_SECONDS)
    running.add("alarms", partial(raise_alarms, Alarms(lookout)), TICK_SECONDS, first=TICK_SECONDS)
    return running
