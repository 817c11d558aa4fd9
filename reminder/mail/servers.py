"""Reads REMINDER_MAIL_URL: which kind of server, where, and how it is signed in to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from reminder.errors import UsageError
from reminder.mail.folder import FolderTransport
from reminder.mail.sign_in import MICROSOFT, AppSignIn, Login
from reminder.mail.smtp import Security, SmtpTransport

if TYPE_CHECKING:
    from reminder.mail.sign_in import SignIn
    from reminder.mail.transport import Transport

OAUTH_FORM = "smtp+oauth://mailbox%40example.org@smtp.office365.com:587?tenant=ID&client_id=ID&client_secret=SECRET"
FORMS = "smtp://user:password@host:587, smtps://user:password@host, smtp+plain://host:25 or folder:/path"


def transport_from_url(url: str) -> Transport:
    """Return the transport that REMINDER_MAIL_URL names; raise UsageError for anything else."""
    scheme, _, rest = url.partition(":")
    if scheme == "folder" and rest.lstrip("/"):
        return FolderTransport(unquote("/" + rest.lstrip("/") if rest.startswith("/") else rest))
    kinds = {
        "smtp": (Security.STARTTLS, 587),
        "smtp+oauth": (Security.STARTTLS, 587),
        "smtps": (Security.TLS, 465),
        "smtp+plain": (Security.PLAIN, 25),
    }
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if scheme not in kinds or not host:
        message = f"REMINDER_MAIL_URL: {masked(url)!r} is not understood; write {FORMS}"
        raise UsageError(message)
    security, usual_port = kinds[scheme]
    return SmtpTransport(host=host, port=port or usual_port, security=security, login=_sign_in(parts))


def _sign_in(parts: SplitResult) -> SignIn | None:
    """Return how the URL signs in: by an app's token for `smtp+oauth`, by a password, or not at all."""
    user = unquote(parts.username or "")
    if parts.scheme != "smtp+oauth":
        return Login(user=user, password=unquote(parts.password or "")) if user else None
    given = given_in(parts.geturl())
    missing = [name for name in ("tenant", "client_id", "client_secret") if name not in given]
    if missing or not user:
        wanted = ", ".join(["the mailbox before the @", *missing] if not user else missing)
        message = f"REMINDER_MAIL_URL: smtp+oauth:// lacks {wanted}; write {OAUTH_FORM}"
        raise UsageError(message)
    token_url = given.get("token_url") or MICROSOFT.format(tenant=quote(given["tenant"], safe=""))
    return AppSignIn(user=user, token_url=token_url, client_id=given["client_id"], client_secret=given["client_secret"])


def given_in(url: str) -> dict[str, str]:
    """Return what stands behind the `?` of a URL: tenant, client_id and client_secret of an app."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def reaches_people(url: str) -> bool:
    """Tell whether mails handed over there can reach anybody; those in a folder reach nobody."""
    return not url.startswith("folder:")


def masked(url: str) -> str:
    """Return a URL without the password in it."""
    return re.sub(r"(client_secret=)[^&]*", r"\1***", re.sub(r"(//[^/@:]*):[^@]*@", r"\1:***@", url))
