"""Send a mail to the admin who looks at it: marked as a test, with links that do nothing, and no record changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.jobs.deliver import send_now
from reminder.jobs.previewing import compose_preview
from reminder.mail.redaction import without_links
from reminder.store import events

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.mail.transport import Verdict
    from reminder.policy.model import Kind
    from reminder.store.people import Person
    from reminder.store.practices import Practice

MOST_IN_AN_HOUR = 10
"""So many previews one admin may send to themselves in an hour: they go past the queue and its limits."""


def note_preview(connection: Connection, kind: Kind, practice: Practice, *, actor: str, now: datetime) -> None:
    """Record that an admin sends themselves a preview; raise UsageError if they did so too often lately."""
    if events.count_since(connection, "mail.preview_sent", actor, now - timedelta(hours=1)) >= MOST_IN_AN_HOUR:
        message = f"You sent yourself {MOST_IN_AN_HOUR} mails within an hour. Try again later."
        raise UsageError(message)
    events.record(connection, "mail.preview_sent", actor=actor, now=now, practice_id=practice.id, kind=str(kind))


def send_preview(services: Services, kind: Kind, practice: Practice, person: Person | None, recipient: str) -> Verdict:
    """Send a mail of a kind, as it would read now, outside the queue; return the server's answer."""
    with services.store.read() as connection:
        data = compose_preview(connection, services, kind, practice, person)
    domain = services.sender_address.rpartition("@")[2]
    return send_now(services, services.sender_address, recipient, _marked(data, recipient, domain))


def _marked(data: bytes, recipient: str, domain: str) -> bytes:
    mail = message_from_bytes(data, _class=EmailMessage, policy=policy.SMTP)
    mail.replace_header("Subject", f"[Test] {mail['Subject']}")
    mail.replace_header("To", recipient)
    mail.replace_header("Message-ID", make_msgid(domain=domain))
    del mail["List-Unsubscribe"]  # it holds the reader's own link
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            part.set_content(without_links(part.get_content()), subtype=part.get_content_subtype())
    return mail.as_bytes()
