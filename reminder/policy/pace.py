"""How long a queue takes under the limits of a mail server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

SEEN_WITHIN = timedelta(seconds=5)
"""While a limit holds mails back, a pass looks this often whether a minute has gone by since earlier ones."""


def last_leaves_at(
    now: datetime,
    waiting: Iterable[tuple[datetime, int]],
    *,
    minute: int | None,
    day: int | None,
    sent_in_a_minute: int = 0,
    sent_in_a_day: int = 0,
) -> datetime | None:
    """Return when the last of the waiting mails leaves, at the latest; None if none waits.

    `waiting`: how many may go from which instant on; `minute`, `day`: what the server takes in that time (None: no
    limit); `sent_in_a_minute`, `sent_in_a_day`: how many it took in the last minute and the last 24 hours. Each
    minute, and the moment until that is seen, takes a full batch; whoever does not fit into a day goes a day later.
    """
    free_at, left_in_minute, total = now, max((minute or 0) - sent_in_a_minute, 0), 0
    for at, count in sorted(waiting):
        total += count
        if at > free_at:
            free_at, left_in_minute = at, minute or 0
        beyond = count - left_in_minute
        if minute is not None and beyond > 0:
            minutes = -(-beyond // minute)
            free_at, left_in_minute = free_at + minutes * (MINUTE + SEEN_WITHIN), minutes * minute - beyond
        else:
            left_in_minute -= count
    if not total:
        return None
    days = (sent_in_a_day + total - 1) // day if day is not None else 0
    return max(free_at, now + days * DAY)
