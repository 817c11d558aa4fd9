"""A second calculation of the rules of warning, written from their text alone: plain, slow, one day at a time.

It shares no code with `reminder.policy` and none of its libraries: it has its own calendar, its own federal holidays
(5 U.S.C. 6103 and OPM's rule for observed days) and its own clock changes (`zoneinfo` is asked for offsets only).
Where the two differ, one of them is wrong, and the text of the rules says which.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

Absences = list[tuple[date, date | None]]  # first and last day; None: until further notice
Versions = list[tuple[date, int]]  # in force since, days
Row = tuple[date | None, int | None, date | None]  # reset date, days left, as-of date
Known = tuple[date, date] | None  # the reset that counts, the day on which it was recorded


def month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 400 == 0 or (year % 4 == 0 and year % 100 != 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def days_on(day: date, count: int) -> date:
    """The day `count` days later (earlier if negative), counted off over the months."""
    year, month, number = day.year, day.month, day.day + count
    while number < 1:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        number += month_length(year, month)
    while number > month_length(year, month):
        number -= month_length(year, month)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return date(year, month, number)


def weekday(day: date) -> int:
    """0 for Monday to 6 for Sunday (Zeller)."""
    year, month = (day.year, day.month) if day.month > 2 else (day.year - 1, day.month + 12)
    return (day.day + 13 * (month + 1) // 5 + year + year // 4 - year // 100 + year // 400 + 5) % 7


def is_dated_holiday(day: date) -> bool:
    """A holiday with a fixed date, be it on a weekend."""
    fixed = {(1, 1), (7, 4), (11, 11), (12, 25)}
    return (day.month, day.day) in fixed or ((day.month, day.day) == (6, 19) and day.year >= 2021)


def is_floating_holiday(day: date) -> bool:
    """A holiday such as the third Monday of January, the last one of May, the fourth Thursday of November."""
    nth = (day.day + 6) // 7
    if weekday(day) == 3:
        return (day.month, nth) == (11, 4)
    mondays = {(1, 3), (2, 3), (9, 1), (10, 2)}
    return weekday(day) == 0 and ((day.month, nth) in mondays or (day.month == 5 and day.day > 31 - 7))


@cache
def government_works(day: date) -> bool:
    """A Saturday's holiday is observed on the Friday, a Sunday's on the Monday."""
    if weekday(day) in {5, 6} or is_dated_holiday(day) or is_floating_holiday(day):
        return False
    observed_from = {4: days_on(day, 1), 0: days_on(day, -1)}.get(weekday(day))
    return observed_from is None or not is_dated_holiday(observed_from)


def works(day: date, closures: set[date]) -> bool:
    return government_works(day) and day not in closures


def later_open(day: date, closures: set[date]) -> date:
    while not works(day, closures):
        day = days_on(day, 1)
    return day


def is_away(day: date, absences: Absences, *, open_ended: bool = True) -> bool:
    """Whether the person is absent; without `open_ended`, pauses until further notice are passed over."""
    return any(first <= day and (open_ended if last is None else day <= last) for first, last in absences)


def offset(moment: datetime, zone: str) -> timedelta:
    return moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def date_at(moment: datetime, zone: str) -> date:
    return (moment + offset(moment, zone)).date()


def clock_changes(zone: str, start: datetime, end: datetime) -> list[datetime]:
    """The instants from `start` to `end` at which the offset of a zone changes, to the second."""
    found = []
    half_days = [start + n * timedelta(hours=12) for n in range((end - start) // timedelta(hours=12) + 1)]
    for (begins, before), (ends, after) in pairwise((moment, offset(moment, zone)) for moment in half_days):
        if after != before:
            low, high = begins, ends
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
                low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
            found.append(high)
    return found


@cache
def at_local(day: date, wall: time, zone: str) -> datetime:
    """Rule 13: the first instant at which the clocks show `wall` on `day`, or have jumped over it."""
    wanted = datetime.combine(day, wall, UTC)  # as if the zone were UTC
    start, end = wanted - timedelta(hours=48), wanted + timedelta(hours=48)
    borders = [start, *clock_changes(zone, start, end), end]
    return next(
        moment for begins, ends in pairwise(borders) if (moment := max(begins, wanted - offset(begins, zone))) < ends
    )


def expiry(reset: date, versions: Versions) -> date:
    """By the version in force on the day of the reset (before all of them: by the oldest)."""
    in_force = [days for since, days in sorted(versions) if since <= reset]
    return days_on(reset, in_force[-1] if in_force else min(versions)[1])


def step_days(expires: date, ladder: list[int], closures: set[date], absences: Absences) -> dict[date, int]:
    """Rules 1 to 3, day to step: up to day 0 earlier, after it later; where steps meet, the smaller number."""
    fallen: dict[date, int] = {}
    for step in ladder:
        day = days_on(expires, -step)
        while not works(day, closures) or is_away(day, absences, open_ended=False):
            day = days_on(day, -1 if step >= 0 else 1)
        fallen[day] = min(step, fallen.get(day, step))
    return dict(sorted(fallen.items()))


def status(expires: date | None, today: date, placed: dict[date, int], absences: Absences, *, removed: bool) -> str:
    if removed or expires is None or today >= expires:
        return "removed" if removed else "unknown" if expires is None else "expired"
    if is_away(today, absences):
        return "paused"
    return "due" if any(day <= today for day in placed) else "ok"


def may_start(
    now: datetime, zone: str, send: time, closures: set[date], expires: date | None, *, used: bool = False
) -> datetime:
    """Rule 5: when a mail that is ready at `now` starts; `used`: today already had its mail about the clock."""
    today = days_on(date_at(now, zone), 1 if used else 0)
    now = at_local(today, time(0), zone) if used else now
    day = later_open(today, closures)
    if now >= at_local(day, time(18), zone):
        day = later_open(days_on(day, 1), closures)
    at_once = expires is not None and today < expires <= day
    return now if at_once else max(now, at_local(day, send, zone))


def may_retry(at: datetime, started: datetime, zone: str, send: time, closures: set[date]) -> datetime:
    """Rule 5: until midnight of the day on which the tries began, then in a window."""
    return at if date_at(at, zone) == date_at(started, zone) else may_start(at, zone, send, closures, None)


def import_takes(row: Row, first_seen: date | None, known: Known, today: date, versions: Versions) -> date | None:
    """Rule 7: the reset date that an import changes to, if any."""
    named, left, as_of = row
    takes_date = named is not None and (known is None or named > known[0])
    if left is None:
        return named if takes_date else None
    shown_on = as_of or today
    end = days_on(shown_on, left)
    meant = next(day for n in range(left, 500) if expiry(day := days_on(end, -n), versions) == end)
    fresh = as_of is not None or first_seen is None
    takes_left = fresh and (known is None or (shown_on > known[1] and meant != known[0]))
    if named == meant:
        return named if takes_date or takes_left else None
    return (meant if takes_left else None) if named is None or as_of is not None else (named if takes_date else None)


def ask_days(first_open: date, closures: set[date], absences: Absences) -> list[date]:
    """Rule 8: counted from the day of the first open window; later than a closed day or an absence."""
    found = set()
    for after in (0, 3, 7, 14):
        day = days_on(first_open, after)
        while not works(day, closures) or is_away(day, absences, open_ended=False):
            day = days_on(day, 1)
        found.add(day)
    return sorted(found)


def escalation_days(placed: dict[date, int], known_on: date) -> list[date]:
    """Rule 9: the days of the steps 3, 1, 0 and after expiry; registering and importing mail no admin (rule 11)."""
    return [day for day, step in placed.items() if (step in {3, 1, 0} or step < 0) and day >= known_on]


def digest_day(day: date, closures: set[date]) -> date:
    """Rule 10: the Monday of the week of `day`, or the next business day."""
    return later_open(days_on(day, -weekday(day)), closures)


def coverage_at_risk(logins: list[tuple[str, date | None]], today: date) -> bool:
    """Rule 11: AOs and AMs as (status, expiry): none of them works, or only one, which ends within 7 days."""
    working = [end for status, end in logins if status in {"ok", "due"} and end is not None]
    return bool(logins) and (not working or (len(working) == 1 and days_on(today, 7) >= working[0]))
