"""The evidence report of a person and of a practice, on the page and as a file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from reminder.jobs import staff
from reminder.policy.model import Role
from reminder.store import practices
from reminder.store.tables import reminder
from reminder.web.people import evidence
from tests.web.browsing import SAME_SITE
from tests.world import OWNER, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

ANN = "ann@desert.example"


@pytest.fixture
def lived(world: World, owner: TestClient, site: Site) -> World:
    """Alma was warned, escalated and confirmed; Ben was warned; Wes is of another practice."""
    world.now = chicago("2026-11-30", "12:00")
    world.person("Alma Reyes", date(2026, 10, 5))
    world.person("Ben Okafor", date(2026, 10, 9))
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    world.person("Wes Young", date(2026, 10, 5), practice=other)
    world.tick(chicago("2026-12-01"))
    alma = next(mail for mail in world.mails if mail.to.startswith("alma"))
    world.now = chicago("2026-12-01", "09:00")
    site.visitor().post(alma.link, data={"when": "today"}, headers=SAME_SITE)
    world.tick()
    return world


def lines(browser: TestClient, path: str) -> list[dict[str, str]]:
    answer = browser.get(path)
    assert answer.headers["content-disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_report_of_a_person_lists_reminders_answers_escalations_and_sources(
    lived: World, owner: TestClient
) -> None:
    found = [(line["What"], line["Outcome or source"]) for line in lines(owner, "/people/1/evidence?file=csv")]

    assert found == [
        ("Reset on Monday, October 5, 2026", "entered by the program"),
        ("Reminder before expiry", "Sent"),
        ("To admins: who has not reset", "Sent"),
        ("Reset on Tuesday, December 1, 2026", "confirmed by Alma Reyes"),
        ("Receipt for a reset", "Sent"),
    ]


def test_an_escalation_about_others_is_not_in_it(lived: World, owner: TestClient) -> None:
    found = [line["What"] for line in lines(owner, "/people/2/evidence?file=csv")]

    assert found == ["Reset on Friday, October 9, 2026", "Reminder before expiry"]


def test_the_report_of_a_practice_holds_everybody_of_it_and_nobody_else(lived: World, owner: TestClient) -> None:
    page = owner.get("/evidence?practice=1").text
    names = {line["Person"] for line in lines(owner, "/evidence?practice=1&file=csv")}

    assert names == {"Alma Reyes", "Ben Okafor"}
    assert "Wes" not in page
    assert "confirmed by Alma Reyes" in page


def test_times_in_the_file_are_the_practices_own(lived: World, owner: TestClient) -> None:
    assert lines(owner, "/people/1/evidence?file=csv")[1]["When"] == "2026-12-01T08:00:00-06:00"


@pytest.mark.parametrize(
    ("query", "count"),
    [("first=2026-12-01&last=2026-12-01", 4), ("last=2026-11-30", 1), ("first=2026-12-02&last=2026-12-09", 0)],
)
def test_the_report_covers_whole_days_first_and_last(lived: World, owner: TestClient, query: str, count: int) -> None:
    assert len(lines(owner, f"/people/1/evidence?file=csv&{query}")) == count


@pytest.mark.parametrize(
    ("query", "words"),
    [("first=soon", "Choose the first day"), ("first=2026-12-09&last=2026-12-01", "Swap the two days")],
)
def test_days_that_cannot_be_are_explained(lived: World, owner: TestClient, query: str, words: str) -> None:
    answer = owner.get(f"/evidence?{query}")

    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error:" in answer.text


def test_no_cell_runs_as_a_formula(world: World, owner: TestClient) -> None:
    with world.store.write() as connection:
        home = practices.load(connection)[1]
        wanted = staff.Registration(name="=1+1", email="evil@lakeside.example", role=Role.SURROGATE)
        staff.register(connection, home, wanted, by="Dana", actor="test", now=world.now)
    world.tick()

    assert {line["Person"] for line in lines(owner, "/evidence?file=csv")} == {"'=1+1"}


def test_a_viewer_may_print_it_and_a_stranger_finds_nothing(lived: World, site: Site) -> None:
    viewer, ann = site.colleague("viewer@lakeside.example"), site.signed_in(ANN)

    assert viewer.get("/people/1/evidence").status_code == 200
    assert [ann.get(path).status_code for path in ("/people/1/evidence", "/evidence?practice=1")] == [404, 404]
    assert "Alma" not in ann.get("/evidence").text


def test_a_practice_sees_of_who_left_what_was_until_then(lived: World, site: Site) -> None:
    with lived.store.write() as connection:
        home = practices.load(connection)[1]
        person = lived.look(2)
        other = practices.load(connection)[2]
        staff.join(connection, person, other, Role.SURROGATE, by="Ann", actor="test", now=lived.now)
        staff.remove(connection, person, home, actor="test", now=lived.now)
    lived.now += timedelta(days=1)
    lived.reset(2, date(2026, 12, 2))
    mine, theirs = (
        [line["What"] for line in lines(site.signed_in(who), "/people/2/evidence?file=csv")]
        for who in ("dana@lakeside.example", ANN)
    )

    assert "Reset on Wednesday, December 2, 2026" not in mine
    assert "Reset on Wednesday, December 2, 2026" in theirs


def test_the_page_ends_where_nobody_reads_on_and_the_file_does_not(
    lived: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SHOWN", 2)
    page = owner.get("/evidence?practice=1").text

    assert "These are the first 2 lines" in page
    assert page.count('data-label="When"') == 2
    assert len(lines(owner, "/evidence?practice=1&file=csv")) == 7


def test_a_report_of_a_year_is_in_the_order_of_time(lived: World, site: Site) -> None:
    lived.now += timedelta(days=100)
    lived.reset(1, date(2027, 3, 1))
    when = [line["When"] for line in lines(site.signed_in(OWNER), "/evidence?practice=1&file=csv")]

    assert when == sorted(when)
    assert len(when) == 8


def test_an_escalation_without_numbers_is_in_the_report_of_the_practice(lived: World, owner: TestClient) -> None:
    with lived.store.write() as connection:
        row = connection.execute(select(reminder).where(reminder.c.kind == "escalation")).first()
        assert row is not None
        old = {**row.content, "people": [{"name": "Alma Reyes"}]}
        connection.execute(update(reminder).where(reminder.c.id == row.id).values(content=old))
    told = [line["What"] for line in lines(owner, "/evidence?practice=1&file=csv")]

    assert "To admins: who has not reset" in told
    assert "To admins: who has not reset" not in [line["What"] for line in lines(owner, "/people/1/evidence?file=csv")]
