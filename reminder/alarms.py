"""Tells the outside how it stands: a dead-man's switch while all is well, a webhook and a mail when it is not.

A way out that fails is a trouble itself: it stands on every page, and the other ways tell of it.
"""

from __future__ import annotations

import html
import json
import logging
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reminder.errors import ReminderError
from reminder.jobs.deliver import send_now
from reminder.mail.message import Envelope, build
from reminder.mail.redaction import redacted
from reminder.mail.transport import Outcome
from reminder.mail.wording import Rendered
from reminder.policy.troubles import Matter, Severity
from reminder.store import faults, system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reminder.condition import Lookout
    from reminder.policy.troubles import Trouble
    from reminder.store.engine import Store

log = logging.getLogger(__name__)

SECONDS = 10
"""How long a request to the outside may take."""

AGAIN_AFTER = timedelta(days=1)
"""A trouble that lasts is told once a day."""

QUIET_FOR = timedelta(hours=1)
"""One that comes and goes is told once in so long."""

RETRY_MAIL = timedelta(minutes=15)
"""A mail server that will not take an alarm is asked this often: hammering it locks accounts."""

PING, WEBHOOK, MAIL = "ping", "webhook", "alarm mail"
TOLD = "told."
"""Under this and the name of a way out stands what was told by it and when: a restart tells nothing twice."""


@dataclass(frozen=True)
class _Way:
    """A way out. `send` returns what went wrong, or nothing."""

    name: str
    send: Callable[[Sequence[Trouble], datetime], str]
    retry_after: timedelta = timedelta(0)


class Alarms:
    """The ways out that the settings name; without any it does nothing."""

    def __init__(self, lookout: Lookout) -> None:
        """Take who knows what is wrong, and the addresses from the settings."""
        self._lookout = lookout
        self._services, self._settings = lookout.services, lookout.settings
        self._told: dict[str, dict[str, datetime]] = {}
        self._not_before: dict[str, datetime] = {}
        self._ran = True

    def raise_them(self) -> None:
        """Look how it stands, and tell whoever is to know.

        That nothing runs is told when it is seen for the second time: a laptop that wakes up sees first that no pass has
        run for a night, and an alarm each morning is read by nobody. The switch is let go at once.
        """
        found, now = self._lookout.look(anew=True, by_writing=True), self._lookout.now()
        if self._settings.ping_url and all(_lets_ping(trouble) for trouble in found):
            self._settle(PING, self._request(urllib.request.Request(self._settings.ping_url)), now)  # noqa: S310 - checked as a setting
        was_running, self._ran = self._ran, all(trouble.matter is not Matter.LAST_PASS for trouble in found)
        known = [trouble for trouble in found if trouble.matter is not Matter.LAST_PASS or not was_running]
        for way in self._ways():
            self._tell(way, known, now)

    def _ways(self) -> list[_Way]:
        ways = []
        if self._settings.alert_url:
            ways.append(_Way(WEBHOOK, self._post))
        if self._services.installation.alert_email:
            ways.append(_Way(MAIL, self._mail, RETRY_MAIL))
        return ways

    def _tell(self, way: _Way, found: Sequence[Trouble], now: datetime) -> None:
        """Tell by one way what it has not told lately."""
        told = self._known(way.name)
        lasting = {_name(trouble) for trouble in found}
        due = [trouble for trouble in found if _is_due(told.get(_name(trouble)), now)]
        if not due or now < self._not_before.get(way.name, now):
            gone = [name for name, at in told.items() if name not in lasting and now - at >= QUIET_FOR]
            if gone:
                self._keep(way.name, {name: at for name, at in told.items() if name not in gone})
            return
        fault = way.send(due, now)
        self._settle(way.name, fault, now)
        if fault:
            self._not_before[way.name] = now + way.retry_after
        else:
            self._keep(way.name, {**told, **{_name(trouble): now for trouble in due}})

    def _known(self, way: str) -> dict[str, datetime]:
        """Return when each trouble was told by this way; what this process knows while the database does not answer."""
        with suppress(ReminderError), self._store.read() as connection:
            kept = json.loads(system.get(connection, TOLD + way) or "{}")
            self._told[way] = {name: datetime.fromisoformat(at) for name, at in kept.items()}
        return self._told.get(way, {})

    def _keep(self, way: str, told: Mapping[str, datetime]) -> None:
        self._told[way] = dict(told)
        with suppress(ReminderError), self._store.write() as connection:
            system.put(connection, TOLD + way, json.dumps({name: at.isoformat() for name, at in told.items()}))

    def _settle(self, way: str, fault: str, now: datetime) -> None:
        if fault:
            log.warning("the %s could not be delivered: %s", way, fault)
        with suppress(ReminderError):
            faults.settle(self._store, faults.ALARM + way, now, fault)

    @property
    def _store(self) -> Store:
        return self._services.store

    def _post(self, found: Sequence[Trouble], now: datetime) -> str:  # noqa: ARG002 - as every way
        data = {"text": f"reminder: {_text(found)}", "troubles": [_fields(trouble) for trouble in found]}
        headers = {"Content-Type": "application/json"}
        body = json.dumps(data).encode()
        return self._request(urllib.request.Request(self._settings.alert_url, body, headers))  # noqa: S310 - checked as a setting

    def _request(self, request: urllib.request.Request) -> str:
        """Ask an address that the server's settings name; a redirection is not followed."""
        try:
            with urllib.request.build_opener(_NoRedirection).open(request, timeout=SECONDS):
                return ""
        except urllib.error.HTTPError as error:
            error.close()
            return f"it answers {error.code}"
        except (urllib.error.URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            return f"it cannot be reached ({type(reason).__name__})"

    def _mail(self, found: Sequence[Trouble], now: datetime) -> str:
        """Mail the alert address, outside the queue, which may be held; through the same mail server, though."""
        listed = "".join(f"<p>{html.escape(_line(trouble))}</p>" for trouble in found)
        page = f"<p>The reminders need your help.</p>{listed}<p>On the server, run: reminder doctor</p>\n"
        words = f"The reminders need your help.\n\n{_text(found)}\n\nOn the server, run: reminder doctor\n"
        address, told = self._services.sender_address, self._services.installation.alert_email
        envelope = Envelope(
            kind="alarm",
            sender_name="reminder",
            sender_address=address,
            reply_to=told,
            recipient_name="",
            recipient=told,
            message_id=f"<alarm.{now:%Y%m%d%H%M%S}@{address.rpartition('@')[2]}>",
            date=now,
        )
        subject = f"The reminders need your help: {found[0].title}"
        verdict = send_now(
            self._services, address, told, build(envelope, Rendered(subject=subject, text=words, html=page))
        )
        log.info("the alarm's mail: %s", verdict.outcome, extra={"action": "alarm.mailed"})
        return "" if verdict.outcome in (Outcome.ACCEPTED, Outcome.IN_DOUBT) else f"it is refused at {verdict.stage}"


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    """Answers a redirection with an error: what was checked is the address in the settings, no other."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def _lets_ping(trouble: Trouble) -> bool:
    """Tell whether the switch is fetched in spite of this: else a switch that failed once would never be tried again."""
    return trouble.severity is Severity.WARNING or (trouble.matter is Matter.ALARMS and PING in trouble.words)


def _is_due(told_at: datetime | None, now: datetime) -> bool:
    return told_at is None or abs(now - told_at) >= AGAIN_AFTER


def _name(trouble: Trouble) -> str:
    return f"{trouble.matter}: {trouble.title}" if trouble.matter is not Matter.ALARMS else trouble.words


def _text(found: Iterable[Trouble]) -> str:
    return "\n\n".join(map(_line, found))


def _line(trouble: Trouble) -> str:
    """Return one trouble in words for a mailbox or a chat that others may read, too."""
    words = trouble.detail or trouble.words
    title = "" if words.startswith(trouble.title) else f"{trouble.title}. "
    return redacted(f"{title}{words} What to do: {trouble.cure}.")


def _fields(trouble: Trouble) -> dict[str, str | None]:
    since = trouble.since.isoformat(timespec="seconds") if trouble.since else None
    fields = {"matter": trouble.matter, "severity": trouble.severity, "words": trouble.words, "cure": trouble.cure}
    return {**fields, "since": since}
