"""Release a held queue, and send single mails again by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.jobs.tick import TRUSTED_FROM
from reminder.policy.model import State
from reminder.store import events, outbox, people, practices, sending, system

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.outbox import Reminder


def release_queue(connection: Connection, *, actor: str, now: datetime) -> bool:
    """Release the queue after an admin has seen the list; False if it was not held.

    A wrong clock may have set times that are far ahead of the right one: every clock, practice and mail is looked at
    again.
    """
    held = system.hold(connection)
    if held is None:
        return False
    system.clear_hold(connection)
    system.put(connection, TRUSTED_FROM, now.isoformat())
    people.look_again_all(connection, now)
    practices.check_all(connection, now)
    sending.bring_back(connection, now)
    events.record(connection, "queue.released", actor=actor, now=now, reason=held.reason)
    return True


def resend(connection: Connection, reminder_id: int, *, actor: str, now: datetime) -> Reminder:
    """Let a mail that failed or is in doubt go once more; raise UsageError for any other."""
    row = outbox.load(connection, reminder_id)
    if row is None or row.state not in (State.FAILED, State.IN_DOUBT):
        state = "does not exist" if row is None else f"is {row.state}"
        message = f"mail {reminder_id} {state}; only mails that failed or are in doubt can be sent again"
        raise UsageError(message)
    outbox.again(connection, reminder_id, now)
    if row.person_id is not None and row.state is State.FAILED:
        people.change(connection, row.person_id, {"email_refused_at": None, "email_refused_reply": None})
    events.record(
        connection,
        "mail.resent",
        actor=actor,
        now=now,
        practice_id=row.practice_id,
        person_id=row.person_id,
        mail=row.id,
    )
    return row
