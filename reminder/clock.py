"""The one place where the clock is read; everything else is handed an instant."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers the present instant, aware and in UTC. The demo and the tests hand in their own."""


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


COMPARE_EVERY = 60.0
"""Seconds for which the difference to the shared clock is taken to be the same."""


LONGEST_ANSWER = timedelta(seconds=2)
"""An answer that took longer is asked for once more."""


class SharedClock:
    """The clock of a server that several machines share, carried on by this machine's own from one look to the next.

    One machine judges by its clock the leases, limits and probes of another; if theirs differed by minutes, it would
    take over mails that are just being sent.
    """

    def __init__(self, ask: Clock, machine: Clock = utc_now) -> None:
        """Take the way to ask the server, and this machine's clock."""
        self._ask, self._machine = ask, machine
        self._ahead: timedelta | None = None
        self._compare_at = 0.0
        self._comparing = threading.Lock()

    def __call__(self) -> datetime:
        """Return the present instant by the shared clock; what goes wrong while asking is raised."""
        if time.monotonic() >= self._compare_at or self._ahead is None:
            self._compare()
        return self._machine() + (self._ahead or timedelta(0))

    def _compare(self) -> None:
        """Ask once; whoever comes meanwhile goes by the last answer, so that none waits for another's connection."""
        if not self._comparing.acquire(blocking=self._ahead is None):
            return
        try:
            for _ in range(3):
                before = self._machine()
                answer = self._ask()
                took = self._machine() - before
                self._ahead = answer - before - took / 2
                if abs(took) < LONGEST_ANSWER:  # else this machine slept meanwhile, and the middle says nothing
                    break
            self._compare_at = time.monotonic() + COMPARE_EVERY
        finally:
            self._comparing.release()
