"""The example that every route is walked on and every page is looked at with: made once, then copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.jobs import bulk
from reminder.jobs.import_terms import Request
from reminder.jobs.importing import import_roster
from reminder.jobs.signing_in import hash_of, make_sign_in_link
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import Absence, AdminRole, Role
from reminder.roster.reading import read_roster
from reminder.store import admins, migrate, practices, sessions
from reminder.store.engine import Store
from tests.world import OWNER, World, chicago

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.every_route import Use

NOW = chicago("2026-12-01")
ANN = "ann@desert.example"
VISITORS = {
    "owner": OWNER,
    "editor": "editor@lakeside.example",
    "viewer": "viewer@lakeside.example",
    "stranger": ANN,
    "nobody": "",
}
LIST = b"Name,Email,Role\nBen Okafor,ben@lakeside.example,AM\n"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A world that was made once: its database, and a one-time link for each visitor."""

    path: Path
    links: dict[str, str]
    known: dict[str, str]

    def address(self, use: Use) -> str:
        """Return the example's address with the words in capitals filled in."""
        path = use.path
        for word, value in self.known.items():
            path = path.replace(word, value)
        return path

    def form(self, use: Use) -> dict[str, str]:
        """Return the example's form, filled in alike."""
        return {name: self.known.get(value, value) for name, value in use.form.items()}


def keep_example(path: Path) -> Kept:
    """Two practices; in the first one AO with a mail sent, one person unknown, one whose address was refused."""
    store = Store(f"sqlite:///{path}")
    migrate.upgrade(store)
    world = World(store, NOW)
    world.practice()
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    world.person("Alma Reyes", date(2026, 10, 9), role=Role.AUTHORIZED_OFFICIAL)
    world.person("Farah Haddad")
    world.person("Wes Young", date(2026, 10, 9), practice=other)
    refusal = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
    world.tick()
    take_roster(world)
    world.person("Karin Jaeger", date(2026, 9, 3))
    world.transport.answers.append(refusal)
    world.tick()
    alma = next(mail for mail in world.mails if mail.to.startswith("alma"))
    known = {
        "TOKEN": alma.link.removeprefix("/r/"),
        "CALENDAR": world.services.links.calendar(1, alma.to).rpartition("/")[2].removesuffix(".ics"),
        "FORETOLD": next(mail.key for mail in world.forecast() if mail.person_id == 1),
        "FAILED": str(world.reminders(state="failed")[0].id),
    }
    links = {}
    with store.write() as connection:
        for role in (AdminRole.EDITOR, AdminRole.VIEWER):
            key = admins.add(connection, email=VISITORS[role], name=role, now=NOW)
            admins.grant(connection, key, 1, role)
        for visitor, email in VISITORS.items():
            found = admins.with_email(connection, email)
            if found is not None:
                links[visitor] = make_sign_in_link(connection, found.id, NOW)
        invited = admins.add(connection, email="invited@lakeside.example", name="Invited", now=NOW)
        admins.grant(connection, invited, 1, AdminRole.VIEWER)
        known["LINK"] = make_sign_in_link(connection, invited, NOW).removeprefix("/sign-in/")
        sessions.add_link(connection, hash_of("for-an-address"), 1, NOW + timedelta(days=1), new_email="d@x.example")
        known["ADDRESS"] = "for-an-address"
        known["INVITED"], known["COLLEAGUE"] = str(invited), str(key)
        here = practices.load(connection)[1]
        by = bulk.By(connection=connection, practice=here, actor="admin:1", now=NOW)
        known["BULK"] = str(bulk.pause(by, [2], Absence(from_on=date(2027, 3, 1), to_on=date(2027, 3, 5))))
    store.close()
    return Kept(path=path, links=links, known=known)


def take_roster(world: World, text: bytes = LIST) -> None:
    """Import a list into the first practice."""
    with world.store.read() as connection:
        practice = practices.load(connection)[1]
    roster = read_roster(text, file_name="roster.csv", today=date(2026, 12, 1))
    wanted = Request(
        practice=practice, allowed=[practice], roster=roster, file_name="roster.csv", by="Dana", actor="test"
    )
    import_roster(world.store, wanted, world.now)
