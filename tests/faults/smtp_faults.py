"""A mail server on loopback that breaks one rule, once, at one stage of one conversation; and counts what it took."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import trustme

from tests.smtp_server import AUTHORITY, CERTIFICATE, HOST, server_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from reminder.mail.smtp import Security

PATIENCE = 20
"""Seconds after which the server itself gives a conversation up: a cell that takes so long is a fault."""

DRIP = 0.2
"""Seconds between two bytes of a server that drips."""


class OverError(Exception):
    """The conversation ends here."""


class Link:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(PATIENCE)
        self.held_back = b""
        self.lines = sock.makefile("rb")

    def say(self, words: bytes) -> None:
        self.sock.sendall(self.held_back + words)
        self.held_back = b""

    def protect(self, context: ssl.SSLContext) -> None:
        self.lines.close()
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.lines = self.sock.makefile("rb")

    def close(self) -> None:
        with suppress(OSError):
            self.lines.close()
        self.sock.close()

    def drop(self) -> None:
        """Hang up; what the other side said meanwhile is read first, so that it sees an end and no reset."""
        self.sock.shutdown(socket.SHUT_WR)
        self.wait()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.lines.close()
        self.sock.close()
        raise OverError

    def wait(self) -> None:
        """Say nothing until the other side hangs up."""
        while self.sock.recv(65536):
            pass
        raise OverError

    def drip(self, start: bytes) -> None:
        """Say an answer that never ends, byte by byte, each well within the other side's patience for one byte."""
        self.say(start)
        self.sock.settimeout(DRIP)
        for _ in range(int(PATIENCE / DRIP)):
            with suppress(TimeoutError):
                if not self.sock.recv(65536):
                    break
            self.say(b"x")
        raise OverError

    def flood(self, line: bytes) -> None:
        """Say an answer that never ends, as fast as the other side reads."""
        while True:
            self.say(line * 100)


Act = "Callable[[Link, bytes], None]"


@dataclass(frozen=True)
class Fault:
    """One way to answer wrongly.

    `meaning`: "code" (a well-formed answer with `code`), "fine" (odd, but the usual answer), "broken" (no answer that
    can be understood), "closes" (the usual answer, then the end), "doubled" (it, and more than was asked for),
    "certificate" (one that cannot be trusted). `waits`: only the other side's patience ends it.
    """

    name: str
    meaning: str
    act: Callable[[Link, bytes], None] = lambda link, usual: link.say(usual)
    code: int = 0
    closes: bool = False
    waits: bool = False


def recoded(usual: bytes, code: int) -> bytes:
    """The usual answer under another code."""
    return re.sub(rb"(?m)^\d{3}", b"%d" % code, usual)


@dataclass
class FaultyServer:
    """What the server is to do wrong, and what it saw. `broken_takes`: it had taken the mail before it broke."""

    stage: str
    fault: Fault
    security: Security
    pipelining: bool = False
    signs_in: bool = False
    refuses: bytes = b""
    broken_takes: bool = True
    persistent: bool = False
    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    fired: bool = False

    def usual_ehlo(self, *, safe: bool) -> bytes:
        lines = ["test", "SIZE 30000000"]
        lines += ["PIPELINING"] if self.pipelining else []
        lines += ["STARTTLS"] if self.security == "starttls" and not safe else []
        lines += ["AUTH LOGIN" if self.stage == "auth_more" else "AUTH PLAIN"] if self.signs_in else []
        return "".join(f"250{'-' if line != lines[-1] else ' '}{line}\r\n" for line in lines).encode()

    def due(self, stage: str) -> bool:
        """Whether the fault is to happen now."""
        if stage != self.stage or (self.fired and not self.persistent):
            return False
        self.fired = True
        return True

    def takes_this(self) -> bool:
        """Whether the text that has come is taken, whatever is then said of it."""
        if self.stage != "dot" or (self.fired and not self.persistent):
            return True
        if self.fault.meaning == "code":
            return self.fault.code // 100 == 2
        return self.fault.meaning != "broken" or self.broken_takes

    def answer(self, link: Link, stage: str, usual: bytes) -> int:
        """Answer as usual, or wrongly if it is time for that; return the code that the answer amounts to."""
        if not self.due(stage):
            link.say(usual)
            return int(usual[:3])
        if self.fault.meaning == "code":
            link.say(recoded(usual, self.fault.code))
            if self.fault.closes:
                link.drop()
            return self.fault.code
        self.fault.act(link, usual)
        return int(usual[:3])

    def talk(self, sock: socket.socket) -> None:
        """Hold one conversation."""
        link = Link(sock)
        try:
            if self.due("connect"):
                self.fault.act(link, b"")
            if self.security == "tls":
                self._protect(link)
            self.answer(link, "greeting", b"220 test ESMTP\r\n")
            Conversation(self, link, safe=self.security == "tls").run()
        finally:
            link.close()

    def _protect(self, link: Link) -> None:
        if self.due("tls"):
            if self.fault.meaning == "certificate":
                link.protect(CONTEXTS[self.fault.name])
                return
            self.answer_in_the_open(link)
        link.protect(CONTEXTS["good"])

    def answer_in_the_open(self, link: Link) -> None:
        usual = b"220 test ESMTP\r\n"
        if self.fault.meaning == "code":
            link.say(recoded(usual, self.fault.code))
        else:
            self.fault.act(link, usual)
        link.wait()

    @contextmanager
    def serving(self) -> Iterator[FaultyServer]:
        """Serve one connection after another until the end."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock, suppress(OSError, ValueError, OverError):
                    self.talk(sock)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(timeout=PATIENCE)


@dataclass
class Conversation:
    """The state of one conversation after its greeting, as RFC 5321 has it: what came before decides what may come."""

    server: FaultyServer
    link: Link
    safe: bool
    sender: bool = False
    recipient: bool = False

    def run(self) -> None:
        while line := self.link.lines.readline():
            verb = line.split(maxsplit=1)[0].upper().decode("latin-1") if line.strip() else ""
            handler: Callable[[bytes], None] = getattr(self, f"on_{verb.lower()}", self.unknown)
            handler(line)

    def unknown(self, line: bytes) -> None:
        self.link.say(b"500 5.5.2 what?\r\n")

    def on_ehlo(self, line: bytes) -> None:
        again = self.safe and self.server.security == "starttls"
        self.server.answer(self.link, "ehlo_tls" if again else "ehlo", self.server.usual_ehlo(safe=self.safe))

    def on_starttls(self, line: bytes) -> None:
        if self.server.answer(self.link, "starttls", b"220 go ahead\r\n") // 100 == 2:
            self.server._protect(self.link)
            self.safe = True

    def on_auth(self, line: bytes) -> None:
        if b"LOGIN" in line and len(line.split()) == 2:
            self.link.say(b"334 VXNlcm5hbWU6\r\n")
            self.link.lines.readline()
        if b"LOGIN" in line:
            if self.server.answer(self.link, "auth_more", b"334 UGFzc3dvcmQ6\r\n") != 334:
                return
            self.link.lines.readline()
        self.server.answer(self.link, "auth", b"235 2.7.0 welcome\r\n")

    def on_mail(self, line: bytes) -> None:
        self.recipient = False
        self.sender = self.server.answer(self.link, "mail", b"250 2.1.0 sender ok\r\n") // 100 == 2

    def on_rcpt(self, line: bytes) -> None:
        if not self.sender:
            self.link.say(b"503 5.5.1 MAIL first\r\n")
        elif self.server.refuses and self.server.refuses in line:
            self.link.say(b"550 5.1.1 no such user\r\n")
        else:
            self.recipient = self.server.answer(self.link, "rcpt", b"250 2.1.5 recipient ok\r\n") // 100 == 2

    def on_data(self, line: bytes) -> None:
        if not self.recipient:
            self.link.say(b"503 5.5.1 RCPT first\r\n")
        elif self.server.due("body"):
            self.interrupt(self.server.fault)
        elif self.server.answer(self.link, "data", b"354 go on\r\n") == 354:
            self.take()
        self.sender = self.recipient = False

    def interrupt(self, fault: Fault) -> None:
        """Let the text begin; then break the conversation off, or speak too early: with the leave to begin."""
        early = b"250 2.0.0 early\r\n"
        self.link.held_back = b"354 go on\r\n"
        if fault.meaning == "code":
            self.link.say(recoded(early, fault.code))
        elif fault.meaning == "broken":
            self.link.say(b"")
            self.link.lines.readline()
        if fault.meaning != "code":
            fault.act(self.link, early)
        self.link.wait()

    def take(self) -> None:
        """Read a text up to its dot, and answer for it."""
        text = b""
        while (line := self.link.lines.readline()) != b".\r\n":
            if not line:
                raise OverError
            text += line
        server, fault = self.server, self.server.fault
        server.texts.append(text)
        if server.takes_this():
            server.taken.append(text)
        usual = b"250 2.0.0 queued\r\n"
        if not server.due("after"):
            server.answer(self.link, "dot", usual)
            return
        self.link.held_back = usual
        if fault.meaning == "code":
            self.link.say(recoded(b"250 more\r\n", fault.code))
            if fault.closes:
                self.link.drop()
            return
        if fault.meaning == "broken":
            self.link.say(b"")
        fault.act(self.link, b"250 more\r\n")

    def on_rset(self, line: bytes) -> None:
        self.sender = self.recipient = False
        self.server.answer(self.link, "rset", b"250 2.0.0 reset\r\n")

    def on_noop(self, line: bytes) -> None:
        self.server.answer(self.link, "noop", b"250 2.0.0 here\r\n")

    def on_quit(self, line: bytes) -> None:
        self.server.answer(self.link, "quit", b"221 2.0.0 bye\r\n")
        raise OverError


def _contexts() -> dict[str, ssl.SSLContext]:
    now = datetime.now(UTC)
    past, future = now - timedelta(days=9), now + timedelta(days=9)
    return {
        name: server_context(certificate)
        for name, certificate in {
            "good": CERTIFICATE,
            "wrong host": AUTHORITY.issue_cert("other.example"),
            "expired": AUTHORITY.issue_cert(HOST, not_before=past, not_after=now - timedelta(days=1)),
            "not yet valid": AUTHORITY.issue_cert(HOST, not_before=now + timedelta(days=1), not_after=future),
            "unknown authority": trustme.CA().issue_cert(HOST),
        }.items()
    }


CONTEXTS = _contexts()
"""How the server shows itself: well, or with a certificate that cannot be trusted."""
