from __future__ import annotations

import json
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Semaphore
from typing import TYPE_CHECKING

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from freezegun import freeze_time

from reminder import scheduler, settings
from reminder.alarms import Alarms
from reminder.condition import Lookout
from reminder.errors import UsageError
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.scheduler import ClockWatch, elapsed_seconds, raise_alarms, wake
from reminder.settings import Settings
from reminder.store import faults, migrate, system
from reminder.store.backups import back_up_daily
from reminder.store.engine import Store
from tests.faults.listener import Listener, listening
from tests.faults.proxy import proxy
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from pathlib import Path

    from apscheduler.job import Job

    from tests.postgres import Cluster

NOW = chicago("2026-12-01", "09:00")
BAD_SIGN_IN = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="5.7.8 no", usable=False)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    made = World(sqlite_store, NOW)
    made.practice()
    made.person("Alma Reyes", date(2026, 10, 9))
    return made


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as made:
        yield made


def alarms_of(world: World, *, ping_url: str = "", alert_url: str = "") -> Alarms:
    return Alarms(Lookout(world.services, Settings(ping_url=ping_url, alert_url=alert_url)))


def minute(world: World, alarms: Alarms | None = None, watch: ClockWatch | None = None) -> None:
    """Let a pass and the alarms have their turn."""
    with freeze_time(world.now):
        wake(world.services, watch or ClockWatch())
        if alarms is not None:
            raise_alarms(alarms)


def test_a_pass_sends_and_the_switch_is_fetched(world: World, listener: Listener) -> None:
    minute(world, alarms_of(world, ping_url=f"{listener.url}/alive"))

    assert world.kinds() == ["warning"]
    assert listener.heard == [("/alive", "")]


def test_a_held_queue_is_told_once_a_day_and_the_switch_is_let_go(world: World, listener: Listener) -> None:
    world.transport.refusal = BAD_SIGN_IN
    alarms = alarms_of(world, ping_url=f"{listener.url}/alive", alert_url=f"{listener.url}/alert")
    for _ in range(3):
        minute(world, alarms)
        world.now += timedelta(minutes=1)
    first = listener.paths()
    world.now += timedelta(days=1)
    minute(world, alarms)

    assert (first, listener.paths()) == (["/alert"], ["/alert"] * 2)
    told = json.loads(listener.heard[0][1])
    assert "535" in told["text"]
    assert told["troubles"][0]["matter"] == "queue"


def test_a_program_that_starts_anew_tells_nothing_twice(world: World, listener: Listener) -> None:
    world.transport.refusal = BAD_SIGN_IN
    for _ in range(3):
        alarms = alarms_of(world, alert_url=f"{listener.url}/alert")
        for _ in range(2):
            minute(world, alarms)
            world.now += timedelta(minutes=1)

    assert listener.paths() == ["/alert"]


def test_a_trouble_that_comes_back_the_next_day_is_told_anew_one_that_comes_and_goes_is_not(
    world: World, listener: Listener
) -> None:
    alarms = alarms_of(world, alert_url=f"{listener.url}/alert")
    counts: list[int] = []
    for broken in (True, False, True, False, True):
        world.transport.refusal = BAD_SIGN_IN if broken else None
        world.now += timedelta(minutes=16) if len(counts) < 3 else timedelta(hours=2)
        minute(world, alarms)
        minute(world, alarms)
        counts.append(len(listener.heard))

    assert counts == [1, 1, 1, 1, 2]


def test_the_alert_address_gets_a_mail_outside_the_held_queue(world: World) -> None:
    with world.store.write() as connection:
        system.set_hold(connection, system.Hold(reason="a backup was restored", cure="look at it", since_at=NOW))
    world.services.installation = replace(world.services.installation, alert_email="it@lakeside.example")
    alarms = alarms_of(world)
    minute(world, alarms)
    minute(world, alarms)

    assert [(mail.to, mail.kind) for mail in world.mails] == [("it@lakeside.example", "alarm")]
    assert "a backup was restored" in world.mails[0].text
    assert "Sending is held" in world.mails[0].subject


def test_a_machine_that_wakes_up_raises_no_alarm_before_its_first_pass(world: World, listener: Listener) -> None:
    alarms = alarms_of(world, ping_url=f"{listener.url}/alive", alert_url=f"{listener.url}/alert")
    minute(world, alarms)
    world.now += timedelta(hours=2)
    raise_alarms(alarms)  # both are due at once, and the alarms come first
    asleep = listener.paths()
    minute(world, alarms)

    assert asleep == ["/alive"]
    assert listener.paths() == ["/alive", "/alive"]


def test_a_mail_server_that_refuses_an_alarm_is_asked_four_times_an_hour(world: World) -> None:
    world.transport.refusal = BAD_SIGN_IN
    world.services.installation = replace(world.services.installation, alert_email="it@lakeside.example")
    asked: list[int] = []
    alarms, connect = alarms_of(world), world.transport.connect

    def counted() -> object:
        asked.append(1)
        return connect()

    world.transport.connect = counted  # type: ignore[assignment, method-assign]
    for _ in range(60):
        minute(world, alarms)
        world.now += timedelta(minutes=1)

    assert len(asked) == 8  # four by the sender's own probe, four for the alarm


def test_an_error_in_a_pass_is_told_and_the_next_pass_tries_again(
    world: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = alarms_of(world, ping_url=f"{listener.url}/alive", alert_url=f"{listener.url}/alert")

    def broken(*_: object) -> None:
        msg = "a fault of the program"
        raise OSError(msg)

    minute(world)
    with monkeypatch.context() as patch:
        patch.setattr(scheduler, "tick_within_limits", broken)
        minute(world, alarms)
        minute(world, alarms)
    minute(world, alarms)

    assert listener.paths() == ["/alert", "/alive"]
    assert "a fault of the program" in listener.heard[0][1]
    assert world.kinds() == ["warning"]


def test_a_database_that_is_away_is_told_at_once_and_work_goes_on_when_it_is_back(
    postgres: Cluster, listener: Listener
) -> None:
    url = postgres.fresh_url()
    with proxy(postgres.home) as way, closing(Store(url.replace(str(postgres.home), str(way.host)))) as store:
        migrate.upgrade(store)
        world = World(store, NOW)
        world.practice()
        world.person("Alma Reyes", date(2026, 10, 9))
        alarms = alarms_of(world, ping_url=f"{listener.url}/alive", alert_url=f"{listener.url}/alert")
        way.lead_nowhere()
        minute(world, alarms)
        sent_meanwhile = list(world.mails)
        way.lead_there()
        world.now += timedelta(minutes=1)
        minute(world, alarms)

    assert listener.paths() == ["/alert", "/alive"]
    assert "The database does not work. database: " in listener.heard[0][1]
    assert (sent_meanwhile, len(world.mails)) == ([], 1)


def test_a_dead_switch_does_no_harm_and_is_told_by_the_other_ways_until_it_works(
    world: World, listener: Listener
) -> None:
    dead = alarms_of(world, ping_url="http://127.0.0.1:1/", alert_url=f"{listener.url}/alert")
    minute(world, dead)
    minute(world, dead)
    broken = Lookout(world.services, Settings()).look()
    minute(world, alarms_of(world, ping_url=f"{listener.url}/alive"))

    assert world.kinds() == ["warning"]
    assert [found.matter for found in broken] == ["alarms"]
    assert "The ping that tells of troubles cannot be reached" in listener.heard[0][1]
    assert listener.paths() == ["/alert", "/alive"]
    assert Lookout(world.services, Settings()).look() == []


def test_a_redirection_is_not_followed(world: World, listener: Listener) -> None:
    listener.leads_to = "/elsewhere"
    minute(world, alarms_of(world, ping_url=f"{listener.url}/alive"))

    assert listener.paths() == ["/alive"]
    assert ["it answers 302" in found.detail for found in Lookout(world.services, Settings()).look()] == [True]


@pytest.mark.parametrize("name", ["REMINDER_PING_URL", "REMINDER_ALERT_URL"])
@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://hooks.example/secret", True),
        ("http://localhost:8000/x", True),
        ("http://hooks.example/secret", False),
        ("file:///etc/secret", False),
        ("https://", False),
        ("secret", False),
    ],
)
def test_what_is_told_outside_goes_by_https(name: str, url: str, is_good: bool) -> None:
    try:
        settings.load({name: url})
        said = ""
    except UsageError as error:
        said = str(error)

    assert (said == "") is is_good
    assert "secret" not in said


def test_a_mail_server_is_tried_now_and_then_and_one_that_is_down_in_each_pass(world: World) -> None:
    world.tick()
    for _ in range(11):
        world.now += timedelta(minutes=1)
        minute(world)
    while_well = world.transport.connections - 1  # the pass that sent
    world.transport.refusal = replace(BAD_SIGN_IN, outcome=Outcome.DEFERRED, stage=Stage.CONNECT)
    found = []
    for _ in range(6):
        world.now += timedelta(minutes=1)
        minute(world)
        found.append(bool(Lookout(world.services, Settings()).look()))
    world.transport.refusal = None
    minute(world)

    assert while_well == 2
    assert found[-1]
    assert found == sorted(found)
    assert Lookout(world.services, Settings()).look() == []


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


def test_time_asleep_is_time_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts_sleep = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # which other systems than Linux do not have
    since_the_start = {time.CLOCK_MONOTONIC: 60.0, counts_sleep: 3 * 24 * 3600.0}
    monkeypatch.setattr(time, "clock_gettime", since_the_start.__getitem__)

    assert elapsed_seconds() == 3 * 24 * 3600.0


def test_a_jump_holds_the_queue(world: World) -> None:
    watch = ClockWatch()
    watch.jumped(NOW - timedelta(days=40), scheduler.elapsed_seconds())
    minute(world, watch=watch)
    with world.store.read() as connection:
        held = system.hold(connection)

    assert held is not None
    assert "jumped" in held.reason
    assert world.mails == []


def test_the_scheduler_is_an_alarm_clock_only(world: World, tmp_path: Path) -> None:
    running = scheduler.start(Lookout(world.services, Settings(backup_dir=str(tmp_path / "backups"))))
    jobs = {job.id: job for job in running.get_jobs()}
    running.shutdown(wait=True)

    assert {name: job.trigger.interval.total_seconds() for name, job in jobs.items()} == {
        "wake": 60,
        "back up": 900,
        "alarms": 60,
    }
    assert {(job.coalesce, job.max_instances, job.misfire_grace_time) for job in jobs.values()} == {(True, 1, None)}
    assert str(running.timezone) == "UTC"


@contextmanager
def one_job(at: datetime) -> Iterator[scheduler.PunctualJobs]:
    """Hold a job that is due at an instant and each minute from then on."""
    running, jobs = BackgroundScheduler(timezone="UTC"), scheduler.PunctualJobs()
    running.add_jobstore(jobs)
    running.add_job(print, "interval", seconds=60, next_run_time=at, id="wake")
    running.start(paused=True)
    try:
        yield jobs
    finally:
        running.shutdown(wait=True)


def test_a_clock_that_is_set_back_makes_the_jobs_due_that_lie_too_far_ahead() -> None:
    at = datetime(2026, 12, 1, 16, tzinfo=UTC)
    with one_job(at) as jobs:
        assert jobs.get_due_jobs(at - timedelta(seconds=60)) == []
        assert [job.id for job in jobs.get_due_jobs(at - timedelta(seconds=61))] == ["wake"]
        assert jobs.get_next_run_time() == at - timedelta(seconds=61)


def test_runs_that_were_missed_in_a_long_sleep_are_not_counted_one_by_one() -> None:
    at = datetime(2026, 12, 1, 16, tzinfo=UTC)
    with one_job(at) as jobs:
        assert [job.next_run_time for job in jobs.get_due_jobs(at + timedelta(seconds=60))] == [at]
        assert [job.next_run_time for job in jobs.get_due_jobs(at + timedelta(days=60))] == [at + timedelta(days=60)]


def test_a_clock_that_is_set_back_just_as_a_job_begins_makes_nobody_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        ahead = timedelta(0)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return super().now(tz) + cls.ahead

    def put_back_once_a_job_is_due(jobs: scheduler.PunctualJobs, now: datetime) -> list[Job]:
        due: list[Job] = find(jobs, now)
        Clock.ahead = timedelta(hours=-1) if due else Clock.ahead
        return due

    find, begun = scheduler.PunctualJobs.get_due_jobs, Semaphore(0)
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Clock)
    monkeypatch.setattr(scheduler.PunctualJobs, "get_due_jobs", put_back_once_a_job_is_due)
    monkeypatch.setattr(scheduler, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(scheduler, "raise_alarms", lambda _: begun.release())
    running = scheduler.start(Lookout(world.services, Settings()), with_passes=False)
    try:
        assert begun.acquire(timeout=10)
        assert begun.acquire(timeout=10)
    finally:
        running.shutdown(wait=True)


def test_pages_whose_passes_run_elsewhere_still_raise_the_alarm(world: World, listener: Listener) -> None:
    lookout = Lookout(world.services, Settings(alert_url=f"{listener.url}/alert"))
    running = scheduler.start(lookout, with_passes=False)
    jobs = [job.id for job in running.get_jobs()]
    running.shutdown(wait=True)
    alarms = Alarms(lookout)
    raise_alarms(alarms)
    raise_alarms(alarms)

    assert jobs == ["alarms"]
    assert "Reminders are not running" in listener.heard[0][1]


def test_what_is_told_does_not_say_its_headline_twice(world: World, listener: Listener) -> None:
    world.services.installation = replace(world.services.installation, is_set_up=False)
    alarms = alarms_of(world, alert_url=f"{listener.url}/alert")
    minute(world, alarms)
    minute(world, alarms)

    assert json.loads(listener.heard[0][1])["text"].count("No mail server is set up") == 1


def test_a_backup_that_failed_for_whatever_reason_is_told_until_one_is_made(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "the copy is damaged"
        raise UsageError(message)

    with monkeypatch.context() as broken:
        broken.setattr(scheduler, "back_up_daily", fail)
        scheduler.back_up(world.services, tmp_path)
    with world.store.read() as connection:
        assert "the copy is damaged" in faults.every(connection)[faults.BACKUP].detail
    scheduler.back_up(world.services, tmp_path)

    with world.store.read() as connection:
        assert faults.every(connection) == {}


def test_a_backup_is_written_once_a_day_and_fourteen_are_kept(world: World, tmp_path: Path) -> None:
    written = [back_up_daily(world.store, tmp_path, NOW + timedelta(hours=12 * half)) for half in range(40)]

    assert sum(path is not None for path in written) == 20
    assert sorted(path.name for path in tmp_path.glob("reminder-*.db")) == sorted(
        path.name for path in written[-28:] if path is not None
    )
