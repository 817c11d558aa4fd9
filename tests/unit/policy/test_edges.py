"""Each rule on both sides of each of its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from reminder.errors import UsageError
from reminder.policy import resets
from reminder.policy.coverage import Login, coverage_of
from reminder.policy.digest import digest_due, digest_on
from reminder.policy.escalation import escalates
from reminder.policy.expiry import last_safe_on
from reminder.policy.ladder import ladder_from_text, steps
from reminder.policy.model import Absence, Rule, RuleVersion, Schedule, Status, Step
from reminder.policy.plan import decide
from reminder.policy.resets import KnownReset, RosterClaim, weigh_roster_claim
from reminder.policy.retry import GIVE_UP_AFTER, given_up, wait_before
from reminder.policy.status import lapses_while_away, mails_stopped, status_of
from reminder.policy.window import first_try, next_try, send_time_from_text
from tests.world import CHICAGO, chicago

SCHEDULE = Schedule(zone=CHICAGO)
RULE = Rule(
    key="ia",
    kind="change",
    versions=(RuleVersion(effective_from=date(2000, 1, 1), days=60),),
    source="",
    checked_on=date(2026, 11, 24),
)
TODAY = date(2026, 12, 1)  # a Tuesday


def test_steps_that_meet_become_the_one_nearer_to_the_end() -> None:
    sunday = date(2026, 12, 6)

    assert [(step.step, step.on.day) for step in steps(sunday, SCHEDULE)][:3] == [(14, 20), (7, 27), (3, 3)]
    assert [step.step for step in steps(sunday, SCHEDULE) if step.on == date(2026, 12, 4)] == [0]


def test_thanksgiving_christmas_and_a_closure_move_steps_earlier() -> None:
    closed = Schedule(zone=CHICAGO, closures=frozenset({date(2026, 12, 24)}))
    found = {step.step: step.on for step in steps(date(2026, 12, 25), closed)}

    assert found[0] == date(2026, 12, 23)
    assert 1 not in found
    assert found[-1] == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("text", "ladder"),
    [
        ("14,7,3,1,0", (14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56)),
        ("10, 2", (10, 2, -1, -7, -14, -28, -42, -56)),
        ("3,0,-2", (3, 0, -2)),
        ("7,7,7,-1", (7, -1)),
    ],
)
def test_a_ladder_is_read(text: str, ladder: tuple[int, ...]) -> None:
    assert ladder_from_text(text) == ladder


@pytest.mark.parametrize("text", ["", "soon", "1,,2", "1.5", "366", "-366"])
def test_a_ladder_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="ladder"):
        ladder_from_text(text)


@pytest.mark.parametrize(("text", "at"), [("08:00", time(8)), ("8", None), ("17:59", time(17, 59)), ("00:00", time(0))])
def test_a_send_time_is_read(text: str, at: time | None) -> None:
    if at is None:
        with pytest.raises(UsageError):
            send_time_from_text(text)
    else:
        assert send_time_from_text(text) == at


@pytest.mark.parametrize("text", ["18:00", "23:59", "25:00", "noon", "08:00+01:00", ""])
def test_a_send_time_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="send time"):
        send_time_from_text(text)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (chicago("2026-12-01", "07:59"), chicago("2026-12-01", "08:00")),
        (chicago("2026-12-01", "08:00"), chicago("2026-12-01", "08:00")),
        (chicago("2026-12-01", "18:00") - timedelta(seconds=1), chicago("2026-12-01", "08:00")),
        (chicago("2026-12-01", "18:00"), chicago("2026-12-02", "08:00")),
        (chicago("2026-12-04", "18:00"), chicago("2026-12-07", "08:00")),
        (chicago("2026-12-24", "18:00"), chicago("2026-12-28", "08:00")),
    ],
)
def test_the_window_opens_and_closes_on_time(now: datetime, opens: datetime) -> None:
    assert first_try(now, SCHEDULE).opens_at == opens


FRIDAY_EVENING = chicago("2026-12-04", "19:00")


@pytest.mark.parametrize(
    ("expires", "at_once"),
    [
        (date(2026, 12, 4), False),  # today: not before the expiry date
        (date(2026, 12, 5), True),
        (date(2026, 12, 7), True),  # the window opens on the very day
        (date(2026, 12, 8), False),
        (None, False),
    ],
)
def test_a_mail_that_would_come_too_late_goes_at_once(expires: date | None, at_once: bool) -> None:
    window = first_try(FRIDAY_EVENING, SCHEDULE, expires)

    assert (window.opens_at == FRIDAY_EVENING) is at_once
    assert window.closes_at == (chicago("2026-12-05", "00:00") if at_once else chicago("2026-12-07", "18:00"))


def test_a_day_that_had_its_mail_waits_for_the_next_window() -> None:
    assert first_try(chicago("2026-12-01", "10:00"), SCHEDULE, today_used=True).opens_at == chicago("2026-12-02")


@pytest.mark.parametrize(
    ("wanted", "opens"),
    [
        (chicago("2026-12-01", "23:59"), chicago("2026-12-01", "23:59")),
        (chicago("2026-12-02", "00:00"), chicago("2026-12-02", "08:00")),
    ],
)
def test_a_retry_runs_until_midnight(wanted: datetime, opens: datetime) -> None:
    assert next_try(wanted, SCHEDULE, chicago("2026-12-01", "17:00")).opens_at == opens


def test_a_receipt_is_retried_at_any_hour() -> None:
    late = chicago("2026-12-05", "03:00")

    assert next_try(late, None, late).opens_at == late


def placed(*hours: int) -> list[Step]:
    return [
        Step(step=number, on=TODAY, at=datetime(2026, 12, 1, hour, tzinfo=UTC)) for number, hour in enumerate(hours)
    ]


@pytest.mark.parametrize(
    ("hour", "newest", "ahead"), [(7, None, 8), (8, 0, 10), (9, 0, 10), (10, 1, 12), (13, 2, None)]
)
def test_the_newest_reached_step_is_the_last_whose_instant_has_passed(
    hour: int, newest: int | None, ahead: int | None
) -> None:
    found = decide(placed(8, 10, 12), (), datetime(2026, 12, 1, hour, tzinfo=UTC))

    assert (found.newest.step if found.newest else None) == newest
    assert (found.look_again_at.hour if found.look_again_at else None) == ahead


def test_a_missed_step_is_recorded_once() -> None:
    now = datetime(2026, 12, 1, 20, tzinfo=UTC)

    assert [step.step for step in decide(placed(8, 10, 12), (), now).missed] == [0, 1]
    assert [step.step for step in decide(placed(8, 10, 12), {0}, now).missed] == [1]


AWAY_NOW = (Absence(from_on=TODAY, to_on=TODAY),)


@pytest.mark.parametrize(
    ("expires", "absences", "removed", "status"),
    [
        (date(2026, 12, 8), (), True, Status.REMOVED),
        (None, AWAY_NOW, False, Status.UNKNOWN),
        (TODAY, AWAY_NOW, False, Status.EXPIRED),
        (date(2026, 12, 2), AWAY_NOW, False, Status.PAUSED),
        (date(2026, 12, 2), (), False, Status.DUE),
        (date(2026, 12, 15), (), False, Status.DUE),
        (date(2026, 12, 16), (), False, Status.OK),
        (date(2026, 12, 20), (), False, Status.OK),
    ],
)
def test_a_status_follows_its_precedence(
    expires: date | None, absences: tuple[Absence, ...], removed: bool, status: Status
) -> None:
    assert status_of(expires, TODAY, SCHEDULE, absences, removed=removed) is status


def test_due_begins_on_the_day_to_which_the_first_step_moved() -> None:
    expires = date(2026, 12, 19)  # the first step falls on Saturday, December 5

    assert status_of(expires, date(2026, 12, 4), SCHEDULE) is Status.DUE
    assert status_of(expires, date(2026, 12, 3), SCHEDULE) is Status.OK


@pytest.mark.parametrize(
    ("absence", "stopped"),
    [
        (Absence(from_on=TODAY), True),
        (Absence(from_on=TODAY + timedelta(days=1)), False),
        (Absence(from_on=TODAY, to_on=TODAY), False),
    ],
)
def test_only_a_pause_without_an_end_stops_the_mails(absence: Absence, stopped: bool) -> None:
    assert mails_stopped([absence], TODAY) is stopped


def test_who_lapses_while_away_is_known() -> None:
    leave = [Absence(from_on=date(2026, 12, 10), to_on=date(2026, 12, 20))]

    assert lapses_while_away(date(2026, 12, 20), TODAY, leave)
    assert not lapses_while_away(date(2026, 12, 21), TODAY, leave)
    assert not lapses_while_away(None, TODAY, leave)


def test_the_last_safe_day_is_the_day_before() -> None:
    assert last_safe_on(date(2027, 1, 1)) == date(2026, 12, 31)


def login(number: int, days: int | None, status: Status = Status.OK) -> Login:
    return Login(person_id=number, status=status, expires_on=None if days is None else TODAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("logins", "at_risk"),
    [
        ([], False),
        ([login(1, 8)], False),
        ([login(1, 7, Status.DUE)], True),
        ([login(1, 2, Status.DUE), login(2, 40)], False),
        ([login(1, 2, Status.DUE), login(2, 3, Status.DUE)], False),
        ([login(1, 40), login(2, 40, Status.PAUSED)], False),
        ([login(1, -1, Status.EXPIRED), login(2, None, Status.UNKNOWN)], True),
        ([login(1, 40, Status.PAUSED)], True),
    ],
)
def test_coverage_is_at_risk_without_a_lasting_login(logins: list[Login], at_risk: bool) -> None:
    assert coverage_of(logins, TODAY).at_risk is at_risk


@pytest.mark.parametrize(
    ("step", "on", "known_on", "told"),
    [
        (3, TODAY, TODAY, True),
        (3, TODAY, TODAY + timedelta(days=1), False),
        (7, TODAY, TODAY, False),
        (2, TODAY, TODAY, False),
        (0, TODAY, date(2026, 1, 1), True),
        (-56, TODAY, TODAY, True),
    ],
)
def test_the_admins_are_told_on_the_days_of_the_late_steps(step: int, on: date, known_on: date, told: bool) -> None:
    assert escalates(Step(step=step, on=on, at=datetime(2026, 12, 1, tzinfo=UTC)), known_on) is told


def test_the_digest_goes_on_monday_or_the_next_business_day() -> None:
    assert digest_on(date(2026, 12, 3), SCHEDULE) == date(2026, 11, 30)
    assert digest_on(date(2027, 1, 18), SCHEDULE) == date(2027, 1, 19)  # Martin Luther King's birthday


@pytest.mark.parametrize(
    ("today", "since", "due"),
    [
        (date(2026, 11, 30), chicago("2026-11-30", "08:00"), True),
        (date(2026, 11, 30), chicago("2026-11-30", "08:01"), False),
        (date(2026, 12, 4), chicago("2026-11-01"), True),
        (date(2027, 1, 18), chicago("2026-11-01"), False),
        (date(2027, 1, 19), chicago("2026-11-01"), True),
    ],
)
def test_a_digest_is_due_from_its_day_on(today: date, since: datetime, due: bool) -> None:
    assert digest_due(today, SCHEDULE, since) is due


KNOWN = KnownReset(reset_on=date(2026, 11, 10), recorded_on=date(2026, 11, 12))


@pytest.mark.parametrize(
    ("claim", "known", "reset_on", "reason"),
    [
        (RosterClaim(reset_on=date(2026, 11, 11)), KNOWN, date(2026, 11, 11), ""),
        (RosterClaim(reset_on=date(2026, 11, 10)), KNOWN, None, "the same date"),
        (RosterClaim(reset_on=date(2026, 11, 9)), KNOWN, None, "a later reset is known"),
        (RosterClaim(reset_on=date(2026, 11, 9)), None, date(2026, 11, 9), ""),
        (RosterClaim(), None, None, "names no date"),
        (RosterClaim(days_left=30, as_of=date(2026, 11, 13)), KNOWN, date(2026, 10, 14), ""),
        (RosterClaim(days_left=30, as_of=date(2026, 11, 12)), KNOWN, None, "was recorded on 2026-11-12"),
        (RosterClaim(days_left=57, as_of=date(2026, 11, 13)), KNOWN, None, "the same date"),
        (RosterClaim(days_left=17), KNOWN, date(2026, 10, 19), ""),
        (RosterClaim(days_left=17, first_seen_on=date(2026, 11, 20)), KNOWN, None, "stale"),
        (RosterClaim(days_left=17, first_seen_on=date(2026, 11, 20)), None, None, "stale"),
        (RosterClaim(days_left=17, as_of=TODAY, reset_on=date(2026, 11, 20)), None, date(2026, 10, 19), ""),
        (RosterClaim(days_left=17, reset_on=date(2026, 11, 20)), None, date(2026, 11, 20), ""),
    ],
)
def test_a_roster_is_weaker_than_what_is_known(
    claim: RosterClaim, known: KnownReset | None, reset_on: date | None, reason: str
) -> None:
    weighed = weigh_roster_claim(claim, known, TODAY, RULE)

    assert weighed.reset_on == reset_on
    assert reason in weighed.reason


@pytest.mark.parametrize(("left", "good"), [(-1, False), (0, True), (60, True), (61, False)])
def test_days_left_run_from_nothing_to_the_rule(left: int, good: bool) -> None:
    if good:
        assert resets.check_days_left(left, RULE) == left
    else:
        with pytest.raises(UsageError, match="0 to 60"):
            resets.check_days_left(left, RULE)


LAST = date(2026, 11, 10)


def test_an_admin_may_name_any_day_up_to_today_and_a_person_one_after_the_last() -> None:
    assert resets.check_admin_date(TODAY, TODAY) == TODAY
    assert resets.check_person_date(LAST + timedelta(days=1), TODAY, LAST) == LAST + timedelta(days=1)
    assert resets.check_person_date(date(2026, 1, 1), TODAY, None) == date(2026, 1, 1)


@pytest.mark.parametrize("day", [LAST, LAST - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_day_that_cannot_be_is_refused(day: date) -> None:
    with pytest.raises(UsageError, match="reset date"):
        resets.check_person_date(day, TODAY, LAST)


def test_an_admin_may_not_name_a_day_to_come() -> None:
    with pytest.raises(UsageError, match="in the future"):
        resets.check_admin_date(TODAY + timedelta(days=1), TODAY)


@pytest.mark.parametrize("failures", range(1, 40))
@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_waits_grow_to_half_an_hour_and_a_fifth(failures: int, spread: float) -> None:
    wait = wait_before(failures, spread)

    assert timedelta(minutes=1) <= wait <= timedelta(minutes=36)
    assert wait >= wait_before(max(failures - 1, 1), spread)


def test_a_mail_is_given_up_after_five_days() -> None:
    planned = datetime(2026, 12, 1, tzinfo=UTC)

    assert not given_up(planned, planned + GIVE_UP_AFTER - timedelta(seconds=1))
    assert given_up(planned, planned + GIVE_UP_AFTER)
