from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from reminder.clock import utc_now
from tests.faults.killing import Round, kill_round, stop_round
from tests.faults.sink import Sink, sink
from tests.faults.town import Site, drain, judge, settle
from tests.faults.virtual_time import VirtualTime
from tests.world import KEY, PUBLIC_URL

if TYPE_CHECKING:
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


def run_worker(url: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "REMINDER_DATABASE_URL": url,
        "REMINDER_MAIL_URL": f"smtp+plain://127.0.0.1:{port}",
        "REMINDER_MAIL_FROM": "reminders@lakeside.example",
        "REMINDER_PUBLIC_URL": PUBLIC_URL,
        "REMINDER_SECRET_KEY": KEY,
        "REMINDER_BACKUP_DIR": str(folder / "backups"),
    }
    return subprocess.Popen([sys.executable, "-m", "reminder", "worker"], env=environment, stderr=subprocess.DEVNULL)


def test_the_worker_command_loses_nothing_when_it_is_killed_and_stops_when_it_is_told(
    database_url: str, tmp_path: Path
) -> None:
    now = utc_now()
    zone = noon_somewhere(now)
    addresses = settle(
        database_url, people=300, start=now, zone=zone, left=1
    )  # so urgent that it goes on a Sunday, too
    clock = VirtualTime(tmp_path / "time", now)
    with sink(tmp_path) as server:
        for number, ending in ((1, signal.SIGKILL), (2, signal.SIGTERM)):
            with run_worker(database_url, tmp_path, server.port) as worker:
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
