from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reminder.policy.model import Schedule
from reminder.policy.pace import Limits, Waiting, last_leaves_at

NOW = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)  # a Tuesday, 08:00 in Chicago
CHICAGO = Schedule(zone="America/Chicago")
THIRTY = Limits(minute=30)


def minutes(count: int) -> timedelta:
    """So many minutes, each seen to be over after five seconds at the latest."""
    return count * timedelta(seconds=65)


def waiting(*groups: tuple[datetime, int]) -> list[Waiting]:
    return [Waiting(opens_at=at, mails=mails) for at, mails in groups]


def in_the_window(at: datetime, mails: int) -> Waiting:
    return Waiting(mails=mails, opens_at=at, closes_at=NOW.replace(day=2, hour=0), schedule=CHICAGO)


@pytest.mark.parametrize(
    ("count", "after"),
    [(1, 0), (30, 0), (31, 1), (60, 1), (61, 2), (3000, 99)],
)
def test_a_batch_goes_each_minute(count: int, after: int) -> None:
    assert last_leaves_at(NOW, waiting((NOW, count)), THIRTY) == NOW + minutes(after)


def test_a_mail_does_not_leave_before_its_time() -> None:
    later = NOW + timedelta(hours=2)

    assert last_leaves_at(NOW, waiting((later, 31), (NOW, 5)), THIRTY) == later + minutes(1)
    assert last_leaves_at(NOW, waiting((NOW, 3000), (later, 30)), THIRTY) == later


def test_a_queue_that_is_not_done_holds_the_next_one_up() -> None:
    soon = NOW + minutes(1)

    assert last_leaves_at(NOW, waiting((NOW, 90), (soon, 15)), THIRTY) == NOW + minutes(3)


def test_mails_of_the_last_minute_take_room_from_the_next_ones() -> None:
    limits = Limits(minute=30, sent_in_a_minute=20)

    assert last_leaves_at(NOW, waiting((NOW, 10)), limits) == NOW
    assert last_leaves_at(NOW, waiting((NOW, 11)), limits) == NOW + minutes(1)


def test_what_still_fits_into_the_minute_goes_with_it() -> None:
    soon = NOW + timedelta(seconds=30)

    assert last_leaves_at(NOW, waiting((NOW, 20), (NOW, 10)), THIRTY) == NOW
    assert last_leaves_at(NOW, waiting((NOW, 20), (soon, 10)), THIRTY) == soon
    assert last_leaves_at(NOW, waiting((NOW, 20), (soon, 11)), THIRTY) == NOW + minutes(1)


@pytest.mark.parametrize(("seconds", "after"), [(59, minutes(1)), (60, timedelta(seconds=60))])
def test_a_minute_after_a_full_batch_there_is_room_for_another(seconds: int, after: timedelta) -> None:
    next_one = NOW + timedelta(seconds=seconds)

    assert last_leaves_at(NOW, waiting((NOW, 30), (next_one, 30)), THIRTY) == NOW + after


@pytest.mark.parametrize(("count", "sent", "days"), [(100, 0, 0), (101, 0, 1), (60, 40, 0), (60, 41, 1), (201, 0, 2)])
def test_what_does_not_fit_into_a_day_goes_a_day_later(count: int, sent: int, days: int) -> None:
    found = last_leaves_at(NOW, waiting((NOW, count)), Limits(day=100, sent_in_a_day=sent))

    assert found == NOW + timedelta(days=days)


def test_where_nothing_is_said_of_what_was_sent_nothing_was() -> None:
    assert last_leaves_at(NOW, waiting((NOW, 100)), Limits(minute=100, day=100)) == NOW


def test_both_limits_hold_at_once() -> None:
    found = last_leaves_at(NOW, waiting((NOW, 250)), Limits(minute=30, day=100))

    assert found == NOW + timedelta(days=2) + minutes(1)


@pytest.mark.parametrize(
    ("opens_at", "mails", "last"),
    [
        (NOW, 60, NOW + minutes(1)),
        (NOW.replace(hour=23, minute=59), 30, NOW.replace(hour=23, minute=59)),
        (NOW.replace(hour=23, minute=59), 60, NOW.replace(day=2)),
        (NOW.replace(hour=23, minute=59), 90, NOW.replace(day=2) + minutes(1)),
    ],
)
def test_what_does_not_go_before_the_evening_goes_in_the_next_window(
    opens_at: datetime, mails: int, last: datetime
) -> None:
    assert last_leaves_at(opens_at, [in_the_window(opens_at, mails)], THIRTY) == last


def test_at_the_instant_at_which_its_window_closes_no_mail_goes() -> None:
    closes = NOW.replace(day=2, hour=0)
    before = closes - minutes(1)

    assert last_leaves_at(before, [in_the_window(before, 60)], THIRTY) == NOW.replace(day=2)
    assert last_leaves_at(closes, [in_the_window(closes, 1)], THIRTY) == NOW.replace(day=2)


@pytest.mark.parametrize(
    "mail",
    [
        Waiting(mails=60, opens_at=NOW, closes_at=NOW + timedelta(seconds=30)),
        Waiting(mails=60, opens_at=NOW, schedule=Schedule(zone="Asia/Tokyo")),  # where it is the middle of the night
    ],
)
def test_without_an_end_or_a_schedule_a_mail_waits_for_no_window(mail: Waiting) -> None:
    assert last_leaves_at(NOW, [mail], THIRTY) == NOW + minutes(1)


def test_those_that_may_go_at_any_time_leave_room_for_those_that_may_not() -> None:
    at = NOW.replace(hour=23, minute=59)
    any_time = Waiting(mails=30, opens_at=at)

    assert last_leaves_at(at, [any_time, in_the_window(at, 30)], THIRTY) == at + minutes(1)


def test_a_window_that_was_missed_opens_on_the_next_business_day() -> None:
    saturday = NOW.replace(day=5)

    assert last_leaves_at(saturday, [in_the_window(NOW, 1)], THIRTY) == NOW.replace(day=7)


def test_those_whose_window_closes_first_leave_room_for_the_others_in_time() -> None:
    at = NOW.replace(hour=23, minute=59)
    later = Waiting(mails=30, opens_at=at, closes_at=at + timedelta(hours=1), schedule=Schedule(zone="America/Denver"))

    assert last_leaves_at(at, [later, in_the_window(at, 30)], THIRTY) == at + minutes(1)


def test_a_server_that_takes_nothing_is_no_reason_to_look_forever() -> None:
    assert last_leaves_at(NOW, waiting((NOW, 1)), Limits(minute=0)) is None


def test_without_a_limit_everything_goes_at_its_time_and_nothing_is_never_late() -> None:
    assert last_leaves_at(NOW, waiting((NOW, 100_000)), Limits()) == NOW
    assert last_leaves_at(NOW, [], THIRTY) is None
