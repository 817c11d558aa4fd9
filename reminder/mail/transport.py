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
    """An open connection to a mail server."""

    def offer(self, sender: str, recipient: str) -> Verdict | None:
        """Name sender and recipient; None means go ahead. Nothing has been handed over yet."""

    def transmit(self, data: bytes) -> Verdict:
        """Hand the mail over: DATA, the text, the final dot."""

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
