from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder.jobs.signing_in import GUESSES, KNOCKS
from reminder.policy.throttle import Limit, taken

NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)


def admitted(limit: Limit, moments: list[datetime]) -> list[datetime]:
    """Return which of these tries were admitted."""
    free_at, found = None, []
    for moment in moments:
        later = taken(free_at, limit, moment)
        if later is not None:
            free_at = later
            found.append(moment)
    return found


def test_so_many_tries_are_there_at_once_and_no_more() -> None:
    assert len(admitted(Limit(most=4, every=timedelta(minutes=15)), [NOW] * 10)) == 4


@pytest.mark.parametrize(("wait", "there"), [(timedelta(minutes=14, seconds=59), False), (timedelta(minutes=15), True)])
def test_the_next_one_is_earned_back_after_its_time(wait: timedelta, there: bool) -> None:
    moments = [NOW] * 4 + [NOW + wait]

    assert (moments[-1] in admitted(GUESSES, moments)) is there


def test_an_account_takes_a_hundred_guesses_in_a_day_however_fast_they_come() -> None:
    every_ten_seconds = [NOW + timedelta(seconds=10 * count) for count in range(24 * 360)]

    assert len(admitted(GUESSES, every_ten_seconds)) == 99


@given(st.lists(st.integers(min_value=0, max_value=900), max_size=60))
def test_a_place_has_ten_tries_in_any_quarter_of_an_hour(seconds: list[int]) -> None:
    moments = sorted(NOW + timedelta(seconds=count) for count in seconds if count < 900)

    assert len(admitted(KNOCKS, moments)) <= 10
