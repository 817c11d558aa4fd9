"""Civil time to instants and back. A time skipped by a DST change moves forward, a doubled one is the first."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reminder.errors import UsageError

MANY = 10_000
"""Answers kept at hand: whoever looks at many people asks for the same few days and instants again and again."""


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone; raise UsageError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"time zone: {name!r} is not known; use an IANA name such as America/Chicago"
        raise UsageError(message) from None


@lru_cache(MANY)
def instant(day: date, at: time, zone: str) -> datetime:
    """Return the UTC instant at which the clocks of `zone` show `at` on `day`.

    A time that a DST change skips gives the first instant after the gap; a doubled one gives the first of the two.
    """
    wall = datetime.combine(day, at)
    info = zone_named(zone)
    moment = wall.replace(tzinfo=info, fold=0).astimezone(UTC)
    if moment.astimezone(info).replace(tzinfo=None) == wall:
        return moment
    return _end_of_gap(wall, info)


def _end_of_gap(wall: datetime, info: ZoneInfo) -> datetime:
    """Return the instant at which the clocks jump over `wall`: the one where the UTC offset changes."""
    before = wall.replace(tzinfo=info, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=info, fold=0).astimezone(UTC)
    offset = after.astimezone(info).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(info).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


@lru_cache(MANY)
def local_date(now: datetime, zone: str) -> date:
    """Return the date that the calendars of `zone` show at the instant `now`."""
    return now.astimezone(zone_named(zone)).date()


def local_midnight_after(now: datetime, zone: str) -> datetime:
    """Return the instant (UTC) at which the local day of `now` ends."""
    return instant(local_date(now, zone) + timedelta(days=1), time(0), zone)
