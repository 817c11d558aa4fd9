"""The jobs are tested on SQLite; the store's own suite runs on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.world import World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store


@pytest.fixture
def world(sqlite_store: Store) -> World:
    """Tuesday, December 1, 2026, 7 AM in Chicago; one live practice."""
    made = World(sqlite_store, chicago("2026-12-01", "07:00"))
    made.practice()
    return made
