"""What each mail will say: plain values, gathered from the store at the moment the mail is frozen.

Each function returns the values of its template, or None with nothing left to say (the mail is then called off).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from reminder.jobs import standing
from reminder.jobs.recipients import is_about
from reminder.policy.coverage import COVERING_ROLES
from reminder.policy.digest import HORIZON_DAYS
from reminder.policy.escalation import is_escalated
from reminder.policy.expiry import days_left, last_safe_on
from reminder.policy.model import Kind, Role, Status
from reminder.policy.moments import local_date, local_midnight_after
from reminder.policy.status import mails_stopped
from reminder.store import absences, by_hand, memberships, outbox, people, practices, resets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from reminder.jobs.standing import Standing
    from reminder.policy.model import Absence
    from reminder.store.outbox import Reminder
    from reminder.store.people import Person
    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """A mail about to be written: the connection, the row, its practice, the local date, the instant; and the person
    it is about, with their role in each of their practices and their absences. `about`: whom an escalation names that is
    only foretold, so that no rows say it yet.
    """

    connection: Connection
    row: Reminder
    practice: Practice
    person: Person | None
    roles: Mapping[int, Role]
    away: Sequence[Absence]
    today: date
    now: datetime
    about: tuple[int, ...] = ()


Values = dict[str, Any]


def values_of(occasion: Occasion) -> Values | None:
    """Return the values of a mail's template, or None if there is nothing left to say."""
    specific = None if _is_overtaken(occasion) else WRITERS[occasion.row.kind](occasion)
    return None if specific is None else {**_common(occasion), **specific}


def is_over(occasion: Occasion) -> bool:
    """Tell whether a mail about a clock is about nothing any more: its cycle was reset, or its person has left it, the
    practice or the address. The last look before it goes; it finds what was on its way when that happened. What the
    ladder planned goes on with a person's home to their next practice; what one practice asked for does not.
    """
    row, person = occasion.row, occasion.person
    if row.kind not in outbox.ABOUT_THE_CLOCK or person is None:
        return False
    ended = person.expires_on is not None if row.kind is Kind.ASK else person.expires_on != row.cycle_on
    moved = row.trial != occasion.practice.is_trial or (
        not row.trial and row.recipient not in {person.email, person.second_email}
    )
    left = person.home_id is None or (row.step is None and row.practice_id not in occasion.roles)
    return ended or moved or left


def _is_overtaken(occasion: Occasion) -> bool:
    """Tell whether a mail that was asked for by hand on an earlier day meets another one about the clock today."""
    row, zone = occasion.row, occasion.practice.schedule.zone
    by_hand_mail = row.kind in outbox.ABOUT_THE_CLOCK and row.step is None and row.person_id is not None
    if not by_hand_mail or row.trial or local_date(row.planned_at, zone) == occasion.today:
        return False
    ids = [row.person_id or 0]
    last = outbox.last_sending(occasion.connection, ids, occasion.now).values()
    waiting = by_hand.next_steps(occasion.connection, ids).values()
    tonight = local_midnight_after(occasion.now, zone)
    return any(local_date(at, zone) == occasion.today for at in last) or any(at < tonight for at in waiting)


def _common(occasion: Occasion) -> Values:
    practice = occasion.practice
    person = occasion.person
    return {
        "practice_name": practice.name,
        "sender_name": practice.sender_name,
        "contact": practice.reply_to,
        "own": dict(vars(practice.own_words)),
        "today": occasion.today.isoformat(),
        "trial_for": _real_addressee(occasion) if occasion.row.trial else None,
        "person_name": person.name if person else "",
        "colleague": person.registered_by if person else "",
        "first_mail": person is not None and person.greeted_at is None and not occasion.row.trial,
    }


def _real_addressee(occasion: Occasion) -> str:
    return occasion.person.name if occasion.person else occasion.row.recipient


def _clock(occasion: Occasion) -> Values | None:
    """Fill a warning or an after-expiry mail, by the true days left today."""
    person = occasion.person
    if person is None or person.expires_on is None or person.expires_on != occasion.row.cycle_on:
        return None
    if mails_stopped(occasion.away, occasion.today):
        return None
    role = occasion.roles.get(occasion.practice.id, Role.STAFF_END_USER)
    return {
        "role": role,
        "expires_on": person.expires_on.isoformat(),
        "last_safe_on": last_safe_on(person.expires_on).isoformat(),
        "days_left": days_left(person.expires_on, occasion.today),
        "single_point_of_failure": role in COVERING_ROLES and _is_only_cover(occasion, person),
    }


def _is_only_cover(occasion: Occasion, person: Person) -> bool:
    """Tell whether nobody else among the practice's AOs and AMs has a working login."""
    here = occasion.practice.id
    officials = standing.officials(occasion.connection, [here], occasion.now)[here]
    working = standing.coverage(officials, occasion.today).working
    return all(login.person_id == person.id for login in working)


def _ask(occasion: Occasion) -> Values | None:
    if occasion.person is None or occasion.person.expires_on is not None:
        return None
    return {}


def _receipt(occasion: Occasion) -> Values | None:
    reset = resets.get(occasion.connection, occasion.row.details["reset_id"])
    person = occasion.person
    if reset is None or person is None or person.reset_id != reset.id or person.expires_on is None:
        return None
    return {
        "reset_on": reset.reset_on.isoformat(),
        "confidence": reset.confidence,
        "expires_on": person.expires_on.isoformat(),
        "last_safe_on": last_safe_on(person.expires_on).isoformat(),
    }


def _escalation(occasion: Occasion) -> Values | None:
    """Name who was reached by an escalated step since this mail was planned and has not reset."""
    members = {found.person.id: found for found in _members(occasion)}
    reached = occasion.about or _reached(occasion, members)
    told = [members[key] for key in reached if key in members]
    others = {found.person.id: found for found in told if not is_about(found.person, occasion.row.recipient)}
    return {"people": _listed(others.values())} if others else None


def _reached(occasion: Occasion, members: Mapping[int, Standing]) -> list[int]:
    rows = outbox.first_planned(occasion.connection, members, occasion.row.planned_at, occasion.now)
    return [
        row.person_id
        for row in rows
        if row.person_id is not None
        and row.person_id in members
        and row.step is not None
        and is_escalated(row.step)
        and row.cycle_on == members[row.person_id].person.expires_on
    ]


def _members(occasion: Occasion) -> list[Standing]:
    return standing.of_practice(occasion.connection, occasion.practice.id, occasion.now)


def _described(found: Standing) -> Values:
    """Describe one person for the admins."""
    expiry = found.person.expires_on
    return {
        "id": found.person.id,
        "name": found.person.name,
        "role": found.role,
        "expires_on": expiry.isoformat() if expiry else None,
        "days_left": found.days_left,
        "reached": not found.is_unreachable,
    }


def _digest(occasion: Occasion) -> Values:
    """Tell the admins how things stand; if nothing is wrong, until when."""
    members = _members(occasion)
    coverage = standing.coverage(members, occasion.today)
    expiring = [found for found in members if _expires_soon(found)]
    dates = [found.person.expires_on for found in members if found.person.expires_on]
    return {
        "total": len(members),
        "expiring": _listed(expiring),
        "expired": _listed(found for found in members if found.status is Status.EXPIRED),
        "unknown": _listed(found for found in members if found.status is Status.UNKNOWN),
        "unreachable": _listed(found for found in members if found.is_unreachable),
        "absent": [
            {**_described(found), "lapses": found.lapses_while_away}
            for found in members
            if found.is_absent or found.lapses_while_away
        ],
        "coverage": {"registered": coverage.registered, "working": len(coverage.working), "at_risk": coverage.at_risk},
        "failed": outbox.failed_count(occasion.connection, occasion.practice.id),
        "good_until": min(dates).isoformat() if dates else None,
    }


def _expires_soon(found: Standing) -> bool:
    return found.days_left is not None and 0 < found.days_left <= HORIZON_DAYS


def _listed(found: Iterable[Standing]) -> list[Values]:
    return [
        _described(one) for one in sorted(found, key=lambda one: (one.person.expires_on or date.max, one.person.name))
    ]


def _coverage(occasion: Occasion) -> Values | None:
    members = _members(occasion)
    coverage = standing.coverage(members, occasion.today)
    if not coverage.at_risk:
        return None
    return {
        "registered": coverage.registered,
        "working": len(coverage.working),
        "people": _listed(found for found in members if found.role in COVERING_ROLES),
    }


def _notice(occasion: Occasion) -> Values | None:
    return None if occasion.person is None else dict(occasion.row.details)


def _one_time_link(occasion: Occasion) -> Values | None:
    """Carry a link, unless the mail waited so long that the link has run out."""
    details = dict(occasion.row.details)
    return details if occasion.now < datetime.fromisoformat(details["until"]) else None


WRITERS: dict[Kind, Callable[[Occasion], Values | None]] = {
    Kind.WARNING: _clock,
    Kind.EXPIRED: _clock,
    Kind.ASK: _ask,
    Kind.RECEIPT: _receipt,
    Kind.ESCALATION: _escalation,
    Kind.DIGEST: _digest,
    Kind.COVERAGE: _coverage,
    Kind.NOTICE: _notice,
    Kind.SIGN_IN: _one_time_link,
    Kind.INVITATION: _one_time_link,
    Kind.ADDRESS: _one_time_link,
    Kind.ACCOUNT: lambda occasion: dict(occasion.row.details),
}


def occasions(connection: Connection, rows: Sequence[Reminder], now: datetime) -> list[Occasion]:
    """Gather what is common to all mails, for many at once."""
    homes = practices.load(connection, {row.practice_id for row in rows})
    persons = people.load(connection, {row.person_id for row in rows if row.person_id is not None})
    roles = memberships.practices_of(connection, persons)
    away = absences.of_people(connection, persons)
    return [
        Occasion(
            connection=connection,
            row=row,
            practice=homes[row.practice_id],
            person=persons.get(row.person_id or 0),
            roles=dict(roles.get(row.person_id or 0, ())),
            away=away.get(row.person_id or 0, ()),
            today=local_date(now, homes[row.practice_id].schedule.zone),
            now=now,
        )
        for row in rows
    ]
