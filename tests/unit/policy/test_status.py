"""Where a person stands today."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reminder.policy.business_days import SEARCH_DAYS
from reminder.policy.ladder import FURTHEST_DAYS
from reminder.policy.model import Absence, Schedule, Status
from reminder.policy.status import due_until, is_away, lapses_while_away, mails_stopped, status_of
from tests.unit.policy.cases import SCHEDULE, december

TODAY = december(1)
AWAY_TODAY = (Absence(from_on=december(1), to_on=december(1)),)


@pytest.mark.parametrize(
    ("expires", "absences", "removed", "status"),
    [
        (None, AWAY_TODAY, True, Status.REMOVED),
        (december(1), AWAY_TODAY, True, Status.REMOVED),
        (None, AWAY_TODAY, False, Status.UNKNOWN),
        (december(1), AWAY_TODAY, False, Status.EXPIRED),
        (december(2), AWAY_TODAY, False, Status.PAUSED),
        (december(30), AWAY_TODAY, False, Status.PAUSED),
        (december(2), (), False, Status.DUE),
        (december(30), (), False, Status.OK),
    ],
)
def test_a_status_follows_its_precedence(
    expires: date | None, absences: tuple[Absence, ...], removed: bool, status: Status
) -> None:
    assert status_of(expires, TODAY, SCHEDULE, absences, removed=removed) is status


@pytest.mark.parametrize(
    ("expires", "status"),
    [
        (date(2026, 11, 30), Status.EXPIRED),
        (december(1), Status.EXPIRED),
        (december(2), Status.DUE),
        (december(15), Status.DUE),
        (december(16), Status.OK),
    ],
)
def test_each_status_ends_where_the_next_begins(expires: date, status: Status) -> None:
    assert status_of(expires, TODAY, SCHEDULE) is status


@pytest.mark.parametrize(("day", "status"), [(3, Status.OK), (4, Status.DUE)])
def test_due_begins_on_the_day_to_which_the_first_step_moved(day: int, status: Status) -> None:
    assert status_of(december(19), december(day), SCHEDULE) is status  # the first step falls on Saturday the 5th


@pytest.mark.parametrize(("day", "status"), [(2, Status.OK), (3, Status.DUE), (4, Status.PAUSED), (8, Status.DUE)])
def test_an_absence_brings_due_forward_and_pauses_while_it_lasts(day: int, status: Status) -> None:
    leave = [Absence(from_on=december(4), to_on=december(7))]

    assert status_of(december(18), december(day), SCHEDULE, leave) is status


def test_a_ladder_without_steps_before_expiry_knows_no_due() -> None:
    late = Schedule(zone="America/Chicago", ladder=(-1, -7))

    assert status_of(december(2), december(1), late) is Status.OK
    assert status_of(december(2), december(2), late) is Status.EXPIRED


@pytest.mark.parametrize(("day", "away"), [(3, False), (4, True), (6, True), (7, True), (8, False)])
def test_the_first_and_the_last_day_of_an_absence_belong_to_it(day: int, away: bool) -> None:
    assert is_away([Absence(from_on=december(4), to_on=december(7))], december(day)) is away


@pytest.mark.parametrize(("day", "away"), [(3, False), (4, True), (365, True)])
def test_a_pause_without_an_end_goes_on(day: int, away: bool) -> None:
    assert is_away([Absence(from_on=december(4))], december(day)) is away
    assert mails_stopped([Absence(from_on=december(4))], december(day)) is away


def test_an_absence_with_an_end_stops_no_mails() -> None:
    leave = Absence(from_on=december(1), to_on=december(7))

    assert not mails_stopped([leave], december(3))
    assert mails_stopped([leave, Absence(from_on=december(3))], december(3))


@pytest.mark.parametrize(
    ("expires", "today", "lapses"),
    [
        (None, 1, False),
        (9, 1, False),
        (10, 1, True),
        (20, 1, True),
        (21, 1, False),
        (15, 15, True),
        (15, 16, False),  # that is an expired login, told as such
    ],
)
def test_a_login_lapses_while_away_if_its_expiry_date_lies_in_an_absence(
    expires: int | None, today: int, lapses: bool
) -> None:
    leave = [Absence(from_on=december(10), to_on=december(20))]
    expires_on = None if expires is None else december(expires)

    assert lapses_while_away(expires_on, december(today), leave) is lapses


def test_a_login_may_lapse_in_a_pause_without_an_end() -> None:
    assert lapses_while_away(december(20), TODAY, [Absence(from_on=december(10))])
    assert not lapses_while_away(december(9), TODAY, [Absence(from_on=december(10))])


@pytest.mark.parametrize(
    ("ladder", "last"),
    [
        ((14, 7, 0), december(15)),
        ((3, 0), december(4)),
        ((FURTHEST_DAYS,), TODAY + timedelta(days=FURTHEST_DAYS)),
        ((-1, -7), TODAY),  # nobody is due: who expires today has expired
    ],
)
def test_who_expires_up_to_a_certain_day_is_due_and_nobody_later(ladder: tuple[int, ...], last: date) -> None:
    schedule = Schedule(zone="America/Chicago", ladder=ladder)

    assert due_until(TODAY, schedule) == last


def test_the_longest_closure_before_the_furthest_step_is_looked_over() -> None:
    closed = frozenset(TODAY + timedelta(days=day) for day in range(1, SEARCH_DAYS))
    schedule = Schedule(zone="America/Chicago", ladder=(FURTHEST_DAYS,), closures=closed)
    last = TODAY + timedelta(days=FURTHEST_DAYS + SEARCH_DAYS - 1)

    assert due_until(TODAY, schedule) == last
    assert status_of(last, TODAY, schedule) is Status.DUE
    assert status_of(last + timedelta(days=1), TODAY, schedule) is Status.OK
