"""A page only reads: whether the database takes a write is tried by the alarms and the health check, and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.condition import LOOK_EVERY, Lookout
from reminder.errors import UnreachableError
from reminder.policy.troubles import Matter
from reminder.store import system
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.store.engine import Store


@pytest.fixture
def world(sqlite_store: Store) -> World:
    made = World(sqlite_store, chicago("2026-12-01"))
    made.practice()
    return made


def refuse_writes(world: World, patch: pytest.MonkeyPatch) -> None:
    def write() -> Iterator[None]:
        message = "database: it only reads"
        raise UnreachableError(message)

    patch.setattr(world.store, "write", write)


def has_written(world: World) -> bool:
    with world.store.read() as connection:
        return system.get_instant(connection, "health_checked_at") is not None


def test_a_look_for_a_page_writes_nothing(world: World) -> None:
    lookout = Lookout(world.services, world.settings)
    lookout.look()
    after_a_page = has_written(world)
    lookout.look(by_writing=True)

    assert (after_a_page, has_written(world)) == (False, True)


def test_a_page_says_what_a_write_has_shown_until_a_write_shows_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookout = Lookout(world.services, world.settings)
    with monkeypatch.context() as patch:
        refuse_writes(world, patch)
        lookout.look(by_writing=True)
    world.now += LOOK_EVERY + timedelta(seconds=1)
    page = [found.matter for found in lookout.look()]
    lookout.look(anew=True, by_writing=True)
    after = [found.matter for found in lookout.look()]

    assert (Matter.DATABASE in page, Matter.DATABASE in after) == (True, False)
