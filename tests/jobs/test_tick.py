from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

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


def test_a_pass_with_nothing_to_do_builds_no_statement_anew(world: World) -> None:
    """Building them takes several times as long as running them."""
    world.person("Alice Ng", date(2026, 11, 1))
    world.tick()
    passes: list[list[Any]] = []

    def note(_: Any, statement: Any, *others: Any) -> None:
        passes[-1].append(statement)

    event.listen(Engine, "before_execute", note)
    try:
        for _ in range(2):
            passes.append([])
            world.tick(world.now + timedelta(minutes=1))
    finally:
        event.remove(Engine, "before_execute", note)

    first, second = passes
    assert len(first) > 10
    assert [str(ours) for known, ours in zip(first, second, strict=True) if known is not ours] == []
