"""What every test may rely on: a scrubbed environment, no network but this machine, an empty database of each kind."""

from __future__ import annotations

import gc
import os
import shutil
import socket
from typing import TYPE_CHECKING, Any

import holidays
import psycopg  # noqa: F401 - imported before any test freezes the clock: it fails to afterwards
import pydantic  # noqa: F401 - as psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from reminder.store import migrate
from reminder.store.engine import Store
from tests.faults.cheaply import compiled_once
from tests.postgres import Cluster, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

settings.register_profile(
    "suite",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
settings.load_profile("suite")

assert holidays.country_holidays("US", years=2026)  # loaded once, before any clock is frozen

LOCAL = {"localhost", "127.0.0.1", "::1"}


class ForbiddenConnectionError(AssertionError):
    """A test tried to reach another machine."""


LONGEST = (
    "test_killing",
    "test_disk",
    "test_torture",
    "test_reconcile",
    "test_model",
    "test_years",
    "test_loop",
    "test_foretold",
    "test_against_the_oracle",
    "test_postgres_chaos",
    "test_migrations",
    "test_types",
)
"""The modules that begin first: a test of a minute that begins last keeps one worker busy and the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with some of the longest modules: xdist deals out shares that are as large as they lie."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    others = [item for item in items if item.path.stem not in LONGEST]
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        size = (len(items) - len(dealt)) // (workers - worker)
        mine = [item for name in LONGEST[worker::workers] for item in items if item.path.stem == name]
        rest = max(0, size - len(mine))
        dealt += mine + others[:rest]
        del others[:rest]
    items[:] = dealt


def pytest_collection_finish() -> None:
    """Set aside what was collected: it lives to the end, and going through it for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_network_but_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_locally(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOCAL:
            raise ForbiddenConnectionError(address)
        connect(self, address)

    def look_up_locally(host: Any, *arguments: Any, **named: Any) -> Any:
        if host is not None and host not in LOCAL:
            raise ForbiddenConnectionError(host)
        return look_up(host, *arguments, **named)

    monkeypatch.setattr(socket.socket, "connect", connect_locally)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_locally)


@pytest.fixture(autouse=True, scope="session")
def statements_compiled_once() -> Iterator[None]:
    """Thousands of small SQLite databases share the statements that were compiled, as one long-lived program would."""
    with compiled_once():
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("REMINDER_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


KINDS = ["sqlite", "postgresql"]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database: each test that takes it runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'reminder.db'}"
        return
    server: Cluster = request.getfixturevalue("postgres")
    with server.borrowed_url() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with tables, made once for all who begin with a copy of it."""
    path = tmp_path_factory.mktemp("tables") / "reminder.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres: Cluster) -> str:
    """The name of a PostgreSQL database with tables, made once for all who begin with a copy of it."""
    url = postgres.fresh_url()
    make_tables(url)
    return str(make_url(url).database)


def make_tables(url: str) -> None:
    made = Store(url)
    migrate.upgrade(made)
    made.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database with tables, of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
        return
    server: Cluster = request.getfixturevalue("postgres")
    with server.borrowed_url(like=request.getfixturevalue("postgres_tables")) as url:
        opened = Store(url)
        yield opened
        opened.close()


@pytest.fixture
def sqlite_store(sqlite_tables: Path, tmp_path: Path) -> Iterator[Store]:
    """A database with tables, on SQLite alone: for tests whose subject is not the database."""
    opened = Store(f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'reminder.db')}")
    yield opened
    opened.close()
