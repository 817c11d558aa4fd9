"""Set one person back to what stood before an import, value by value; a value that was changed since stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reminder.jobs.import_updating import CLEARED_BY
from reminder.policy.model import Role
from reminder.store import import_reversal, imports, memberships, people, planning, resets

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.imports import Change
    from reminder.store.people import Person

VALUES = ("name", "email", "second_email", "user_id", "registered_at", "registered_by")
"""The columns of a person that an import may change, those aside that follow from resets and memberships."""

LEFT = "left with the import that registered them"


def origins(mine: Sequence[Change]) -> set[int]:
    """Return the earlier imports, taken back meanwhile, of which these changes took something over."""
    return {number for change in mine for number in change.after.get("imports", ())}


def hand_over(connection: Connection, mine: Sequence[Change], later: Change) -> None:
    """Leave what stays of an import to the next one that changed the same person: it may be taken back with that."""
    for change in mine:
        taken_over = sorted({*change.after.get("imports", ()), change.import_id})
        imports.rewrite(
            connection, replace(change, import_id=later.import_id, after={**change.after, "imports": taken_over})
        )


def take_back(
    connection: Connection,
    person: Person,
    mine: Sequence[Change],
    later: Sequence[Change],
    *,
    actor: str,
    now: datetime,
) -> bool:
    """Set a person back, given what the import changed of them, the last change first; tell whether all of it went.

    `later`: what other imports changed of them since.
    """
    taking = _TakingBack(connection, person, mine, actor, now)
    taking.memberships()
    taking.home()
    taking.values()
    taking.clock()
    if later:
        hand_over(connection, mine, later[0])
    return not taking.stays


class _TakingBack:
    """One person and what one import changed of them."""

    def __init__(
        self, connection: Connection, person: Person, mine: Sequence[Change], actor: str, now: datetime
    ) -> None:
        self.connection, self.person, self.mine, self.actor, self.now = connection, person, mine, actor, now
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        waiting: dict[str, Any] = {}
        for change in mine:  # of several changes, what stood before the first counts, and what stands after the last
            self.before |= change.before
            self.after = {**change.after, **self.after}
            waiting |= change.before.get("waiting", {})
        self.before["waiting"] = waiting
        self.stays = False

    def memberships(self) -> None:
        """End or restore the memberships that the import began, and give back the roles it changed."""
        for change in self.mine:
            if "joined" in change.after:
                self._leave(change, change.after["joined"])
            if "role_in" in change.after:
                self._give_role_back(change, change.after["role_in"])

    def _leave(self, change: Change, practice_id: int) -> None:
        if "member" not in change.after:
            memberships.leave_practice(self.connection, self.person.id, practice_id, self.now)
            return
        member = import_reversal.membership_row(self.connection, self.person.id, practice_id)
        if member == change.after["member"]:
            import_reversal.put_membership(self.connection, self.person.id, practice_id, change.before["member"])
        elif member != change.before["member"]:
            self.stays = True

    def _give_role_back(self, change: Change, practice_id: int) -> None:
        member = import_reversal.membership_row(self.connection, self.person.id, practice_id)
        role = member["role"] if member and not member["left_at"] else None
        if role == change.after["role"]:
            memberships.set_role(self.connection, self.person.id, practice_id, Role(change.before["role"]))
        elif role != change.before["role"]:
            self.stays = True

    def home(self) -> None:
        """Give the person the home they had, unless it is no practice of theirs any more."""
        roles = memberships.roles_of(self.connection, self.person.id)
        was = self.before.get("home_id")
        moved = "home_id" in self.before and self.person.home_id == self.after["home_id"]
        if moved and (was in roles or (was is None and not roles)):
            memberships.set_home(self.connection, self.person.id, was, self.now)
        elif self.person.home_id not in roles:
            memberships.settle_home(self.connection, self.person.id, self.now)
        if not roles:
            planning.cancel_clock(self.connection, self.person.id, reason=LEFT, now=self.now)

    def values(self) -> None:
        """Restore what the import overwrote and nobody overwrote since, if no one else has it by now."""
        for name in VALUES:
            present = imports.plain(getattr(self.person, name))
            if name not in self.before or present == self.before[name]:
                continue
            if present == self.after[name] and self._is_free(name):
                old = {column: self.before.get(column) for column in (name, *CLEARED_BY.get(name, ()))}
                import_reversal.put_columns(self.connection, self.person.id, old)
                people.look_again_at(self.connection, {self.person.id: self.now})
            else:
                self.stays = True

    def _is_free(self, name: str) -> bool:
        find = {"email": people.with_email, "second_email": people.with_email, "user_id": people.with_user_id}.get(name)
        owner = find(self.connection, self.before[name]) if find and self.before[name] else None
        return owner is None or owner.id == self.person.id

    def clock(self) -> None:
        """Take the import's resets back; if nothing has moved since, the clock is as it was to the last value."""
        numbers = self._numbers()
        for reset, undone in resets.history(self.connection, self.person.id):
            if reset.import_id in numbers and not undone:
                resets.undo(self.connection, reset, recorded_by=self.actor, now=self.now)
        found = people.get(self.connection, self.person.id) or self.person
        if "known_on" in self.before and found.reset_id == self.before.get("reset_id", found.reset_id):
            import_reversal.put_columns(self.connection, self.person.id, {"known_on": self.before["known_on"]})
        self._look_again(found)

    def _look_again(self, found: Person) -> None:
        """Let the next pass settle what follows, unless nothing has moved since the import."""
        present = imports.plain(self.person.next_step_at)
        if "next_step_at" in self.before and present == self.after["next_step_at"]:
            import_reversal.put_waiting_rows(self.connection, self.before["waiting"])
            present = self.before["next_step_at"]
        elif self.person.next_step_at is None or self.person.next_step_at > self.now:
            present = imports.plain(found.next_step_at)
        import_reversal.put_columns(self.connection, self.person.id, {"next_step_at": present})

    def _numbers(self) -> Collection[int]:
        return {change.import_id for change in self.mine} | origins(self.mine)
