"""What happened to one person, latest first: resets, mails, absences, edits, as far as it concerns the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.mail.wording import longdate
from reminder.policy.model import Confidence, State
from reminder.store import imports, journal, outbox, resets
from reminder.web import actions, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.events import Event
    from reminder.store.imports import Import
    from reminder.store.outbox import Reminder
    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.store.resets import Reset
    from reminder.web.actors import Actors
    from reminder.web.pages import Viewer

SHOWN = 500
"""So many mails and deeds are read: ten years of one person's."""

TOLD_OTHERWISE = frozenset({"reset.recorded", "reset.undone"})
"""What stands in a row of its own anyway, with more about it."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line: when, what, who or why; `href`: where more of it is shown. `icon`: the shape beside it."""

    at: datetime
    icon: str
    what: str
    more: str = ""
    href: str = ""


def timeline(
    connection: Connection, person: Person, viewer: Viewer, actors: Actors, until: datetime | None = None
) -> list[Entry]:
    """Return what happened to a person, the latest first; of who has left, `until` then.

    Steps that were over before their mail was written are left out: whoever is registered late has a handful of them.
    """
    mine = list(viewer.practices)
    lists = {found.id: found for found in imports.of_person(connection, person.id, mine)}
    mails = outbox.history(connection, practice_ids=mine, person_id=person.id, limit=SHOWN)
    done = journal.read(connection, journal.Wanted(practice_ids=mine, person_ids=[person.id]), limit=SHOWN)
    entries = [
        *(_reset_entry(row, lists, actors) for row in resets.journal(connection, person.id)),
        *(_mail_entry(row) for row in mails if row.content is not None or row.state is not State.SUPERSEDED),
        *(_import_entry(found, actors) for found in lists.values()),
        *(_event_entry(event, viewer.practices, actors) for event in done if event.action not in TOLD_OTHERWISE),
    ]
    told = [entry for entry in entries if until is None or entry.at <= until]
    return sorted(told, key=lambda entry: entry.at, reverse=True)


def source_words(reset: Reset, lists: Mapping[int, Import], actors: Actors) -> str:
    """Return how we know a reset: `confirmed by Maria Lopez`, `from a list (roster.xlsx)`."""
    who = actors.name(reset.recorded_by)
    if reset.confidence is Confidence.IMPORTED:
        found = lists.get(reset.import_id or 0)
        return f"from a list ({found.file_name})" if found else "from a list"
    said = {
        Confidence.CONFIRMED: f"confirmed by {who}",
        Confidence.READ: f"read from I&A by {who}",
        Confidence.ENTERED: f"entered by {who}",
    }
    return said.get(reset.confidence, "assumed")


def _reset_entry(row: Reset, lists: Mapping[int, Import], actors: Actors) -> Entry:
    day = longdate(row.reset_on.isoformat())
    if row.undoes_id is not None:
        who = actors.name(row.recorded_by)
        return Entry(at=row.recorded_at, icon="undo-2", what=f"Reset of {day} taken back", more=f"by {who}")
    source = source_words(row, lists, actors)
    return Entry(at=row.recorded_at, icon="circle-check", what=f"Reset on {day}", more=source)


def _mail_entry(row: Reminder) -> Entry:
    why = words.reason_words(row)
    state = words.state_words(row)
    return Entry(
        at=moment_of(row),
        icon="mail" if row.state is State.SENT else "mail-x" if row.state is State.FAILED else "minus",
        what=words.KINDS[row.kind],
        more=f"{state}: {why}" if why else state,
        href=f"/mails/{row.id}" if row.content is not None else "",
    )


def moment_of(row: Reminder) -> datetime:
    """Return when a mail came to stand where it stands; for one that waits, when it is to go."""
    moments = {
        State.PLANNED: row.next_at,
        State.CLAIMED: row.claimed_at,
        State.SENDING: row.sending_at,
        State.SENT: row.sent_at,
        State.IN_DOUBT: row.in_doubt_at,
        State.DEFERRED: row.deferred_at,
        State.FAILED: row.failed_at,
        State.CANCELLED: row.cancelled_at,
        State.SUPERSEDED: row.superseded_at,
    }
    return moments[row.state] or row.planned_at


def _import_entry(found: Import, actors: Actors) -> Entry:
    undone = "; taken back since" if found.undone_at else ""
    return Entry(
        at=found.imported_at,
        icon="upload",
        what=f"In the list {found.file_name}",
        more=f"imported by {actors.name(found.imported_by)}{undone}",
        href=f"/people/imports/{found.id}",
    )


ICONS = {
    "person.registered": "user-plus",
    "person.home": "house",
    "person.paused": "pause",
    "person.pause_cleared": "circle-check",
    "person.absence_ended": "circle-check",
    "person.removed": "log-out",
    "person.returned": "undo-2",
    "account.not_needed": "info",
}
"""The shapes beside what was done; a pencil beside all else."""


def _event_entry(event: Event, practices: Mapping[int, Practice], actors: Actors) -> Entry:
    where = practices[event.practice_id].name if event.practice_id and len(practices) > 1 else ""
    changed = [f"{name}: {old or 'none'} → {new or 'none'}" for name, old, new in actions.changes(event)]
    return Entry(
        at=event.happened_at,
        icon=ICONS.get(event.action, "pencil"),
        what=actions.sentence(event),
        more="; ".join(filter(None, [*changed, f"by {actors.name(event.actor)}", where])),
    )
