"""Write the people of a roster who are new, some thousands at a time: a list may hold a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reminder.jobs import standing
from reminder.policy.expiry import expires_on
from reminder.policy.resets import RosterClaim, weigh_roster_claim
from reminder.store import imports
from reminder.store.statements import chunks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Rule
    from reminder.roster.model import RosterRow
    from reminder.store.practices import Practice

    Newcomer = Sequence[tuple[RosterRow, Practice]]
    """The rows about one person, and where each goes; the first practice is their home."""


@dataclass(frozen=True, kw_only=True)
class Adder:
    """Registers newcomers in the transaction of their import.

    `by`: whom to name as the one who registered them, `actor`: as their resets name whoever did; `seen_on`: the day on
    which figures of days left were first read.
    """

    connection: Connection
    import_id: int
    by: str
    actor: str
    now: datetime
    rule: Rule
    seen_on: date
    _clocks: dict[Any, dict[str, date | None]] = field(default_factory=dict)

    def add(self, newcomers: Collection[Newcomer]) -> None:
        """Write the people, their memberships and first resets, and what taking the import back needs."""
        for some in chunks(newcomers):
            people = [self._person(*rows[0]) for rows in some]
            ids = imports.add_people(self.connection, people)
            members = [
                self._membership(key, person["expires_on"], row, practice, is_home=place == 0)
                for key, person, rows in zip(ids, people, some, strict=True)
                for place, (row, practice) in enumerate(rows)
            ]
            imports.add_memberships(self.connection, members)
            imports.add_first_resets(self.connection, self.import_id, ids, by=self.actor, now=self.now)
            imports.keep_joined(self.connection, self.import_id, members)
            first = [(key, rows[0][0]) for key, rows in zip(ids, some, strict=True)]
            figures = [(key, row.days_left) for key, row in first if row.days_left is not None and row.as_of is None]
            imports.note_readings(self.connection, self.import_id, figures, self.seen_on)

    def _person(self, row: RosterRow, practice: Practice) -> dict[str, Any]:
        return {
            "name": row.name,
            "email": row.email,
            "second_email": row.second_email,
            "user_id": row.user_id,
            "home_id": practice.id,
            "registered_at": self.now,
            "registered_by": self.by,
            "next_step_at": self.now,
            **self._clock(row, practice),
        }

    def _clock(self, row: RosterRow, practice: Practice) -> dict[str, date | None]:
        """Return what a row says about the password; many say the same."""
        key = (row.reset_on, row.days_left, row.as_of, practice.schedule.zone)
        if key not in self._clocks:
            today = standing.today_of(practice, self.now)
            claim = RosterClaim(reset_on=row.reset_on, days_left=row.days_left, as_of=row.as_of)
            reset_on = weigh_roster_claim(claim, None, today, self.rule).reset_on
            self._clocks[key] = {
                "reset_on": reset_on,
                "expires_on": expires_on(self.rule, reset_on) if reset_on else None,
                "known_on": today if reset_on else None,
            }
        return self._clocks[key]

    def _membership(
        self, person_id: int, expiry: date | None, row: RosterRow, practice: Practice, *, is_home: bool
    ) -> dict[str, Any]:
        return {
            "person_id": person_id,
            "practice_id": practice.id,
            "role": row.role,
            "registered_at": self.now,
            "registered_by": self.by,
            "expires_on": expiry,
            "is_home": is_home,
        }
