"""SMTP with each phase told apart: the library connects and signs in, the envelope and the dot are our own.

smtplib raises the same exception for a connection lost before the final dot (not taken: try again) and after it
(nobody knows: in doubt), so from MAIL to the dot the dialogue is spoken here.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict, clean_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

IDLE_SECONDS = 30
"""A connection that was quiet for this long is asked whether it is still there before it is used again."""


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class Login:
    """A user name and password; the password never shows."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds to wait for an answer in each phase (RFC 5321, 4.5.3.2): a short one at the dot makes double mails."""

    connect: float = 30
    command: float = 300
    data: float = 120
    body: float = 180
    dot: float = 600
    probe: float = 10


@dataclass(frozen=True, kw_only=True)
class SmtpTransport:
    """A mail server. `context` is for tests with a certificate of their own; by default the system's are trusted."""

    host: str
    port: int
    security: Security
    login: Login | None = None
    timeouts: Timeouts = Timeouts()
    context: ssl.SSLContext | None = None

    def describe(self) -> str:
        """Name the server for people."""
        user = f"{self.login.user} at " if self.login else ""
        return f"{user}{self.host}:{self.port} ({self.security})"

    def connect(self) -> SmtpConnection:
        """Open a connection: greeting, EHLO, TLS with the certificate checked, sign-in; raise ConnectFault."""
        context = self.context or ssl.create_default_context()
        opening = _Opening(self)
        with opening.explained():
            client = opening.open(context)
        return SmtpConnection(client, self.timeouts)


class _Opening:
    """The steps from nothing to a signed-in connection; knows at which stage it is."""

    def __init__(self, transport: SmtpTransport) -> None:
        self.transport, self.stage = transport, Stage.CONNECT
        self.client: smtplib.SMTP | None = None

    def open(self, context: ssl.SSLContext) -> smtplib.SMTP:
        transport = self.transport
        if transport.security is Security.TLS:
            client: smtplib.SMTP = smtplib.SMTP_SSL(timeout=transport.timeouts.connect, context=context)
        else:
            client = smtplib.SMTP(timeout=transport.timeouts.connect)
        self.client = client
        # connect() checks the certificate against `_host`, which only the constructor sets, if it is given the host.
        client._host = transport.host  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        code, text = client.connect(transport.host, transport.port)
        self._expect(Stage.GREETING, code, text)
        self._set_timeout(transport.timeouts.command)
        self._expect(Stage.EHLO, *client.ehlo())
        if transport.security is Security.STARTTLS:
            self._start_tls(client, context)
        if transport.login is not None:
            self.stage = Stage.AUTH
            client.login(transport.login.user, transport.login.password)
        return client

    def _start_tls(self, client: smtplib.SMTP, context: ssl.SSLContext) -> None:
        self.stage = Stage.STARTTLS
        if not client.has_extn("starttls"):
            raise _refusal(Stage.STARTTLS, None, "the server offers no STARTTLS; use smtps:// or smtp+plain://")
        code, text = client.docmd("STARTTLS")
        self._expect(Stage.STARTTLS, code, text)
        if client.file is not None and _has_unread(client):
            raise _refusal(Stage.STARTTLS, code, "the server spoke on before TLS began")
        self.stage = Stage.TLS
        assert client.sock is not None  # noqa: S101 - for the type checker: docmd has just used it
        client.sock = context.wrap_socket(client.sock, server_hostname=self.transport.host)
        client.file = None
        client.ehlo_resp = client.helo_resp = None
        client.esmtp_features = {}
        client.does_esmtp = False
        self._expect(Stage.EHLO, *client.ehlo())

    def _expect(self, stage: Stage, code: int, text: bytes) -> None:
        self.stage = stage
        if code == -1:
            raise smtplib.SMTPServerDisconnected(_text(text) or "the server hung up")
        if not 200 <= code < 300:
            raise smtplib.SMTPResponseException(code, text)

    def _set_timeout(self, seconds: float) -> None:
        if self.client is not None and self.client.sock is not None:
            self.client.sock.settimeout(seconds)

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn whatever goes wrong into a ConnectFault, and leave no socket open."""
        try:
            yield
        except ConnectFault:
            self._drop()
            raise
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise _refusal(self.stage, error.smtp_code, _text(error.smtp_error)) from None
        except ssl.SSLCertVerificationError as error:
            self._drop()
            raise _refusal(Stage.TLS, None, f"the server's certificate is not valid: {error.verify_message}") from None
        except smtplib.SMTPNotSupportedError as error:
            self._drop()
            raise _refusal(self.stage, None, str(error)) from None
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._drop()
            stage = Stage.TLS if isinstance(error, ssl.SSLError) else self.stage
            verdict = Verdict(outcome=Outcome.DEFERRED, stage=stage, reply=_plain(error), usable=False)
            raise ConnectFault(verdict) from None

    def _drop(self) -> None:
        if self.client is not None:
            self.client.close()


def _refusal(stage: Stage, code: int | None, text: str) -> ConnectFault:
    """Return the fault for a server that will not have us: for good (hold the queue) unless the code is a 4xx."""
    temporary = code is not None and 400 <= code < 500
    outcome = Outcome.DEFERRED if temporary else Outcome.MISCONFIGURED
    return ConnectFault(Verdict(outcome=outcome, stage=stage, code=code, reply=clean_reply(text), usable=False))


def _text(reply: bytes | str) -> str:
    return reply if isinstance(reply, str) else reply.decode("utf-8", "replace")


def _plain(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return clean_reply(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _has_unread(client: smtplib.SMTP) -> bool:
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
            return Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply=_plain(error), usable=False)
        self._used_at = time.monotonic()
        in_step = not _has_unread(self._client)
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
            return Verdict(outcome=Outcome.DEFERRED, stage=Stage.BODY, reply=_plain(error), usable=False)
        outcome = Outcome.REFUSED_CONTENT if code // 100 == 5 else Outcome.DEFERRED
        return Verdict(outcome=outcome, stage=Stage.BODY, code=code, reply=text, usable=False)

    def _command(self, stage: Stage, line: str, seconds: float, go_ahead: int = 2) -> Verdict | None:
        """Say one command; None if the answer is the one hoped for."""
        try:
            self._send(f"{line}\r\n".encode("ascii"), seconds)
            code, text = self._read()
        except (OSError, smtplib.SMTPException) as error:
            return Verdict(outcome=Outcome.DEFERRED, stage=stage, reply=_plain(error), usable=False)
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
        return code, clean_reply(_text(text))


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
