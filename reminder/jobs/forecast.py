"""What would be sent in the coming days if nobody did anything: the same rules, run ahead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from reminder.jobs import recipients, standing
from reminder.policy.asking import ask_steps
from reminder.policy.coverage import COVERING_ROLES, Login, coverage_of
from reminder.policy.digest import digest_due, monday_of
from reminder.policy.escalation import escalates
from reminder.policy.expiry import days_left
from reminder.policy.ladder import steps
from reminder.policy.model import Kind, State
from reminder.policy.moments import instant, local_date, zone_named
from reminder.policy.plan import decide
from reminder.policy.status import mails_stopped, status_of
from reminder.policy.window import first_try, next_window, window_after_today
from reminder.store import absences, memberships, outbox, practices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from reminder.policy.model import Absence, Role, Step
    from reminder.store.outbox import Reminder
    from reminder.store.people import Person
    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One mail that would go out: when (UTC), to whom, about whom, for which practice."""

    at: datetime
    to: str
    person: str | None
    practice: str
    kind: Kind
    step: int | None
    days_left: int | None
    zone: str

    def as_json(self) -> dict[str, Any]:
        """Return the forecast as `reminder forecast --json` prints it; `at` in the practice's local time."""
        local = self.at.astimezone(zone_named(self.zone))
        return {
            "at": local.isoformat(timespec="seconds"),
            "to": self.to,
            "person": self.person,
            "practice": self.practice,
            "kind": self.kind,
            "step": self.step,
            "days_left": self.days_left,
        }


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the forecast reads of the store, once."""

    now: datetime
    practices: dict[int, Practice]
    told: dict[int, recipients.Told]
    people: dict[int, Person]
    memberships: dict[int, list[tuple[int, Role]]]
    absences: dict[int, tuple[Absence, ...]]
    recorded: dict[int, list[Reminder]]
    last_sending: dict[int, datetime]


@dataclass(frozen=True, kw_only=True)
class Due:
    """A step that would go to a person at `at`, reached at `reached_at`; `first`: nothing is recorded of it yet."""

    step: Step
    at: datetime
    reached_at: datetime
    first: bool


@dataclass
class Collected:
    """Mails to the people, and who is to be escalated in which practice on which day."""

    mails: list[Forecast] = field(default_factory=list)
    escalated: dict[tuple[int, datetime], list[Person]] = field(default_factory=dict)


def forecast(
    connection: Connection,
    now: datetime,
    *,
    days: int,
    practice_ids: Sequence[int] | None = None,
    from_on: date | None = None,
    instead: Practice | None = None,
) -> list[Forecast]:
    """Return what would be sent on `days` local days, today included, in the order of time.

    `from_on` simulates another day as today: one in the past is run from its midnight on, one to come is run up to.
    `instead`: a practice as it might be, in the place of the one with its id.
    """
    every = practices.load(connection)
    if instead is not None:
        every[instead.id] = instead
    first = {key: from_on or local_date(now, practice.schedule.zone) for key, practice in every.items()}
    starts = [instant(day, time(0), every[key].schedule.zone) for key, day in first.items()]
    start = min([now, *starts]) if from_on else now
    known = _gather(connection, every, start)
    ends = {key: instant(day + timedelta(days=days), time(0), every[key].schedule.zone) for key, day in first.items()}
    horizon = max(ends.values(), default=now)
    collected = Collected()
    for person in known.people.values():
        _run_person(known, person, horizon, collected)
    mails = [*collected.mails, *_escalations(known, collected), *_waiting_mails(connection, known)]
    for practice in every.values():
        mails += _run_practice(connection, known, practice, horizon)
    wanted = {every[key].name: key for key in (every if practice_ids is None else practice_ids)}
    begins = {key: instant(day, time(0), every[key].schedule.zone) for key, day in first.items()}
    kept = [m for m in mails if m.practice in wanted and begins[wanted[m.practice]] <= m.at < ends[wanted[m.practice]]]
    return sorted(kept, key=lambda mail: (mail.at, mail.kind, mail.to))


def _gather(connection: Connection, every: dict[int, Practice], now: datetime) -> Known:
    members = [member.person for key in every for member in memberships.members(connection, key)]
    by_id = {person.id: person for person in members if person.home_id is not None}
    return Known(
        now=now,
        practices=every,
        told=recipients.load(connection, every.values()),
        people=by_id,
        memberships=memberships.practices_of(connection, by_id),
        absences=absences.of_people(connection, by_id),
        recorded=outbox.of_present_cycles(connection, by_id),
        last_sending=outbox.last_sending(connection, by_id),
    )


def _run_person(known: Known, person: Person, horizon: datetime, collected: Collected) -> None:
    home = known.practices[person.home_id or 0]
    asking = person.expires_on is None
    registered_at = known.now if home.is_trial else person.registered_at
    known_on = local_date(registered_at, home.schedule.zone)
    if person.known_on and not home.is_trial:
        known_on = max(known_on, person.known_on)
    for due, goes in _steps_ahead(known, person, home, registered_at, horizon):
        if goes and person.address:
            on = local_date(due.at, home.schedule.zone)
            kind = Kind.ASK if asking else Kind.WARNING if due.step.step >= 0 else Kind.EXPIRED
            left = days_left(person.expires_on, on) if person.expires_on else None
            collected.mails.append(_mail(home, due.at, person.address, kind, person, due.step.step, left))
        if due.first and not asking and escalates(due.step, known_on):
            for practice_id, _ in known.memberships.get(person.id, []):
                at = first_try(due.reached_at, known.practices[practice_id].schedule).opens_at
                collected.escalated.setdefault((practice_id, at), []).append(person)


def _steps_ahead(
    known: Known,
    person: Person,
    home: Practice,
    registered_at: datetime,
    horizon: datetime,
) -> Iterator[tuple[Due, bool]]:
    """Run a person's clock ahead: yield each step that is newly reached, and whether a mail goes out for it."""
    absences = known.absences.get(person.id, ())
    if person.expires_on is None:
        placed = ask_steps(registered_at, home.schedule, absences)
    else:
        placed = steps(person.expires_on, home.schedule, absences)
    rows = [] if home.is_trial else [row for row in known.recorded.get(person.id, []) if not row.trial]
    states = {row.step: row for row in rows if row.step is not None}
    last = known.last_sending.get(person.id)
    waiting: Due | None = None
    for look_at in [known.now, *(step.at for step in placed if known.now < step.at < horizon)]:
        if waiting is not None and waiting.at < look_at:
            yield waiting, True
            last, waiting = waiting.at, None
        newest = decide(placed, states, look_at).newest
        if newest is None:
            continue
        row = states.get(newest.step)
        if row is not None and row.state not in (State.PLANNED, State.DEFERRED, State.CANCELLED, State.SUPERSEDED):
            continue
        if mails_stopped(absences, local_date(look_at, home.schedule.zone)):
            waiting = None
            if row is None:
                yield Due(step=newest, at=look_at, reached_at=look_at, first=True), False
            continue
        if waiting is not None:
            yield waiting, False
        goes_at = _goes_at(home, person, row, last, look_at)
        waiting = Due(step=newest, at=goes_at, reached_at=look_at, first=row is None)
    if waiting is not None and waiting.at < horizon:
        yield waiting, True


def _goes_at(
    home: Practice, person: Person, row: Reminder | None, last: datetime | None, look_at: datetime
) -> datetime:
    """Return when the mail of a step reached at `look_at` would go."""
    if row is not None and row.state is State.DEFERRED and row.next_at is not None:
        return max(row.next_at, look_at)
    zone = home.schedule.zone
    today_used = last is not None and local_date(last, zone) == local_date(look_at, zone)
    window = first_try(look_at, home.schedule, person.expires_on, today_used=today_used and not home.is_trial)
    return max(window.opens_at, look_at)


def _mail(
    practice: Practice,
    at: datetime,
    to: str,
    kind: Kind,
    person: Person | None = None,
    step: int | None = None,
    left: int | None = None,
) -> Forecast:
    return Forecast(
        at=at,
        to=to,
        person=person.name if person else None,
        practice=practice.name,
        kind=kind,
        step=step,
        days_left=left,
        zone=practice.schedule.zone,
    )


def _escalations(known: Known, collected: Collected) -> Iterator[Forecast]:
    """Turn the people to be escalated into one mail per practice, day and recipient."""
    by_day: dict[tuple[int, date], tuple[datetime, list[Person]]] = {}
    for (practice_id, at), about in sorted(collected.escalated.items(), key=lambda entry: entry[0][1]):
        day = local_date(max(at, known.now), known.practices[practice_id].schedule.zone)
        by_day.setdefault((practice_id, day), (max(at, known.now), []))[1].extend(about)
    for (practice_id, _), (at, about) in by_day.items():
        for address in known.told[practice_id].escalation:
            if recipients.concerns(address, about):
                yield _mail(known.practices[practice_id], at, address, Kind.ESCALATION)


def _waiting_mails(connection: Connection, known: Known) -> Iterator[Forecast]:
    """Return the mails to admins and the receipts that are planned already."""
    for row in outbox.waiting(connection, limit=10_000):
        if row.kind not in outbox.ABOUT_THE_CLOCK and row.next_at is not None:
            person = known.people.get(row.person_id or 0)
            at = max(row.next_at, known.now)
            yield _mail(known.practices[row.practice_id], at, row.recipient, row.kind, person)


def _run_practice(connection: Connection, known: Known, practice: Practice, horizon: datetime) -> Iterator[Forecast]:
    """Run a practice's daily checks ahead: its digests, and its coverage alarms."""
    done = outbox.digests_of(connection, practice.id)
    at_risk = practice.at_risk
    look_at = known.now
    if practice.next_check_at is not None and practice.next_check_at > look_at:
        look_at = max(look_at, practice.next_check_at)
    while look_at < horizon:
        window = next_window(look_at, practice.schedule)
        today = standing.today_of(practice, look_at)
        monday = monday_of(today)
        if (
            window.opens_at <= look_at
            and monday not in done
            and digest_due(today, practice.schedule, practice.created_at)
        ):
            done.add(monday)
            yield from (_mail(practice, look_at, to, Kind.DIGEST) for to in known.told[practice.id].admins)
        found = coverage_of(_logins(known, practice, look_at), today).at_risk
        if found and not at_risk:
            yield from (
                _mail(practice, max(window.opens_at, look_at), to, Kind.COVERAGE)
                for to in known.told[practice.id].admins
            )
        at_risk = found
        look_at = (
            window.opens_at if window.opens_at > look_at else window_after_today(look_at, practice.schedule).opens_at
        )


def _logins(known: Known, practice: Practice, at: datetime) -> Iterable[Login]:
    """Return the AO/AM logins of a practice as they would stand at an instant."""
    for person_id, parts in known.memberships.items():
        if not any(where == practice.id and role in COVERING_ROLES for where, role in parts):
            continue
        person = known.people[person_id]
        schedule = known.practices[person.home_id or practice.id].schedule
        absences = known.absences.get(person_id, ())
        status = status_of(person.expires_on, local_date(at, schedule.zone), schedule, absences)
        yield Login(person_id=person_id, status=status, expires_on=person.expires_on)
