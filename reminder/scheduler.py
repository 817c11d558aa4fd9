"""The alarm clock: wakes passes, backups and alarms. It decides nothing; what is due comes from the database."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from reminder.alarms import Alarms
from reminder.clock import utc_now
from reminder.errors import ReminderError
from reminder.jobs.mail_check import check_mail_server
from reminder.jobs.tick import hold_for_clock, refresh_calendars, tick_within_limits
from reminder.store import faults
from reminder.store.backups import back_up_daily

if TYPE_CHECKING:
    from datetime import datetime

    from apscheduler.job import Job

    from reminder.condition import Lookout
    from reminder.jobs.services import Services
    from reminder.store.engine import Store

log = logging.getLogger(__name__)

TICK_SECONDS = 60

BACKUP_SECONDS = 15 * 60
"""A backup that is due or could not be made is tried this often."""

MOST_JUMP = timedelta(days=1)
"""A wall clock that moves this much further (or less far) than the time that passed has been set by somebody."""


class PunctualJobs(MemoryJobStore):  # type: ignore[misc]  # the library has no types
    """Jobs none of which ever lies further off than its interval, ahead or behind.

    The library goes by the wall clock: put back by an hour, it would do nothing for that hour. It waits by a clock that
    nobody can set, so it asks here after an interval at most; a job that then lies too far ahead is due at once. So is
    one that lies far behind, after a sleep: the library would count each run that was missed.
    """

    def get_due_jobs(self, now: datetime) -> list[Job]:
        """Return the jobs that are due at an instant."""
        for job in self.get_all_jobs():
            if abs(job.next_run_time - now) > job.trigger.interval:
                job.modify(next_run_time=now)
        due: list[Job] = super().get_due_jobs(now)
        return due


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


def start(lookout: Lookout, *, with_passes: bool = True) -> BackgroundScheduler:
    """Start waking in the background and return the scheduler; the caller shuts it down.

    In memory, UTC, one pass at a time; passes that were missed become one. Without passes, where workers run them,
    only the alarms are looked after: who does not run cannot say so.
    """
    services, folder = lookout.services, Path(lookout.settings.backup_dir)
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults=defaults)
    scheduler.add_jobstore(PunctualJobs())
    # A clock put back just between a job's start and the reckoning of the wait makes that wait as long as the jump.
    scheduler.add_listener(lambda _: scheduler.wakeup(), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    if with_passes:
        refresh_calendars(services.store, services.clock())
        now = utc_now()
        scheduler.add_job(
            wake, "interval", seconds=TICK_SECONDS, args=[services, ClockWatch()], next_run_time=now, id="wake"
        )
        scheduler.add_job(
            back_up, "interval", seconds=BACKUP_SECONDS, args=[services, folder], next_run_time=now, id="back up"
        )
    scheduler.add_job(raise_alarms, "interval", seconds=TICK_SECONDS, args=[Alarms(lookout)], id="alarms")
    scheduler.start()
    return scheduler
