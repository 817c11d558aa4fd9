"""Which lines of the history can be taken back, and by which button."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.store import imports, journal, memberships, people, resets
from reminder.web.rosters.importing import UNDO_LIFE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.events import Event
    from reminder.web.pages import Viewer

BULK_LIFE = timedelta(days=30)
"""How long what was done to many people at once can be taken back."""


@dataclass(frozen=True, kw_only=True)
class Undo:
    """A button that takes something back: where its form goes, with which fields."""

    path: str
    form: Mapping[str, str] = field(default_factory=dict)


def undos(connection: Connection, viewer: Viewer, events: Sequence[Event], now: datetime) -> dict[int, Undo]:
    """Return which of these events this viewer may take back now, by their numbers."""
    found: dict[int, Undo] = {}
    bulk = {one.id for one in events if one.action.startswith("bulk.")}
    gone = journal.undone(connection, "bulk.undone", now - BULK_LIFE) if bulk else set()
    for event in events:
        undo = None
        if event.action == "roster.imported":
            undo = _of_import(connection, viewer, event, now)
        elif event.action == "reset.recorded":
            undo = _of_reset(connection, viewer, event)
        elif event.id in bulk - gone and event.action != "bulk.undone" and now - event.happened_at <= BULK_LIFE:
            may = event.practice_id is None or viewer.may_change(event.practice_id)
            undo = Undo(path=f"/people/undo/{event.id}") if may else None
        if undo is not None:
            found[event.id] = undo
    return found


def _of_import(connection: Connection, viewer: Viewer, event: Event, now: datetime) -> Undo | None:
    found = imports.load(connection, event.detail["import_id"])
    if found is None or found.undone_at is not None or now - found.imported_at > UNDO_LIFE:
        return None
    return Undo(path=f"/people/imports/{found.id}/undo") if viewer.may_change(found.practice_id) else None


def _of_reset(connection: Connection, viewer: Viewer, event: Event) -> Undo | None:
    """Only the reset that counts is taken back, by the person's home or by who recorded it."""
    person = people.get(connection, event.person_id or 0)
    counting = resets.current(connection, person.id) if person is not None else None
    if person is None or counting is None or counting.recorded_at != event.happened_at:
        return None
    here = {key for key in memberships.roles_of(connection, person.id) if viewer.may_change(key)}
    may = here & {person.home_id, counting.practice_id}
    return Undo(path=f"/people/{person.id}/undo") if may else None
