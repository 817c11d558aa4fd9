"""What becomes of a reminder after the server's answer: its new state and times, and what it says of the address."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from reminder.jobs.freeze import ONE_TIME
from reminder.mail.transport import Outcome, Verdict
from reminder.policy.model import Kind, State
from reminder.policy.retry import given_up, wait_before
from reminder.policy.window import next_try
from reminder.store import people, practices

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection as Database

    from reminder.store.outbox import Reminder

NO_WINDOW = frozenset({Kind.RECEIPT, Kind.NOTICE, Kind.ACCOUNT, Kind.TEST, *ONE_TIME})
"""Mails that somebody waits for: they go at any hour."""


def consequences(database: Database, row: Reminder, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """Say what becomes of a reminder after the server's answer: its new state and times."""
    reason = f"{verdict.stage}: {verdict.answer}"
    if verdict.outcome is Outcome.ACCEPTED:
        return {"state": State.SENT, "sent_at": now, "reason": None}
    if verdict.outcome is Outcome.IN_DOUBT:
        again_at = now + wait_before(1, _spread()) if row.doubts == 0 else None
        window = {"next_at": again_at, "closes_at": None}
        doubt = {"state": State.IN_DOUBT, "in_doubt_at": row.in_doubt_at or now, "doubts": row.doubts + 1}
        return {**doubt, **window, "reason": reason}
    if verdict.outcome is Outcome.DEFERRED and not given_up(row.planned_at, now):
        failures = row.failures + 1
        window_to_try = next_try(now + wait_before(failures, _spread()), _schedule(database, row), now)
        return {
            "state": State.DEFERRED,
            "deferred_at": now,
            "failures": failures,
            "reason": reason,
            "next_at": window_to_try.opens_at,
            "closes_at": window_to_try.closes_at,
        }
    return {"state": State.FAILED, "failed_at": now, "reason": reason}


def _spread() -> float:
    """Return a random number from 0 to 1 for the jitter."""
    return secrets.randbelow(1000) / 1000


def _schedule(database: Database, row: Reminder) -> Any:  # noqa: ANN401 - Schedule or None
    if row.kind in NO_WINDOW:
        return None
    return practices.load(database, [row.practice_id])[row.practice_id].schedule


def mark_refused(database: Database, row: Reminder, reply: str, now: datetime) -> None:
    """Note that the server refuses an address for good, and have the clock looked at: a second one may serve."""
    person = people.get(database, row.person_id) if row.person_id and not row.trial else None
    if person is None:
        return
    if row.recipient == person.email:
        values = {"email_refused_at": now, "email_refused_reply": reply, "next_step_at": now}
        people.change(database, person.id, values)
    elif row.recipient == person.second_email:
        people.change(database, person.id, {"second_refused_at": now, "next_step_at": now})
