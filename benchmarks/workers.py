"""P6: two and four workers on one PostgreSQL against one: to a quick mail server, and to one that takes 50 ms a mail."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from benchmarks.frame import Bar, Missing, Row, alternate
from benchmarks.growth import ROOMY
from benchmarks.people import NOW, Crowd, make_due, populate
from benchmarks.sender import senders
from benchmarks.slow import thinking
from benchmarks.tools import MissingError, sink
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.store.engine import Store
from reminder.store.tables import attempt, reminder
from tests.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.frame import Found, Size

THINKS_MS = 50
CONNECTIONS = 8


class Hall:
    """Where workers meet: a database with so many people, the next of whom get a mail each round."""

    def __init__(self, url: str, people: int) -> None:
        self.url, self.people, self.first = url, people, 1
        self.store = Store(url)
        populate(self.store, Crowd(people=people, practices=people // 20))

    def rate(self, port: int, mails: int, workers: int) -> float:
        """Plan so many mails and send them with so many workers; return mails a second."""
        tried = self._tries()
        with self.store.write() as connection:
            make_due(connection, self.first, mails)
        self.first += mails
        plan_people(self.store, NOW, Tally())
        cost = senders(self.url, port, processes=workers, connections=CONNECTIONS)
        with self.store.read() as connection:
            most_claims = connection.scalar(select(func.max(reminder.c.fence)))
        assert (cost.sent, self._tries() - tried, most_claims) == (mails, mails, 1), "a mail was claimed twice"
        return cost.rate

    def _tries(self) -> int:
        with self.store.read() as connection:
            return connection.scalar(select(func.count()).select_from(attempt)) or 0


def run(size: Size) -> Iterator[Found]:
    people = size.of(5_000, 60_000, 10_000_000)
    settings = ROOMY if size.name == "huge" else ()
    try:
        with cluster(settings=settings) as server, sink() as quick, thinking(THINKS_MS) as slow:
            hall = Hall(server.fresh_url(), people)
            sends = partial(hall.rate, quick, size.of(300, 3_000))
            yield from _compared(hall, sends, size, "a quick mail server", {2: 1.7})
            sends = partial(hall.rate, slow, size.of(200, 1_200))
            yield from _compared(hall, sends, size, f"a mail server that takes {THINKS_MS} ms", {2: 1.8, 4: 3.5})
            hall.store.close()
    except MissingError as error:
        yield Missing(id="P6", measure="several workers", why=str(error))


def _compared(
    hall: Hall, sends: Callable[[int], float], size: Size, what: str, bars: dict[int, float]
) -> Iterator[Found]:
    found = alternate(size.rounds(25), **{str(workers): partial(sends, workers) for workers in (1, *bars)})
    for workers, limit in bars.items():
        measure = f"{workers} workers, {what}, {hall.people:,} people"
        row = Row(id="P6", measure=measure, unit="mails/s", ours=found[str(workers)])
        yield row.against("one worker", found["1"], Bar(limit=limit, at_least=True))
