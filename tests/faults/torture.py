"""Torture: each call that may fail fails in each way, once; the work is repeated, and everything must be right."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from traceback import clear_frames
from typing import TYPE_CHECKING

from reminder.errors import ReminderError, UsageError
from tests.faults.calls import Calls, KilledError, Way
from tests.faults.cheaply import cheaply, heard_by_nobody
from tests.faults.line import MailServer
from tests.faults.scenarios import SCENARIOS
from tests.faults.town import START, Site, drain, judge
from tests.faults.virtual_time import VirtualTime

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.faults.scenario import Scenario

HANGS_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Point:
    """The call of a scenario that fails, and how. 0: none does."""

    scenario: str
    at: int
    way: Way


@dataclass
class Torture:
    """The databases from which the scenarios start, made once in a folder, and what was seen."""

    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    made: dict[str, list[str]] = field(default_factory=dict)

    def points(self, names: Iterable[str] = SCENARIOS) -> list[Point]:
        """Every point there is. A run without a fault tells how many calls a scenario makes."""
        found = []
        for name in names:
            calls, faults = self.run(Point(name, 0, Way.RAISE))
            assert faults == [], f"{name} without any fault: {faults}"
            found += [Point(name, at, way) for at in range(1, len(calls) + 1) for way in Way]
        return found

    def strike(self, point: Point) -> list[str]:
        """Run a scenario with one fault; return what is wrong afterwards."""
        calls, faults = self.run(point)
        name = calls[point.at - 1] if point.at <= len(calls) else "none"
        self.counts["points"] += 1
        self.counts[name.partition(" ")[0]] += 1
        return [f"{point.scenario}: call {point.at} ({name}) {point.way}: {fault}" for fault in faults]

    def run(self, point: Point) -> tuple[list[str], list[str]]:
        """Return the calls that a scenario made, and what is wrong after it went on."""
        scenario, place = SCENARIOS[point.scenario], self.folder / "run"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self._base(scenario), place)
        with cheaply(), heard_by_nobody():
            return _run(scenario, point, place)

    def _base(self, scenario: Scenario) -> Path:
        base = self.folder / scenario.name
        if scenario.name not in self.made:
            base.mkdir()
            self.made[scenario.name] = []
            scenario.prepare(f"sqlite:///{base / 'reminder.db'}")
        return base


def _let_go(error: BaseException | None) -> None:
    """Forget what the frames of an error hold, as a program does that has told it: a cursor there keeps its file open."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


def _run(scenario: Scenario, point: Point, place: Path) -> tuple[list[str], list[str]]:
    time = place.with_name("time")  # outside: reading it is no call of the product
    clock = VirtualTime(time, START)
    server = MailServer(clock.now)
    database = place / "reminder.db"
    folder = place / "mails" if scenario.to_folder else None
    site = Site(url=f"sqlite:///{database}", port=25, time=time, connections=2, folder=folder)
    with Calls(
        place,
        server,
        at=point.at,
        way=point.way,
        on_hang=lambda: clock.advance(HANGS_FOR),
        is_command=scenario.is_command,
    ) as calls:
        services = site.services()
        services.clock = calls.clock(services.clock)
        told: Exception = UsageError()
        try:
            scenario.act(services, place)
        except KilledError:
            pass
        except Exception as error:  # noqa: BLE001 - as the scheduler and the web server do
            told = error
            _let_go(error)
    clock.advance(timedelta(minutes=1))
    with server.reached():
        if calls.is_killed or scenario.is_command:
            services = site.services()
        with closing(sqlite3.connect(database)) as connection:
            faults = [f"half done: {found}" for found in scenario.half(connection, place)]
        try:
            scenario.act(services, place)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
            faults.append(f"cannot be repeated: {type(error).__name__}: {error}")
        services.store.close()
        if not isinstance(told, ReminderError):
            faults.append(f"is not told in plain words: {type(told).__name__}: {told}")
        if scenario.sends:
            drain(site, clock)
    wrong: list[str] = []
    if scenario.addresses is not None:
        wrong += judge(site.url, scenario.addresses, scenario.taken(server, place))[1]
    with closing(sqlite3.connect(database)) as connection:
        integrity = connection.execute("pragma integrity_check").fetchone()[0]
        wrong += scenario.done(connection, place)
    if integrity != "ok":
        wrong.append(f"the database is damaged: {integrity}")
    return calls.names, [*faults, *wrong]
