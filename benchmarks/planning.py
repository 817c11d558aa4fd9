"""P4: a pass that finds 1,000 due of a million and plans them, against bare sqlite3 that reads and writes the same rows."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Row
from benchmarks.people import NEXT_STEP_AT, NOW, Crowd, make_due, populate
from benchmarks.tools import scratch
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.frame import Found, Size

DUE = 1_000
IDLE_PASSES = 20


def planned(store: Store, first: int, due: int = DUE) -> float:
    """Let people become due, plan them, and return the seconds that this took."""
    with store.write() as connection:
        make_due(connection, first, due)
    tally = Tally()
    began = time.perf_counter()
    plan_people(store, NOW, tally)
    taken = time.perf_counter() - began
    assert tally.planned == due, f"{tally.planned} of {due} were planned"
    return taken


def nothing_due(store: Store) -> float:
    """Return the seconds of a pass that finds nobody."""
    began = time.perf_counter()
    for _ in range(IDLE_PASSES):
        plan_people(store, NOW, Tally())
    return (time.perf_counter() - began) / IDLE_PASSES


class Bare:
    """The least that must happen: read the due people by the index, write the same rows with one executemany."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("pragma synchronous=full")

    def planned_again(self, first: int) -> float:
        """Take back what was planned for these people, plan it anew, and return the seconds that this took."""
        mine = (first, first + DUE - 1)
        rows = self.connection.execute("select * from reminder where person_id between ? and ?", mine).fetchall()
        self.connection.execute("delete from reminder where person_id between ? and ?", mine)
        self.connection.execute("update person set next_step_at = ? where id between ? and ?", (_text(NOW), *mine))
        began = time.perf_counter()
        self.connection.execute("begin immediate")
        due = self.connection.execute(
            "select * from person where next_step_at <= ? order by next_step_at limit ?", (_text(NOW), DUE)
        ).fetchall()
        self.connection.executemany(f"insert into reminder values ({', '.join('?' * len(rows[0]))})", rows)
        self.connection.execute("commit")
        taken = time.perf_counter() - began
        assert len(due) == len(rows) == DUE
        later = (_text(NEXT_STEP_AT), *mine)
        self.connection.execute("update person set next_step_at = ? where id between ? and ?", later)
        return taken

    def close(self) -> None:
        self.connection.close()


def _text(moment: object) -> str:
    return f"{str(moment)[:19]}.000000"


def run(size: Size) -> Iterator[Found]:
    people = size.of(10_000, 1_000_000)
    with scratch() as folder:
        path = folder / "people.db"
        store = Store(f"sqlite:///{path}")
        populate(store, Crowd(people=people, practices=people // 20))
        bare = Bare(path)
        ours, base, idle = [], [], []
        for turn in range(1 + size.of(1, 5)):
            first = 1 + turn * DUE
            idle.append(nothing_due(store))
            ours.append(planned(store, first))
            base.append(bare.planned_again(first))
        bare.close()
        store.close()
    ours, base, idle = (figures[1:] for figures in (ours, base, idle))  # the first pass fills caches
    yield Row(
        id="P4",
        measure=f"plan {DUE:,} due of {people:,}",
        unit="ms",
        ours=[value * 1000 for value in ours],
        yardstick="bare sqlite3, the same rows",
        base=[value * 1000 for value in base],
        bar=Bar(limit=2),
    )
    yield Row(
        id="P4",
        measure=f"find nobody due of {people:,}",
        unit="ms",
        ours=[value * 1000 for value in idle],
        bar=Bar(limit=1, of_ratio=False),
    )
