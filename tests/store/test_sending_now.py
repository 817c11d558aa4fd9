"""A reminder that an admin asks for: one more mail, never a second one about the clock on one day, and no step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import confirm, staff
from reminder.jobs.freeze import freeze
from reminder.jobs.sending_now import SENT_NOW, Sorted, Why, send_now, sort_out
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import Absence, Kind, Role, State
from reminder.store import events, memberships, outbox, people, practices, reconcile, sending
from tests.world import OWNER, chicago

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import World

TODAY = date(2026, 12, 1)
ALMA = "alma.reyes@lakeside.example"
NEW = "alma@new.example"
SIGN_IN_REFUSED = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="no", usable=False)
OUT_OF_REACH = Verdict(outcome=Outcome.DEFERRED, stage=Stage.CONNECT, reply="refused", usable=False)


def left(days: int) -> date:
    """The reset date of somebody with so many days left on December 1."""
    return TODAY + timedelta(days=days - 60)


def ask(world: World, *ids: int) -> Sorted:
    with world.store.write() as connection:
        return send_now(connection, ids, practice_id=home_of(world, ids), actor="admin:1", now=world.now)[1]


def home_of(world: World, ids: tuple[int, ...]) -> int:
    """Return the practice that mails the first of them; the first practice for somebody who left."""
    return world.look(ids[0]).home_id or 1


def is_consistent(world: World) -> bool:
    with world.store.read() as connection:
        return reconcile.differences(connection) == []


@pytest.mark.parametrize(
    ("days", "kind", "words"),
    [
        (40, "warning", "40 days left"),
        (0, "warning", "the expiry date is today"),
        (-2, "expired", "expired 2 days ago"),
    ],
)
def test_the_mail_says_the_true_days_left(world: World, days: int, kind: str, words: str) -> None:
    world.now = chicago("2026-12-01", "07:00")  # before the sending window: the admin wants it now
    alma = world.person("Alma Reyes", left(days))
    ask(world, alma)
    world.tick()
    mail = next(mail for mail in world.mails if mail.to == ALMA)

    assert mail.kind == kind
    assert words in " ".join(mail.text.split())
    assert is_consistent(world)


def correct(world: World, person_id: int, **values: str | None) -> None:
    """Edit somebody on their page, at their home."""
    with world.store.write() as connection:
        who = world.look(person_id)
        home = practices.load(connection)[who.home_id or 0]
        staff.edit(connection, who, home, dict(values), actor="admin:1", now=world.now)


def turn_away(world: World, verdict: Verdict) -> None:
    """Let a pass find that the server refuses every connection."""
    world.transport.refusal = verdict
    world.tick()
    world.transport.refusal = None


def claim(world: World) -> list[outbox.Reminder]:
    """Claim and write what waits, as a sender does."""
    with world.store.write() as connection:
        claimed = sending.claim(connection, "a sender", world.now, 10)
        return [frozen.row for frozen in freeze(connection, world.services, claimed, world.now).ready]


TRIED: dict[str, Callable[[World], object]] = {
    "not yet": lambda _: None,
    "with a sign-in that was refused": lambda world: turn_away(world, SIGN_IN_REFUSED),
    "with the server out of reach": lambda world: turn_away(world, OUT_OF_REACH),
    "by a sender that has just claimed it": claim,
}


@pytest.mark.parametrize("tried", TRIED.values(), ids=TRIED)
def test_what_waits_goes_to_the_address_that_was_mended_meanwhile(
    world: World, tried: Callable[[World], object]
) -> None:
    world.now = chicago("2026-12-01", "07:00")
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    tried(world)
    correct(world, alma, email=NEW, name="Alma Reyes-Hill")
    is_right = is_consistent(world)
    world.tick(world.now + timedelta(minutes=20))

    assert is_right
    assert [mail.to for mail in world.mails if mail.kind == "warning"] == [NEW]
    assert "Alma Reyes-Hill" in world.mails[-1].text
    assert "This is your first mail from us." in " ".join(world.mails[-1].text.split())
    assert is_consistent(world)


def test_a_sender_lets_go_of_a_mail_whose_address_was_mended_after_it_was_claimed(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    claimed = claim(world)
    correct(world, alma, email=NEW)
    with world.store.write() as connection:
        marked = sending.mark_sending(connection, claimed, world.now)

    assert marked == set()


def test_what_may_have_gone_does_not_go_to_another_address(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    world.transport.answers.append(Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="no answer", usable=False))
    world.tick()
    before = world.reminders(person_id=alma, step=None)[0]
    correct(world, alma, email=NEW)
    again = ask(world, alma)
    world.live(chicago("2026-12-01", "12:00"))
    after = world.reminders(person_id=alma, step=None)

    assert before.state is State.IN_DOUBT
    assert [(row.state, row.reason, row.message_id, row.recipient) for row in after] == [
        (State.CANCELLED, "another address", before.message_id, ALMA)
    ]
    assert list(again.left_out) == [Why.MAILED_TODAY]
    assert NEW not in [mail.to for mail in world.mails]


def test_what_waits_for_an_address_that_is_still_theirs_stays(world: World) -> None:
    alma = world.person("Alma Reyes", left(40), second_email="alma@home.example")
    ask(world, alma)
    correct(world, alma, email="alma@home.example", second_email=ALMA)
    world.tick()

    assert [mail.to for mail in world.mails if mail.kind == "warning"] == [ALMA]


def test_what_waits_is_called_off_with_the_last_address_that_works(world: World) -> None:
    alma = world.person("Alma Reyes", left(40), second_email="alma@home.example")
    world.transport.answers.append(Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="no"))
    ask(world, alma)
    world.tick()
    world.now = chicago("2026-12-02", "07:00")
    ask(world, alma)
    correct(world, alma, second_email=None)

    rows = world.reminders(person_id=alma, step=None)
    assert [(row.recipient, row.state) for row in rows] == [
        (ALMA, State.FAILED),
        ("alma@home.example", State.CANCELLED),
    ]
    assert rows[1].reason == "no address that works"
    assert is_consistent(world)


def test_in_trial_a_mended_address_leaves_the_mail_to_the_admins(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example", live=False)
    wes = world.person("Wes Young", left(40), practice=other)
    ask(world, wes)
    correct(world, wes, email=NEW)
    world.tick()

    assert world.kinds("ann@desert.example") == ["warning"]
    assert world.kinds(NEW) == []


def test_what_was_called_off_before_it_went_can_be_asked_for_again_on_the_same_day(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    world.reset(alma, TODAY)
    again = ask(world, alma)
    correct(world, alma, email=NEW)
    correct(world, alma, email=ALMA)
    is_right = is_consistent(world)
    world.tick()

    assert len(again.going) == 1
    assert is_right
    assert [row.state for row in world.reminders(person_id=alma, step=None)] == [State.CANCELLED, State.SENT]
    assert world.kinds(ALMA) == ["warning"]
    assert "60 days left" in " ".join(world.mails[-1].text.split())


def test_somebody_whose_date_is_unknown_is_asked(world: World) -> None:
    world.now = chicago("2026-12-01", "07:00")
    ask(world, world.person("Alma Reyes"))
    world.tick()

    assert world.kinds(ALMA) == ["ask"]


def test_nobody_is_mailed_twice_on_one_day(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    first, again = ask(world, alma), ask(world, alma)
    world.tick()
    later = ask(world, alma)

    assert [len(one.going) for one in (first, again, later)] == [1, 0, 0]
    assert list(again.left_out) == list(later.left_out) == [Why.MAILED_TODAY]
    assert world.kinds(ALMA) == ["warning"]


def test_who_got_a_step_today_gets_no_more_until_tomorrow(world: World) -> None:
    alma = world.person("Alma Reyes", left(7))
    world.tick()
    today = ask(world, alma)
    world.now = chicago("2026-12-02", "00:00")
    tomorrow = ask(world, alma)

    assert list(today.left_out) == [Why.MAILED_TODAY]
    assert len(tomorrow.going) == 1


def test_a_step_that_waits_for_today_is_enough(world: World) -> None:
    world.now = chicago("2026-12-01", "07:00")
    alma = world.person("Alma Reyes", left(5))
    world.tick()  # the newest step is placed at eight

    assert list(ask(world, alma).left_out) == [Why.ON_ITS_WAY]
    world.tick(chicago("2026-12-01", "08:00"))
    assert world.kinds(ALMA) == ["warning"]


def test_a_step_that_waits_for_another_day_is_no_hindrance(world: World) -> None:
    world.now = chicago("2026-12-05", "12:00")  # a Saturday: the newest step waits for Monday
    alma = world.person("Alma Reyes", date(2026, 10, 19))
    world.tick()
    result = ask(world, alma)
    world.tick()
    world.live(chicago("2026-12-07", "09:00"))

    assert len(result.going) == 1
    assert [mail.at.date() for mail in world.mails if mail.to == ALMA] == [date(2026, 12, 5), date(2026, 12, 7)]


def test_a_step_whose_day_it_is_goes_on_the_next_one(world: World) -> None:
    world.now = chicago("2026-12-01", "07:00")
    alma = world.person("Alma Reyes", left(7))
    with world.store.write() as connection:
        people.look_again_at(connection, {alma: chicago("2026-12-01")})
    ask(world, alma)
    world.live(chicago("2026-12-02", "09:00"))

    sent = [row for row in world.reminders(person_id=alma) if row.state is State.SENT]
    assert [row.step for row in sent] == [None, 7]
    assert [mail.at.date() for mail in world.mails if mail.to == ALMA] == [TODAY, date(2026, 12, 2)]


def test_while_the_server_is_away_the_step_waits_behind_the_mail_that_was_asked_for(world: World) -> None:
    world.now = chicago("2026-12-01", "07:00")
    alma = world.person("Alma Reyes", left(7))
    with world.store.write() as connection:
        people.look_again_at(connection, {alma: chicago("2026-12-01")})
    ask(world, alma)
    world.transport.answers += [Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=450, reply="busy")]
    world.live(chicago("2026-12-02"), every=timedelta(minutes=60))

    days = [mail.at.date() for mail in world.mails if mail.to == ALMA]
    assert days == [TODAY, date(2026, 12, 2)]
    assert is_consistent(world)


def keep_busy_until_midnight(world: World) -> None:
    world.transport.answers += [Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=450, reply="busy")] * 40
    world.live(chicago("2026-12-01", "23:59"), every=timedelta(hours=3))
    world.transport.answers.clear()


def test_a_mail_that_could_not_go_on_its_day_goes_on_the_next(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    keep_busy_until_midnight(world)
    world.now = chicago("2026-12-02", "07:00")
    asked_again = ask(world, alma)
    world.live(chicago("2026-12-02", "09:00"))

    assert list(asked_again.left_out) == [Why.ON_ITS_WAY]
    assert [mail.at.date() for mail in world.mails if mail.to == ALMA] == [date(2026, 12, 2)]
    assert "39 days left" in " ".join(world.mails[-1].text.split())


@pytest.mark.parametrize("days", [15, 14])
def test_unless_a_step_goes_on_that_day(world: World, days: int) -> None:
    """The step of 14 days is reached on the next day, or was on the first and had to wait behind it."""
    alma = world.person("Alma Reyes", left(days))
    with world.store.write() as connection:
        people.look_again_at(connection, {alma: world.now})
    ask(world, alma)
    keep_busy_until_midnight(world)
    world.live(chicago("2026-12-02", "12:00"))

    assert [mail.at.date() for mail in world.mails if mail.to == ALMA] == [date(2026, 12, 2)]
    assert world.states(alma) == {None: State.CANCELLED, 14: State.SENT}


def test_the_ladder_goes_on_beside_it(world: World) -> None:
    alma = world.person("Alma Reyes", left(20))
    ask(world, alma)
    world.live(chicago("2026-12-22"), every=timedelta(days=1))
    steps = {row.step: row.state for row in world.reminders(person_id=alma)}

    assert steps == {None: State.SENT} | dict.fromkeys((14, 7, 1, 0, -1), State.SENT)  # step 3 meets step 1 on a Friday


@pytest.mark.parametrize("at", ["07:00", "08:00"])
def test_the_planner_leaves_the_mail_alone_while_it_waits(world: World, at: str) -> None:
    world.now = chicago("2026-12-01", at)
    alma = world.person("Alma Reyes", left(5))
    with world.store.write() as connection:
        people.look_again_at(connection, {alma: None})
    ask(world, alma)
    with world.store.write() as connection:
        people.look_again_at(connection, {alma: world.now})
    world.tick()

    by_hand = world.reminders(person_id=alma, step=None)
    assert [row.state for row in by_hand] == [State.SENT]
    assert world.kinds(ALMA) == ["warning"]


def test_a_reset_calls_it_off_and_its_undo_does_not_bring_it_back(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    new = world.reset(alma, TODAY)
    called_off = world.reminders(person_id=alma, step=None)[0]
    with world.store.write() as connection:
        confirm.undo_by_admin(connection, world.look(alma), actor="test", now=world.now, practice_id=None)
    world.live(chicago("2026-12-02", "09:00"))

    assert new is not None
    assert called_off.state is State.CANCELLED
    assert world.reminders(person_id=alma, step=None)[0].state is State.CANCELLED
    assert world.kinds(ALMA) == []


def test_who_cannot_or_must_not_be_mailed_is_left_out_by_name(world: World) -> None:
    away, gone, nowhere = (world.person(name, left(5)) for name in ("Away Now", "Gone Home", "No Where"))
    with world.store.write() as connection:
        absence = Absence(from_on=TODAY, to_on=TODAY)
        staff.pause(connection, world.look(away), absence, actor="test", now=world.now)
        staff.remove(connection, world.look(gone), practices.load(connection)[1], actor="test", now=world.now)
        people.change(connection, nowhere, {"email_refused_at": world.now})
    result = ask(world, away, gone, nowhere)

    assert result.going == []
    assert {why: [who.name for who in found] for why, found in result.left_out.items()} == {
        Why.AWAY: ["Away Now"],
        Why.LEFT: ["Gone Home"],
        Why.UNREACHABLE: ["No Where"],
    }
    assert world.reminders(kind=Kind.WARNING, step=None) == []


def test_who_is_paused_before_it_goes_gets_nothing(world: World) -> None:
    world.now = chicago("2026-12-01", "07:00")
    alma = world.person("Alma Reyes", left(40))
    ask(world, alma)
    with world.store.write() as connection:
        staff.pause(connection, world.look(alma), Absence(from_on=TODAY), actor="test", now=world.now)
    world.tick(chicago("2026-12-01", "08:00"))

    by_hand = world.reminders(person_id=alma, step=None)[0]
    assert (by_hand.state, by_hand.reason) == (State.CANCELLED, "nothing to say")
    assert world.mails == []


def test_only_the_persons_home_mails_them(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    alma = world.person("Alma Reyes", left(40))
    with world.store.write() as connection:
        memberships.join_practice(connection, alma, other, Role.SURROGATE, now=world.now, registered_by="Ann")
        _, result = send_now(connection, [alma], practice_id=other, actor="admin:2", now=world.now)

    assert list(result.left_out) == [Why.ELSEWHERE]


def test_in_trial_it_goes_to_the_admins_and_is_marked(world: World) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example", live=False)
    wes = world.person("Wes Young", left(40), practice=other)
    first, again = ask(world, wes), ask(world, wes)
    world.tick()

    mails = [mail for mail in world.mails if mail.to == "ann@desert.example" and mail.kind == "warning"]
    assert (len(first.going), len(again.going)) == (1, 0)
    assert [mail.subject.startswith("[Trial, for Wes Young]") for mail in mails] == [True]
    assert world.kinds(OWNER) == []


def test_what_was_asked_for_stands_in_the_records(world: World) -> None:
    alma, karin = world.person("Alma Reyes", left(40)), world.person("Karin Roth", left(40))
    with world.store.write() as connection:
        people.change(connection, karin, {"email_refused_at": world.now})
        number, _ = send_now(connection, [alma, karin], practice_id=1, actor="admin:1", now=world.now)
        event = events.get(connection, number)

    assert event is not None
    assert (event.action, event.practice_id, event.person_id) == (SENT_NOW, 1, None)
    assert event.detail == {"done": [alma], "unchanged": 1}


def test_the_forecast_shows_it_until_it_has_gone_and_the_step_on_its_later_day(world: World) -> None:
    world.now = chicago("2026-12-01", "07:00")
    alma = world.person("Alma Reyes", left(14))
    with world.store.write() as connection:
        people.look_again_at(connection, {alma: chicago("2026-12-01")})
    ask(world, alma)
    coming = [(mail.at, mail.step) for mail in world.forecast(3) if mail.person == "Alma Reyes"]

    assert coming == [(world.now, None), (chicago("2026-12-02"), 14)]


def test_nothing_is_decided_by_looking(world: World) -> None:
    alma = world.person("Alma Reyes", left(40))
    with world.store.read() as connection:
        seen = sort_out(connection, [alma], 1, world.now)
        rows = outbox.history(connection, person_id=alma)

    assert [(one.person.id, one.kind) for one in seen.going] == [(alma, Kind.WARNING)]
    assert rows == []
