"""Compare a row with somebody who is registered: change what it may change, and keep what stood there before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from reminder import facts
from reminder.jobs.import_terms import NEW, Difference, Fate, Verdict
from reminder.policy.model import Confidence
from reminder.policy.moments import local_date
from reminder.store import import_reversal, imports, memberships, people, resets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Role
    from reminder.policy.resets import Weighed
    from reminder.roster.model import RosterRow
    from reminder.store.people import Person
    from reminder.store.practices import Practice

NO_DATE = "no date"
NOTHING = "nothing"
FIELDS = ("name", "email", "second_email", "user_id")
CLEARED_BY = {"email": ("email_refused_at", "email_refused_reply"), "second_email": ("second_refused_at",)}
"""What is forgotten of an address when another takes its place."""


@dataclass(kw_only=True)
class Update:
    """One row about one registered person: what it changes, for people and for the undo, and why it changes no more."""

    row: RosterRow
    person: Person
    practice: Practice
    roles: dict[int, Role]
    joins: bool = False
    differences: list[Difference] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def fate(self) -> Fate:
        """Return what became of the row; of somebody who was not here yet it tells nothing that is known elsewhere."""
        if self.joins:
            return NEW
        verdict = Verdict.UPDATED if self.after else Verdict.UNCHANGED
        return Fate(verdict=verdict, differences=tuple(self.differences), reasons=tuple(self.reasons))

    def note(self, name: str, before: str | None, after: str) -> None:
        """Note a difference in words."""
        self.differences.append(Difference(field=name, before=before or NOTHING, after=after))


@dataclass(frozen=True, kw_only=True)
class Updater:
    """Applies rows to people who are registered, in the transaction of their import.

    `zones`: those of their homes; `waiting`: their reminders that a new date would call off, as they are; `recorded`:
    the resets that are still to be written, by person: all at once, but before another row about one of them is read.
    """

    connection: Connection
    import_id: int
    by: str
    actor: str
    practice_id: int
    now: datetime
    zones: Mapping[int, str]
    waiting: Mapping[int, dict[str, Any]]
    recorded: dict[int, date] = field(default_factory=dict)

    def apply_membership(self, update: Update) -> None:
        """Let the person join the practice, or give them the row's role in it."""
        person, practice, role, roles = update.person, update.practice, update.row.role, update.roles
        if practice.id not in roles:
            update.joins = True
            update.before["member"] = import_reversal.membership_row(self.connection, person.id, practice.id)
            if not roles:
                again = {"registered_at": self.now, "registered_by": self.by}
                people.change(self.connection, person.id, again)
            memberships.join_practice(
                self.connection, person.id, practice.id, role, now=self.now, registered_by=self.by
            )
            update.after["joined"] = practice.id
            update.after["member"] = import_reversal.membership_row(self.connection, person.id, practice.id)
        elif roles[practice.id] is not role:
            memberships.set_role(self.connection, person.id, practice.id, role)
            update.before["role"], update.after["role"] = roles[practice.id], role
            update.after["role_in"] = practice.id
            update.note("role", facts.ROLE_NAMES[roles[practice.id]], facts.ROLE_NAMES[role])
        roles[practice.id] = role

    def apply_fields(self, update: Update) -> str | None:
        """Change name, addresses and user ID if the practice is home; else return that they differ."""
        row, person = update.row, update.person
        theirs = {key: getattr(row, key) for key in FIELDS}
        if row.email == person.second_email:
            del theirs["email"]
        changed = {key: value for key, value in theirs.items() if value and value != getattr(person, key)}
        if not changed:
            return None
        if person.home_id not in {update.practice.id, None}:
            reason = f"{', '.join(sorted(changed))} differ from what the person's home practice has"
            update.reasons.append(reason)
            return reason
        for key, value in changed.items():
            update.note(key, getattr(person, key), value)
        cleared = {column: None for key in changed for column in CLEARED_BY.get(key, ())}
        update.after |= changed
        if not changed.keys().isdisjoint(CLEARED_BY):  # mails to the former address may be called off
            update.before["waiting"] = self.waiting.get(person.id, {})
        people.change(self.connection, person.id, {**changed, **cleared, "next_step_at": self.now})
        return None

    def apply_reset(self, update: Update, weighed: Weighed) -> None:
        """Record the row's date if it counts for more than what is known."""
        if weighed.reset_on is None:
            update.reasons.append(weighed.reason)
            return
        update.before["waiting"] = self.waiting.get(update.person.id, {})
        self.recorded[update.person.id] = weighed.reset_on
        known = update.person.reset_on
        update.after["reset_on"] = weighed.reset_on.isoformat()
        update.note("last_reset", known.isoformat() if known else NO_DATE, weighed.reset_on.isoformat())

    def write_resets(self) -> None:
        """Write the resets that were recorded."""
        source: dict[str, str | int | None] = {
            "recorded_by": self.actor,
            "practice_id": self.practice_id,
            "import_id": self.import_id,
        }
        resets.record_all(self.connection, self.recorded, Confidence.IMPORTED, now=self.now, **source)
        self.recorded.clear()

    def as_it_is(self, update: Update) -> Person:
        """Return the person as the row has left them, as far as it matters to a later row about them."""
        if update.joins:
            return people.get(self.connection, update.person.id) or update.person
        values = {key: update.after[key] for key in FIELDS if key in update.after}
        if "reset_on" in update.after:
            values |= {"reset_on": date.fromisoformat(update.after["reset_on"]), "known_on": self.today_of(update)}
        return update.person._replace(**values)

    def today_of(self, update: Update) -> date:
        """Return the local date at the person's home, which may be the practice they have just joined."""
        zone = None if update.joins else self.zones.get(update.person.home_id or 0)
        return local_date(self.now, zone or memberships.home_zone(self.connection, update.person.id))


def with_columns(connection: Connection, updates: Iterable[Update]) -> list[imports.Change]:
    """Return what an import changed, with every column of each person that is another than before it."""
    first: dict[int, Update] = {}
    every = list(updates)
    for update in every:
        first.setdefault(update.person.id, update)
    for person in people.load(connection, first).values():
        update = first[person.id]
        before, after = imports.columns_that_differ(update.person, person)
        update.before |= before
        update.after |= after
    return [imports.Change(person_id=one.person.id, before=one.before, after=one.after) for one in every]
