"""Hear "I reset it": what the link in a mail stands for now, and what pressing its buttons does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.mail.links import Purpose, Token, address_mark
from reminder.policy.expiry import days_left, reset_on_from_days_left
from reminder.policy.model import Confidence, Kind
from reminder.policy.moments import local_date
from reminder.policy.resets import check_admin_date, check_days_left, check_person_date
from reminder.store import admins, events, memberships, people, planning, practices, resets, rules

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.store.resets import Reset

UNDO_DAYS = 7
"""How long a person may take a confirmation back by themselves."""

UNKNOWN_CYCLE = "unknown"
"""What a link is bound to that asks somebody whose reset is not known yet."""


class Standing(StrEnum):
    """What a link is good for now."""

    OPEN = "open"
    ENDED = "ended"
    UNDOABLE = "undoable"
    UNDONE = "undone"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visitor with a valid link: who they are, and what the link is good for. Shows nobody else."""

    person: Person
    home: Practice
    today: date
    standing: Standing
    token: Token
    reset: Reset | None

    @property
    def expires_on(self) -> date | None:
        """Return the expiry date that holds now."""
        return self.person.expires_on

    @property
    def days_left(self) -> int | None:
        """Return the days left today, if a date is known."""
        return None if self.person.expires_on is None else days_left(self.person.expires_on, self.today)


def visit(connection: Connection, token: Token | None, now: datetime) -> Visit | None:
    """Look up what a link stands for; None for one that is not ours, or was mailed to an address no longer on file."""
    if token is None:
        return None
    reset = resets.get(connection, token.subject) if token.purpose is Purpose.RECEIPT else None
    person_id = token.subject if token.purpose is not Purpose.RECEIPT else reset.person_id if reset else None
    person = people.get(connection, person_id) if person_id is not None else None
    if person is None or person.home_id is None:
        return None
    if token.address_mark not in {address_mark(address) for address in (person.email, person.second_email) if address}:
        return None
    home = practices.load(connection, [person.home_id])[person.home_id]
    return Visit(
        person=person,
        home=home,
        today=local_date(now, home.schedule.zone),
        standing=_standing(connection, person, token, reset, now),
        token=token,
        reset=reset or resets.current(connection, person.id),
    )


def _standing(connection: Connection, person: Person, token: Token, reset: Reset | None, now: datetime) -> Standing:
    if token.purpose is Purpose.RECEIPT and reset is not None:
        if resets.is_undone(connection, reset.id):
            return Standing.UNDONE
        fresh = now - reset.recorded_at <= timedelta(days=UNDO_DAYS)
        return Standing.UNDOABLE if fresh and person.reset_id == reset.id else Standing.ENDED
    cycle = person.expires_on.isoformat() if person.expires_on else UNKNOWN_CYCLE
    return Standing.OPEN if token.cycle == cycle else Standing.ENDED


def confirm_date(connection: Connection, seen: Visit, reset_on: date, now: datetime) -> int | None:
    """Record the day on which the person says they reset; return the reset's number (None: the date was known).

    Raise UsageError for a day that cannot be.
    """
    if seen.standing is not Standing.OPEN:
        return None
    check_person_date(reset_on, seen.today, seen.person.reset_on)
    return _record(connection, seen, reset_on, Confidence.CONFIRMED, now)


def confirm_days_left(connection: Connection, seen: Visit, left: int, now: datetime) -> int | None:
    """Record the days left that I&A shows the person today: outside evidence, so it may also correct the date back."""
    if seen.standing is not Standing.OPEN:
        return None
    rule = rules.load(connection)
    reset_on = reset_on_from_days_left(rule, check_days_left(left, rule), seen.today)
    return _record(connection, seen, reset_on, Confidence.READ, now)


def _record(connection: Connection, seen: Visit, reset_on: date, confidence: Confidence, now: datetime) -> int | None:
    who = seen.person
    reset_id = resets.record(connection, who, reset_on, confidence, recorded_by=f"person:{who.id}", now=now)
    if reset_id is None:
        return None
    detail: dict[str, Any] = {"reset_on": reset_on.isoformat(), "confidence": confidence}
    if seen.token.purpose is Purpose.CALL_SHEET:  # an admin has held this link, too: the records tell it apart
        detail["through"] = "call sheet"
    events.record(connection, "reset.recorded", actor=f"person:{who.id}", now=now, person_id=who.id, **detail)
    standing.recheck(connection, who.id, now)
    plan_receipt(connection, who.id, reset_id, now)
    return reset_id


def plan_receipt(connection: Connection, person_id: int, reset_id: int, now: datetime) -> None:
    """Plan the receipt of a confirmation; it goes at once, at any hour."""
    person = people.get(connection, person_id)
    if person is None or person.home_id is None or person.address is None:
        return
    home = practices.load(connection, [person.home_id])[person.home_id]
    if home.is_trial:
        return
    plan = planning.Plan(
        key=f"receipt/{reset_id}/{person.address}",
        kind=Kind.RECEIPT,
        practice_id=home.id,
        person_id=person.id,
        recipient=person.address,
        urgent_on=local_date(now, home.schedule.zone) - timedelta(days=365),
        next_at=now,
        closes_at=None,
        details={"reset_id": reset_id},
    )
    planning.add(connection, [plan], now)


def is_own(seen: Visit, now: datetime) -> bool:
    """Tell whether the reset that counts is one the visitor confirmed in the last seven days: they may take it back."""
    reset = seen.reset
    return (
        reset is not None
        and reset.id == seen.person.reset_id
        and reset.recorded_by == f"person:{seen.person.id}"
        and now - reset.recorded_at <= timedelta(days=UNDO_DAYS)
    )


def take_back(connection: Connection, seen: Visit, reset_id: int, now: datetime, *, disputed: bool) -> bool:
    """Undo a confirmation of the last seven days; `disputed`: it was not this person, so the admins are told.

    False if there is nothing (any more) that this visitor may undo.
    """
    reset = seen.reset
    if reset is None or reset.id != reset_id or not is_own(seen, now):
        return False
    actor = f"person:{seen.person.id}"
    resets.undo(connection, reset, recorded_by=actor, now=now)
    detail: dict[str, Any] = {"reset_on": reset.reset_on.isoformat(), "disputed": disputed}
    event_id = events.record(connection, "reset.undone", actor=actor, now=now, person_id=seen.person.id, **detail)
    standing.recheck(connection, seen.person.id, now)
    if disputed:
        notify_admins(connection, seen.person, "disputed", event_id, now, reset_on=reset.reset_on.isoformat())
    return True


def not_needed(connection: Connection, seen: Visit, now: datetime) -> None:
    """Tell the admins that the person says they no longer need the account; nothing else changes."""
    actor = f"person:{seen.person.id}"
    event_id = events.record(connection, "account.not_needed", actor=actor, now=now, person_id=seen.person.id)
    day = seen.today.isoformat()
    notify_admins(connection, seen.person, "not_needed", event_id, now, once=f"not_needed/{seen.person.id}/{day}")


def notify_admins(
    connection: Connection,
    person: Person,
    matter: str,
    event_id: int,
    now: datetime,
    *,
    once: str = "",
    **details: str,
) -> None:
    """Plan a notice to the admins of every practice of the person; it goes at once."""
    ids = list(memberships.roles_of(connection, person.id))
    plans = [
        planning.Plan(
            key=f"notice/{once or event_id}/{practice_id}/{found.email}",
            kind=Kind.NOTICE,
            practice_id=practice_id,
            person_id=person.id,
            recipient=found.email,
            urgent_on=now.date() - timedelta(days=30),
            next_at=now,
            closes_at=None,
            details={"matter": matter, **details},
        )
        for practice_id, found_admins in admins.of_practices(connection, ids).items()
        for found in found_admins
        if found.email != person.email
    ]
    planning.add(connection, plans, now)


def record_by_admin(
    connection: Connection,
    person: Person,
    *,
    actor: str,
    now: datetime,
    practice_id: int | None,
    reset_on: date | None = None,
    left: int | None = None,
) -> int | None:
    """Record a reset that an admin names, by its date or by the days left that I&A shows today.

    Return its number, or None if that date was known already; raise UsageError for a date that cannot be.
    """
    today = local_date(now, memberships.home_zone(connection, person.id))
    if left is not None:
        rule = rules.load(connection)
        reset_on, confidence = reset_on_from_days_left(rule, check_days_left(left, rule), today), Confidence.READ
    else:
        reset_on, confidence = check_admin_date(reset_on or today, today), Confidence.ENTERED
    reset_id = resets.record(
        connection,
        person,
        reset_on,
        confidence,
        recorded_by=actor,
        now=now,
        practice_id=practice_id,
    )
    if reset_id is not None:
        detail: dict[str, Any] = {"reset_on": reset_on.isoformat(), "confidence": confidence}
        events.record(
            connection,
            "reset.recorded",
            actor=actor,
            now=now,
            practice_id=practice_id,
            person_id=person.id,
            **detail,
        )
        standing.recheck(connection, person.id, now)
    return reset_id


def undo_by_admin(
    connection: Connection, person: Person, *, actor: str, now: datetime, practice_id: int | None
) -> date:
    """Take the person's last reset back and return its date.

    Only its recorder and the person's home may do so. Raise UsageError if there is none or it is not theirs.
    """
    reset = resets.current(connection, person.id)
    if reset is None:
        message = f"{person.name}: no reset is recorded, so there is nothing to undo"
        raise UsageError(message)
    if practice_id is not None and practice_id not in {person.home_id, reset.practice_id}:
        message = f"{person.name}: this reset was recorded elsewhere; only its recorder or the person can undo it"
        raise UsageError(message)
    resets.undo(connection, reset, recorded_by=actor, now=now)
    detail: dict[str, Any] = {"reset_on": reset.reset_on.isoformat()}
    events.record(
        connection, "reset.undone", actor=actor, now=now, practice_id=practice_id, person_id=person.id, **detail
    )
    standing.recheck(connection, person.id, now)
    return reset.reset_on
