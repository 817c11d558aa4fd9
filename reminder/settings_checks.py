"""What is wrong with the value of a setting, and the cure. A secret is never repeated."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reminder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_PRESETS: dict[str, dict[str, int | None]] = {
    "microsoft365": {"connections": 3, "minute": 30, "day": 10_000},
    "google": {"connections": 1, "minute": None, "day": 2_000},
    "ses": {"connections": 1, "minute": 60 * 14, "day": 50_000},
}
"""What the providers allow: Microsoft's page on SMTP submission; Google's and Amazon's usual account limits."""

MAIL_SCHEMES = frozenset({"smtp", "smtps", "smtp+plain", "smtp+oauth"})
MAIL_FORMS = "smtp://user:password@host:587, smtps://user:password@host, smtp+plain://host:25 or folder:/path"

SHORTEST_KEY = 16
"""Characters of a secret key."""

SHORT = (
    f"a key needs {SHORTEST_KEY} characters or more, at random; make one with:"
    " python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
)


def read_limits(text: str) -> dict[str, int | None]:
    """Read REMINDER_MAIL_LIMIT; raise UsageError for anything but a preset or `name=number` pairs."""
    limits: dict[str, int | None] = {"connections": 1, "minute": None, "day": None}
    if text.strip().lower() in LIMIT_PRESETS:
        return {**limits, **LIMIT_PRESETS[text.strip().lower()]}
    for part in text.split():
        match = re.fullmatch(r"(connections|minute|day)=([1-9]\d{0,6})", part)
        if match is None:
            presets = ", ".join(LIMIT_PRESETS)
            message = f"REMINDER_MAIL_LIMIT: {part!r} is not understood; write {presets}, or connections=8 minute=30 day=10000"
            raise UsageError(message)
        limits[match[1]] = int(match[2])
    return limits


def _address_problem(value: str) -> str | None:
    if re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        return None
    return f"expected an address like reminders@example.org, got {value!r}"


def _public_url_problem(value: str) -> str | None:
    try:
        public = urlsplit(value)
        good = public.scheme in {"http", "https"} and bool(public.hostname) and (public.port or 1) > 0
    except ValueError:
        good = False
    if good and not (public.query or public.fragment or public.username):
        return None
    return f"expected https://host, got {value!r}"


def _limit_problem(value: str) -> str | None:
    try:
        read_limits(value)
    except UsageError as error:
        return str(error).partition(": ")[2]
    return None


def _alarm_problem(value: str) -> str | None:
    """Want https, or this machine; never repeat the address, which is a secret."""
    try:
        url = urlsplit(value)
        local = url.hostname in {"localhost", "127.0.0.1", "::1"}
        good = (
            bool(url.hostname) and (url.port or 1) > 0 and (url.scheme == "https" or (url.scheme == "http" and local))
        )
    except ValueError:
        good = False
    return None if not value or good else "expected https://host/..., or http:// on this machine"


def _database_problem(value: str) -> str | None:
    """Want SQLite or PostgreSQL; never repeat the URL, which is a secret."""
    if re.match(r"sqlite(\+\w+)?://|postgres(ql)?(\+\w+)?://.", value):
        return None
    return "expected sqlite:////path/to/file.db or postgresql://user:password@host/name"


def _mail_problem(value: str) -> str | None:
    """Want a folder or a mail server with a host; what else is missing is told where it is used. It is a secret, too."""
    try:
        url = urlsplit(value)
        has_host = bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        has_host, url = False, urlsplit("")
    if (url.scheme in MAIL_SCHEMES and has_host) or (url.scheme == "folder" and url.path.strip("/")):
        return None
    return f"is not understood; write {MAIL_FORMS}"


def _key_problem(value: str) -> str | None:
    """Want keys that nobody guesses: whoever has one can sign in and confirm for others."""
    keys = [key.strip() for key in value.split(",") if key.strip()]
    if not value or (keys and all(len(key) >= SHORTEST_KEY for key in keys)):
        return None
    return SHORT


def _proxies_problem(value: str) -> str | None:
    if value.strip() == "*":
        return None
    for part in filter(None, map(str.strip, value.split(","))):
        try:
            ip_network(part)
        except ValueError:
            return f"expected addresses or networks like 10.0.0.2, 10.1.0.0/16, or *, got {part!r}"
    return None


def _templates_problem(value: str) -> str | None:
    if not value or os.path.isdir(value):  # noqa: PTH112 - Path.is_dir() raises where it may not look
        return None
    return f"{value!r} is not a folder"


CHECKS: dict[str, Callable[[str], str | None]] = {
    "database_url": _database_problem,
    "mail_url": _mail_problem,
    "secret_key": _key_problem,
    "trusted_proxies": _proxies_problem,
    "public_url": _public_url_problem,
    "mail_from": _address_problem,
    "templates": _templates_problem,
    "mail_limit": _limit_problem,
    "alert_url": _alarm_problem,
    "ping_url": _alarm_problem,
    "alert_email": lambda value: _address_problem(value) if value else None,
}
"""What is wrong with a value, by setting."""


def problem(name: str, value: str) -> str | None:
    """Return what is wrong with a value for a setting, and the cure; None if it can be used."""
    check = CHECKS.get(name)
    return check(value) if check else None
