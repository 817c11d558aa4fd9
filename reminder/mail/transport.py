"""The way out: what every mail connection offers, and what its answers mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """The phases of handing one mail over."""

    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


class Outcome(StrEnum):
    """What an answer means for the mail (RFC 5321; reply classes by their first digit)."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED_RECIPIENT = "refused_recipient"
    REFUSED_CONTENT = "refused_content"
    MISCONFIGURED = "misconfigured"
    IN_DOUBT = "in_doubt"


LONGEST_REPLY = 500


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A server's answer and what follows from it. `usable`: the connection may carry the next mail."""

    outcome: Outcome
    stage: Stage
    code: int | None = None
    reply: str = ""
    usable: bool = True

    @property
    def answer(self) -> str:
        """Return the code, if there is one, and what was said with it."""
        return f"{self.code or ''} {self.reply}".strip()


def clean_reply(text: str) -> str:
    """Return a server's text on one line, without control characters, cut to a sensible length."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())[:LONGEST_REPLY]


class ConnectFault(Exception):  # noqa: N818 - a fault of the other side, not an error of ours
    """No connection could be made; `verdict` says at which stage and why."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep the verdict."""
        super().__init__(f"{verdict.stage}: {verdict.reply}")
        self.verdict = verdict


class Connection(Protocol):
    """An open connection to a mail server. Speaking and listening are apart, so that one sender can keep several busy.

    The order is: `begin`, `go_ahead`; then `hand_over`, `outcome`; and again. The text of one mail and the envelope of
    the next may be said in one breath (RFC 2920): the answers are then read in the same order.
    """

    def begin(self, sender: str, recipient: str) -> None:
        """Name sender and recipient of the next mail. Nothing of it is handed over yet."""

    def go_ahead(self) -> Verdict | None:
        """Read the answer to `begin`; None means go ahead."""

    def hand_over(self, data: bytes, then: tuple[str, str] | None = None) -> None:
        """Hand the text over and its final dot; and begin the next mail: its sender and recipient."""

    def outcome(self) -> Verdict:
        """Read the answer to `hand_over`. If it is not `usable`, the mail that was begun with it is not begun."""

    def alive(self) -> bool:
        """Tell whether the connection can still be used."""

    def close(self) -> None:
        """Say goodbye; whatever the answer, no error."""


class Transport(Protocol):
    """Somewhere mails can be handed over."""

    def connect(self) -> Connection:
        """Open a connection, signed in; raise ConnectFault."""

    def describe(self) -> str:
        """Name the server for people, without its password."""


def send_one(connection: Connection, sender: str, recipient: str, data: bytes) -> Verdict:
    """Hand one mail over on an open connection and return the answer."""
    connection.begin(sender, recipient)
    refusal = connection.go_ahead()
    if refusal is not None:
        return refusal
    connection.hand_over(data)
    return connection.outcome()
