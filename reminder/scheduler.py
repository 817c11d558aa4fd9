"""The alarm clock: wakes the tick once a minute. It decides nothing; what is due comes from the database."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from reminder.alarms import Alarms
from reminder.clock import utc_now
from reminder.jobs.tick import hold_for_clock, refresh_calendars, tick
from reminder.store import system
from reminder.store.backups import back_up_daily

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.jobs.services import Services
    from reminder.settings import Settings

log = logging.getLogger(__name__)

TICK_SECONDS = 60

MOST_JUMP = timedelta(days=1)
"""A wall clock that moves this much further (or less far) than the time that passed has been set by somebody."""


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


def wake(services: Services, watch: ClockWatch, alarms: Alarms, backup_dir: Path) -> None:
    """Run one pass and tell the outside how it stands; an error is logged and told, and the next pass tries again."""
    now = utc_now()  # of the machine: the demo's own clock is moved on purpose
    try:
        jump = watch.jumped(now, elapsed_seconds())
        if jump is not None:
            hold_for_clock(services.store, now, f"the clock of this machine jumped by {jump} while the program ran")
        tick(services)
        back_up_daily(services.store, backup_dir, now)
        with services.store.read() as connection:
            held = system.hold(connection)
    except Exception as error:
        log.exception("the pass failed; the next one is in a minute", extra={"action": "tick.failed"})
        alarms.trouble(f"the pass failed: {error}", now)
        return
    if held is None:
        alarms.all_is_well()
    else:
        alarms.trouble(f"sending is held: {held.reason}. {held.cure}", now)


def start(services: Services, settings: Settings) -> BackgroundScheduler:
    """Start waking in the background and return the scheduler; the caller shuts it down.

    Memory store, UTC, one pass at a time; passes that were missed become one.
    """
    refresh_calendars(services.store, services.clock())
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults=defaults)
    parts = [services, ClockWatch(), Alarms(settings, services), Path(settings.backup_dir)]
    scheduler.add_job(wake, "interval", seconds=TICK_SECONDS, args=parts, next_run_time=utc_now())
    scheduler.start()
    return scheduler
