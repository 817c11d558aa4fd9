"""The store's suite runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.world import World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store


@pytest.fixture
def world(store: Store) -> World:
    """Tuesday, December 1, 2026, 8 AM in Chicago; one live practice; on both databases."""
    made = World(store, chicago("2026-12-01"))
    made.practice()
    return made
