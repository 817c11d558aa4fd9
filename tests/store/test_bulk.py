"""What is done to many people at once is counted exactly, and taken back exactly."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.jobs import bulk, confirm, staff
from reminder.policy.model import Absence, Role, State
from reminder.store import absences, events, memberships, practices, reconcile, resets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.store.events import Event
    from tests.world import World

TODAY = date(2026, 12, 1)
SEVEN_LEFT = date(2026, 10, 9)
AWAY = Absence(from_on=TODAY, to_on=date(2026, 12, 4))


@pytest.fixture
def three(world: World) -> Iterator[list[int]]:
    """Three people of whom one reset today; afterwards the records still agree with each other."""
    yield [world.person("Alma Reyes", SEVEN_LEFT), world.person("Bo Chen"), world.person("Cy Diaz", TODAY)]
    with world.store.read() as connection:
        assert reconcile.differences(connection) == []


def act(world: World, what: str, ids: list[int], *values: object, practice: int = 1) -> Event:
    """Do something to many people and return its event."""
    with world.store.write() as connection:
        here = practices.load(connection)[practice]
        by = bulk.By(connection=connection, practice=here, actor="admin:1", now=world.now)
        return known(events.get(connection, getattr(bulk, what)(by, ids, *values)))


def take_back(world: World, event: Event) -> Event:
    with world.store.write() as connection:
        here = practices.load(connection)[event.practice_id or 1]
        by = bulk.By(connection=connection, practice=here, actor="admin:1", now=world.now)
        return known(events.get(connection, bulk.take_back(by, event)))


def known(event: Event | None) -> Event:
    assert event is not None
    return event


def counts(event: Event) -> tuple[int, int]:
    done = event.detail["done"]
    return (len(done) if isinstance(done, list) else done, event.detail["unchanged"])


def test_a_reset_is_recorded_for_whoever_had_another_date(world: World, three: list[int]) -> None:
    done = act(world, "record_resets", three, TODAY)
    recorded = [world.look(key).reset_on for key in three]
    back = take_back(world, done)

    assert recorded == [TODAY] * 3
    assert (done.action, done.practice_id, counts(done)) == ("bulk.reset", 1, (2, 1))
    assert (back.action, back.detail["event"], counts(back)) == ("bulk.undone", done.id, (2, 0))
    assert [world.look(key).reset_on for key in three] == [SEVEN_LEFT, None, TODAY]


def test_a_day_that_cannot_be_changes_nobody(world: World, three: list[int]) -> None:
    before = [world.look(key) for key in three]
    with pytest.raises(UsageError, match="in the future"):
        act(world, "record_resets", three, TODAY + timedelta(days=1))

    assert [world.look(key) for key in three] == before


def test_an_undo_passes_over_whoever_was_changed_since(world: World, three: list[int]) -> None:
    done = act(world, "record_resets", three, TODAY)
    world.now += timedelta(days=1)
    world.reset(three[0], date(2026, 12, 2))
    back = take_back(world, done)
    again = take_back(world, done)

    assert (counts(back), counts(again)) == ((1, 1), (0, 2))
    assert [world.look(key).reset_on for key in three] == [date(2026, 12, 2), None, TODAY]


def test_the_mails_of_the_earlier_cycle_go_on_after_an_undo(world: World, three: list[int]) -> None:
    done = act(world, "record_resets", [three[0]], TODAY)
    world.tick()
    take_back(world, done)
    world.tick()

    assert world.states(three[0]) == {14: State.SUPERSEDED, 7: State.SENT}


def test_an_absence_is_noted_once_each_and_ended_alone(world: World, three: list[int]) -> None:
    other = Absence(from_on=date(2026, 12, 20), to_on=date(2026, 12, 24))
    with world.store.write() as connection:
        staff.pause(connection, world.look(three[0]), AWAY, actor="test", now=world.now)
        staff.pause(connection, world.look(three[1]), other, actor="test", now=world.now)
    done = act(world, "pause", three, AWAY)
    with world.store.read() as connection:
        away = absences.of_people(connection, three)
    back = take_back(world, done)
    with world.store.read() as connection:
        after = absences.of_people(connection, three)

    assert away == {three[0]: (AWAY,), three[1]: (AWAY, other), three[2]: (AWAY,)}
    assert (counts(done), counts(back)) == ((2, 1), (2, 0))
    assert after == {three[0]: (AWAY,), three[1]: (other,)}


def test_an_absence_that_was_ended_since_is_passed_over(world: World, three: list[int]) -> None:
    done = act(world, "pause", three, Absence(from_on=TODAY))
    with world.store.write() as connection:
        staff.clear_pause(connection, world.look(three[0]), actor="test", now=world.now)

    assert counts(take_back(world, done)) == (2, 1)


def test_an_absence_that_ends_before_it_begins_is_refused_whole(world: World, three: list[int]) -> None:
    with pytest.raises(UsageError, match="swap the two"):
        act(world, "pause", three, Absence(from_on=TODAY, to_on=TODAY - timedelta(days=1)))


def test_the_removed_come_back_with_role_and_home(world: World, three: list[int]) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    with world.store.write() as connection:
        memberships.set_role(connection, three[0], 1, Role.AUTHORIZED_OFFICIAL)
        memberships.join_practice(connection, three[0], other, Role.SURROGATE, now=world.now, registered_by="Ann")
        before = [memberships.member(connection, key, 1) for key in three]
    done = act(world, "remove", three)
    homes = [world.look(key).home_id for key in three]
    world.now += timedelta(days=30)
    back = take_back(world, done)
    with world.store.read() as connection:
        after = [memberships.member(connection, key, 1) for key in three]

    assert homes == [other, None, None]
    assert (counts(done), counts(back)) == ((3, 0), (3, 0))
    assert [(one.role, one.left_at, one.person.home_id) for one in after if one] == [
        (one.role, None, 1) for one in before if one
    ]


def test_who_came_back_by_another_way_is_passed_over(world: World, three: list[int]) -> None:
    done = act(world, "remove", three)
    world.now += timedelta(hours=1)
    with world.store.write() as connection:
        here = practices.load(connection)[1]
        staff.take_back(connection, world.look(three[0]), here, actor="test", now=world.now)
        staff.take_back(connection, world.look(three[1]), here, actor="test", now=world.now)
        staff.remove(connection, world.look(three[1]), here, actor="test", now=world.now)

    assert counts(take_back(world, done)) == (1, 2)
    assert world.look(three[1]).home_id is None


@pytest.mark.parametrize(("days", "works"), [(30, True), (30.001, False)])
def test_thirty_days_are_the_limit(world: World, three: list[int], days: float, *, works: bool) -> None:
    done = act(world, "record_resets", three, TODAY)
    world.now += timedelta(days=days)

    assert bulk.may_take_back(done, world.now) is works
    if not works:
        with pytest.raises(UsageError, match="any more"):
            take_back(world, done)


def test_what_was_done_to_one_person_is_not_taken_back_this_way(world: World, three: list[int]) -> None:
    with world.store.write() as connection:
        confirm.undo_by_admin(connection, world.look(three[0]), actor="test", now=world.now, practice_id=1)
        single = events.of_person(connection, three[0], [1])[0]

    with pytest.raises(UsageError):
        take_back(world, single)


def test_each_act_stands_in_the_records_of_each_person(world: World, three: list[int]) -> None:
    act(world, "record_resets", three, TODAY)
    act(world, "pause", three, AWAY)
    with world.store.read() as connection:
        actions = [event.action for event in events.of_person(connection, three[1], [1])]
        history = resets.history(connection, three[1])

    assert actions[:2] == ["person.paused", "reset.recorded"]
    assert [(one.practice_id, one.recorded_by) for one, _ in history] == [(1, "admin:1")]
