"""Senders at work while PostgreSQL loses its connections, inside COMMIT too, is restarted, and turns read-only."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from reminder.web.app import create_app
from tests.faults.killing import MAILS_EACH, Crew, Round, crew_at_work
from tests.faults.proxy import Proxy, proxy
from tests.faults.town import drain, judge, pass_a_lease, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reminder.jobs.services import Services
    from tests.postgres import Cluster

BACK_WITHIN = 30.0
"""Seconds after which senders must be at work again, once the server is there."""

OTHERS = "from pg_stat_activity where datname is not null and pid <> pg_backend_pid()"
PAGES = ("/healthz", "/", "/sign-in", "/is-this-mail-real")


@dataclass
class Chaos:
    """What is done to one server whose senders come through a proxy. `slowest`: seconds until they were back at work."""

    server: Cluster
    way: Proxy
    crew: Crew
    services: Services
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)

    def strike(self, deed: str) -> None:
        """Do one cruel thing in the middle of the work."""
        if not self.crew.let_work():
            pass_a_lease(self.crew.clock)  # what a broken connection left claimed
        deeds: dict[str, Callable[[], None]] = {
            "terminate": self.terminate,
            "cut": self.cut,
            "restart": self.restart,
            "flip": self.flip,
        }
        deeds[deed]()

    def terminate(self) -> None:
        self.server.say(f"select pg_terminate_backend(pid) {OTHERS} order by random() limit 1")

    def cut(self) -> None:
        """Cut the connection of the next COMMIT; senders that have nothing to commit get something."""
        cuts = self.way.cuts
        self.way.cut_at_commit(after=self.crew.random.random() < 0.5)
        until = time.monotonic() + BACK_WITHIN
        while self.way.cuts == cuts and time.monotonic() < until:
            time.sleep(0.002)

    def restart(self) -> None:
        self.server.stop(self.crew.random.choice(["fast", "immediate"]))
        self.look("stopped")
        self.server.start()
        self.expect_work("a restart")

    def flip(self) -> None:
        """Let the server refuse every write, as a primary that was made a standby; then take it back."""
        self.read_only("on")
        self.look("read-only")
        self.read_only("off")
        self.expect_work("a fail-over")

    def read_only(self, value: str) -> None:
        self.server.say(
            "set default_transaction_read_only = off",
            f"alter system set default_transaction_read_only = {value}",
            "select pg_reload_conf()",
        )

    def look(self, what: str) -> None:
        """The pages answer in words; healthz says that the program does not work."""
        browser = TestClient(create_app(self.services), raise_server_exceptions=False, follow_redirects=False)
        statuses = {path: browser.get(path).status_code for path in PAGES}
        if statuses["/healthz"] != 503:
            self.faults.append(f"{what}: /healthz says {statuses['/healthz']}")
        self.faults += [f"{what}: {path} says {code}" for path, code in statuses.items() if code not in {200, 303, 503}]

    def expect_work(self, after: str) -> None:
        """See that somebody sends again, without a restart."""
        began, size = time.monotonic(), self.crew.log.stat().st_size
        pass_a_lease(self.crew.clock)
        while self.crew.log.stat().st_size == size and time.monotonic() - began < BACK_WITHIN:
            time.sleep(0.01)
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        if took >= BACK_WITHIN:
            self.faults.append(f"nobody was at work {BACK_WITHIN} seconds after {after}")


def chaos_round(
    server: Cluster, folder: Path, *, deeds: dict[str, int], seed: int
) -> tuple[dict[str, float], list[str]]:
    """Do each deed so many times, in any order; let one sender finish in peace; return counts and what was wrong."""
    url = server.fresh_url()
    times = sum(deeds.values())
    addresses = settle(url, people=times * MAILS_EACH)
    with proxy(server.home) as way:
        indirect = url.replace(f"host={server.home}", f"host={way.host}")
        wanted = Round(url=indirect, workers=2, times=times, seed=seed, connections=1 + seed % 2)
        with crew_at_work(wanted, folder) as (crew, site, sink):
            chaos = Chaos(server, way, crew, site.services())
            order = [deed for deed, count in deeds.items() for _ in range(count)]
            crew.random.shuffle(order)
            for deed in order:
                chaos.strike(deed)
            crew.dismiss()
            chaos.services.store.close()
            drain(site, crew.clock)
            counts, faults = judge(url, addresses, sink.taken())
    if crew.deserted:
        faults.append(f"{crew.deserted} senders ended by themselves")
    if counts["extra"] > times * wanted.workers * wanted.connections:
        faults.append(f"{counts['extra']} extra copies after {times} disturbances")
    done: dict[str, float] = {**deeds, "slowest": round(chaos.slowest, 2), **counts}
    return done, chaos.faults + faults
