"""Every change of the clocks from 2024 to 2040 in every zone of the United States, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest

from reminder.policy.expiry import expires_on
from reminder.policy.model import Step
from reminder.policy.moments import instant, local_date
from reminder.policy.plan import decide
from tests import oracle
from tests.unit.policy import cases

MINUTE = timedelta(minutes=1)
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
UNCHANGING = {
    "America/Phoenix", "US/Arizona", "Pacific/Honolulu", "America/Puerto_Rico", "America/St_Thomas", "Pacific/Guam",
    "Pacific/Saipan", "Pacific/Pago_Pago",
}  # fmt: skip
CHANGING = [zone for zone in cases.US_ZONES if zone not in UNCHANGING]


@cache
def changes(zone: str) -> list[tuple[datetime, datetime, datetime]]:
    """The clock changes of a zone: the instant, and the wall just before and just after it."""
    return [
        (at, (at + oracle.offset(at - timedelta(seconds=1), zone)), (at + oracle.offset(at, zone)))
        for at in oracle.clock_changes(zone, FIRST, LAST)
    ]


def walls(first: datetime, last: datetime) -> list[datetime]:
    """Every minute of the wall from an hour before a change to an hour after it."""
    start, end = min(first, last) - timedelta(hours=1), max(first, last) + timedelta(hours=1)
    return [start + number * MINUTE for number in range((end - start) // MINUTE)]


@pytest.mark.parametrize("zone", sorted(UNCHANGING))
def test_zones_without_daylight_saving_time_never_change(zone: str) -> None:
    assert changes(zone) == []


@pytest.mark.parametrize("zone", CHANGING)
def test_other_zones_change_twice_a_year(zone: str) -> None:
    assert len(changes(zone)) == 2 * 17
    assert sum(after > before for _, before, after in changes(zone)) == 17


@pytest.mark.parametrize("zone", CHANGING)
def test_each_wall_minute_is_met_as_the_rule_says(zone: str) -> None:
    for at, before, after in changes(zone):
        for wall in walls(before, after):
            found = instant(wall.date(), wall.time(), zone)
            if before <= wall < after:  # inside a gap: its end
                expected = at
            elif wall < before:  # before the change, or the first pass of an overlap
                expected = at - (before - wall)
            else:
                expected = at + (wall - after)

            assert found == expected, (zone, wall)


@pytest.mark.parametrize("zone", CHANGING)
def test_a_step_at_each_wall_minute_is_on_its_civil_date_once_and_in_order(zone: str) -> None:
    for _, before, after in changes(zone):
        for wall in walls(before, after):
            days = [wall.date() + timedelta(days=offset) for offset in (-1, 0, 1)]
            found = [instant(day, wall.time(), zone) for day in days]

            assert [local_date(moment, zone) for moment in found] == days
            assert found == sorted(set(found))


@pytest.mark.parametrize("zone", ["America/Chicago", "America/Adak", "America/Anchorage"])
@pytest.mark.parametrize(("day", "wall"), [(date(2026, 3, 8), time(2, 30)), (date(2026, 11, 1), time(1, 30))])
def test_a_clock_looked_at_each_minute_of_the_change_reaches_its_step_once(zone: str, day: date, wall: time) -> None:
    step = Step(step=0, on=day, at=instant(day, wall, zone))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    reached = [decide([step], (), start + minute * MINUTE).newest is not None for minute in range(2 * 24 * 60)]

    assert reached == sorted(reached)
    assert start + reached.index(True) * MINUTE == step.at
    assert local_date(step.at, zone) == day


@pytest.mark.parametrize("year", range(1999, 2101))
def test_the_days_around_the_end_of_february_are_counted_one_by_one(year: int) -> None:
    sixty = cases.rule_of([(date(1990, 1, 1), 60)])
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0

    assert expires_on(sixty, date(year, 1, 1)) == date(year, 3, 1 if leap else 2)
    assert expires_on(sixty, date(year - 1, 12, 31)) == (date(year, 2, 29) if leap else date(year, 3, 1))
