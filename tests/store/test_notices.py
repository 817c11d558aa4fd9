from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import confirm
from reminder.jobs.estimate import estimated_by_day
from reminder.store import coming, notices, practices
from tests.world import chicago

if TYPE_CHECKING:
    from tests.world import World

SEVEN_LEFT = date(2026, 10, 9)


def say_not_needed(world: World, who: str) -> None:
    mail = next(mail for mail in world.mails if mail.to.startswith(who))
    token = world.services.links.read(mail.link.removeprefix("/r/"))
    with world.store.write() as connection:
        seen = confirm.visit(connection, token, world.now)
        assert seen is not None
        confirm.not_needed(connection, seen, world.now)


def unsettled(world: World, practice: int = 1) -> list[tuple[str, str]]:
    with world.store.read() as connection:
        return [(found.name, found.matter) for found in notices.unsettled(connection, [practice], world.now)]


@pytest.mark.parametrize(("days", "is_open"), [(30, True), (31, False)])
def test_what_somebody_said_stays_open_for_a_month(world: World, days: int, is_open: bool) -> None:
    other = world.practice("Desert Bloom", owner="ann@desert.example")
    world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Ben Okafor", SEVEN_LEFT)
    world.tick()
    say_not_needed(world, "alma")
    world.now += timedelta(days=days)

    assert unsettled(world) == ([("Alma Reyes", "not_needed")] if is_open else [])
    assert unsettled(world, other) == []


def test_a_reset_recorded_later_settles_it(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    say_not_needed(world, "alma")
    world.now += timedelta(hours=1)
    world.reset(key, date(2026, 11, 30))

    assert unsettled(world) == []


def test_mails_are_counted_by_expiry_dates_alone(world: World) -> None:
    world.now = chicago("2026-12-01", "12:00")
    for number in range(3):
        world.person(f"Person {number}", SEVEN_LEFT)
    world.person("No Date")
    with world.store.read() as connection:
        here = practices.load(connection)
        counted = estimated_by_day(connection, here.values(), world.now, days=9)
        earliest = coming.earliest_expiry(connection, here)

    assert counted == {date(2026, 12, day): 3 for day in (4, 7, 8, 9)}
    assert earliest == date(2026, 12, 8)
