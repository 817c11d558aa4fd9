"""A server that cannot be signed in to, and a machine that cannot check whom it speaks to: neither gets a word of a mail."""

from __future__ import annotations

import ssl

import pytest

from reminder.mail.sign_in import Login
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict
from reminder.mail.wire import Timeouts
from tests.smtp_server import HOST, scripted_server

QUICK = Timeouts(connect=2, command=0.3, data=0.3, body=0.3, dot=0.3, probe=0.3)


def fault_of(transport: SmtpTransport) -> Verdict:
    with pytest.raises(ConnectFault) as caught:
        transport.connect()
    return caught.value.verdict


def test_a_server_that_takes_no_password_holds_the_queue() -> None:
    login = Login(user="office", password="right")
    with scripted_server() as port:
        way = SmtpTransport(host=HOST, port=port, security=Security.PLAIN, login=login, timeouts=QUICK)
        verdict = fault_of(way)

    assert (verdict.outcome, verdict.stage) == (Outcome.MISCONFIGURED, Stage.AUTH)
    assert "AUTH" in verdict.reply


def test_certificates_that_the_machine_cannot_read_are_a_passing_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> ssl.SSLContext:
        raise ssl.SSLError(ssl.SSL_ERROR_SSL, "no certificate or crl found")

    monkeypatch.setattr(ssl, "create_default_context", unreadable)
    verdict = fault_of(SmtpTransport(host=HOST, port=1, security=Security.TLS, timeouts=QUICK))

    assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.TLS)
