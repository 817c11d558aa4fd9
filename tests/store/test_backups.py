from __future__ import annotations

import os
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.errors import UsageError
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.store import backups, migrate, reconcile, system
from reminder.store.engine import Store
from reminder.store.tables import metadata
from tests.world import World, chicago

if TYPE_CHECKING:
    from pathlib import Path


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if table.name != "system"
        }


def filled(world: World) -> World:
    for number in range(5):
        world.person(f"Person {number}", date(2026, 10, 9))
    world.tick()
    return world


def test_what_was_backed_up_comes_back(world: World, tmp_path: Path) -> None:
    before = content(filled(world).store)
    backups.back_up(world.store, tmp_path / "backup.db")
    world.person("Came Later")
    backups.restore(world.store, tmp_path / "backup.db", world.now, force=True)

    assert content(world.store) == before


def test_what_comes_back_agrees_with_itself(world: World, tmp_path: Path) -> None:
    filled(world)
    world.person("Waits", date(2026, 10, 16))
    plan_people(world.store, world.now, Tally())
    backups.back_up(world.store, tmp_path / "backup.db")
    backups.restore(world.store, tmp_path / "backup.db", world.now, force=True)
    with world.store.read() as connection:
        assert reconcile.differences(connection) == []


def test_a_backup_moves_to_an_empty_database(world: World, tmp_path: Path) -> None:
    before = content(filled(world).store)
    backups.back_up(world.store, tmp_path / "backup.db")
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    migrate.upgrade(other)
    backups.restore(other, tmp_path / "backup.db", world.now, force=False)

    assert content(other) == before
    other.close()


def test_new_rows_follow_the_restored_ones(world: World, tmp_path: Path) -> None:
    filled(world)
    backups.back_up(world.store, tmp_path / "backup.db")
    backups.restore(world.store, tmp_path / "backup.db", world.now, force=True)

    assert world.person("Came Later") == 6


def test_nothing_is_sent_after_a_restore_until_it_is_released(world: World, tmp_path: Path) -> None:
    filled(world)
    backups.back_up(world.store, tmp_path / "backup.db")
    backups.restore(world.store, tmp_path / "backup.db", world.now, force=True)
    sent_before = len(world.mails)
    world.tick(chicago("2026-12-04"))
    held = len(world.mails)
    with world.store.write() as connection:
        system.clear_hold(connection)
    world.tick(chicago("2026-12-04", "08:01"))

    assert held == sent_before
    assert len(world.mails) > held


def test_a_database_with_people_is_not_overwritten_unasked(world: World, tmp_path: Path) -> None:
    filled(world)
    backups.back_up(world.store, tmp_path / "backup.db")

    with pytest.raises(UsageError, match="--force"):
        backups.restore(world.store, tmp_path / "backup.db", world.now, force=False)


def test_a_backup_overwrites_nothing(world: World, tmp_path: Path) -> None:
    (tmp_path / "backup.db").write_text("precious")

    with pytest.raises(UsageError, match="exists already"):
        backups.back_up(world.store, tmp_path / "backup.db")
    assert (tmp_path / "backup.db").read_text() == "precious"


@pytest.mark.parametrize("data", [b"", b"hello", b"SQLite format 3\x00 and then nonsense"])
def test_a_file_that_is_no_backup_is_refused(world: World, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "backup.db").write_bytes(data)

    with pytest.raises(UsageError, match="no backup"):
        backups.restore(world.store, tmp_path / "backup.db", world.now, force=True)


def test_nothing_but_the_backup_is_left_behind(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    backups.back_up(world.store, folder / "backup.db")

    assert [path.name for path in folder.iterdir()] == ["backup.db"]


@pytest.mark.parametrize(
    ("age", "left"), [(timedelta(hours=25), []), (timedelta(hours=1), [".reminder-1.db.7.partial"])]
)
def test_what_a_killed_backup_left_is_removed_by_a_later_one(
    world: World, tmp_path: Path, age: timedelta, left: list[str]
) -> None:
    partial = tmp_path / ".reminder-1.db.7.partial"
    partial.write_bytes(b"half")
    os.utime(partial, ((world.now - age).timestamp(),) * 2)
    backups.back_up_now(world.store, tmp_path, world.now)

    assert [path.name for path in tmp_path.glob(".*.partial")] == left
