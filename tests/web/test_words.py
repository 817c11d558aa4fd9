from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import Kind, State
from reminder.web.words import KINDS, STATES, local_moment, reason_words, server_answer, state_words
from tests.world import chicago

if TYPE_CHECKING:
    from reminder.store.outbox import Reminder
    from tests.world import World


@pytest.fixture
def row(world: World) -> Reminder:
    world.person("Alma Reyes", date(2026, 10, 9))
    world.tick()
    return world.reminders()[0]


def test_every_kind_and_every_state_has_its_words() -> None:
    assert set(KINDS) == set(Kind)
    assert set(STATES) == set(State)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (State.PLANNED, None, "Planned"),
        (State.CLAIMED, None, "Sending"),
        (State.SENT, None, "Sent"),
        (State.FAILED, "rcpt: 550 5.1.1 no such user", "Address does not exist"),
        (State.FAILED, "rcpt: 550 User unknown", "Address does not exist"),
        (State.FAILED, "rcpt: 554 5.7.1 we do not like you", "Address refused"),
        (State.FAILED, "rcpt: 452 4.2.2 mailbox full", "Inbox did not accept mail"),
        (State.FAILED, "dot: 554 5.7.1 spam", "We could not send (our side)"),
        (State.FAILED, "connect: connection refused", "We could not send (our side)"),
        (State.FAILED, "cannot be written: oh", "We could not send (our side)"),
        (State.DEFERRED, "rcpt: 450 4.2.1 busy", "Inbox not accepting mail right now"),
        (State.DEFERRED, "dot: 451 4.7.1 greylisted", "Inbox not accepting mail right now"),
        (State.DEFERRED, "connect: timed out", "Our mail server did not answer"),
        (State.IN_DOUBT, "the sender stopped while this mail was on its way", "May not have arrived"),
        (State.CANCELLED, "a reset was recorded", "Called off"),
        (State.SUPERSEDED, "a newer step was reached", "Overtaken"),
    ],
)
def test_a_state_says_what_became_of_the_mail_and_on_whose_side(
    row: Reminder, state: State, reason: str | None, words: str
) -> None:
    assert state_words(row._replace(state=state, reason=reason)) == words


def test_a_servers_answer_is_told_by_its_meaning_and_a_reason_of_ours_as_it_is(row: Reminder) -> None:
    refused = row._replace(state=State.FAILED, reason="rcpt: 550 5.1.1 no such user")
    called_off = row._replace(state=State.CANCELLED, reason="left the practice")

    assert reason_words(refused) == "There is no such mailbox. Check the address."
    assert reason_words(called_off) == "left the practice"
    assert reason_words(row._replace(reason=None)) == ""


def test_an_answer_is_read_back_with_its_stage_and_code() -> None:
    answer = server_answer("rcpt: 550 5.1.1 no such user")
    without_code = server_answer("connect:  timed out")
    without_words = server_answer("rcpt: 550")

    assert answer is not None
    assert without_code is not None
    assert without_words is not None
    assert (answer.stage, answer.code, answer.reply) == ("rcpt", 550, "5.1.1 no such user")
    assert (without_code.stage, without_code.code, without_code.reply) == ("connect", None, "timed out")
    assert (without_words.code, without_words.reply) == (550, "")
    assert server_answer("a reset was recorded") is None


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (chicago("2026-12-08", "08:00"), "America/Chicago", "Tue, Dec 8, 8:00 AM CST"),
        (chicago("2026-12-08", "00:05"), "America/Chicago", "Tue, Dec 8, 12:05 AM CST"),
        (chicago("2026-07-08", "12:30"), "America/Chicago", "Wed, Jul 8, 12:30 PM CDT"),
        (chicago("2026-12-08", "23:30"), "America/New_York", "Wed, Dec 9, 12:30 AM EST"),
    ],
)
def test_an_instant_reads_as_the_practices_clocks_show_it(at: object, zone: str, words: str) -> None:
    assert local_moment(at, zone) == words  # type: ignore[arg-type]
