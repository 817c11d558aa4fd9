"""A mail as it would go out now, and the test mail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs.content import Occasion, values_of
from reminder.jobs.deliver import send_now
from reminder.jobs.freeze import ONE_TIME, compose
from reminder.mail.message import message_id
from reminder.policy.expiry import expires_on
from reminder.policy.model import Confidence, Kind, Role, State
from reminder.policy.moments import local_date
from reminder.store import absences, memberships, people, practices, rules
from reminder.store.outbox import Reminder

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.mail.transport import Verdict
    from reminder.store.people import Person
    from reminder.store.practices import Practice

FORMATS = ("text", "html", "eml")


def preview_mail(
    connection: Connection,
    services: Services,
    kind: str,
    *,
    who: str | None,
    practice_name: str | None,
    form: str,
) -> str:
    """Return a mail of a kind as it would go out now: to somebody, or to an invented example; nothing is sent.

    Raise UsageError for a kind that does not exist, or a mail that has nothing to say about this person today.
    """
    if kind not in set(Kind):
        message = f"preview: {kind!r} is none of {', '.join(Kind)}"
        raise UsageError(message)
    person = people.find(connection, who) if who else None
    home_id = person.home_id if person else None
    practice = practices.load(connection, [home_id])[home_id] if home_id else practices.named(connection, practice_name)
    data = compose_preview(connection, services, Kind(kind), practice, person)
    return show(data, form)


def show(data: bytes, form: str) -> str:
    """Return a mail as text, as HTML or as it goes over the wire."""
    if form == "eml":
        return data.decode("ascii")
    parsed = message_from_bytes(data, policy=policy.default)
    part = parsed.get_body(preferencelist=("html" if form == "html" else "plain",))
    if part is None:
        message = f"preview: this mail has no {form} part"
        raise UsageError(message)
    content: str = part.get_content()
    return content


def compose_preview(
    connection: Connection,
    services: Services,
    kind: Kind,
    practice: Practice,
    person: Person | None,
) -> bytes:
    """Write a mail without planning it."""
    now = services.clock()
    row = unplanned_row(kind, practice, person, now)
    occasion = Occasion(
        connection=connection,
        row=row,
        practice=practice,
        person=person,
        roles=memberships.roles_of(connection, person.id) if person else {},
        away=absences.of_people(connection, [person.id]).get(person.id, ()) if person else (),
        today=local_date(now, practice.schedule.zone),
        now=now,
    )
    real = _real_values(occasion, kind)
    values = real if real is not None else _example(connection, occasion, kind)
    return compose(services, row, values, services.wording)


INVENTED = frozenset({Kind.NOTICE, Kind.ACCOUNT, Kind.TEST, Kind.ESCALATION, Kind.COVERAGE, *ONE_TIME})
"""Kinds that are about an event, and so are shown with an invented one."""


def _real_values(occasion: Occasion, kind: Kind) -> dict[str, Any] | None:
    if kind in INVENTED:
        return None
    if kind is not Kind.DIGEST and occasion.person is None:
        return None
    return values_of(occasion)


def unplanned_row(kind: Kind, practice: Practice, person: Person | None, now: datetime) -> Reminder:
    """Describe a reminder that is in no table."""
    day = local_date(now, practice.schedule.zone)
    unset: dict[str, Any] = dict.fromkeys(Reminder._fields)
    given = {
        "id": 0,
        "key": "preview",
        "kind": kind,
        "practice_id": practice.id,
        "person_id": person.id if person else 0,
        "cycle_on": person.expires_on if person else day,
        "trial": False,
        "recipient": person.address or person.email if person else "alex.example@practice.example",
        "state": State.PLANNED,
        "urgent_on": day,
        "details": {"reset_id": (person.reset_id if person else None) or 0},
        "message_id": message_id(0, 0, "preview.invalid"),
        "frozen_at": now.replace(microsecond=0),
        "planned_at": now,
        "fence": 0,
        "failures": 0,
        "doubts": 0,
    }
    return Reminder(**{**unset, **given})


def _example(connection: Connection, occasion: Occasion, kind: Kind) -> dict[str, Any]:
    """Invent somebody for whom a mail of this kind would be due today."""
    if occasion.person is not None and kind in (Kind.WARNING, Kind.EXPIRED, Kind.ASK, Kind.RECEIPT):
        message = f"preview: {occasion.person.name} gets no mail of the kind {kind} as things stand; leave --for away to see an example"
        raise UsageError(message)
    today = occasion.today
    expiry = today + timedelta(days=-7 if kind is Kind.EXPIRED else 7)
    listed = [
        _someone("Alex Example", today + timedelta(days=3), today),
        _someone("Robin Sample", today - timedelta(days=1), today),
    ]
    common = {
        "practice_name": occasion.practice.name,
        "sender_name": occasion.practice.sender_name,
        "contact": occasion.practice.reply_to,
        "own": asdict(occasion.practice.own_words),
        "today": today.isoformat(),
        "trial_for": None,
        "person_name": "Alex Example",
        "colleague": occasion.practice.reply_to.partition("@")[0],
        "first_mail": False,
    }
    clock = {
        "role": Role.STAFF_END_USER,
        "expires_on": expiry.isoformat(),
        "last_safe_on": (expiry - timedelta(days=1)).isoformat(),
        "days_left": (expiry - today).days,
        "single_point_of_failure": False,
    }
    next_expiry = expires_on(rules.load(connection), today)
    specific: dict[Kind, dict[str, Any]] = {
        Kind.WARNING: clock,
        Kind.EXPIRED: clock,
        Kind.RECEIPT: {
            "reset_on": today.isoformat(),
            "confidence": Confidence.CONFIRMED,
            "expires_on": next_expiry.isoformat(),
            "last_safe_on": (next_expiry - timedelta(days=1)).isoformat(),
        },
        Kind.ESCALATION: {"people": listed},
        Kind.COVERAGE: {"registered": 1, "working": 0, "people": listed[1:]},
        Kind.NOTICE: {"matter": "disputed", "reset_on": today.isoformat()},
        Kind.SIGN_IN: {"nonce": "example"},
        Kind.INVITATION: {"nonce": "example", "inviter": "Robin Sample", "admin_role": "editor"},
        Kind.ADDRESS: {"nonce": "example", "admin_name": "Alex Example"},
        Kind.ACCOUNT: {"matter": "password"},
    }
    return {**common, **specific.get(kind, {})}


def _someone(name: str, expiry: date, today: date) -> dict[str, Any]:
    return {
        "name": name,
        "role": Role.AUTHORIZED_OFFICIAL,
        "expires_on": expiry.isoformat(),
        "days_left": (expiry - today).days,
        "reached": True,
    }


def send_test_mail(services: Services, recipient: str, practice: Practice | None = None) -> Verdict:
    """Send one test mail outside the queue, in the name of a practice (the first one without); return the answer."""
    with services.store.read() as connection:
        if practice is None:
            practice = practices.named(connection, next((p.name for p in practices.load(connection).values()), None))
        data = compose_preview(connection, services, Kind.TEST, practice, None)
    from email.utils import make_msgid

    parsed = message_from_bytes(data, policy=policy.SMTP)
    parsed.replace_header("Message-ID", make_msgid(domain=services.sender_address.rpartition("@")[2]))
    parsed.replace_header("To", recipient)
    return send_now(services, services.sender_address, recipient, parsed.as_bytes())
