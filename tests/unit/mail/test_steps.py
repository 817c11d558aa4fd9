from __future__ import annotations

import pytest

from reminder.mail.memory import TAKEN, MemoryTransport
from reminder.mail.sign_in import Login
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.steps import STEPS, State, steps_of
from reminder.mail.transport import Outcome, Stage, Verdict

LOGIN = Login(user="office", password="x")
DONE, FAILED, NOT_NEEDED, NOT_REACHED = State.DONE, State.FAILED, State.NOT_NEEDED, State.NOT_REACHED


def server(security: Security = Security.STARTTLS, login: Login | None = LOGIN) -> SmtpTransport:
    return SmtpTransport(host="mail.x.example", port=587, security=security, login=login)


@pytest.mark.parametrize(
    ("stage", "states"),
    [
        (Stage.CONNECT, [FAILED, NOT_REACHED, NOT_REACHED, NOT_REACHED]),
        (Stage.GREETING, [FAILED, NOT_REACHED, NOT_REACHED, NOT_REACHED]),
        (Stage.STARTTLS, [DONE, FAILED, NOT_REACHED, NOT_REACHED]),
        (Stage.TLS, [DONE, FAILED, NOT_REACHED, NOT_REACHED]),
        (Stage.AUTH, [DONE, DONE, FAILED, NOT_REACHED]),
        (Stage.MAIL, [DONE, DONE, DONE, FAILED]),
        (Stage.DOT, [DONE, DONE, DONE, FAILED]),
    ],
)
def test_a_refusal_stops_at_its_step(stage: Stage, states: list[State]) -> None:
    refusal = Verdict(outcome=Outcome.MISCONFIGURED, stage=stage, code=535, reply="5.7.8 no")
    found = steps_of(refusal, server())
    failed = next(step for step in found if step.state is FAILED)

    assert [step.state for step in found] == states
    assert (failed.said, bool(failed.meaning)) == ("535 5.7.8 no", True)


def test_a_mail_that_was_taken_went_through_every_step() -> None:
    found = steps_of(TAKEN, server())

    assert [(step.name, step.state) for step in found] == [(name, DONE) for name in STEPS]


def test_what_a_server_does_without_is_said_so() -> None:
    plain = steps_of(TAKEN, server(Security.PLAIN, None))
    memory = steps_of(TAKEN, MemoryTransport())

    assert [step.state for step in plain] == [DONE, NOT_NEEDED, NOT_NEEDED, DONE]
    assert [step.state for step in memory] == [NOT_NEEDED, NOT_NEEDED, NOT_NEEDED, DONE]
