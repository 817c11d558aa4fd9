"""Take an import back: whom it registered, its resets, and every value that is still as it left it.

What somebody changed since stays. A later import that built on this one takes over what it built on, so that several
imports can be taken back in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.jobs.import_taking_back import hand_over, origins, take_back
from reminder.store import by_hand, events, import_reversal, imports, memberships, people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    Changes = dict[int, list[imports.Change]]


@dataclass(frozen=True, kw_only=True)
class Undone:
    """How many people are as they were, and who stays as they are, since they were changed after the import."""

    people: int
    kept: tuple[int, ...]


def undo_import(connection: Connection, import_id: int, *, actor: str, now: datetime) -> Undone:
    """Take an import back and return whom that touched.

    Raise UsageError if there is no such import or it was taken back before.
    """
    found = imports.load(connection, import_id)
    if found is None or found.undone_at is not None:
        state = "does not exist" if found is None else "was taken back before"
        message = f"import {import_id} {state}; the number stands in the import's output"
        raise UsageError(message)
    changes = _by_person(imports.changes_of(connection, import_id))
    concerned = _practices_concerned(connection, changes) | imports.practices_of(connection, import_id)
    later = imports.later_changes(connection, import_id, changes)
    registered = {key for key, mine in changes.items() if any("created" in change.after for change in mine)}
    untouched = _untouched(connection, found, {key: changes[key] for key in registered - later.keys()})
    forgotten = import_reversal.never_mailed(connection, untouched)
    kept = registered - untouched
    for key in kept & later.keys():
        hand_over(connection, changes[key], later[key][0])
    for person in people.load(connection, changes.keys() - forgotten - kept).values():
        went = take_back(connection, person, changes[person.id], later.get(person.id, []), actor=actor, now=now)
        kept |= set() if went else {person.id}
    import_reversal.forget(connection, forgotten)
    by_hand.readdress(connection, changes.keys() - forgotten, now)
    imports.mark_undone(connection, import_id, now)
    standing.settle_coverage(connection, concerned, now)
    undone = Undone(people=len(changes) - len(kept), kept=tuple(sorted(kept)))
    detail: dict[str, Any] = {"import_id": import_id, "people": undone.people, "kept": list(undone.kept)}
    events.record(connection, "roster.undone", actor=actor, now=now, practice_id=found.practice_id, **detail)
    return undone


def _untouched(connection: Connection, found: imports.Import, changes: Changes) -> set[int]:
    """Return which of the people whom the import registered nobody has done anything about since."""
    earlier = {number: imports.load(connection, number) for mine in changes.values() for number in origins(mine)}
    known = {found.id: found} | {number: one for number, one in earlier.items() if one is not None}
    stands_for = {key: [known[number] for number in {found.id, *origins(mine)}] for key, mine in changes.items()}
    return import_reversal.untouched(connection, stands_for)


def _by_person(changes: Sequence[imports.Change]) -> Changes:
    """Return changes by the number of the person, in the same order."""
    found: Changes = {}
    for change in changes:
        found.setdefault(change.person_id, []).append(change)
    return found


def _practices_concerned(connection: Connection, changes: Changes) -> set[int]:
    """Return the present practices of the people whom an import changed."""
    present = memberships.practices_of(connection, changes)
    return {practice_id for parts in present.values() for practice_id, _ in parts}
