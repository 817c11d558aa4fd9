"""Reads REMINDER_MAIL_URL: which kind of server, where, and how it is signed in to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from reminder.errors import UsageError
from reminder.mail.folder import FolderTransport
from reminder.mail.smtp import Login, Security, SmtpTransport

if TYPE_CHECKING:
    from reminder.mail.transport import Transport

FORMS = "smtp://user:password@host:587, smtps://user:password@host, smtp+plain://host:25 or folder:/path"


def transport_from_url(url: str) -> Transport:
    """Return the transport that REMINDER_MAIL_URL names; raise UsageError for anything else."""
    scheme, _, rest = url.partition(":")
    if scheme == "folder" and rest.lstrip("/"):
        return FolderTransport(unquote("/" + rest.lstrip("/") if rest.startswith("/") else rest))
    kinds = {"smtp": (Security.STARTTLS, 587), "smtps": (Security.TLS, 465), "smtp+plain": (Security.PLAIN, 25)}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if scheme not in kinds or not host:
        message = f"REMINDER_MAIL_URL: {masked(url)!r} is not understood; write {FORMS}"
        raise UsageError(message)
    security, usual_port = kinds[scheme]
    login = Login(user=unquote(parts.username), password=unquote(parts.password or "")) if parts.username else None
    return SmtpTransport(host=host, port=port or usual_port, security=security, login=login)


def masked(url: str) -> str:
    """Return a URL without the password in it."""
    return re.sub(r"(//[^/@:]*):[^@]*@", r"\1:***@", url)
