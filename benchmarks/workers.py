"""P6: two and four workers on one PostgreSQL against one: to a quick mail server, and to one that takes 50 ms a mail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from benchmarks.frame import Bar, Missing, Row, alternate
from benchmarks.people import Crowd, populate
from benchmarks.sender import senders
from benchmarks.slow import thinking
from benchmarks.tools import MissingError, sink
from reminder.store.engine import Store
from reminder.store.tables import attempt, reminder
from tests.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.frame import Found, Size
    from tests.postgres import Cluster

THINKS_MS = 50
CONNECTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Hall:
    """Where workers meet: the database server, the mail server, and the mails that wait."""

    server: Cluster
    port: int
    mails: int

    def rate(self, workers: int) -> float:
        """Send all from a fresh database with so many workers; return mails a second."""
        url = self.server.fresh_url()
        store = Store(url)
        populate(store, Crowd(people=self.mails, practices=self.mails // 20, mails_due=True))
        cost = senders(url, self.port, processes=workers, connections=CONNECTIONS)
        with store.read() as connection:
            tries = connection.scalar(select(func.count()).select_from(attempt))
            most_claims = connection.scalar(select(func.max(reminder.c.fence)))
        store.close()
        assert (cost.sent, tries, most_claims) == (self.mails, self.mails, 1), "a mail was claimed twice"
        return cost.rate


def run(size: Size) -> Iterator[Found]:
    try:
        with cluster(settings=()) as server, sink() as quick, thinking(THINKS_MS) as slow:
            hall = Hall(server=server, port=quick, mails=size.of(600, 3_000))
            yield from _compared(hall, size, "a quick mail server", {2: 1.7})
            hall = Hall(server=server, port=slow, mails=size.of(400, 1_200))
            yield from _compared(hall, size, f"a mail server that takes {THINKS_MS} ms", {2: 1.8, 4: 3.5})
    except MissingError as error:
        yield Missing(id="P6", measure="several workers", why=str(error))


def _compared(hall: Hall, size: Size, what: str, bars: dict[int, float]) -> Iterator[Found]:
    runs = {str(workers): partial(hall.rate, workers) for workers in (1, *bars)}
    found = alternate(size.rounds(35), **runs)
    for workers, limit in bars.items():
        row = Row(id="P6", measure=f"{workers} workers, {what}", unit="mails/s", ours=found[str(workers)])
        yield row.against("one worker", found["1"], Bar(limit=limit, at_least=True))
