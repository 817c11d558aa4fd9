"""Which reset counts, and which dates a person, an admin or a roster may name. All days are of December 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reminder.errors import UsageError
from reminder.policy.resets import (
    KnownReset,
    RosterClaim,
    check_admin_date,
    check_days_left,
    check_person_date,
    weigh_roster_claim,
)
from tests.unit.policy.cases import december, rule_of

SIXTY = rule_of([(date(2000, 1, 1), 60)])
TODAY = december(20)
KNOWN = KnownReset(reset_on=december(5), recorded_on=december(10))


def claim(
    named: int | None = None, left: int | None = None, as_of: int | None = None, seen: int | None = None
) -> RosterClaim:
    """A row: days of December for the reset, the as-of date, the first import of the figure."""
    days = [None if day is None else december(day) for day in (named, as_of, seen)]
    return RosterClaim(reset_on=days[0], days_left=left, as_of=days[1], first_seen_on=days[2])


def taken(row: RosterClaim, known: KnownReset | None = KNOWN) -> int | None:
    """The day of December that an import changes to, if any."""
    found = weigh_roster_claim(row, known, TODAY, SIXTY).reset_on
    return None if found is None else (found - december(0)).days


@pytest.mark.parametrize(("named", "day"), [(4, None), (5, None), (6, 6), (20, 20)])
def test_the_date_of_an_import_is_taken_only_if_later(named: int, day: int | None) -> None:
    assert taken(claim(named)) == day


@pytest.mark.parametrize("named", [1, 5, 20, -300])
def test_any_date_of_an_import_is_taken_where_none_is_known(named: int) -> None:
    assert taken(claim(named), None) == named


@pytest.mark.parametrize(("as_of", "left", "day"), [(None, 60, 20), (None, 50, 10), (9, 50, -1), (20, 0, -40)])
def test_any_days_left_of_an_import_are_taken_where_no_date_is_known(as_of: int | None, left: int, day: int) -> None:
    assert taken(claim(left=left, as_of=as_of), None) == day


@pytest.mark.parametrize(
    ("as_of", "left", "day"),
    [
        (9, 50, None),
        (10, 50, None),  # the day of the recording
        (11, 50, 1),  # an earlier reset than the known one: I&A is the better evidence
        (11, 60, 11),
        (11, 54, None),  # the same date
        (20, 0, -40),
    ],
)
def test_days_left_are_taken_only_if_read_after_the_recording(as_of: int, left: int, day: int | None) -> None:
    assert taken(claim(left=left, as_of=as_of)) == day


@pytest.mark.parametrize(("recorded", "day"), [(19, 10), (20, None), (21, None)])
def test_days_left_without_an_as_of_date_count_as_of_their_first_import(recorded: int, day: int | None) -> None:
    known = KnownReset(reset_on=december(5), recorded_on=december(recorded))

    assert taken(claim(left=50), known) == day


@pytest.mark.parametrize("known", [None, KNOWN])
def test_the_same_figure_a_second_time_is_stale(known: KnownReset | None) -> None:
    found = weigh_roster_claim(claim(left=50, seen=15), known, TODAY, SIXTY)

    assert found.reset_on is None
    assert found.stale
    assert "50 days left without an as-of date was imported on 2026-12-15 already" in found.reason


def test_a_figure_with_an_as_of_date_is_never_stale() -> None:
    found = weigh_roster_claim(claim(left=50, as_of=19, seen=15), KNOWN, TODAY, SIXTY)

    assert found.reset_on == december(9)
    assert not found.stale


@pytest.mark.parametrize(
    ("row", "day"),
    [
        (claim(12, left=50, as_of=19), 9),  # they differ: days left with an as-of date win
        (claim(12, left=50, as_of=10), None),  # even if they are too old to count
        (claim(12, left=50), 12),  # without one the date counts
        (claim(12, left=50, seen=15), 12),
        (claim(4, left=50), None),
        (claim(12, left=52, as_of=20), 12),  # they agree
    ],
)
def test_of_a_date_and_days_left_that_differ_those_with_an_as_of_date_win(row: RosterClaim, day: int | None) -> None:
    assert taken(row) == day


@pytest.mark.parametrize(
    ("row", "day"),
    [
        (claim(6, left=56, as_of=10), 6),  # the date alone would do, the days left are too old
        (claim(4, left=53, as_of=11), 4),  # the days left alone would do, the date is too early
        (claim(4, left=44), 4),
        (claim(4, left=44, seen=15), None),
        (claim(4, left=54, as_of=10), None),  # neither would do
        (claim(5, left=45, as_of=20), None),  # the same date
    ],
)
def test_of_a_date_and_days_left_that_agree_either_suffices(row: RosterClaim, day: int | None) -> None:
    assert taken(row) == day


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (claim(), "the row names no date"),
        (claim(5), "the same date is known"),
        (claim(4), "a later reset is known (2026-12-05)"),
        (claim(left=54, as_of=11), "the same date is known"),
        (claim(left=50, as_of=10), "the days left are as of 2026-12-10; the present reset was recorded on 2026-12-10"),
    ],
)
def test_a_row_that_changes_nothing_says_why(row: RosterClaim, reason: str) -> None:
    found = weigh_roster_claim(row, KNOWN, TODAY, SIXTY)

    assert (found.reset_on, found.reason, found.stale) == (None, reason, False)


@pytest.mark.parametrize(("days", "left"), [(60, 0), (60, 60), (150, 150), (150, 0)])
def test_days_left_run_from_nothing_to_the_days_of_the_rule(days: int, left: int) -> None:
    assert check_days_left(left, rule_of([(date(2000, 1, 1), days)])) == left


@pytest.mark.parametrize(("days", "left"), [(60, -1), (60, 61), (150, 151)])
def test_other_days_left_are_refused(days: int, left: int) -> None:
    with pytest.raises(UsageError, match=f"^days left: {left} cannot be; I&A shows 0 to {days}$"):
        check_days_left(left, rule_of([(date(2000, 1, 1), days)]))


@pytest.mark.parametrize("day", [december(20), december(19), date(1999, 1, 1)])
def test_an_admin_may_name_any_day_up_to_today(day: date) -> None:
    assert check_admin_date(day, TODAY) == day


@pytest.mark.parametrize("day", [december(6), december(19), december(20)])
def test_a_person_may_name_a_day_after_the_last_reset_up_to_today(day: date) -> None:
    assert check_person_date(day, TODAY, december(5)) == day


def test_a_person_without_a_reset_may_name_any_day() -> None:
    assert check_person_date(date(1999, 1, 1), TODAY, None) == date(1999, 1, 1)


def test_nobody_may_name_a_day_to_come() -> None:
    tomorrow = TODAY + timedelta(days=1)

    with pytest.raises(UsageError, match="2026-12-21 is in the future"):
        check_admin_date(tomorrow, TODAY)
    with pytest.raises(UsageError, match="2026-12-21 is in the future"):
        check_person_date(tomorrow, TODAY, None)


@pytest.mark.parametrize("day", [december(5), december(4), date(1999, 1, 1)])
def test_a_person_may_not_name_the_last_reset_or_a_day_before_it(day: date) -> None:
    with pytest.raises(UsageError, match="is not after your last recorded reset, 2026-12-05"):
        check_person_date(day, TODAY, december(5))
