"""What becomes of a mail whose sender died while it was on its way, if something happens before its lease ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import practices, sending_now, staff
from reminder.jobs.freeze import freeze
from reminder.jobs.plan import plan_people
from reminder.jobs.releasing import resend
from reminder.jobs.services import Tally
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import Role, State
from reminder.store import outbox, people, sending
from reminder.store import practices as stored
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Callable

NO_SUCH_USER = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
AFTER_THE_LEASE = sending.LEASE + timedelta(minutes=1)


@pytest.fixture
def on_its_way(world: World) -> World:
    """Alma's mail of seven days was committed to sending when its sender died."""
    world.person("Alma Reyes", date(2026, 10, 9))
    die_while_sending(world)
    return world


def die_while_sending(world: World) -> None:
    world.now = chicago("2026-12-01")
    plan_people(world.store, world.now, Tally())
    with world.store.write() as connection:
        claimed = sending.claim(connection, "a sender that is gone", world.now, 1)
        ready = freeze(connection, world.services, claimed, world.now).ready
        sending.mark_sending(connection, [ready[0].row], world.now)


def leave(world: World) -> None:
    with world.store.write() as connection:
        home = stored.load(connection, [1])[1]
        staff.remove(connection, world.look(1), home, actor="test", now=world.now)


def move(world: World) -> None:
    with world.store.write() as connection:
        home = stored.load(connection, [1])[1]
        staff.edit(connection, world.look(1), home, {"email": "alma@new.example"}, actor="test", now=world.now)


def turn_off(world: World) -> None:
    with world.store.write() as connection:
        practices.go_trial(connection, 1, actor="test", now=world.now)


@pytest.mark.parametrize("happens", [lambda world: world.reset(1, date(2026, 12, 1)), leave, move, turn_off])
def test_what_is_about_nothing_any_more_is_not_sent_again(on_its_way: World, happens: Callable[[World], None]) -> None:
    on_its_way.tick(on_its_way.now + timedelta(minutes=1))
    happens(on_its_way)
    for minutes in (2, 16, 30):
        on_its_way.tick(chicago("2026-12-01") + timedelta(minutes=minutes))

    assert [mail for mail in on_its_way.mails if mail.to == "alma.reyes@lakeside.example"] == []
    assert on_its_way.reminders()[0].state is State.CANCELLED


@pytest.mark.parametrize(("left", "sent"), [(1, []), (2, ["warning"])])
def test_what_a_practice_asked_for_by_hand_is_not_sent_once_its_person_has_left_it(
    world: World, left: int, sent: list[str]
) -> None:
    alma = world.person("Alma Reyes", date(2026, 11, 20))
    world.practice("Second Clinic", owner="owner@second.example")
    world.now = chicago("2026-12-01")
    with world.store.write() as connection:
        places = stored.load(connection, [1, 2])
        staff.join(connection, world.look(alma), places[2], Role.STAFF_END_USER, by="Dana", actor="test", now=world.now)
        sending_now.send_now(connection, [alma], practice_id=1, actor="test", now=world.now)
        staff.remove(connection, people.load(connection, [alma])[alma], places[left], actor="test", now=world.now)
    world.tick()

    assert world.kinds("alma.reyes@lakeside.example") == sent


def test_what_comes_back_to_the_queue_after_its_cycle_ended_is_called_off_by_the_next_pass(on_its_way: World) -> None:
    on_its_way.reset(1, date(2026, 12, 1))
    on_its_way.tick(chicago("2026-12-01", "18:30"))

    row = on_its_way.reminders()[0]
    assert (row.state, row.reason) == (State.CANCELLED, "its cycle has ended")


def test_what_comes_back_to_the_queue_after_its_person_left_is_called_off_by_the_next_pass(on_its_way: World) -> None:
    leave(on_its_way)
    tally = on_its_way.tick(on_its_way.now + AFTER_THE_LEASE)

    row = on_its_way.reminders()[0]
    assert (row.state, row.reason) == (State.CANCELLED, "left the practice")
    assert tally.cancelled == 1


def test_what_a_wrong_clock_sent_in_years_to_come_does_not_hide_what_went_today(on_its_way: World) -> None:
    on_its_way.tick(chicago("2056-12-01"))
    with on_its_way.store.read() as connection:
        after_all = outbox.last_sending(connection, [1])
        by_now = outbox.last_sending(connection, [1], chicago("2026-12-01"))

    assert (after_all[1].year, by_now) == (2056, {1: chicago("2026-12-01")})


def test_what_still_holds_is_sent_again(on_its_way: World) -> None:
    on_its_way.tick(on_its_way.now + AFTER_THE_LEASE)

    assert on_its_way.kinds("alma.reyes@lakeside.example") == ["warning"]


@pytest.mark.parametrize(("reset_on", "asked"), [(None, ["ask"]), (date(2026, 12, 1), [])])
def test_a_question_is_sent_again_only_while_no_date_is_known(
    world: World, reset_on: date | None, asked: list[str]
) -> None:
    farah = world.person("Farah Haddad")
    die_while_sending(world)
    if reset_on:
        world.reset(farah, reset_on)
    world.tick(world.now + AFTER_THE_LEASE)

    assert world.kinds("farah.haddad@lakeside.example") == asked


def test_a_newer_step_overtakes_it(on_its_way: World) -> None:
    """The pass that finds the lease at its end is the one in which the next step is reached."""
    on_its_way.tick(chicago("2026-12-04"))

    assert on_its_way.kinds("alma.reyes@lakeside.example") == ["warning"]
    assert on_its_way.states(1) == {14: State.SUPERSEDED, 7: State.SUPERSEDED, 3: State.SENT}


def test_an_address_that_is_tried_again_by_hand_gets_the_step_that_stands(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 10, 9))
    world.transport.answers.append(NO_SUCH_USER)
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-04"))
    failed, missed = world.reminders(person_id=key, step=7)[0], world.reminders(person_id=key, step=3)[0]
    with world.store.write() as connection:
        resend(connection, failed.id, actor="test", now=world.now)
    world.tick(chicago("2026-12-04", "09:00"))

    assert (missed.state, missed.reason) == (State.CANCELLED, "no address that works")
    assert world.states(key) == {14: State.SUPERSEDED, 7: State.SUPERSEDED, 3: State.SENT}
