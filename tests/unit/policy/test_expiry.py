"""How long a password lives."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reminder.policy.expiry import (
    days_left,
    expires_on,
    last_safe_on,
    lifetime_days,
    longest_lifetime_days,
    reset_on_from_days_left,
)
from tests.unit.policy.cases import rule_of

SIXTY = rule_of([(date(2000, 1, 1), 60)])
CMS_2013 = rule_of([(date(2000, 1, 1), 60), (date(2013, 10, 7), 150), (date(2014, 3, 6), 60)])


@pytest.mark.parametrize(
    ("reset_on", "expiry"),
    [
        (date(2026, 12, 1), date(2027, 1, 30)),
        (date(2023, 12, 31), date(2024, 2, 29)),
        (date(2024, 1, 1), date(2024, 3, 1)),
        (date(2025, 1, 1), date(2025, 3, 2)),
        (date(2024, 2, 29), date(2024, 4, 29)),
        (date(2100, 1, 1), date(2100, 3, 2)),  # 2100 is no leap year
        (date(2000, 1, 1), date(2000, 3, 1)),  # 2000 is one
    ],
)
def test_a_password_lives_sixty_plain_calendar_days(reset_on: date, expiry: date) -> None:
    assert expires_on(SIXTY, reset_on) == expiry


@pytest.mark.parametrize(
    ("reset_on", "days", "expiry"),
    [
        (date(2013, 10, 6), 60, date(2013, 12, 5)),
        (date(2013, 10, 7), 150, date(2014, 3, 6)),  # the very date that CMS named
        (date(2014, 3, 5), 150, date(2014, 8, 2)),
        (date(2014, 3, 6), 60, date(2014, 5, 5)),
        (date(1999, 6, 1), 60, date(1999, 7, 31)),  # before all versions the oldest one counts
    ],
)
def test_the_version_in_force_on_the_day_of_the_reset_counts_to_the_end_of_the_cycle(
    reset_on: date, days: int, expiry: date
) -> None:
    assert lifetime_days(CMS_2013, reset_on) == days
    assert expires_on(CMS_2013, reset_on) == expiry


def test_the_longest_life_is_that_of_any_version() -> None:
    assert longest_lifetime_days(CMS_2013) == 150
    assert longest_lifetime_days(SIXTY) == 60


@pytest.mark.parametrize(("offset", "left"), [(-1, 1), (0, 0), (1, -1), (-60, 60), (-61, 61)])
def test_days_left_are_counted_to_the_expiry_date(offset: int, left: int) -> None:
    expiry = date(2027, 3, 1)

    assert days_left(expiry, expiry + timedelta(days=offset)) == left


@pytest.mark.parametrize(
    ("expiry", "safe"), [(date(2027, 1, 1), date(2026, 12, 31)), (date(2028, 3, 1), date(2028, 2, 29))]
)
def test_the_last_safe_day_is_the_day_before_the_expiry_date(expiry: date, safe: date) -> None:
    assert last_safe_on(expiry) == safe


@pytest.mark.parametrize(
    ("left", "as_of", "reset_on"),
    [
        (60, date(2026, 12, 1), date(2026, 12, 1)),
        (59, date(2026, 12, 1), date(2026, 11, 30)),
        (0, date(2026, 12, 1), date(2026, 10, 2)),
        (30, date(2028, 2, 29), date(2028, 1, 30)),
    ],
)
def test_days_left_lead_back_to_the_reset(left: int, as_of: date, reset_on: date) -> None:
    assert reset_on_from_days_left(SIXTY, left, as_of) == reset_on


@pytest.mark.parametrize(
    ("left", "as_of", "reset_on"),
    [
        (1, date(2013, 12, 4), date(2013, 10, 6)),  # the last one of 60 days
        (150, date(2013, 10, 7), date(2013, 10, 7)),  # the first one of 150
        (1, date(2014, 3, 5), date(2013, 10, 7)),
        (60, date(2014, 3, 6), date(2014, 3, 6)),  # back to 60
    ],
)
def test_days_left_are_read_by_the_version_that_governed_the_reset(left: int, as_of: date, reset_on: date) -> None:
    assert reset_on_from_days_left(CMS_2013, left, as_of) == reset_on


def test_days_left_never_lead_to_a_reset_after_the_day_on_which_they_were_read() -> None:
    seen_on = date(2014, 3, 10)  # 90 days left: June 8, which is 60 days after April 9, and 150 after January 9

    assert reset_on_from_days_left(CMS_2013, 90, seen_on) == date(2014, 1, 9)


def test_days_left_that_no_version_explains_are_read_by_the_oldest() -> None:
    assert reset_on_from_days_left(CMS_2013, 10, date(2014, 1, 1)) == date(2013, 11, 12)


@pytest.mark.parametrize("reset_on", [date(2013, 9, 1), date(2013, 10, 6), date(2013, 10, 7), date(2014, 3, 6)])
@pytest.mark.parametrize("seen_after", [0, 1, 59, 60])
def test_days_left_and_the_expiry_date_agree_however_late_they_are_read(reset_on: date, seen_after: int) -> None:
    seen_on = reset_on + timedelta(days=seen_after)
    left = days_left(expires_on(CMS_2013, reset_on), seen_on)
    found = reset_on_from_days_left(CMS_2013, left, seen_on)

    assert expires_on(CMS_2013, found) == expires_on(CMS_2013, reset_on)
