from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import confirm, staff
from reminder.jobs.deliver import BATCH, LEASE_MARGIN, deliver, send_now
from reminder.jobs.releasing import hold_queue, release_queue, resend
from reminder.jobs.services import MailLimits, Tally
from reminder.jobs.tick import hold_for_clock
from reminder.mail.memory import MemoryConnection
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.mail.wire import Timeouts
from reminder.mail.wording import Wording
from reminder.policy.model import Absence, Kind, Mode, Role, State
from reminder.store import practices, reconcile, sending, system
from tests.world import OWNER, WORDING, World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store

LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")
NO_SUCH_USER = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
SPAM = Verdict(outcome=Outcome.REFUSED_CONTENT, stage=Stage.DOT, code=554, reply="5.7.1 spam")
UNCLEAR = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="no answer in time", usable=False)
BAD_SIGN_IN = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="5.7.8 no", usable=False)
DOWN = Verdict(outcome=Outcome.DEFERRED, stage=Stage.CONNECT, reply="Connection refused", usable=False)

SEVEN_LEFT = date(2026, 10, 9)


@pytest.fixture
def due(world: World) -> World:
    """Alma has seven days left, and it is eight o'clock."""
    world.person("Alma Reyes", SEVEN_LEFT)
    world.now = chicago("2026-12-01")
    return world


def hold_of(world: World) -> system.Hold | None:
    with world.store.read() as connection:
        return system.hold(connection)


def test_a_mail_that_is_taken_is_sent_with_the_servers_answer(due: World) -> None:
    tally = due.tick()
    row = due.reminders(state=State.SENT)[0]
    with due.store.read() as connection:
        attempts = sending.attempts_of(connection, row.id)

    assert (tally.sent, tally.failed, tally.delayed) == (1, 0, 0)
    assert [(attempt.outcome, attempt.code) for attempt in attempts] == [("accepted", 250)]


def test_a_passing_fault_is_tried_again_after_a_while(due: World) -> None:
    due.transport.answers.append(LATER)
    first = due.tick()
    at_once = due.tick(chicago("2026-12-01", "08:00") + timedelta(seconds=30))
    later = due.tick(chicago("2026-12-01", "08:02"))

    assert [first.sent, first.delayed, at_once.sent, later.sent] == [0, 1, 0, 1]


def test_retries_wait_longer_and_longer(due: World) -> None:
    due.transport.answers.extend([LATER] * 4)
    waits = []
    for _ in range(4):
        due.tick()
        row = due.reminders(state=State.DEFERRED)[0]
        assert row.next_at is not None
        waits.append((row.next_at - due.now).total_seconds() / 60)
        due.now = row.next_at

    assert [1 <= waits[0] < 1.3, 2 <= waits[1] < 2.5, 4 <= waits[2] < 5, 8 <= waits[3] < 10] == [True] * 4


def test_a_retry_may_run_past_the_window_but_not_past_midnight(due: World) -> None:
    due.transport.answers.extend([LATER] * 2)
    due.tick(chicago("2026-12-01", "17:59"))
    late = due.tick(chicago("2026-12-01", "18:30"))
    row = due.reminders(state=State.DEFERRED)[0]
    due.tick(chicago("2026-12-02", "00:30"))
    at_night = len(due.mails)
    due.tick(chicago("2026-12-02", "08:00"))

    assert (late.sent, row.failures) == (0, 2)
    assert (at_night, len(due.mails)) == (0, 1)
    assert "6 days left" in due.mails[0].text


def test_what_somebody_waits_for_is_tried_again_at_any_hour(world: World) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.now = chicago("2026-12-01", "21:00")
    with world.store.write() as connection:
        confirm.plan_receipt(connection, 1, 1, world.now)
    world.transport.answers.append(LATER)
    world.tick()
    world.tick(chicago("2026-12-01", "21:02"))

    assert world.kinds() == ["receipt"]


def test_however_many_missed_their_window_all_go_in_the_next_one(world: World) -> None:
    people = BATCH + 20
    for number in range(people):
        world.person(f"Person {number}", SEVEN_LEFT)
    world.transport.answers.extend([LATER] * people)
    put_off = world.tick(chicago("2026-12-01", "17:59"))
    at_once = world.tick(chicago("2026-12-02", "08:00"))

    assert (put_off.sent, put_off.delayed, at_once.sent, at_once.delayed) == (0, people, people, 0)


def test_a_mail_called_off_for_days_is_tried_as_long_as_a_new_one(world: World) -> None:
    key = world.person("Back Again", date(2026, 10, 16))
    with world.store.write() as connection:
        staff.pause(connection, world.look(key), Absence(from_on=date(2026, 12, 1)), actor="test", now=world.now)
    world.tick(chicago("2026-12-01"))
    world.now = chicago("2026-12-07")
    with world.store.write() as connection:
        staff.clear_pause(connection, world.look(key), actor="test", now=world.now)
    world.transport.answers.extend([LATER, LATER])  # Monday's digest gets one of them
    world.tick()
    row = world.reminders(person_id=key, step=14)[0]

    assert (row.state, row.planned_at, row.cancelled_at) == (State.DEFERRED, chicago("2026-12-07"), None)


def test_the_next_step_overtakes_a_mail_that_is_still_tried(due: World) -> None:
    due.transport.refusal = DOWN
    due.live(chicago("2026-12-04", "12:00"))
    due.transport.refusal = None
    due.live(chicago("2026-12-04", "17:00"))

    assert due.states(1) == {14: State.SUPERSEDED, 7: State.SUPERSEDED, 3: State.SENT}


def test_a_refused_address_is_final_and_the_person_unreachable(due: World) -> None:
    due.transport.answers.append(NO_SUCH_USER)
    tally = due.tick()
    due.live(chicago("2026-12-05"))

    assert tally.failed == 1
    assert due.look(1).address is None
    assert due.kinds("alma.reyes@lakeside.example") == []


def test_an_admins_refused_address_leaves_the_person_reachable(due: World) -> None:
    with due.store.write() as connection:
        practices.change(connection, 1, {"mode": Mode.TRIAL})
    due.transport.answers.append(NO_SUCH_USER)
    tally = due.tick()

    assert [row.recipient for row in due.reminders(state=State.FAILED)] == [OWNER]
    assert tally.failed == 1
    assert due.look(1).address == "alma.reyes@lakeside.example"


def test_an_address_that_was_mended_meanwhile_is_not_blamed_for_the_old_one(
    due: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mend_and_refuse(_: MemoryConnection) -> Verdict:
        with due.store.write() as connection:
            home = practices.load(connection)[1]
            staff.edit(connection, due.look(1), home, {"email": "alma@new.example"}, actor="test", now=due.now)
        return replace(NO_SUCH_USER, stage=Stage.DOT)

    monkeypatch.setattr(MemoryConnection, "outcome", mend_and_refuse)
    tally = due.tick()

    assert tally.failed == 1
    assert due.look(1).address == "alma@new.example"


def test_an_unreachable_person_stands_in_the_digest(due: World) -> None:
    due.transport.answers.append(NO_SUCH_USER)
    due.tick()
    due.live(chicago("2026-12-07", "09:00"))
    digest = next(mail for mail in due.mails if mail.kind == "digest")

    assert "Cannot be reached by mail:\n- Alma Reyes" in digest.text


def test_refused_content_fails_without_blaming_the_person(due: World) -> None:
    due.transport.answers.append(SPAM)

    assert due.tick().failed == 1
    assert due.look(1).address == "alma.reyes@lakeside.example"


def test_a_mail_in_doubt_is_sent_once_more_with_the_same_bytes(due: World) -> None:
    due.transport.answers.append(UNCLEAR)
    due.tick()
    doubtful = due.reminders(state=State.IN_DOUBT)
    due.tick(chicago("2026-12-01", "08:05"))

    assert len(doubtful) == 1
    assert len(due.mails) == 2
    assert due.mails[0].raw == due.mails[1].raw


def test_a_mail_in_doubt_keeps_its_bytes_on_another_day(due: World) -> None:
    due.transport.answers.append(UNCLEAR)
    due.tick(chicago("2026-12-01", "17:59"))
    due.transport.refusal = DOWN
    due.tick(chicago("2026-12-01", "18:10"))
    due.transport.refusal = None
    due.tick(chicago("2026-12-02", "08:00"))

    assert due.mails[0].raw == due.mails[1].raw


def test_a_mail_in_doubt_keeps_its_words_when_a_template_is_edited(due: World) -> None:
    due.transport.answers.append(UNCLEAR)
    due.tick()
    words = json.loads(WORDING.as_json())
    due.services.wording = Wording({**words, "warning/body.txt": f"New words. {words['warning/body.txt']}"})
    due.tick(due.now + timedelta(minutes=2))

    first, second = due.transport.sent
    assert first == second


def test_a_mail_twice_in_doubt_waits_for_somebody(due: World) -> None:
    due.transport.answers.extend([UNCLEAR, UNCLEAR])
    due.tick()
    due.tick(chicago("2026-12-01", "08:05"))
    due.tick(chicago("2026-12-01", "12:00"))
    row = due.reminders(state=State.IN_DOUBT)[0]

    assert (len(due.mails), row.next_at, row.doubts) == (2, None, 2)


def test_a_sender_that_dies_while_sending_loses_nothing(due: World) -> None:
    class PowerCutError(BaseException):
        pass

    connection = due.transport.connect()
    taken = connection.outcome

    def die() -> Verdict:
        taken()
        raise PowerCutError

    connection.outcome = die  # type: ignore[method-assign]
    due.transport.connect = lambda: connection  # type: ignore[method-assign]
    with pytest.raises(PowerCutError):
        due.tick()
    del due.transport.connect
    during = due.tick(chicago("2026-12-01", "08:10"))
    after = due.tick(chicago("2026-12-01", "08:16"))

    assert (during.sent, after.sent) == (0, 1)
    assert due.mails[0].raw == due.mails[1].raw
    assert due.reminders(state=State.SENT)[0].in_doubt_at is not None


def test_an_answer_that_comes_after_another_sender_took_the_mail_over_changes_nothing(
    due: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at_once = MemoryConnection.outcome

    def far_too_late(_: MemoryConnection) -> Verdict:
        monkeypatch.setattr(MemoryConnection, "outcome", at_once)
        due.now += sending.LEASE + timedelta(minutes=1)
        deliver(due.services, Tally())
        return replace(NO_SUCH_USER, stage=Stage.DOT)

    monkeypatch.setattr(MemoryConnection, "outcome", far_too_late)
    tally = due.tick()

    assert (tally.sent, tally.failed) == (0, 0)
    assert due.states(1)[7] is State.SENT
    assert due.look(1).address == "alma.reyes@lakeside.example"
    assert "the answer for reminder 1 came after its lease had ended" in caplog.messages


def test_a_bad_sign_in_holds_the_queue_and_one_probe_releases_it(due: World) -> None:
    due.person("Ben Okafor", SEVEN_LEFT)
    due.transport.refusal = BAD_SIGN_IN
    due.tick()
    held = hold_of(due)
    due.transport.refusal = None
    too_soon = due.tick(chicago("2026-12-01", "08:14"))
    probed = due.tick(chicago("2026-12-01", "08:15"))

    assert held is not None
    assert "535" in held.reason
    assert (too_soon.sent, probed.sent) == (0, 2)
    assert hold_of(due) is None
    assert {row.failures for row in due.reminders(state=State.SENT)} == {0}


def test_a_failed_probe_holds_on(due: World) -> None:
    due.transport.refusal = BAD_SIGN_IN
    due.tick()
    since = hold_of(due)
    due.tick(chicago("2026-12-01", "08:15"))
    still = hold_of(due)

    assert since is not None
    assert still is not None
    assert (still.since_at, still.probe_at) == (since.since_at, chicago("2026-12-01", "08:30"))


def test_an_unreachable_server_is_asked_once_a_pass(due: World) -> None:
    for number in range(5):
        due.person(f"Person {number}", SEVEN_LEFT)
    due.transport.refusal = DOWN
    tally = due.tick()

    assert (tally.sent, tally.failed, tally.delayed) == (0, 0, 6)
    assert {row.failures for row in due.reminders(state=State.DEFERRED)} == {1}


def test_one_connection_carries_all_mails(due: World) -> None:
    for number in range(5):
        due.person(f"Person {number}", SEVEN_LEFT)
    due.tick()

    assert (len(due.mails), due.transport.connections) == (6, 1)


def test_a_mail_is_begun_only_if_its_lease_outlives_the_longest_wait_for_an_answer() -> None:
    longest = timedelta(seconds=Timeouts().dot)

    assert longest < LEASE_MARGIN < sending.LEASE


def test_a_stop_finishes_what_was_begun_and_gives_the_others_back(due: World) -> None:
    for number in range(5):
        due.person(f"Person {number}", SEVEN_LEFT)
    connection = due.transport.connect()
    hand_over = connection.hand_over

    def stop_meanwhile(data: bytes, then: tuple[str, str] | None = None) -> None:
        due.services.stopping.set()
        hand_over(data, then)

    connection.hand_over = stop_meanwhile  # type: ignore[method-assign]
    due.transport.connect = lambda: connection  # type: ignore[method-assign]
    tally = due.tick()

    assert (tally.sent, tally.delayed, len(due.reminders(state=State.PLANNED))) == (2, 4, 4)


def test_a_limit_delays_and_drops_nothing(sqlite_store: Store) -> None:
    world = World(sqlite_store, chicago("2026-12-01", "07:00"), limits=MailLimits(minute=2))
    world.practice()
    for days in (9, 10, 11, 12, 13):
        world.person(f"Person {days}", date(2026, 10, days))
    passes = [world.tick(chicago("2026-12-01", f"08:{minute:02}")) for minute in range(3)]

    assert [tally.sent for tally in passes] == [2, 2, 1]
    assert [tally.delayed for tally in passes] == [3, 1, 0]
    assert next(mail.to for mail in world.mails) == "person.9@lakeside.example"


def test_the_daily_limit_counts_a_day(sqlite_store: Store) -> None:
    world = World(sqlite_store, chicago("2026-12-01", "07:00"), limits=MailLimits(day=1))
    world.practice()
    world.person("One First", SEVEN_LEFT)
    world.person("Two Then", SEVEN_LEFT)
    world.live(chicago("2026-12-01", "17:00"))
    first_day = len(world.mails)
    world.live(chicago("2026-12-02", "17:00"))

    assert (first_day, len(world.mails)) == (1, 2)


def test_a_mail_that_cannot_be_written_is_told_and_stops_no_other(due: World) -> None:
    with due.store.write() as connection:
        connection.exec_driver_sql("update person set name = 'Eve' || char(13) || char(10) || 'Bcc: x@y' where id = 1")
    due.person("Ben Okafor", SEVEN_LEFT)
    due.tick()

    failed = due.reminders(state=State.FAILED)[0]
    assert [mail.to for mail in due.mails] == ["ben.okafor@lakeside.example"]
    assert failed.reason is not None
    assert failed.reason.startswith("cannot be written")


def test_a_mail_whose_records_are_damaged_stops_no_other(due: World) -> None:
    due.person("Ben Okafor", SEVEN_LEFT)
    with due.store.write() as connection:
        confirm.plan_receipt(connection, 1, 1, due.now)
        connection.exec_driver_sql("update reminder set details = '{}'")
    tally = due.tick()

    assert (tally.sent, tally.failed) == (2, 1)
    assert due.reminders(state=State.FAILED)[0].reason == "cannot be written: 'reset_id'"


def test_a_mail_that_lost_its_wording_does_not_go_and_says_so(due: World) -> None:
    due.transport.answers.append(UNCLEAR)
    due.tick()
    with due.store.write() as connection:
        connection.exec_driver_sql("update reminder set wording = null where state = 'in_doubt'")
    due.tick(chicago("2026-12-01", "08:20"))

    lost = due.reminders(state=State.FAILED)[0]
    assert len(due.mails) == 1
    assert lost.reason == f"cannot be written: mail {lost.id} has not been written yet"


def test_an_address_that_cannot_be_written_stops_no_other_mail(due: World) -> None:
    due.person("Karin Jäger", SEVEN_LEFT, email="karin.jäger@lakeside.example")
    tally = due.tick()

    assert [mail.to for mail in due.mails] == ["alma.reyes@lakeside.example"]
    assert tally.failed == 1


def test_a_failed_mail_is_sent_again_by_hand(due: World) -> None:
    due.transport.answers.append(SPAM)
    due.tick()
    with due.store.write() as connection:
        resend(connection, due.reminders(state=State.FAILED)[0].id, actor="test", now=due.now)

    assert due.tick(chicago("2026-12-01", "08:10")).sent == 1


def test_an_alarm_about_the_logins_does_not_go_once_they_are_mended(world: World) -> None:
    alma = world.person("Alma Reyes", date(2026, 10, 10), role=Role.AUTHORIZED_OFFICIAL)
    with world.store.write() as connection:
        hold_queue(connection, actor="test", now=world.now)
    world.tick(chicago("2026-12-02"))
    waited = [row.kind for row in world.reminders(state=State.PLANNED, recipient=OWNER)]
    world.reset(alma, date(2026, 12, 2))
    with world.store.write() as connection:
        release_queue(connection, actor="test", now=world.now)
    world.tick(chicago("2026-12-02", "09:00"))

    assert waited == [Kind.COVERAGE]
    assert world.kinds(OWNER) == []
    assert world.reminders(kind=Kind.COVERAGE)[0].reason == "nothing to say"


def test_a_clock_far_behind_the_records_holds_the_queue_until_released(due: World) -> None:
    due.tick()
    due.person("Ben Okafor", SEVEN_LEFT)
    due.tick(chicago("2026-11-29", "12:00"))
    held = hold_of(due)
    with due.store.write() as connection:
        release_queue(connection, actor="test", now=due.now)
    due.tick()

    assert held is not None
    assert "clock" in held.reason
    assert hold_of(due) is None


def test_after_a_wrong_clock_everybody_is_reminded_as_if_it_had_been_right(world: World) -> None:
    key = world.person("Alma Reyes", date(2026, 10, 16))
    world.transport.refusal = DOWN
    world.tick(chicago("2027-05-03"))  # a clock five months ahead
    world.transport.refusal = None
    world.tick(chicago("2026-12-01"))
    with world.store.write() as connection:
        release_queue(connection, actor="test", now=world.now)
    world.tick()
    world.live(chicago("2026-12-15", "12:00"))

    sent = [(mail.kind, mail.at) for mail in world.mails if mail.to == "alma.reyes@lakeside.example"]
    assert sent == [
        ("warning", chicago(day)) for day in ("2026-12-01", "2026-12-08", "2026-12-11", "2026-12-14", "2026-12-15")
    ]
    assert world.states(key)[-56] is State.CANCELLED


def test_a_clock_a_day_behind_is_believed(due: World) -> None:
    due.tick()
    due.tick(chicago("2026-11-30", "08:00"))

    assert hold_of(due) is None


def test_a_practice_that_went_back_to_trial_sends_nothing_real(due: World) -> None:
    with due.store.write() as connection:
        practices.change(connection, 1, {"mode": Mode.TRIAL})
        practices.look_again(connection, 1, due.now)
    due.tick()

    assert [mail.to for mail in due.mails] == ["dana@lakeside.example"]


def test_the_records_agree_after_all_this(due: World) -> None:
    due.person("Ben Okafor", SEVEN_LEFT)
    due.transport.answers.extend([LATER, NO_SUCH_USER, UNCLEAR, SPAM])
    due.live(chicago("2026-12-12"))
    with due.store.read() as connection:
        assert reconcile.differences(connection) == []


@pytest.fixture
def two_due(due: World) -> World:
    """Ben has seven days left, too."""
    due.person("Ben Okafor", SEVEN_LEFT)
    return due


def test_a_server_that_refuses_us_at_the_envelope_gets_no_further_mail(two_due: World) -> None:
    two_due.transport.answers.append(
        Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.MAIL, code=530, reply="5.7.0 sign in first", usable=False)
    )
    two_due.tick()
    held = hold_of(two_due)

    assert held is not None
    assert "5.7.0 sign in first" in held.reason
    assert two_due.mails == []
    assert len(two_due.reminders(state=State.PLANNED)) == 2


@pytest.mark.parametrize("held_by", ["hand", "the clock"])
def test_a_hold_for_an_admin_outlasts_one_for_the_mail_server(due: World, held_by: str) -> None:
    due.transport.refusal = BAD_SIGN_IN
    due.tick()
    if held_by == "hand":
        with due.store.write() as connection:
            assert hold_queue(connection, actor="test", now=due.now)
    else:
        hold_for_clock(due.store, due.now, "the clock jumped")
    due.transport.refusal = None
    due.tick(due.now + timedelta(minutes=16))
    held = hold_of(due)

    assert held is not None
    assert held.waits_for_admin
    assert due.mails == []


@pytest.mark.parametrize("goes_at", ["its refusal", "the pause after it"])
def test_a_server_that_hangs_up_after_a_refusal_is_called_again_for_the_next_mail(
    two_due: World, monkeypatch: pytest.MonkeyPatch, goes_at: str
) -> None:
    two_due.transport.answers.append(replace(LATER, usable=goes_at != "its refusal"))
    if goes_at == "the pause after it":
        monkeypatch.setattr(MemoryConnection, "alive", lambda _: False)
    tally = two_due.tick()

    assert (tally.sent, tally.delayed, two_due.transport.connections) == (1, 1, 2)


def test_a_stop_while_the_server_is_called_leaves_every_mail_for_the_next_start(
    due: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = due.transport.connect

    def stop_meanwhile() -> MemoryConnection:
        due.services.stopping.set()
        return connect()

    monkeypatch.setattr(due.transport, "connect", stop_meanwhile)
    due.tick()

    assert due.mails == []
    assert len(due.reminders(state=State.PLANNED)) == 1


@pytest.mark.parametrize(("refusal", "outcome"), [(None, Outcome.ACCEPTED), (DOWN, Outcome.DEFERRED)])
def test_a_mail_outside_the_queue_has_its_answer_at_once(due: World, refusal: Verdict | None, outcome: Outcome) -> None:
    due.transport.refusal = refusal
    verdict = send_now(due.services, "a@here.example", "b@there.example", b"Subject: test\r\n\r\nHello.\r\n")

    assert verdict.outcome is outcome
    assert len(due.transport.sent) == (outcome is Outcome.ACCEPTED)
