"""The socket under a connection: sends bytes, reads whole answers, each with its own patience."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass

from reminder.mail.replies import reply_text
from reminder.mail.transport import clean_reply


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

    def __init__(self, client: smtplib.SMTP) -> None:
        """Take the connection over."""
        self._client = client
        if client.sock is not None:
            # The final dot must not wait until the text before it is acknowledged.
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes, seconds: float) -> None:
        """Send everything; raise OSError if the connection is broken or stands still for so long."""
        sock = self._client.sock
        if sock is None:
            raise ConnectionError
        sock.settimeout(seconds)
        sock.sendall(data)

    def read(self, seconds: float) -> tuple[int, str]:
        """Return the next answer, code and text; raise OSError or SMTPException if there is none in time."""
        if self._client.sock is not None:
            self._client.sock.settimeout(seconds)
        code, text = self._client.getreply()
        if code == -1:
            message = "an answer that is no SMTP"
            raise smtplib.SMTPServerDisconnected(message)
        return code, clean_reply(reply_text(text))

    def has_unread(self) -> bool:
        """Tell whether bytes of the server wait that nobody asked for."""
        if self._client.file is None or self._client.sock is None:
            return False
        self._client.sock.setblocking(False)  # noqa: FBT003 - socket's own signature
        try:
            return bool(self._client.file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except (OSError, ValueError):
            return True
        finally:
            self._client.sock.setblocking(True)  # noqa: FBT003

    def close(self) -> None:
        """Hang up."""
        self._client.close()
