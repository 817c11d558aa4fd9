"""Applies the options of `reminder practice edit` in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reminder.cli.session import actor
from reminder.clock import utc_now
from reminder.errors import UsageError
from reminder.jobs import practices as jobs
from reminder.policy.coverage import COVERING_ROLES
from reminder.policy.model import Mode
from reminder.roster.fields import email_address, plain_text
from reminder.store import people, practices

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.practices import Practice


def apply(connection: Connection, practice: Practice, wanted: dict[str, Any]) -> None:
    """Apply what was asked for; None and empty lists change nothing. Raise UsageError for a value that cannot be."""
    now, who = utc_now(), actor()
    if wanted["schedule"] is not None:
        jobs.change_schedule(connection, practice, wanted["schedule"], actor=who, now=now)
    if wanted["close"]:
        jobs.close(connection, practice, wanted["close"], actor=who, now=now)
    if wanted["reopen"]:
        jobs.reopen(connection, practice, wanted["reopen"], actor=who, now=now)
    columns: dict[str, Any] = {
        key: plain_text(wanted[key], key) for key in ("name", "sender_name") if wanted[key] is not None
    }
    if wanted["reply_to"] is not None:
        columns["reply_to"] = email_address(wanted["reply_to"], personal=False)
    if wanted["escalate_to"] is not None:
        columns["escalate_to"] = _chosen(connection, practice, wanted["escalate_to"])
    if columns:
        practices.change(connection, practice.id, columns)
    if wanted["mode"] is not None:
        _set_mode(connection, practice, wanted["mode"])


def _chosen(connection: Connection, practice: Practice, who: str) -> int | None:
    if not who:
        return None
    person = people.find(connection, who, practice.id)
    if people.roles_of(connection, person.id)[practice.id] not in COVERING_ROLES:
        message = f"--escalate-to: {person.name} is neither AO nor AM of {practice.name}; choose one who is"
        raise UsageError(message)
    return person.id


def _set_mode(connection: Connection, practice: Practice, mode: str) -> None:
    now, who = utc_now(), actor()
    if mode not in set(Mode):
        message = f"--mode: {mode!r} is neither live nor trial"
        raise UsageError(message)
    if mode == practice.mode:
        return
    change = jobs.go_live if mode == Mode.LIVE else jobs.go_trial
    change(connection, practice.id, actor=who, now=now)
