"""Runs the demo: a throwaway installation on this machine alone."""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import webbrowser
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from reminder import serving, wiring
from reminder.demo.clock import MovableClock
from reminder.demo.pages import router
from reminder.demo.story import tell
from reminder.jobs.tick import tick
from reminder.settings import ON_PAGE, Origin, Settings
from reminder.store import admins, migrate
from reminder.store import practices as stored
from reminder.web.app import create_app
from reminder.web.server import Server

if TYPE_CHECKING:
    from fastapi import FastAPI

    from reminder.jobs.services import Services

HOST = "127.0.0.1"
OWN_TICK_SECONDS = 30.0


def run(*, port: int, open_browser: bool, folder: Path | None) -> None:
    """Prepare the demo, say where it is, and serve it until stopped. Mails are caught in a folder."""
    port = free_port(port)
    with tempfile.TemporaryDirectory(prefix="reminder-demo-") as throwaway:
        home = folder or Path(throwaway)
        home.mkdir(parents=True, exist_ok=True)
        sys.stdout.write("Preparing forty invented people and their last three weeks ...\n")
        app = build(home, f"http://{HOST}:{port}")
        address = f"http://{HOST}:{port}/"
        sys.stdout.write(f"\n  The demo is at {address}\n  Mails are caught in {home / 'mail'}; stop with Ctrl+C.\n\n")
        sys.stdout.flush()
        if open_browser:
            threading.Timer(1.0, webbrowser.open, [address]).start()
        Server(app, serving.listen(HOST, port)).serve_pages()


def build(home: Path, public_url: str) -> FastAPI:
    """Return the demo's web application, its people made on first use of the folder."""
    clock = MovableClock()
    settings = demo_settings(home, public_url)
    services = wiring.build(settings, clock)
    migrate.upgrade(services.store)
    owner = first_owner(services)
    if owner is None:
        owner = tell(services, clock)
    app = create_app(services, settings, signed_in_as=owner)
    app.state.demo_clock = clock
    app.include_router(router)
    keep_ticking(services)
    return app


def demo_settings(home: Path, public_url: str) -> Settings:
    """Return the settings of a demo, none of which a page can change: no mail may leave this machine."""
    values = {
        "database_url": f"sqlite:///{(home / 'reminder.db').resolve()}",
        "mail_url": f"folder:{(home / 'mail').resolve()}",
        "mail_from": "reminders@demo.example",
        "public_url": public_url,
        "secret_key": "the demo's key: its links lead to this machine only",
        "backup_dir": str(home / "backups"),
    }
    return Settings(**values, origins=dict.fromkeys(ON_PAGE, Origin.DEMO))


def first_owner(services: Services) -> int | None:
    """Return the admin of a demo that was kept in a folder."""
    with services.store.read() as connection:
        found = admins.of_practices(connection, stored.load(connection))
    return next((parts[0].admin_id for parts in found.values()), None)


def keep_ticking(services: Services) -> None:
    """Run a pass now and then, so that what is confirmed on a page is answered by a mail."""

    def again() -> None:
        tick(services)
        timer = threading.Timer(OWN_TICK_SECONDS, again)
        timer.daemon = True
        timer.start()

    threading.Thread(target=again, daemon=True).start()


def free_port(wanted: int) -> int:
    """Return the port if it is free, else one that is."""
    for port in (wanted, 0):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    return wanted
