"""Changes a practice as an admin asks for it, on the command line or on the settings page: all of it or nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import practices as jobs
from reminder.policy.coverage import COVERING_ROLES
from reminder.policy.ladder import ladder_from_text
from reminder.policy.model import Mode, Schedule
from reminder.policy.moments import zone_named
from reminder.policy.window import send_time_from_text
from reminder.roster.fields import email_address, plain_paragraph, plain_text
from reminder.store import events, memberships, people, practices
from reminder.store.practices import OwnWords

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.store.practices import Practice


@dataclass(frozen=True, kw_only=True)
class PracticeEdit:
    """What is to change, as it was typed; None leaves a thing as it is. `escalate_to`: who, or empty for nobody;
    `own_words`: all four, as `own_words_of` read them.
    """

    mode: str | None = None
    zone: str | None = None
    send_time: str | None = None
    ladder: str | None = None
    close: tuple[date, ...] = ()
    reopen: tuple[date, ...] = ()
    name: str | None = None
    sender_name: str | None = None
    reply_to: str | None = None
    escalate_to: str | None = None
    own_words: OwnWords | None = None


def own_words_of(*, greeting: str, sign_off: str, contact_line: str, paragraph: str) -> OwnWords:
    """Return a practice's own words from what was typed; an empty field means ours. Raise UsageError for a text that
    may not stand in a mail, such as one with a link: a mail holds links to our own pages alone.
    """
    return OwnWords(
        # In the mail a comma follows the person's name; the one after the greeting is typed out of habit.
        greeting=_said(greeting.rstrip(", "), "greeting", plain_text),
        sign_off=_said(sign_off, "sign_off", plain_text),
        contact_line=_said(contact_line, "contact_line", plain_text),
        paragraph=_said(paragraph, "paragraph", plain_paragraph),
    )


def _said(text: str, field: str, check: Callable[[str, str], str]) -> str | None:
    return check(text, field) if text.strip() else None


def schedule_of(base: Schedule, *, zone: str | None, send_time: str | None, ladder: str | None) -> Schedule:
    """Return a schedule with the typed parts changed; raise UsageError for one that cannot be."""
    return replace(
        base,
        zone=base.zone if zone is None else zone_named(zone).key,
        send_time=base.send_time if send_time is None else send_time_from_text(send_time),
        ladder=base.ladder if ladder is None else ladder_from_text(ladder),
    )


def edit_practice(
    connection: Connection, practice: Practice, wanted: PracticeEdit, *, actor: str, now: datetime
) -> None:
    """Apply what was asked for; raise UsageError for a value that cannot be."""
    schedule = schedule_of(practice.schedule, zone=wanted.zone, send_time=wanted.send_time, ladder=wanted.ladder)
    if schedule != practice.schedule:
        jobs.change_schedule(connection, practice, schedule, actor=actor, now=now)
    if wanted.close:
        jobs.close(connection, practice, wanted.close, actor=actor, now=now)
    if wanted.reopen:
        jobs.reopen(connection, practice, wanted.reopen, actor=actor, now=now)
    present = {**asdict(practice.own_words), **vars(practice)}
    columns = {name: v for name, v in _columns(connection, practice, wanted).items() if v != present[name]}
    if columns:
        practices.change(connection, practice.id, columns)
        detail: dict[str, Any] = {
            "before": _described(connection, {name: present[name] for name in columns}),
            "after": _described(connection, columns),
        }
        events.record(
            connection,
            "practice.edited",
            actor=actor,
            now=now,
            practice_id=practice.id,
            fields=sorted(columns),
            **detail,
        )
    if wanted.mode is not None:
        _set_mode(connection, practice, wanted.mode, actor=actor, now=now)


def _columns(connection: Connection, practice: Practice, wanted: PracticeEdit) -> dict[str, Any]:
    columns: dict[str, Any] = {
        key: plain_text(text, key) for key in ("name", "sender_name") if (text := getattr(wanted, key)) is not None
    }
    if wanted.reply_to is not None:
        columns["reply_to"] = email_address(wanted.reply_to, "reply_to", personal=False)
    if wanted.escalate_to is not None:
        columns["escalate_to"] = _chosen(connection, practice, wanted.escalate_to)
    if wanted.own_words is not None:
        columns |= asdict(wanted.own_words)
    taken = columns.get("name", practice.name)
    if any(other.name == taken and key != practice.id for key, other in practices.load(connection).items()):
        message = f"practice: {taken!r} exists already; choose another name"
        raise UsageError(message)
    return columns


def _described(connection: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """Return values as the history tells them: of a person the name."""
    chosen = people.get(connection, values["escalate_to"]) if values.get("escalate_to") else None
    return {**values, "escalate_to": chosen.name if chosen else None} if "escalate_to" in values else values


def _chosen(connection: Connection, practice: Practice, who: str) -> int | None:
    if not who:
        return None
    person = people.find(connection, who, practice.id)
    if memberships.roles_of(connection, person.id)[practice.id] not in COVERING_ROLES:
        message = f"escalate to: {person.name} is neither AO nor AM of {practice.name}; choose one who is"
        raise UsageError(message)
    return person.id


def _set_mode(connection: Connection, practice: Practice, mode: str, *, actor: str, now: datetime) -> None:
    if mode not in set(Mode):
        message = f"mode: {mode!r} is neither live nor trial"
        raise UsageError(message)
    if mode == practice.mode:
        return
    change = jobs.go_live if mode == Mode.LIVE else jobs.go_trial
    change(connection, practice.id, actor=actor, now=now)
