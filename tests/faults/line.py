"""A mail server without threads or sockets: a line to it has the methods of a socket that the product uses."""

from __future__ import annotations

import hashlib
import socket
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.faults.calls import Calls, line_error
from tests.faults.sink import ANSWERS, EHLO, MESSAGE_ID, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


class MailServer:
    """Keeps what it takes. `refused`, `put_off`: beginnings of recipients that it will not have, or not at once."""

    def __init__(self, now: Callable[[], datetime], refused: str = "nobody", put_off: str = "later") -> None:
        self.now, self.refused, self.put_off = now, refused, put_off
        self.taken: list[Taken] = []
        self.put_off_once: set[str] = set()
        self.numbers = count(1)

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Let every connection lead here."""
        with patch.object(socket, "create_connection", lambda *_, **__: self.line()):
            yield

    def line(self) -> Line:
        return Line(self, next(self.numbers))


class Line:
    """One connection: what is sent into it is answered at once."""

    def __init__(self, server: MailServer, number: int) -> None:
        self.server, self.number = server, number
        self.calls: Calls | None = None
        self.heard, self.said = b"", bytearray(b"220 torture ESMTP\r\n")
        self.recipient, self.takes_text = "", False
        self.timeout: float | None = None

    def sendall(self, data: bytes) -> None:
        if self.calls is None:
            self._hear(data)
        else:
            self.calls("socket send", line_error, lambda: self._hear(data), self)

    def recv(self, most: int) -> bytes:
        if not self.said and self.timeout == 0:
            raise BlockingIOError
        if self.calls is None:
            return self._say(most)
        return self.calls("socket receive", line_error, lambda: self._say(most), self)

    def _say(self, most: int) -> bytes:
        if not self.said:
            message = "the server has nothing to say"
            raise TimeoutError(message)
        said = bytes(self.said[:most])
        del self.said[:most]
        return said

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def gettimeout(self) -> float | None:
        return self.timeout

    def setsockopt(self, *_: Any) -> None:
        pass

    def close(self) -> None:
        pass

    def _hear(self, data: bytes) -> None:
        self.heard += data
        while self._understand():
            pass

    def _understand(self) -> bool:
        """Act on the next command, or the text, if the whole of it is there."""
        end = b"\r\n.\r\n" if self.takes_text else b"\r\n"
        words, found, rest = self.heard.partition(end)
        if not found:
            return False
        self.heard = rest
        self.said += self._text(words) if self.takes_text else self._command(words)
        return True

    def _text(self, data: bytes) -> bytes:
        self.takes_text = False
        server = self.server
        if self.recipient.startswith(server.put_off) and self.recipient not in server.put_off_once:
            server.put_off_once.add(self.recipient)
            return b"451 4.7.1 later\r\n"
        message_id = MESSAGE_ID.search(data)
        taken = Taken(
            at=server.now().isoformat(),
            connection=self.number,
            recipient=self.recipient,
            message_id=message_id[1].decode() if message_id else "",
            sha256=hashlib.sha256(data.replace(b"\r\n..", b"\r\n.") + b"\r\n").hexdigest(),
        )
        server.taken.append(taken)
        return b"250 kept\r\n"

    def _command(self, words: bytes) -> bytes:
        verb = words[:4].upper()
        if verb == b"RCPT":
            self.recipient = words[words.index(b"<") + 1 : words.rindex(b">")].decode()
            if self.recipient.startswith(self.server.refused):
                self.recipient = ""
                return b"550 5.1.1 no such user\r\n"
        if verb == b"DATA":
            if not self.recipient:
                return b"503 5.5.1 no recipient\r\n"
            self.takes_text = True
            return b"354 go on\r\n"
        if verb in (b"MAIL", b"RSET"):
            self.recipient = ""
        return {b"EHLO": EHLO, b"QUIT": b"221 bye\r\n", **ANSWERS}.get(verb, b"250 ok\r\n")
