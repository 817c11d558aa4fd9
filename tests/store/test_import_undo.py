"""Taking an import back leaves every table as it was; the journals of audit, resets and imports aside."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url, select

from reminder.errors import UsageError
from reminder.jobs import confirm, practices, staff
from reminder.jobs.import_terms import Outcome, Request
from reminder.jobs.import_undo import Undone, undo_import
from reminder.jobs.importing import import_roster
from reminder.jobs.sending_now import send_now
from reminder.mail.transport import Outcome as Answer
from reminder.mail.transport import Stage, Verdict
from reminder.policy.model import Absence, Role
from reminder.roster.reading import read_roster
from reminder.store import memberships, people, reconcile, sending, tables
from reminder.store import practices as stored
from reminder.store.engine import Store
from tests.world import World, chicago

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reminder.store.practices import Practice
    from tests.postgres import Cluster

JOURNALS = {"event", "reset", "roster_import", "import_change", "system"}
HEADINGS = "name,email,second email,role,practice,user id,last reset,days left"
NO_SUCH_USER = Verdict(outcome=Answer.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
LAKESIDE, DESERT, OASIS = "Lakeside Family Medicine", "Desert Bloom", "Oasis Clinic"
SIX = chicago("2026-12-01", "06:00")

ALMA = "Alma Reyes,alma.reyes@lakeside.example,,SEU,,,2026-10-09,"
CHANGES = {
    "a new person": "New Person,new.person@lakeside.example,n.p@home.example,AM,,NEW1,2026-11-01,",
    "a new person without a date": "New Person,new.person@lakeside.example,,AM,,,,",
    "a new person with days left": "New Person,new.person@lakeside.example,,AM,,,,17",
    "a new person in two practices": (
        f"New Person,new.person@lakeside.example,,AM,{LAKESIDE},,2026-11-01,\n"
        f"New Person,new.person@lakeside.example,,AO,{DESERT},,2026-11-01,"
    ),
    "another role": ALMA.replace("SEU", "AO"),
    "a user ID": ALMA.replace("SEU,,,", "SEU,,AREYES,"),
    "a later reset": ALMA.replace("2026-10-09", "2026-11-30"),
    "a first date": "Farah Haddad,farah.haddad@lakeside.example,,SEU,,,2026-11-01,",
    "the days left of somebody asked": "Farah Haddad,farah.haddad@lakeside.example,,SEU,,,,12",
    "another name by user ID": "Ben Okafor-Hill,ben@lakeside.example,,SEU,,BEN,2026-11-15,",
    "another address for a refused one": "Ben Okafor,ben.new@lakeside.example,,SEU,,BEN,2026-11-15,",
    "another second address for a refused one": "Ben Okafor,ben@lakeside.example,b@new.example,SEU,,BEN,2026-11-15,",
    "somebody of another practice": "Wes Young,wes@desert.example,,AM,,,2026-11-30,",
    "somebody of a practice in trial": "Tara Oasis,tara@oasis.example,,AM,,,2026-11-30,",
    "somebody who had left": "Lee Gone,lee.gone@lakeside.example,,AO,,,2026-11-30,",
    "all at once": (
        "Ben Okafor,ben.new@lakeside.example,b@new.example,AO,,BEN,2026-11-30,\n"
        "Lee Gone,lee.gone@lakeside.example,lee@home.example,AO,,LEE,2026-11-30,\n"
        f"{ALMA.replace('2026-10-09', '2026-11-28').replace('SEU', 'AM')}\n"
        "Farah Haddad,farah.haddad@lakeside.example,,SEU,,,,12\n"
        "Wes Young,wes@desert.example,,AM,,,2026-11-30,\n"
        "Tara Oasis,tara@oasis.example,,AM,,,2026-11-30,\n"
        f"New Person,new.person@lakeside.example,,AM,{LAKESIDE},NEW1,,9\n"
        f"New Person,new.person@lakeside.example,,AM,{DESERT},NEW1,,9\n"
        "Nora New,nora@lakeside.example,,SEU,,,,"
    ),
}
ALL = CHANGES["all at once"]


@pytest.fixture(scope="module")
def sqlite_tables(sqlite_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lived") / "reminder.db"
    shutil.copy(sqlite_tables, path)
    with closing(Store(f"sqlite:///{path}")) as store:
        live(store)
    return path


@pytest.fixture(scope="module")
def postgres_tables(postgres: Cluster, postgres_tables: str) -> str:
    url = postgres.fresh_url(like=postgres_tables)
    with closing(Store(url)) as store:
        live(store)
    return str(make_url(url).database)


@pytest.fixture
def world(store: Store) -> World:
    """Tuesday, December 1, 2026, 6 AM: the day's mails wait for 8 AM."""
    return World(store, SIX)


def live(store: Store) -> None:
    """Live through what every test begins with, once for each kind of database."""
    made = World(store, SIX - timedelta(days=40))
    made.practice()
    made.practice(DESERT, zone="America/Phoenix", owner="ann@desert.example")
    made.practice(OASIS, zone="Asia/Tokyo", owner="ann@desert.example", live=False)
    made.person("Alma Reyes", date(2026, 10, 9))
    made.transport.answers.extend([NO_SUCH_USER, NO_SUCH_USER])
    ben = made.person("Ben Okafor", email="ben@lakeside.example", second_email="b@old.example")
    for hours in (2, 3):  # asked at the first address, then at the second
        made.tick(SIX + timedelta(days=-40, hours=hours))
    change(made, ben, user_id="BEN")
    made.person("Wes Young", date(2026, 10, 1), practice=2, email="wes@desert.example")
    made.person("Tara Oasis", date(2026, 10, 1), practice=3, email="tara@oasis.example")
    gone = made.person("Lee Gone", date(2026, 10, 2))
    made.person("Chris Stays", date(2026, 10, 6))
    made.now = SIX - timedelta(days=1)
    made.person("Farah Haddad")
    made.reset(ben, date(2026, 10, 15))
    assert made.look(ben).address is None
    with store.write() as connection:
        home = stored.load(connection, [1])[1]
        staff.remove(connection, made.look(gone), home, actor="test", now=made.now)
    made.tick(SIX)


def change(world: World, person_id: int, **values: Any) -> None:
    with world.store.write() as connection:
        people.change(connection, person_id, values)


def edit(world: World, person_id: int, **values: str) -> None:
    with world.store.write() as connection:
        staff.edit(connection, world.look(person_id), home(world), values, actor="test", now=world.now)


def take_in(world: World, lines: str) -> Outcome:
    """Import these lines a minute later."""
    world.now += timedelta(minutes=1)
    with world.store.read() as connection:
        every = stored.load(connection)
    data = f"{HEADINGS}\n{lines}\n".encode()
    wanted = Request(
        practice=every[1],
        allowed=list(every.values()),
        roster=read_roster(data, file_name="staff.csv", today=date(2026, 12, 1)),
        file_name="staff.csv",
        by="Dana",
        actor="admin:1",
    )
    outcome = import_roster(world.store, wanted, world.now)
    assert outcome.rejected == []
    return outcome


def take_back(world: World, done: Outcome) -> Undone:
    world.now += timedelta(minutes=1)
    assert done.import_id is not None
    with world.store.write() as connection:
        return undo_import(connection, done.import_id, actor="admin:1", now=world.now)


def everything(world: World, *, without: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table but the journals."""
    with world.store.read() as connection:
        assert reconcile.differences(connection) == []
        return {
            table.name: [
                {name: value for name, value in row._mapping.items() if name not in without}
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in tables.metadata.sorted_tables
            if table.name not in JOURNALS
        }


def differences(found: dict[str, list[dict[str, Any]]], wanted: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say what differs, value by value, so that a failure can be read."""
    said = []
    for table in wanted:
        rows, others = ({str(row.get("id", row)): row for row in side[table]} for side in (found, wanted))
        for key in rows.keys() | others.keys():
            row, other = rows.get(key, {}), others.get(key, {})
            said += [
                f"{table} {key}: {name} is {row.get(name)!r} instead of {other.get(name)!r}"
                for name in row.keys() | other.keys()
                if row.get(name) != other.get(name)
            ]
    return sorted(said)


def number_of(world: World, email: str) -> int:
    with world.store.read() as connection:
        return people.find(connection, email).id


def names(world: World, practice: int = 1) -> list[str]:
    with world.store.read() as connection:
        return [member.person.name for member in memberships.members(connection, practice)]


@pytest.mark.parametrize("lines", CHANGES.values(), ids=CHANGES)
def test_an_import_taken_back_leaves_no_trace(world: World, lines: str) -> None:
    before = everything(world)
    done = take_in(world, lines)
    during = everything(world)
    undone = take_back(world, done)

    assert during != before
    assert differences(everything(world), before) == []
    assert undone.kept == ()


def test_what_a_pass_did_in_between_is_settled_by_the_next_one(world: World) -> None:
    noted_anew = ("planned_at", "cancelled_at")
    before = everything(world, without=noted_anew)
    done = take_in(world, ALL)
    world.tick()
    take_back(world, done)
    world.tick()
    after = everything(world, without=noted_anew)

    assert waiting(after) == waiting(before)
    assert {**after, "reminder": []} == {**before, "reminder": []}


def waiting(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for row in found["reminder"] if row["state"] != "cancelled"]


def renamed(line: str) -> str:
    """Return the line with every value another that can be, the address aside."""
    name, email, _, _, practice, user_id, _, _ = line.split(",")
    name = f"{name}-Lopez" if user_id else name
    return f"{name},{email},{email.partition('@')[0]}@newest.example,SEU,{practice},{user_id},2026-12-01,"


def moved(line: str) -> str:
    """Return the line with another address, if the person can still be told by the user ID."""
    name, email, second, role, practice, user_id, reset_on, left = line.split(",")
    email = f"moved.{email}" if user_id else email
    return f"{name},{email},{second},{role},{practice},{user_id},{reset_on},{left}"


SECOND = {"the same list again": str, "other values": renamed, "other addresses": moved}


@pytest.mark.parametrize("other", SECOND.values(), ids=SECOND)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first goes first", "second goes first"])
def test_two_imports_are_taken_back_in_any_order(
    world: World, order: tuple[int, ...], other: Callable[[str], str]
) -> None:
    before = everything(world)
    done = [take_in(world, ALL), take_in(world, "\n".join(map(other, ALL.split("\n"))))]
    for place in order:
        take_back(world, done[place])

    assert differences(everything(world), before) == []


def choose(world: World, person_id: int) -> None:
    with world.store.write() as connection:
        stored.change(connection, 1, {"escalate_to": person_id})


NEW = CHANGES["a new person"]
WISHES: dict[str, Callable[[World, int], Any]] = {
    "edited": lambda world, key: edit(world, key, name="Newer Person"),
    "paused": lambda world, key: in_lakeside(world, key, staff.pause, Absence(from_on=date(2026, 12, 2), to_on=None)),
    "removed": lambda world, key: in_lakeside(world, key, staff.remove, home(world)),
    "given another role": lambda world, key: in_lakeside(world, key, staff.change_role, home(world), Role.SURROGATE),
    "reset": lambda world, key: world.reset(key, date(2026, 11, 30)),
    "chosen for escalations": choose,
}


def home(world: World) -> Practice:
    with world.store.read() as connection:
        return stored.load(connection, [1])[1]


def in_lakeside(world: World, person_id: int, job: Callable[..., object], *wanted: Any) -> None:
    with world.store.write() as connection:
        job(connection, world.look(person_id), *wanted, actor="test", now=world.now)


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_somebody_new_who_was_changed_since_stays_as_they_are(world: World, wish: Callable[[World, int], Any]) -> None:
    done = take_in(world, f"{NEW}\nNora New,nora@lakeside.example,,SEU,,,,")
    key = number_of(world, "new.person@lakeside.example")
    wish(world, key)
    before = everything(world)
    undone = take_back(world, done)
    after = everything(world)

    assert undone == Undone(people=1, kept=(key,))
    assert [row for row in after["person"] if row["id"] == key] == [row for row in before["person"] if row["id"] == key]
    assert [row for row in after["membership"] if row["person_id"] == key] == [
        row for row in before["membership"] if row["person_id"] == key
    ]
    assert "Nora New" not in names(world)


def test_somebody_new_who_was_mailed_leaves_but_their_mails_are_kept(world: World) -> None:
    done = take_in(world, "New Person,new.person@lakeside.example,,AM,,,2026-10-09,")
    key = number_of(world, "new.person@lakeside.example")
    world.tick(SIX + timedelta(hours=2))
    undone = take_back(world, done)
    world.tick(world.now + timedelta(days=1))

    assert undone.kept == ()
    assert "New Person" not in names(world)
    assert [row.state for row in world.reminders(person_id=key) if row.step == 7] == ["sent"]
    assert [row.state for row in world.reminders(person_id=key) if row.step == 3] == []
    assert world.look(key).reset_on is None


def test_what_was_changed_since_stays_and_the_rest_goes_back(world: World) -> None:
    done = take_in(world, "Ben Hill,ben@lakeside.example,b@new.example,AO,,BEN,2026-11-30,")
    edit(world, 2, name="Ben O. Hill")
    undone = take_back(world, done)
    ben = world.look(2)

    assert undone.kept == (2,)
    assert (ben.name, ben.second_email, ben.reset_on) == ("Ben O. Hill", "b@old.example", date(2026, 10, 15))
    assert ben.second_refused_at is not None


@pytest.mark.parametrize(
    ("since", "left"),
    [(Role.SURROGATE, Role.SURROGATE), (Role.STAFF_END_USER, Role.STAFF_END_USER), (None, Role.STAFF_END_USER)],
    ids=["another role", "the role from before", "no change"],
)
def test_a_role_given_since_the_import_stays(world: World, since: Role | None, left: Role) -> None:
    done = take_in(world, CHANGES["another role"])
    if since is not None:
        in_lakeside(world, 1, staff.change_role, home(world), since)
    undone = take_back(world, done)
    with world.store.read() as connection:
        roles = memberships.roles_of(connection, 1)

    assert undone.kept == ((1,) if since is Role.SURROGATE else ())
    assert roles == {1: left}


def test_a_mail_that_a_sender_had_claimed_waits_again_after_all_is_taken_back(world: World) -> None:
    with world.store.write() as connection:
        claimed = sending.claim(connection, "a sender", SIX + timedelta(hours=2), 10)
    mine = next(row for row in claimed if row.person_id == 1)
    done = take_in(world, CHANGES["a later reset"])
    during = world.reminders(id=mine.id)[0].state
    take_back(world, done)

    assert during == "cancelled"
    assert world.reminders(id=mine.id)[0].state == "planned"


def test_a_reset_since_the_import_goes_on_counting(world: World) -> None:
    done = take_in(world, ALMA.replace("2026-10-09", "2026-11-20"))
    world.reset(1, date(2026, 11, 30))
    take_back(world, done)
    on_it = world.look(1).reset_on
    with world.store.write() as connection:
        confirm.undo_by_admin(connection, world.look(1), actor="test", now=world.now, practice_id=1)

    assert on_it == date(2026, 11, 30)
    assert world.look(1).reset_on == date(2026, 10, 9)


def test_an_address_that_somebody_else_has_by_now_is_not_given_back(world: World) -> None:
    done = take_in(world, CHANGES["another address for a refused one"])
    world.person("Bea Okafor", email="ben@lakeside.example")
    undone = take_back(world, done)

    assert undone.kept == (2,)
    assert world.look(2).email == "ben.new@lakeside.example"
    assert world.look(2).reset_on == date(2026, 10, 15)


def test_a_ladder_changed_since_the_import_counts_for_what_is_given_back(world: World) -> None:
    done = take_in(world, ALMA.replace("2026-10-09", "2026-11-30"))
    with world.store.write() as connection:
        schedule = replace(home(world).schedule, ladder=(7, 6))
        practices.change_schedule(connection, home(world), schedule, actor="test", now=world.now)
    world.tick()
    take_back(world, done)
    world.live(chicago("2026-12-02", "12:00"))

    assert [mail.subject for mail in world.mails if "7 days left" in mail.subject] != []
    assert world.states(1)[7] == "sent"
    assert world.states(1)[6] == "sent"


NORA = "Nora Reed,nora.reed@lakeside.example,,SEU,,NORA,,"
NORA_MOVED = NORA.replace("nora.reed@lakeside", "nora@new")


def with_a_mail_by_hand(world: World) -> int:
    """Register Nora, who has weeks left, and ask for a mail to her."""
    nora = world.person("Nora Reed", date(2026, 11, 20))
    change(world, nora, user_id="NORA")
    with world.store.write() as connection:
        send_now(connection, [nora], practice_id=1, actor="admin:1", now=world.now)
    return nora


def leave_it(_: World) -> None:
    """Do nothing between two acts."""


def defer(world: World) -> None:
    world.transport.answers.extend([Verdict(outcome=Answer.DEFERRED, stage=Stage.RCPT, code=450, reply="busy")])
    world.tick()


@pytest.mark.parametrize("tried", [leave_it, defer], ids=["untried", "put off"])
def test_a_mail_by_hand_goes_to_the_address_of_a_later_import(world: World, tried: Callable[[World], None]) -> None:
    with_a_mail_by_hand(world)
    tried(world)
    take_in(world, NORA_MOVED)
    is_right = everything(world) is not None
    world.tick(world.now + timedelta(minutes=20))

    assert is_right
    assert [mail.to for mail in world.mails if "nora" in mail.to] == ["nora@new.example"]


@pytest.mark.parametrize("tried", [leave_it, defer], ids=["untried", "put off"])
def test_a_mail_by_hand_goes_to_the_former_address_once_an_import_is_taken_back(
    world: World, tried: Callable[[World], None]
) -> None:
    nora = world.person("Nora Reed", date(2026, 11, 20))
    change(world, nora, user_id="NORA")
    done = take_in(world, NORA_MOVED)
    with world.store.write() as connection:
        send_now(connection, [nora], practice_id=1, actor="admin:1", now=world.now)
    tried(world)
    take_back(world, done)
    world.tick(world.now + timedelta(minutes=20))

    assert [mail.to for mail in world.mails if "nora" in mail.to] == ["nora.reed@lakeside.example"]


def test_a_mail_by_hand_that_an_import_called_off_comes_back_to_the_address_of_then(world: World) -> None:
    nora = with_a_mail_by_hand(world)
    before = everything(world)
    done = [take_in(world, NORA_MOVED), take_in(world, NORA_MOVED.replace(",NORA,", ",NORA,2026-11-30"))]
    during = world.reminders(person_id=nora, step=None)[0]
    for one in done:
        take_back(world, one)

    assert (during.state, during.recipient) == ("cancelled", "nora@new.example")
    assert differences(everything(world), before) == []


def test_a_mail_in_doubt_that_an_import_called_off_is_in_doubt_again_after_it_is_taken_back(world: World) -> None:
    nora = with_a_mail_by_hand(world)
    world.transport.answers.append(Verdict(outcome=Answer.IN_DOUBT, stage=Stage.DOT, reply="no answer", usable=False))
    world.tick()
    before = everything(world)
    done = take_in(world, NORA_MOVED)
    during = world.reminders(person_id=nora, step=None)[0]
    take_back(world, done)

    assert (during.state, during.recipient) == ("cancelled", "nora.reed@lakeside.example")
    assert differences(everything(world), before) == []


def test_an_import_is_taken_back_once(world: World) -> None:
    done = take_in(world, NEW)
    take_back(world, done)

    with pytest.raises(UsageError, match="was taken back before"):
        take_back(world, done)
