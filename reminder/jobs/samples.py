"""Invented people to try the product out with: clearly marked, at addresses that lead nowhere, gone with one click."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.jobs import staff
from reminder.jobs.import_terms import Request
from reminder.jobs.import_undo import undo_import
from reminder.jobs.importing import import_roster
from reminder.jobs.standing import today_of
from reminder.roster.reading import read_roster
from reminder.store import imports, people, practices, system

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.engine import Store
    from reminder.store.practices import Practice

KEPT = "setup.samples"
FILE = "sample people.csv"

PEOPLE = (
    ("Alma Sample", "AO", 50),
    ("Ben Sample", "AM", 12),
    ("Chloe Sample", "SEU", 46),
    ("Farah Sample", "Individual Provider", None),
    ("Hiro Sample", "Surrogate", 63),
)
"""Name, role, and days since the last reset: from one who is up to date to one who has expired and one unknown."""


def add_samples(store: Store, practice: Practice, *, by: str, actor: str, now: datetime) -> None:
    """Register the invented people in a practice."""
    today = today_of(practice, now)
    rows = ["name,email,role,last reset"]
    for name, role, ago in PEOPLE:
        reset_on = "" if ago is None else (today - timedelta(days=ago)).isoformat()
        rows.append(f"{name},{name.lower().replace(' ', '.')}@people.example,{role},{reset_on}")
    roster = read_roster("\n".join(rows).encode(), file_name=FILE, today=today)
    wanted = Request(practice=practice, allowed=[practice], roster=roster, file_name=FILE, by=by, actor=actor)
    outcome = import_roster(store, wanted, now)
    if outcome.import_id is not None:
        with store.write() as connection:
            system.put(connection, KEPT, str(outcome.import_id))


def are_there(connection: Connection) -> bool:
    """Tell whether the invented people are registered."""
    return system.get(connection, KEPT) is not None


def remove_samples(connection: Connection, *, actor: str, now: datetime) -> None:
    """Take the invented people out again, and all that was done to them."""
    kept = system.get(connection, KEPT)
    found = imports.load(connection, int(kept)) if kept is not None else None
    if found is not None and found.undone_at is None:
        undone = undo_import(connection, found.id, actor=actor, now=now)
        practice = practices.load(connection, [found.practice_id])[found.practice_id]
        for person in people.load(connection, undone.kept).values():  # somebody tried something out with them
            staff.remove(connection, person, practice, actor=actor, now=now)
    system.remove(connection, KEPT)
