"""Cases that nobody chose, and for each rule the comparison of the policy with the oracle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

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
from reminder.policy.model import Absence, Rule, RuleVersion, Schedule, Status
from tests import oracle

US_ZONES = [
    "America/New_York", "America/Detroit", "America/Kentucky/Louisville", "America/Kentucky/Monticello",
    "America/Indiana/Indianapolis", "America/Indiana/Vincennes", "America/Indiana/Winamac", "America/Indiana/Marengo",
    "America/Indiana/Petersburg", "America/Indiana/Vevay", "America/Chicago", "America/Indiana/Tell_City",
    "America/Indiana/Knox", "America/Menominee", "America/North_Dakota/Center", "America/North_Dakota/New_Salem",
    "America/North_Dakota/Beulah", "America/Denver", "America/Boise", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "America/Juneau", "America/Sitka", "America/Metlakatla", "America/Yakutat", "America/Nome",
    "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "America/St_Thomas", "Pacific/Guam", "Pacific/Saipan",
    "Pacific/Pago_Pago", "US/Arizona",
]  # fmt: skip
ODD_ZONES = [
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "America/Havana", "America/Santiago",
    "Asia/Beirut", "Pacific/Chatham", "Europe/Dublin", "America/Sao_Paulo", "UTC",
]  # fmt: skip

DATES = st.one_of(st.dates(date(1999, 3, 1), date(2100, 10, 1)), st.dates(date(2024, 1, 1), date(2032, 12, 31)))
LAST_RESET = date(2099, 8, 1)
"""So that all that follows from a reset lies before 2101, the end of the `holidays` library's years."""

ZONES = st.sampled_from(US_ZONES + ODD_ZONES)
SEND_TIMES = st.one_of(st.just(time(8)), st.builds(time, st.integers(0, 17), st.sampled_from([0, 1, 15, 30, 59])))
LADDERS = st.one_of(
    st.just([14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56]),
    st.lists(st.integers(-60, 60), min_size=1, max_size=10, unique=True),
    st.lists(st.integers(-4, 4), min_size=1, max_size=9, unique=True),
)
DAYS = st.one_of(st.just(60), st.integers(1, 400))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One person's clock in one practice, and an instant near it."""

    zone: str
    send: time
    ladder: list[int]
    closures: set[date]
    absences: list[tuple[date, date | None]]
    reset_on: date
    days: int
    now: datetime

    @property
    def expires_on(self) -> date:
        return oracle.days_on(self.reset_on, self.days)

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            zone=self.zone, send_time=self.send, ladder=tuple(self.ladder), closures=frozenset(self.closures)
        )

    @property
    def away(self) -> tuple[Absence, ...]:
        return tuple(Absence(from_on=first, to_on=last) for first, last in self.absences)

    @property
    def placed(self) -> dict[date, int]:
        return oracle.step_days(self.expires_on, self.ladder, self.closures, self.absences)


@st.composite
def absences_near(draw: st.DrawFn, day: date) -> list[tuple[date, date | None]]:
    """Up to three: apart, overlapping or adjoining, some of them without an end."""
    found: list[tuple[date, date | None]] = []
    start = day + timedelta(days=draw(st.integers(-30, 30)))
    for _ in range(draw(st.integers(0, 3))):
        length = draw(st.one_of(st.integers(0, 20), st.just(None)))
        found.append((start, None if length is None else start + timedelta(days=length)))
        gap = draw(st.sampled_from([1, 1, 2, 3, 10, -5]))
        start += timedelta(days=(length or 0) + gap)
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    reset_on, days = draw(DATES.filter(lambda day: day < LAST_RESET)), draw(DAYS)
    expires_on = reset_on + timedelta(days=days)
    shut = draw(st.sets(st.integers(-20, 20), max_size=12))
    near = datetime(expires_on.year, expires_on.month, expires_on.day, tzinfo=UTC)
    hour = timedelta(hours=draw(st.one_of(st.integers(-120, 120), st.integers(-24 * 70, 24 * 70))))
    moment = near + hour + draw(st.sampled_from([timedelta(), timedelta(seconds=-1), timedelta(minutes=17)]))
    return Case(
        zone=draw(ZONES),
        send=draw(SEND_TIMES),
        ladder=draw(LADDERS),
        closures={expires_on + timedelta(days=offset) for offset in shut},
        absences=draw(absences_near(expires_on)),
        reset_on=reset_on,
        days=days,
        now=moment,
    )


VERSIONS = st.lists(
    st.tuples(st.dates(date(2012, 1, 1), date(2014, 12, 31)), st.integers(1, 400)),
    min_size=1,
    max_size=4,
    unique_by=lambda version: version[0],
)


@st.composite
def walls_near_changes(draw: st.DrawFn) -> tuple[date, time, str]:
    """A minute of the wall within three hours of a change of the clocks of some zone, in some year."""
    zone, year = draw(ZONES), draw(st.integers(1999, 2036))
    start = datetime(year, 1, 1, tzinfo=UTC)
    changes = oracle.clock_changes(zone, start, start + timedelta(days=365)) or [start]
    moment = draw(st.sampled_from(changes))
    wall = moment + oracle.offset(moment, zone) + timedelta(minutes=draw(st.integers(-180, 180)))
    return wall.date(), wall.time(), zone


def rule_of(versions: list[tuple[date, int]]) -> Rule:
    made = tuple(RuleVersion(effective_from=since, days=days) for since, days in sorted(versions))
    return Rule(key="ia", kind="change", versions=made, source="", checked_on=date(2026, 11, 24))


def same_business_days(day: date, closures: set[date]) -> None:
    assert business_days.is_business_day(day, closures) == oracle.works(day, closures)


def same_expiry(reset_on: date, versions: list[tuple[date, int]]) -> None:
    assert expiry.expires_on(rule_of(versions), reset_on) == oracle.expiry(reset_on, versions)


def same_instant(day: date, wall: time, zone: str) -> None:
    assert moments.instant(day, wall, zone) == oracle.at_local(day, wall, zone)


def same_steps(case: Case) -> None:
    found, placed = ladder.steps(case.expires_on, case.schedule, case.away), case.placed
    expected = [(on, step, oracle.at_local(on, case.send, case.zone)) for on, step in placed.items()]

    assert [(step.on, step.step, step.at) for step in found] == expected
    assert ladder.first_step_on(case.expires_on, case.schedule, case.away) == min(*placed, case.expires_on)


def same_standing_step(case: Case, recorded: set[int]) -> None:
    """Rule 5: the newest is the one with the latest instant that has passed; older ones never recorded are missed."""
    decision = plan.decide(ladder.steps(case.expires_on, case.schedule, case.away), recorded, case.now)
    instants = {step: oracle.at_local(on, case.send, case.zone) for on, step in case.placed.items()}
    reached = [step for step, at in instants.items() if at <= case.now]
    ahead = [at for at in instants.values() if at > case.now]

    assert (decision.newest.step if decision.newest else None) == (reached[-1] if reached else None)
    assert [step.step for step in decision.missed] == [step for step in reached[:-1] if step not in recorded]
    assert decision.look_again_at == (min(ahead) if ahead else None)


def same_status(case: Case) -> None:
    today = oracle.date_at(case.now, case.zone)
    expected = oracle.status(case.expires_on, today, case.placed, case.absences, removed=False)

    assert moments.local_date(case.now, case.zone) == today
    assert status.status_of(case.expires_on, today, case.schedule, case.away) == expected


def same_start(case: Case, *, clock: bool, used: bool) -> None:
    """When a mail ready at `now` starts: with or without a clock, on a day that has or has not had its mail."""
    expires_on = case.expires_on if clock else None
    found = window.first_try(case.now, case.schedule, expires_on, today_used=used)
    expected = oracle.may_start(case.now, case.zone, case.send, case.closures, expires_on, used=used)

    assert max(found.opens_at, case.now) == expected
    assert expected < found.closes_at


def same_retry(case: Case, started_at: datetime) -> None:
    found = window.next_try(case.now, case.schedule, started_at)

    assert max(found.opens_at, case.now) == oracle.may_retry(case.now, started_at, case.zone, case.send, case.closures)


def same_questions(case: Case) -> None:
    first = oracle.date_at(oracle.may_start(case.now, case.zone, case.send, case.closures, None), case.zone)
    found = asking.ask_steps(case.now, case.schedule, case.away)
    expected = oracle.ask_days(first, case.closures, case.absences)

    assert asking.first_ask_on(case.now, case.schedule) == first
    assert [step.on for step in found] == expected
    assert [step.at for step in found] == [
        max(case.now, oracle.at_local(day, case.send, case.zone)) for day in expected
    ]


def same_escalations(case: Case, known_on: date) -> None:
    placed = ladder.steps(case.expires_on, case.schedule, case.away)
    found = [step.on for step in placed if escalation.escalates(step, known_on)]

    assert found == oracle.escalation_days(case.placed, known_on)


def same_digest(case: Case) -> None:
    today = oracle.date_at(case.now, case.zone)

    assert digest.digest_on(today, case.schedule) == oracle.digest_day(today, case.closures)


LOGINS = st.lists(
    st.tuples(st.sampled_from(list(Status)), st.one_of(st.none(), st.integers(-3, 20))).map(
        lambda login: (login[0], None if login[0] is Status.UNKNOWN else login[1] or 9)
    ),
    max_size=4,
)


def same_coverage(logins: list[tuple[Status, int | None]], today: date) -> None:
    dated = [(state, None if days is None else today + timedelta(days=days)) for state, days in logins]
    given = [
        coverage.Login(person_id=number, status=state, expires_on=end) for number, (state, end) in enumerate(dated)
    ]

    assert coverage.coverage_of(given, today).at_risk == oracle.coverage_at_risk(
        [(state.value, end) for state, end in dated], today
    )


SMALL_DAYS = st.integers(0, 12).map(lambda days: date(2026, 11, 1) + timedelta(days=days))
"""So few days that equal ones and neighbours meet often."""
ROWS = st.tuples(st.none() | SMALL_DAYS, st.none() | st.integers(38, 60), st.none() | SMALL_DAYS)
FIRST_SEEN = st.none() | st.just(date(2026, 11, 9))
SIXTY: oracle.Versions = [(date(2000, 1, 1), 60)]
KNOWN = st.none() | st.tuples(SMALL_DAYS, SMALL_DAYS)


def same_import(
    row: oracle.Row, first_seen: date | None, known: oracle.Known, versions: oracle.Versions = SIXTY
) -> None:
    today = date(2026, 11, 20)
    claim = resets.RosterClaim(reset_on=row[0], days_left=row[1], as_of=row[2], first_seen_on=first_seen)
    present = None if known is None else resets.KnownReset(reset_on=known[0], recorded_on=known[1])
    found = resets.weigh_roster_claim(claim, present, today, rule_of(versions))

    assert found.reset_on == oracle.import_takes(row, first_seen, known, today, versions)
    assert (found.reset_on is None) == bool(found.reason)


CHICAGO = ZoneInfo("America/Chicago")
SCHEDULE = Schedule(zone="America/Chicago")


def chicago(text: str) -> datetime:
    """Read `2026-12-01 08:00` as Chicago's civil time."""
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def december(day: int) -> date:
    """A day of December 2026, which begins on a Tuesday; Christmas falls on a Friday. Day 0 is November 30."""
    return date(2026, 11, 30) + timedelta(days=day)
