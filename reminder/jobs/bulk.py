"""What admins do to many people of a practice at once, and how it is taken back.

Each act is one event that holds what it takes to reverse exactly what it did. Taking back passes over whoever was
changed since: nobody's later word is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import confirm, staff
from reminder.store import absences, events, memberships, people, resets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.policy.model import Absence
    from reminder.store.events import Event
    from reminder.store.practices import Practice

BULK_RESET = "bulk.reset"
BULK_PAUSE = "bulk.pause"
BULK_REMOVE = "bulk.remove"
BULK_UNDONE = "bulk.undone"


@dataclass(frozen=True, kw_only=True)
class By:
    """Who acts, for which practice, and when."""

    connection: Connection
    practice: Practice
    actor: str
    now: datetime

    def record(self, action: str, **detail: Any) -> int:  # noqa: ANN401 - plain JSON values of any shape
        """Write the one event of an act and return its number."""
        key = self.practice.id
        return events.record(self.connection, action, actor=self.actor, now=self.now, practice_id=key, **detail)


def record_resets(by: By, ids: Collection[int], reset_on: date) -> int:
    """Record the same reset for several people and return the event; raise UsageError for a day that cannot be."""
    recorded = [
        confirm.record_by_admin(
            by.connection, person, actor=by.actor, now=by.now, practice_id=by.practice.id, reset_on=reset_on
        )
        for person in people.load(by.connection, ids).values()
    ]
    new = [key for key in recorded if key is not None]
    return by.record(BULK_RESET, reset_on=reset_on.isoformat(), done=new, unchanged=len(recorded) - len(new))


def pause(by: By, ids: Collection[int], away: Absence) -> int:
    """Note the same absence of several people and return the event; raise UsageError if it ends before it begins."""
    known = absences.of_people(by.connection, ids)
    new = [
        staff.pause(by.connection, person, away, actor=by.actor, now=by.now)
        for person in people.load(by.connection, ids).values()
        if away not in known.get(person.id, ())
    ]
    to_on = away.to_on.isoformat() if away.to_on else staff.OPEN_END
    return by.record(BULK_PAUSE, from_on=away.from_on.isoformat(), to_on=to_on, done=new, unchanged=len(ids) - len(new))


def remove(by: By, ids: Collection[int]) -> int:
    """Take several people out of the practice and return the event; their history stays."""
    found = people.load(by.connection, ids)
    for person in found.values():
        staff.remove(by.connection, person, by.practice, actor=by.actor, now=by.now)
    return by.record(BULK_REMOVE, done=list(found), unchanged=0)


def may_take_back(event: Event, now: datetime) -> bool:
    """Tell whether an event is an act on many people of the last 30 days."""
    return event.action in TAKERS_BACK and now - event.happened_at <= staff.TAKE_BACK


def take_back(by: By, event: Event) -> int:
    """Reverse an act on many people for everybody who was not changed since, and return the event that says so."""
    if not may_take_back(event, by.now):
        message = f"This cannot be taken back any more: it is no act on several people, or older than {staff.TAKE_BACK.days} days."
        raise UsageError(message)
    done = event.detail["done"]
    reversed_ = sum(TAKERS_BACK[event.action](by, event, key) for key in done)
    return by.record(BULK_UNDONE, event=event.id, done=reversed_, unchanged=len(done) - reversed_)


def _take_back_reset(by: By, event: Event, key: int) -> bool:  # noqa: ARG001 - as every taker back
    """Take one reset back if it still counts."""
    reset = resets.get(by.connection, key)
    person = people.get(by.connection, reset.person_id) if reset else None
    if person is None or person.reset_id != key:
        return False
    confirm.undo_by_admin(by.connection, person, actor=by.actor, now=by.now, practice_id=by.practice.id)
    return True


def _take_back_pause(by: By, event: Event, key: int) -> bool:  # noqa: ARG001 - as every taker back
    """End one absence if nobody has ended it."""
    noted = absences.get(by.connection, key)
    person = people.get(by.connection, noted.person_id) if noted and noted.cleared_at is None else None
    if person is None:
        return False
    staff.end_absence(by.connection, person, key, actor=by.actor, now=by.now)
    return True


def _take_back_leaving(by: By, event: Event, key: int) -> bool:
    """Let one person return if they are still gone since then."""
    member = memberships.member(by.connection, key, by.practice.id)
    if member is None or member.left_at != event.happened_at:
        return False
    staff.take_back(by.connection, member.person, by.practice, actor=by.actor, now=by.now)
    return True


TAKERS_BACK: dict[str, Callable[[By, Event, int], bool]] = {
    BULK_RESET: _take_back_reset,
    BULK_PAUSE: _take_back_pause,
    BULK_REMOVE: _take_back_leaving,
}
"""For each act, what reverses it for one person: True if it did."""
