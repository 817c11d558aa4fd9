"""The SMTP dialogue from MAIL to the final dot, with each phase told apart.

smtplib raises the same exception for a connection lost before the final dot (not taken: try again) and after it
(nobody knows: in doubt), so these phases are spoken here.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
import time
from dataclasses import dataclass

from reminder.mail.transport import Outcome, Stage, Verdict, clean_reply

IDLE_SECONDS = 30
"""A connection that was quiet for this long is asked whether it is still there before it is used again."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds to wait for an answer in each phase (RFC 5321, 4.5.3.2): a short one at the dot makes double mails."""

    connect: float = 30
    command: float = 300
    data: float = 120
    body: float = 180
    dot: float = 600
    probe: float = 10


def reply_text(reply: bytes | str) -> str:
    """Return a server's answer as text."""
    return reply if isinstance(reply, str) else reply.decode("utf-8", "replace")


def plain_words(error: BaseException) -> str:
    """Return what went wrong with a connection, in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return clean_reply(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def has_unread(client: smtplib.SMTP) -> bool:
    """Tell whether bytes of the server wait that nobody asked for."""
    if client.file is not None and client.sock is not None:
        client.sock.setblocking(False)  # noqa: FBT003 - socket's own signature
        try:
            return bool(client.file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except (OSError, ValueError):
            return True
        finally:
            client.sock.setblocking(True)  # noqa: FBT003
    return False


class SmtpConnection:
    """A signed-in connection; carries one mail after another."""

    def __init__(self, client: smtplib.SMTP, timeouts: Timeouts) -> None:
        """Take a connection over from the library."""
        self._client, self._timeouts = client, timeouts
        self._used_at = time.monotonic()

    def offer(self, sender: str, recipient: str) -> Verdict | None:
        """Name sender and recipient; None means go ahead."""
        if not recipient.isascii() or re.search(r"[\x00-\x20<>\x7f]", sender + recipient):
            reply = "the address cannot be written in SMTP"
            return Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, reply=reply)
        verdict = self._command(Stage.MAIL, f"MAIL FROM:<{sender}>", self._timeouts.command)
        if verdict is None:
            verdict = self._command(Stage.RCPT, f"RCPT TO:<{recipient}>", self._timeouts.command)
        if verdict is not None and verdict.usable:
            return self._reset(verdict)
        return verdict

    def transmit(self, data: bytes) -> Verdict:
        """Hand the mail over; from the first byte of the final dot on, silence means doubt."""
        verdict = self._command(Stage.DATA, "DATA", self._timeouts.data, go_ahead=354)
        if verdict is not None:
            return self._reset(verdict) if verdict.usable else verdict
        body = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
        body = re.sub(rb"(?m)^\.", b"..", body)
        if not body.endswith(b"\r\n"):
            body += b"\r\n"
        try:
            self._send(body, self._timeouts.body)
        except OSError as error:
            return self._premature(error)
        return self._finish()

    def _finish(self) -> Verdict:
        """Send the dot and read the answer that decides."""
        try:
            self._send(b".\r\n", self._timeouts.dot)
            code, text = self._read()
        except (OSError, smtplib.SMTPException) as error:
            return Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply=plain_words(error), usable=False)
        self._used_at = time.monotonic()
        in_step = not has_unread(self._client)
        outcome = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REFUSED_CONTENT}.get(
            code // 100, Outcome.IN_DOUBT
        )
        usable = in_step and code != 421 and outcome is not Outcome.IN_DOUBT
        return Verdict(outcome=outcome, stage=Stage.DOT, code=code, reply=text, usable=usable)

    def _premature(self, error: OSError) -> Verdict:
        """Judge a connection that broke while the text was sent: the dot never left, so the mail was not taken.

        A server that refuses early says why before it hangs up.
        """
        try:
            code, text = self._read()
        except (OSError, smtplib.SMTPException):
            return Verdict(outcome=Outcome.DEFERRED, stage=Stage.BODY, reply=plain_words(error), usable=False)
        outcome = Outcome.REFUSED_CONTENT if code // 100 == 5 else Outcome.DEFERRED
        return Verdict(outcome=outcome, stage=Stage.BODY, code=code, reply=text, usable=False)

    def _command(self, stage: Stage, line: str, seconds: float, go_ahead: int = 2) -> Verdict | None:
        """Say one command; None if the answer is the one hoped for."""
        try:
            self._send(f"{line}\r\n".encode("ascii"), seconds)
            code, text = self._read()
        except (OSError, smtplib.SMTPException) as error:
            return Verdict(outcome=Outcome.DEFERRED, stage=stage, reply=plain_words(error), usable=False)
        self._used_at = time.monotonic()
        if go_ahead in (code, code // 100):
            return None
        usable = code // 100 in (4, 5) and code != 421
        return Verdict(outcome=_refused(stage, code, text), stage=stage, code=code, reply=text, usable=usable)

    def _reset(self, verdict: Verdict) -> Verdict:
        """Clear the envelope after a refusal, so that the connection can carry the next mail."""
        usable = self._command(Stage.MAIL, "RSET", self._timeouts.command) is None
        return Verdict(
            outcome=verdict.outcome,
            stage=verdict.stage,
            code=verdict.code,
            reply=verdict.reply,
            usable=usable,
        )

    def alive(self) -> bool:
        """Tell whether the connection can still be used; after a pause the server is asked."""
        if time.monotonic() - self._used_at < IDLE_SECONDS:
            return True
        return self._command(Stage.MAIL, "NOOP", self._timeouts.probe) is None

    def close(self) -> None:
        """Say QUIT; whatever the server answers changes nothing about the mails it took."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._send(b"QUIT\r\n", self._timeouts.probe)
            self._read()
        self._client.close()

    def _send(self, data: bytes, seconds: float) -> None:
        sock = self._client.sock
        if sock is None:
            raise ConnectionError
        sock.settimeout(seconds)
        sock.sendall(data)

    def _read(self) -> tuple[int, str]:
        code, text = self._client.getreply()
        if code == -1:
            message = "an answer that is no SMTP"
            raise smtplib.SMTPServerDisconnected(message)
        return code, clean_reply(reply_text(text))


def _refused(stage: Stage, code: int, text: str) -> Outcome:
    """Say what a refusal before the text means."""
    if code // 100 != 5:
        return Outcome.DEFERRED
    if stage is Stage.MAIL:
        return Outcome.MISCONFIGURED
    if stage is Stage.RCPT:
        return rcpt_outcome(code, text)
    return Outcome.REFUSED_CONTENT


ABOUT_US = re.compile(r"relay|authenticat|auth\b|sign[- ]?in|client submission|5\.7\.(57|60|30|139)", re.IGNORECASE)
"""Words in a refusal of the recipient that speak of us, not of the address."""

MAILBOX_FULL = 552
"""RFC 5321, 4.5.3.1.10: a 552 at RCPT is to be treated as temporary."""


def rcpt_outcome(code: int, text: str) -> Outcome:
    """Say whether a 5xx at RCPT is about the address, about us (530, relaying denied), or passes (a full mailbox)."""
    if code == MAILBOX_FULL:
        return Outcome.DEFERRED
    if code == 530 or ABOUT_US.search(text):
        return Outcome.MISCONFIGURED
    return Outcome.REFUSED_RECIPIENT
