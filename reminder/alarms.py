"""Tells the outside world how it stands: a dead-man's switch while all is well, a webhook and a mail when it is not."""

from __future__ import annotations

import html
import json
import logging
import urllib.error
import urllib.request
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.jobs.deliver import send_now
from reminder.mail.message import Envelope, build
from reminder.mail.wording import Rendered

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.jobs.services import Services
    from reminder.settings import Settings

log = logging.getLogger(__name__)

SECONDS = 10
"""How long a request to the outside may take."""

AGAIN_AFTER = timedelta(days=1)
"""A trouble that lasts is told once a day."""


class Alarms:
    """The ways out that the settings name; without any it does nothing."""

    def __init__(self, settings: Settings, services: Services) -> None:
        """Take the addresses from the settings."""
        self._settings, self._services = settings, services
        self._told: tuple[str, datetime] | None = None

    def all_is_well(self) -> None:
        """Fetch the dead-man's switch: whoever watches it hears of our silence."""
        self._told = None
        if self._settings.ping_url:
            self._request(urllib.request.Request(self._settings.ping_url), "ping")  # noqa: S310 - the admin's own setting

    def trouble(self, reason: str, now: datetime) -> None:
        """Tell that something is wrong, once a day for each reason."""
        if self._told is not None and self._told[0] == reason and now - self._told[1] < AGAIN_AFTER:
            return
        self._told = (reason, now)
        if self._settings.alert_url:
            data = json.dumps({"text": f"reminder: {reason}"}).encode()
            headers = {"Content-Type": "application/json"}
            self._request(urllib.request.Request(self._settings.alert_url, data, headers), "alert")  # noqa: S310 - as above
        if self._services.installation.alert_email:
            self._mail(reason, now)

    def _request(self, request: urllib.request.Request, what: str) -> None:
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310 - as above
                pass
        except (urllib.error.URLError, OSError, ValueError) as error:
            log.warning("the %s could not be delivered: %s", what, type(error).__name__)

    def _mail(self, reason: str, now: datetime) -> None:
        """Mail the alert address, outside the queue, which may be held."""
        words = f"The reminders need your help.\n\n{reason}\n\nOn the server, run: reminder doctor\n"
        page = f"<p>The reminders need your help.</p><p>{html.escape(reason)}</p><p>On the server, run: reminder doctor</p>\n"
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
        subject = "The reminders need your help: mail is not going out"
        verdict = send_now(
            self._services,
            address,
            told,
            build(envelope, Rendered(subject=subject, text=words, html=page)),
        )
        log.info("the alarm's mail: %s", verdict.outcome, extra={"action": "alarm.mailed"})
