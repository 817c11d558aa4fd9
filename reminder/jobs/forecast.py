"""What would be sent in the coming days if nobody did anything: the same rules, run ahead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from reminder.jobs import recipients
from reminder.jobs.clock_ahead import Clock, Due, run_ahead
from reminder.jobs.look_ahead import Known, gather
from reminder.jobs.practice_ahead import run_practice
from reminder.jobs.uncollected import uncollected
from reminder.policy.escalation import escalates
from reminder.policy.expiry import days_left
from reminder.policy.model import Kind
from reminder.policy.moments import instant, local_date, zone_named
from reminder.policy.window import first_try
from reminder.store import coming, memberships, people, practices

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from reminder.policy.model import Step
    from reminder.store.people import Person
    from reminder.store.practices import Practice


Span = tuple[datetime, datetime]
"""From when to before when mails are wanted."""


class Forecast(NamedTuple):
    """One mail that would go out: when (UTC), to whom, for which practice, about whom; `about` are the people whom a
    mail to the admins names. `placed_on` is the day on which its step lies; a mail that waits for a window goes later.
    """

    to: str
    person: str | None
    person_id: int | None
    at: datetime
    practice: str
    practice_id: int
    zone: str
    kind: Kind
    step: int | None = None
    placed_on: date | None = None
    expires_on: date | None = None
    days_left: int | None = None
    about: tuple[int, ...] = ()

    @property
    def local(self) -> datetime:
        """Return when it would go by the practice's clocks."""
        return self.at.astimezone(zone_named(self.zone))

    @property
    def key(self) -> str:
        """Return a short name of this mail that holds as long as it is foretold for the same day."""
        parts = (self.practice_id, self.kind, self.person_id, self.step, self.local.date(), self.to)
        return blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return the forecast as `reminder forecast --json` prints it; `at` in the practice's local time."""
        return {
            "at": self.local.isoformat(timespec="seconds"),
            "to": self.to,
            "person": self.person,
            "practice": self.practice,
            "kind": self.kind,
            "step": self.step,
            "days_left": self.days_left,
        }


@dataclass
class Collected:
    """Mails to the people, and who is to be escalated in which practice from which instant on; `runs`: the
    clocks of each practice that were run ahead already.
    """

    runs: dict[tuple[int, Clock], list[tuple[Due, Forecast | None]]] = field(default_factory=dict)
    mails: list[Forecast] = field(default_factory=list)
    escalated: dict[tuple[int, datetime], list[Person]] = field(default_factory=dict)


@uncollected()
def forecast(
    connection: Connection,
    now: datetime,
    *,
    days: int,
    practice_ids: Collection[int] | None = None,
    from_on: date | None = None,
) -> list[Forecast]:
    """Return what would be sent on `days` local days, today included, in the order of time.

    `from_on` simulates another day as today: one in the past is run from its midnight on, one to come is run up to.
    """
    wanted = practices.load(connection, practice_ids)
    spans = {key: _span(practice, now, from_on, days) for key, practice in wanted.items()}
    start = min([now, *(begins for begins, _ in spans.values())]) if from_on else now
    return _in_order(_foretell(connection, _read(connection, wanted, start), wanted, spans))


def _read(connection: Connection, wanted: Mapping[int, Practice], start: datetime) -> Known:
    members = {m.person.id: m.person for key in wanted for m in memberships.members(connection, key)}
    return gather(connection, wanted, members, start)


def _foretell(
    connection: Connection, known: Known, wanted: Mapping[int, Practice], spans: Mapping[int, Span]
) -> list[Forecast]:
    """Return what the practices that are wanted would send within their spans, in no order."""
    horizon = max((ends for _, ends in spans.values()), default=known.now)
    collected = Collected()
    for person in known.people.values():
        _run_person(known, person, horizon, collected)
    mails = [*collected.mails, *_escalations(known, collected), *_planned(connection, known, wanted)]
    for practice in wanted.values():
        runs = run_practice(connection, known, practice, horizon)
        mails += (foretold_mail(practice, at, to, kind) for at, kind in runs for to in known.told[practice.id].admins)
    return [m for m in mails if m.practice_id in spans and spans[m.practice_id][0] <= m.at < spans[m.practice_id][1]]


def _in_order(mails: Iterable[Forecast]) -> list[Forecast]:
    return sorted(mails, key=attrgetter("at", "kind", "to"))


def forecast_of_person(connection: Connection, person_id: int, now: datetime, *, days: int) -> list[Forecast]:
    """Return the mails about the clock that one person would get on `days` local days, today included."""
    person = people.get(connection, person_id)
    if person is None or person.home_id is None:
        return []
    known = gather(connection, {}, {person.id: person}, now)
    _, horizon = _span(known.practices[person.home_id], now, None, days)
    collected = Collected()
    _run_person(known, person, horizon, collected)
    return collected.mails


@uncollected()
def what_changes(
    connection: Connection, now: datetime, instead: Practice, *, days: int = 60
) -> tuple[list[Forecast], list[Forecast]]:
    """Return the mails of a practice that would come and those that would go if it were as `instead` says.

    A mail counts as the same if it goes to the same address on the same local day about the same thing.
    """
    present = practices.load(connection, [instead.id])
    known = _read(connection, present, now)
    told = recipients.load(connection, [instead])
    otherwise = replace(known, practices={**known.practices, instead.id: instead}, told=told)
    before, after = (
        _foretell(connection, found, {instead.id: practice}, {instead.id: _span(practice, now, None, days)})
        for found, practice in ((known, present[instead.id]), (otherwise, instead))
    )
    days_of = cache(local_date)  # many mails go at the same instant
    gists_before, gists_after = (
        [(days_of(mail.at, mail.zone), mail.to, mail.kind, mail.person_id) for mail in mails]
        for mails in (before, after)
    )
    more, fewer = _beyond(after, gists_after, gists_before), _beyond(before, gists_before, gists_after)
    return _in_order(more), _in_order(fewer)


def _beyond(mails: Iterable[Forecast], gists: Iterable[Hashable], others: Iterable[Hashable]) -> list[Forecast]:
    """Return the mails whose gist is not among the others, each of which stands for one."""
    matched = Counter(others)
    left = []
    for mail, gist in zip(mails, gists, strict=True):
        matched[gist] -= 1
        if matched[gist] < 0:
            left.append(mail)
    return left


def _span(practice: Practice, now: datetime, from_on: date | None, days: int) -> Span:
    """Return the instants between which the mails of a practice are wanted: whole local days."""
    zone = practice.schedule.zone
    first = from_on or local_date(now, zone)
    return instant(first, time(0), zone), instant(first + timedelta(days=days), time(0), zone)


def _run_person(known: Known, person: Person, horizon: datetime, collected: Collected) -> None:
    home = known.practices[person.home_id or 0]
    registered_at = known.now if home.is_trial else person.registered_at
    known_on = local_date(registered_at, home.schedule.zone)
    if person.known_on and not home.is_trial:
        known_on = max(known_on, person.known_on)
    clock = known.clock_of(person, registered_at)
    run = collected.runs.get((home.id, clock))
    if run is None:
        ahead = run_ahead(clock, known.now, horizon)
        run = [(due, _mail_of(home, person, due) if goes else None) for due, goes in ahead]
        collected.runs[home.id, clock] = run
    address, others = person.address, known.memberships.get(person.id, ())
    for due, mail in run:
        if mail is not None and address:
            collected.mails.append(Forecast._make((address, person.name, person.id, *mail[3:])))
        if due.first and clock.expires_on is not None and escalates(due.step, known_on):
            for practice_id, _ in others:
                if practice_id in known.told:
                    collected.escalated.setdefault((practice_id, due.reached_at), []).append(person)


def _mail_of(home: Practice, person: Person, due: Due) -> Forecast:
    """Return the mail of a step that is due; but for whom it goes to, it is that of everybody with the same clock."""
    kind = Kind.ASK if person.expires_on is None else Kind.WARNING if due.step.step >= 0 else Kind.EXPIRED
    return foretold_mail(home, due.at, person.email, kind, person, due.step)


def foretold_mail(
    practice: Practice, at: datetime, to: str, kind: Kind, person: Person | None = None, step: Step | None = None
) -> Forecast:
    """Return a mail that would go from a practice; `step` is that of a mail about the person's clock."""
    expires_on = person.expires_on if person is not None and step is not None else None
    zone = practice.schedule.zone
    return Forecast(
        at=at,
        to=to,
        practice=practice.name,
        practice_id=practice.id,
        zone=zone,
        kind=kind,
        person=person.name if person else None,
        person_id=person.id if person else None,
        step=step.step if step else None,
        placed_on=step.on if step else None,
        expires_on=expires_on,
        days_left=days_left(expires_on, local_date(at, zone)) if expires_on else None,
    )


def _escalations(known: Known, collected: Collected) -> Iterator[Forecast]:
    """Turn the people to be escalated into one mail per practice, day and recipient."""
    by_day: dict[tuple[int, date], tuple[datetime, list[Person]]] = {}
    for (practice_id, reached_at), reached in sorted(collected.escalated.items(), key=lambda entry: entry[0][1]):
        schedule = known.practices[practice_id].schedule
        at = max(first_try(reached_at, schedule).opens_at, reached_at)
        by_day.setdefault((practice_id, local_date(at, schedule.zone)), (at, []))[1].extend(reached)
    for (practice_id, _), (at, told) in by_day.items():
        for address in known.told[practice_id].escalation:
            about = tuple(person.id for person in told if not recipients.is_about(person, address))
            if about:
                yield foretold_mail(known.practices[practice_id], at, address, Kind.ESCALATION)._replace(about=about)


def _planned(connection: Connection, known: Known, wanted: Collection[int]) -> Iterator[Forecast]:
    """Return the mails to admins and the receipts that are planned already."""
    for row in coming.apart_from_steps(connection, wanted):
        person = known.people.get(row.person_id or 0)
        yield foretold_mail(
            known.practices[row.practice_id], max(row.next_at or known.now, known.now), row.recipient, row.kind, person
        )
