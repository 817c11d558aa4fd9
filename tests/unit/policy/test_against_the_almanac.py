"""The rules against a second calculation, over dates, zones, ladders, closures and absences that nobody chose."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reminder.policy import ladder as ladder_module
from reminder.policy.asking import ask_steps, first_ask_on
from reminder.policy.business_days import federal_holidays, is_business_day
from reminder.policy.expiry import expires_on, reset_on_from_days_left
from reminder.policy.ladder import steps
from reminder.policy.model import Absence, Rule, RuleVersion, Schedule
from reminder.policy.moments import instant
from reminder.policy.window import first_try
from tests import almanac

US_ZONES = [
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "America/Detroit",
    "America/Indiana/Indianapolis", "America/Boise", "America/Juneau", "Pacific/Guam", "Pacific/Pago_Pago",
    "America/St_Thomas", "America/Kentucky/Louisville", "America/North_Dakota/Center", "America/Menominee",
]  # fmt: skip
ODD_ZONES = ["Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "America/Havana", "UTC"]

DATES = st.dates(date(1999, 3, 1), date(2100, 10, 1))
NEAR = st.dates(date(2024, 1, 1), date(2040, 12, 31))
ZONES = st.sampled_from(US_ZONES + ODD_ZONES)
SEND_TIMES = st.builds(time, st.integers(0, 17), st.sampled_from([0, 1, 30, 59]))
LADDERS = st.lists(st.integers(-90, 90), min_size=1, max_size=9, unique=True)


@st.composite
def closures_near(draw: st.DrawFn, day: date) -> set[date]:
    return {day + timedelta(days=offset) for offset in draw(st.sets(st.integers(-40, 40), max_size=12))}


@st.composite
def absences_near(draw: st.DrawFn, day: date) -> list[tuple[date, date | None]]:
    found: list[tuple[date, date | None]] = []
    for _ in range(draw(st.integers(0, 3))):
        start = day + timedelta(days=draw(st.integers(-30, 30)))
        length = draw(st.one_of(st.none(), st.integers(0, 20)))
        found.append((start, None if length is None else start + timedelta(days=length)))
    return found


def placed(
    expiry: date, ladder: list[int], closures: set[date], away: list[tuple[date, date | None]]
) -> dict[date, int]:
    schedule = Schedule(zone="UTC", ladder=tuple(ladder), closures=frozenset(closures))
    absences = [Absence(from_on=start, to_on=end) for start, end in away]
    return {step.on: step.step for step in steps(expiry, schedule, absences)}


@given(expiry=DATES, ladder=LADDERS, data=st.data())
def test_steps_fall_where_the_almanac_says(expiry: date, ladder: list[int], data: st.DataObject) -> None:
    closures, away = data.draw(closures_near(expiry)), data.draw(absences_near(expiry))

    assert placed(expiry, ladder, closures, away) == almanac.step_days(expiry, ladder, closures, away)


@settings(max_examples=40)
@given(day=NEAR, wall=SEND_TIMES, zone=ZONES)
def test_instants_are_those_of_the_almanac(day: date, wall: time, zone: str) -> None:
    assert instant(day, wall, zone) == almanac.at_local(day, wall, zone)


@settings(max_examples=40)
@given(now=st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)), zone=ZONES, send=SEND_TIMES, data=st.data())  # noqa: DTZ001
def test_a_mail_starts_when_the_almanac_says(now: datetime, zone: str, send: time, data: st.DataObject) -> None:
    moment = now.replace(tzinfo=UTC, microsecond=0)
    closures = data.draw(closures_near(moment.date()))
    expiry = data.draw(st.one_of(st.none(), st.integers(-3, 9).map(lambda n: moment.date() + timedelta(days=n))))
    schedule = Schedule(zone=zone, send_time=send, closures=frozenset(closures))
    window = first_try(moment, schedule, expiry)

    assert max(window.opens_at, moment) == almanac.may_start(moment, zone, send, closures, expiry)


@settings(max_examples=60)
@given(now=st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)), data=st.data())  # noqa: DTZ001
def test_questions_fall_where_the_almanac_says(now: datetime, data: st.DataObject) -> None:
    moment = now.replace(tzinfo=UTC)
    closures = data.draw(closures_near(moment.date()))
    schedule = Schedule(zone="America/Denver", closures=frozenset(closures))
    first = first_ask_on(moment, schedule)

    assert [step.on for step in ask_steps(moment, schedule)] == almanac.ask_days(first, closures)


@given(
    reset=DATES,
    versions=st.lists(st.tuples(DATES, st.integers(1, 400)), min_size=1, max_size=4, unique_by=lambda v: v[0]),
)
def test_the_version_in_force_on_the_day_of_the_reset_counts(reset: date, versions: list[tuple[date, int]]) -> None:
    assert expires_on(rule(versions), reset) == almanac.expiry(reset, versions)


@given(
    reset=DATES,
    versions=st.lists(st.tuples(DATES, st.integers(30, 200)), min_size=1, max_size=3, unique_by=lambda v: v[0]),
    seen=st.integers(0, 29),
)
def test_days_left_lead_back_to_a_reset_with_the_same_expiry(
    reset: date, versions: list[tuple[date, int]], seen: int
) -> None:
    made = rule(versions)
    expiry = expires_on(made, reset)
    left = (expiry - reset).days - seen
    found = reset_on_from_days_left(made, left, reset + timedelta(days=seen))
    assume(found >= min(since for since, _ in versions) or len(versions) == 1)

    assert expires_on(made, found) == expiry


def rule(versions: list[tuple[date, int]]) -> Rule:
    made = tuple(RuleVersion(effective_from=since, days=days) for since, days in sorted(versions))
    return Rule(key="ia", kind="change", versions=made, source="", checked_on=date(2026, 11, 24))


@pytest.mark.parametrize("year", range(2021, 2101))
def test_federal_holidays_are_those_of_the_law(year: int) -> None:
    special = {day for day in federal_holidays(year) if day not in almanac.holidays(year)}

    assert almanac.holidays(year) <= federal_holidays(year)
    assert special == set()


def clock_changes(zone: str) -> list[date]:
    """Return the days of 2024 to 2040 on which the offset of a zone differs at noon from the day before."""
    found = []
    day = date(2024, 1, 2)
    while day.year <= 2040:
        noon, before = (datetime.combine(d, time(12), ZoneInfo(zone)) for d in (day, day - almanac.DAY))
        if noon.utcoffset() != before.utcoffset():
            found.append(day)
        day += almanac.DAY
    return found


@pytest.mark.parametrize("zone", US_ZONES)
def test_every_minute_of_every_clock_change_is_met_once_and_on_time(zone: str) -> None:
    info = ZoneInfo(zone)
    for day in clock_changes(zone):
        for minute in range(4 * 60):
            wall = time(minute // 60, minute % 60)
            moment = instant(day, wall, zone)
            shown = moment.astimezone(info)
            before = (moment - timedelta(seconds=1)).astimezone(info)
            in_gap = shown.time() != wall

            assert shown.date() == day
            assert shown.fold == 0
            assert not in_gap or (shown.utcoffset() != before.utcoffset() and before.time() < wall < shown.time())


@pytest.mark.parametrize("year", [2024, 2028, 2100])
def test_leap_days_count_as_days(year: int) -> None:
    reset = date(year, 1, 15)
    leap = year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)

    assert expires_on(rule([(date(2000, 1, 1), 60)]), reset) == date(year, 3, 15 if leap else 16)


def test_a_step_that_moved_the_wrong_way_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ladder_module.open_day

    def later_always(day: date, *, later: bool, schedule: Schedule, absences: list[Absence]) -> date | None:
        return real(day, later=not later, schedule=schedule, absences=absences)

    monkeypatch.setattr(ladder_module, "open_day", later_always)
    sunday = date(2026, 12, 6)

    assert placed(sunday, [0], set(), []) != almanac.step_days(sunday, [0], set(), [])
    assert not is_business_day(sunday)
