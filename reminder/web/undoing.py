"""Which lines of the history can be taken back, and by which button."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.jobs.staff import TAKE_BACK
from reminder.store import imports, journal, memberships, people, resets, skips
from reminder.web.rosters.past import may_undo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
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
    bulk = [one for one in events if one.action.startswith("bulk.") and one.action != "bulk.undone"]
    gone = journal.undone(connection, "bulk.undone", now - BULK_LIFE) if bulk else set()
    found = {one.id: _of_bulk(viewer, one, now) for one in bulk if one.id not in gone}
    for event in events:
        if event.action in WAYS:
            found[event.id] = WAYS[event.action](connection, viewer, event, now)
    return {number: undo for number, undo in found.items() if undo is not None}


def _of_bulk(viewer: Viewer, event: Event, now: datetime) -> Undo | None:
    may = event.practice_id is None or viewer.may_change(event.practice_id)
    return Undo(path=f"/people/undo/{event.id}") if may and now - event.happened_at <= BULK_LIFE else None


def _of_import(connection: Connection, viewer: Viewer, event: Event, now: datetime) -> Undo | None:
    found = imports.load(connection, event.detail["import_id"])
    if found is None or not may_undo(connection, viewer, found, now):
        return None
    return Undo(path=f"/people/imports/{found.id}/undo")


def _of_reset(connection: Connection, viewer: Viewer, event: Event, now: datetime) -> Undo | None:  # noqa: ARG001 - as every way
    """Take only the reset that counts back, by the person's home or by who recorded it."""
    person = people.get(connection, event.person_id or 0)
    counting = resets.current(connection, person.id) if person is not None else None
    if person is None or counting is None or counting.recorded_at != event.happened_at:
        return None
    here = {key for key in memberships.roles_of(connection, person.id) if viewer.may_change(key)}
    may = here & {person.home_id, counting.practice_id}
    return Undo(path=f"/people/{person.id}/undo") if may else None


def _of_skip(connection: Connection, viewer: Viewer, event: Event, now: datetime) -> Undo | None:  # noqa: ARG001 - as every way
    """Let a mail that is still skipped go after all, if the person's home says so."""
    person = people.get(connection, event.person_id or 0)
    step, cycle_on = event.detail["step"], event.detail["cycle_on"]
    if person is None or person.home_id is None or not viewer.may_change(person.home_id):
        return None
    is_skipped = step in skips.of_present_cycles(connection, [person.id]).get(person.id, {})
    if not is_skipped or person.expires_on is None or person.expires_on.isoformat() != cycle_on:
        return None
    form = {"cycle_on": cycle_on, "step": str(step)}
    return Undo(path=f"/schedule/people/{person.id}/take-back", form=form)


def _of_leaving(connection: Connection, viewer: Viewer, event: Event, now: datetime) -> Undo | None:
    """Bring whoever left back with the same role, as long as nobody has taken them back."""
    practice_id, person_id = event.practice_id or 0, event.person_id or 0
    member = memberships.member(connection, person_id, practice_id) if viewer.may_change(practice_id) else None
    if member is None or member.left_at != event.happened_at or now - event.happened_at > TAKE_BACK:
        return None
    return Undo(path=f"/people/{person_id}/return", form={"practice": str(practice_id)})


WAYS: dict[str, Callable[[Connection, Viewer, Event, datetime], Undo | None]] = {
    "roster.imported": _of_import,
    "reset.recorded": _of_reset,
    "step.skipped": _of_skip,
    "person.removed": _of_leaving,
}
"""How what was done to one person or by one list is taken back, by its action."""
