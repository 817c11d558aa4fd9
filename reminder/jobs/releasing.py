"""Release a held queue, send mails again by hand, and say when the last one leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import link_check
from reminder.jobs.tick import TRUSTED_FROM
from reminder.policy.model import State
from reminder.policy.pace import DAY, MINUTE, Limits, Waiting, last_leaves_at
from reminder.store import events, messages, outbox, people, planning, practices, sending, system

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import MailLimits
    from reminder.mail.links import Links
    from reminder.policy.model import Kind
    from reminder.store.outbox import Reminder


def hold_queue(connection: Connection, *, actor: str, now: datetime) -> bool:
    """Hold the queue by hand until somebody releases it; False if it waits for that already."""
    held = system.Hold(reason="somebody held it by hand", cure="see that its reason is over", since_at=now)
    if not system.hold_for_admin(connection, held):
        return False
    events.record(connection, "queue.held", actor=actor, now=now)
    return True


def release_queue(connection: Connection, *, actor: str, now: datetime, links: Links | None = None) -> bool:
    """Release the queue after an admin has seen the list; False if it was not held.

    `links`: those of the machine on which it is released, which are right from now on if they were held for.

    A wrong clock may have set times that are far ahead of the right one: every clock, practice and mail is looked at
    again.
    """
    held = system.hold(connection)
    if held is None:
        return False
    system.clear_hold(connection)
    if links is not None and held.reason in link_check.REASONS:
        link_check.accept_links(connection, links)
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
    _send_again(connection, row, now)
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


def resend_failed(
    connection: Connection, practice_ids: Collection[int], kind: Kind, *, actor: str, now: datetime
) -> int:
    """Let every mail of a kind that these practices could not send go once more; return how many there are."""
    sent_again: dict[int, list[int]] = {}
    for reminder_id in messages.failed_of_kind(connection, practice_ids, kind):
        row = outbox.load(connection, reminder_id)
        if row is not None:
            _send_again(connection, row, now)
            sent_again.setdefault(row.practice_id, []).append(row.id)
    for practice_id, mails in sent_again.items():
        detail: dict[str, Any] = {"kind": kind, "mails": mails}
        events.record(connection, "mail.resent_all", actor=actor, now=now, practice_id=practice_id, **detail)
    return sum(map(len, sent_again.values()))


def _send_again(connection: Connection, row: Reminder, now: datetime) -> None:
    """Put a mail back into the queue; the address it goes to is tried although it was refused."""
    planning.again(connection, row.id, now)
    if row.person_id is None or row.trial or row.state is not State.FAILED:
        return
    person = people.get(connection, row.person_id)
    look = {"next_step_at": now}  # a step that had no address to go to may go now
    if person is not None and row.recipient == person.email:
        people.change(connection, person.id, {"email_refused_at": None, "email_refused_reply": None, **look})
    elif person is not None and row.recipient == person.second_email:
        people.change(connection, person.id, {"second_refused_at": None, **look})


def last_leaves(connection: Connection, limits: MailLimits, now: datetime) -> datetime | None:
    """Return when the last mail that waits leaves under the mail server's limits; None without a limit or a mail."""
    if limits.minute is None and limits.day is None:
        return None
    times = messages.waiting_times(connection)
    homes = practices.load(connection, {practice_id for *_, practice_id in times})
    waiting = [
        Waiting(mails=mails, opens_at=opens_at, closes_at=closes_at, schedule=homes[practice_id].schedule)
        for opens_at, closes_at, mails, practice_id in times
    ]
    server = Limits(
        minute=limits.minute,
        day=limits.day,
        sent_in_a_minute=sending.tries_since(connection, now - MINUTE, now),
        sent_in_a_day=sending.tries_since(connection, now - DAY),
    )
    return last_leaves_at(now, waiting, server)
