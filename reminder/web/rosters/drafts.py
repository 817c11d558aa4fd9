"""Lists that were read and wait for their last button. They wait in this process, without the file and its passwords."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException

from reminder.jobs import standing
from reminder.jobs.import_terms import Outcome, Request
from reminder.jobs.importing import import_roster
from reminder.policy.expiry import longest_lifetime_days
from reminder.roster.reading import read_people
from reminder.roster.table import with_mapping
from reminder.store import rules
from reminder.web.pages import ServicesDep, ViewerDep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reminder.jobs.services import Services
    from reminder.roster.model import Field, Roster
    from reminder.roster.table import Table
    from reminder.store.practices import Practice
    from reminder.web.pages import Viewer

DRAFT_LIFE = timedelta(minutes=30)
MOST_DRAFTS = 50
WAYS_BACK = frozenset({"/setup/people", "/setup/plan"})
"""The pages that may send somebody here and take them back: a way back is never just any address."""


class DraftGoneError(Exception):
    """The list waited too long, was forgotten in a restart, or is somebody else's."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a list says, and what would become of its rows."""

    roster: Roster
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A list that was read. `read` is empty while its columns are unclear; `import_id`: it was imported.

    `mapping` holds what was chosen for the columns, if anything was; `then` is where its owner goes on afterwards.
    """

    admin_id: int
    read_at: datetime
    practice_id: int
    file_name: str
    table: Table
    mapping: Mapping[int, Field] | None = None
    then: str = ""
    read: Read | None = None
    import_id: int | None = None

    @property
    def mapped(self) -> Table:
        """Return the table with its columns meaning what they were guessed or chosen to mean."""
        return self.table if self.mapping is None else with_mapping(self.table, self.mapping)


class Drafts:
    """The lists that wait, by a random key; old ones are dropped."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: dict[str, Draft] = {}
        self.importing = threading.Lock()
        self._changing = threading.Lock()

    def keep(self, draft: Draft) -> str:
        """Keep a list and return its key."""
        key = secrets.token_urlsafe(16)
        with self._changing:
            young = {key: one for key, one in self._waiting.items() if draft.read_at - one.read_at < DRAFT_LIFE}
            self._waiting = {**dict(list(young.items())[1 - MOST_DRAFTS :]), key: draft}
        return key

    def replace(self, key: str, draft: Draft) -> None:
        """Keep what became of a list under the key it has."""
        with self._changing:
            self._waiting[key] = draft

    def get(self, key: str, viewer: Viewer, now: datetime) -> Draft:
        """Return a list of this viewer's; raise DraftGoneError for anybody else's and for one that waited too long."""
        found = self._waiting.get(key)
        if found is None or found.admin_id != viewer.admin.id or now - found.read_at >= DRAFT_LIFE:
            raise DraftGoneError
        return found


DRAFTS = Drafts()


def editable(viewer: Viewer) -> dict[int, Practice]:
    """Return the practices into which the viewer may import; raise 403 if there is none."""
    found = {key: practice for key, practice in viewer.practices.items() if viewer.may_change(key)}
    if not found:
        raise HTTPException(403, "look only")
    return found


def _draft(draft: str, services: ServicesDep, viewer: ViewerDep) -> Draft:
    found = DRAFTS.get(draft, viewer, services.clock())
    if found.practice_id not in editable(viewer):
        raise HTTPException(403, "look only")
    return found


DraftDep = Annotated[Draft, Depends(_draft)]
"""The list whose key stands in the address."""


def looked_at(services: Services, viewer: Viewer, draft: Draft) -> Draft:
    """Return the list with what would become of its rows now; raise UsageError if its columns cannot be read so."""
    target, now = editable(viewer)[draft.practice_id], services.clock()
    with services.store.read() as connection:
        rule_days = longest_lifetime_days(rules.load(connection))
    roster = read_people(
        draft.table,
        file_name=draft.file_name,
        today=standing.today_of(target, now),
        rule_days=rule_days,
        mapping=draft.mapping,
    )
    outcome = import_roster(services.store, wanted(viewer, draft, roster), now)
    return replace(draft, read=Read(roster=roster, outcome=outcome))


def wanted(viewer: Viewer, draft: Draft, roster: Roster) -> Request:
    """Return what an import of the list asks for, as a look at what it would do."""
    allowed = editable(viewer)
    return Request(
        practice=allowed[draft.practice_id],
        allowed=list(allowed.values()),
        roster=roster,
        file_name=draft.file_name,
        by=viewer.admin.name,
        actor=f"admin:{viewer.admin.id}",
        dry_run=True,
    )


def dropped(draft: Draft) -> Iterator[str]:
    """Yield the headings of the columns that look like passwords."""
    yield from (column.header for column in draft.table.columns if column.dropped)
