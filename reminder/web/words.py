"""What kinds of mail, states of a mail and instants are called on the pages: the same everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reminder.mail.diagnosis import in_plain_words
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.business_days import ONE_DAY
from reminder.policy.model import Kind, State
from reminder.policy.moments import zone_named

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.store.outbox import Reminder

KINDS = {
    Kind.ASK: "Question: when was the last reset?",
    Kind.WARNING: "Reminder before expiry",
    Kind.EXPIRED: "Reminder after expiry",
    Kind.RECEIPT: "Receipt for a reset",
    Kind.ESCALATION: "To admins: who has not reset",
    Kind.DIGEST: "To admins: weekly summary",
    Kind.COVERAGE: "To admins: AO/AM coverage",
    Kind.NOTICE: "To admins: a person's answer",
    Kind.SIGN_IN: "Sign-in link",
    Kind.INVITATION: "Invitation to an admin",
    Kind.ADDRESS: "To confirm an admin's address",
    Kind.ACCOUNT: "To an admin: their own account",
    Kind.TEST: "Test mail",
}
"""Each kind of mail, as a line of a list."""

STATES = {
    State.PLANNED: "Planned",
    State.CLAIMED: "Sending",
    State.SENDING: "Sending",
    State.SENT: "Sent",
    State.IN_DOUBT: "May not have arrived",
    State.DEFERRED: "Inbox not accepting mail right now",
    State.FAILED: "We could not send (our side)",
    State.CANCELLED: "Called off",
    State.SUPERSEDED: "Overtaken",
}
"""Each state of a mail, where the server's answer does not say more."""

_ANSWER = re.compile(rf"({'|'.join(Stage)}): *(?:(\d{{3}})\b *)?(.*)", re.DOTALL)
"""The reason of a mail that was tried: at which stage, the reply's code, the reply."""

_NO_MAILBOX = re.compile(r"5\.1\.[16]|unknown|no such|not exist|not found|no mailbox", re.IGNORECASE)
_REACHED = frozenset({Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT})
"""The stages at which the receiving side has its say; before them only our own server speaks."""


def state_words(row: Reminder) -> str:
    """Return a mail's state for people: what became of it, and on whose side it stands."""
    answer = server_answer(row.reason)
    if row.state is State.FAILED and answer is not None and answer.stage is Stage.RCPT and (answer.code or 0) >= 500:
        return "Address does not exist" if _NO_MAILBOX.search(answer.reply) else "Address refused"
    if row.state is State.FAILED and answer is not None and answer.stage in _REACHED and answer.code in range(400, 500):
        return "Inbox did not accept mail"
    if row.state is State.DEFERRED and answer is not None and answer.stage not in _REACHED:
        return "Our mail server did not answer"
    return STATES[row.state]


def reason_words(row: Reminder) -> str:
    """Return why a mail stands where it does: the server's answer with its meaning, or our own reason; empty if none."""
    answer = server_answer(row.reason)
    return in_plain_words(answer) if answer is not None else (row.reason or "")


def server_answer(reason: str | None) -> Verdict | None:
    """Return the server's answer that a mail's reason holds, or None if it is a reason of our own."""
    found = _ANSWER.fullmatch(reason or "")
    if found is None:
        return None
    code = int(found[2]) if found[2] else None
    return Verdict(outcome=Outcome.DEFERRED, stage=Stage(found[1]), code=code, reply=found[3])


def local_moment(at: datetime, zone: str) -> str:
    """Return an instant as the clocks of a zone show it, such as `Tue, Dec 8, 8:00 AM CST`."""
    local = at.astimezone(zone_named(zone))
    return f"{local:%a}, {local:%b} {local.day}, {clock_time(at, zone)}"


def clock_time(at: datetime, zone: str) -> str:
    """Return the time of day that the clocks of a zone show, such as `8:00 AM CST`."""
    local = at.astimezone(zone_named(zone))
    return f"{local.hour % 12 or 12}:{local:%M} {local:%p} {local:%Z}"


def dated_moment(at: datetime, zone: str) -> str:
    """Return an instant with its year as the clocks of a zone show it, such as `Dec 8, 2026, 8:00 AM CST`."""
    local = at.astimezone(zone_named(zone))
    return f"{local:%b} {local.day}, {local.year}, {clock_time(at, zone)}"


def ago(at: datetime, now: datetime, zone: str) -> str:
    """Return how long ago something was, such as `2 minutes ago` or `this morning at 3:10 AM CST`."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return "1 minute ago" if minutes == 1 else f"{minutes} minutes ago"
    local, today = at.astimezone(zone_named(zone)), now.astimezone(zone_named(zone)).date()
    if local.date() == today:
        return f"{'this morning' if local.hour < 12 else 'today'} at {clock_time(at, zone)}"
    if local.date() == today - ONE_DAY:
        return f"yesterday at {clock_time(at, zone)}"
    return f"on {local_moment(at, zone)}"
