from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.tick import recorded_ahead

if TYPE_CHECKING:
    from tests.world import World


@pytest.mark.parametrize(("seconds", "is_ahead"), [(0, False), (1, True)])
def test_a_clock_may_be_26_hours_behind_what_is_recorded(world: World, seconds: int, is_ahead: bool) -> None:
    world.tick()
    now = world.now - timedelta(hours=26, seconds=seconds)
    with world.store.read() as connection:
        found = recorded_ahead(connection, now)

    assert found == (world.now if is_ahead else None)
