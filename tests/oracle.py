"""A second calculation of the rules of warning, written from their text alone: plain, slow, one day at a time.

It shares no code with `reminder.policy` and none of its libraries: it has its own calendar, its own federal holidays
(5 U.S.C. 6103 and OPM's rule for observed days) and its own clock changes (`zoneinfo` is asked for offsets only).
Where the two differ, one of them is wrong, and the text of the rules says which.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

type_of_absence = tuple[date, "date | None"]
Absences = list[tuple[date, date | None]]
Versions = list[tuple[date, int]]

# ---- the calendar


def month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 400 == 0 or (year % 4 == 0 and year % 100 != 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def day_after(day: date) -> date:
    if day.day < month_length(day.year, day.month):
        return date(day.year, day.month, day.day + 1)
    return date(day.year, day.month + 1, 1) if day.month < 12 else date(day.year + 1, 1, 1)


def day_before(day: date) -> date:
    if day.day > 1:
        return date(day.year, day.month, day.day - 1)
    if day.month > 1:
        return date(day.year, day.month - 1, month_length(day.year, day.month - 1))
    return date(day.year - 1, 12, 31)


def days_on(day: date, count: int) -> date:
    """Return the day `count` days later (earlier if negative), counted off one by one."""
    for _ in range(abs(count)):
        day = day_after(day) if count > 0 else day_before(day)
    return day


def days_from(start: date, end: date) -> int:
    """Return how many days lie from `start` to `end`, counted off one by one."""
    count = 0
    while start != end:
        start, count = (day_after(start), count + 1) if start < end else (day_before(start), count - 1)
    return count


def weekday(day: date) -> int:
    """Return 0 for Monday to 6 for Sunday, by Zeller's congruence."""
    year, month = (day.year, day.month) if day.month > 2 else (day.year - 1, day.month + 12)
    return (day.day + 13 * (month + 1) // 5 + year + year // 4 - year // 100 + year // 400 + 5) % 7


# ---- who works when


def is_dated_holiday(day: date) -> bool:
    """Tell whether a holiday with a fixed date falls on `day`, be it a Sunday."""
    fixed = {(1, 1), (7, 4), (11, 11), (12, 25)}
    return (day.month, day.day) in fixed or (day.month == 6 and day.day == 19 and day.year >= 2021)


def is_floating_holiday(day: date) -> bool:
    """Tell whether `day` is a holiday such as the third Monday of January or the fourth Thursday of November."""
    nth, kind = (day.day + 6) // 7, weekday(day)
    if kind == 3:
        return (day.month, nth) == (11, 4)
    last_of_may = day.month == 5 and day.day + 7 > 31
    return kind == 0 and ((day.month, nth) in {(1, 3), (2, 3), (9, 1), (10, 2)} or last_of_may)


@cache
def government_works(day: date) -> bool:
    """Saturday's holiday is observed on Friday, Sunday's on Monday."""
    if weekday(day) in {5, 6} or is_dated_holiday(day) or is_floating_holiday(day):
        return False
    if weekday(day) == 4:
        return not is_dated_holiday(day_after(day))
    return not (weekday(day) == 0 and is_dated_holiday(day_before(day)))


def works(day: date, closures: set[date]) -> bool:
    return government_works(day) and day not in closures


def is_away(day: date, absences: Absences, *, for_good: bool = True) -> bool:
    """Tell whether the person is absent; `for_good`: whether a pause without an end is one, too."""
    return any(first <= day and (for_good if last is None else day <= last) for first, last in absences)


# ---- instants


def offset(moment: datetime, zone: str) -> timedelta:
    return moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def date_at(moment: datetime, zone: str) -> date:
    return (moment + offset(moment, zone)).date()


def clock_changes(zone: str, start: datetime, end: datetime) -> list[datetime]:
    """Return the instants from `start` to `end` at which the offset of a zone changes, to the second."""
    found = []
    while start < end:
        low, high = start, start + timedelta(hours=12)
        if offset(low, zone) != offset(high, zone):
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if offset(middle, zone) == offset(low, zone) else (low, middle)
            found.append(high)
        start += timedelta(hours=12)
    return found


@cache
def at_local(day: date, wall: time, zone: str) -> datetime:
    """Return the first instant at which the clocks show `wall` on `day`, or have jumped over it."""
    wanted = datetime.combine(day, wall, UTC)  # as if the zone were UTC
    start, end = wanted - timedelta(hours=42), wanted + timedelta(hours=42)
    borders = [start, *clock_changes(zone, start, end), end]
    for begins, ends in zip(borders, borders[1:], strict=False):
        moment = max(begins, wanted - offset(begins, zone))
        if moment < ends:
            return moment
    raise AssertionError((day, wall, zone))


# ---- rules 1 to 3: where steps fall


def expiry(reset: date, versions: Versions) -> date:
    """Return the expiry date by the version in force on the day of the reset (the oldest one before all)."""
    days = min(versions)[1]
    for since, then in sorted(versions):
        if since <= reset:
            days = then
    return days_on(reset, days)


def step_days(expires: date, ladder: list[int], closures: set[date], absences: Absences) -> dict[date, int]:
    """Return day to step: up to day 0 earlier, after it later; where steps meet, the smaller number."""
    fallen: dict[date, int] = {}
    for step in ladder:
        day = days_on(expires, -step)
        while not works(day, closures) or is_away(day, absences, for_good=False):
            day = day_before(day) if step >= 0 else day_after(day)
        fallen[day] = min(step, fallen.get(day, step))
    return dict(sorted(fallen.items()))


def escalation_days(placed: dict[date, int], known_on: date) -> list[date]:
    """Rule 9: the days of the steps 3, 1, 0 and of those after expiry, from the day on which the person was known."""
    return [day for day, step in placed.items() if (step in {3, 1, 0} or step < 0) and day >= known_on]


def status(
    expires: date | None, today: date, placed: dict[date, int], absences: Absences, *, removed: bool = False
) -> str:
    if removed:
        return "removed"
    if expires is None:
        return "unknown"
    if today >= expires:
        return "expired"
    if is_away(today, absences):
        return "paused"
    return "due" if any(day <= today for day in placed) else "ok"


# ---- rule 5: when a mail starts


def may_start(
    now: datetime, zone: str, send: time, closures: set[date], expires: date | None, *, used: bool = False
) -> datetime:
    """Return when a mail that is ready at `now` starts; `used`: the day already had its mail about the clock."""
    today = date_at(now, zone)
    if used:
        today = day_after(today)
        now = at_local(today, time(0), zone)
    day = today
    while not works(day, closures) or now >= at_local(day, time(18), zone):
        day = day_after(day)
    opens = max(now, at_local(day, send, zone))
    return now if expires is not None and today < expires <= day else opens


def may_retry(at: datetime, started: datetime, zone: str, send: time, closures: set[date]) -> datetime:
    """Return when a retry wanted at `at` is made: until midnight of the day it started, then in a window."""
    same_day = date_at(at, zone) == date_at(started, zone)
    return at if same_day else may_start(at, zone, send, closures, None)
