"""Microsoft 365: the token endpoint and the server are played on this machine, down to the words of their refusals."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import pytest
from aiosmtpd.smtp import AuthResult

from reminder.errors import UsageError
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.servers import masked, transport_from_url
from reminder.mail.sign_in import AppSignIn
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict, send_one
from tests.smtp_server import HOST, _Controller, client_context, server_context

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "the-app's-secret"


class Microsoft:
    """A token endpoint and a server that asks for its tokens."""

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.issued = 0
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.good: set[str] = set()
        self.raw = b""
        self.lifetime: object = 3600
        self.mails: list[bytes] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint.asked.append(parse_qs(form))
                endpoint.issued += 1
                token = f"token-{endpoint.issued}"
                endpoint.good.add(token)
                answer: tuple[int, dict[str, Any]] = endpoint.refusal or (
                    200,
                    {"access_token": token, "expires_in": endpoint.lifetime},
                )
                if endpoint.raw:
                    self.wfile.write(endpoint.raw)
                    return
                self.send_response(answer[0])
                self.end_headers()
                self.wfile.write(json.dumps(answer[1]).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/token"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 2.0.0 OK"

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        words = base64.b64decode(args[1]).decode()
        user, bearer = words.split("\x01")[:2]
        good = user == "user=reminders@lakeside.example" and bearer.removeprefix("auth=Bearer ") in self.good
        if not good:
            await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=good, handled=not good)


@pytest.fixture
def microsoft() -> Iterator[tuple[Microsoft, int]]:
    made = Microsoft()
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    controller = _Controller(
        made, hostname="127.0.0.1", port=0, tls_context=server_context(), require_starttls=True, auth_required=True
    )
    controller.start()
    yield made, controller.port
    controller.stop()
    made.http.shutdown()
    made.http.server_close()


def transport(made: Microsoft, port: int) -> SmtpTransport:
    login = AppSignIn(user="reminders@lakeside.example", token_url=made.url, client_id="the-app", client_secret=SECRET)
    return SmtpTransport(host=HOST, port=port, security=Security.STARTTLS, login=login, context=client_context())


def hand_over(way: SmtpTransport) -> Verdict:
    try:
        connection = way.connect()
    except ConnectFault as fault:
        return fault.verdict
    verdict = send_one(connection, "reminders@lakeside.example", "to@there.example", b"Subject: x\r\n\r\nx\r\n")
    connection.close()
    return verdict


def test_the_app_asks_for_a_token_and_sends_with_it(microsoft: tuple[Microsoft, int]) -> None:
    made, port = microsoft
    way = transport(made, port)
    verdicts = [hand_over(way).outcome for _ in range(3)]

    assert verdicts == [Outcome.ACCEPTED] * 3
    assert len(made.mails) == 3
    assert made.asked == [
        {
            "grant_type": ["client_credentials"],
            "client_id": ["the-app"],
            "client_secret": [SECRET],
            "scope": ["https://outlook.office365.com/.default"],
        }
    ]


def test_a_token_near_its_end_is_replaced(microsoft: tuple[Microsoft, int]) -> None:
    made, port = microsoft
    made.lifetime = 300
    way = transport(made, port)
    hand_over(way)
    hand_over(way)

    assert made.issued == 2


def test_a_token_that_was_taken_back_is_replaced_once(microsoft: tuple[Microsoft, int]) -> None:
    made, port = microsoft
    way = transport(made, port)
    hand_over(way)
    made.good.clear()

    assert hand_over(way).outcome is Outcome.ACCEPTED
    assert made.issued == 2


def test_a_mailbox_the_app_may_not_use_holds_the_queue_and_is_explained(microsoft: tuple[Microsoft, int]) -> None:
    made, port = microsoft
    way = transport(made, port)
    assert isinstance(way.login, AppSignIn)
    way.login.user = "other@lakeside.example"
    verdict = hand_over(way)

    assert (verdict.outcome, verdict.stage) == (Outcome.MISCONFIGURED, Stage.AUTH)
    assert "Add-MailboxPermission" in in_plain_words(verdict)


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("AADSTS7000215: Invalid client secret provided.", "secret"),
        ("AADSTS7000222: The provided client secret keys are expired.", "has run out"),
        ("AADSTS700016: Application with identifier was not found", "client) ID"),
        ("AADSTS90002: Tenant not found.", "tenant"),
    ],
)
def test_a_refused_token_is_explained(microsoft: tuple[Microsoft, int], words: str, meaning: str) -> None:
    made, port = microsoft
    made.refusal = (401, {"error": "unauthorized_client", "error_description": words})
    verdict = hand_over(transport(made, port))

    assert (verdict.outcome, verdict.stage) == (Outcome.MISCONFIGURED, Stage.AUTH)
    assert meaning in in_plain_words(verdict)
    assert SECRET not in repr(verdict)


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (503, {"error": "temporarily_unavailable"}), (408, {}), (425, {}), (429, {}), (200, {})],
)
def test_a_token_endpoint_that_has_no_token_now_only_defers(
    microsoft: tuple[Microsoft, int], answer: tuple[int, dict[str, str]]
) -> None:
    made, port = microsoft
    made.refusal = answer
    verdict = hand_over(transport(made, port))

    assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.AUTH)
    assert "no token" in verdict.reply


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        (b"HTTP/1.1 200 OK", Outcome.DEFERRED),
        (b"HTTP/1.1 503 Down", Outcome.DEFERRED),
        (b"HTTP/1.1 401 No", Outcome.MISCONFIGURED),
        (b"this is no HTTP", Outcome.DEFERRED),
    ],
)
def test_an_answer_with_a_token_that_breaks_off_is_worth_what_its_beginning_says(
    microsoft: tuple[Microsoft, int], start: bytes, outcome: Outcome
) -> None:
    made, port = microsoft
    made.raw = start + b'\r\nContent-Length: 500\r\n\r\n{"error'
    verdict = hand_over(transport(made, port))

    assert (verdict.outcome, verdict.stage) == (outcome, Stage.AUTH)
    assert "no token" in verdict.reply


@pytest.mark.parametrize("lifetime", [None, "soon", [], 10**400])
def test_a_token_that_does_not_say_how_long_it_lasts_is_used_once(
    microsoft: tuple[Microsoft, int], lifetime: object
) -> None:
    made, port = microsoft
    made.lifetime = lifetime
    way = transport(made, port)
    outcomes = [hand_over(way).outcome for _ in range(2)]

    assert outcomes == [Outcome.ACCEPTED] * 2
    assert made.issued == 2


def test_a_token_endpoint_that_is_down_only_defers(microsoft: tuple[Microsoft, int]) -> None:
    made, port = microsoft
    way = transport(made, port)
    assert isinstance(way.login, AppSignIn)
    way.login.token_url = "http://127.0.0.1:1/token"

    assert hand_over(way).outcome is Outcome.DEFERRED


URL = "smtp+oauth://reminders%40x.example@smtp.office365.com:587?tenant=abc&client_id=app&client_secret=" + quote(
    SECRET
)


def test_the_url_names_mailbox_tenant_and_app() -> None:
    made = transport_from_url(URL)

    assert isinstance(made, SmtpTransport)
    assert isinstance(made.login, AppSignIn)
    assert made.login.token_url == "https://login.microsoftonline.com/abc/oauth2/v2.0/token"
    assert (made.login.user, made.login.client_id) == ("reminders@x.example", "app")
    assert SECRET not in repr(made) + made.describe()
    assert quote(SECRET) not in masked(URL)


@pytest.mark.parametrize("missing", ["tenant", "client_id", "client_secret"])
def test_what_the_url_lacks_is_named(missing: str) -> None:
    with pytest.raises(UsageError, match=missing) as caught:
        transport_from_url(URL.replace(f"{missing}=", "other="))

    assert "the-app" not in str(caught.value)
