"""Makes the mail server's address of what was typed into a provider's form, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urlsplit

from reminder.errors import UsageError
from reminder.mail.providers import MICROSOFT, OTHER, PROVIDERS
from reminder.mail.servers import given_in, transport_from_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reminder.mail.providers import Field, Provider

ADDRESS = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")
ID = re.compile(r"[\w.-]+", re.ASCII)


class TypedError(UsageError):
    """What was typed into a field cannot be used; `field` says which."""

    def __init__(self, name: str, words: str) -> None:
        """Take the field's name and what to do about it."""
        super().__init__(words)
        self.field = name


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """What a form comes to: the three settings of the mail server."""

    mail_url: str = field(repr=False)
    mail_from: str
    mail_limit: str


def outgoing(provider: Provider, typed: Mapping[str, str], present: str = "") -> Outgoing:
    """Return the settings that what was typed comes to; raise TypedError naming the field that cannot be used.

    An empty secret means the one in `present`, the mail server that holds now, if it is the same account there.
    """
    given = {one.name: _read(one, typed.get(one.name, "")) for one in provider.fields}
    secret = given.get("secret", "")
    without = _url(provider, given, "")
    if not secret and present and _account(present) == _account(without):
        secret = secret_in(present)
    for one in provider.fields:
        if one.is_secret and not secret and (not one.optional or given.get("user")):
            raise TypedError(one.name, f"{one.label}: fill it in.")
    url = _url(provider, given, secret)
    transport_from_url(url)
    return Outgoing(mail_url=url, mail_from=given["sender"], mail_limit=provider.limit)


def _read(one: Field, text: str) -> str:
    """Return what a field holds, without the blanks that copying brings along."""
    value = "".join(text.split()) if one.is_secret else text.strip()
    if not value and not one.optional and not one.is_secret:
        raise TypedError(one.name, f"{one.label}: fill it in.")
    if one.kind == "email" and not ADDRESS.fullmatch(value):
        raise TypedError(one.name, f"{one.label}: {value!r} is no e-mail address; write one like office@practice.com.")
    if one.choices and value not in dict(one.choices):
        raise TypedError(one.name, f"{one.label}: choose one of the list.")
    if one.name in {"host", "tenant", "client_id"} and not ID.fullmatch(value):
        raise TypedError(one.name, f"{one.label}: {value!r} holds something else; copy it again.")
    if one.name == "port" and value and not (value.isdecimal() and 0 < int(value) < 65536):
        raise TypedError(one.name, f"{one.label}: {value!r} is no port; write a number such as 587.")
    return value


def _url(provider: Provider, given: Mapping[str, str], secret: str) -> str:
    scheme = given.get("security") or provider.scheme
    host = provider.host or given["host"]
    usual = {"smtps": 465, "smtp+plain": 25}.get(scheme, provider.port)
    port = given.get("port") or str(usual)
    if provider.scheme == "smtp+oauth":
        query = {"tenant": given["tenant"], "client_id": given["client_id"], "client_secret": secret}
        return f"smtp+oauth://{quote(given['sender'], safe='')}@{host}:{port}?{urlencode(query)}"
    user = provider.user.format(sender=given["sender"], user=given.get("user", ""), secret=secret)
    sign_in = f"{quote(user, safe='')}:{quote(secret, safe='')}@" if user else ""
    return f"{scheme}://{sign_in}{host}:{port}"


def provider_of(url: str) -> Provider | None:
    """Return the way to send that a mail server's address stands for; None for a folder."""
    parts = urlsplit(url)
    if not parts.hostname:
        return None
    for one in PROVIDERS.values():
        choices = next((dict(entry.choices) for entry in one.fields if entry.name == "host"), {})
        if one.scheme == parts.scheme and (one.host == parts.hostname or parts.hostname in choices):
            return one
    return OTHER if parts.scheme != MICROSOFT.scheme else None


def typed_of(url: str, sender: str) -> dict[str, str]:
    """Return what a form would have held for a mail server's address, its secret aside."""
    parts = urlsplit(url)
    if not parts.hostname:
        return {}
    given = given_in(url)
    return {
        "sender": sender,
        "host": parts.hostname,
        "port": str(parts.port or ""),
        "security": parts.scheme,
        "user": unquote(parts.username or ""),
        "tenant": given.get("tenant", ""),
        "client_id": given.get("client_id", ""),
    }


def secret_in(url: str) -> str:
    """Return the secret that a mail server's address holds, empty if none."""
    return given_in(url).get("client_secret") or unquote(urlsplit(url).password or "")


def _account(url: str) -> tuple[str | None, ...]:
    """Return whose secret a mail server's address holds: a secret must never be shown to another server."""
    parts = urlsplit(url)
    return parts.hostname, parts.username if parts.username != parts.password else None  # Postmark's token is both
