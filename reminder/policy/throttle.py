"""How often something may be tried: so many times at once, and then once in a while. Pure arithmetic of instants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`most` tries at once; each one taken is earned back after `every`. So nobody waits longer than `every`."""

    most: int
    every: timedelta


def taken(free_at: datetime | None, limit: Limit, now: datetime) -> datetime | None:
    """Take one try and return when every try will have been earned back; None if there is none to take.

    `free_at` is what the try before returned (None: there was none).
    """
    owed_until = now if free_at is None else max(free_at, now)
    if owed_until - now > limit.every * (limit.most - 1):
        return None
    return owed_until + limit.every
