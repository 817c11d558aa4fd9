"""The mark beside the database, on both kinds of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.releasing import hold_queue
from reminder.store import epoch, people, system
from tests.world import World, chicago

if TYPE_CHECKING:
    from pathlib import Path

    from reminder.store.engine import Store

NOW = chicago("2026-12-01", "09:00")


@pytest.fixture
def world(store: Store) -> World:
    made = World(store, NOW)
    made.practice()
    made.person("Alma Reyes", date(2026, 10, 9))
    made.tick()
    return made


def put_back_to(store: Store, passes: int) -> None:
    with store.write() as connection:
        system.put(connection, epoch.PASSES, str(passes))


def is_held(store: Store) -> bool:
    with store.read() as connection:
        return system.hold(connection) is not None


def test_machines_that_take_turns_never_hold_each_other(world: World, tmp_path: Path) -> None:
    turns = [0, 1, 1, 0, 2, 2, 2, 0, 1, 2]
    seen = [epoch.begin_pass(world.store, tmp_path / f"machine {turn}", NOW) for turn in turns]

    assert all(seen)
    assert not is_held(world.store)


def test_whichever_machine_comes_first_holds_an_older_copy_and_the_others_agree(world: World, tmp_path: Path) -> None:
    for turn in (0, 1, 2) * 3:
        epoch.begin_pass(world.store, tmp_path / f"machine {turn}", NOW)
    put_back_to(world.store, 4)
    first = epoch.begin_pass(world.store, tmp_path / "machine 2", NOW)
    with world.store.write() as connection:
        system.clear_hold(connection)  # somebody has looked at the list
    others = [epoch.begin_pass(world.store, tmp_path / f"machine {turn}", NOW) for turn in (0, 1, 2)]

    assert (first, others) == (False, [True] * 3)
    assert not is_held(world.store)


def test_a_queue_that_is_held_already_keeps_its_reason(world: World, tmp_path: Path) -> None:
    epoch.begin_pass(world.store, tmp_path / "mark", NOW)
    put_back_to(world.store, 0)
    with world.store.write() as connection:
        system.set_hold(connection, system.Hold(reason="a backup was restored", cure="look", since_at=NOW))
    epoch.begin_pass(world.store, tmp_path / "mark", NOW)
    with world.store.read() as connection:
        held = system.hold(connection)

    assert held is not None
    assert held.reason == "a backup was restored"


def test_an_older_copy_that_was_held_by_hand_says_that_it_is_old(world: World, tmp_path: Path) -> None:
    epoch.begin_pass(world.store, tmp_path / "mark", NOW)
    put_back_to(world.store, 0)
    with world.store.write() as connection:
        hold_queue(connection, actor="test", now=NOW)
    for _ in range(3):
        epoch.begin_pass(world.store, tmp_path / "mark", NOW)
    with world.store.read() as connection:
        found = system.hold(connection)

    assert found is not None
    assert (found.reason, found.probe_at) == (epoch.REASON, None)


def test_an_older_copy_that_was_held_for_the_mail_server_waits_for_an_admin(world: World, tmp_path: Path) -> None:
    epoch.begin_pass(world.store, tmp_path / "mark", NOW)
    put_back_to(world.store, 0)
    with world.store.write() as connection:
        held = system.Hold(reason="the mail server refuses us", cure="mend it", since_at=NOW, probe_at=NOW)
        system.set_hold(connection, held)
    epoch.begin_pass(world.store, tmp_path / "mark", NOW)
    with world.store.read() as connection:
        found = system.hold(connection)

    assert found is not None
    assert (found.reason, found.probe_at) == (epoch.REASON, None)


def test_a_database_that_was_made_anew_beside_an_old_mark_is_not_held(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("5000")
    fresh = World(store, NOW)
    fresh.practice()

    assert epoch.begin_pass(store, tmp_path / "mark", NOW)
    assert not is_held(store)


@pytest.mark.parametrize("passes", [0, 1])
def test_an_older_copy_from_before_the_first_mail_is_held(store: Store, tmp_path: Path, passes: int) -> None:
    (tmp_path / "mark").write_text("2")
    early = World(store, NOW)
    early.practice()
    early.person("Alma Reyes", date(2026, 11, 30))
    put_back_to(store, passes)

    assert not epoch.begin_pass(store, tmp_path / "mark", NOW)
    assert is_held(store)


def test_an_ordinary_pass_counts_nobody(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of a million people has a pass each minute, before their first mail, too."""
    World(store, NOW).practice()

    def counted(_: object) -> int:
        raise AssertionError

    monkeypatch.setattr(people, "registered_count", counted)

    assert all(epoch.begin_pass(store, tmp_path / "mark", NOW) for _ in range(3))


def test_a_mark_that_cannot_be_written_stops_no_pass(world: World, tmp_path: Path) -> None:
    assert epoch.begin_pass(world.store, tmp_path / "no folder" / "mark", NOW)
