from __future__ import annotations

import pytest
from sqlalchemy import inspect, text

from reminder.errors import UsageError
from reminder.store import migrate, rules, schema
from reminder.store.engine import Store


def test_the_migrated_tables_are_what_the_program_expects(store: Store) -> None:
    with store.read() as connection:
        assert migrate.differences(connection) == []


def test_down_leaves_nothing_and_up_again_brings_it_back(store: Store) -> None:
    migrate.downgrade(store, "base")
    with store.read() as connection:
        left = set(inspect(connection).get_table_names()) - {"alembic_version"}
    migrate.upgrade(store)

    assert left == set()
    schema.require_newest(store)


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    migrate.upgrade(store)

    with store.read() as connection:
        assert rules.load(connection).versions[0].days == 60


def test_the_newest_schema_is_the_one_the_program_asks_for() -> None:
    assert migrate.newest() == schema.NEWEST


def test_a_database_without_tables_is_refused(database_url: str) -> None:
    empty = Store(database_url)

    with pytest.raises(UsageError, match="has no tables yet"):
        schema.require_newest(empty)
    empty.close()


def test_a_newer_schema_than_ours_is_refused(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))

    with pytest.raises(UsageError, match="newer"):
        migrate.upgrade(store)
    with pytest.raises(UsageError, match="9999"):
        schema.require_newest(store)


def test_foreign_keys_are_on_again_after_a_migration(sqlite_store: Store) -> None:
    migrate.upgrade(sqlite_store)

    with sqlite_store.engine.connect() as connection:
        assert connection.scalar(text("pragma foreign_keys")) == 1
