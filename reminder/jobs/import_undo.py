"""Take an import back: its resets, its registrations, and every value that is still as it left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.policy.model import Role
from reminder.store import events, imports, memberships, people, practices, resets

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def undo_import(connection: Connection, import_id: int, *, actor: str, now: datetime) -> int:
    """Take an import back: its resets, its registrations, and every value that is still as it left it.

    Return how many people it touched; raise UsageError if there is no such import or it was taken back before.
    """
    found = imports.load(connection, import_id)
    if found is None or found.undone_at is not None:
        state = "does not exist" if found is None else "was taken back before"
        message = f"import {import_id} {state}; the number stands in the import's output"
        raise UsageError(message)
    changes = imports.changes_of(connection, import_id)
    for change in changes:
        _undo_change(connection, change, import_id, actor=actor, now=now)
    imports.mark_undone(connection, import_id, now)
    standing.settle_coverage(connection, practices.load(connection), now)
    events.record(
        connection,
        "roster.undone",
        actor=actor,
        now=now,
        practice_id=found.practice_id,
        import_id=import_id,
    )
    return len(changes)


def _undo_change(
    connection: Connection,
    change: imports.Change,
    import_id: int,
    *,
    actor: str,
    now: datetime,
) -> None:
    person = people.get(connection, change.person_id)
    if person is None:
        return
    for reset, undone in resets.history(connection, person.id):
        if reset.import_id == import_id and not undone:
            resets.undo(connection, reset, recorded_by=actor, now=now)
    if "joined" in change.after:
        memberships.leave_practice(connection, person.id, change.after["joined"], now)
    if "role" in change.before:
        memberships.set_role(connection, person.id, change.after["role_in"], Role(change.before["role"]))
    columns = ("name", "email", "second_email", "user_id")
    restored = {
        key: change.before[key] for key in columns if key in change.before and getattr(person, key) == change.after[key]
    }
    if restored:
        people.change(connection, person.id, {**restored, "next_step_at": now})
