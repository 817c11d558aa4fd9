"""A second calculation of the rules, written from their text alone: slow, plain, day by day.

It shares nothing with `reminder.policy` but the dates: its own holidays (by 5 U.S.C. 6103), its own clock changes
(minute by minute), its own walks. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth Monday (0) ... Sunday (6) of a month; -1 is the last one."""
    days = [date(year, month, 1) + DAY * n for n in range(31)]
    found = [day for day in days if day.month == month and day.weekday() == weekday]
    return found[nth - 1] if nth > 0 else found[-1]


def holidays(year: int) -> set[date]:
    """The federal holidays that keep an office closed in a year, observed ones among them."""
    fixed = [(1, 1, 1871), (7, 4, 1871), (11, 11, 1938), (12, 25, 1871), (6, 19, 2021)]
    closed = {
        nth_weekday(year, 1, 0, 3),
        nth_weekday(year, 2, 0, 3),
        nth_weekday(year, 5, 0, -1),
        nth_weekday(year, 9, 0, 1),
        nth_weekday(year, 10, 0, 2),
        nth_weekday(year, 11, 3, 4),
    }
    for month, day, since in fixed:
        for y in (year, year + 1):
            if y < since:
                continue
            actual = date(y, month, day)
            observed = actual - DAY if actual.weekday() == 5 else actual + DAY if actual.weekday() == 6 else actual
            closed |= {one for one in (actual, observed) if one.year == year}
    return closed


def works(day: date, closures: set[date]) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year) and day not in closures


def at_local(day: date, wall: time, zone: str) -> datetime:
    """The first instant at which the clocks show `wall` or later on `day`: found by looking at every minute."""
    info = ZoneInfo(zone)
    wanted = datetime.combine(day, wall)
    moment = datetime.combine(day, wall, UTC) - timedelta(hours=16)
    for _ in range(32 * 60 + 1):
        if moment.astimezone(info).replace(tzinfo=None) >= wanted:
            return moment
        moment += MINUTE
    raise AssertionError(day)


def step_days(
    expires: date, ladder: list[int], closures: set[date], absences: list[tuple[date, date | None]]
) -> dict[date, int]:
    """Where the steps fall: day to step. Up to day 0 earlier, after it later; the smaller number wins a day."""

    def free(day: date) -> bool:
        away = any(end is not None and start <= day <= end for start, end in absences)
        return works(day, closures) and not away

    fallen: dict[date, int] = {}
    for step in sorted(ladder, reverse=True):
        day = expires - DAY * step
        while not free(day):
            day = day - DAY if step >= 0 else day + DAY
        fallen[day] = step if day not in fallen else min(step, fallen[day])
    return fallen


def ask_days(first_open: date, closures: set[date]) -> list[date]:
    """The days of the questions, the first one on the day of the first open window."""
    found = []
    for after in (0, 3, 7, 14):
        day = first_open + DAY * after
        while not works(day, closures):
            day += DAY
        if day not in found:
            found.append(day)
    return found


def may_start(now: datetime, zone: str, send: time, closures: set[date], expires: date | None) -> datetime:
    """When a mail that is ready at `now` starts."""
    today = now.astimezone(ZoneInfo(zone)).date()
    day = today
    while True:
        if works(day, closures):
            opens, closes = at_local(day, send, zone), at_local(day, time(18), zone)
            if opens <= now < closes:
                return now
            if now < opens:
                break
        day += DAY
    if expires is not None and today < expires <= day:
        return now
    return opens


def expiry(reset: date, versions: list[tuple[date, int]]) -> date:
    """The expiry date by the version in force on the day of the reset."""
    in_force = [days for since, days in sorted(versions) if since <= reset] or [min(versions)[1]]
    return reset + DAY * in_force[-1]
