"""How a mail server is signed in to: by a password, or as Microsoft 365 wants it, by a token that an app asks for."""

from __future__ import annotations

import http.client
import json
import smtplib
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
SECONDS = 30
"""How long the token endpoint may take."""

SPARE_SECONDS = 300
"""A token is replaced this long before it ends."""


REFUSED, LATER = 535, 454
"""RFC 4954, 6: credentials that are not valid, and a failure that passes."""

PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""What a token endpoint answers to one who may come again."""


class SignIn(Protocol):
    """A way to sign in on an open connection."""

    @property
    def user(self) -> str:
        """Name who signs in."""

    def sign_in(self, client: smtplib.SMTP) -> None:
        """Sign in; raise SMTPAuthenticationError if the server will not have us."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """A user name and password; the password never shows."""

    user: str
    password: str = field(repr=False)

    def sign_in(self, client: smtplib.SMTP) -> None:
        """Sign in with the strongest method the server offers."""
        code, text = client.login(self.user, self.password)
        if code != 235:  # the library takes a 503 for a yes
            raise smtplib.SMTPAuthenticationError(code, text)


@dataclass(kw_only=True)
class AppSignIn:
    """An app of the practice's own Microsoft tenant that may send as one mailbox (SMTP.SendAsApp), by XOAUTH2."""

    user: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = MICROSOFT_SCOPE
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    def sign_in(self, client: smtplib.SMTP) -> None:
        """Sign in with a token; one that the server refuses is replaced once."""
        fresh = time.monotonic() >= self._until
        try:
            self._authenticate(client, self._current_token())
        except smtplib.SMTPAuthenticationError:
            if fresh:
                raise
            self._until = 0.0
            self._authenticate(client, self._current_token())

    def _authenticate(self, client: smtplib.SMTP, token: str) -> None:
        client.ehlo_or_helo_if_needed()
        words = f"user={self.user}\x01auth=Bearer {token}\x01\x01"
        client.auth("XOAUTH2", lambda challenge=None: words if challenge is None else "", initial_response_ok=True)

    def _current_token(self) -> str:
        if time.monotonic() < self._until:
            return self._token
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
        }
        request = urllib.request.Request(self.token_url, urllib.parse.urlencode(form).encode())  # noqa: S310 - the admin's own setting
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise smtplib.SMTPAuthenticationError(_code(error.code), _refusal(error)) from None
        except http.client.HTTPException as error:
            raise smtplib.SMTPAuthenticationError(
                LATER, f"no token: the answer cannot be read ({type(error).__name__})"
            ) from None
        if not isinstance(found, dict) or not found.get("access_token"):
            raise smtplib.SMTPAuthenticationError(LATER, "no token: the answer holds no access_token")
        self._token = str(found["access_token"])
        self._until = time.monotonic() + _seconds(found.get("expires_in")) - SPARE_SECONDS
        return self._token


def _code(status: int) -> int:
    """Return what an HTTP status of the token endpoint means in SMTP: only what speaks of us holds the queue."""
    return LATER if status >= 500 or status in PASSING else REFUSED


def _seconds(given: Any) -> float:  # noqa: ANN401 - whatever the token endpoint writes
    """Return how long a token lasts; if that cannot be read, it is for this once."""
    try:
        return float(given)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _refusal(error: urllib.error.HTTPError) -> str:
    """Return what the token endpoint says, without what we sent."""
    with error:
        try:
            said = json.load(error)
            return f"no token: {said['error']}: {said.get('error_description', '')}"
        except (ValueError, KeyError, TypeError, http.client.HTTPException):
            return f"no token: HTTP {error.code}"
