from __future__ import annotations

from smtplib import SMTPServerDisconnected
from typing import TYPE_CHECKING, Any

import pytest

from reminder.errors import UsageError
from reminder.mail.client import Client
from reminder.mail.folder import FolderTransport
from reminder.mail.replies import rcpt_outcome
from reminder.mail.servers import transport_from_url
from reminder.mail.sign_in import Login
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.transport import ConnectFault, Connection, Outcome, Stage, Verdict, send_one
from reminder.mail.wire import Timeouts, Wire
from tests import smtp_server
from tests.smtp_server import (
    HOST,
    break_off,
    client_context,
    drip,
    drop,
    keeping_server,
    reset,
    scripted_server,
    silence,
)

if TYPE_CHECKING:
    import socket

MAIL = b"Subject: hello\r\n\r\nOne line.\r\n.A line with a dot.\r\n..\r\n"


def named(act: Any) -> str:
    """Name a fault in the tests' list: by its function, or by its words."""
    return str(act.__name__ if callable(act) else act.decode().strip())


QUICK = Timeouts(connect=2, command=0.3, data=0.3, body=0.3, dot=0.3, probe=0.3)


def plain(port: int, timeouts: Timeouts = QUICK) -> SmtpTransport:
    return SmtpTransport(host=HOST, port=port, security=Security.PLAIN, timeouts=timeouts)


@pytest.fixture(params=["one by one", "in one breath"], autouse=True)
def ehlo(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scripted server offer PIPELINING or not: what its answers mean is the same."""
    if request.param == "in one breath":
        monkeypatch.setitem(smtp_server.USUAL, "ehlo", b"250-test\r\n250-PIPELINING\r\n250 HELP\r\n")


def offer(connection: Connection, recipient: str) -> Verdict | None:
    connection.begin("a@here.example", recipient)
    return connection.go_ahead()


def hand_over(transport: SmtpTransport, data: bytes = MAIL) -> Verdict:
    try:
        connection = transport.connect()
    except ConnectFault as fault:
        return fault.verdict
    try:
        return send_one(connection, "from@here.example", "to@there.example", data)
    finally:
        connection.close()


def test_a_mail_arrives_byte_for_byte() -> None:
    with keeping_server() as kept:
        verdict = hand_over(plain(kept.port))

    assert (verdict.outcome, verdict.code, verdict.reply) == (Outcome.ACCEPTED, 250, "OK queued as 1")
    assert kept.mails == [("from@here.example", ["to@there.example"], MAIL)]


def test_bare_line_ends_leave_as_crlf() -> None:
    with keeping_server() as kept:
        hand_over(plain(kept.port), b"Subject: x\n\nbare\rends\n")

    assert kept.mails[0][2] == b"Subject: x\r\n\r\nbare\r\nends\r\n"


def test_a_connection_that_breaks_while_the_final_dot_is_said_leaves_the_mail_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really_send = Wire.send

    def send(wire: Wire, data: bytes, seconds: float) -> None:
        if data.startswith(b".\r\n"):
            raise ConnectionResetError(104, "Connection reset by peer")
        really_send(wire, data, seconds)

    monkeypatch.setattr(Wire, "send", send)
    with keeping_server() as kept:
        verdict = hand_over(plain(kept.port))

    assert (verdict.outcome, verdict.stage, verdict.usable) == (Outcome.IN_DOUBT, Stage.DOT, False)
    assert verdict.reply == "Connection reset by peer"


def test_one_connection_carries_many_mails() -> None:
    with keeping_server() as kept:
        connection = plain(kept.port).connect()
        for number in range(3):
            assert connection.alive()
            assert send_one(connection, "a@here.example", f"to{number}@there.example", MAIL).usable
        connection.close()

    assert [recipients for _, recipients, _ in kept.mails] == [[f"to{n}@there.example"] for n in range(3)]


def test_a_connection_without_a_time_limit_waits_for_the_answer() -> None:
    with keeping_server() as kept, Client(HOST, kept.port) as client:
        assert client.noop() == (250, b"OK")


def test_where_nothing_is_connected_no_answer_is_waited_for() -> None:
    with pytest.raises(SMTPServerDisconnected, match="not connected"):
        Client().getreply()


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_tls_with_a_checked_certificate(security: Security) -> None:
    with keeping_server(starttls=security is Security.STARTTLS, tls=security is Security.TLS) as kept:
        transport = SmtpTransport(
            host=HOST, port=kept.port, security=security, timeouts=QUICK, context=client_context()
        )
        verdict = hand_over(transport)

    assert verdict.outcome is Outcome.ACCEPTED
    assert len(kept.mails) == 1


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_of_unknown_origin_holds_the_queue(security: Security) -> None:
    with keeping_server(starttls=security is Security.STARTTLS, tls=security is Security.TLS) as kept:
        verdict = hand_over(SmtpTransport(host=HOST, port=kept.port, security=security, timeouts=QUICK))

    assert (verdict.outcome, verdict.stage) == (Outcome.MISCONFIGURED, Stage.TLS)
    assert kept.mails == []


def test_a_certificate_for_another_name_holds_the_queue() -> None:
    with keeping_server(tls=True) as kept:
        transport = SmtpTransport(
            host="127.0.0.1", port=kept.port, security=Security.TLS, timeouts=QUICK, context=client_context()
        )
        verdict = hand_over(transport)

    assert (verdict.outcome, verdict.stage) == (Outcome.MISCONFIGURED, Stage.TLS)


@pytest.mark.parametrize(("password", "outcome"), [("right", Outcome.ACCEPTED), ("wrong", Outcome.MISCONFIGURED)])
def test_signing_in(password: str, outcome: Outcome) -> None:
    with keeping_server(starttls=True, password="right") as kept:
        transport = SmtpTransport(
            host=HOST,
            port=kept.port,
            security=Security.STARTTLS,
            login=Login(user="office", password=password),
            timeouts=Timeouts(),
            context=client_context(),
        )
        verdict = hand_over(transport)

    assert verdict.outcome is outcome
    assert password not in repr(verdict) + repr(transport) + transport.describe()


def test_a_server_without_starttls_is_not_spoken_to_in_the_open() -> None:
    with scripted_server() as port:
        verdict = hand_over(SmtpTransport(host=HOST, port=port, security=Security.STARTTLS, timeouts=QUICK))

    assert (verdict.outcome, verdict.stage) == (Outcome.MISCONFIGURED, Stage.STARTTLS)


def test_nobody_listening_is_a_passing_fault() -> None:
    with scripted_server() as port:
        pass

    assert hand_over(plain(port)).outcome is Outcome.DEFERRED


BEFORE_THE_TEXT = ["greeting", "ehlo", "mail", "rcpt", "data"]


@pytest.mark.parametrize("stage", BEFORE_THE_TEXT)
@pytest.mark.parametrize("act", [b"451 4.3.0 later\r\n", b"421 4.3.2 closing\r\n", drop, reset, silence], ids=named)
def test_a_passing_fault_before_the_text_defers(stage: str, act: Any) -> None:
    script = {stage: act, **({"helo": act} if stage == "ehlo" else {})}
    with scripted_server(**script) as port:
        verdict = hand_over(plain(port))

    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.stage.value == stage or act in (drop, reset)


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ("greeting", Outcome.MISCONFIGURED),
        ("ehlo", Outcome.MISCONFIGURED),
        ("mail", Outcome.MISCONFIGURED),
        ("rcpt", Outcome.REFUSED_RECIPIENT),
        ("data", Outcome.REFUSED_CONTENT),
        ("dot", Outcome.REFUSED_CONTENT),
    ],
)
def test_a_final_refusal_means_what_its_stage_says(stage: str, outcome: Outcome) -> None:
    with scripted_server(**{stage: b"550 5.1.1 no\r\n"}) as port:
        verdict = hand_over(plain(port))

    assert (verdict.outcome, verdict.stage.value, verdict.code) == (outcome, stage, 550)


@pytest.mark.parametrize("code", [250, 251, 252, 299])
def test_any_2xx_at_the_dot_is_a_yes_whatever_quit_says(code: int) -> None:
    with scripted_server(dot=b"%d taken\r\n" % code, quit=reset) as port:
        assert hand_over(plain(port)).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "act",
    [drop, reset, silence, break_off, drip, b"354 what?\r\n", b"150 hm\r\n", b"abc nonsense\r\n", b"25"],
    ids=named,
)
def test_everything_unclear_after_the_dot_is_in_doubt(act: Any) -> None:
    with scripted_server(dot=act) as port:
        verdict = hand_over(plain(port))

    assert (verdict.outcome, verdict.stage, verdict.usable) == (Outcome.IN_DOUBT, Stage.DOT, False)


def test_a_4xx_at_the_dot_defers() -> None:
    with scripted_server(dot=b"452 4.3.1 full\r\n") as port:
        assert hand_over(plain(port)).outcome is Outcome.DEFERRED


def test_a_server_that_says_goodbye_at_the_dot_is_called_anew_for_the_next_mail() -> None:
    with scripted_server(dot=b"421 4.3.2 shutting down\r\n") as port:
        verdict = hand_over(plain(port))

    assert (verdict.outcome, verdict.usable) == (Outcome.DEFERRED, False)


def test_a_server_has_the_minutes_that_the_standard_gives_it() -> None:
    """RFC 5321, 4.5.3.2; less at the dot makes double mails (RFC 1047)."""
    usual = Timeouts()

    assert (usual.command, usual.data, usual.body, usual.dot) == (5 * 60, 2 * 60, 3 * 60, 10 * 60)


def test_a_second_unasked_answer_counts_once_and_ends_the_connection() -> None:
    with scripted_server(dot=b"250 taken\r\n250 taken\r\n") as port:
        verdict = hand_over(plain(port))

    assert (verdict.outcome, verdict.usable) == (Outcome.ACCEPTED, False)


@pytest.mark.parametrize(
    ("early", "outcome"),
    [(b"552 5.3.4 too big\r\n", Outcome.REFUSED_CONTENT), (b"451 4.3.0 later\r\n", Outcome.DEFERRED)],
)
def test_a_server_that_refuses_while_the_text_is_sent_is_heard(early: bytes, outcome: Outcome) -> None:
    with scripted_server(body=early) as port:
        verdict = hand_over(plain(port, Timeouts(connect=2, command=2, data=2, body=2, dot=2)), b"x" * 30_000_000)

    assert (verdict.outcome, verdict.usable) == (outcome, False)


def test_a_connection_lost_before_the_dot_defers() -> None:
    with scripted_server(body=reset) as port:
        verdict = hand_over(plain(port), b"x" * 30_000_000)

    assert verdict.outcome is Outcome.DEFERRED


def test_after_a_refused_recipient_the_connection_goes_on() -> None:
    with scripted_server(rcpt=b"550 5.1.1 no such user\r\n") as port:
        connection = plain(port).connect()
        first, second = (offer(connection, "nobody@there.example") for _ in range(2))
        connection.close()

    assert first is not None
    assert second is not None
    assert (first.usable, second.outcome) == (True, Outcome.REFUSED_RECIPIENT)


TWO = ("a@here.example", "second@there.example")


def two_mails(port: int) -> tuple[Verdict | None, Verdict, Verdict | None, Verdict | None]:
    """Hand over two mails, the second named with the text of the first; return the four answers."""
    connection = plain(port).connect()
    connection.begin("a@here.example", "first@there.example")
    first = connection.go_ahead()
    connection.hand_over(MAIL, TWO)
    taken = connection.outcome()
    second = connection.go_ahead() if taken.usable else None
    last = None
    if taken.usable and second is None:
        connection.hand_over(MAIL)
        last = connection.outcome()
    connection.close()
    return first, taken, second, last


def test_the_next_mail_is_named_with_the_text_of_the_one_before() -> None:
    with keeping_server() as kept:
        first, taken, second, last = two_mails(kept.port)

    assert (first, second) == (None, None)
    assert last is not None
    assert taken.outcome is last.outcome is Outcome.ACCEPTED
    assert [to for _, to, _ in kept.mails] == [["first@there.example"], ["second@there.example"]]


@pytest.mark.parametrize(
    ("reply", "outcome"), [(b"554 5.7.1 spam\r\n", Outcome.REFUSED_CONTENT), (b"451 later\r\n", Outcome.DEFERRED)]
)
def test_a_refused_text_does_not_take_the_next_mail_with_it(reply: bytes, outcome: Outcome) -> None:
    with scripted_server(dot=reply) as port:
        _, taken, second, last = two_mails(port)

    assert last is not None
    assert (taken.outcome, second, last.outcome) == (outcome, None, outcome)


def test_a_connection_lost_at_the_dot_has_begun_no_next_mail() -> None:
    with scripted_server(dot=drop) as port:
        _, taken, second, last = two_mails(port)

    assert (taken.outcome, taken.usable, second, last) == (Outcome.IN_DOUBT, False, None, None)


def test_a_server_that_waits_for_a_text_without_a_recipient_gets_none() -> None:
    """RFC 2920, 3.1: then the dot alone is sent, and the refusal stands."""
    with scripted_server(rcpt=b"550 5.1.1 no such user\r\n", dot=b"554 no valid recipients\r\n") as port:
        verdict = hand_over(plain(port))

    assert verdict.outcome is Outcome.REFUSED_RECIPIENT


def test_a_server_that_waits_for_a_text_is_left_without_a_word() -> None:
    """It would take QUIT for a line of the text, and the sender would wait for an answer that never comes."""
    heard = []

    def wait_for_the_text(server: socket.socket) -> None:
        server.sendall(b"354 go on\r\n")
        heard.append(server.recv(100))

    with scripted_server(data=wait_for_the_text) as port:
        connection = plain(port).connect()
        assert offer(connection, "to@there.example") is None
        connection.close()

    assert heard == [b""]


@pytest.mark.parametrize("address", ["a@b.example>\r\nRCPT TO:<x@y.example", "with space@b.example", "jörg@b.example"])
def test_an_address_can_never_become_a_command(address: str) -> None:
    with scripted_server() as port:
        connection = plain(port).connect()
        verdict = offer(connection, address)
        connection.close()

    assert verdict is not None
    assert verdict.outcome is Outcome.REFUSED_RECIPIENT


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (550, "5.1.1 no such user", Outcome.REFUSED_RECIPIENT),
        (553, "5.1.3 bad address", Outcome.REFUSED_RECIPIENT),
        (552, "5.2.2 mailbox full", Outcome.DEFERRED),
        (554, "5.7.1 Relay access denied", Outcome.MISCONFIGURED),
        (530, "5.7.0 Must issue a STARTTLS command first", Outcome.MISCONFIGURED),
        (550, "5.7.30 Basic authentication is not supported for Client Submission", Outcome.MISCONFIGURED),
    ],
)
def test_a_refusal_of_us_is_not_a_refusal_of_the_address(code: int, text: str, outcome: Outcome) -> None:
    assert rcpt_outcome(code, text) is outcome


@pytest.mark.parametrize(
    ("url", "described"),
    [
        ("smtp://me%40x.example:p%2Fw@mail.x.example:587", "me@x.example at mail.x.example:587 (starttls)"),
        ("smtp://mail.x.example", "mail.x.example:587 (starttls)"),
        ("smtps://mail.x.example", "mail.x.example:465 (tls)"),
        ("smtp+plain://127.0.0.1:2525", "127.0.0.1:2525 (plain)"),
        ("smtp+plain://[::1]:2525", "::1:2525 (plain)"),
        ("folder:/tmp/mail", "folder /tmp/mail"),
        ("folder:///tmp/mail", "folder /tmp/mail"),
    ],
)
def test_a_mail_url_names_a_server(url: str, described: str) -> None:
    assert transport_from_url(url).describe() == described


@pytest.mark.parametrize(
    "url", ["", "mail.x.example", "http://u:secret@x", "smtp://", "smtp://u:secret@x:port", "folder:"]
)
def test_a_mail_url_that_names_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="REMINDER_MAIL_URL") as caught:
        transport_from_url(url)

    assert "secret" not in str(caught.value)


def test_a_mail_written_twice_is_one_file(tmp_path: Any) -> None:
    data = b"Date: Tue, 01 Dec 2026 14:00:00 +0000\r\nMessage-ID: <1@x>\r\nX-Reminder-Kind: warning\r\n\r\nhello\r\n"
    transport = FolderTransport(str(tmp_path / "mail"))
    for _ in range(2):
        connection = transport.connect()
        assert send_one(connection, "a@x.example", "b@x.example", data).outcome is Outcome.ACCEPTED
        connection.close()

    files = list((tmp_path / "mail").iterdir())
    assert [path.read_bytes() for path in files] == [data]
    assert files[0].name.startswith("20261201T140000-warning-")


def test_a_folder_that_cannot_be_made_holds_the_queue(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ConnectFault) as caught:
        FolderTransport(str(tmp_path / "file" / "mail")).connect()
    assert caught.value.verdict.outcome is Outcome.MISCONFIGURED
