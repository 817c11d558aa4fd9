"""When a mail that was not taken is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=30)
"""RFC 5321 asks for half an hour between tries; the first ones come sooner, since most faults pass in minutes."""

GIVE_UP_AFTER = timedelta(days=5)
"""RFC 5321 asks for four to five days. A step is usually overtaken by the next one before that."""

JITTER = 0.2
"""A wait is lengthened by up to this part of itself, so that many mails do not come back at one instant."""


def wait_before(failures: int, spread: float) -> timedelta:
    """Return the wait after the given number of failures (1 or more); `spread` is a random number from 0 to 1."""
    doublings: int = 2 ** min(failures - 1, 10)
    base = min(FIRST_WAIT * doublings, LONGEST_WAIT)
    return base * (1 + JITTER * spread)


def given_up(planned_at: datetime, now: datetime) -> bool:
    """Tell whether a mail planned at `planned_at` has been tried for long enough."""
    return now - planned_at >= GIVE_UP_AFTER
