from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reminder.policy.pace import SEEN_WITHIN, last_leaves_at

NOW = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)


def minutes(count: int) -> timedelta:
    return count * (timedelta(minutes=1) + SEEN_WITHIN)


@pytest.mark.parametrize(
    ("count", "after"),
    [(1, 0), (30, 0), (31, 1), (60, 1), (61, 2), (3000, 99)],
)
def test_a_batch_goes_each_minute(count: int, after: int) -> None:
    assert last_leaves_at(NOW, [(NOW, count)], minute=30, day=None) == NOW + minutes(after)


def test_a_mail_does_not_leave_before_its_time() -> None:
    later = NOW + timedelta(hours=2)

    assert last_leaves_at(NOW, [(later, 31), (NOW, 5)], minute=30, day=None) == later + minutes(1)
    assert last_leaves_at(NOW, [(NOW, 3000), (later, 30)], minute=30, day=None) == later


def test_a_queue_that_is_not_done_holds_the_next_one_up() -> None:
    soon = NOW + minutes(1)

    assert last_leaves_at(NOW, [(NOW, 90), (soon, 15)], minute=30, day=None) == NOW + minutes(3)


def test_mails_of_the_last_minute_take_room_from_the_next_ones() -> None:
    assert last_leaves_at(NOW, [(NOW, 10)], minute=30, day=None, sent_in_a_minute=20) == NOW
    assert last_leaves_at(NOW, [(NOW, 11)], minute=30, day=None, sent_in_a_minute=20) == NOW + minutes(1)


def test_what_still_fits_into_the_minute_goes_with_it() -> None:
    assert last_leaves_at(NOW, [(NOW, 20), (NOW, 10)], minute=30, day=None) == NOW


@pytest.mark.parametrize(("count", "sent", "days"), [(100, 0, 0), (101, 0, 1), (60, 40, 0), (60, 41, 1), (201, 0, 2)])
def test_what_does_not_fit_into_a_day_goes_a_day_later(count: int, sent: int, days: int) -> None:
    found = last_leaves_at(NOW, [(NOW, count)], minute=None, day=100, sent_in_a_day=sent)

    assert found == NOW + timedelta(days=days)


def test_without_a_limit_everything_goes_at_its_time_and_nothing_is_never_late() -> None:
    assert last_leaves_at(NOW, [(NOW, 100_000)], minute=None, day=None) == NOW
    assert last_leaves_at(NOW, [], minute=30, day=None) is None
