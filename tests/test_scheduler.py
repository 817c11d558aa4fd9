from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from reminder import scheduler
from reminder.alarms import Alarms
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.scheduler import ClockWatch, wake
from reminder.settings import Settings
from reminder.store import system
from reminder.store.backups import back_up_daily
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reminder.store.engine import Store

NOW = chicago("2026-12-01", "09:00")
BAD_SIGN_IN = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="5.7.8 no", usable=False)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    made = World(sqlite_store, NOW)
    made.practice()
    made.person("Alma Reyes", date(2026, 10, 9))
    return made


class Listener:
    """A web server that keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                listener.heard.append((self.path, self.rfile.read(length).decode()))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def alarms_of(world: World, *, ping_url: str = "", alert_url: str = "") -> Alarms:
    return Alarms(Settings(ping_url=ping_url, alert_url=alert_url), world.services)


def wake_once(world: World, alarms: Alarms, tmp_path: Path, watch: ClockWatch | None = None) -> None:
    with freeze_time(world.now):
        wake(world.services, watch or ClockWatch(), alarms, tmp_path / "backups")


def test_a_wake_sends_and_pings(world: World, listener: Listener, tmp_path: Path) -> None:
    wake_once(world, alarms_of(world, ping_url=f"{listener.url}/alive"), tmp_path)

    assert world.kinds() == ["warning"]
    assert listener.heard == [("/alive", "")]


def test_a_held_queue_is_told_once_a_day_and_not_pinged(world: World, listener: Listener, tmp_path: Path) -> None:
    world.transport.refusal = BAD_SIGN_IN
    alarms = alarms_of(world, ping_url=f"{listener.url}/alive", alert_url=f"{listener.url}/alert")
    for _ in range(3):
        wake_once(world, alarms, tmp_path)
        world.now += timedelta(minutes=1)

    assert [path for path, _ in listener.heard] == ["/alert"]
    assert "535" in json.loads(listener.heard[0][1])["text"]


def test_the_alert_address_gets_a_mail_outside_the_held_queue(world: World, tmp_path: Path) -> None:
    with world.store.write() as connection:
        cure = "run: reminder queue release"
        system.set_hold(connection, system.Hold(reason="a backup was restored", cure=cure, since_at=NOW))
    world.services.installation = replace(world.services.installation, alert_email="it@lakeside.example")
    wake_once(world, alarms_of(world), tmp_path)

    assert [(mail.to, mail.kind) for mail in world.mails] == [("it@lakeside.example", "alarm")]
    assert "a backup was restored" in world.mails[0].text


def test_an_error_in_a_pass_is_told_and_the_next_pass_tries_again(
    world: World, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = alarms_of(world, ping_url=f"{listener.url}/alive", alert_url=f"{listener.url}/alert")

    def broken(_: object) -> None:
        msg = "disk full"
        raise OSError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(scheduler, "tick", broken)
        wake_once(world, alarms, tmp_path)
    wake_once(world, alarms, tmp_path)

    assert [path for path, _ in listener.heard] == ["/alert", "/alive"]
    assert world.kinds() == ["warning"]


def test_a_dead_ping_address_does_no_harm(world: World, tmp_path: Path) -> None:
    wake_once(world, alarms_of(world, ping_url="http://127.0.0.1:1/"), tmp_path)

    assert world.kinds() == ["warning"]


@pytest.mark.parametrize(
    ("wall", "elapsed", "jumped"),
    [
        (timedelta(minutes=1), 60, False),
        (timedelta(hours=23), 60, False),
        (timedelta(days=3), 60, True),
        (timedelta(days=-2), 60, True),
        (timedelta(days=3), 3 * 86_400, False),  # asleep for three days: the other clock went on, too
    ],
)
def test_a_clock_that_jumped_by_days_is_seen(wall: timedelta, elapsed: float, jumped: bool) -> None:
    watch = ClockWatch()
    watch.jumped(NOW, 0)

    assert (watch.jumped(NOW + wall, elapsed) is not None) is jumped


def test_a_jump_holds_the_queue(world: World, tmp_path: Path) -> None:
    watch = ClockWatch()
    watch.jumped(NOW - timedelta(days=40), scheduler.elapsed_seconds())
    wake_once(world, alarms_of(world), tmp_path, watch)
    with world.store.read() as connection:
        held = system.hold(connection)

    assert held is not None
    assert "jumped" in held.reason
    assert world.mails == []


def test_the_scheduler_is_an_alarm_clock_only(world: World, tmp_path: Path) -> None:
    running = scheduler.start(world.services, Settings(backup_dir=str(tmp_path / "backups")))
    job = running.get_jobs()[0]
    running.shutdown(wait=True)

    assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
    assert job.trigger.interval == timedelta(seconds=60)
    assert str(running.timezone) == "UTC"


def test_a_backup_is_written_once_a_day_and_fourteen_are_kept(world: World, tmp_path: Path) -> None:
    written = [back_up_daily(world.store, tmp_path, NOW + timedelta(hours=12 * half)) for half in range(40)]

    assert sum(path is not None for path in written) == 20
    assert sorted(path.name for path in tmp_path.glob("reminder-*.db")) == sorted(
        path.name for path in written[-28:] if path is not None
    )
