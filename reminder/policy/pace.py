"""How long a queue takes under the limits of a mail server: its minutes and days run ahead, windows included."""

from __future__ import annotations

import sys
from collections import Counter, deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from reminder.policy.window import next_window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reminder.policy.model import Schedule

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

SEEN_WITHIN = timedelta(seconds=5)
"""While a limit holds mails back, a pass looks this often whether a minute has gone by since earlier ones."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a mail server takes in a minute and a day (None: no limit), and what it took in the last minute and day."""

    minute: int | None = None
    day: int | None = None
    sent_in_a_minute: int = 0
    sent_in_a_day: int = 0


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """So many mails that may go from an instant on, until their window closes; then in the next one of the schedule."""

    mails: int
    opens_at: datetime
    closes_at: datetime | None = None
    schedule: Schedule | None = None


def last_leaves_at(now: datetime, waiting: Iterable[Waiting], limits: Limits) -> datetime | None:
    """Return when the last of the waiting mails leaves, at the latest; None if none waits."""
    queue, room = _Queue(waiting), _Room(now, limits)
    last: datetime | None = None
    at: datetime | None = now
    while at is not None:
        queue.open(at)
        mails = min(queue.ready, room.left(at))
        if mails:
            queue.take(mails)
            room.take(mails, at)
            last = at
        at = room.next_at(at) if queue.ready else queue.next_at()
    return last


class _Room:
    """What the limits leave. Each minute, and the moment until that is seen, takes a full batch."""

    def __init__(self, now: datetime, limits: Limits) -> None:
        self._limits = limits
        self._taken = deque([(now, limits.sent_in_a_day)])
        self._in_a_day = limits.sent_in_a_day
        self._minute_began, self._in_a_minute = now, limits.sent_in_a_minute

    def left(self, at: datetime) -> int:
        while self._taken and self._taken[0][0] <= at - DAY:
            self._in_a_day -= self._taken.popleft()[1]
        if at >= self._minute_began + MINUTE:
            self._minute_began, self._in_a_minute = at, 0
        minute = self._limits.minute - self._in_a_minute if self._limits.minute is not None else sys.maxsize
        day = self._limits.day - self._in_a_day if self._limits.day is not None else sys.maxsize
        return max(0, min(minute, day))

    def take(self, mails: int, at: datetime) -> None:
        self._taken.append((at, mails))
        self._in_a_day += mails
        self._in_a_minute += mails

    def next_at(self, at: datetime) -> datetime | None:
        """Return when there is room again; None if there never is."""
        if 0 in (self._limits.minute, self._limits.day):
            return None
        if self._limits.day is not None and self._in_a_day >= self._limits.day:
            return max(at, self._taken[0][0] + DAY)
        return self._minute_began + MINUTE + SEEN_WITHIN


class _Queue:
    """Mails by when they may go. Of those that may now, those whose window closes first go first."""

    def __init__(self, waiting: Iterable[Waiting]) -> None:
        self._numbers = count()
        self._coming: list[tuple[datetime, int, Waiting]] = []
        self._open: Counter[tuple[datetime | None, Schedule | None]] = Counter()
        for one in waiting:
            self._push(one)

    def _push(self, one: Waiting) -> None:
        heappush(self._coming, (one.opens_at, next(self._numbers), one))

    @property
    def ready(self) -> int:
        return self._open.total()

    def open(self, at: datetime) -> None:
        """Move on to an instant: windows close, and others open."""
        for key in [key for key in self._open if key[0] is not None and key[0] <= at]:
            closes_at, schedule = key
            self._push(Waiting(mails=self._open.pop(key), opens_at=at, closes_at=closes_at, schedule=schedule))
        while self._coming and self._coming[0][0] <= at:
            one = heappop(self._coming)[2]
            if one.schedule is None or one.closes_at is None:
                self._open[None, None] += one.mails
            elif one.closes_at > at:
                self._open[one.closes_at, one.schedule] += one.mails
            else:
                window = next_window(at, one.schedule)
                self._push(replace(one, opens_at=window.opens_at, closes_at=window.closes_at))

    def take(self, mails: int) -> None:
        for key in sorted(self._open, key=lambda key: (key[0] is None, key[0])):
            some = min(mails, self._open[key])
            self._open[key] -= some
            mails -= some
        self._open += Counter()  # drops what is empty

    def next_at(self) -> datetime | None:
        """Return when the next mails may go; None if none waits."""
        return self._coming[0][0] if self._coming else None
