"""When a mail that was not taken is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder.policy.retry import FIRST_WAIT, GIVE_UP_AFTER, LONGEST_WAIT, given_up, wait_before

PLANNED = datetime(2026, 12, 1, 14, tzinfo=UTC)
SPREADS = st.floats(0, 1)


@given(failures=st.integers(1, 10_000), spread=SPREADS)
def test_a_wait_is_between_a_minute_and_half_an_hour_and_a_fifth(failures: int, spread: float) -> None:
    assert timedelta(minutes=1) <= wait_before(failures, spread) <= timedelta(minutes=36)


@given(failures=st.integers(1, 60), spread=SPREADS)
def test_waits_never_shrink(failures: int, spread: float) -> None:
    assert wait_before(failures + 1, spread) >= wait_before(failures, spread)


@given(failures=st.integers(1, 60), spread=SPREADS)
def test_jitter_only_lengthens_a_wait_and_by_a_fifth_at_most(failures: int, spread: float) -> None:
    plain = wait_before(failures, 0)

    assert plain <= wait_before(failures, spread) <= plain * 1.2


def test_the_first_waits_double_up_to_the_longest() -> None:
    waits = [wait_before(failures, 0) // timedelta(minutes=1) for failures in range(1, 9)]

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert (timedelta(minutes=1), timedelta(minutes=30)) == (FIRST_WAIT, LONGEST_WAIT)


@pytest.mark.parametrize(("early", "over"), [(timedelta(seconds=1), False), (timedelta(), True)])
def test_a_mail_is_given_up_after_five_days(early: timedelta, over: bool) -> None:
    assert timedelta(days=5) == GIVE_UP_AFTER
    assert given_up(PLANNED, PLANNED + timedelta(days=5) - early) is over
