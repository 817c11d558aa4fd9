"""When a mail may start."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from reminder.errors import UsageError
from reminder.policy.model import Schedule
from reminder.policy.window import (
    Window,
    first_try,
    next_try,
    next_window,
    send_time_from_text,
    window_after_today,
    window_on,
)
from tests.unit.policy.cases import SCHEDULE, chicago, december


def starts(
    now: str, expires: int | None = None, *, today_used: bool = False, schedule: Schedule = SCHEDULE
) -> datetime:
    """When a mail ready at `now` starts; it expires on a day of December."""
    moment = chicago(now)
    window = first_try(moment, schedule, None if expires is None else december(expires), today_used=today_used)
    return max(moment, window.opens_at)


def test_a_window_lasts_from_the_send_time_to_six_in_the_evening() -> None:
    assert window_on(december(1), SCHEDULE) == Window(
        opens_at=chicago("2026-12-01 08:00"), closes_at=chicago("2026-12-01 18:00")
    )


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-12-01 00:00:00", "2026-12-01 08:00:00"),
        ("2026-12-01 07:59:59", "2026-12-01 08:00:00"),
        ("2026-12-01 08:00:00", "2026-12-01 08:00:00"),
        ("2026-12-01 08:00:01", "2026-12-01 08:00:01"),
        ("2026-12-01 17:59:59", "2026-12-01 17:59:59"),
        ("2026-12-01 18:00:00", "2026-12-02 08:00:00"),
        ("2026-12-01 23:59:59", "2026-12-02 08:00:00"),
        ("2026-12-04 17:59:59", "2026-12-04 17:59:59"),
        ("2026-12-04 18:00:00", "2026-12-07 08:00:00"),
        ("2026-12-05 12:00:00", "2026-12-07 08:00:00"),
        ("2026-12-24 18:00:00", "2026-12-28 08:00:00"),
        ("2026-10-30 18:00:00", "2026-11-02 08:00:00"),  # over the end of DST
    ],
)
def test_a_mail_starts_inside_the_window_or_when_it_next_opens(now: str, start: str) -> None:
    assert starts(now) == chicago(start)


@pytest.mark.parametrize(
    ("send", "now", "start"),
    [
        (time(0), "2026-12-01 00:00:00", "2026-12-01 00:00:00"),
        (time(17, 59), "2026-12-01 17:58:59", "2026-12-01 17:59:00"),
        (time(6, 30), "2026-12-01 06:30:00", "2026-12-01 06:30:00"),
        (time(6, 30), "2026-12-01 06:29:59", "2026-12-01 06:30:00"),
    ],
)
def test_the_send_time_of_the_practice_opens_the_window(send: time, now: str, start: str) -> None:
    assert starts(now, schedule=Schedule(zone="America/Chicago", send_time=send)) == chicago(start)


def test_a_closure_keeps_the_window_shut() -> None:
    closed = Schedule(zone="America/Chicago", closures=frozenset({december(1), december(2)}))

    assert starts("2026-12-01 10:00", schedule=closed) == chicago("2026-12-03 08:00")


@pytest.mark.parametrize(
    ("now", "expires", "at_once"),
    [
        ("2026-12-01 19:00", 1, False),  # today is the expiry date
        ("2026-12-01 19:00", 2, True),  # today == expires_on - 1, the window opens on expires_on
        ("2026-12-01 19:00", 3, False),  # the window opens the day before
        ("2026-12-01 18:00", 2, True),
        ("2026-12-01 07:59", 2, False),  # today's window is still to come
        ("2026-12-01 07:59", 1, False),
        ("2026-12-04 19:00", 4, False),  # a Friday evening
        ("2026-12-04 19:00", 5, True),
        ("2026-12-04 19:00", 6, True),
        ("2026-12-04 19:00", 7, True),
        ("2026-12-04 19:00", 8, False),
        ("2026-12-05 00:00", 5, False),
        ("2026-12-05 00:00", 6, True),
        ("2026-12-06 23:59", 7, True),
        ("2026-12-06 23:59", 8, False),
        ("2026-12-06 23:59", 6, False),
        ("2026-12-06 23:59", None, False),
    ],
)
def test_a_mail_goes_at_once_if_its_window_would_open_too_late(now: str, expires: int | None, at_once: bool) -> None:
    assert (starts(now, expires) == chicago(now)) is at_once


def test_at_once_lasts_until_local_midnight() -> None:
    window = first_try(chicago("2026-12-04 19:00"), SCHEDULE, december(7))

    assert window == Window(opens_at=chicago("2026-12-04 19:00"), closes_at=chicago("2026-12-05 00:00"))


@pytest.mark.parametrize(
    ("now", "expires", "start"),
    [
        ("2026-12-01 10:00", None, "2026-12-02 08:00"),
        ("2026-12-01 07:00", None, "2026-12-02 08:00"),
        ("2026-12-01 19:00", 20, "2026-12-02 08:00"),
        ("2026-12-04 10:00", 20, "2026-12-07 08:00"),
        ("2026-12-01 10:00", 2, "2026-12-02 08:00"),  # tomorrow is the expiry date: too late for `at once`
        ("2026-12-04 10:00", 5, "2026-12-07 08:00"),
        ("2026-12-04 10:00", 6, "2026-12-05 00:00"),  # tomorrow is the last safe day, and no window opens
        ("2026-12-04 10:00", 7, "2026-12-05 00:00"),
        ("2026-12-04 10:00", 8, "2026-12-07 08:00"),
    ],
)
def test_a_second_mail_about_the_clock_waits_for_another_day(now: str, expires: int | None, start: str) -> None:
    assert starts(now, expires, today_used=True) == chicago(start)


def test_the_window_after_today_is_that_of_a_later_day_even_before_it_opens() -> None:
    assert window_after_today(chicago("2026-12-01 07:00"), SCHEDULE) == window_on(december(2), SCHEDULE)
    assert window_after_today(chicago("2026-12-04 12:00"), SCHEDULE) == window_on(december(7), SCHEDULE)


def test_an_open_window_is_the_next_one() -> None:
    assert next_window(chicago("2026-12-01 12:00"), SCHEDULE) == window_on(december(1), SCHEDULE)


@pytest.mark.parametrize(
    ("wanted", "start"),
    [
        ("2026-12-01 18:00:00", "2026-12-01 18:00:00"),
        ("2026-12-01 23:59:59", "2026-12-01 23:59:59"),
        ("2026-12-02 00:00:00", "2026-12-02 08:00:00"),
        ("2026-12-02 09:00:00", "2026-12-02 09:00:00"),
        ("2026-12-02 18:00:00", "2026-12-03 08:00:00"),
    ],
)
def test_a_retry_runs_until_midnight_and_then_in_the_windows(wanted: str, start: str) -> None:
    assert next_try(chicago(wanted), SCHEDULE, chicago("2026-12-01 17:00")).opens_at == chicago(start)


def test_a_retry_after_fridays_midnight_waits_for_monday() -> None:
    found = next_try(chicago("2026-12-05 00:10"), SCHEDULE, chicago("2026-12-04 23:50"))

    assert found == window_on(december(7), SCHEDULE)


def test_a_retry_keeps_its_wait_where_the_window_opens_at_midnight() -> None:
    early = Schedule(zone="America/Chicago", send_time=time(0))
    found = next_try(chicago("2026-12-02 00:10"), early, chicago("2026-12-01 23:50"))

    assert found == Window(opens_at=chicago("2026-12-02 00:10"), closes_at=chicago("2026-12-02 18:00"))


def test_a_retry_of_the_evening_ends_at_midnight() -> None:
    found = next_try(chicago("2026-12-01 17:30"), SCHEDULE, chicago("2026-12-01 17:00"))

    assert found.closes_at == chicago("2026-12-02 00:00")


@pytest.mark.parametrize("wanted", ["2026-12-05 03:00", "2026-12-25 23:00", "2026-12-01 10:00"])
def test_receipts_tests_and_sign_in_mails_know_no_window(wanted: str) -> None:
    moment = chicago(wanted)
    window = next_try(moment, None, moment)

    assert window.opens_at == moment
    assert window.closes_at > moment + timedelta(days=5)


def test_a_practice_that_closes_for_years_tonight_sends_nothing_soon() -> None:
    now = chicago("2026-12-01 19:00")
    closed = Schedule(zone="America/Chicago", closures=frozenset(december(2) + timedelta(days=n) for n in range(2000)))

    assert next_window(now, closed) == Window(opens_at=now + timedelta(days=365), closes_at=now + timedelta(days=366))


def test_a_practice_closed_for_years_sends_nothing_soon() -> None:
    now = chicago("2026-12-01 10:00")
    closed = Schedule(zone="America/Chicago", closures=frozenset(december(1) + timedelta(days=n) for n in range(2000)))

    assert next_window(now, closed).opens_at == now + timedelta(days=365)


@pytest.mark.parametrize(
    ("zone", "opens_at"),
    [
        ("America/Phoenix", datetime(2026, 7, 1, 15, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2026, 7, 1, 18, tzinfo=UTC)),
        ("Pacific/Guam", datetime(2026, 6, 30, 22, tzinfo=UTC)),
    ],
)
def test_a_window_is_that_of_the_zone(zone: str, opens_at: datetime) -> None:
    assert window_on(date(2026, 7, 1), Schedule(zone=zone)).opens_at == opens_at


@pytest.mark.parametrize(
    ("text", "at"),
    [("08:00", time(8)), ("17:59", time(17, 59)), ("17:59:59", time(17, 59, 59)), ("00:00", time(0))],
)
def test_a_send_time_is_read(text: str, at: time) -> None:
    assert send_time_from_text(text) == at


@pytest.mark.parametrize("text", ["", "8", "7:30", "noon", "25:00", "08:60", "-1:00", "8 AM"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time of day; write it like 08:00"):
        send_time_from_text(text)


@pytest.mark.parametrize("text", ["18:00", "18:00:01", "23:59", "08:00+01:00", "08:00Z"])
def test_a_send_time_after_the_window_or_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be used, mails start before 18:00 local"):
        send_time_from_text(text)


def test_a_mail_of_no_schedule_may_be_tried_for_a_year() -> None:
    now = chicago("2026-12-01 23:59")

    assert next_try(now, None, now) == Window(opens_at=now, closes_at=now + timedelta(days=365))
