from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.store import events, journal
from reminder.store.journal import Wanted

if TYPE_CHECKING:
    from tests.world import World


def record(world: World, action: str, *, practice: int | None = None, person: int | None = None) -> int:
    with world.store.write() as connection:
        return events.record(connection, action, actor="admin:1", now=world.now, practice_id=practice, person_id=person)


def numbers(world: World, **wanted: object) -> list[int]:
    with world.store.read() as connection:
        every = {"practice_ids": [1], **wanted}
        return [found.id for found in journal.read(connection, Wanted(**every), limit=100)]  # type: ignore[arg-type]


@pytest.mark.parametrize("few", [2000, 0])
def test_the_log_is_read_the_same_by_person_and_from_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(journal, "FEW", few)
    other = world.practice("Desert Bloom", owner="ann@desert.example")
    mine = world.person("Alma Reyes", date(2026, 10, 9))
    theirs = world.person("Wes Young", date(2026, 10, 9), practice=other)
    before = numbers(world)
    about = record(world, "account.not_needed", person=mine)
    record(world, "account.not_needed", person=theirs)
    ours = record(world, "practice.closed", practice=1)
    record(world, "practice.closed", practice=other)
    record(world, "queue.released")

    assert numbers(world) == [ours, about, *before]
    assert numbers(world, person_ids=[mine, theirs])[0] == about
    assert numbers(world, person_ids=[]) == []
    assert numbers(world, practice_ids=[]) == []


def test_what_concerns_the_installation_is_read_by_who_may(world: World) -> None:
    before = numbers(world)
    released = record(world, "queue.released")

    assert numbers(world) == before
    assert numbers(world, installation=["queue.released"])[0] == released
    assert numbers(world, colleagues=["admin:1"])[0] == released


def test_what_was_taken_back_is_known(world: World) -> None:
    done = record(world, "bulk.paused", practice=1)
    with world.store.write() as connection:
        events.record(connection, "bulk.undone", actor="admin:1", now=world.now, practice_id=1, event=done)
    with world.store.read() as connection:
        assert journal.undone(connection, "bulk.undone", world.now) == {done}
