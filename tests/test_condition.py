"""A page only reads: whether the database takes a write is tried by the alarms and the health check, and kept. Where this
machine shows nothing, that is told, and hinders no look.
"""

from __future__ import annotations

import errno
import os
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.condition import LOOK_EVERY, Lookout, free_bytes
from reminder.errors import UnreachableError
from reminder.policy.troubles import Matter
from reminder.store import system
from reminder.store.engine import Store
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


UNSEEN = f"{'x' * 256}/folder"
"""The system tells nobody whether this is there, not even root: the name is too long."""


def test_a_folder_of_backups_that_cannot_be_reached_is_trouble(world: World, tmp_path: Path) -> None:
    folder = tmp_path / UNSEEN
    lookout = Lookout(world.services, replace(world.settings, backup_dir=str(folder)))
    found = {trouble.matter: trouble.detail for trouble in lookout.look()}

    why = os.strerror(errno.ENAMETOOLONG)
    assert found[Matter.BACKUP] == f"No backup can be written: {folder} cannot be reached ({why})."


@pytest.mark.parametrize("url", ["sqlite:///{folder}/reminder.db", "postgresql://me@127.0.0.1:1/reminder"])
def test_the_room_on_a_disk_that_cannot_be_reached_is_not_known(world: World, tmp_path: Path, url: str) -> None:
    folder = tmp_path / UNSEEN
    settings = replace(world.settings, backup_dir=str(folder))
    with closing(Store(url.format(folder=folder))) as store:
        assert free_bytes(store, settings) is None
    assert free_bytes(world.store, settings)
