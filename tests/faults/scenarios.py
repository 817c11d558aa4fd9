"""What is tortured: planning, sending, importing, confirming, taking back, recording, backing up, the office."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from datetime import date, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from reminder.errors import ReminderError
from reminder.jobs import confirm
from reminder.jobs.import_terms import Request
from reminder.jobs.import_undo import undo_import
from reminder.jobs.importing import import_roster
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.jobs.tick import tick
from reminder.roster.reading import read_roster
from reminder.store import imports, migrate, people
from reminder.store import practices as stored
from reminder.store.backups import back_up as back_up_to
from reminder.store.backups import back_up_now
from reminder.store.engine import Store
from reminder.store.restoring import restore
from reminder.store.schema import NEWEST
from tests.faults.migrating import lived_at
from tests.faults.office import OFFICE
from tests.faults.scenario import PEOPLE, Scenario, one_of
from tests.faults.sink import Taken
from tests.faults.town import START, settle
from tests.world import World

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.confirm import Visit
    from reminder.jobs.services import Services
    from tests.faults.line import MailServer

TODAY = date(2026, 12, 1)
EIGHT_LEFT = TODAY - timedelta(days=52)
FIRST = PEOPLE[0]


def unplanned(url: str) -> None:
    """Have three people whose mails are planned, and three who were just registered."""
    settle(url, people=len(PEOPLE))
    store = Store(url)
    world = World(store, START)
    for name in ("Later", "Nobody", "Fresh"):
        world.person(name, EIGHT_LEFT)
    store.close()


def plan(services: Services, _: Path) -> None:
    plan_people(services.store, services.clock(), Tally())


def send(services: Services, _: Path) -> None:
    tick(services)


def from_folder(_: MailServer, place: Path) -> list[Taken]:
    """What lies in the folder: the same mail twice is one file."""
    found = []
    for path in sorted((place / "mails").glob("*.eml")):
        data = path.read_bytes()
        headers = BytesHeaderParser().parsebytes(data)
        one = Taken(
            at="",
            connection=0,
            recipient=str(headers["to"]).rpartition("<")[2].rstrip(">"),
            message_id=str(headers["message-id"]),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        found.append(one)
    return found


ROSTER = b"""name,email,role,days left
Person 0,person.0@lakeside.example,AO,8
Person 1,person.1@lakeside.example,AM,8
Import 0,import.0@lakeside.example,SEU,8
Import 1,import.1@lakeside.example,SEU,8
Import 2,import.2@lakeside.example,SEU,8
"""


def import_(services: Services, _: object = None) -> None:
    with services.store.read() as connection:
        practice = stored.load(connection, [1])[1]
    roster = read_roster(ROSTER, file_name="staff.csv", today=TODAY)
    wanted = Request(
        practice=practice, allowed=[practice], roster=roster, file_name="staff.csv", by="Dana", actor="admin:1"
    )
    import_roster(services.store, wanted, services.clock())


IMPORTED = ("person", "roster_import", "event where action = 'roster.imported'")


def imported(url: str) -> None:
    settle(url, people=len(PEOPLE))
    store = Store(url)
    import_(World(store, START).services)
    store.close()


def take_import_back(services: Services, _: Path) -> None:
    with services.store.write() as connection:
        found = imports.load(connection, 2)
        assert found is not None
        if found.undone_at is None:  # pressed again, it only says that it was done
            undo_import(connection, 2, actor="admin:1", now=services.clock())


TAKEN_BACK = ("person", "roster_import where undone_at is not null", "event where action = 'roster.undone'")


def visit(services: Services, connection: Connection) -> Visit:
    """Open the link in the first person's mail."""
    link = services.links.confirm(1, (TODAY + timedelta(days=8)).isoformat(), FIRST)
    seen = confirm.visit(connection, services.links.read(link.rpartition("/")[2]), services.clock())
    assert seen is not None
    return seen


def press(services: Services, _: object = None) -> None:
    with services.store.write() as connection:
        confirm.confirm_date(connection, visit(services, connection), TODAY, services.clock())


def confirmed(url: str) -> None:
    settle(url, people=len(PEOPLE))
    store = Store(url)
    press(World(store, START).services)
    store.close()


def take_back(services: Services, _: Path) -> None:
    with services.store.write() as connection:
        confirm.take_back(connection, visit(services, connection), 4, services.clock(), disputed=True)


def record(services: Services, _: Path) -> None:
    with services.store.write() as connection:
        person = people.load(connection, [1])[1]
        confirm.record_by_admin(
            connection, person, actor="admin:1", now=services.clock(), practice_id=1, reset_on=TODAY
        )


def back_up(services: Services, place: Path) -> None:
    back_up_now(services.store, place / "backups", services.clock())


def backed_up(url: str) -> None:
    """Have a backup, and two people who came later."""
    settle(url, people=len(PEOPLE))
    store = Store(url)
    back_up_to(store, Path(store.url.database or "").with_name("saved.db"))
    world = World(store, START)
    for name in ("Came", "Later"):
        world.person(name, EIGHT_LEFT)
    store.close()


def bring_back(services: Services, place: Path) -> None:
    restore(services.store, place / "saved.db", place / "backups", services.clock(), force=True)
    tick(services)


def old(url: str) -> None:
    """Have the tables of the first release, and a few rows in each."""
    lived_at(url, "0001", rows=3, seed=1).close()


def upgrade(services: Services, _: Path) -> None:
    """Upgrade; whatever became of it, a row may not refer to what is not there on any connection used afterwards."""
    try:
        migrate.upgrade(services.store)
    finally:
        with suppress(ReminderError), services.store.write() as connection:
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1, "foreign keys are off"


UPGRADED = ("alembic_version where version_num = '0001'", f"alembic_version where version_num = '{NEWEST}'", "person")


RESTORED = ("person", "system where key = 'hold'", "attempt")


def backups(_: object, place: Path) -> list[str]:
    """Look into every backup: each is whole. What lies half written beside them is from the day before yesterday now."""
    faults = []
    for path in (place / "backups").glob(".*"):
        os.utime(path, ((START - timedelta(days=2)).timestamp(),) * 2)
    for path in sorted((place / "backups").glob("[!.]*")):
        with closing(sqlite3.connect(path)) as connection:
            verdict = connection.execute("pragma integrity_check").fetchone()[0]
            people_in_it = connection.execute("select count(*) from person").fetchone()[0]
        if (verdict, people_in_it, path.suffix) != ("ok", 3, ".db"):
            faults.append(f"{path.name}: {verdict}, {people_in_it} people")
    return faults


def only_backups(_: object, place: Path) -> list[str]:
    """Look into every backup; there is one at least, and nothing else."""
    left = [f"left over: {path.name}" for path in (place / "backups").glob(".*")]
    missing = [] if list((place / "backups").glob("reminder-*.db")) else ["no backup"]
    return [*backups(_, place), *left, *missing]


RESETS = ("reset where person_id = 1", "reminder where kind = 'receipt'", "event where action = 'reset.recorded'")

_LIST = (
    Scenario(name="plan", act=plan, prepare=unplanned, addresses=[*PEOPLE, "fresh@lakeside.example"]),
    Scenario(name="send", act=send, prepare=unplanned, addresses=[*PEOPLE, "later@lakeside.example"]),
    Scenario(name="send to a folder", act=send, to_folder=True, taken=from_folder),
    Scenario(
        name="import",
        act=import_,
        half=one_of((3, 1, 1), (6, 2, 2), of=IMPORTED),
        done=one_of((6, 2, 2), (6, 3, 3), of=IMPORTED),
        addresses=[*PEOPLE, *(f"import.{number}@lakeside.example" for number in range(3))],
    ),
    Scenario(
        name="confirm", act=press, half=one_of((1, 0, 0), (2, 1, 1), of=RESETS), done=one_of((2, 1, 1), of=RESETS)
    ),
    Scenario(
        name="take back",
        prepare=confirmed,
        act=take_back,
        half=one_of((2,), (3,), of=RESETS[:1]),
        done=one_of((3,), of=RESETS[:1]),
        addresses=PEOPLE[1:],
    ),
    Scenario(
        name="record",
        act=record,
        half=one_of((1,), (2,), of=RESETS[:1]),
        done=one_of((2,), of=RESETS[:1]),
        addresses=PEOPLE[1:],
    ),
    Scenario(
        name="take an import back",
        prepare=imported,
        act=take_import_back,
        half=one_of((6, 0, 0), (3, 1, 1), of=TAKEN_BACK),
        done=one_of((3, 1, 1), of=TAKEN_BACK),
    ),
    Scenario(
        name="restore",
        prepare=backed_up,
        act=bring_back,
        half=one_of((5, 0, 0), (3, 1, 0), of=RESTORED),
        done=one_of((3, 1, 0), of=RESTORED),
        sends=False,
        is_command=True,
        addresses=[],
    ),
    Scenario(
        name="upgrade",
        prepare=old,
        act=upgrade,
        half=one_of((1, 0, 3), (0, 1, 3), of=UPGRADED),
        done=one_of((0, 1, 3), of=UPGRADED),
        sends=False,
        addresses=None,
    ),
    Scenario(name="back up", act=back_up, half=backups, done=only_backups),
    *OFFICE,
)
SCENARIOS = {scenario.name: scenario for scenario in _LIST}
