"""Whom a row of a roster means, and what keeps it out: two people never become one, and nobody learns of anybody else's staff."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import staff
from reminder.jobs.import_terms import Outcome, Request
from reminder.jobs.importing import import_roster
from reminder.roster.reading import read_roster
from reminder.store import memberships, people
from reminder.store import practices as stored

if TYPE_CHECKING:
    from tests.world import World

HEADINGS = "name,email,second email,role,practice,user id,last reset"
LAKESIDE, DESERT = "Lakeside Family Medicine", "Desert Bloom"
ELSEWHERE = "somebody else who is registered"


@pytest.fixture
def known(world: World) -> World:
    """Alma and Ben work at Lakeside, Wes at Desert Bloom; each has a user ID."""
    world.practice(DESERT, zone="America/Phoenix", owner="ann@desert.example")
    world.person("Alma Reyes", date(2026, 10, 9), email="alma@lakeside.example", second_email="alma@home.example")
    world.person("Ben Okafor", email="ben@lakeside.example")
    world.person("Wes Young", email="wes@desert.example", practice=2)
    with world.store.write() as connection:
        for number, user_id in enumerate(("ALMA", "BEN", "WES"), start=1):
            people.change(connection, number, {"user_id": user_id})
    return world


def take_in(world: World, *lines: str) -> Outcome:
    with world.store.read() as connection:
        every = stored.load(connection)
    roster = read_roster("\n".join([HEADINGS, *lines]).encode(), file_name="staff.csv", today=date(2026, 12, 1))
    wanted = Request(
        practice=every[1],
        allowed=list(every.values()),
        roster=roster,
        file_name="staff.csv",
        by="Dana",
        actor="admin:1",
    )
    return import_roster(world.store, wanted, world.now)


@pytest.mark.parametrize(
    ("line", "who", "email"),
    [
        ("Alma Reyes,alma@lakeside.example,,SEU,,,", 1, "alma@lakeside.example"),
        ("Alma Reyes,alma@home.example,,SEU,,,", 1, "alma@lakeside.example"),
        ("ALMA REYES,alma@lakeside.example,,SEU,,alma,", 1, "alma@lakeside.example"),
        ("Alma Reyes,new@lakeside.example,,SEU,,ALMA,", 1, "new@lakeside.example"),
        ("Alma Reyes-Hill,alma@lakeside.example,,SEU,,ALMA,", 1, "alma@lakeside.example"),
        ("Alma Reyes,new@lakeside.example,alma@home.example,SEU,,ALMA,", 1, "new@lakeside.example"),
        ("Wes Young,wes@desert.example,,SEU,,,", 3, "wes@desert.example"),
    ],
)
def test_a_row_means_whoever_has_its_address_or_user_id(known: World, line: str, who: int, email: str) -> None:
    outcome = take_in(known, line)
    with known.store.read() as connection:
        here = [member.person for member in memberships.members(connection, 1)]

    assert outcome.rejected == []
    assert [person.email for person in here if person.id == who] == [email]
    assert len(here) == (3 if who == 3 else 2)


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("Nora New,alma@lakeside.example,,SEU,,,", "email", "address already belongs to Alma Reyes; each person"),
        ("Nora New,wes@desert.example,,SEU,,,", "email", f"address already belongs to {ELSEWHERE}; each person"),
        ("Nora New,nora@lakeside.example,,SEU,,ALMA,", "user_id", "already belongs to Alma Reyes; each person"),
        ("Nora New,nora@lakeside.example,,SEU,,WES,", "user_id", f"already belongs to {ELSEWHERE}; each person"),
        ("Nora New,n@x.example,alma@home.example,SEU,,,", "second_email", "already belongs to Alma Reyes"),
        ("Nora New,n@x.example,wes@desert.example,SEU,,,", "second_email", f"already belongs to {ELSEWHERE}"),
        (
            "Ben Okafor,alma@lakeside.example,,SEU,,BEN,",
            "email",
            "belongs to Alma Reyes, but the user ID to Ben Okafor",
        ),
        (
            f"Ben Okafor,ben@lakeside.example,,SEU,{DESERT},ALMA,",
            "email",
            f"belongs to {ELSEWHERE}, but the user ID to",
        ),
        (
            "Nora New,nora@lakeside.example,,SEU,Sunny Hill,,",
            "practice",
            f"'Sunny Hill' is not a practice here; there are: {DESERT}, {LAKESIDE}",
        ),
    ],
)
def test_a_row_that_would_make_two_people_one_stays_out_and_says_why(
    known: World, line: str, column: str, problem: str
) -> None:
    outcome = take_in(known, line)

    assert [(one.row, one.column) for one in outcome.rejected] == [(2, column)]
    assert outcome.rejected[0].problem.startswith(problem)
    assert (outcome.added, outcome.updated) == (0, 0)


def test_an_address_of_which_only_the_past_is_left_is_free_for_somebody_new(world: World) -> None:
    leaver = world.person("Lee Gone", email="lee.gone@lakeside.example")
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        staff.remove(connection, world.look(leaver), home, actor="test", now=world.now)
    outcome = take_in(world, "Nora New,lee.gone@lakeside.example,,SEU,,,")
    assert outcome.rejected == []
    assert world.look(leaver).name == "Nora New"


def test_newcomers_whose_rows_say_the_same_have_the_same_clock(known: World) -> None:
    take_in(
        known,
        "Nora New,nora@lakeside.example,,SEU,,,2026-11-01",
        "Noel New,noel@lakeside.example,,AM,,,2026-11-01",
        "Nils New,nils@lakeside.example,,SEU,,,",
    )

    assert [known.look(number).expires_on for number in (4, 5, 6)] == [date(2026, 12, 31)] * 2 + [None]


def test_a_second_row_about_somebody_sees_what_the_first_one_changed(known: World) -> None:
    outcome = take_in(
        known,
        "Alma Reyes,new@lakeside.example,,SEU,,ALMA,2026-11-01",
        f"Alma Reyes,new@lakeside.example,,AM,{DESERT},,2026-11-20",
    )

    assert outcome.rejected == []
    assert (known.look(1).email, known.look(1).reset_on) == ("new@lakeside.example", date(2026, 11, 20))
