"""A database in which much has happened: every kind of mail, every state, resets, undos, imports, faults of the server."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.jobs import confirm, practices, staff
from reminder.jobs.freeze import freeze
from reminder.jobs.import_terms import Request
from reminder.jobs.importing import import_roster
from reminder.jobs.plan import plan_people
from reminder.jobs.services import Tally
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import Absence, Role
from reminder.roster.reading import read_roster
from reminder.store import practices as stored
from reminder.store import sending
from tests.world import World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store

LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")
NO_SUCH_USER = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
SPAM = Verdict(outcome=Outcome.REFUSED_CONTENT, stage=Stage.DOT, code=554, reply="5.7.1 spam")
UNCLEAR = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="no answer in time", usable=False)

START = chicago("2026-12-01", "07:00")
ROSTER = b"name,email,role,days left,last reset\nIva Import,iva@lakeside.example,SEU,20,\nPerson 3,person.3@lakeside.example,AM,,2026-11-30\n"


def lived(store: Store) -> World:
    """Live through sixteen days, and stop at half past seven on a Thursday with mails in every state."""
    world = World(store, START)
    world.practice()
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example", live=False)
    world.practice("Harbor Clinic", zone="America/New_York", owner="bo@harbor.example", ladder=(21, 10, 3, 0, -2, -9))
    for number, left in enumerate(range(-60, 60, 4)):
        role = (Role.AUTHORIZED_OFFICIAL, Role.ACCESS_MANAGER, Role.STAFF_END_USER)[number % 3]
        second = f"second.{number}@lakeside.example" if number % 5 == 0 else None
        reset_on = date(2026, 12, 1) + timedelta(days=left - 60)
        world.person(f"Person {number}", reset_on, role=role, practice=1 + number % 3, second_email=second)
    world.person("No Date")
    world.person("Both Places", date(2026, 10, 20))
    world.person("Both Places", practice=3)
    world.transport.answers.extend([LATER, NO_SUCH_USER, UNCLEAR, SPAM, LATER])
    world.live(chicago("2026-12-04", "12:00"))
    _events(world)
    world.transport.answers.extend([UNCLEAR, LATER, NO_SUCH_USER])
    world.live(chicago("2026-12-16", "18:30"), every=timedelta(hours=2))
    _loose_ends(world)
    return world


def _events(world: World) -> None:
    """Let people and admins act: a confirmation taken back, a leave, an import, a leaving, a practice that goes live."""
    with world.store.write() as connection:
        practice = stored.load(connection, [1, 2, 3])
        seen = confirm.visit(connection, world.services.links.read(_link(world)), world.now)
        assert seen is not None
        reset_id = confirm.confirm_date(connection, seen, date(2026, 12, 4), world.now)
        assert reset_id is not None
    world.tick(world.now + timedelta(minutes=1))
    with world.store.write() as connection:
        again = confirm.visit(connection, world.services.links.read(_link(world)), world.now)
        assert again is not None
        assert confirm.take_back(connection, again, reset_id, world.now, disputed=True)
        leave = Absence(from_on=date(2026, 12, 7), to_on=date(2026, 12, 20))
        staff.pause(connection, world.look(19), leave, actor="test", now=world.now)
        staff.pause(connection, world.look(22), Absence(from_on=date(2026, 12, 5)), actor="test", now=world.now)
        staff.remove(connection, world.look(25), practice[1], actor="test", now=world.now)
        practices.go_live(connection, 2, actor="test", now=world.now)
    roster = read_roster(ROSTER, file_name="staff.csv", today=date(2026, 12, 4))
    wanted = Request(
        practice=practice[1], allowed=[practice[1]], roster=roster, file_name="staff.csv", by="Dana", actor="admin:1"
    )
    import_roster(world.store, wanted, world.now)


def _link(world: World) -> str:
    mail = next(mail for mail in world.mails if mail.kind == "warning" and mail.to.startswith("person."))
    return mail.link.removeprefix("/r/")


def _loose_ends(world: World) -> None:
    """Leave mails planned, deferred, in doubt, claimed and half sent."""
    world.now = chicago("2026-12-17", "08:00")
    for number in range(4):
        world.person(f"Late {number}", date(2026, 10, 20))
    world.transport.answers.extend([UNCLEAR, LATER])
    world.tick()
    for number in range(4):
        world.person(f"Early {number}", date(2026, 10, 25), practice=1)
    plan_people(world.store, world.now, Tally())
    with world.store.write() as connection:
        claimed = sending.claim(connection, "a sender that is gone", world.now, 2)
        ready = freeze(connection, world.services, claimed, world.now).ready
        sending.mark_sending(connection, [ready[0].row], world.now + timedelta(seconds=2))
