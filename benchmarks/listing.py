"""P8: the people table with 100,000 people: first page, filter, search; against the same pages with 100."""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert, update
from starlette.testclient import TestClient

from reminder.jobs import practices
from reminder.jobs.services import Installation, Services
from reminder.mail.links import Links
from reminder.mail.memory import MemoryTransport
from reminder.mail.wording import Wording
from reminder.policy.model import Role, Schedule
from reminder.secrets_box import SecretBox
from reminder.store import imports, migrate
from reminder.store.engine import Store
from reminder.store.tables import absence, person
from reminder.web.app import create_app

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
TODAY = date(2026, 12, 1)
FEW, MANY = 100, 100_000
ROUNDS = 100
FIRST = [
    "Alma",
    "Ben",
    "Chloe",
    "Dmitri",
    "Erin",
    "Farah",
    "Grace",
    "Hiro",
    "Ines",
    "Jonas",
    "Karin",
    "Liam",
    "Mei",
    "Nadia",
    "Oscar",
    "Pia",
    "Ravi",
    "Sofia",
    "Tom",
    "Uma",
]
LAST = [
    "Reyes",
    "Okafor",
    "Dubois",
    "Volkov",
    "Haddad",
    "Nguyen",
    "Tanaka",
    "Costa",
    "Weber",
    "Murphy",
    "Lin",
    "Rahman",
    "Quinn",
    "Rossi",
    "Shah",
    "Ortega",
]
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
    links = Links("http://localhost", ["bench"])
    box = SecretBox(["a key for benchmarks"])
    installation = Installation(transport=MemoryTransport(), links=links, box=box, sender_address="r@b.example")
    services = Services(store=store, wording=Wording.load(), clock=lambda: NOW, installation=installation)
    return TestClient(create_app(services, signed_in_as=1), base_url="http://localhost")


def seconds(client: TestClient, path: str) -> float:
    began = time.perf_counter()
    assert client.get(path).status_code == 200
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        few, many = (populated(Path(home) / f"{size}.db", size) for size in (FEW, MANY))
        small, large = browser(few), browser(many)
        for name, path in PAGES.items():
            taken: dict[TestClient, list[float]] = {small: [], large: []}
            for _ in range(ROUNDS):
                for client, found in taken.items():
                    found.append(seconds(client, path))
            middle, base = (statistics.median(taken[client]) * 1000 for client in (large, small))
            slow, slow_base = (statistics.quantiles(taken[client], n=100)[98] * 1000 for client in (large, small))
            print(
                f"P8 {name} of {MANY}: {middle:.0f} ms (p99 {slow:.0f}), of {FEW}: {base:.0f} ms (p99 {slow_base:.0f}), "
                f"ratio {middle / base:.1f} (p99 {slow / slow_base:.1f})"
            )
        weight = len(gzip.compress(large.get("/people").content)) / 1000
        print(f"P8 weight of the first page: {weight:.0f} KB gzipped, without what the browser keeps")
        few.close()
        many.close()
