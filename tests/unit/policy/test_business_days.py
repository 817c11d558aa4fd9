"""Business days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reminder.policy.business_days import ONE_DAY, closed_because, federal_holidays, is_business_day, walk
from tests.unit.policy.cases import december


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2026, 12, 4), True),  # a Friday
        (date(2026, 12, 5), False),
        (date(2026, 12, 6), False),
        (date(2026, 12, 7), True),
        (date(2026, 11, 26), False),  # Thanksgiving
        (date(2026, 11, 27), True),
        (date(2026, 7, 3), False),  # July 4 is a Saturday
        (date(2026, 7, 6), True),
        (date(2027, 7, 5), False),  # July 4 is a Sunday
        (date(2027, 7, 2), True),
        (date(2021, 12, 31), False),  # New Year's Day 2022 is a Saturday
        (date(2022, 1, 3), True),
        (date(2020, 6, 19), True),  # Juneteenth is a holiday since 2021
        (date(2021, 6, 18), False),
        (date(2024, 6, 19), False),
        (date(2027, 1, 18), False),  # Martin Luther King's birthday
        (date(2027, 1, 19), True),
        (date(2026, 5, 25), False),  # Memorial Day
        (date(2026, 10, 12), False),  # Columbus Day
        (date(2026, 4, 3), True),  # Good Friday is none
        (date(2026, 11, 3), True),  # nor Election Day
    ],
)
def test_weekends_and_federal_holidays_are_no_business_days(day: date, open_: bool) -> None:
    assert is_business_day(day) is open_


def test_a_closure_closes_its_own_day_only() -> None:
    closures = {december(9)}

    assert [is_business_day(december(day), closures) for day in (8, 9, 10)] == [True, False, True]


@pytest.mark.parametrize("year", range(2021, 2101))
def test_a_year_has_eleven_holidays_and_their_observed_days(year: int) -> None:
    dated = [date(year, month, day) for month, day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    dated += [date(year + 1, 1, 1)]
    observed = {day - ONE_DAY if day.weekday() == 5 else day + ONE_DAY for day in dated if day.weekday() > 4}
    expected = 11 + len([day for day in observed if day.year == year])

    assert len(federal_holidays(year)) == expected


@pytest.mark.parametrize(("stride", "found"), [(ONE_DAY, december(7)), (-ONE_DAY, december(4))])
def test_a_walk_finds_the_nearest_day_in_its_direction(stride: timedelta, found: date) -> None:
    assert walk(december(5), stride, is_business_day) == found


def test_a_walk_may_end_where_it_begins() -> None:
    assert walk(december(4), ONE_DAY, is_business_day) == december(4)


@pytest.mark.parametrize(("away", "found"), [(999, True), (1000, False)])
def test_a_walk_gives_up_after_a_thousand_days(away: int, found: bool) -> None:
    wanted = december(1) + timedelta(days=away)

    assert walk(december(1), ONE_DAY, lambda day: day == wanted) == (wanted if found else None)


@pytest.mark.parametrize(
    ("day", "cause"),
    [
        (date(2026, 12, 24), None),
        (date(2026, 12, 25), "Christmas Day"),
        (date(2026, 12, 26), "weekend"),
        (date(2026, 7, 3), "Independence Day (observed)"),
        (date(2026, 7, 4), "Independence Day"),
        (date(2026, 12, 23), "closed"),
    ],
)
def test_a_closed_day_says_why(day: date, cause: str | None) -> None:
    assert closed_because(day, {date(2026, 12, 23)}) == cause
