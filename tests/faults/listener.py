"""A web server on this machine that keeps what it is told: for alarms, and for whoever asks for a token."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener:
    """What was heard: (path, body), oldest first. `status`: what is answered; `leads_to`: the place of a redirection."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.status, self.leads_to, self.says = 200, "", b""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                listener.heard.append((self.path, self.rfile.read(length).decode()))
                self.send_response(302 if listener.leads_to else listener.status)
                if listener.leads_to:
                    self.send_header("Location", listener.leads_to)
                self.end_headers()
                self.wfile.write(listener.says)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def paths(self) -> list[str]:
        """Every path that was asked for, in order."""
        return [path for path, _ in self.heard]


@contextmanager
def listening() -> Iterator[Listener]:
    """Run one for a while."""
    made = Listener()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
