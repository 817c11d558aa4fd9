"""Civil time to instants and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from reminder.errors import UsageError
from reminder.policy.moments import instant, local_date, local_midnight_after, zone_named


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("America/Chicago", "2026-03-08", "01:59", "2026-03-08T07:59"),
        ("America/Chicago", "2026-03-08", "02:00", "2026-03-08T08:00"),  # the gap: its end
        ("America/Chicago", "2026-03-08", "02:59:59", "2026-03-08T08:00"),
        ("America/Chicago", "2026-03-08", "03:00", "2026-03-08T08:00"),
        ("America/Chicago", "2026-03-08", "03:01", "2026-03-08T08:01"),
        ("America/Chicago", "2026-11-01", "00:59", "2026-11-01T05:59"),
        ("America/Chicago", "2026-11-01", "01:00", "2026-11-01T06:00"),  # the overlap: its first pass
        ("America/Chicago", "2026-11-01", "01:59", "2026-11-01T06:59"),
        ("America/Chicago", "2026-11-01", "02:00", "2026-11-01T08:00"),
        ("America/Phoenix", "2026-03-08", "02:30", "2026-03-08T09:30"),
        ("Pacific/Honolulu", "2026-03-08", "02:30", "2026-03-08T12:30"),
        ("Asia/Kathmandu", "2026-03-08", "08:00", "2026-03-08T02:15"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),  # a gap of half an hour
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),  # and an overlap of one
        ("America/Havana", "2026-03-08", "00:30", "2026-03-08T05:00"),  # a day that begins with a gap
        ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30T10:00"),  # a day that never was
    ],
)
def test_a_skipped_time_moves_to_the_end_of_the_gap_and_a_doubled_one_is_the_first(
    zone: str, day: str, wall: str, expected: str
) -> None:
    found = instant(date.fromisoformat(day), time.fromisoformat(wall), zone)

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


def test_every_minute_of_a_gap_moves_to_its_end_to_the_second() -> None:
    found = {instant(date(2026, 3, 8), time(2, minute), "America/Chicago") for minute in range(60)}

    assert found == {datetime(2026, 3, 8, 8, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        ("America/Chicago", "2026-12-01T05:59:59", date(2026, 11, 30)),
        ("America/Chicago", "2026-12-01T06:00:00", date(2026, 12, 1)),
        ("America/Chicago", "2026-07-01T04:59:59", date(2026, 6, 30)),
        ("America/Chicago", "2026-07-01T05:00:00", date(2026, 7, 1)),
        ("Pacific/Guam", "2026-11-30T13:59:59", date(2026, 11, 30)),
        ("Pacific/Guam", "2026-11-30T14:00:00", date(2026, 12, 1)),
        ("Pacific/Pago_Pago", "2026-12-01T10:59:59", date(2026, 11, 30)),
        ("Pacific/Pago_Pago", "2026-12-01T11:00:00", date(2026, 12, 1)),
    ],
)
def test_today_is_the_date_of_the_zone(zone: str, now: str, today: date) -> None:
    assert local_date(datetime.fromisoformat(now).replace(tzinfo=UTC), zone) == today


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("America/Chicago", "2026-12-01T05:59:59", "2026-12-01T06:00"),
        ("America/Chicago", "2026-12-01T06:00:00", "2026-12-02T06:00"),
        ("America/Chicago", "2026-03-08T12:00:00", "2026-03-09T05:00"),  # a day of 23 hours
        ("America/Chicago", "2026-11-01T12:00:00", "2026-11-02T06:00"),  # one of 25
        ("America/Havana", "2026-03-07T12:00:00", "2026-03-08T05:00"),  # the day after begins at 1:00
    ],
)
def test_a_local_day_ends_when_the_next_one_begins(zone: str, now: str, midnight: str) -> None:
    found = local_midnight_after(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)

    assert found == datetime.fromisoformat(midnight).replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Chicago", "America/Nowhere", "../etc/passwd", "/etc/localtime", "America"])
def test_what_is_no_zone_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(UsageError, match=r"^time zone: ") as refusal:
        zone_named(name)

    assert repr(name) in str(refusal.value)


def test_a_zone_is_known_by_its_iana_name() -> None:
    assert zone_named("America/Chicago").key == "America/Chicago"
