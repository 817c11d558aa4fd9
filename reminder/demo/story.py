"""Lets the demo's practices live through their last three weeks, so that there is something to see."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from reminder.demo.people import EVERYBODY, LAKESIDE, ZONES, Invented
from reminder.jobs import practices as practice_jobs
from reminder.jobs import staff
from reminder.jobs.confirm import record_by_admin
from reminder.jobs.tick import tick
from reminder.policy.model import Absence, Schedule
from reminder.policy.moments import instant, local_date
from reminder.store import admins, people, practices

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.demo.clock import MovableClock
    from reminder.jobs.services import Services

OWNER = "dana.whitfield@demo.example"
STORY_DAYS = 21
ACTOR = "demo"
RULE_DAYS = 60


def tell(services: Services, clock: MovableClock) -> int:
    """Register everybody three weeks ago, and run each day since; return the owner's admin id.

    The clock shows the present again afterwards.
    """
    now = clock()
    clock.set(now - timedelta(days=STORY_DAYS))
    with services.store.write() as connection:
        _open(connection, clock())
        for someone in EVERYBODY:
            _register(connection, someone, now, clock())
    live_through(services, clock, now)
    with services.store.write() as connection:
        _lately(connection, now)
        owner = admins.with_email(connection, OWNER)
    clock.set(now)
    tick(services)
    return owner.id if owner else 0


def _open(connection: Connection, now: datetime) -> None:
    for name, zone in ZONES.items():
        schedule = Schedule(zone=zone)
        practice_jobs.open_practice(
            connection, name=name, schedule=schedule, owner=OWNER, actor=ACTOR, now=now, live=True
        )
    owner = admins.with_email(connection, OWNER)
    if owner is not None:
        admins.rename(connection, owner.id, "Dana Whitfield")


def _register(connection: Connection, someone: Invented, today_at: datetime, now: datetime) -> None:
    """Register an invented person; whoever has more than 39 days left today resets during the story instead."""
    wanted = staff.Registration(name=someone.name, email=someone.email, role=someone.role)
    for name in someone.practices:
        home = practices.named(connection, name)
        key = staff.register(connection, home, wanted, by="Dana Whitfield", actor=ACTOR, now=now)
    if someone.left is None:
        return
    reset_on = _reset_on(someone, today_at, ZONES[someone.practices[0]])
    if reset_on <= local_date(now, ZONES[someone.practices[0]]):
        person = people.find(connection, str(key))
        record_by_admin(connection, person, actor=ACTOR, now=now, practice_id=None, reset_on=reset_on)


def _reset_on(someone: Invented, today_at: datetime, zone: str) -> date:
    return local_date(today_at, zone) - timedelta(days=RULE_DAYS - (someone.left or 0))


def live_through(services: Services, clock: MovableClock, until: datetime) -> None:
    """Run a tick at each morning's sending time of every zone until an instant, and one at that instant."""
    day = local_date(clock(), "America/Chicago")
    last = local_date(until, "America/Chicago")
    while day <= last:
        for zone in sorted(set(ZONES.values())):
            at = instant(day, time(8, 1), zone)
            if clock() < at < until:
                clock.set(at)
                tick(services)
        day += timedelta(days=1)
    clock.set(until)
    tick(services)


def _lately(connection: Connection, now: datetime) -> None:
    """Do what happened most recently: resets during the story, absences, and one who left."""
    for someone in EVERYBODY:
        person = people.find(connection, someone.email)
        zone = ZONES[someone.practices[0]]
        today = local_date(now, zone)
        if someone.left is not None and person.reset_on != _reset_on(someone, now, zone):
            reset_on = _reset_on(someone, now, zone)
            record_by_admin(connection, person, actor=ACTOR, now=now, practice_id=None, reset_on=reset_on)
        if someone.away is not None:
            first, last = someone.away
            to_on = today + timedelta(days=last) if last is not None else None
            away = Absence(from_on=today + timedelta(days=first), to_on=to_on)
            staff.pause(connection, person, away, actor=ACTOR, now=now)
        if someone.gone:
            staff.remove(connection, person, practices.named(connection, LAKESIDE), actor=ACTOR, now=now)
