from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.clock import utc_now
from reminder.store.engine import Store
from reminder.store.tables import reminder
from tests.faults.killing import Round, kill_round, stop_round
from tests.faults.sink import Sink, sink
from tests.faults.town import Site, drain, judge, settle
from tests.faults.virtual_time import VirtualTime
from tests.smtp_server import scripted_server
from tests.world import KEY, PUBLIC_URL

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.postgres import Cluster


def test_senders_killed_on_sqlite_lose_nothing_and_double_only_what_was_in_doubt(tmp_path: Path) -> None:
    wanted = Round(url=f"sqlite:///{tmp_path / 'reminder.db'}", workers=1, times=100, seed=11)
    counts, faults = kill_round(wanted, tmp_path)

    assert faults == []
    assert counts["lost"] == 0


@pytest.mark.parametrize(("workers", "connections"), [(2, 1), (4, 2)])
def test_several_senders_on_one_postgresql_lose_nothing_whatever_their_clocks_say(
    postgres: Cluster, tmp_path: Path, workers: int, connections: int
) -> None:
    url = postgres.fresh_url()
    wanted = Round(url=url, workers=workers, connections=connections, times=50, seed=12, skewed=True)
    counts, faults = kill_round(wanted, tmp_path)

    assert faults == []
    assert counts["lost"] == 0


@pytest.mark.parametrize("connections", [1, 4])
def test_a_stop_under_load_loses_nothing_and_doubles_nothing(
    database_url: str, tmp_path: Path, connections: int
) -> None:
    wanted = Round(url=database_url, workers=2, connections=connections, times=14, seed=13)
    counts, faults = stop_round(wanted, tmp_path)

    assert faults == []
    assert (counts["lost"], counts["extra"], counts["in_doubt"]) == (0, 0, 0)


def noon_somewhere(now: datetime) -> str:
    """Return a zone in which it is about noon now."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


WORKER = ("worker",)
SERVE = ("serve", "--port", "0")
"""Any port that is free."""


@contextmanager
def running(command: Sequence[str], url: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "REMINDER_DATABASE_URL": url,
        "REMINDER_MAIL_URL": f"smtp+plain://127.0.0.1:{port}",
        "REMINDER_MAIL_FROM": "reminders@lakeside.example",
        "REMINDER_PUBLIC_URL": PUBLIC_URL,
        "REMINDER_SECRET_KEY": KEY,
        "REMINDER_BACKUP_DIR": str(folder / "backups"),
    }
    arguments = [sys.executable, "-m", "reminder", *command]
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def settle_now(url: str, people: int) -> tuple[list[str], datetime, str]:
    """Make a practice whose people have a mail due now; return their addresses, the instant, and the practice's zone."""
    now = utc_now()
    zone = noon_somewhere(now)
    return settle(url, people, start=now, zone=zone, left=1), now, zone  # so urgent that it goes on a Sunday, too


def test_the_worker_command_loses_nothing_when_it_is_killed_and_stops_when_it_is_told(
    database_url: str, tmp_path: Path
) -> None:
    addresses, now, zone = settle_now(database_url, people=300)
    clock = VirtualTime(tmp_path / "time", now)
    with sink(tmp_path) as server:
        for number, ending in ((1, signal.SIGKILL), (2, signal.SIGTERM)):
            with running(WORKER, database_url, tmp_path, server.port) as worker:
                wait_for(server, number * 30)
                worker.send_signal(ending)
                assert worker.wait(timeout=15) == (0 if ending is signal.SIGTERM else -ending)
        drain(Site(url=database_url, port=server.port, time=tmp_path / "time"), clock, zone)
        counts, faults = judge(database_url, addresses, server.taken())

    assert faults == []
    assert (counts["lost"], counts["extra"] <= 1) == (0, True)


def wait_for(server: Sink, count: int) -> None:
    """Wait until the mail server has taken so many mails, half a minute at most."""
    until = time.monotonic() + 30
    while len(server.taken()) < count:
        assert time.monotonic() < until, f"only {len(server.taken())} of {count} mails came"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("command", "told"),
    [(WORKER, signal.SIGTERM), (("tick",), signal.SIGINT), (SERVE, signal.SIGTERM), (SERVE, signal.SIGINT)],
)
def test_a_command_that_is_told_to_stop_finishes_the_mail_on_its_way(
    tmp_path: Path, command: Sequence[str], told: signal.Signals
) -> None:
    url = f"sqlite:///{tmp_path / 'reminder.db'}"
    settle_now(url, people=5)
    asked, taken = threading.Event(), threading.Event()

    def take_slowly(connection: socket.socket) -> None:
        asked.set()
        taken.wait(20)
        connection.sendall(b"250 queued\r\n")

    with scripted_server(dot=take_slowly) as port, running(command, url, tmp_path, port) as process:
        assert asked.wait(30)
        process.send_signal(told)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        taken.set()

        assert process.wait(timeout=15) == 0
    with closing(Store(url)) as store, store.read() as connection:
        states = {row.state for row in connection.execute(select(reminder.c.state))}
        claimed = connection.execute(select(reminder.c.id).where(reminder.c.owner.is_not(None))).all()

    assert states - {"deferred"} == {"sent", "planned"}  # deferred: named to the server, which hung up before its text
    assert claimed == []
