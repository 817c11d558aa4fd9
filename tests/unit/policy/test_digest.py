"""The admins' weekly digest."""

from __future__ import annotations

from datetime import date

import pytest

from reminder.policy.digest import HORIZON_DAYS, digest_due, digest_on, monday_of
from reminder.policy.model import Schedule
from tests.unit.policy.cases import SCHEDULE, chicago, december

LONG_AGO = chicago("2026-01-01 00:00")


def closed_on(*days: int) -> Schedule:
    return Schedule(zone="America/Chicago", closures=frozenset(december(day) for day in days))


def test_the_digest_looks_two_weeks_ahead() -> None:
    assert HORIZON_DAYS == 14


@pytest.mark.parametrize(("day", "monday"), [(6, 0), (7, 7), (8, 7), (13, 7), (14, 14)])
def test_a_week_is_named_by_its_monday(day: int, monday: int) -> None:
    assert monday_of(december(day)) == december(monday)


@pytest.mark.parametrize("day", range(7, 14))
def test_the_digest_of_a_week_goes_on_its_monday(day: int) -> None:
    assert digest_on(december(day), SCHEDULE) == december(7)


@pytest.mark.parametrize(
    ("schedule", "day", "on"),
    [
        (SCHEDULE, date(2027, 1, 18), date(2027, 1, 19)),  # Martin Luther King's birthday
        (SCHEDULE, date(2027, 7, 5), date(2027, 7, 6)),  # Independence Day, observed
        (closed_on(7), december(7), december(8)),
        (closed_on(7, 8), december(13), december(9)),
        (closed_on(8), december(7), december(7)),
        (closed_on(7, 8, 9, 10, 11), december(7), december(14)),  # a whole week: with the next one
    ],
)
def test_a_closed_monday_moves_the_digest_to_the_next_business_day(schedule: Schedule, day: date, on: date) -> None:
    assert digest_on(day, schedule) == on


@pytest.mark.parametrize(
    ("schedule", "today", "due"),
    [
        (SCHEDULE, december(6), True),  # last Monday's, still
        (SCHEDULE, december(7), True),
        (SCHEDULE, december(11), True),
        (closed_on(7), december(7), False),
        (closed_on(7), december(8), True),
        (closed_on(7, 8, 9, 10, 11), december(13), False),
        (closed_on(7, 8, 9, 10, 11), december(14), True),
    ],
)
def test_a_digest_is_due_from_its_day_to_the_end_of_its_week(schedule: Schedule, today: date, due: bool) -> None:
    assert digest_due(today, schedule, LONG_AGO) is due


@pytest.mark.parametrize(
    ("since", "due"), [("2026-12-07 07:59:59", True), ("2026-12-07 08:00:00", True), ("2026-12-07 08:00:01", False)]
)
def test_a_practice_younger_than_the_digest_of_its_week_waits_for_the_next(since: str, due: bool) -> None:
    assert digest_due(december(7), SCHEDULE, chicago(since)) is due
    assert digest_due(december(14), SCHEDULE, chicago(since))


def test_a_practice_that_never_opens_has_no_digest() -> None:
    shut = closed_on(*range(-10, 2000))

    assert digest_on(december(7), shut) is None
    assert not digest_due(december(7), shut, LONG_AGO)
