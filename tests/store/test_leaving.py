"""Who leaves a practice by mistake comes back as if nothing had been; absences are ended one by one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.jobs import staff
from reminder.policy.model import Absence, Role, State
from reminder.store import absences, events, memberships, practices
from tests.world import chicago

if TYPE_CHECKING:
    from tests.world import World

SEVEN_LEFT = date(2026, 10, 9)


def remove(world: World, key: int, practice: int = 1) -> None:
    with world.store.write() as connection:
        where = practices.load(connection)[practice]
        staff.remove(connection, world.look(key), where, actor="test", now=world.now)


def take_back(world: World, key: int, practice: int = 1) -> None:
    with world.store.write() as connection:
        where = practices.load(connection)[practice]
        staff.take_back(connection, world.look(key), where, actor="test", now=world.now)


def roles(world: World, key: int) -> dict[int, Role]:
    with world.store.read() as connection:
        return memberships.roles_of(connection, key)


def test_who_comes_back_has_the_same_role_and_their_cycle_goes_on(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT, role=Role.ACCESS_MANAGER)
    world.tick()
    before = world.look(key)
    remove(world, key)
    world.tick(chicago("2026-12-02"))
    take_back(world, key)
    world.tick(chicago("2026-12-07"))

    assert roles(world, key) == {1: Role.ACCESS_MANAGER}
    assert (world.look(key).expires_on, world.look(key).home_id) == (before.expires_on, 1)
    assert world.states(key)[7] is State.SENT
    assert world.states(key)[1] is State.SENT


def test_a_mail_that_was_called_off_is_planned_again(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "07:00"))
    remove(world, key)
    gone = world.states(key)
    take_back(world, key)
    world.tick(chicago("2026-12-01", "08:00"))

    assert State.SENT not in gone.values()
    assert world.kinds() == ["warning"]


def test_the_home_comes_back_with_them(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Alma Reyes", practice=other)
    remove(world, key)
    between = world.look(key).home_id
    take_back(world, key)

    assert (between, world.look(key).home_id) == (other, 1)


def test_a_guest_comes_back_as_a_guest(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Alma Reyes", practice=other)
    remove(world, key, other)
    take_back(world, key, other)

    assert world.look(key).home_id == 1
    assert set(roles(world, key)) == {1, other}


@pytest.mark.parametrize(("days", "late"), [(30, False), (31, True)])
def test_a_leaving_can_be_taken_back_for_thirty_days(world: World, days: int, *, late: bool) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    remove(world, key)
    world.now += timedelta(days=days)
    if late:
        with pytest.raises(UsageError, match="more than 30 days ago"):
            take_back(world, key)
    else:
        take_back(world, key)

    assert bool(roles(world, key)) is not late


def test_there_is_nothing_to_take_back_of_who_is_here(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)

    with pytest.raises(UsageError, match="has not left"):
        take_back(world, key)


def test_somebody_joins_one_more_practice_once(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)

    def join() -> None:
        with world.store.write() as connection:
            where = practices.load(connection)[other]
            role = Role.SURROGATE
            staff.join(connection, world.look(key), where, role, by="Ann", actor="test", now=world.now)

    join()
    assert roles(world, key) == {1: Role.STAFF_END_USER, other: Role.SURROGATE}
    assert world.look(key).home_id == 1
    with pytest.raises(UsageError, match="is registered in Desert Bloom already"):
        join()


def test_one_absence_is_ended_and_the_others_stand(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    stranger = world.person("Ben Okafor", SEVEN_LEFT)
    december = Absence(from_on=date(2026, 12, 1), to_on=date(2026, 12, 5))
    january = Absence(from_on=date(2027, 1, 4), to_on=date(2027, 1, 8))
    with world.store.write() as connection:
        for away in (december, january):
            staff.pause(connection, world.look(key), away, actor="test", now=world.now)
        first = absences.in_force(connection, key)[0]
        with pytest.raises(UsageError, match="ended already"):
            staff.end_absence(connection, world.look(stranger), first.id, actor="test", now=world.now)
        staff.end_absence(connection, world.look(key), first.id, actor="test", now=world.now)
        with pytest.raises(UsageError, match="ended already"):
            staff.end_absence(connection, world.look(key), first.id, actor="test", now=world.now)
        left = absences.in_force(connection, key)

    assert [noted.away for noted in left] == [january]


def test_what_was_done_to_somebody_is_told_to_the_practices_it_concerns(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Alma Reyes", practice=other)
    remove(world, key, other)
    with world.store.read() as connection:
        here, there = ([event.action for event in events.of_person(connection, key, [where])] for where in (1, other))

    assert here == ["reset.recorded", "person.registered"]
    assert there == ["person.removed", "person.registered", "reset.recorded"]
