"""The rules against a second calculation, over dates, zones, ladders, closures and absences that nobody chose."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.unit.policy import cases, schedules

if TYPE_CHECKING:
    from reminder.policy.model import Status

CASES = cases.cases()


def test_business_days_are_those_of_the_oracle_on_every_day_of_the_century() -> None:
    for number in range((date(2101, 1, 1) - date(1999, 1, 1)).days):
        cases.same_business_days(date(1999, 1, 1) + timedelta(days=number), set())


def test_the_calendar_of_the_oracle_is_the_real_one() -> None:
    start = date(1999, 1, 1)
    for number in range(0, 40000, 7):
        day = start + timedelta(days=number)

        assert (oracle.days_on(start, number), oracle.days_on(day, -number)) == (day, start)
        assert oracle.weekday(day) == day.weekday()


@given(day=cases.DATES, closures=st.sets(cases.DATES, max_size=3), shut=st.booleans())
def test_a_closure_is_no_business_day(day: date, closures: set[date], *, shut: bool) -> None:
    cases.same_business_days(day, closures | ({day} if shut else set()))


@given(reset_on=cases.DATES, days=cases.DAYS)
def test_one_version_gives_the_expiry_date_of_the_oracle(reset_on: date, days: int) -> None:
    cases.same_expiry(reset_on, [(date(2000, 1, 1), days)])


@given(reset_on=st.dates(date(2011, 12, 25), date(2015, 1, 5)), versions=cases.VERSIONS)
def test_several_versions_give_the_expiry_date_of_the_oracle(reset_on: date, versions: oracle.Versions) -> None:
    cases.same_expiry(reset_on, versions)


WALLS = st.times().map(lambda wall: wall.replace(microsecond=0))
"""The oracle knows to the second when clocks change; what practices choose are minutes."""


@settings(max_examples=200)
@given(day=cases.DATES, wall=WALLS, zone=cases.ZONES)
@example(day=date(2028, 3, 12), wall=time(2, 0, 1), zone="America/New_York")
def test_instants_are_those_of_the_oracle(day: date, wall: time, zone: str) -> None:
    cases.same_instant(day, wall, zone)


@settings(max_examples=200)
@given(place=cases.walls_near_changes())
def test_instants_near_a_change_of_the_clocks_are_those_of_the_oracle(place: tuple[date, time, str]) -> None:
    cases.same_instant(*place)


@settings(max_examples=300)
@given(case=CASES)
def test_steps_fall_where_the_oracle_says(case: cases.Case) -> None:
    cases.same_steps(case)


@pytest.mark.parametrize("part", range(4))
def test_two_hundred_thousand_schedules_are_those_of_the_oracle(part: int) -> None:
    assert schedules.differing(50_000, part) == []


@settings(max_examples=200)
@given(case=CASES, recorded=st.sets(st.integers(-60, 60), max_size=20))
def test_the_step_that_stands_is_that_of_the_oracle(case: cases.Case, recorded: set[int]) -> None:
    cases.same_standing_step(case, recorded)


@given(case=CASES)
def test_a_status_is_that_of_the_oracle(case: cases.Case) -> None:
    cases.same_status(case)


@settings(max_examples=300)
@given(case=CASES, clock=st.booleans(), used=st.booleans())
def test_a_mail_starts_when_the_oracle_says(case: cases.Case, *, clock: bool, used: bool) -> None:
    cases.same_start(case, clock=clock, used=used)


@given(case=CASES, hours=st.integers(0, 72))
def test_a_retry_is_made_when_the_oracle_says(case: cases.Case, hours: int) -> None:
    cases.same_retry(case, case.now - timedelta(hours=hours))


@given(case=CASES)
def test_questions_fall_where_the_oracle_says(case: cases.Case) -> None:
    cases.same_questions(case)


@given(case=CASES, known=st.integers(-70, 70))
def test_admins_are_told_on_the_days_of_the_oracle(case: cases.Case, known: int) -> None:
    cases.same_escalations(case, case.expires_on + timedelta(days=known))


@given(case=CASES)
def test_the_digest_goes_on_the_day_of_the_oracle(case: cases.Case) -> None:
    cases.same_digest(case)


@given(logins=cases.LOGINS, today=cases.DATES)
def test_coverage_is_that_of_the_oracle(logins: list[tuple[Status, int | None]], today: date) -> None:
    cases.same_coverage(logins, today)


@settings(max_examples=300)
@given(row=cases.ROWS, first_seen=cases.FIRST_SEEN, known=cases.KNOWN)
def test_an_import_changes_what_the_oracle_says(row: oracle.Row, first_seen: date | None, known: oracle.Known) -> None:
    cases.same_import(row, first_seen, known)


@settings(max_examples=200)
@given(reset_on=st.dates(date(2011, 12, 25), date(2015, 1, 5)), versions=cases.VERSIONS, part=st.integers(0, 100))
def test_days_left_lead_back_to_the_reset_of_the_oracle_under_several_versions(
    reset_on: date, versions: oracle.Versions, part: int
) -> None:
    expires_on = oracle.expiry(reset_on, versions)
    left = (expires_on - reset_on).days * part // 100
    cases.same_import((None, left, expires_on - timedelta(days=left)), None, None, versions)


def test_the_oracle_knows_the_holidays_of_a_year_by_heart() -> None:
    closed = {day for n in range(365) if (day := date(2027, 1, 1) + timedelta(days=n)).weekday() < 5}
    closed = {day for day in closed if not oracle.works(day, set())}

    assert sorted(closed) == [  # as OPM lists them for 2027
        date(2027, 1, 1), date(2027, 1, 18), date(2027, 2, 15), date(2027, 5, 31), date(2027, 6, 18),
        date(2027, 7, 5), date(2027, 9, 6), date(2027, 10, 11), date(2027, 11, 11), date(2027, 11, 25),
        date(2027, 12, 24), date(2027, 12, 31),
    ]  # fmt: skip


def test_the_oracle_knows_gaps_and_overlaps_by_heart() -> None:
    gap = oracle.at_local(date(2026, 3, 8), time(2, 30), "America/Chicago")
    overlap = oracle.at_local(date(2026, 11, 1), time(1, 30), "America/Chicago")

    assert gap == datetime(2026, 3, 8, 8, 0, tzinfo=UTC)
    assert overlap == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
