"""Real processes: the server starts, answers and stops; two senders share one database."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.services import Installation, Services
from reminder.jobs.tick import tick
from reminder.mail.folder import FolderTransport
from reminder.mail.links import Links
from reminder.secrets_box import SecretBox
from reminder.store.engine import Store
from tests.world import WORDING, World, chicago

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "reminder"]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def wait_until_healthy(port: int) -> dict[str, str]:
    """Ask for half a minute at most."""
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                found: dict[str, str] = json.load(answer)
                return found
        except OSError:  # nobody listens yet, or nobody answers yet
            time.sleep(0.2)
    raise AssertionError(port)


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "REMINDER_DATABASE_URL": f"sqlite:///{folder / 'reminder.db'}",
        "REMINDER_MAIL_URL": f"folder:{folder / 'mail'}",
        "REMINDER_BACKUP_DIR": str(folder / "backups"),
        "REMINDER_SECRET_KEY": "a key for all tests",
    }
    command = [*COMMAND, "serve", "--port", str(port)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_backs_up_and_stops_when_told(tmp_path: Path, number: int) -> None:
    port = free_port()
    process = serve(tmp_path, port)
    try:
        health = wait_until_healthy(port)
    finally:
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert health["status"] == "ok"
    assert len(list((tmp_path / "backups").glob("reminder-*.db"))) == 1
    assert b"Traceback" not in errors


def test_serve_stops_when_told_though_a_visitor_never_finishes(tmp_path: Path) -> None:
    port = free_port()
    process = serve(tmp_path, port)
    try:
        wait_until_healthy(port)
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            visitor.sendall(
                b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nhalf"
            )
            time.sleep(0.2)  # for the server to begin with it; without, the test would pass all the more
            process.terminate()
            process.communicate(timeout=20)
    finally:
        process.kill()

    assert process.returncode == 0


def send_in_a_process(url: str, folder: str, at: datetime) -> None:
    store = Store(url)
    services = Services(
        store=store,
        wording=WORDING,
        clock=lambda: at,
        installation=Installation(
            transport=FolderTransport(folder),
            links=Links("https://reminders.lakeside.example", ["a key for all tests"]),
            box=SecretBox(["a key for all tests"]),
            sender_address="reminders@lakeside.example",
        ),
    )
    tick(services)
    store.close()


def test_two_processes_on_one_database_send_every_mail_once(store: Store, tmp_path: Path) -> None:
    world = World(store, chicago("2026-12-01"))
    world.practice()
    for number in range(60):
        world.person(f"Person {number}", date(2026, 10, 9))
    context = multiprocessing.get_context("spawn")
    url, folders = store.url.render_as_string(hide_password=False), [tmp_path / "one", tmp_path / "two"]
    processes = [context.Process(target=send_in_a_process, args=(url, str(folder), world.now)) for folder in folders]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert sum(len(list(folder.glob("*.eml"))) for folder in folders if folder.is_dir()) == 60
    assert len(world.reminders(state="sent")) == 60
