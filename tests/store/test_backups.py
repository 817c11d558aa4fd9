from __future__ import annotations

import os
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.errors import UsageError
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.store import backups, migrate, reconcile, restoring, system
from reminder.store.engine import Store
from reminder.store.tables import metadata, practice
from reminder.store.tables import system as system_facts
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Callable
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
    restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)

    assert content(world.store) == before


def test_what_comes_back_agrees_with_itself(world: World, tmp_path: Path) -> None:
    filled(world)
    world.person("Waits", date(2026, 10, 16))
    plan_people(world.store, world.now, Tally())
    backups.back_up(world.store, tmp_path / "backup.db")
    restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)
    with world.store.read() as connection:
        assert reconcile.differences(connection) == []


def test_a_backup_moves_to_an_empty_database(world: World, tmp_path: Path) -> None:
    before = content(filled(world).store)
    backups.back_up(world.store, tmp_path / "backup.db")
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    migrate.upgrade(other)
    restoring.restore(other, tmp_path / "backup.db", tmp_path / "kept", world.now, force=False)

    assert content(other) == before
    other.close()


def test_new_rows_follow_the_restored_ones(world: World, tmp_path: Path) -> None:
    filled(world)
    backups.back_up(world.store, tmp_path / "backup.db")
    restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)

    assert world.person("Came Later") == 6


def test_nothing_is_sent_after_a_restore_until_it_is_released(world: World, tmp_path: Path) -> None:
    filled(world)
    backups.back_up(world.store, tmp_path / "backup.db")
    restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)
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
        restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=False)


def test_a_backup_overwrites_nothing(world: World, tmp_path: Path) -> None:
    (tmp_path / "backup.db").write_text("precious")

    with pytest.raises(UsageError, match="exists already"):
        backups.back_up(world.store, tmp_path / "backup.db")
    assert (tmp_path / "backup.db").read_text() == "precious"


def test_a_backup_where_the_program_may_not_look_is_refused_in_words(world: World, tmp_path: Path) -> None:
    unseen = "x" * 256  # not even root is told whether it is there: the name is too long
    with pytest.raises(UsageError, match=r"backup\.db cannot be written"):
        backups.back_up(world.store, tmp_path / unseen / "backup.db")


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.read() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in (system_facts, practice)}


def test_what_a_restore_overwrites_is_kept_first(world: World, tmp_path: Path) -> None:
    backups.back_up(filled(world).store, tmp_path / "backup.db")
    world.person("Came Later")
    before = content(world.store)
    done = restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)
    assert done.kept is not None
    restoring.restore(world.store, done.kept, tmp_path / "kept", world.now, force=True)

    assert done.kept.parent == tmp_path / "kept"
    assert content(world.store) == before


def test_nothing_is_overwritten_that_cannot_be_kept(world: World, tmp_path: Path) -> None:
    backups.back_up(filled(world).store, tmp_path / "backup.db")
    (tmp_path / "file").write_text("")
    before = everything(world.store)

    with pytest.raises(UsageError, match=r"cannot be kept first|cannot be made"):
        restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "file", world.now, force=True)
    assert everything(world.store) == before


def test_a_restore_is_refused_while_another_program_has_the_database_open(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups.back_up(filled(world).store, tmp_path / "backup.db")
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 7)
        served = Store(world.store.url.render_as_string(hide_password=False))
    with served.read() as connection:
        connection.execute(select(practice.c.id)).all()
    before = everything(world.store)
    with pytest.raises(UsageError, match="stop `reminder serve`"):
        restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)
    assert everything(world.store) == before
    served.close()


def test_a_backup_is_restored_from_where_nothing_can_be_written(world: World, tmp_path: Path) -> None:
    place = tmp_path / "read only"
    place.mkdir()
    backups.back_up(filled(world).store, place / "backup.db")
    (place / f".backup.db.{os.getpid()}.restoring").mkdir()  # no copy can be made there, by root neither
    restoring.restore(world.store, place / "backup.db", tmp_path / "kept", world.now, force=True)

    assert [path.name for path in tmp_path.rglob("*.restoring*")] == [f".backup.db.{os.getpid()}.restoring"]


def test_a_restored_database_does_not_claim_the_backups_of_another(world: World, tmp_path: Path) -> None:
    backups.back_up_now(filled(world).store, tmp_path, world.now)
    backups.back_up(world.store, tmp_path / "backup.db")
    restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)
    with world.store.read() as connection:
        assert system.get(connection, backups.LAST_BACKUP) is None


def cut_off(data: bytes) -> bytes:
    return data[: len(data) // 2]


def with_a_page_of_nothing(data: bytes) -> bytes:
    return data[:8192] + bytes(4096) + data[12288:]


def with_a_name_that_is_no_text(data: bytes) -> bytes:
    return data.replace(b"Person 3", b"Person \xff")


@pytest.mark.parametrize("harm", [cut_off, with_a_page_of_nothing, with_a_name_that_is_no_text])
def test_a_damaged_backup_is_named_and_touches_nothing(
    sqlite_store: Store, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    world = World(sqlite_store, chicago("2026-12-01"))
    world.practice()
    world.person("Person 3", date(2026, 10, 9))
    backups.back_up(world.store, tmp_path / "backup.db")
    (tmp_path / "backup.db").write_bytes(harm((tmp_path / "backup.db").read_bytes()))
    before = content(world.store)
    with pytest.raises(UsageError, match=r"restore: \S+backup\.db .*damaged.*take another backup") as told:
        restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)

    assert not any(words in str(told.value) for words in ("REMINDER_DATABASE_URL", ".restoring"))
    assert content(world.store) == before
    assert not list(tmp_path.rglob("*.restoring*"))


def test_a_file_that_cannot_be_restored_makes_no_database(tmp_path: Path) -> None:
    (tmp_path / "backup.db").write_bytes(b"no backup at all, but long enough to look like a file of some kind")
    (tmp_path / "new").mkdir()
    with closing(Store(f"sqlite:///{tmp_path / 'new' / 'reminder.db'}")) as fresh, pytest.raises(UsageError):
        restoring.restore(fresh, tmp_path / "backup.db", tmp_path / "kept", chicago("2026-12-01"), force=False)

    assert list((tmp_path / "new").iterdir()) == []


def test_a_backup_can_be_read_by_its_owner_alone(world: World, tmp_path: Path) -> None:
    backups.back_up(world.store, tmp_path / "backup.db")

    assert (tmp_path / "backup.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("data", [b"", b"hello", b"SQLite format 3\x00 and then nonsense"])
def test_a_file_that_is_no_backup_is_refused(world: World, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "backup.db").write_bytes(data)

    with pytest.raises(UsageError, match="no backup"):
        restoring.restore(world.store, tmp_path / "backup.db", tmp_path / "kept", world.now, force=True)


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
