"""An installation with several practices that lives for years, by one seed: real code, a set clock, a weather of mails."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

from reminder.jobs import consequences
from reminder.jobs.deliver import BATCH
from reminder.jobs.services import Installation, MailLimits, Services
from reminder.jobs.tick import hold_for_clock, refresh_calendars, tick
from reminder.mail.links import Links
from reminder.scheduler import ClockWatch
from reminder.secrets_box import SecretBox
from reminder.store import migrate, system
from reminder.store.engine import Store
from tests.simulation.post import KilledError, Post
from tests.world import KEY, PUBLIC_URL, WORDING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.simulation.post import Taken

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
)  # fmt: skip


class BrokenError(AssertionError):
    """An invariant does not hold."""


@dataclass
class Instance:
    """One running program: what it may use, and what it remembers of the clock."""

    services: Services
    watch: ClockWatch = field(default_factory=ClockWatch)


@dataclass
class Sent:
    """A mail that reached the server, and when by the installation's clock."""

    taken: Taken
    at: datetime


class Life:
    """Everything of one life. `wall` is what the clock shows; it may be wrong by `skew`."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.random, self.number = seed, Random(seed), 0
        self.path = folder / f"life{seed}.db"
        self.true, self.skew = START, timedelta(0)
        self.store = Store(f"sqlite:///{self.path}")
        migrate.upgrade(self.store)
        self.post = Post(self.random)
        self.sent: list[Sent] = []
        self.instances = [self.started(), self.started()]
        self.names = 0
        self.doing = "nothing"
        self.by_hand: set[int] = set()
        self.clock_was_wrong = False
        self.ticks = 0
        self.raw = sqlite3.connect(self.path, isolation_level=None)
        self.raw.row_factory = sqlite3.Row

    @property
    def wall(self) -> datetime:
        return self.true + self.skew

    @property
    def years(self) -> float:
        return (self.true - START) / timedelta(days=365)

    def started(self) -> Instance:
        """A program that has just been started."""
        services = Services(
            store=self.store,
            wording=WORDING,
            clock=lambda: self.wall,
            installation=Installation(
                transport=self.post,
                links=Links(PUBLIC_URL, [KEY]),
                box=SecretBox([KEY]),
                sender_address="reminders@lakeside.example",
                limits=MailLimits(connections=1),
            ),
        )
        return Instance(services)

    def restart(self) -> None:
        refresh_calendars(self.store, self.wall)
        self.instances[self.random.randrange(2)] = self.started()

    def run(self, number: int = 0) -> bool:
        """Let one program pass once; False if it died."""
        program = self.instances[number]
        try:
            jump = program.watch.jumped(self.wall, (self.true - START).total_seconds())
            if jump is not None:
                hold_for_clock(self.store, self.wall, f"the clock jumped by {jump}")
            tick(program.services)
        except KilledError:
            self.instances[number] = self.started()
            return False
        self.ticks += 1
        return True

    def complete_pass(self) -> None:
        """Run passes undisturbed, as many as it takes: one in which nothing can be sent looks at a batch of mails."""
        between, self.post.between = self.post.between, lambda: None
        deaths, self.post.deaths = self.post.deaths, 0.0
        for _ in range(1 + self.waiting() // BATCH):
            self.run()
        self.post.between, self.post.deaths = between, deaths

    def held(self) -> system.Hold | None:
        with self.store.read() as connection:
            return system.hold(connection)

    def waiting(self) -> int:
        """How many mails there are to which something is yet to happen."""
        row = self.raw.execute("select count(*) from reminder where state in ('planned', 'deferred', 'in_doubt')")
        count: int = row.fetchone()[0]
        return count

    def next_moment(self) -> datetime:
        """When the product itself means to do something next."""
        row = self.raw.execute(
            """select min(at) from (select min(next_step_at) at from person union all
               select min(next_check_at) from practice union all
               select min(next_at) from reminder where state in ('planned', 'deferred', 'in_doubt') union all
               select min(lease_until) from reminder where lease_until is not null)"""
        ).fetchone()
        return instant_of(row[0]) if row[0] else self.wall + timedelta(days=1)

    def new_name(self) -> str:
        """A name that no other person has, so that it is known in any text."""
        self.names += 1
        return f"Pat Qx{self.seed}n{self.names}z"

    def someone(self, *, present: bool = True) -> int | None:
        """The number of some person; None if there is nobody."""
        condition = "where home_id is not null" if present else ""
        ids = [row[0] for row in self.raw.execute(f"select id from person {condition} order by id")]
        return self.random.choice(ids) if ids else None

    def today(self, zone: str = "America/Chicago") -> date:
        from zoneinfo import ZoneInfo

        return self.wall.astimezone(ZoneInfo(zone)).date()

    def close(self) -> None:
        self.raw.close()
        self.store.close()


def fast_folder() -> Path | None:
    """Where files live in memory, if the machine has such a place: what is lost with it is not missed."""
    found = Path("/dev/shm")
    return found if found.is_dir() else None


def instant_of(text: str) -> datetime:
    """What a column of the database holds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seeded_jitter(random: Random) -> AbstractContextManager[object]:
    """Let the waits after a fault come from the seed, so that a life can be lived again."""
    return patch.object(consequences, "_spread", random.random)
