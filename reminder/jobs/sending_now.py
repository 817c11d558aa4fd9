"""Send a reminder now because an admin asks for it: one mail that says the true days left, and is no step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reminder.jobs import recipients
from reminder.policy.expiry import days_left
from reminder.policy.model import Kind
from reminder.policy.moments import local_date, local_midnight_after
from reminder.policy.status import is_away
from reminder.store import absences, by_hand, events, people, planning, practices

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Absence
    from reminder.store.people import Person
    from reminder.store.practices import Practice

SENT_NOW = "mail.sent_now"


class Why(StrEnum):
    """Why somebody gets no mail although it was asked for."""

    LEFT = "left"
    ELSEWHERE = "elsewhere"
    AWAY = "away"
    UNREACHABLE = "unreachable"
    MAILED_TODAY = "mailed_today"
    ON_ITS_WAY = "on_its_way"


@dataclass(frozen=True, kw_only=True)
class Going:
    """A person who gets a mail, their home, and what the mail is by the true days left."""

    person: Person
    home: Practice
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """Who gets a mail and who does not, each in the order of their numbers."""

    going: list[Going] = field(default_factory=list)
    left_out: dict[Why, list[Person]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What decides whether somebody gets a mail."""

    now: datetime
    practice_id: int
    homes: dict[int, Practice]
    away: dict[int, tuple[Absence, ...]]
    last_mail: dict[int, datetime]
    last_asked: dict[int, datetime]
    next_mail: dict[int, datetime]

    def why_not(self, who: Person, home: Practice | None) -> Why | None:
        """Return why somebody gets none: only their home mails them, and never twice about the clock on one local day."""
        if home is None:
            return Why.LEFT
        if home.id != self.practice_id:
            return Why.ELSEWHERE
        zone = home.schedule.zone
        today = local_date(self.now, zone)
        if is_away(self.away.get(who.id, ()), today):
            return Why.AWAY
        if who.address is None:
            return Why.UNREACHABLE
        mails = [self.last_asked.get(who.id)] + ([] if home.is_trial else [self.last_mail.get(who.id)])
        if any(at is not None and local_date(at, zone) == today for at in mails):
            return Why.MAILED_TODAY
        next_at = None if home.is_trial else self.next_mail.get(who.id)
        return Why.ON_ITS_WAY if next_at is not None and next_at < local_midnight_after(self.now, zone) else None


def sort_out(connection: Connection, ids: Collection[int], practice_id: int, now: datetime) -> Sorted:
    """Say who would get a mail now from a practice and who would not, and why."""
    found = people.load(connection, sorted(ids))
    known = _Known(
        now=now,
        practice_id=practice_id,
        homes=practices.load(connection, {who.home_id for who in found.values() if who.home_id}),
        away=absences.of_people(connection, found),
        last_mail=by_hand.last_mail(connection, found, now),
        last_asked=by_hand.last_asked(connection, found),
        next_mail=by_hand.next_mails(connection, found),
    )
    result = Sorted()
    for who in sorted(found.values(), key=lambda who: who.id):
        home = known.homes.get(who.home_id or 0)
        why = known.why_not(who, home)
        if home is not None and why is None:
            result.going.append(Going(person=who, home=home, kind=_kind(who, home, now)))
        elif why is not None:
            result.left_out.setdefault(why, []).append(who)
    return result


def _kind(who: Person, home: Practice, now: datetime) -> Kind:
    if who.expires_on is None:
        return Kind.ASK
    left = days_left(who.expires_on, local_date(now, home.schedule.zone))
    return Kind.WARNING if left >= 0 else Kind.EXPIRED


def send_now(
    connection: Connection, ids: Collection[int], *, practice_id: int, actor: str, now: datetime
) -> tuple[int, Sorted]:
    """Plan a mail to each of these people, at once and at any hour; of a practice in trial to its admins, marked.

    Return the event that says so, and who gets one and who does not.
    """
    people.lock(connection, ids)
    result = sort_out(connection, ids, practice_id, now)
    told = recipients.load(connection, {going.home.id: going.home for going in result.going}.values())
    done = [going.person.id for going in result.going]
    event_id = events.record(
        connection,
        SENT_NOW,
        actor=actor,
        now=now,
        practice_id=practice_id,
        person_id=done[0] if len(ids) == len(done) == 1 else None,
        done=done,
        unchanged=len(ids) - len(done),
    )
    plans = [
        _plan(going, address, event_id, now)
        for going in result.going
        for address in (told[going.home.id].admins if going.home.is_trial else [going.person.address or ""])
    ]
    planning.add(connection, plans, now)
    return event_id, result


def _plan(going: Going, recipient: str, event_id: int, now: datetime) -> planning.Plan:
    """Plan the mail; the event's number in its key keeps it apart from one that was called off on the same day."""
    who, home = going.person, going.home
    today = local_date(now, home.schedule.zone)
    prefix = "trial/" if home.is_trial else ""
    return planning.Plan(
        key=f"{prefix}now/{who.id}/{today}/{event_id}/{recipient}",
        kind=going.kind,
        practice_id=home.id,
        person_id=who.id,
        cycle_on=who.expires_on or today,
        trial=home.is_trial,
        recipient=recipient,
        urgent_on=who.expires_on or today + timedelta(days=30),
        next_at=now,
        closes_at=local_midnight_after(now, home.schedule.zone),
    )
