from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.errors import UsageError
from reminder.jobs import practices
from reminder.jobs.confirm import undo_by_admin
from reminder.policy.model import Confidence, Role
from reminder.store import memberships, people, reconcile, resets

if TYPE_CHECKING:
    from tests.world import World

TODAY = date(2026, 12, 1)


def test_the_reset_that_was_recorded_last_counts_even_if_it_names_an_earlier_day(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 11, 20))
    world.reset(key, date(2026, 11, 10))

    assert world.look(key).expires_on == date(2027, 1, 9)


def test_the_same_date_again_makes_no_new_row(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 11, 20))

    assert world.reset(key, date(2026, 11, 20)) is None
    with world.store.read() as connection:
        assert len(resets.history(connection, key)) == 1


def test_an_undo_is_a_row_and_brings_the_earlier_reset_back(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 11, 10))
    world.now += timedelta(days=3)
    world.reset(key, date(2026, 11, 20))
    with world.store.write() as connection:
        undo_by_admin(connection, world.look(key), actor="test", now=world.now, practice_id=None)
    with world.store.read() as connection:
        history = [(reset.reset_on.day, undone) for reset, undone in resets.history(connection, key)]

    assert history == [(20, True), (10, False)]
    assert world.look(key).reset_on == date(2026, 11, 10)
    assert world.look(key).known_on == TODAY


def test_undoing_the_only_reset_makes_the_date_unknown(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 11, 10))
    with world.store.write() as connection:
        undo_by_admin(connection, world.look(key), actor="test", now=world.now, practice_id=None)

    assert world.look(key).expires_on is None


def test_only_the_recorder_and_the_home_may_undo(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Alma Reyes", date(2026, 11, 10))
    world.person("Alma Reyes", practice=other)

    with world.store.write() as connection, pytest.raises(UsageError, match="only its recorder or the person"):
        undo_by_admin(connection, world.look(key), actor="test", now=world.now, practice_id=other)


def test_somebody_is_found_by_address_user_id_or_number(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 11, 10))
    with world.store.write() as connection:
        people.change(connection, key, {"user_id": "AREYES01"})
        found = {people.find(connection, who).id for who in ("Alma.Reyes@lakeside.example", "areyes01", str(key))}

    assert found == {key}


def test_nobody_is_found_in_a_practice_they_are_not_in(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Alma Reyes", date(2026, 11, 10))

    with world.store.read() as connection, pytest.raises(UsageError, match="alma"):
        people.find(connection, "alma.reyes@lakeside.example", other)


def test_a_live_practice_becomes_the_home_before_one_in_trial(world: World) -> None:
    trial = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    live = world.practice("Live Clinic", owner="lou@live.example")
    key = world.person("Alma Reyes", practice=trial)
    in_trial = world.look(key).home_id
    world.person("Alma Reyes", practice=live)

    assert (in_trial, world.look(key).home_id) == (trial, live)


def test_going_live_counts_everyone_as_registered_then(world: World) -> None:
    trial = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    key = world.person("Alma Reyes", practice=trial)
    world.now += timedelta(days=5)
    with world.store.write() as connection:
        practices.go_live(connection, trial, actor="test", now=world.now)

    assert world.look(key).registered_at == world.now


def test_the_confidence_of_several_resets_is_read_at_once(world: World) -> None:
    keys = [world.person(f"Person {n}", date(2026, 11, n + 1), role=Role.SURROGATE) for n in range(3)]
    ids = [world.look(key).reset_id or 0 for key in keys]
    with world.store.read() as connection:
        assert resets.confidences(connection, ids) == dict.fromkeys(ids, Confidence.ENTERED)


def test_lists_are_read_from_copies_that_follow_the_person(world: World) -> None:
    second = world.practice("Desert Bloom", owner="ann@desert.example")
    alma = world.person("Alma Reyes", date(2026, 11, 1))
    world.person("Alma Reyes", practice=second)
    world.reset(alma, date(2026, 11, 30))
    with world.store.write() as connection:
        memberships.leave_practice(connection, alma, 1, world.now)

    with world.store.read() as connection:
        assert reconcile.differences(connection) == []
