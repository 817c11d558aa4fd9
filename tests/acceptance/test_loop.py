"""The loop as a whole: many days with people, resets and admins, against what was said beforehand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import staff
from reminder.jobs.confirm import confirm_date, visit
from reminder.policy.model import Absence, Role
from reminder.store import people
from tests.world import World, chicago

if TYPE_CHECKING:
    from reminder.jobs.forecast import Forecast
    from reminder.store.engine import Store
    from tests.world import Mail

START = chicago("2026-12-01", "07:00")


def populated(store: Store) -> World:
    """Three practices in three zones, people at every point of their cycle, some without a date, some away."""
    world = World(store, START)
    world.practice()
    west = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.practice("Harbor Clinic", zone="America/New_York", owner="bo@harbor.example", ladder=(21, 10, 3, 0, -2, -9))
    for number, left in enumerate(range(-60, 60, 4)):
        role = (Role.AUTHORIZED_OFFICIAL, Role.ACCESS_MANAGER, Role.STAFF_END_USER)[number % 3]
        reset_on = date(2026, 12, 1) + timedelta(days=left - 60)
        world.person(f"Person {number}", reset_on, role=role, practice=1 + number % 3)
    world.person("No Date")
    world.person("Both Places", date(2026, 10, 20))
    world.person("Both Places", practice=west)
    with world.store.write() as connection:
        away = people.find(connection, "person.18@lakeside.example")
        staff.pause(
            connection, away, Absence(from_on=date(2026, 12, 7), to_on=date(2026, 12, 20)), actor="t", now=world.now
        )
    return world


def said(mails: list[Forecast]) -> Counter[tuple[datetime, str, str]]:
    return Counter((mail.at.astimezone(UTC), mail.to, mail.kind.value) for mail in mails)


def sent(mails: list[Mail]) -> Counter[tuple[datetime, str, str]]:
    return Counter((mail.at, mail.to, mail.kind) for mail in mails)


def test_the_forecast_said_exactly_what_then_went_out(sqlite_store: Store) -> None:
    world = populated(sqlite_store)
    foretold = world.forecast(days=60)
    world.tick()
    world.live(START + timedelta(days=60) - timedelta(hours=8), every=timedelta(hours=1))

    assert sent(world.mails) == said(foretold)


def test_the_forecast_holds_from_the_middle_on(sqlite_store: Store) -> None:
    world = populated(sqlite_store)
    world.live(chicago("2026-12-16", "12:00"), every=timedelta(hours=4))
    before = len(world.mails)
    foretold = world.forecast(days=30)
    world.live(chicago("2027-01-14", "23:00"))

    assert sent(world.mails[before:]) == said(foretold)


def press(world: World, mail: Mail, reset_on: date) -> None:
    token = world.services.links.read(mail.link.removeprefix("/r/"))
    with world.store.write() as connection:
        seen = visit(connection, token, world.now)
        assert seen is not None
        assert confirm_date(connection, seen, reset_on, world.now) is not None


def test_a_confirmation_starts_the_next_sixty_days(store: Store) -> None:
    world = World(store, START)
    world.practice()
    world.person("Alma Reyes", date(2026, 10, 9))
    world.tick(chicago("2026-12-01"))
    press(world, world.mails[0], date(2026, 12, 1))
    world.tick()
    world.live(chicago("2027-01-30", "12:00"), every=timedelta(hours=12))

    assert [(mail.kind, mail.at.date().isoformat()) for mail in world.mails if mail.to.startswith("alma")] == [
        ("warning", "2026-12-01"),
        ("receipt", "2026-12-01"),
        ("warning", "2027-01-15"),
        ("warning", "2027-01-22"),
        ("warning", "2027-01-27"),
        ("warning", "2027-01-29"),
    ]


def test_no_person_gets_two_mails_about_the_clock_on_one_day(sqlite_store: Store) -> None:
    world = populated(sqlite_store)
    world.live(START + timedelta(days=30), every=timedelta(hours=3))
    clock = Counter((mail.to, mail.at.date()) for mail in world.mails if mail.kind in {"warning", "expired", "ask"})

    assert max(clock.values()) == 1


def test_every_mail_was_taken_once(sqlite_store: Store) -> None:
    world = populated(sqlite_store)
    world.live(START + timedelta(days=20), every=timedelta(hours=6))
    ids = Counter(line for mail in world.mails for line in mail.raw.splitlines() if line.startswith(b"Message-ID"))

    assert set(ids.values()) == {1}


@pytest.mark.parametrize("gap_days", [1, 3, 10])
def test_a_gap_in_service_sends_one_mail_a_person(sqlite_store: Store, gap_days: int) -> None:
    world = populated(sqlite_store)
    world.live(chicago("2026-12-04", "12:00"))
    before = len(world.mails)
    world.tick(chicago("2026-12-04", "12:00") + timedelta(days=gap_days))
    people_mails = Counter(mail.to for mail in world.mails[before:] if mail.kind in {"warning", "expired", "ask"})

    assert set(people_mails.values()) <= {1}
