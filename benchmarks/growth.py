"""P5: what a whole pass costs that plans and sends 1,000 mails, and one that finds nothing, among ever more people.

Everybody has a mail of long ago. The mails go into memory: a server would cost the same at every size.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Row
from benchmarks.people import Crowd, make_due, populate, services
from benchmarks.tools import scratch
from reminder.jobs.tick import tick
from reminder.store.engine import Store
from tests.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.frame import Found, Size

DUE = 1_000
IDLE_PASSES = 10
ROOMY = ("max_wal_size=8GB", "shared_buffers=512MB")
"""For a PostgreSQL that takes in 10,000,000 people at once; it stays as safe as any."""


class Town:
    """A database with so many people, of whom each round others become due, `due` at once."""

    def __init__(self, url: str, people: int, due: int = DUE) -> None:
        self.people, self.due, self.first = people, due, 1
        self.busy: list[float] = []
        self.idle: list[float] = []
        self.store = Store(url)
        populate(self.store, Crowd(people=people, practices=people // 20, history=True))

    def round(self) -> None:
        made = services(self.store, connections=8)
        with self.store.write() as connection:
            make_due(connection, self.first, self.due)
        self.first += self.due
        began = time.perf_counter()
        sent = tick(made).sent
        self.busy.append(time.perf_counter() - began)
        assert sent == self.due, f"{sent} of {self.due} were sent"
        began = time.perf_counter()
        for _ in range(IDLE_PASSES):
            tick(made)
        self.idle.append((time.perf_counter() - began) / IDLE_PASSES)


def grown(towns: list[Town], kind: str, rounds: Iterable[int]) -> Iterator[Found]:
    """Let the towns take turns, and compare each with the smallest."""
    for town in towns:
        town.round()  # compiles statements and fills caches
    for _ in rounds:
        for town in towns:
            town.round()
    smallest = towns[0]
    for town in towns[1:]:
        for name, mine, base in (
            (f"pass with {town.due:,} due", town.busy, smallest.busy),
            ("pass with nothing due", town.idle, smallest.idle),
        ):
            row = Row(id="P5", measure=f"{name} of {town.people:,}, {kind}", unit="ms", ours=_ms(mine))
            yield row.against(f"of {smallest.people:,}", _ms(base), Bar(limit=1.5))


def _ms(seconds: list[float]) -> list[float]:
    return [value * 1000 for value in seconds[1:]]


def run(size: Size) -> Iterator[Found]:
    sizes = [1_000, 10_000] if size.name == "short" else [10_000, 100_000, 1_000_000]
    due = size.of(100, DUE)
    with scratch() as folder, ExitStack() as stack:
        towns = [Town(f"sqlite:///{folder}/{people}.db", people, due) for people in sizes]
        for town in towns:
            stack.callback(town.store.close)
        yield from grown(towns, "SQLite", size.rounds(30))
    if size.name == "huge":
        with cluster(settings=ROOMY) as server, ExitStack() as stack:
            towns = [Town(server.fresh_url(), people) for people in (10_000, 10_000_000)]
            for town in towns:
                stack.callback(town.store.close)
            yield from grown(towns, "PostgreSQL", size.rounds(600))
