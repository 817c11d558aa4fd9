"""A way to PostgreSQL that breaks: it cuts connections at COMMIT, before or after the server heard it, or leads nowhere."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from tests.postgres import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = ".s.PGSQL.5432"
"""What libpq calls a server's socket in the folder that stands as its host."""

ROOM = 2**16


class Proxy:
    """Passes on what clients and server say. Use `proxy`, which also runs it."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.host = folder
        self.cuts = 0
        self._is_away = False
        self._left = threading.Event()
        self._server = str(server / NAME)
        self._cut_at_commit: bool | None = None
        self._peers: dict[socket.socket, socket.socket] = {}
        self._clients: set[socket.socket] = set()
        self._selector = selectors.DefaultSelector()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / NAME))
        self._door.listen(50)
        self._selector.register(self._door, selectors.EVENT_READ)
        self._ending = False

    def cut_at_commit(self, *, after: bool) -> None:
        """Cut the connection on which the next COMMIT comes: `after` the server has done it, or before it hears it."""
        self._cut_at_commit = after

    def lead_nowhere(self) -> None:
        """Cut every connection and let no new one through."""
        self._left.clear()
        self._is_away = True
        self._left.wait()

    def lead_there(self) -> None:
        """Let connections through again."""
        self._is_away = False

    def run(self) -> None:
        while not self._ending:
            for key, _ in self._selector.select(0.05):
                found = cast("socket.socket", key.fileobj)
                if found is self._door:
                    self._let_in()
                elif found in self._peers:  # else it was closed with its peer a moment ago
                    self._pass_on(found)
            if self._is_away:
                self._close(*self._clients)
                self._left.set()
        self._close(*self._clients)
        self._door.close()
        self._selector.close()

    def end(self) -> None:
        self._ending = True

    def _let_in(self) -> None:
        client, server = self._door.accept()[0], socket.socket(socket.AF_UNIX)
        try:
            if self._is_away:
                raise ConnectionRefusedError
            server.connect(self._server)
        except OSError:
            client.close()
            server.close()
            return
        self._clients.add(client)
        for one, other in ((client, server), (server, client)):
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        target = self._peers[source]
        try:
            data = source.recv(ROOM)
            if not data:
                self._close(source)
                return
            wanted = self._cut_at_commit
            if wanted is not None and source in self._clients and data.startswith(b"Q") and b"COMMIT" in data:
                self._cut_at_commit = None
                if wanted:
                    target.sendall(data)
                    target.recv(ROOM)  # its answer, which nobody will hear
                self._close(source)
                self.cuts += 1
                return
            target.sendall(data)
        except OSError:
            self._close(source)

    def _close(self, *ends: socket.socket) -> None:
        for end in ends:
            for one in (end, self._peers.get(end)):
                if one is not None and self._peers.pop(one, None) is not None:
                    with suppress(KeyError):
                        self._selector.unregister(one)
                    self._clients.discard(one)
                    one.close()


@contextmanager
def proxy(server: Path) -> Iterator[Proxy]:
    """Run a proxy in a thread; `server` is the host that clients would name without it."""
    with TemporaryDirectory(prefix="way", dir=SHORT) as folder:
        way = Proxy(Path(folder), server)
        thread = threading.Thread(target=way.run, daemon=True)
        thread.start()
        try:
            yield way
        finally:
            way.end()
            thread.join()
