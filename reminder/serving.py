"""The long-running processes: pages with scheduler, or scheduler alone."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from reminder import scheduler
from reminder.condition import Lookout
from reminder.errors import UsageError

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.settings import Settings

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Take the port on which the pages are served, though nobody is let in yet; raise UsageError if that cannot be."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen()  # else a second program that starts could bind it, too; who calls now waits until the pages are there
    except OSError as error:
        taken.close()
        message = (
            f"{host}, port {port}: the pages cannot be served there ({error.strerror});"
            " stop what listens there, or choose another with --port"
        )
        raise UsageError(message) from None
    return taken


def serve(services: Services, settings: Settings, listener: socket.socket, *, with_scheduler: bool) -> None:
    """Serve the pages until told to stop; with the scheduler unless workers do its part.

    The mail on its way is finished, the others wait for the next start.
    """
    from reminder.web.app import create_app
    from reminder.web.server import Server

    log_to_stderr()
    lookout = Lookout(services, settings)
    app = create_app(services, settings, lookout=lookout)
    server = Server(app, listener, trusted_proxies=settings.trusted_proxies, on_stop=services.stopping.set)
    running = scheduler.start(lookout, with_passes=with_scheduler)
    try:
        server.serve_pages()
    finally:
        services.stopping.set()
        running.shutdown(wait=True)
        services.store.close()


def work(services: Services, settings: Settings) -> None:
    """Plan and send until `services.stopping` is set; the mail on its way is finished, the others wait for the next start."""
    log_to_stderr()
    running = scheduler.start(Lookout(services, settings))
    services.stopping.wait()
    running.shutdown(wait=True)


def log_to_stderr() -> None:
    """Write log lines to stderr; the scheduler's own chatter only from warnings on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
