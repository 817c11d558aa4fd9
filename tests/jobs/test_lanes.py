"""Several connections to one mail server, in step: one commit serves them all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Lock
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.services import MailLimits
from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict
from reminder.policy.model import State
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from reminder.mail.memory import MemoryConnection
    from reminder.store.engine import Store

SEVEN_LEFT = date(2026, 10, 9)
NO_SUCH_USER = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
NO_ROOM = Verdict(outcome=Outcome.DEFERRED, stage=Stage.GREETING, code=432, reply="4.3.2 too many", usable=False)
BAD_PASSWORD = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="5.7.8 no", usable=False)
LOST = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="the server hung up", usable=False)


@pytest.fixture
def crowd(store: Store) -> World:
    """Seven people whose mails are due now, and a server that takes three connections."""
    world = World(store, chicago("2026-12-01"))
    world.practice()
    world.services.installation = replace(world.services.installation, limits=MailLimits(connections=3))
    for number in range(7):
        world.person(f"Person {number}", SEVEN_LEFT)
    return world


def sent_to(world: World) -> list[str]:
    return sorted(mail.to for mail in world.mails if mail.kind == "warning")


EVERYBODY = [f"person.{number}@lakeside.example" for number in range(7)]


def test_each_mail_goes_once_over_as_many_connections_as_are_allowed(crowd: World) -> None:
    tally = crowd.tick()

    assert sent_to(crowd) == EVERYBODY
    assert (tally.sent, crowd.transport.connections) == (7, 3)


def test_a_server_that_takes_fewer_connections_is_served_by_those(crowd: World) -> None:
    connect, one_by_one = crowd.transport.connect, Lock()

    def only_two() -> MemoryConnection:
        with one_by_one:
            if crowd.transport.connections == 2:
                raise ConnectFault(NO_ROOM)
            return connect()

    crowd.transport.connect = only_two  # type: ignore[method-assign]

    assert crowd.tick().sent == 7
    assert sent_to(crowd) == EVERYBODY


def test_the_connections_after_the_first_are_opened_side_by_side(crowd: World) -> None:
    connect, both = crowd.transport.connect, Barrier(2, timeout=10)

    def once_the_other_is_there() -> MemoryConnection:
        if crowd.transport.connections:
            both.wait()
        return connect()

    crowd.transport.connect = once_the_other_is_there  # type: ignore[method-assign]

    assert crowd.tick().sent == 7


def test_a_server_that_refuses_us_is_asked_once_and_not_for_each_connection(crowd: World) -> None:
    asked = []

    def refuse() -> MemoryConnection:
        asked.append(1)
        raise ConnectFault(BAD_PASSWORD)

    crowd.transport.connect = refuse  # type: ignore[method-assign]

    assert crowd.tick().sent == 0
    assert len(asked) == 1


def test_a_refusal_of_us_on_every_connection_costs_nobody_a_mail(crowd: World) -> None:
    refusals = [replace(BAD_PASSWORD, stage=Stage.MAIL, reply=f"5.7.60 no {number}") for number in range(3)]
    crowd.transport.answers.extend(refusals)
    crowd.tick()
    waiting = len(crowd.reminders(state=State.PLANNED))
    crowd.transport.answers.clear()
    crowd.tick(crowd.now + timedelta(minutes=16))

    assert waiting == 7
    assert sent_to(crowd) == EVERYBODY


def test_one_refused_address_disturbs_no_other(crowd: World) -> None:
    crowd.transport.answers.append(NO_SUCH_USER)
    tally = crowd.tick()

    assert (tally.sent, tally.failed) == (6, 1)


def test_a_connection_that_breaks_leaves_one_mail_in_doubt_and_the_rest_goes(crowd: World) -> None:
    crowd.transport.answers.append(LOST)
    tally = crowd.tick()

    assert (tally.sent, len(crowd.reminders(state=State.IN_DOUBT))) == (6, 1)
    assert sent_to(crowd) == EVERYBODY


def test_one_commit_serves_every_connection(crowd: World, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    write = crowd.store.write

    def counted() -> AbstractContextManager[Connection]:
        commits.append(len(crowd.mails))
        return write()

    monkeypatch.setattr(crowd.store, "write", counted)
    crowd.tick()
    during = [count for count in commits if 0 < count < 7]

    assert during == [3, 6]


def test_a_crash_leaves_at_most_one_mail_a_connection_in_doubt_and_each_was_marked(crowd: World) -> None:
    class PowerCutError(BaseException):
        pass

    def cut(self: MemoryConnection) -> Iterator[None]:
        raise PowerCutError

    connect = crowd.transport.connect

    def dying() -> MemoryConnection:
        connection = connect()
        if crowd.transport.connections == 3:
            connection.outcome = lambda: cut(connection)  # type: ignore[assignment, method-assign, return-value]
        return connection

    crowd.transport.connect = dying  # type: ignore[method-assign]
    with pytest.raises(PowerCutError):
        crowd.tick()
    marked = [row for row in crowd.reminders(state=State.SENDING) if row.sending_at is not None]
    crowd.transport.connect = connect  # type: ignore[method-assign]
    crowd.tick(chicago("2026-12-01", "08:20"))

    assert len(marked) == 3
    assert set(sent_to(crowd)) == set(EVERYBODY)
    assert len(sent_to(crowd)) <= 7 + 3
    assert {mail.to for mail in crowd.mails if sent_to(crowd).count(mail.to) > 1} <= {row.recipient for row in marked}


def test_a_mail_called_off_at_the_last_moment_does_not_go(crowd: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = crowd.transport.connect

    def reset_meanwhile() -> MemoryConnection:
        if crowd.transport.connections == 0:
            crowd.reset(1, date(2026, 12, 1))
        return begun()

    monkeypatch.setattr(crowd.transport, "connect", reset_meanwhile)
    tally = crowd.tick()

    assert tally.sent == 6
    assert EVERYBODY[0] not in sent_to(crowd)
