"""Mail servers for tests: one that keeps what it takes (aiosmtpd), and one that plays a script of faults."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "localhost"
AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert(HOST)


class Secured(ssl.SSLSocket):
    """Closes itself when it was reset before its handshake: Python's own constructor leaves it open then, and warns."""

    def __del__(self) -> None:
        if not hasattr(self, "_connected"):
            self.close()


def server_context(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.sslsocket_class = Secured
    (certificate or CERTIFICATE).configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    """Return a context that trusts the tests' own authority."""
    context = ssl.create_default_context()
    context.sslsocket_class = Secured
    AUTHORITY.configure_trust(context)
    return context


def authority_file(folder: Path) -> Path:
    """Write the tests' own authority down, for programs that SSL_CERT_FILE tells whom to trust; return the file."""
    path = folder / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return path


@dataclass
class Kept:
    """What a server took: (sender, recipients, bytes)."""

    port: int = 0
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    sign_ins: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return f"250 OK queued as {len(self.mails)}"


class _Controller(Controller):
    """aiosmtpd's controller, told which port the system gave it."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def keeping_server(*, starttls: bool = False, tls: bool = False, password: str | None = None) -> Iterator[Kept]:
    """Run a server that keeps every mail; with a password it asks for one, over TLS only."""
    kept = Kept()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password.decode() == password
        kept.sign_ins += good
        return AuthResult(success=good, handled=good)

    options: dict[str, Any] = {}
    if starttls:
        options |= {"tls_context": server_context(), "require_starttls": True}
    if password is not None:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": starttls}
    controller = _Controller(
        kept, hostname="127.0.0.1", port=0, ssl_context=server_context() if tls else None, ready_timeout=10, **options
    )
    controller.start()
    kept.port = controller.port
    try:
        yield kept
    finally:
        controller.stop()


Act = "bytes | Callable[[socket.socket], None]"

USUAL = {
    "greeting": b"220 test ESMTP\r\n",
    "ehlo": b"250-test\r\n250 HELP\r\n",
    "mail": b"250 sender ok\r\n",
    "rcpt": b"250 recipient ok\r\n",
    "data": b"354 go on\r\n",
    "dot": b"250 queued\r\n",
    "rset": b"250 reset\r\n",
    "noop": b"250 here\r\n",
    "quit": b"221 bye\r\n",
}


class ConversationOverError(Exception):
    """The script ends here."""


def drop(connection: socket.socket) -> None:
    """Hang up."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Break the connection off, as a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    with suppress(OSError):
        connection.recv(1)


def break_off(connection: socket.socket) -> None:
    """Hang up in the middle of a yes."""
    connection.sendall(b"250 o")
    drop(connection)


def drip(connection: socket.socket) -> None:
    """Say yes byte by byte, each of them soon enough and the whole of it much too late."""
    connection.settimeout(0.1)
    with suppress(OSError):
        for byte in b"250 taken\r\n":
            connection.sendall(bytes([byte]))
            with suppress(TimeoutError):
                connection.recv(1)


@contextmanager
def scripted_server(**script: Any) -> Iterator[int]:
    """Run a server that answers as usual, but at the named stages as told; give its port. Serves until closed."""
    listener = socket.create_server(("127.0.0.1", 0))
    acts = {**USUAL, **script}

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError, ValueError, ConversationOverError):
                connection.settimeout(5)
                _talk(connection, acts)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=10)


def _talk(connection: socket.socket, acts: dict[str, Any]) -> None:
    _answer(connection, acts["greeting"])
    has_sender = True
    with connection.makefile("rb") as stream:
        for line in stream:
            stage = line[:4].strip().lower().decode()
            if stage == "mail":
                has_sender = callable(acts["mail"]) or acts["mail"].startswith(b"2")
            elif stage in {"rcpt", "data"} and not has_sender:
                _answer(connection, b"503 MAIL first\r\n")
                continue
            if stage == "data" and acts["data"] == USUAL["data"]:
                _answer(connection, acts["data"])
                early = acts.get("body")
                if early is not None:
                    _answer(connection, early)
                    return
                while stream.readline() not in (b".\r\n", b""):
                    pass
                stage = "dot"
            _answer(connection, acts[stage])
            if stage == "quit":
                return


def _answer(connection: socket.socket, act: Any) -> None:
    if callable(act):
        act(connection)
        raise ConversationOverError
    connection.sendall(act)
