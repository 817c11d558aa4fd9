"""Writes the bytes of a mail: one fixed shape, plain text beside HTML.

Written directly, because building a message object costs more than all else of sending a mail together. That the
standard library's parser reads back exactly what was meant is shown in `tests/unit/mail/test_message.py`, on invented
and on hostile input. Several Pythons turn an encoded newline in a name into a real header (CVE-2024-6923,
CVE-2026-1299), so names are refused at the border (`roster.fields`) and again here.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass
from email.header import Header
from functools import lru_cache
from typing import TYPE_CHECKING

from reminder.errors import ReminderError

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.mail.wording import Rendered

DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|=\\?.*\\?=")
ADDRESS = re.compile(r"[!-~]+@[!-~]+")
"""What a mail may be addressed to: visible ASCII. Whether there is such a mailbox is the server's to say."""

LONGEST_LINE = 990
"""RFC 5322 allows 998 characters before the line's end."""

PLAIN_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
"""A name of these needs no quotes."""


class MessageError(ReminderError):
    """A mail could not be written as it was meant."""


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
    """Return the mail as it goes over the wire; the same input gives the same bytes. Raise MessageError for a name or
    an address that may not stand in a mail's head.
    """
    boundary = f"=_{hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32]}"
    lines = [
        f"From: {_mailbox(envelope.sender_name, envelope.sender_address)}",
        f"To: {_mailbox(envelope.recipient_name, envelope.recipient)}",
        f"Reply-To: {_mailbox('', envelope.reply_to)}",
        f"Subject: {_words(rendered.subject, 'Subject')}",
        f"Date: {envelope.date:%a, %d %b %Y %H:%M:%S %z}",
        f"Message-ID: {envelope.message_id}",
        f"X-Reminder-Kind: {envelope.kind}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
    ]
    if envelope.list_unsubscribe:
        # Opens a page. There is no List-Unsubscribe-Post on purpose: a scanner's POST must not silence a work duty.
        lines.append(f"List-Unsubscribe: <{envelope.list_unsubscribe}>")
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"']
    if max(map(len, lines)) > LONGEST_LINE:
        message = f"mail {envelope.message_id}: a line of its head is longer than {LONGEST_LINE} characters"
        raise MessageError(message)
    text, html = _part("plain", rendered.text), _part("html", rendered.html)
    between = f"\r\n--{boundary}\r\n".encode()
    head = "\r\n".join(lines).encode("ascii")
    return b"".join((head, b"\r\n", between, text, between, html, between[:-2], b"--\r\n"))


@lru_cache(maxsize=1024)
def _mailbox(name: str, address: str) -> str:
    if not ADDRESS.fullmatch(address):
        message = f"mail to {address!r}: this address cannot stand in a mail's head"
        raise MessageError(message)
    return f"{_words(name)} <{address}>" if name.strip() else address


def _words(text: str, header: str = "") -> str:
    """Return a name or a subject as it stands in a head: as it is, in quotes, or in encoded words (RFC 2047).

    Runs of white space become one space: a head may be broken at any of them.
    """
    if DANGEROUS.search(text):
        message = f"{text!r} holds characters that may not stand in a mail's head"
        raise MessageError(message)
    text = " ".join(text.split())
    if text.isascii() and (header or PLAIN_WORDS.fullmatch(text)):
        return text
    if text.isascii():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return Header(text, "utf-8", header_name=header or "Reply-To").encode(linesep="\r\n")


def _part(subtype: str, text: str) -> bytes:
    """Return one part with its own head. Lines of ASCII that are short enough stand as they are; others are quoted."""
    body = text.replace("\n", "\r\n").encode()
    if text.isascii() and max(map(len, text.split("\n"))) <= LONGEST_LINE:
        head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n'
        return head.encode() + body
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    # The library breaks lines with bare LF until it has seen a CRLF, so it is shown one.
    return head.encode() + binascii.b2a_qp(b"\r\n" + body)[2:]
