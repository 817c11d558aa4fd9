from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import confirm, plan, practices, staff
from reminder.jobs.releasing import resend
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import Absence, Role, State
from reminder.store import people, reconcile, resets, rules
from reminder.store import practices as stored
from tests.world import OWNER, World, chicago

if TYPE_CHECKING:
    from collections.abc import Callable

    from reminder.policy.model import RuleVersion
    from reminder.store.engine import Store
    from reminder.store.people import Person

TODAY = date(2026, 12, 1)
LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")
NO_SUCH_USER = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")
UNCLEAR = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="no answer in time", usable=False)
SPAM = Verdict(outcome=Outcome.REFUSED_CONTENT, stage=Stage.DOT, code=554, reply="5.7.1 spam")


def expiring_in(days: int, today: date = TODAY) -> date:
    """The reset date of somebody with so many days left."""
    return today + timedelta(days=days - 60)


def person_row(world: World, key: int) -> Person:
    return world.look(key)


def test_due_sent_and_not_yet_are_told_apart(world: World) -> None:
    due = world.person("Due Today", expiring_in(7))
    sent = world.person("Was Sent", expiring_in(3))
    world.person("Not Yet", expiring_in(15))
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-01", "09:00"))

    assert [mail.to for mail in world.mails if mail.kind == "warning"] == [
        "was.sent@lakeside.example",
        "due.today@lakeside.example",
    ]
    assert world.states(due)[7] is State.SENT
    assert world.states(sent)[3] is State.SENT


def test_nothing_is_planned_twice(world: World) -> None:
    world.person("Due Today", expiring_in(7))
    first = world.tick(chicago("2026-12-01"))
    second = world.tick(chicago("2026-12-01", "08:01"))

    assert (first.planned, first.sent) == (1, 1)
    assert (second.planned, second.sent) == (0, 0)


def test_a_pass_says_how_many_mails_it_planned_overtook_and_called_off(world: World) -> None:
    key = world.person("Mid Cycle", expiring_in(5))
    passes = [world.tick(chicago("2026-12-01", "07:30"))]
    with world.store.write() as connection:
        staff.pause(connection, person_row(world, key), Absence(from_on=TODAY), actor="test", now=world.now)
    passes.append(world.tick(chicago("2026-12-01", "07:40")))
    with world.store.write() as connection:
        staff.clear_pause(connection, person_row(world, key), actor="test", now=world.now)
    passes.append(world.tick(chicago("2026-12-01", "07:50")))
    with world.store.write() as connection:
        people.look_again_all(connection, world.now)
    passes += [world.tick(chicago("2026-12-01", "07:55")), world.tick(chicago("2026-12-03"))]

    assert [(one.planned, one.superseded, one.cancelled) for one in passes] == [
        (1, 1, 0),
        (0, 0, 1),
        (1, 0, 0),  # the one that was called off
        (0, 0, 0),
        (2, 1, 0),  # the admins are told of the last three days
    ]


@pytest.mark.parametrize(("reset_on", "urgent_on"), [(expiring_in(7), date(2026, 12, 8)), (None, date(2026, 12, 31))])
def test_a_mail_is_as_urgent_as_its_expiry_date_and_a_question_as_one_of_thirty_days(
    world: World, reset_on: date | None, urgent_on: date
) -> None:
    key = world.person("Alma Reyes", reset_on)
    world.tick(chicago("2026-12-01"))

    assert {row.urgent_on for row in world.reminders(person_id=key)} == {urgent_on}


def test_only_the_newest_step_goes_out_to_somebody_registered_in_mid_cycle(world: World) -> None:
    key = world.person("Mid Cycle", expiring_in(5))
    world.tick(chicago("2026-12-01"))

    assert world.states(key) == {14: State.SUPERSEDED, 7: State.SENT}
    assert "5 days left" in world.mails[-1].text


def test_what_was_overtaken_is_recorded_once_and_says_why(world: World) -> None:
    key = world.person("Mid Cycle", expiring_in(5))
    world.tick(chicago("2026-12-01"))
    change_address(world, key)
    world.tick(chicago("2026-12-01", "09:00"))

    assert [row.reason for row in world.reminders(person_id=key, step=14)] == ["a newer step was reached"]
    assert world.reminders(person_id=key, step=7)[0].reason is None


def test_what_passed_while_no_address_worked_is_recorded_too(world: World) -> None:
    key = world.person("Wrong Box", expiring_in(14))
    world.transport.answers.append(NO_SUCH_USER)
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-14"))

    assert world.states(key) == {
        14: State.FAILED,
        7: State.SUPERSEDED,
        3: State.SUPERSEDED,
        1: State.CANCELLED,
    }


@pytest.mark.parametrize("reset_on", [None, expiring_in(7)])
def test_a_mail_that_waits_goes_however_often_its_person_is_looked_at(world: World, reset_on: date | None) -> None:
    world.person("Alma Reyes", reset_on)
    for at in ("19:00", "19:30"):
        with world.store.write() as connection:
            people.look_again_all(connection, world.now)
        world.tick(chicago("2026-12-01", at))
    world.tick(chicago("2026-12-02"))

    assert len(world.kinds("alma.reyes@lakeside.example")) == 1


@pytest.mark.parametrize(("days", "kind"), [(1, "warning"), (0, "warning"), (-1, "expired")])
def test_from_the_day_after_the_expiry_date_on_a_mail_says_expired(world: World, days: int, kind: str) -> None:
    world.person("Alma Reyes", expiring_in(days))
    world.tick(chicago("2026-12-01"))

    assert world.kinds("alma.reyes@lakeside.example") == [kind]


def test_after_three_days_off_the_newest_step_goes_out_once(world: World) -> None:
    key = world.person("Long Off", expiring_in(14))
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-12"))  # a Saturday: steps 7 (Tuesday), and 3 (Friday) passed unseen
    world.tick(chicago("2026-12-14"))

    assert world.states(key) == {14: State.SENT, 7: State.SUPERSEDED, 3: State.SUPERSEDED, 1: State.SENT}
    assert world.kinds("long.off@lakeside.example") == ["warning", "warning"]


def test_a_mail_waits_for_the_window(world: World) -> None:
    world.person("Early Bird", expiring_in(5))

    assert world.tick(chicago("2026-12-01", "07:59")).sent == 0
    assert world.tick(chicago("2026-12-01", "08:00")).sent == 1


def test_a_mail_that_missed_its_window_goes_in_the_next_one(world: World) -> None:
    world.person("Late Bird", expiring_in(5))
    world.tick(chicago("2026-12-01", "07:30"))

    assert world.tick(chicago("2026-12-01", "18:00")).sent == 0
    assert world.tick(chicago("2026-12-02", "08:00")).sent == 1
    assert "4 days left" in world.mails[0].text


def test_a_mail_that_is_sent_again_by_hand_waits_for_no_window(world: World) -> None:
    world.person("Due Today", expiring_in(7))
    world.transport.answers.append(SPAM)
    world.tick(chicago("2026-12-01"))
    world.now = chicago("2026-12-01", "20:00")
    with world.store.write() as connection:
        resend(connection, world.reminders(state=State.FAILED)[0].id, actor="test", now=world.now)
    world.tick(chicago("2026-12-01", "20:01"))

    assert world.kinds("due.today@lakeside.example") == ["warning"]


@pytest.mark.parametrize("answer", [SPAM, UNCLEAR])
def test_the_tries_of_a_mail_that_is_sent_again_by_hand_begin_anew(world: World, answer: Verdict) -> None:
    world.person("Due Today", expiring_in(7))
    world.transport.answers += [LATER, answer]
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-01", "08:05"))
    row = world.reminders(step=7)[0]
    with world.store.write() as connection:
        resend(connection, row.id, actor="test", now=world.now)
    again = world.reminders(step=7)[0]

    assert (row.state in (State.FAILED, State.IN_DOUBT), row.failures) == (True, 1)
    assert again.failures == 0


def test_a_mail_goes_at_once_if_the_next_window_is_too_late(world: World) -> None:
    world.now = chicago("2026-12-04", "19:00")  # a Friday evening
    world.person("Sunday Ends", expiring_in(2, date(2026, 12, 4)))
    world.person("Tuesday Ends", expiring_in(4, date(2026, 12, 4)))
    world.tick()

    assert [mail.to for mail in world.mails if mail.kind == "warning"] == ["sunday.ends@lakeside.example"]


def test_a_changed_date_sends_no_second_mail_on_one_day(world: World) -> None:
    key = world.person("Twice Corrected", expiring_in(7))
    world.tick(chicago("2026-12-01"))
    world.reset(key, expiring_in(6))
    world.tick(chicago("2026-12-01", "10:00"))
    same_day = len(world.mails)
    world.tick(chicago("2026-12-02"))

    assert same_day == 1
    assert [mail.text.count("5 days left") for mail in world.mails] == [0, 1]


def test_a_reset_cancels_what_was_planned(world: World) -> None:
    key = world.person("Quick One", expiring_in(5))
    world.tick(chicago("2026-12-01", "07:30"))
    world.reset(key, TODAY)
    world.tick(chicago("2026-12-01"))

    assert world.states(key)[7] is State.CANCELLED
    assert world.mails == []


def test_a_reset_calls_off_at_once_what_was_planned(world: World) -> None:
    key = world.person("Quick One", expiring_in(5))
    world.tick(chicago("2026-12-01", "07:30"))
    planned = []
    for reset_on in (TODAY - timedelta(days=1), TODAY):  # the second one brings nothing of the first cycle back
        world.reset(key, reset_on)
        planned += world.reminders(state=State.PLANNED)

    assert planned == []


def test_a_reset_that_no_longer_counts_is_taken_back_without_a_change_to_what_is_planned(world: World) -> None:
    key = world.person("Twice Corrected")
    first, _ = world.reset(key, expiring_in(6)), world.reset(key, expiring_in(5))
    world.tick(chicago("2026-12-01", "07:30"))
    before = world.reminders(person_id=key, step=7)
    with world.store.write() as connection:
        earlier = resets.get(connection, first or 0)
        assert earlier is not None
        resets.undo(connection, earlier, recorded_by="test", now=world.now)

    assert [row.state for row in before] == [State.PLANNED]
    assert world.reminders(person_id=key, step=7) == before


@pytest.mark.parametrize(
    ("live", "reset_on", "key_begins"),
    [
        (True, expiring_in(7), "clock/1/2026-12-08/7"),
        (False, expiring_in(7), "trial/clock/1/2026-12-08/7"),
        (True, None, "ask/1/2026-12-01/0"),
    ],
)
def test_a_key_is_what_it_was_in_earlier_versions(
    sqlite_store: Store, live: bool, reset_on: date | None, key_begins: str
) -> None:
    """Another key would be another mail: whoever had one before an upgrade would have it again."""
    world = World(sqlite_store, chicago("2026-12-01"))
    world.practice(live=live)
    key = world.person("Due Today", reset_on)
    world.tick()

    assert [row.key.rpartition("/")[0] for row in world.reminders(person_id=key, state=State.SENT)] == [key_begins]


def test_an_undone_reset_brings_the_same_reminders_back(world: World) -> None:
    from reminder.jobs.confirm import undo_by_admin

    key = world.person("Back Again", expiring_in(5))
    world.tick(chicago("2026-12-01", "07:30"))
    before = world.reminders(person_id=key, step=7)
    world.reset(key, TODAY)
    with world.store.write() as connection:
        undo_by_admin(connection, person_row(world, key), actor="test", now=world.now, practice_id=None)
    at_once = world.reminders(person_id=key, state=State.PLANNED)
    world.tick(chicago("2026-12-01"))
    after = world.reminders(person_id=key, step=7)

    assert at_once != []
    assert [row.id for row in after] == [row.id for row in before]
    assert after[0].state is State.SENT


def test_an_open_pause_stops_the_mails_and_its_end_brings_the_newest_step(world: World) -> None:
    key = world.person("Away Now", expiring_in(7))
    with world.store.write() as connection:
        staff.pause(connection, person_row(world, key), Absence(from_on=TODAY), actor="test", now=world.now)
    world.live(chicago("2026-12-03", "12:00"), every=timedelta(hours=6))
    while_away = world.kinds("away.now@lakeside.example")
    with world.store.write() as connection:
        staff.clear_pause(connection, person_row(world, key), actor="test", now=world.now)
    world.tick()

    assert while_away == []
    assert world.kinds("away.now@lakeside.example") == ["warning"]
    assert "5 days left" in world.mails[-1].text


def test_an_open_pause_does_not_stop_the_escalation(world: World) -> None:
    key = world.person("Away Now", expiring_in(3))
    with world.store.write() as connection:
        staff.pause(connection, person_row(world, key), Absence(from_on=TODAY), actor="test", now=world.now)
    world.tick(chicago("2026-12-01"))

    assert world.kinds("away.now@lakeside.example") == []
    assert world.kinds(OWNER) == ["escalation"]


def test_a_bounded_absence_moves_the_step_before_it(world: World) -> None:
    key = world.person("On Leave", expiring_in(14))
    leave = Absence(from_on=date(2026, 12, 7), to_on=date(2026, 12, 11))
    with world.store.write() as connection:
        staff.pause(connection, person_row(world, key), leave, actor="test", now=world.now)
    world.live(chicago("2026-12-11", "19:00"), every=timedelta(hours=6))

    assert [mail.at.date().isoformat() for mail in world.mails if mail.to.startswith("on.leave")] == [
        "2026-12-01",
        "2026-12-04",
    ]


def test_a_new_closure_moves_a_planned_mail(world: World) -> None:
    world.person("Closed Out", expiring_in(5))
    world.tick(chicago("2026-12-01", "07:30"))
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        practices.close(connection, home, [TODAY], actor="test", now=world.now)
    world.tick(chicago("2026-12-01", "09:00"))
    on_the_closed_day = len(world.mails)
    world.tick(chicago("2026-12-02"))

    assert on_the_closed_day == 0
    assert world.kinds("closed.out@lakeside.example") == ["warning"]


def test_a_new_closure_moves_the_first_question_and_those_after_it(world: World) -> None:
    key = world.person("No Date")
    world.transport.answers.append(LATER)
    world.tick(chicago("2026-12-01"))
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        practices.close(connection, home, [TODAY], actor="test", now=world.now)
    world.live(chicago("2026-12-20"), every=timedelta(hours=6))

    called_off = world.reminders(person_id=key, state=State.CANCELLED)
    assert [(row.cycle_on, row.reason) for row in called_off] == [(TODAY, "the plan has changed")]
    assert [mail.at.day for mail in world.mails if mail.kind == "ask"] == [2, 7, 9, 16]


def test_somebody_without_a_date_is_asked_four_times_then_left_alone(world: World) -> None:
    world.person("No Date")
    world.live(chicago("2027-01-10"), every=timedelta(hours=6))

    days = [mail.at.date().isoformat() for mail in world.mails if mail.kind == "ask"]
    assert days == ["2026-12-01", "2026-12-04", "2026-12-08", "2026-12-15"]


def go_away(world: World, key: int) -> None:
    with world.store.write() as connection:
        staff.pause(connection, person_row(world, key), Absence(from_on=TODAY), actor="test", now=world.now)


def change_address(world: World, key: int) -> None:
    with world.store.write() as connection:
        values = {"email": "other@lakeside.example"}
        staff.edit(connection, person_row(world, key), stored.load(connection)[1], values, actor="test", now=world.now)


def reopen_tomorrow(world: World, _: int) -> None:
    with world.store.write() as connection:
        days = [TODAY + timedelta(days=1)]
        practices.reopen(connection, stored.load(connection)[1], days, actor="test", now=world.now)


@pytest.mark.parametrize(
    ("happens", "reason", "goes_to"),
    [
        (go_away, "paused", []),
        (change_address, "another address", ["other@lakeside.example"]),
        (reopen_tomorrow, "moved to a later day", ["alma.reyes@lakeside.example"]),
    ],
)
def test_a_mail_that_is_called_off_says_why(
    sqlite_store: Store, happens: Callable[[World, int], None], reason: str, goes_to: list[str]
) -> None:
    world = World(sqlite_store, chicago("2026-12-01", "07:00"))
    world.practice(closures=(TODAY + timedelta(days=1),))
    key = world.person("Alma Reyes", expiring_in(8))  # the step of seven days moves from tomorrow to today
    world.tick(chicago("2026-12-01", "19:00"))
    happens(world, key)
    world.tick(chicago("2026-12-01", "19:30"))
    called_off = world.reminders(person_id=key, step=7)[0]
    world.tick(chicago("2026-12-03"))

    assert (called_off.state, called_off.reason) == (State.CANCELLED, reason)
    assert [row.recipient for row in world.reminders(person_id=key, step=7, state=State.SENT)] == goes_to


def test_a_date_ends_the_asking(world: World) -> None:
    key = world.person("Knows Now")
    world.tick(chicago("2026-12-01"))
    world.reset(key, date(2026, 11, 20))
    world.live(chicago("2026-12-10"), every=timedelta(hours=6))

    assert world.kinds("knows.now@lakeside.example") == ["ask"]


def test_a_refused_address_gives_way_to_the_second_one(world: World) -> None:
    world.person("Two Boxes", expiring_in(7), second_email="two@home.example")
    world.transport.answers.append(NO_SUCH_USER)
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-01", "08:01"))

    assert [mail.to for mail in world.mails] == ["two@home.example"]


def test_an_edited_address_is_tried_again_after_a_refusal(world: World) -> None:
    key = world.person("Wrong Box", expiring_in(7))
    world.transport.answers.append(NO_SUCH_USER)
    world.tick(chicago("2026-12-01"))
    unreachable = person_row(world, key).address
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        values = {"email": "right@lakeside.example"}
        staff.edit(connection, people.load(connection, [key])[key], home, values, actor="test", now=world.now)
    world.tick(chicago("2026-12-01", "09:00"))

    assert unreachable is None
    assert [mail.to for mail in world.mails] == ["right@lakeside.example"]


def test_an_edited_address_gets_no_step_that_was_sent_already(world: World) -> None:
    key = world.person("New Name", expiring_in(7))
    world.tick(chicago("2026-12-01"))
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        values = {"email": "other@lakeside.example"}
        staff.edit(connection, people.load(connection, [key])[key], home, values, actor="test", now=world.now)
    world.live(chicago("2026-12-05"), every=timedelta(hours=6))

    assert [(mail.to, mail.at.day) for mail in world.mails if mail.kind == "warning"] == [
        ("new.name@lakeside.example", 1),
        ("other@lakeside.example", 4),
    ]


def test_a_trial_sends_to_the_admins_only_and_going_live_starts_over(world: World) -> None:
    trial = world.practice("Trial Clinic", owner="kim@trial.example", live=False)
    world.person("Tess Tester", expiring_in(7), practice=trial, email="tess@trial.example")
    world.tick(chicago("2026-12-01"))
    in_trial = world.mails
    with world.store.write() as connection:
        practices.go_live(connection, trial, actor="test", now=world.now)
    world.tick(chicago("2026-12-01", "09:00"))

    assert [(mail.to, mail.subject[:24]) for mail in in_trial] == [("kim@trial.example", "[Trial, for Tess Tester]")]
    assert "/r/" not in in_trial[0].text + in_trial[0].html
    assert world.mails[-1].to == "tess@trial.example"


def test_a_receipt_is_marked_as_no_trial(world: World) -> None:
    key = world.person("Alma Reyes", expiring_in(50))
    with world.store.write() as connection:
        confirm.plan_receipt(connection, key, 1, world.now)
    world.tick()

    assert [(mail.kind, "Trial" in mail.subject) for mail in world.mails] == [("receipt", False)]
    assert not world.reminders()[0].trial


def test_a_person_of_two_practices_gets_one_mail_by_the_home_practice(world: World) -> None:
    second = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Shared Person", expiring_in(3))
    world.person("Shared Person", practice=second)
    world.tick(chicago("2026-12-01"))
    world.tick(chicago("2026-12-01", "10:00"))

    assert world.kinds("shared.person@lakeside.example") == ["warning"]
    assert sorted(mail.to for mail in world.mails if mail.kind == "escalation") == ["ann@desert.example", OWNER]
    assert person_row(world, key).home_id == 1


def test_the_home_passes_on_when_the_person_leaves(world: World) -> None:
    second = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    key = world.person("Shared Person", expiring_in(7))
    world.person("Shared Person", practice=second)
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        staff.remove(connection, people.load(connection, [key])[key], home, actor="test", now=world.now)

    assert person_row(world, key).home_id == second


def test_somebody_who_left_gets_nothing_more(world: World) -> None:
    key = world.person("Gone Person", expiring_in(7))
    world.tick(chicago("2026-12-01", "07:30"))
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        staff.remove(connection, people.load(connection, [key])[key], home, actor="test", now=world.now)
    world.live(chicago("2026-12-12"), every=timedelta(hours=6))

    assert world.kinds("gone.person@lakeside.example") == []


def test_who_left_is_planned_nothing_beside_colleagues(world: World) -> None:
    gone, _ = world.person("Gone Person", expiring_in(7)), world.person("Still Here", expiring_in(7))
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        staff.remove(connection, people.load(connection, [gone])[gone], home, actor="test", now=world.now)
    world.tick(chicago("2026-12-01"))

    assert world.reminders(person_id=gone) == []
    assert world.kinds("still.here@lakeside.example") == ["warning"]


def test_a_leaving_calls_off_at_once_what_was_planned_for_who_left_alone(world: World) -> None:
    gone, here = world.person("Gone Person", expiring_in(7)), world.person("Still Here", expiring_in(7))
    world.tick(chicago("2026-12-01", "19:00"))
    with world.store.write() as connection:
        staff.remove(connection, person_row(world, gone), stored.load(connection)[1], actor="test", now=world.now)

    assert [row.person_id for row in world.reminders(state=State.PLANNED)] == [here]


def test_nobody_is_told_about_themselves(world: World) -> None:
    world.person("Dana Whitfield", expiring_in(3), email=OWNER)
    world.tick(chicago("2026-12-01"))

    assert world.kinds(OWNER) == ["warning"]


@pytest.mark.parametrize(("days", "told"), [(3, True), (1, True), (0, True), (7, False), (14, False), (-7, True)])
def test_the_admins_are_told_on_the_days_of_the_last_steps(world: World, days: int, told: bool) -> None:
    world.person("Slow Person", expiring_in(days))
    world.tick(chicago("2026-12-01"))

    assert ("escalation" in world.kinds(OWNER)) is told


def test_a_step_that_passed_before_the_registration_is_not_escalated(world: World) -> None:
    world.person("Long Expired", expiring_in(-20))
    world.tick(chicago("2026-12-01"))

    assert world.kinds(OWNER) == []
    assert world.kinds("long.expired@lakeside.example") == ["expired"]


def test_the_chosen_official_is_told_too(world: World) -> None:
    boss = world.person("Alma Reyes", expiring_in(40), role=Role.AUTHORIZED_OFFICIAL)
    world.person("Slow Person", expiring_in(3))
    with world.store.write() as connection:
        stored.change(connection, 1, {"escalate_to": boss})
    world.tick(chicago("2026-12-01"))

    assert sorted(mail.to for mail in world.mails if mail.kind == "escalation") == [
        "alma.reyes@lakeside.example",
        OWNER,
    ]


def test_a_rule_that_changes_in_mid_cycle_moves_the_expiry_date(world: World) -> None:
    from reminder.policy.model import RuleVersion

    key = world.person("Mid Change", date(2026, 11, 1))
    other = world.person("Before Change", date(2026, 10, 20))
    longer: RuleVersion = RuleVersion(effective_from=date(2026, 10, 25), days=150)
    with world.store.write() as connection:
        rules.add_version(
            connection, longer, kind="change", source="CMS, December 2013", checked_on=TODAY, now=world.now
        )

    assert person_row(world, key).expires_on == date(2027, 3, 31)
    assert person_row(world, other).expires_on == date(2026, 12, 19)
    with world.store.read() as connection:
        assert reconcile.differences(connection) == []


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_more_people_than_fit_into_one_transaction_are_all_planned(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(plan, "BATCH", 2)
    for number in range(count):
        world.person(f"Person {number}", expiring_in(7))

    assert world.tick(chicago("2026-12-01")).planned == count


def test_the_admins_are_not_told_of_a_step_from_before_its_reset_was_recorded(world: World) -> None:
    key = world.person("Late Record")
    world.now = chicago("2026-12-10")
    world.reset(key, expiring_in(2, date(2026, 12, 10)))
    world.tick()
    at_first = world.kinds(OWNER)
    world.tick(chicago("2026-12-11"))

    assert ("escalation" in at_first, "escalation" in world.kinds(OWNER)) == (False, True)
