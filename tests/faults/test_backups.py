"""Backups are whole whoever writes meanwhile; an old copy sends nothing until somebody has looked at the list."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from reminder.settings import Settings
from reminder.store import backups, epoch, migrate, restoring, schema, system
from reminder.store.engine import Store
from reminder.wiring import build
from tests.faults.backing_up import (
    AGES,
    BY_COMMAND,
    BY_FILE,
    NOW,
    Life,
    back_up_under_writes,
    confirm_after_a_day,
    live,
    opened,
    restored,
)
from tests.faults.migrating import lived_at

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from tests.postgres import Cluster

SEED = 20261201


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return live(tmp_path_factory.mktemp("life"), AGES, SEED)


def test_fifty_backups_under_writes_are_whole_up_to_their_start(tmp_path: Path) -> None:
    counts, faults = back_up_under_writes(f"sqlite:///{tmp_path / 'reminder.db'}", tmp_path, 50)

    assert faults == []
    assert counts["backups"] == 50


def test_a_copy_of_the_file_alone_is_seen_to_lack_what_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(store: Store, path: Path) -> None:
        shutil.copy(str(store.url.database), path)

    monkeypatch.setattr(backups, "_copy_file", copy)
    _, faults = back_up_under_writes(f"sqlite:///{tmp_path / 'reminder.db'}", tmp_path, 5)

    assert faults != []


def test_backups_of_postgresql_under_writes_are_whole_up_to_their_start(postgres: Cluster, tmp_path: Path) -> None:
    _, faults = back_up_under_writes(postgres.fresh_url(), tmp_path, 3)

    assert faults == []


@pytest.mark.parametrize("way", [BY_COMMAND, BY_FILE])
@pytest.mark.parametrize("age", AGES, ids=str)
def test_an_old_copy_sends_nothing_until_its_list_is_confirmed_then_each_once(
    life: Life, age: timedelta, way: str, tmp_path: Path
) -> None:
    world = restored(life, age, way, tmp_path)
    with closing(world.store):
        counts, faults = confirm_after_a_day(world)

    assert faults == []
    assert counts["sent"] > 0


def test_without_the_mark_a_file_that_was_copied_over_sends_at_once(life: Life, tmp_path: Path) -> None:
    world = restored(life, AGES[2], BY_FILE, tmp_path, is_marked=False)
    with closing(world.store):
        _, faults = confirm_after_a_day(world)

    assert "it was not held" in faults
    assert any("before anybody had confirmed" in fault for fault in faults)


def is_held(folder: Path) -> bool:
    world = opened(folder, NOW)
    with closing(world.store):
        world.tick()
        with world.store.read() as connection:
            return system.hold(connection) is not None


@pytest.mark.parametrize("mark", [None, "", "nonsense", "3"])
def test_a_mark_that_is_lost_damaged_or_behind_holds_nothing(life: Life, mark: str | None, tmp_path: Path) -> None:
    restored(life, AGES[0], BY_FILE, tmp_path).store.close()
    path = tmp_path / "reminder.db.passes"
    path.unlink()
    if mark is not None:
        path.write_text(mark)

    assert [is_held(tmp_path), is_held(tmp_path)] == [False, False]
    assert int(path.read_text()) > 3


def test_what_is_copied_over_in_the_middle_of_a_pass_is_seen_too(life: Life, tmp_path: Path) -> None:
    world = opened(life.folder, NOW)
    backups.back_up(world.store, tmp_path / "reminder.db")
    world.services.mark = tmp_path / "reminder.db.passes"
    world.services.mark.write_text(life.mark.read_text())
    with closing(world.store):
        epoch.begin_pass(world.store, world.services.mark, NOW)  # and killed, after who knows how many mails

    assert is_held(tmp_path)


def test_who_restores_by_command_and_releases_is_not_held_again(life: Life, tmp_path: Path) -> None:
    world = restored(life, AGES[1], BY_COMMAND, tmp_path)
    with closing(world.store), world.store.write() as connection:
        system.clear_hold(connection)

    assert not is_held(tmp_path)


def test_the_mark_lies_beside_the_file_and_for_postgresql_in_the_data_folder(tmp_path: Path) -> None:
    beside = build(Settings(database_url=f"sqlite:///{tmp_path / 'my.db'}", mail_url="folder:/x", secret_key="k"))
    far = build(Settings(database_url="postgresql://me:hunter2@db.example/r", mail_url="folder:/x", secret_key="k"))

    assert beside.mark == tmp_path / "my.db.passes"
    assert far.mark is not None
    assert far.mark.parent.name == "reminder"
    assert "example" not in far.mark.name


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_before_an_upgrade_the_database_is_kept_as_it_was(revision: str, tmp_path: Path) -> None:
    store = lived_at(f"sqlite:///{tmp_path / 'reminder.db'}", revision, rows=20, seed=SEED)
    kept = backups.upgrade_after_backup(store, tmp_path / "backups", NOW, None)
    again = backups.upgrade_after_backup(store, tmp_path / "backups", NOW, None)
    assert kept is not None
    assert again is None
    with closing(store), store.read() as connection:
        assert schema.present(connection) == schema.NEWEST
    with closing(Store(f"sqlite:///{kept}")) as old, old.read() as connection:
        assert schema.present(connection) == revision
    with closing(Store(f"sqlite:///{tmp_path / 'new.db'}")) as fresh:
        migrate.upgrade(fresh)
        assert restoring.restore(fresh, kept, tmp_path / "kept", NOW, force=False).rows > 20
