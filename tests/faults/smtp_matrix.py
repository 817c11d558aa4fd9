"""The matrix: each fault at each stage under each protection, what must come of it, and what came of it.

`expected` is a table of its own, written from the text of the rules (RFC 5321 and our own); it asks the product nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from reminder.mail.sign_in import Login
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.transport import ConnectFault, Connection, Verdict
from reminder.mail.wire import Timeouts
from tests.faults.smtp_answers import BY_NAME, FAULTS
from tests.faults.smtp_faults import FaultyServer
from tests.smtp_server import HOST, client_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.faults.smtp_faults import Fault

STAGES = (
    *("connect", "tls", "greeting", "ehlo", "starttls", "ehlo_tls", "auth", "auth_more", "mail", "rcpt", "data"),
    *("body", "dot", "after", "rset", "noop", "quit"),
)

ACCEPTED, DEFERRED, IN_DOUBT = frozenset({"accepted"}), frozenset({"deferred"}), frozenset({"in_doubt"})
HELD, NO_RECIPIENT = frozenset({"misconfigured"}), frozenset({"refused_recipient"})
NO_CONTENT = frozenset({"refused_content"})

ABOUT_US = {530, 534, 535, 538}
"""Codes that speak of the sign-in wherever they come (RFC 4954, 6)."""


@dataclass(frozen=True)
class Cell:
    """One fault at one stage."""

    stage: str
    fault: Fault
    security: Security
    pipelining: bool

    def __str__(self) -> str:
        way = "in one breath" if self.pipelining else "one by one"
        return f"{self.stage} / {self.fault.name} / {self.security} / {way}"


def applies(stage: str, fault: Fault, security: Security) -> bool:
    """Whether a fault can happen there at all."""
    if stage in {"starttls", "ehlo_tls"} and security is not Security.STARTTLS:
        return False
    if stage == "tls":
        return security is not Security.PLAIN
    if stage == "connect":
        return fault.name in {"drop", "reset", "silence"}
    if fault.code == 334 and stage in {"auth", "auth_more"}:  # there it is no fault
        return False
    if fault.name == "no text" and stage in {"ehlo", "ehlo_tls", "auth_more"}:  # there the text matters
        return False
    return fault.meaning != "certificate"


def cells() -> Iterator[Cell]:
    """Every cell that makes sense."""
    for stage, fault, security, pipelining in product(STAGES, FAULTS, Security, (False, True)):
        if applies(stage, fault, security):
            yield Cell(stage, fault, security, pipelining)


def expected(cell: Cell) -> frozenset[str]:
    """What the first mail must be, whose conversation meets the fault."""
    stage, fault = cell.stage, cell.fault
    if stage in FIXED:
        return FIXED[stage]
    if stage == "tls":
        # What comes in the open between STARTTLS and TLS may be somebody else's.
        in_the_open = HELD if cell.security is Security.STARTTLS else frozenset()
        return HELD if fault.meaning == "certificate" else DEFERRED | in_the_open
    if stage == "body":
        return _early(fault)
    if fault.meaning == "code":
        return _coded(stage, fault.code, needs_offers=cell.security is Security.STARTTLS)
    return _shaped(stage, fault)


FIXED = {
    "connect": DEFERRED,
    **dict.fromkeys(("after", "noop", "quit"), ACCEPTED),  # the mail was answered before
    "rset": NO_RECIPIENT,  # that is why RSET is said
}


def _shaped(stage: str, fault: Fault) -> frozenset[str]:
    """What an answer of an odd shape means, or none."""
    if fault.meaning == "fine":
        return ACCEPTED if stage != "auth_more" else ACCEPTED | DEFERRED  # a challenge is a text that must be right
    if stage == "dot":
        return IN_DOUBT if fault.meaning == "broken" else ACCEPTED
    if fault.meaning == "closes" and stage == "data":
        return DEFERRED | IN_DOUBT  # the text may be under way before the end is seen
    if fault.meaning == "doubled" and stage == "data":
        return DEFERRED | NO_CONTENT  # a refusal before the text is one
    if fault.meaning == "doubled" and stage == "starttls":
        return HELD  # what is said before TLS begins is said by anybody
    return DEFERRED


def _early(fault: Fault) -> frozenset[str]:
    """An answer before the text is over: the dot has not left."""
    if fault.meaning == "code":
        return NO_CONTENT if fault.code // 100 == 5 else DEFERRED
    return DEFERRED | IN_DOUBT  # unless the text and its dot were under way already


def _coded(stage: str, code: int, *, needs_offers: bool) -> frozenset[str]:
    """What a well-formed answer means: its first digit decides."""
    first = code // 100
    yes = {"data": code == 354, "auth": code == 235, "auth_more": code == 235}.get(stage, first == 2)
    if yes and stage == "ehlo" and code != 250 and needs_offers:
        return HELD  # only a 250 lists what the server offers, and without STARTTLS nothing is said
    if yes:
        return ACCEPTED
    if first == 5:
        if stage == "rcpt":
            return HELD if code in ABOUT_US else DEFERRED if code == 552 else NO_RECIPIENT
        return NO_CONTENT if stage in {"data", "dot"} else HELD
    return IN_DOUBT if stage == "dot" and first != 4 else DEFERRED


def expected_next(cell: Cell) -> frozenset[str]:
    """What the next mail must be: nobody's fault may become its own, but it may have to wait."""
    fault = cell.fault
    ends = fault.closes or fault.meaning == "closes"
    if cell.stage != "after" and fault.meaning != "doubled" and not ends:
        return ACCEPTED
    # A refusal and then the end, after the next mail was named, cannot be told from the answer to it.
    refused = cell.stage == "after" and cell.pipelining and fault.closes and fault.code // 100 == 5
    return ACCEPTED | DEFERRED | (HELD if refused else frozenset())


def timeouts(cell: Cell) -> Timeouts:
    """Long enough for a busy machine, and short where only patience ends the cell."""
    seconds = 3.0 if cell.fault.waits or cell.stage == "tls" else 15.0
    probe = 1.0 if cell.fault.waits or cell.stage != "quit" else 15.0
    return Timeouts(connect=seconds, command=seconds, data=seconds, body=seconds, dot=seconds, probe=probe)


TRUSTING = client_context()
SENDER, ONE, TWO = "from@here.example", "one@there.example", "two@there.example"


def _text(number: str) -> bytes:
    return b"Subject: %b\r\n\r\n.One line.\r\n" % number.encode()


def converse(transport: SmtpTransport, stage: str) -> tuple[Verdict, Verdict]:
    """Hand two mails over, the second on the same connection if the first leaves it usable; return the answers."""
    then = None if stage == "noop" else (SENDER, TWO)
    connection: Connection | None = None
    begun = False
    try:
        connection = transport.connect()
        connection.begin(SENDER, ONE)
        first = connection.go_ahead()
        if first is None:
            connection.hand_over(_text("one"), then)
            first = connection.outcome()
            begun = first.usable and then is not None
    except ConnectFault as fault:
        first = fault.verdict
    if connection is not None and stage == "noop":
        connection._used_at = float("-inf")  # type: ignore[attr-defined]  # as if the connection had rested
    if connection is not None and not (first.usable and (begun or connection.alive())):
        connection.close()
        connection = None
    try:
        connection = connection or transport.connect()
    except ConnectFault as fault:
        return first, fault.verdict
    if not begun:
        connection.begin(SENDER, TWO)
    second = connection.go_ahead()
    if second is None:
        connection.hand_over(_text("two"))
        second = connection.outcome()
    connection.close()
    return first, second


def way_to(server: FaultyServer, patience: Timeouts) -> SmtpTransport:
    """How the product reaches a server."""
    login = Login(user="office", password="right") if server.signs_in else None
    return SmtpTransport(
        host=HOST, port=server.port, security=server.security, login=login, timeouts=patience, context=TRUSTING
    )


def run(cell: Cell) -> list[str]:
    """Play one cell; return what is wrong with it."""
    server = FaultyServer(
        stage=cell.stage,
        fault=cell.fault,
        security=cell.security,
        pipelining=cell.pipelining,
        signs_in=cell.stage in {"auth", "auth_more"},
        refuses=b"<one@" if cell.stage == "rset" else b"",
        broken_takes=not cell.pipelining,
    )
    with server.serving():
        transport = way_to(server, timeouts(cell))
        try:
            first, second = converse(transport, cell.stage)
        except Exception as error:  # noqa: BLE001 - whatever it is, a fault of the other side must not raise
            return [f"{cell}: raised {error!r}"]
    return [f"{cell}: {fault}" for fault in judged(cell, server, (first, second))]


def judged(cell: Cell, server: FaultyServer, verdicts: tuple[Verdict, Verdict]) -> Iterator[str]:
    """Compare the answers with the table, and with what the server took."""
    if not server.fired:
        yield "the fault never happened"
    wanted = (expected(cell), expected_next(cell))
    for name, verdict, allowed in zip(("one", "two"), verdicts, wanted, strict=True):
        copies = server.taken.count(_text(name).replace(b"\n.", b"\n.."))
        said = f"mail {name} is {verdict.outcome} ({verdict.stage} {verdict.code} {verdict.reply!r})"
        if verdict.outcome.value not in allowed:
            yield f"{said}, not {' or '.join(sorted(allowed))}"
        if verdict.outcome.value == "accepted" and copies != 1:
            yield f"{said}, but the server took {copies}"
        if verdict.outcome.value not in {"accepted", "in_doubt"} and copies:
            yield f"{said}, but the server took it"
    if len(server.taken) > 2:
        yield f"the server took {len(server.taken)} mails of two"


def play(chosen: Iterable[Cell], *, threads: int = 96) -> tuple[int, list[str]]:
    """Play cells side by side, for they mostly wait; those that wait longest first. Return their count and faults."""
    ordered = sorted(chosen, key=lambda cell: not (cell.fault.waits or cell.stage == "tls"))
    with ThreadPoolExecutor(threads) as pool:
        return len(ordered), [fault for faults in pool.map(run, ordered) for fault in faults]


CLASSES = (150, 250, 251, 354, 421, 450, 451, 452, 500, 502, 503, 530, 535, 550, 552, 554)


def every_class() -> list[Cell]:
    """A smaller matrix: every class of answers and every kind of fault at every stage, without the variations."""
    named = [BY_NAME[str(code)] for code in CLASSES] + [fault for fault in FAULTS if fault.meaning != "code"]
    early = STAGES[: STAGES.index("mail")]  # PIPELINING makes no difference there
    chosen = [cell for cell in cells() if cell.fault in named and not (cell.pipelining and cell.stage in early)]
    needs_tls = {"tls", "starttls", "ehlo_tls"}
    return [
        cell
        for number, cell in enumerate(chosen)
        if cell.security is Security.PLAIN or cell.stage in needs_tls or number % 11 == 0
    ]
