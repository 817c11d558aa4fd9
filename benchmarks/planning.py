"""P4, P5: a pass that finds 1,000 due among many and plans them, against the bare sqlite3 query plus one executemany."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from reminder.jobs import practices
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.policy.model import Schedule
from reminder.store import imports, migrate, people
from reminder.store.engine import Store

NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)
DUE = 1_000
ROUNDS = 5
SIZES = (10_000, 100_000)


def populated(path: Path, size: int) -> Store:
    """A database with `size` people, of whom nobody is due."""
    store = Store(f"sqlite:///{path}")
    migrate.upgrade(store)
    with store.write() as connection:
        schedule = Schedule(zone="America/Chicago")
        practices.open_practice(
            connection, name="P", schedule=schedule, owner="a@b.example", actor="bench", now=NOW, live=True
        )
        rows = [
            {
                "name": f"Person {n}", "email": f"p{n}@b.example", "home_id": 1, "registered_at": NOW,
                "registered_by": "bench", "reset_on": date(2026, 10, 9), "expires_on": date(2026, 12, 8),
                "known_on": date(2026, 10, 9), "next_step_at": NOW + timedelta(days=3),
            }
            for n in range(size)
        ]  # fmt: skip
        ids = imports.add_people(connection, rows)
        imports.add_memberships(
            connection,
            [
                {
                    "person_id": key,
                    "practice_id": 1,
                    "role": "surrogate",
                    "registered_at": NOW,
                    "registered_by": "b",
                    "is_home": True,
                }
                for key in ids
            ],
        )
    return store


def plan_once(store: Store, first: int) -> float:
    with store.write() as connection:
        people.look_again_at(connection, dict.fromkeys(range(first, first + DUE), NOW))
    began = time.perf_counter()
    tally = Tally()
    plan_people(store, NOW, tally)
    assert tally.planned == DUE
    return time.perf_counter() - began


def nothing_due(store: Store) -> float:
    began = time.perf_counter()
    plan_people(store, NOW, Tally())
    return time.perf_counter() - began


def bare(path: Path, first: int) -> float:
    """The least that must happen: read 1,000 rows by an index, write 1,000 rows, commit."""
    connection = sqlite3.connect(path)
    connection.execute("pragma synchronous=full")
    connection.execute("create table if not exists bare (key text primary key, person integer, at text)")
    connection.execute(
        "update person set next_step_at = ? where id >= ? and id < ?", (str(NOW)[:26], first, first + DUE)
    )
    connection.commit()
    began = time.perf_counter()
    query = "select id, email, expires_on from person where next_step_at <= ? order by next_step_at limit ?"
    rows = connection.execute(query, (str(NOW)[:26] + "~", DUE)).fetchall()
    connection.executemany("insert into bare values (?, ?, ?)", [(f"{first}/{row[0]}", row[0], row[2]) for row in rows])
    connection.commit()
    taken = time.perf_counter() - began
    connection.execute("update person set next_step_at = '2026-12-04 14:00:00.000000'")
    connection.commit()
    connection.close()
    return taken


def main() -> None:
    for size in SIZES:
        with tempfile.TemporaryDirectory() as home:
            path = Path(home) / "r.db"
            store = populated(path, size)
            ours, yardstick, idle = [], [], []
            for turn in range(ROUNDS):
                yardstick.append(bare(path, 1 + turn * DUE))
                idle.append(nothing_due(store))
                ours.append(plan_once(store, 1 + turn * DUE))
            store.close()
        middle, base = statistics.median(ours), statistics.median(yardstick)
        print(
            f"P4 {DUE} due of {size}: {middle * 1000:.0f} ms, bare sqlite3: {base * 1000:.1f} ms, "
            f"ratio {middle / base:.0f}; nothing due: {statistics.median(idle) * 1000:.2f} ms"
        )
