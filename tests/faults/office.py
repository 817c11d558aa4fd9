"""What is tortured of the work at the desk: staff, many people at once, a practice's settings, a queue that was held."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from reminder.jobs import bulk, staff
from reminder.jobs.practice_edit import PracticeEdit, edit_practice
from reminder.jobs.releasing import hold_queue, release_queue
from reminder.jobs.tick import tick
from reminder.policy.model import Absence
from reminder.store import absences, events, memberships, people
from reminder.store import practices as stored
from reminder.store.engine import Store
from tests.faults.scenario import PEOPLE, Scenario, one_of
from tests.faults.town import START, settle
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.practices import Practice

ACTOR = "admin:1"
TODAY = date(2026, 12, 1)
AWAY = Absence(from_on=TODAY, to_on=TODAY + timedelta(days=20))
MOVED = "moved@lakeside.example"


def practice_of(connection: Connection) -> Practice:
    return stored.load(connection, [1])[1]


def look_after_staff(services: Services, _: Path) -> None:
    """Correct the address of one person, note that another is away, and let the third go: each is a page of its own."""
    now = services.clock()
    with services.store.write() as connection:
        first = people.load(connection, [1])[1]
        staff.edit(connection, first, practice_of(connection), {"email": MOVED}, actor=ACTOR, now=now)
    with services.store.write() as connection:
        second = people.load(connection, [2])[2]
        if AWAY not in absences.of_people(connection, [2]).get(2, ()):
            staff.pause(connection, second, AWAY, actor=ACTOR, now=now)
    with services.store.write() as connection:
        third = people.load(connection, [3])[3]
        if memberships.roles_of(connection, 3):
            staff.remove(connection, third, practice_of(connection), actor=ACTOR, now=now)


LOOKED_AFTER = (
    f"person where email = '{MOVED}'",
    "event where action = 'person.edited'",
    "absence where person_id = 2",
    "event where action = 'person.paused'",
    "membership where left_at is not null",
    "event where action = 'person.removed'",
)


def by_admin(connection: Connection, services: Services) -> bulk.By:
    return bulk.By(connection=connection, practice=practice_of(connection), actor=ACTOR, now=services.clock())


def record_for_two(services: Services, _: object = None) -> None:
    with services.store.write() as connection:
        bulk.record_resets(by_admin(connection, services), [1, 2], TODAY)


def recorded_for_two(url: str) -> None:
    settle(url, people=len(PEOPLE))
    store = Store(url)
    record_for_two(World(store, START).services)
    store.close()


def take_back_for_two(services: Services, _: Path) -> None:
    with services.store.write() as connection:
        act = events.get(connection, connection.scalar(text("select id from event where action = 'bulk.reset'")) or 0)
        assert act is not None
        bulk.take_back(by_admin(connection, services), act)


TWO = ("reset where person_id in (1, 2)", "event where action = 'reset.recorded'")
TWO_TAKEN_BACK = ("reset where person_id in (1, 2)", "event where action = 'reset.undone'")


def change_settings(services: Services, _: Path) -> None:
    """Send later in the day, close for Christmas Eve, and give the practice another name."""
    wanted = PracticeEdit(
        send_time="10:30", close=(date(2026, 12, 24),), name="Lakeside Clinic", sender_name="Lakeside"
    )
    with services.store.write() as connection:
        edit_practice(connection, practice_of(connection), wanted, actor=ACTOR, now=services.clock())


CHANGED = (
    "practice where send_time like '10:30%'",
    "event where action = 'practice.schedule'",
    "closure",
    "practice where name = 'Lakeside Clinic'",
    "event where action = 'practice.edited'",
)


def held(url: str) -> None:
    """Have mails planned, and a queue that somebody held."""
    settle(url, people=len(PEOPLE))
    store = Store(url)
    with store.write() as connection:
        hold_queue(connection, actor=ACTOR, now=START)
    store.close()


def release(services: Services, _: Path) -> None:
    """Release the queue, and let a pass follow."""
    with services.store.write() as connection:
        release_queue(connection, actor=ACTOR, now=services.clock())
    tick(services)


RELEASED = ("system where key = 'hold'", "event where action = 'queue.released'")

OFFICE = (
    Scenario(
        name="look after staff",
        act=look_after_staff,
        half=one_of((0,) * 6, (1, 1, 0, 0, 0, 0), (1, 1, 1, 1, 0, 0), (1,) * 6, of=LOOKED_AFTER),
        done=one_of((1,) * 6, of=LOOKED_AFTER),
        addresses=[MOVED],
    ),
    Scenario(
        name="record for several",
        act=record_for_two,
        half=one_of((2, 0), (4, 2), of=TWO),
        done=one_of((4, 2), of=TWO),
        addresses=PEOPLE[2:],
    ),
    Scenario(
        name="take back for several",
        prepare=recorded_for_two,
        act=take_back_for_two,
        half=one_of((4, 0), (6, 2), of=TWO_TAKEN_BACK),
        done=one_of((6, 2), of=TWO_TAKEN_BACK),
    ),
    Scenario(
        name="change settings",
        act=change_settings,
        half=one_of((0,) * 5, (1,) * 5, of=CHANGED),
        done=one_of((1,) * 5, of=CHANGED),
    ),
    Scenario(
        name="release",
        prepare=held,
        act=release,
        half=one_of((1, 0), (0, 1), of=RELEASED),
        done=one_of((0, 1), of=RELEASED),
    ),
)
