"""P9: what comes in the next 60 days for 100,000 people, and what a changed ladder would change of it."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Row, alternate
from benchmarks.listing import browser, seconds
from benchmarks.people import NOW, Crowd, populate, spread
from benchmarks.tools import scratch
from reminder.jobs.forecast import forecast, what_changes
from reminder.store import practices
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.frame import Found, Size

DAYS = 60
MOST_SECONDS = 5


def foretold(store: Store) -> float:
    """Return the seconds that the forecast takes."""
    began = time.perf_counter()
    with store.read() as connection:
        assert forecast(connection, NOW, days=DAYS)
    return time.perf_counter() - began


def changed(store: Store) -> float:
    """Return the seconds until it is known what another ladder would change."""
    with store.read() as connection:
        practice = practices.load(connection, [1])[1]
        began = time.perf_counter()
        other = replace(practice, schedule=replace(practice.schedule, ladder=(21, 10, 2, -3)))
        assert what_changes(connection, NOW, other, days=DAYS) != ([], [])
    return time.perf_counter() - began


def meanwhile(store: Store) -> list[float]:
    """Return the seconds in which the list of people answers, again and again, while a changed ladder is worked out."""
    client, taken = browser(store), []
    seconds(client, "/people")  # the first one compiles statements
    working = Thread(target=changed, args=[store])
    working.start()
    while working.is_alive():
        taken.append(seconds(client, "/people"))
    return taken


def run(size: Size) -> Iterator[Found]:
    people = size.of(2_000, 100_000)
    with scratch() as folder:
        store = Store(f"sqlite:///{folder}/people.db")
        populate(store, Crowd(people=people))
        with store.write() as connection:
            spread(connection)
        found = alternate(size.rounds(30), forecast=lambda: foretold(store), ladder=lambda: changed(store))
        slowest = max(meanwhile(store))
        store.close()
    bar = Bar(limit=MOST_SECONDS, of_ratio=False)
    yield Row(id="P9", measure=f"forecast of {DAYS} days, {people:,} people", unit="s", ours=found["forecast"], bar=bar)
    yield Row(id="P9", measure=f"changed ladder, {people:,} people", unit="s", ours=found["ladder"], bar=bar)
    measure = f"slowest list of {people:,} people meanwhile"
    yield Row(id="P9", measure=measure, unit="s", ours=[slowest], bar=Bar(limit=1, of_ratio=False))
