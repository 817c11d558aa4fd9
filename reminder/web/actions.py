"""The audit log in words: one sentence for each action that is ever recorded."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reminder import facts
from reminder.mail.wording import shortdate
from reminder.web.words import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reminder.store.events import Event

GROUPS = {
    "resets": "Resets",
    "people": "People",
    "lists": "Lists",
    "mails": "Mails",
    "practice": "Practice",
    "admins": "Admins",
    "server": "Server",
}
"""What actions are about, as the filter calls it."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """What one recorded action is about, and its sentence; words in braces come from the event."""

    group: str
    words: str


def _about(group: str, **words: str) -> dict[str, Action]:
    """Name actions of a group: the action's word with `__` for its dot, and its sentence."""
    return {name.replace("__", "."): Action(group=group, words=text) for name, text in words.items()}


ACTIONS: dict[str, Action] = {
    **_about(
        "resets",
        reset__recorded="Recorded a reset of {reset_on} ({confidence})",
        reset__undone="Took the reset of {reset_on} back{disputed}",
    ),
    **_about(
        "people",
        person__registered="Registered as {role}",
        person__edited="Changed {fields}",
        person__role="Changed the role to {role}",
        person__home="Made this practice their home",
        person__paused="Noted: away from {from_on} {to_on}",
        person__pause_cleared="Noted: back, every absence has ended",
        person__absence_ended="Ended the absence from {from_on}",
        person__removed="Removed from the practice",
        person__returned="Took the leaving back",
        bulk__reset="Recorded a reset of {reset_on} for {done}",
        bulk__pause="Noted for {done}: away from {from_on} {to_on}",
        bulk__remove="Removed {done} from the practice",
        bulk__undone="Took what was done to many back for {done}",
        account__not_needed="Says that they no longer need the account",
    ),
    **_about(
        "lists",
        roster__imported="Imported {file}: {added} added, {updated} changed",
        roster__undone="Took list {import_id} back",
    ),
    **_about(
        "mails",
        step__skipped="Skipped the mail {step} the expiry ({cycle_on})",
        step__unskipped="Let the skipped mail go: {step} the expiry ({cycle_on})",
        mail__preview_sent="Sent themselves a test of: {kind}",
        mail__resent="Sent mail {mail} again",
        mail__sent_now="Had a reminder sent to {done}",
        mail__resent_all="Sent all failed mails again: {kind} ({mails})",
    ),
    **_about(
        "practice",
        practice__added="Opened the practice {name}",
        practice__live="Turned reminders on",
        practice__trial="Went back to trial",
        practice__schedule="Changed when mails go",
        practice__closed="Closed on {days}",
        practice__reopened="Open again on {days}",
        practice__edited="Changed {fields}",
    ),
    **_about(
        "admins",
        admin__added="Gave {email} the role {role}",
        admin__removed="Took {email} off the admins",
        admin__invited="Invited {email} as {role}",
        admin__role="Made {email} {role}, before {before}",
        admin__left="Left the admins",
        admin__link_made="Made a sign-in link for {email}",
        admin__signed_in="Signed in by {by}",
        admin__refused="A sign-in with {email} was refused",
        account__renamed="Changed their name from {before} to {name}",
        account__address_asked="Asked to sign in with {email}",
        account__address="Changed their address from {before} to {email}",
        account__password="Chose a password",  # noqa: S106 - a sentence
        account__factor_on="Turned the code at sign-in on",
        account__factor_off="Turned the code at sign-in off for {email}",
        account__recovery_codes="Made new recovery codes",
        account__session_ended="Signed one browser out",
        account__sessions_ended="Signed their other browsers out",
    ),
    **_about(
        "server",
        backup__made="Made a backup",
        queue__held="Held the mails by hand",
        queue__released="Released the held mails ({reason})",
        settings__saved="Changed settings of the server: {fields}",
    ),
}
"""Every action that the program records; one without its sentence fails a test."""

FIELDS = {
    "name": "name",
    "email": "address",
    "second_email": "second address",
    "user_id": "user ID",
    "language": "language",
    "role": "role",
    "zone": "time zone",
    "send_time": "send time",
    "ladder": "days of the reminders",
    "sender_name": "sender's name",
    "reply_to": "address for answers",
    "escalate_to": "who else is told",
    "greeting": "greeting",
    "sign_off": "sign-off",
    "contact_line": "contact line",
    "paragraph": "own paragraph",
    "mail_url": "mail server",
    "mail_from": "From address",
    "mail_limit": "sending limit",
    "public_url": "address of these pages",
    "alert_email": "address for alarms",
}
"""The fields that a change may name."""

CONFIDENCES = {
    "confirmed": "confirmed by the person",
    "read": "read from I&A",
    "entered": "entered by an admin",
    "imported": "from a list",
    "assumed": "assumed",
}


WORDS: Mapping[str, Mapping[str, str]] = {
    "role": facts.ROLE_NAMES,
    "confidence": CONFIDENCES,
    "kind": {str(kind): words for kind, words in KINDS.items()},
}
"""The values that have words of their own, by the name of the field."""


def in_group(group: str) -> list[str]:
    """Return the actions of a group."""
    return [name for name, action in ACTIONS.items() if action.group == group]


def sentence(event: Event) -> str:
    """Return what an event says, for people; an action without words stands as it was recorded."""
    action = ACTIONS.get(event.action)
    if action is None:
        return event.action
    return action.words.format_map(defaultdict(str, {name: _value(name, v) for name, v in event.detail.items()}))


def changes(event: Event) -> list[tuple[str, str, str]]:
    """Return what an event changed: field, value before, value after, in words."""
    before, after = event.detail.get("before"), event.detail.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [(FIELDS.get(name) or name, _value(name, before.get(name)), _value(name, after[name])) for name in after]


def _value(name: str, value: Any) -> str:  # noqa: ANN401 - a JSON value
    """Return one recorded value as people read it."""
    if value is None or value == "":
        return ""
    if name in SAID:
        return SAID[name](value)
    if isinstance(value, list):
        return ", ".join(_value("", one) for one in value)
    return WORDS.get(name, {}).get(str(value)) or _day(str(value))


def _step(step: int) -> str:
    if step == 0:
        return "on the day of"
    days = "1 day" if abs(step) == 1 else f"{abs(step)} days"
    return f"{days} {'before' if step > 0 else 'after'}"


def _people(done: list[int] | int) -> str:
    count = done if isinstance(done, int) else len(done)
    return "1 person" if count == 1 else f"{count:,} people"


SAID: dict[str, Callable[[Any], str]] = {
    "fields": lambda names: ", ".join(FIELDS.get(name, name) for name in names),
    "disputed": lambda is_disputed: "; it was not theirs" if is_disputed else "",
    "step": _step,
    "mails": lambda numbers: str(len(numbers)),
    "done": _people,
    "to_on": lambda text: f"to {_day(text)}" if text[:1].isdecimal() else str(text),
}
"""The values that are said in a way of their own, by the name of the field."""


def _day(text: str) -> str:
    """Return a date as people write it; any other text as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{shortdate(text)}, {day.year}"
