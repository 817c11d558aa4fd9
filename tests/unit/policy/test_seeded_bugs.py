"""The comparisons with the oracle, themselves put to the test: each of these bugs must be found by one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reminder.policy import (
    asking,
    business_days,
    coverage,
    digest,
    escalation,
    expiry,
    ladder,
    moments,
    plan,
    resets,
    status,
    window,
)
from reminder.policy.model import Absence, RuleVersion, Schedule, Status, Step
from tests.unit.policy import cases

SEARCH = settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CASES = cases.cases()
Search = Callable[[int], None]


def search(strategies: dict[str, st.SearchStrategy[Any]], comparison: Callable[..., None]) -> Search:
    """Return the search, in so many examples, for a case in which policy and oracle differ."""

    def run(examples: int) -> None:
        def compare(**drawn: Any) -> None:
            comparison(**drawn)

        settings(SEARCH, max_examples=examples)(given(**strategies)(compare))()

    return run


def same_instant_near_a_change(place: tuple[date, time, str]) -> None:
    cases.same_instant(*place)


INSTANTS = search({"place": cases.walls_near_changes()}, same_instant_near_a_change)
STEPS = search({"case": CASES}, cases.same_steps)
STANDING = search({"case": CASES, "recorded": st.sets(st.integers(-60, 60))}, cases.same_standing_step)
START = search({"case": CASES, "clock": st.booleans(), "used": st.booleans()}, cases.same_start)
STATUS = search({"case": CASES}, cases.same_status)
QUESTIONS = search({"case": CASES}, cases.same_questions)
DIGEST = search({"case": CASES}, cases.same_digest)
ESCALATIONS = search({"case": CASES, "known_on": cases.DATES}, cases.same_escalations)
COVERAGE = search({"logins": cases.LOGINS, "today": cases.DATES}, cases.same_coverage)
EXPIRY = search(
    {"reset_on": st.dates(date(2012, 1, 1), date(2014, 12, 31)), "versions": cases.VERSIONS}, cases.same_expiry
)
IMPORT = search({"row": cases.ROWS, "first_seen": cases.FIRST_SEEN, "known": cases.KNOWN}, cases.same_import)
EVERY = [INSTANTS, STEPS, STANDING, START, STATUS, QUESTIONS, DIGEST, ESCALATIONS, COVERAGE, EXPIRY, IMPORT]

real_open_day, real_steps = ladder.open_day, ladder.steps
real_first_try, real_decide, real_weigh = window.first_try, plan.decide, resets.weigh_roster_claim


def the_other_way(day: date, *, later: bool, schedule: Schedule, absences: Any) -> date | None:
    return real_open_day(day, later=not later, schedule=schedule, absences=absences)


def always_later(day: date, *, later: bool, schedule: Schedule, absences: Any) -> date | None:
    del later
    return real_open_day(day, later=True, schedule=schedule, absences=absences)


def one_absence(day: date, *, later: bool, schedule: Schedule, absences: Any) -> date | None:
    return real_open_day(day, later=later, schedule=schedule, absences=absences[:1])


def larger_number(expires_on: date, schedule: Schedule, absences: Any = ()) -> list[Step]:
    """Of steps that meet, keep the one further from the end."""
    by_day: dict[date, Step] = {}
    for number in sorted(schedule.ladder):
        alone = Schedule(zone=schedule.zone, send_time=schedule.send_time, ladder=(number,), closures=schedule.closures)
        by_day |= {step.on: step for step in real_steps(expires_on, alone, absences)}
    return [by_day[day] for day in sorted(by_day)]


def second_of_an_overlap(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).replace(fold=1).astimezone(UTC)


def shifted_by_the_gap(day: date, at: time, zone: str) -> datetime:
    """What Python alone makes of a skipped time: as much after the gap as the time lies inside it."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def fixed_offset(day: date, at: time, zone: str) -> datetime:
    """Winter's offset all year round."""
    winter = datetime(day.year, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    return datetime.combine(day, at, UTC) - winter


def a_day_too_strict(now: datetime, schedule: Schedule, expires_on: date | None = None, **more: Any) -> window.Window:
    return real_first_try(now, schedule, None if expires_on is None else expires_on - timedelta(days=1), **more)


def a_day_too_lax(now: datetime, schedule: Schedule, expires_on: date | None = None, **more: Any) -> window.Window:
    return real_first_try(now, schedule, None if expires_on is None else expires_on + timedelta(days=1), **more)


def never_at_once(now: datetime, schedule: Schedule, expires_on: date | None = None, **more: Any) -> window.Window:
    del expires_on
    return real_first_try(now, schedule, None, **more)


def twice_a_day(now: datetime, schedule: Schedule, expires_on: date | None = None, **more: Any) -> window.Window:
    del more
    return real_first_try(now, schedule, expires_on)


def a_second_late(steps: Any, recorded: Any, now: datetime) -> plan.Decision:
    return real_decide(steps, recorded, now - timedelta(seconds=1))


def newest_version(rule: Any, reset_on: date) -> int:
    del reset_on
    newest: RuleVersion = rule.versions[-1]
    return newest.days


def a_day_after_it_came_into_force(rule: Any, reset_on: date) -> int:
    in_force = [version.days for version in rule.versions if version.effective_from < reset_on]
    days: int = in_force[-1] if in_force else rule.versions[0].days
    return days


def import_always_wins(claim: Any, known: Any, today: date, rule: Any) -> resets.Weighed:
    del known
    return real_weigh(claim, None, today, rule)


def recorded_the_day_before(claim: Any, known: Any, today: date, rule: Any) -> resets.Weighed:
    before = known and resets.KnownReset(reset_on=known.reset_on, recorded_on=known.recorded_on - timedelta(days=1))
    return real_weigh(claim, before, today, rule)


def weekend_only(day: date, closures: Any = ()) -> bool:
    del closures
    return day.weekday() < 5


def no_closures(day: date, closures: Any = ()) -> bool:
    del closures
    return business_days.is_federal_business_day(day)


def first_day_works(absence: Absence, day: date) -> bool:
    return absence.from_on < day and (absence.to_on is None or day <= absence.to_on)


def last_day_works(absence: Absence, day: date) -> bool:
    return absence.from_on <= day and (absence.to_on is None or day < absence.to_on)


BUGS: dict[str, tuple[object, str, object, Search]] = {
    "steps move the other way": (ladder, "open_day", the_other_way, STEPS),
    "all steps move later": (ladder, "open_day", always_later, STEPS),
    "only the first absence counts": (ladder, "open_day", one_absence, STEPS),
    "a pause without an end moves steps": (ladder, "bounded", tuple, STEPS),
    "absences move nothing": (ladder, "bounded", lambda _: (), STEPS),
    "steps that meet become the further one": (ladder, "steps", larger_number, STEPS),
    "the first day of an absence is left out": (Absence, "covers", first_day_works, STEPS),
    "the last day of an absence is left out": (Absence, "covers", last_day_works, STEPS),
    "holidays are business days": (ladder, "is_business_day", weekend_only, STEPS),
    "closures are business days": (ladder, "is_business_day", no_closures, STEPS),
    "an overlap gives the second": (moments, "instant", second_of_an_overlap, INSTANTS),
    "a skipped time is shifted by the gap": (moments, "instant", shifted_by_the_gap, INSTANTS),
    "an offset is that of the winter": (ladder, "instant", fixed_offset, STEPS),
    "a step is reached a second late": (plan, "decide", a_second_late, STANDING),
    "the window closes a minute early": (window, "CLOSES", time(17, 59), START),
    "the window closes a minute late": (window, "CLOSES", time(18, 1), START),
    "`at once` ends a day early": (window, "first_try", a_day_too_strict, START),
    "`at once` ends a day late": (window, "first_try", a_day_too_lax, START),
    "there is no `at once`": (window, "first_try", never_at_once, START),
    "two mails go on one day": (window, "first_try", twice_a_day, START),
    "an absence does not pause": (status, "is_away", lambda *_: False, STATUS),
    "due begins at the expiry date": (status, "first_step_on", lambda expires_on, *_: expires_on, STATUS),
    "the last question comes a day late": (asking, "ASK_AFTER_DAYS", (0, 3, 7, 15), QUESTIONS),
    "questions move earlier": (asking, "open_day", the_other_way, QUESTIONS),
    "the digest goes on closed Mondays": (digest, "is_business_day", lambda *_: True, DIGEST),
    "the day of step 3 is not told": (escalation, "ESCALATED_STEPS", frozenset({1, 0}), ESCALATIONS),
    "`soon` ends a day early": (coverage, "SOON_DAYS", 6, COVERAGE),
    "paused logins work": (coverage, "WORKING", {Status.OK, Status.DUE, Status.PAUSED}, COVERAGE),
    "the newest version counts": (expiry, "lifetime_days", newest_version, EXPIRY),
    "a version is in force a day late": (expiry, "lifetime_days", a_day_after_it_came_into_force, EXPIRY),
    "an import always wins": (resets, "weigh_roster_claim", import_always_wins, IMPORT),
    "days left of the day of the recording win": (resets, "weigh_roster_claim", recorded_the_day_before, IMPORT),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, mutant, comparison = BUGS[bug]
    monkeypatch.setattr(module, name, mutant)

    with pytest.raises((AssertionError, ExceptionGroup)) as found:
        comparison(2000)

    group = found.value.exceptions if isinstance(found.value, ExceptionGroup) else [found.value]
    assert all(type(error) is AssertionError for error in group)


@pytest.mark.parametrize("comparison", EVERY)
def test_without_a_bug_the_same_search_finds_nothing(comparison: Search) -> None:
    comparison(100)
