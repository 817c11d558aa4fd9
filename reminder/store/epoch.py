"""Sees that somebody put an older copy in the place of the database: a mark outside it counts the passes, too.

Yesterday's outbox does not know today's mails. `reminder db restore` holds the queue; who copies a file over another,
or loads an old dump, is not asked. So each pass is counted in the database and then on the mark: a database that knows
of fewer passes than the mark is an older one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import select

from reminder.store import outbox, people, system
from reminder.store.tables import system as facts

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from reminder.store.engine import Store

PASSES = "passes"

REASON = "the database is an older copy: fewer passes are recorded in it than were run"
CURE = "look at what waits, since mails that have gone may be among it"
RESTORED = "a backup was restored"
"""Why the queue is held after a restore: an older copy, too, whose reader is told as much."""


def begin_pass(store: Store, mark: Path, now: datetime) -> bool:
    """Count a pass that begins, in the database and on the mark; if the database is an older copy, hold the queue.

    Whatever it was held for when it was copied says nothing of its age, and the mail server's word would release it.
    Return whether it is the present one. One that knows nobody and has never had a mail was made anew, and is; one that
    knows somebody may be of the days before their first mail. The mark follows the database, so that a crash between
    the two holds nothing.
    """
    seen = passes_on(mark)
    with store.write() as connection:
        known = passes(connection)
        is_old = known < seen and _knows_somebody(connection)
        held = system.hold(connection)
        if is_old and (held is None or held.reason != RESTORED):
            system.set_hold(connection, system.Hold(reason=REASON, cure=CURE, since_at=now))
        reached = max(known, seen) + 1
        system.put(connection, PASSES, str(reached))
    with suppress(OSError):  # a machine that may not write there has no mark
        _write(mark, reached)
    return not is_old


def _knows_somebody(connection: Connection) -> bool:
    """Tell whether there was ever a mail, or there is anybody to remind; the people are counted only if need be."""
    return outbox.newest_moment(connection) is not None or people.registered_count(connection) > 0


def passes(connection: Connection) -> int:
    """Return how many passes the database knows of; on PostgreSQL the next one waits until this transaction is over."""
    return int(connection.scalar(select(facts.c.value).where(facts.c.key == PASSES).with_for_update()) or 0)


def count(connection: Connection, least: int) -> None:
    """Let the database know of so many passes at least: of a restore that was asked for the queue is held already."""
    system.put(connection, PASSES, str(max(passes(connection), least)))


def passes_on(mark: Path) -> int:
    """Return how many passes a mark has counted; one that is not there, or that a power cut emptied, says nothing."""
    try:
        return int(mark.read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _write(mark: Path, number: int) -> None:
    partial = mark.with_name(f".{mark.name}.{os.getpid()}")
    partial.write_text(str(number), "ascii")
    partial.replace(mark)
