"""What admins do to one person: register, edit, pause, remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.roster.fields import FieldError
from reminder.store import absences, admins, by_hand, events, memberships, people, planning

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Absence, Role
    from reminder.store.people import Person
    from reminder.store.practices import Practice

OPEN_END = "until further notice"
REMOVED = "person.removed"
TAKE_BACK = timedelta(days=30)
"""For so long a leaving can be taken back as if it had not been."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Who is to be registered; every value has passed the border (`roster.fields`)."""

    name: str
    email: str
    role: Role
    second_email: str | None = None
    user_id: str | None = None
    language: str | None = None


def register(
    connection: Connection, practice: Practice, wanted: Registration, *, by: str, actor: str, now: datetime
) -> int:
    """Register a person in a practice and return the id; `by` is the colleague whom the first mail names.

    Somebody who is registered elsewhere already keeps what stands there. Raise UsageError if the address or the user
    ID belongs to somebody else.
    """
    known = matching(connection, wanted, practice)
    if known is None:
        optional = {"second_email": wanted.second_email, "user_id": wanted.user_id, "language": wanted.language}
        person_id = people.add(connection, name=wanted.name, email=wanted.email, now=now, registered_by=by, **optional)
    else:
        person_id = known.id
        if not memberships.roles_of(connection, known.id):
            people.change(connection, known.id, {"registered_at": now, "registered_by": by})
    _join(connection, person_id, practice, wanted.role, by=by, actor=actor, now=now)
    return person_id


def join(
    connection: Connection, person: Person, practice: Practice, role: Role, *, by: str, actor: str, now: datetime
) -> None:
    """Register somebody in one more practice; raise UsageError if they are in it already."""
    if practice.id in memberships.roles_of(connection, person.id):
        message = f"{person.name} is registered in {practice.name} already; change the role there"
        raise UsageError(message)
    _join(connection, person.id, practice, role, by=by, actor=actor, now=now)
    standing.settle_coverage(connection, [practice.id], now)


def _join(
    connection: Connection, person_id: int, practice: Practice, role: Role, *, by: str, actor: str, now: datetime
) -> None:
    memberships.join_practice(connection, person_id, practice.id, role, now=now, registered_by=by)
    events.record(
        connection,
        "person.registered",
        actor=actor,
        now=now,
        practice_id=practice.id,
        person_id=person_id,
        role=role,
    )


def colleague(connection: Connection, practice: Practice) -> str:
    """Return whom the first mail names as the one who registered the reader: the practice's first owner."""
    found = admins.of_practices(connection, [practice.id]).get(practice.id, [])
    return found[0].name if found else practice.name


def matching(connection: Connection, wanted: Registration, practice: Practice) -> Person | None:
    """Return the registered person this is; raise UsageError if the address or user ID is another person's."""
    by_user_id = people.with_user_id(connection, wanted.user_id) if wanted.user_id else None
    by_email = people.with_email(connection, wanted.email)
    if by_email is not None and by_user_id is not None and by_email.id != by_user_id.id:
        message = f"email: {wanted.email} and the user ID {wanted.user_id} belong to two different people; correct one"
        raise UsageError(message)
    if by_email is not None and by_user_id is None and not same_name(by_email.name, wanted.name):
        raise _taken(connection, "email", wanted.email, by_email, practice)
    return by_user_id or by_email


def _taken(connection: Connection, field: str, value: str, owner: Person, practice: Practice) -> FieldError:
    """Return the error for a value that is somebody else's; they are named only to a practice that has them."""
    is_here = practice.id in memberships.roles_of(connection, owner.id)
    name = owner.name if is_here else "somebody else who is registered"
    return FieldError(field, value, f"already belongs to {name}; each person needs one of their own")


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same, letter case and spacing aside."""
    return one.casefold().split() == other.casefold().split()


def edit(
    connection: Connection,
    person: Person,
    practice: Practice,
    values: dict[str, Any],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Change a person's name, addresses, user ID or language; only their home may.

    A new address is tried even if the old one was refused. Raise UsageError if it belongs to somebody else.
    """
    if person.home_id != practice.id:
        message = f"{person.name}: only the practice that is the person's home may change this; ask them or the person"
        raise UsageError(message)
    check_free(connection, person, practice, values)
    changed = {name: value for name, value in values.items() if getattr(person, name) != value}
    if not changed:
        return
    if "email" in changed:
        changed |= {"email_refused_at": None, "email_refused_reply": None, "next_step_at": now}
    if "second_email" in changed:
        changed |= {"second_refused_at": None, "next_step_at": now}
    people.change(connection, person.id, changed)
    by_hand.readdress(connection, [person.id], now)
    names = sorted(name for name in changed if name in values)
    detail: dict[str, Any] = {
        "before": {name: getattr(person, name) for name in names},
        "after": {name: values[name] for name in names},
    }
    events.record(
        connection,
        "person.edited",
        actor=actor,
        now=now,
        practice_id=practice.id,
        person_id=person.id,
        fields=names,
        **detail,
    )


def check_free(connection: Connection, person: Person, practice: Practice, values: dict[str, Any]) -> None:
    """Raise UsageError if an address or user ID in `values` is another person's."""
    finders = {"email": people.with_email, "second_email": people.with_email, "user_id": people.with_user_id}
    for field, find in finders.items():
        owner = find(connection, values[field]) if values.get(field) else None
        if owner is not None and owner.id != person.id:
            raise _taken(connection, field, values[field], owner, practice)


def change_role(
    connection: Connection, person: Person, practice: Practice, role: Role, *, actor: str, now: datetime
) -> None:
    """Give a member another role in a practice."""
    memberships.set_role(connection, person.id, practice.id, role)
    events.record(
        connection,
        "person.role",
        actor=actor,
        now=now,
        practice_id=practice.id,
        person_id=person.id,
        role=role,
    )
    standing.recheck(connection, person.id, now)


def move_home(connection: Connection, person: Person, practice: Practice, *, actor: str, now: datetime) -> None:
    """Make another of the person's practices their home."""
    if practice.id not in memberships.roles_of(connection, person.id):
        message = f"{person.name} is not registered in {practice.name}; register them there first"
        raise UsageError(message)
    memberships.set_home(connection, person.id, practice.id, now)
    events.record(connection, "person.home", actor=actor, now=now, practice_id=practice.id, person_id=person.id)


def pause(connection: Connection, person: Person, away: Absence, *, actor: str, now: datetime) -> int:
    """Record that a person is away and return its number; without an end their mails stop until it is cleared."""
    if away.to_on is not None and away.to_on < away.from_on:
        message = f"absence: it ends on {away.to_on}, before it begins on {away.from_on}; swap the two"
        raise UsageError(message)
    absence_id = absences.add(connection, person.id, away, now=now, recorded_by=actor)
    detail: dict[str, Any] = {
        "from_on": away.from_on.isoformat(),
        "to_on": away.to_on.isoformat() if away.to_on else OPEN_END,
    }
    events.record(connection, "person.paused", actor=actor, now=now, person_id=person.id, **detail)
    standing.recheck(connection, person.id, now)
    return absence_id


def end_absence(connection: Connection, person: Person, absence_id: int, *, actor: str, now: datetime) -> None:
    """End one absence of a person before its time; raise UsageError if it is not theirs or has been ended."""
    noted = absences.get(connection, absence_id)
    if noted is None or noted.person_id != person.id or not absences.end(connection, noted, now):
        message = f"{person.name}: this absence has been ended already; look at the page again"
        raise UsageError(message)
    detail: dict[str, Any] = {"from_on": noted.away.from_on.isoformat()}
    events.record(connection, "person.absence_ended", actor=actor, now=now, person_id=person.id, **detail)
    standing.recheck(connection, person.id, now)


def clear_pause(connection: Connection, person: Person, *, actor: str, now: datetime) -> int:
    """End every absence of a person; return how many there were."""
    cleared = absences.clear(connection, person.id, now)
    events.record(connection, "person.pause_cleared", actor=actor, now=now, person_id=person.id)
    standing.recheck(connection, person.id, now)
    return cleared


def remove(connection: Connection, person: Person, practice: Practice, *, actor: str, now: datetime) -> None:
    """End a person's membership; their home passes on, and without one nothing more is sent."""
    standing.recheck(connection, person.id, now)
    memberships.leave_practice(connection, person.id, practice.id, now)
    left = people.get(connection, person.id)
    if left is not None and left.home_id is None:
        planning.cancel_clock(connection, person.id, reason="left the practice", now=now)
    was_home = person.home_id == practice.id
    events.record(
        connection,
        REMOVED,
        actor=actor,
        now=now,
        practice_id=practice.id,
        person_id=person.id,
        was_home=was_home,
    )


def take_back(connection: Connection, person: Person, practice: Practice, *, actor: str, now: datetime) -> None:
    """Undo a leaving of the last 30 days: the same role, and their cycle goes on. Raise UsageError if it is too late."""
    member = memberships.member(connection, person.id, practice.id)
    if member is None or member.left_at is None:
        message = f"{person.name} has not left {practice.name}, so there is nothing to take back"
        raise UsageError(message)
    if now - member.left_at > TAKE_BACK:
        message = f"{person.name} left more than {TAKE_BACK.days} days ago; register them again"
        raise UsageError(message)
    done = events.of_person(connection, person.id, [practice.id])
    home = next((event.detail.get("was_home", False) for event in done if event.action == REMOVED), False)
    memberships.return_to_practice(connection, person.id, practice.id, now, home=home)
    events.record(connection, "person.returned", actor=actor, now=now, practice_id=practice.id, person_id=person.id)
    standing.recheck(connection, person.id, now)
