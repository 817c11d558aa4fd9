"""Kill senders at random points, suspend or dismiss them, start others, and see what the mail server took."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from reminder.errors import UnreachableError
from reminder.jobs import deliver
from reminder.jobs.tick import tick
from tests.faults.sink import Sink, sink
from tests.faults.town import START, Site, drain, judge, pass_a_lease, settle
from tests.faults.virtual_time import VirtualTime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

MOST_SKEW = 10 * 60
MAILS_EACH = 15
"""Mails for each kill and stop."""

BATCH = 20
"""Mails a sender claims at once: a killed one strands them until their lease ends, so a hundred would end a loop soon."""

LINE = 200
"""Bytes of one accepted mail in the server's log, about."""

LONGEST_WAIT = 2.0
"""Seconds after which senders that sent nothing are struck all the same."""

STOPS_WITHIN = 15.0
"""Seconds in which a sender that is told to stop must be gone."""


def work(site: Site, ready: Connection) -> None:
    """Send as `reminder worker` does, pass after pass without a rest, until told to stop."""
    deliver.BATCH = BATCH
    services = site.services()
    signal.signal(signal.SIGTERM, lambda *_: services.stopping.set())
    ready.send_bytes(b"!")
    while not services.stopping.wait(0.002):
        try:
            tick(services)
        except UnreachableError:
            continue  # the database was busy for too long: as for the scheduler, the next pass tries again


@dataclass
class Crew:
    """Senders that share one database, and what was done to them. `slowest`: seconds until one that was told to stop was gone."""

    sites: list[Site]
    random: Random
    clock: VirtualTime
    log: Path
    kills: int = 0
    suspensions: int = 0
    dismissals: int = 0
    deserted: int = 0
    slowest: float = 0.0
    at_work: dict[int, ForkServerProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload([__name__])

    def start(self) -> None:
        """Start whoever is missing, and wait until they work."""
        awaited = []
        for place, site in enumerate(self.sites):
            if place not in self.at_work:
                here, there = self.context.Pipe(duplex=False)
                process = self.context.Process(target=work, args=(site, there), daemon=True)
                process.start()
                there.close()
                self.at_work[place] = process
                awaited.append(here)
        for pipe in awaited:
            assert pipe.recv_bytes() == b"!"
            pipe.close()

    def let_work(self) -> bool:
        """Let them send a few mails, and then go on to any point of the next one; tell whether as many were taken."""
        wanted = self._log_size() + self.random.randint(0, 8) * LINE
        until = time.monotonic() + LONGEST_WAIT
        while self._log_size() < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, 0.02))
        return self._log_size() >= wanted

    def _log_size(self) -> int:
        return self.log.stat().st_size

    def kill(self, *places: int) -> None:
        """Kill these senders; without any named, all."""
        for place in places or list(self.at_work):
            process = self.at_work.pop(place)
            self.deserted += process.exitcode is not None
            process.kill()
            process.join()
            self.kills += 1

    def strike(self) -> None:
        """Do one cruel thing: kill one; kill all and let leases end; or suspend one until others took its mails."""
        ran_dry = not self.let_work()
        kind, victim = self.random.random(), self.random.choice(list(self.at_work))
        if kind < 0.6 and not ran_dry:
            self.kill(victim)
        elif kind < 0.8 or ran_dry or len(self.sites) == 1:
            self.kill()
            pass_a_lease(self.clock)
        else:
            self.suspend(victim)
        self.start()

    def suspend(self, victim: int) -> None:
        """Stop one as a machine that falls asleep, let others take over, and let it go on as if nothing had happened."""
        pid = self.at_work[victim].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        self.kill(*[place for place in self.at_work if place != victim])
        pass_a_lease(self.clock)
        self.start()
        self.let_work()
        os.kill(pid, signal.SIGCONT)
        self.suspensions += 1
        self.let_work()

    def dismiss(self) -> None:
        """Tell all to stop in the middle of their work."""
        told_at = time.monotonic()
        for process in self.at_work.values():
            process.terminate()
        for process in self.at_work.values():
            process.join(STOPS_WITHIN)
            self.deserted += process.exitcode != 0
        self.slowest = max(self.slowest, time.monotonic() - told_at)
        self.dismissals += len(self.at_work)
        self.at_work.clear()


@dataclass(frozen=True, kw_only=True)
class Round:
    """How a crew is treated: how many kills or stops at least; with `skewed` clocks that differ by up to ten minutes
    from the right one.
    """

    url: str
    workers: int
    times: int
    seed: int
    connections: int = 1
    skewed: bool = False


@contextmanager
def crew_at_work(wanted: Round, folder: Path) -> Iterator[tuple[Crew, Site, Sink]]:
    """Give senders at work on enough mails, where one more of them could work, and the mail server."""
    random = Random(wanted.seed)
    clock = VirtualTime(folder / "time", START)
    with sink(folder) as server:
        site = Site(url=wanted.url, port=server.port, time=folder / "time", connections=wanted.connections)
        most = MOST_SKEW if wanted.skewed else 0
        skews = [timedelta(seconds=random.randint(-most, most)) for _ in range(wanted.workers)]
        crew = Crew([replace(site, skew=skew) for skew in skews], random, clock, server.log)
        crew.start()
        try:
            yield crew, site, server
        finally:
            crew.kill()


def kill_round(wanted: Round, folder: Path) -> tuple[dict[str, float], list[str]]:
    """Strike again and again, let one sender finish in peace; return counts and what was wrong."""
    addresses = settle(wanted.url, people=wanted.times * MAILS_EACH)
    with crew_at_work(wanted, folder) as (crew, site, server):
        while crew.kills < wanted.times:
            crew.strike()
        crew.kill()
        drain(site, crew.clock)
        counts, faults = judge(wanted.url, addresses, server.taken())
    if crew.deserted:
        faults.append(f"{crew.deserted} senders ended by themselves")
    if counts["extra"] > (crew.kills + crew.suspensions) * wanted.connections:
        faults.append(f"{counts['extra']} extra copies: {crew.kills} kills, {crew.suspensions} suspensions")
    return {"kills": crew.kills, "suspensions": crew.suspensions, **counts}, faults


def stop_round(wanted: Round, folder: Path) -> tuple[dict[str, float], list[str]]:
    """Tell senders to stop in the middle of their work, again and again; nothing may be left claimed or in doubt."""
    addresses = settle(wanted.url, people=wanted.times * MAILS_EACH)
    with crew_at_work(wanted, folder) as (crew, site, server):
        while crew.dismissals < wanted.times:
            crew.start()
            crew.let_work()
            crew.dismiss()
        drain(site, crew.clock)
        counts, faults = judge(wanted.url, addresses, server.taken())
    if crew.deserted or crew.slowest > STOPS_WITHIN:
        faults.append(f"{crew.deserted} senders were not gone after {STOPS_WITHIN} seconds")
    return {"stops": crew.dismissals, "slowest": round(crew.slowest, 2), **counts}, faults
