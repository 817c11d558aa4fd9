from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder.policy.model import Absence, Schedule, Status
from reminder.policy.parts import BY_DATE, HOLDING, Dates, Part, dates_of, parts_of
from reminder.policy.status import due_until, status_of
from tests.unit.policy.cases import Case, cases

TODAY = date(2026, 12, 1)  # a Tuesday
CHICAGO = Schedule(zone="America/Chicago")
NEEDY = {Part.EVERYBODY, Part.ATTENTION}


def expiring(left: int | None) -> date | None:
    return None if left is None else TODAY + timedelta(days=left)


@pytest.mark.parametrize(
    ("left", "parts"),
    [
        (None, {Part.UNKNOWN, *NEEDY}),
        (-1, {Part.EXPIRED, *NEEDY}),
        (0, {Part.EXPIRED, *NEEDY}),
        (1, {Part.DUE_NOW, Part.DUE, *NEEDY}),
        (3, {Part.DUE_NOW, Part.DUE, *NEEDY}),
        (4, {Part.DUE_SOON, Part.DUE, *NEEDY}),
        (14, {Part.DUE_SOON, Part.DUE, *NEEDY}),
        (15, {Part.OK, Part.EVERYBODY}),
    ],
)
def test_the_days_left_put_a_person_into_parts(left: int | None, parts: set[Part]) -> None:
    assert parts_of(expiring(left), TODAY, CHICAGO) == parts


@pytest.mark.parametrize(
    ("left", "away", "parts"),
    [
        (40, Absence(from_on=TODAY), {Part.PAUSED, Part.EVERYBODY, Part.ATTENTION}),
        (40, Absence(from_on=TODAY, to_on=TODAY), {Part.PAUSED, Part.EVERYBODY}),
        (5, Absence(from_on=TODAY, to_on=TODAY), {Part.PAUSED, Part.EVERYBODY}),
        (0, Absence(from_on=TODAY, to_on=TODAY), {Part.EXPIRED, *NEEDY}),
        (None, Absence(from_on=TODAY), {Part.UNKNOWN, *NEEDY}),
        (20, Absence(from_on=expiring(20) or TODAY, to_on=expiring(20)), {Part.OK, Part.EVERYBODY, Part.ATTENTION}),
        (20, Absence(from_on=expiring(2) or TODAY, to_on=expiring(19)), {Part.OK, Part.EVERYBODY}),
        (20, Absence(from_on=expiring(1) or TODAY, to_on=expiring(19)), {Part.DUE_SOON, Part.DUE, *NEEDY}),
    ],
)
def test_an_absence_moves_a_person_to_other_parts(left: int | None, away: Absence, parts: set[Part]) -> None:
    assert parts_of(expiring(left), TODAY, CHICAGO, [away]) == parts


@pytest.mark.parametrize("left", [40, 5, 0, None])
def test_whoever_cannot_be_reached_needs_attention(left: int | None) -> None:
    reached = parts_of(expiring(left), TODAY, CHICAGO)

    assert parts_of(expiring(left), TODAY, CHICAGO, reachable=False) == reached | {Part.UNREACHABLE, Part.ATTENTION}


@pytest.mark.parametrize(
    ("dates", "held"),
    [
        (Dates(), [-1, 0, 1]),
        (Dates(undated=True), [None, -1, 0, 1]),
        (Dates(dated=False, undated=True), [None]),
        (Dates(upto=TODAY), [-1, 0]),
        (Dates(after=TODAY), [1]),
        (Dates(after=TODAY, upto=TODAY), []),
        (Dates(upto=TODAY, undated=True), [None, -1, 0]),
    ],
)
def test_dates_hold_their_last_day_but_not_the_one_before_their_first(dates: Dates, held: list[int | None]) -> None:
    assert [left for left in (None, -1, 0, 1) if dates.hold(expiring(left))] == held


@given(cases(), st.integers(-80, 450) | st.none())
def test_the_dates_of_a_part_are_those_that_put_people_into_it(case: Case, left: int | None) -> None:
    """So a list may be read by date; only who is away has to be judged alone."""
    today = case.now.date()
    expires_on = None if left is None else today + timedelta(days=left)
    until = due_until(today, case.schedule)
    parts = parts_of(expires_on, today, case.schedule)

    assert {part for part in Part if (dates := dates_of(part, today, until)) and dates.hold(expires_on)} == parts
    assert parts == HOLDING[next(part for part in BY_DATE if part in parts)]


@given(cases())
def test_the_last_date_that_is_due_is_due_and_the_next_is_not(case: Case) -> None:
    today = case.now.date()
    until = due_until(today, case.schedule)
    next_day = until + timedelta(days=1)

    assert until >= today
    assert status_of(until, today, case.schedule) is (Status.DUE if until > today else Status.EXPIRED)
    assert status_of(next_day, today, case.schedule) is Status.OK
