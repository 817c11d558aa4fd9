from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, text

from reminder.errors import UnreachableError, UsageError
from reminder.store import migrate, system
from reminder.store.engine import NOTICING, PATIENCE, Store
from reminder.store.tables import event

if TYPE_CHECKING:
    from tests.postgres import Cluster


def test_an_instant_comes_back_in_utc_whatever_zone_it_had(store: Store) -> None:
    wall = datetime(2026, 11, 1, 1, 30, tzinfo=timezone(timedelta(hours=-5)))
    with store.write() as connection:
        connection.execute(insert(event).values(happened_at=wall, actor="a", action="b", detail={}))
    with store.read() as connection:
        kept = connection.scalar(select(event.c.happened_at))

    assert kept == wall
    assert kept is not None
    assert kept.tzinfo is UTC


def test_a_naive_instant_is_refused(store: Store) -> None:
    with store.write() as connection, pytest.raises(Exception, match="naive"):
        connection.execute(
            insert(event).values(happened_at=datetime(2026, 11, 1), actor="a", action="b", detail={})  # noqa: DTZ001
        )


def test_an_error_rolls_everything_back(store: Store) -> None:
    def fail_halfway() -> None:
        with store.write() as connection:
            system.put(connection, "half", "done")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    with store.read() as connection:
        assert system.get(connection, "half") is None


def test_sqlite_keeps_its_promises(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        found = [connection.scalar(text(f"pragma {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert found == ["wal", 2, 1]


def test_a_new_sqlite_file_and_what_lies_beside_it_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'reminder.db'}")) as store:
        migrate.upgrade(store)
        with store.write() as connection:
            system.put(connection, "name", "value")
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}

    assert modes == dict.fromkeys(("reminder.db", "reminder.db-wal", "reminder.db-shm"), "0o600")


def test_an_sqlite_file_that_is_shared_with_a_group_stays_so(sqlite_store: Store) -> None:
    file = Path(sqlite_store.url.database or "")
    file.chmod(0o660)
    with closing(Store(f"sqlite:///{file}")) as again, again.write():
        pass

    assert file.stat().st_mode & 0o777 == 0o660


def test_two_writers_lose_no_update(store: Store) -> None:
    with store.write() as connection:
        system.put(connection, "count", "0")
    lock_rows = "select value from system where key = 'count'" + ("" if store.is_sqlite else " for update")

    def count_up() -> None:
        for _ in range(25):
            with store.write() as connection:
                value = int(connection.scalar(text(lock_rows)) or 0)
                system.put(connection, "count", str(value + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert system.get(connection, "count") == "100"


def test_a_database_without_tables_says_what_to_do(database_url: str) -> None:
    empty = Store(database_url)

    with pytest.raises(UnreachableError, match="run: reminder db upgrade"), empty.read() as connection:
        system.get(connection, "anything")
    empty.close()


def test_an_unreachable_server_is_named_without_its_password() -> None:
    store = Store("postgresql://user:topsecret@127.0.0.1:1/nothing")

    with pytest.raises(UnreachableError) as caught, store.read() as connection:
        connection.execute(text("select 1"))

    assert "127.0.0.1" in str(caught.value)
    assert "topsecret" not in str(caught.value)


def test_a_machine_that_sleeps_in_a_transaction_holds_the_others_up_for_a_minute_at_most(postgres: Cluster) -> None:
    store = Store(postgres.fresh_url())
    with store.read() as connection:
        patience = [connection.scalar(text(f"show {name}")) for name in PATIENCE]
    store.close()

    assert patience == ["10s", "1min"]


def test_a_server_that_vanishes_without_a_word_is_noticed(postgres: Cluster) -> None:
    store = Store(postgres.fresh_url())
    with store.read() as connection:
        raw: Any = connection.connection.driver_connection
        asked = raw.info.get_parameters()
    store.close()

    assert {name: asked[name] for name in NOTICING} == {name: str(value) for name, value in NOTICING.items()}


def test_a_server_that_was_demoted_is_left_at_the_first_write_it_refuses(postgres: Cluster) -> None:
    store = Store(postgres.fresh_url())
    migrate.upgrade(store)
    with store.write() as connection:
        connection.execute(text("set session characteristics as transaction read only"))
    with pytest.raises(UnreachableError, match="read-only"), store.write() as connection:
        system.put(connection, "word", "refused")
    with store.write() as connection:
        system.put(connection, "word", "taken")
    with store.read() as connection:
        kept = system.get(connection, "word")
    store.close()

    assert kept == "taken"


@pytest.mark.parametrize("url", ["nonsense", "mysql://user@host/name", ""])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="REMINDER_DATABASE_URL"):
        Store(url)


@pytest.mark.parametrize("url", ["postgres://h/n", "postgresql://h/n", "postgresql+psycopg://h/n"])
def test_every_spelling_of_postgresql_means_the_same_driver(url: str) -> None:
    assert Store(url).url.drivername == "postgresql+psycopg"
