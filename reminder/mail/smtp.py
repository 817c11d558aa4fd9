"""A mail server by SMTP: connect, TLS with the certificate checked, sign in. The library speaks these phases."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from reminder.mail.client import Client, TlsClient
from reminder.mail.dialogue import SmtpConnection
from reminder.mail.replies import plain_words, reply_text
from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict, clean_reply
from reminder.mail.wire import Timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.mail.sign_in import SignIn


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class SmtpTransport:
    """A mail server. `context` is for tests with a certificate of their own; by default the system's are trusted."""

    host: str
    port: int
    security: Security
    login: SignIn | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    context: ssl.SSLContext | None = None

    def describe(self) -> str:
        """Name the server for people."""
        user = f"{self.login.user} at " if self.login else ""
        return f"{user}{self.host}:{self.port} ({self.security})"

    def connect(self) -> SmtpConnection:
        """Open a connection: greeting, EHLO, TLS with the certificate checked, sign-in; raise ConnectFault."""
        opening = _Opening(self)
        with opening.explained():
            client = opening.open()
        return SmtpConnection(client, self.timeouts)

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """Return whom we believe to be the server, read once: it takes as long as a hundred mails."""
        return self.context or ssl.create_default_context()


class _Opening:
    """The steps from nothing to a signed-in connection; knows at which stage it is."""

    def __init__(self, transport: SmtpTransport) -> None:
        self.transport, self.stage = transport, Stage.CONNECT
        self.client: Client | None = None

    def open(self) -> Client:
        transport = self.transport
        if transport.security is Security.TLS:
            client: Client = TlsClient(timeout=transport.timeouts.connect, context=transport.trust)
        else:
            client = Client(timeout=transport.timeouts.connect)
        self.client = client
        # connect() checks the certificate against `_host`, which only the constructor sets, if it is given the host.
        client._host = transport.host  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        code, text = client.connect(transport.host, transport.port)
        self._expect(Stage.GREETING, code, text)
        assert client.sock is not None  # noqa: S101 - for the type checker: it has just been heard
        client.sock.settimeout(transport.timeouts.command)
        self.stage = Stage.EHLO
        self._expect(Stage.EHLO, *client.ehlo())
        if transport.security is Security.STARTTLS:
            self._start_tls(client)
        if transport.login is not None:
            self.stage = Stage.AUTH
            transport.login.sign_in(client)
        return client

    def _start_tls(self, client: Client) -> None:
        self.stage = Stage.STARTTLS
        if not client.has_extn("starttls"):
            raise _refusal(Stage.STARTTLS, None, "the server offers no STARTTLS; use smtps:// or smtp+plain://")
        code, text = client.docmd("STARTTLS")
        self._expect(Stage.STARTTLS, code, text)
        if client.unasked():
            raise _refusal(Stage.STARTTLS, None, "the server spoke on before TLS began")
        self.stage = Stage.TLS
        assert client.sock is not None  # noqa: S101 - for the type checker: docmd has just used it
        client.sock = self.transport.trust.wrap_socket(client.sock, server_hostname=self.transport.host)
        client.ehlo_resp = client.helo_resp = None
        client.esmtp_features = {}
        client.does_esmtp = False
        self._expect(Stage.EHLO, *client.ehlo())

    def _expect(self, stage: Stage, code: int, text: bytes) -> None:
        self.stage = stage
        if not 200 <= code < 300:
            raise smtplib.SMTPResponseException(code, text)

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
            raise _refusal(self.stage, error.smtp_code, reply_text(error.smtp_error)) from None
        except ssl.SSLCertVerificationError as error:
            self._drop()
            raise _refusal(Stage.TLS, None, f"the server's certificate is not valid: {error.verify_message}") from None
        except smtplib.SMTPNotSupportedError as error:
            self._drop()
            raise _refusal(self.stage, None, str(error)) from None
        except (OSError, ValueError) as error:  # ValueError: a challenge that is no base64
            self._drop()
            stage = Stage.TLS if isinstance(error, ssl.SSLError) else self.stage
            if stage is Stage.CONNECT and isinstance(error, smtplib.SMTPServerDisconnected):
                stage = Stage.GREETING
            verdict = Verdict(outcome=Outcome.DEFERRED, stage=stage, reply=plain_words(error), usable=False)
            raise ConnectFault(verdict) from None

    def _drop(self) -> None:
        if self.client is not None:
            self.client.close()


def _refusal(stage: Stage, code: int | None, text: str) -> ConnectFault:
    """Return the fault for a server that will not have us: for good (hold the queue) if it says so, or we do."""
    outcome = Outcome.MISCONFIGURED if code is None or code // 100 == 5 else Outcome.DEFERRED
    return ConnectFault(Verdict(outcome=outcome, stage=stage, code=code, reply=clean_reply(text), usable=False))
