"""P8: the people table with 100,000 people: first page, filter, search; against the same pages with 100."""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import insert, update
from starlette.testclient import TestClient

from benchmarks.frame import Bar, Row, alternate
from benchmarks.people import services
from reminder.jobs import practices
from reminder.policy.model import Role, Schedule
from reminder.store import imports, migrate
from reminder.store.engine import Store
from reminder.store.tables import absence, person
from reminder.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.frame import Found, Size

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
TODAY = date(2026, 12, 1)
FEW = 100
FIRST = ["Alma", "Ben", "Chloe", "Dmitri", "Erin", "Farah", "Grace", "Hiro", "Ines", "Jonas", "Karin", "Liam", "Mei"]
LAST = ["Reyes", "Okafor", "Dubois", "Volkov", "Haddad", "Nguyen", "Tanaka", "Costa", "Weber", "Murphy", "Rahman"]
PAGES = {
    "first page": "/people",
    "filter": "/people?status=due_soon",
    "role": "/people?role=authorized_official",
    "search, one fits": "/people?q=p77%40",
    "search, many fit": "/people?q=reyes",
    "page in the middle": "/people?page=900",
    "by name": "/people?sort=name",
}


def populated(path: Path, size: int) -> Store:
    """A live practice with people in every status; one in a hundred is away or cannot be reached."""
    store, random = Store(f"sqlite:///{path}"), Random(8)
    migrate.upgrade(store)
    rows = []
    for number in range(size):
        left = random.choices([None, random.randint(-10, 0), random.randint(1, 60)], [4, 2, 94])[0]
        expires_on = None if left is None else TODAY + timedelta(days=left)
        rows.append({
            "name": f"{random.choice(FIRST)} {random.choice(LAST)}", "email": f"p{number}@lakeside.example", "home_id": 1,
            "registered_at": NOW, "registered_by": "bench", "expires_on": expires_on, "next_step_at": NOW + timedelta(3),
            "reset_on": expires_on and expires_on - timedelta(days=60), "known_on": expires_on and TODAY,
        })  # fmt: skip
    with store.write() as connection:
        schedule = Schedule(zone="America/Chicago")
        practices.open_practice(
            connection, name="P", schedule=schedule, owner="a@b.example", actor="bench", now=NOW, live=True
        )
        ids = imports.add_people(connection, rows)
        common = {"practice_id": 1, "registered_at": NOW, "registered_by": "bench", "is_home": True}
        roles = random.choices(list(Role), [30, 1, 2, 60, 7], k=size)
        parts = zip(ids, rows, roles, strict=True)
        imports.add_memberships(
            connection,
            [{**common, "person_id": key, "role": role, "expires_on": row["expires_on"]} for key, row, role in parts],
        )
        for key in random.sample(ids, size // 200):
            last_on = TODAY + timedelta(days=random.randint(1, 20))
            away = {"from_on": TODAY, "to_on": last_on, "recorded_at": NOW, "recorded_by": "bench"}
            connection.execute(insert(absence).values(person_id=key, **away))
        refused = random.sample(ids, size // 200)
        connection.execute(update(person).where(person.c.id.in_(refused)).values(email_refused_at=NOW))
    return store


def browser(store: Store) -> TestClient:
    return TestClient(create_app(services(store, now=NOW), signed_in_as=1), base_url="http://localhost")


def seconds(client: TestClient, path: str) -> float:
    began = time.perf_counter()
    assert client.get(path).status_code == 200
    return time.perf_counter() - began


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98] * 1000


def run(size: Size) -> Iterator[Found]:
    with tempfile.TemporaryDirectory() as home:
        few, many = (populated(Path(home) / f"{count}.db", count) for count in (FEW, size.of(2_000, 100_000)))
        small, large = browser(few), browser(many)
        slowest = 0.0
        for name, path in PAGES.items():
            for client in (small, large):
                seconds(client, path)  # the first one compiles statements
            taken = alternate(
                range(size.of(5, 60)),
                many=partial(seconds, large, path),
                few=partial(seconds, small, path),
            )
            slowest = max(slowest, p99(taken["many"]))
            yield Row(
                id="P8", measure=f"{name}, p99", unit="ms", ours=[p99(taken["many"])],
                yardstick=f"of {FEW} people", base=[p99(taken["few"])], bar=Bar(limit=1.5),
                note=f"median {statistics.median(taken['many']) * 1000:.0f} ms",
            )  # fmt: skip
        weight = len(gzip.compress(large.get("/people").content)) / 1000
        few.close()
        many.close()
    yield Row(id="P8", measure="slowest page, p99", unit="ms", ours=[slowest], bar=Bar(limit=50, of_ratio=False))
    yield Row(
        id="P8",
        measure="weight of the first page, gzipped",
        unit="KB",
        ours=[weight],
        bar=Bar(limit=60, of_ratio=False),
    )
