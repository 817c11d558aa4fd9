"""Which registered person, and which practice, a row of a roster means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.jobs.staff import same_name
from reminder.store import imports, memberships

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from reminder.policy.model import Role
    from reminder.roster.model import Roster, RosterRow
    from reminder.store.people import Person
    from reminder.store.practices import Practice


class RowError(Exception):
    """A row that cannot go in, with the column and value to name."""

    def __init__(self, problem: str, column: str, value: str) -> None:
        """Take the problem in words, and what it is about."""
        super().__init__(problem)
        self.column, self.value = column, value


class Matcher:
    """Everybody whom a roster may mean, read at once. Rows without a practice go to `default`, the others to one of `allowed`."""

    def __init__(self, connection: Connection, roster: Roster, default: Practice, allowed: Sequence[Practice]) -> None:
        """Read whoever has one of the roster's addresses or user IDs."""
        self.default, self.allowed = default, allowed
        self.by_name = {practice.name.casefold(): practice for practice in allowed}
        user_ids = {row.user_id.lower() for row in roster.rows if row.user_id}
        emails = {row.email for row in roster.rows} | {row.second_email for row in roster.rows if row.second_email}
        known = imports.matching(connection, emails, user_ids)
        self.known_ids = {person.id for person in known}
        self.by_email = {
            address: person for person in known for address in (person.email, person.second_email) if address
        }
        self.by_user_id = {person.user_id.lower(): person for person in known if person.user_id}
        self.memberships = memberships.practices_of(connection, self.known_ids)

    def roles_of(self, person: Person) -> dict[int, Role]:
        """Return the person's present practices and the role in each."""
        return dict(self.memberships.get(person.id, []))

    def renew(self, before: Person, now: Person, roles: dict[int, Role]) -> None:
        """Take in what a row has changed of a person, for later rows about the same one."""
        self.by_email |= {
            address: now
            for address in (before.email, before.second_email, now.email, now.second_email)
            if address and self.by_email.get(address) in (before, None)
        }
        self.by_user_id |= {user_id.lower(): now for user_id in (before.user_id, now.user_id) if user_id}
        self.memberships[now.id] = list(roles.items())

    def practice_of(self, row: RosterRow) -> Practice:
        """Return the practice a row goes to; raise RowError for one that is not here."""
        if row.practice is None:
            return self.default
        found = self.by_name.get(row.practice.casefold())
        if found is None:
            there = ", ".join(sorted(practice.name for practice in self.allowed))
            problem = f"{row.practice!r} is not a practice here; there are: {there}"
            raise RowError(problem, "practice", row.practice)
        return found

    def person_of(self, row: RosterRow, practice: Practice) -> Person | None:
        """Return the registered person whom the row means, or None for somebody new; raise RowError for a clash."""
        by_email = self.by_email.get(row.email)
        by_user_id = self.by_user_id.get(row.user_id.lower()) if row.user_id else None
        second = self.by_email.get(row.second_email) if row.second_email else None
        person = by_user_id or by_email
        if second is not None and second != person:
            problem = f"already belongs to {self._call(second, practice)}"
            raise RowError(problem, "second_email", row.second_email or "")
        if by_email is not None and by_user_id is not None and by_email.id != by_user_id.id:
            problem = (
                f"belongs to {self._call(by_email, practice)}, but the user ID to {self._call(by_user_id, practice)}"
            )
            raise RowError(problem, "email", row.email)
        if person is None or self._is_blank(person) or same_name(person.name, row.name):
            return person
        if by_user_id is None:
            problem = f"address already belongs to {self._call(person, practice)}; each person needs one of their own"
            raise RowError(problem, "email", row.email)
        if by_email is None:
            problem = f"already belongs to {self._call(person, practice)}; each person has an account of their own"
            raise RowError(problem, "user_id", row.user_id or "")
        return person

    def _is_blank(self, person: Person) -> bool:
        """Tell whether nothing but the address is left of a registration, as after an import was taken back."""
        return person.id not in self.memberships and person.reset_id is None

    def _call(self, person: Person, practice: Practice) -> str:
        """Name a person only to a practice that has them: none sees whom another one has."""
        mine = {where for where, _ in self.memberships.get(person.id, [])}
        return person.name if practice.id in mine else "somebody else who is registered"
