"""How the days left are said."""

from __future__ import annotations

import pytest

from reminder.policy.phrases import days_phrase


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (60, "60 days left"),
        (2, "2 days left"),
        (1, "expires tomorrow, today is the last safe day"),
        (0, "the expiry date is today; you may already be unable to sign in"),
        (-1, "expired yesterday"),
        (-2, "expired 2 days ago"),
        (-56, "expired 56 days ago"),
    ],
)
def test_days_left_are_said_in_digits(left: int, words: str) -> None:
    assert days_phrase(left) == words


def test_no_two_days_are_said_alike() -> None:
    assert len({days_phrase(left) for left in range(-400, 401)}) == 801
