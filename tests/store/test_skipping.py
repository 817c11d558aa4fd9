from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.jobs.confirm import undo_by_admin
from reminder.jobs.skipping import Skip, skip_step, take_back_skip
from reminder.policy.model import State, Status
from reminder.store import people
from reminder.store.tables import event, reminder
from tests.world import World, chicago

TUESDAY = date(2026, 12, 1)
SEVEN_LEFT = TUESDAY - timedelta(days=53)


def the_skip(world: World, key: int, step: int, cycle_on: date | None = None) -> Skip:
    person = world.look(key)
    end = cycle_on or person.expires_on or date.min
    return Skip(person=person, cycle_on=end, step=step, by="Dana", actor="admin:1", practice_id=1)


def skip(world: World, key: int, step: int, cycle_on: date | None = None) -> None:
    with world.store.write() as connection:
        skip_step(connection, the_skip(world, key, step, cycle_on), world.now)


def take_back(world: World, key: int, step: int) -> None:
    with world.store.write() as connection:
        take_back_skip(connection, the_skip(world, key, step), world.now)


def days_of(world: World, person: str) -> list[str]:
    return [mail.at.date().isoformat() for mail in world.mails if mail.to.startswith(person)]


def set_state(world: World, key: int, step: int, state: State) -> None:
    with world.store.write() as connection:
        mine = (reminder.c.person_id == key) & (reminder.c.step == step)
        connection.execute(reminder.update().where(mine).values(state=state))


def test_a_skipped_step_sends_nothing_and_the_others_go(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Ben Okafor", SEVEN_LEFT)
    world.tick()
    skip(world, key, 3)
    world.live(chicago("2026-12-08", "09:00"), every=timedelta(hours=6))

    assert days_of(world, "ben") == ["2026-12-01", "2026-12-04", "2026-12-07", "2026-12-08"]
    assert days_of(world, "alma") == ["2026-12-01", "2026-12-07", "2026-12-08"]


@pytest.mark.parametrize("step", [0, -1])
def test_the_day_of_expiry_and_a_day_after_it_may_be_skipped(world: World, step: int) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    skip(world, key, step)
    world.live(chicago("2026-12-10", "09:00"), every=timedelta(hours=6))
    gone = {0: "2026-12-08", -1: "2026-12-09"}

    assert gone[step] not in days_of(world, "alma")
    assert gone[-1 - step] in days_of(world, "alma")


def test_a_mail_that_was_planned_is_called_off_with_the_name_of_who_skipped_it(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "19:00"))  # planned, and its window opens tomorrow
    skip(world, key, 7)
    called_off = world.reminders(person_id=key, step=7)[0]
    world.live(chicago("2026-12-03", "12:00"))

    assert (called_off.state, called_off.reason) == (State.CANCELLED, "skipped by Dana")
    assert world.reminders(person_id=key, step=7)[0].state is State.CANCELLED


def test_an_older_step_that_never_went_takes_the_place_of_a_skipped_one(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "19:00"))
    skip(world, key, 7)
    world.tick(chicago("2026-12-02"))

    assert world.states(key) == {14: State.SENT, 7: State.CANCELLED}


def test_a_skip_taken_back_lets_the_same_row_go(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "19:00"))
    row = world.reminders(person_id=key, step=7)[0]
    skip(world, key, 7)
    take_back(world, key, 7)
    world.tick(chicago("2026-12-02"))

    assert [(found.id, found.state) for found in world.reminders(person_id=key, step=7)] == [(row.id, State.SENT)]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SENDING, "is being sent right now"),
        (State.IN_DOUBT, "may have arrived"),
        (State.SENT, "has been sent"),
        (State.FAILED, "could not be sent"),
    ],
)
def test_a_mail_that_may_have_left_cannot_be_skipped(world: World, state: State, words: str) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "19:00"))
    set_state(world, key, 7, state)

    with pytest.raises(UsageError, match=words):
        skip(world, key, 7)
    with pytest.raises(UsageError, match="is not skipped"):
        take_back(world, key, 7)


@pytest.mark.parametrize("state", [State.PLANNED, State.CLAIMED, State.DEFERRED])
def test_a_mail_of_which_nothing_has_left_is_called_off(world: World, state: State) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "19:00"))
    set_state(world, key, 7, state)
    skip(world, key, 7)

    assert world.reminders(person_id=key, step=7)[0].state is State.CANCELLED


@pytest.mark.parametrize(
    ("step", "cycle_on"),
    [(5, None), (3, date(2027, 1, 30))],
    ids=["a step that the ladder does not hold", "a cycle that is over"],
)
def test_what_is_not_planned_cannot_be_skipped(world: World, step: int, cycle_on: date | None) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)

    with pytest.raises(UsageError, match="not planned any more"):
        skip(world, key, step, cycle_on)


def test_somebody_without_a_date_has_nothing_to_skip(world: World) -> None:
    key = world.person("Farah Haddad")

    with pytest.raises(UsageError, match="not planned any more"):
        skip(world, key, 3)


def test_a_reset_starts_a_cycle_without_skips_and_its_undo_brings_them_back(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    skip(world, key, 3)
    world.reset(key, TUESDAY)
    fresh = {mail.step for mail in world.forecast(60) if mail.person_id == key}
    with world.store.write() as connection:
        undo_by_admin(connection, world.look(key), actor="admin:1", now=world.now, practice_id=1)
    back = {mail.step for mail in world.forecast(60) if mail.person_id == key}

    assert 3 in fresh
    assert back & {7, 3, 1, 0} == {1, 0}


def test_the_undo_of_a_reset_keeps_why_a_mail_was_called_off(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick(chicago("2026-12-01", "19:00"))
    skip(world, key, 7)
    world.reset(key, TUESDAY)
    with world.store.write() as connection:
        undo_by_admin(connection, world.look(key), actor="admin:1", now=world.now, practice_id=1)
    world.tick(chicago("2026-12-02"))
    row = world.reminders(person_id=key, step=7)[0]

    assert (row.state, row.reason) == (State.CANCELLED, "skipped by Dana")


def test_a_skip_changes_no_status(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    with world.store.read() as connection:
        before = standing.of_person(connection, key, [1], world.now)
    for step in (14, 7, 3, 1):
        skip(world, key, step)
    with world.store.read() as connection:
        after = standing.of_person(connection, key, [1], world.now)

    assert before is not None
    assert after is not None
    assert (before.status, after.status) == (Status.DUE, Status.DUE)


def test_a_skip_in_one_practice_leaves_the_others_alone(world: World) -> None:
    other = world.practice("Desert Bloom", owner="ann@desert.example")
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Wes Young", SEVEN_LEFT, practice=other)
    skip(world, key, 7)
    world.tick()

    assert days_of(world, "wes") == ["2026-12-01"]


def test_both_ways_are_in_the_history(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    skip(world, key, 3)
    skip(world, key, 3)
    take_back(world, key, 3)
    with world.store.read() as connection:
        rows = connection.execute(select(event).where(event.c.action.like("step.%")).order_by(event.c.id)).all()

    assert [(row.action, row.actor, row.person_id, row.detail) for row in rows] == [
        (action, "admin:1", key, {"cycle_on": "2026-12-08", "step": 3}) for action in ("step.skipped", "step.unskipped")
    ]


def test_a_skip_has_the_clock_looked_at_again(world: World) -> None:
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    world.now += timedelta(hours=1)
    skip(world, key, 3)
    with world.store.write() as connection:
        assert [person.id for person in people.due(connection, world.now, 10)] == [key]
