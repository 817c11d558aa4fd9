"""Whom the bar under the staff table is about: the ticked, or everybody who fits the filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from reminder.errors import UsageError
from reminder.jobs.bulk import By
from reminder.store import memberships, people
from reminder.store.listing import Key, Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.web.pages import Viewer
    from reminder.web.people.filters import Filter

MOST = 2000
"""People changed at once, all or nobody: that takes some seconds, in which nobody else can write."""


TICKS = "who"
"""The field of the ticks."""


class ChoiceError(UsageError):
    """A field of the bar that cannot be taken: `field` says which."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field, so that the page can lead to it."""
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the form says of whom it is about: the view, whether everybody in it, and who is ticked."""

    asked: Filter
    everyone: bool
    who: Sequence[str]

    def keys(self, connection: Connection, viewer: Viewer, now: datetime, *, any_number: bool = False) -> list[Key]:
        """Return whom the viewer chose and may change; raise ChoiceError if there is nobody or (unless `any_number`) too many."""
        if self.everyone:
            here = {key: one for key, one in self.asked.here(viewer).items() if viewer.may_change(key)}
            found = Listing(connection, here, now).keys(self.asked.wanted)
        else:
            found = self._ticked(connection, viewer)
        if not found:
            raise ChoiceError(TICKS, "Tick at least one person, or choose all, then press the button again.")
        if len(found) > MOST and not any_number:
            words = f"That is {len(found):,} people; at most {MOST:,} are changed at once. Choose fewer by a filter."
            raise ChoiceError(TICKS, words)
        return found

    def _ticked(self, connection: Connection, viewer: Viewer) -> list[Key]:
        keys = [_key(text) for text in self.who]
        known = memberships.some_members(connection, keys)
        if any(key.practice_id not in viewer.practices or key not in known for key in keys):
            raise HTTPException(404)
        if not all(viewer.may_change(key.practice_id) for key in keys):
            raise HTTPException(403, "look only")
        return [key for key in dict.fromkeys(keys) if known[key].left_at is None]


def _key(text: str) -> Key:
    """Read a tick's value; one that no page of ours holds names nobody."""
    person_id, _, practice_id = text.partition("-")
    if not (text.isascii() and person_id.isdecimal() and practice_id.isdecimal() and len(text) < 20):
        raise HTTPException(404)
    return Key(int(person_id), int(practice_id))


def by_home(connection: Connection, keys: Sequence[Key]) -> dict[int, list[int]]:
    """Return the people by the practice that acts on them, each once: their home if it was chosen."""
    homes = {key: who.home_id for key, who in people.load(connection, {key.person_id for key in keys}).items()}
    acting: dict[int, int] = {}
    for key in keys:
        if key.person_id not in acting or key.practice_id == homes[key.person_id]:
            acting[key.person_id] = key.practice_id
    return grouped(Key(*pair) for pair in acting.items())


def grouped(keys: Iterable[Key]) -> dict[int, list[int]]:
    """Return the people by practice."""
    found: dict[int, list[int]] = {}
    for key in keys:
        found.setdefault(key.practice_id, []).append(key.person_id)
    return found


def by_viewer(connection: Connection, viewer: Viewer, practice_id: int, now: datetime) -> By:
    """Return the viewer as the one who acts for a practice."""
    practice = viewer.practices[practice_id]
    return By(connection=connection, practice=practice, actor=f"admin:{viewer.admin.id}", now=now)


def after(asked: Filter, numbers: Sequence[int]) -> str:
    """Return the address of the same view with the notes of what was done."""
    address = asked.url()
    return address + ("&" if "?" in address else "?") + "&".join(f"event={number}" for number in numbers)
