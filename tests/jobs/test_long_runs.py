"""A run of the sender that would take long: what becomes due, or misses its window, meanwhile does not wait for its end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs.tick import tick_within_limits
from reminder.mail.memory import MemoryConnection
from tests.world import World, chicago

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.mail.transport import Verdict
    from reminder.store.engine import Store

ONE_LEFT, SEVEN_LEFT = date(2026, 10, 3), date(2026, 10, 9)


@pytest.fixture
def world(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice whose mail server takes a minute for each mail."""
    world = World(sqlite_store, chicago("2026-12-01", "08:50"))
    world.practice()
    world.practice("Mesa Clinic", zone="America/Denver", owner="mesa@lakeside.example")
    outcome = MemoryConnection.outcome

    def late(self: MemoryConnection) -> Verdict:
        world.now += timedelta(minutes=1)
        return outcome(self)

    monkeypatch.setattr(MemoryConnection, "outcome", late)
    return world


def went_at(world: World, recipient: str) -> datetime | None:
    return next((row.sent_at for row in world.reminders(recipient=recipient) if row.sent_at), None)


def test_what_becomes_due_meanwhile_goes_first_if_it_is_more_urgent(world: World) -> None:
    for number in range(40):
        world.person(f"Person {number}", SEVEN_LEFT)
    urgent = world.look(world.person("Xenia Last", ONE_LEFT, practice=2))
    tick_within_limits(world.services, timedelta(minutes=1))
    went = went_at(world, urgent.email)

    assert went is not None
    assert chicago("2026-12-01", "09:00") < went < chicago("2026-12-01", "09:10")
    assert len([mail for mail in world.mails if mail.kind == "warning"]) == 41


def test_what_misses_its_window_meanwhile_goes_at_once_if_it_would_be_late_otherwise(world: World) -> None:
    world.now = chicago("2026-12-01", "17:50")
    for number in range(20):
        world.person(f"Person {number}", date(2026, 10, 2))  # expires today
    urgent = world.look(world.person("Xenia Last", ONE_LEFT))
    for number in range(40):
        world.person(f"Person {number} of Mesa", SEVEN_LEFT, practice=2)
    tick_within_limits(world.services, timedelta(minutes=1))
    went = went_at(world, urgent.email)

    assert went is not None
    assert went < chicago("2026-12-01", "18:20")
