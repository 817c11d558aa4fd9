"""Builds the bytes of a mail, reads them back and compares, before anything may leave.

Several Pythons turn an encoded newline in a name into a real header (CVE-2024-6923, CVE-2026-1299), so names are
refused at the border (`roster.fields`), again here, and the finished mail must parse to exactly what was meant.
"""

from __future__ import annotations

import email.errors
import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from reminder.errors import ReminderError

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.mail.wording import Rendered

UNFOLDED = frozenset({"message-id", "list-unsubscribe"})
"""Headers that Python would wrap in encoded words if they are long; mail clients then no longer understand them."""

LONGEST_LINE = 900
"""RFC 5322 allows 998 characters; Python would break a long subject right after its name."""

DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|=\\?.*\\?=")


class MessageError(ReminderError):
    """A mail could not be written as it was meant."""


class _Policy(EmailPolicy):
    """The standard policy for SMTP, but for headers that must stay on one line."""

    def fold(self, name: str, value: Any) -> str:  # noqa: ANN401 - the base class's signature
        """Leave some headers, and plain text that is no longer than a line may be, unfolded."""
        return f"{name}: {value}\r\n" if _stays_on_one_line(name, str(value)) else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - the base class's signature
        """Fold as `fold` does."""
        if _stays_on_one_line(name, str(value)):
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


def _stays_on_one_line(name: str, value: str) -> bool:
    return name.lower() in UNFOLDED or (value.isascii() and len(name) + len(value) < LONGEST_LINE)


POLICY = _Policy(linesep="\r\n", utf8=False, cte_type="7bit", max_line_length=78)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Everything in a mail's head that is not wording. `date`: an aware instant."""

    kind: str
    sender_name: str
    sender_address: str
    reply_to: str
    recipient_name: str
    recipient: str
    message_id: str
    date: datetime
    list_unsubscribe: str | None = None


def message_id(reminder_id: int, fence: int, domain: str) -> str:
    """Return the Message-ID of one frozen content of a reminder: every try of it has the same one."""
    return f"<reminder.{reminder_id}.{fence}@{domain}>"


def build(envelope: Envelope, rendered: Rendered) -> bytes:
    """Return the mail as it goes over the wire; the same input gives the same bytes. Raise MessageError if the
    finished mail would not say exactly what was meant.
    """
    for text in (envelope.sender_name, envelope.recipient_name, rendered.subject):
        if DANGEROUS.search(text):
            message = f"mail {envelope.message_id}: {text!r} holds characters that may not stand in a mail's head"
            raise MessageError(message)
    try:
        data = _written(envelope, rendered)
    except (email.errors.MessageError, ValueError, IndexError) as error:
        message = f"mail {envelope.message_id}: its head cannot be written ({type(error).__name__}: {error})"
        raise MessageError(message) from None
    _compare(data, envelope, rendered)
    return data


def _written(envelope: Envelope, rendered: Rendered) -> bytes:
    mail = EmailMessage(policy=POLICY)
    for name, value in headers(envelope, rendered).items():
        mail[name] = value
    mail.set_content(rendered.text, subtype="plain", cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32]}")
    return mail.as_bytes(policy=POLICY)


def headers(envelope: Envelope, rendered: Rendered) -> dict[str, Any]:
    """Return the headers of a mail, in order."""
    found: dict[str, Any] = {
        "From": Address(envelope.sender_name, addr_spec=envelope.sender_address),
        "To": Address(envelope.recipient_name, addr_spec=envelope.recipient),
        "Reply-To": envelope.reply_to,
        "Subject": rendered.subject,
        "Date": format_datetime(envelope.date),
        "Message-ID": envelope.message_id,
        "X-Reminder-Kind": envelope.kind,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if envelope.list_unsubscribe:
        # Opens a page. There is no List-Unsubscribe-Post on purpose: a scanner's POST must not silence a work duty.
        found["List-Unsubscribe"] = f"<{envelope.list_unsubscribe}>"
    return found


def _compare(data: bytes, envelope: Envelope, rendered: Rendered) -> None:
    """Parse the finished mail and raise MessageError unless it is what was meant, no more and no less."""
    parsed = message_from_bytes(data, policy=SMTP)
    meant = [*headers(envelope, rendered), "MIME-Version", "Content-Type"]
    if sorted(parsed.keys()) != sorted(meant):
        _refuse(envelope, "headers were added or lost")
    addresses = {
        "From": (envelope.sender_name, envelope.sender_address),
        "To": (envelope.recipient_name, envelope.recipient),
    }
    for name, (display, address) in addresses.items():
        found = parsed[name].addresses
        if [(one.display_name, one.addr_spec) for one in found] != [(display, address)]:
            _refuse(envelope, f"{name} reads differently")
    if " ".join(str(parsed["Subject"]).split()) != rendered.subject:
        _refuse(envelope, "the subject reads differently")
    for subtype, meant_text in (("plain", rendered.text), ("html", rendered.html)):
        part = parsed.get_body(preferencelist=(subtype,))
        if part is None or part.get_content().replace("\r\n", "\n") != meant_text:
            _refuse(envelope, f"the {subtype} part reads differently")


def _refuse(envelope: Envelope, what: str) -> None:
    message = f"mail {envelope.message_id}: {what} once written; look at the names and the wording"
    raise MessageError(message)
