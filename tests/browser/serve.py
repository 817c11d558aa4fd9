"""Serves one state of the pages to a browser, as a process of its own: python -m tests.browser.serve STATE FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reminder import serving
from reminder.demo.show import HOST, free_port
from reminder.store import migrate
from reminder.store.engine import Store
from reminder.web.app import create_app
from reminder.web.server import Server
from tests.web.example import NOW, keep_example
from tests.world import World

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def full(folder: Path) -> tuple[ASGIApp, dict[str, str]]:
    """Two practices with people in several states, a refused address, an import."""
    kept = keep_example(folder / "reminder.db")
    world = World(Store(f"sqlite:///{kept.path}"), NOW)
    return create_app(world.services, world.settings, signed_in_as=1), kept.known


def empty(folder: Path) -> tuple[ASGIApp, dict[str, str]]:
    """One practice, still in trial, without people; nothing has run yet."""
    store = Store(f"sqlite:///{folder / 'reminder.db'}")
    migrate.upgrade(store)
    world = World(store, NOW)
    world.practice(live=False)
    return create_app(world.services, world.settings, signed_in_as=1), {}


STATES = {"full": full, "empty": empty}

if __name__ == "__main__":
    app, known = STATES[sys.argv[1]](Path(sys.argv[2]))
    port = free_port(0)
    sys.stdout.write(f"{json.dumps(known)}\nThe pages are at http://{HOST}:{port}/\n")
    sys.stdout.flush()
    Server(app, serving.listen(HOST, port)).serve_pages()
