"""The library's connection, with an ear of our own: whole answers only, each within its time, and none unasked.

smtplib waits anew for every byte, so that a server that drips holds a sender for days; it takes half a line for an
answer; and it reads what nobody asked for as the answer to what is said next.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time

from reminder.mail.replies import plain_words

LONGEST_ANSWER = 65536
"""Bytes of an answer with all its lines; those of real servers have a few hundred."""

ANSWER_LINE = re.compile(rb"([1-5][0-9][0-9])(?:([ -])([^\r]*))?\r?\n")


class OutOfTurnError(smtplib.SMTPServerDisconnected):
    """The server spoke unasked, or hung up: what was to be said has not left."""


class Client(smtplib.SMTP):
    """A connection that the library opens and signs in."""

    _unread = b""

    def getreply(self) -> tuple[int, bytes]:
        """Return the next answer, code and text, within the socket's timeout; raise SMTPServerDisconnected."""
        seconds = self.sock.gettimeout() if self.sock else None
        answer = self.answer(seconds)
        self.sock.settimeout(seconds)  # type: ignore[union-attr]  # it has just been heard
        return answer

    def answer(self, seconds: float | None) -> tuple[int, bytes]:
        """Return the next answer within so many seconds, or for as long as it takes; raise SMTPServerDisconnected."""
        try:
            return self._answer(None if seconds is None else time.monotonic() + seconds)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(plain_words(error)) from None

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # the library's stubs know more kinds of bytes
        """Say something, unless the server spoke first."""
        self.be_silent()
        super().send(s)

    def be_silent(self) -> None:
        """Raise OutOfTurnError if the server has said something that nobody asked for, or has hung up."""
        unasked = self.unasked()
        if unasked is not None:
            message = "the server spoke out of turn" if unasked else "the server hung up"
            raise OutOfTurnError(message)

    def unasked(self) -> bytes | None:
        """Return what the server has said that nobody has read: None for nothing, empty if it has hung up."""
        if self._unread or self.sock is None:
            return self._unread or None
        seconds = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            self._unread = self.sock.recv(LONGEST_ANSWER)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except OSError:
            return b""
        finally:
            self.sock.settimeout(seconds)
        return self._unread

    def _answer(self, until: float | None) -> tuple[int, bytes]:
        if self.sock is None:
            message = "not connected"
            raise smtplib.SMTPServerDisconnected(message)
        code, texts, room, more = b"", list[bytes](), LONGEST_ANSWER, True
        while more:
            line = self._line(until, room)
            room -= len(line)
            match = ANSWER_LINE.fullmatch(line)
            if match is None or (code and match[1] != code):
                message = "an answer that is no SMTP"
                raise smtplib.SMTPServerDisconnected(message)
            code, more = match[1], match[2] == b"-"
            texts.append((match[3] or b"").strip())
        return int(code), b"\n".join(texts)

    def _line(self, until: float | None, room: int) -> bytes:
        """Return the next line with its end, by the monotonic instant `until`, of at most so many bytes."""
        while (end := self._unread.find(b"\n")) < 0 and len(self._unread) < room:
            if until is not None:
                self.sock.settimeout(max(until - time.monotonic(), 0.001))  # type: ignore[union-attr]  # _answer asked
            heard = self.sock.recv(4096)  # type: ignore[union-attr]
            if not heard:
                message = "the server hung up"
                raise smtplib.SMTPServerDisconnected(message)
            self._unread += heard
        if not 0 <= end < room:
            message = "an answer without end"
            raise smtplib.SMTPServerDisconnected(message)
        line, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
        return line


class TlsClient(Client, smtplib.SMTP_SSL):
    """A connection that begins with TLS."""
