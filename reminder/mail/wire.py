"""The socket under a connection: sends bytes, reads whole answers, each with its own patience; and what is sent."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.mail.replies import reply_text
from reminder.mail.transport import Stage, clean_reply

if TYPE_CHECKING:
    from reminder.mail.client import Client


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds to wait for an answer in each phase (RFC 5321, 4.5.3.2): a short one at the dot makes double mails."""

    connect: float = 30
    command: float = 300
    data: float = 120
    body: float = 180
    dot: float = 600
    probe: float = 10


class Wire:
    """What the library has connected and signed in, spoken to directly."""

    def __init__(self, client: Client) -> None:
        """Take the connection over."""
        self._client = client
        assert client.sock is not None  # noqa: S101 - for the type checker: it is connected
        # The final dot must not wait until the text before it is acknowledged.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes, seconds: float) -> None:
        """Send everything; raise OSError if the connection is broken or stands still for so long.

        OutOfTurnError: nothing was sent, because the server spoke first.
        """
        self._client.be_silent()
        sock = self._client.sock
        if sock is None:
            raise ConnectionError
        sock.settimeout(seconds)
        sock.sendall(data)

    def read(self, seconds: float) -> tuple[int, str]:
        """Return the next answer, code and text; raise OSError if there is no whole one in time."""
        code, text = self._client.answer(seconds)
        return code, clean_reply(reply_text(text))

    def is_quiet(self) -> bool:
        """Tell whether the connection is open and nothing waits that nobody asked for."""
        return self._client.unasked() is None

    def close(self) -> None:
        """Hang up."""
        self._client.close()


UNWRITABLE = re.compile(r"[^!-~]|[<>]")
"""What cannot stand in an address on the wire: anything but visible ASCII, and the brackets around it."""


def envelope(sender: str, recipient: str) -> list[tuple[Stage, bytes]]:
    """Return the commands of an envelope, each with its stage; none if an address cannot be written."""
    if UNWRITABLE.search(sender + recipient):
        return []
    return [
        (Stage.MAIL, f"MAIL FROM:<{sender}>\r\n".encode("ascii")),
        (Stage.RCPT, f"RCPT TO:<{recipient}>\r\n".encode("ascii")),
        (Stage.DATA, b"DATA\r\n"),
    ]


def stuffed(data: bytes) -> bytes:
    """Return a text as it goes over the wire: lines end with CRLF, and a dot at their beginning is doubled."""
    # Ours is always proper. It is counted, since a pattern takes ten times as long to see it.
    is_proper = data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    body = data if is_proper else re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    body = body.replace(b"\r\n.", b"\r\n..")
    body = b"." + body if body.startswith(b".") else body
    return body if body.endswith(b"\r\n") else body + b"\r\n"
