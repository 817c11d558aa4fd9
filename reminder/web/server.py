"""The web server: uvicorn, which here stops in order when it is told to."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp

GRACE_SECONDS = 5
"""How long a stop waits for pages that are being answered. The mail on its way is waited for besides, and Docker kills
what has not ended after ten.
"""


class Server(uvicorn.Server):
    """Serves pages until a signal comes, and returns."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        trusted_proxies: str = "",
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """Stop when told from now on, though the pages are served later. Proxies are believed only if they are named.

        `on_stop` is called as soon as a signal comes, and perhaps again.
        """
        host, port, *_ = listener.getsockname()
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=trusted_proxies or None,
            server_header=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)
        self._listener, self._on_stop = listener, on_stop
        # In the end uvicorn raises the signal again for whoever handled it before: the system, which would kill the process
        # with a mail on its way.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)

    def serve_pages(self) -> None:
        """Serve until told to stop."""
        self.run(sockets=[self._listener])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: uvicorn has every signal handled by this."""
        self._on_stop()
        super().handle_exit(sig, frame)
