"""The staff table: tiles, search, sort, pages, and who may see what."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.jobs import staff
from reminder.policy.model import Absence, AdminRole, Role
from reminder.store import admins, listing, memberships, people, practices
from tests.world import OWNER

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

TODAY = date(2026, 12, 1)


def left(days: int) -> date:
    """The reset date of somebody with so many days left today."""
    return TODAY + timedelta(days=days - 60)


@pytest.fixture
def town(world: World) -> World:
    """One person in each part of the list, and one of another practice."""
    world.person("Alma Reyes", left(7), role=Role.AUTHORIZED_OFFICIAL)
    world.person("Bo Öberg", left(2))
    world.person("Cy 100%", left(40), email="cy_100@lakeside.example")
    world.person("Dee Unknown")
    world.person("Ed Expired", left(-3))
    gone, lost = world.person("Flo Away", left(30)), world.person("Gus Lost", left(50))
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Wes Young", left(7), practice=other)
    with world.store.write() as connection:
        staff.pause(connection, world.look(gone), Absence(from_on=TODAY, to_on=TODAY), actor="test", now=world.now)
        people.change(connection, lost, {"email_refused_at": world.now})
    return world


def names_in(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/people/\d+">(\w+)', page)


def tiles_in(page: str) -> dict[str, str]:
    return {word: count for count, word in re.findall(r"<strong>([\d,]+)</strong> ([A-Z][a-z ]+)</a>", page)}


def test_the_tiles_count_exactly(town: World, owner: TestClient) -> None:
    assert tiles_in(owner.get("/people").text) == {
        "Everybody": "7",
        "Need attention": "5",
        "Expired": "1",
        "Due now": "1",
        "Due soon": "1",
        "Up to date": "2",
        "Date unknown": "1",
        "Paused": "1",
        "Cannot be reached": "1",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ed", "Bo", "Alma", "Flo", "Cy", "Gus", "Dee"]),
        ("status=attention", ["Ed", "Bo", "Alma", "Gus", "Dee"]),
        ("status=expired", ["Ed"]),
        ("status=due", ["Bo", "Alma"]),
        ("status=due_now", ["Bo"]),
        ("status=due_soon", ["Alma"]),
        ("status=ok", ["Cy", "Gus"]),
        ("status=unknown", ["Dee"]),
        ("status=paused", ["Flo"]),
        ("status=unreachable", ["Gus"]),
        ("status=nonsense&page=x&practice=&role=chief&sort=size", ["Ed", "Bo", "Alma", "Flo", "Cy", "Gus", "Dee"]),
        ("q=REYES", ["Alma"]),
        ("q=öberg", ["Bo"]),
        ("q=%25", ["Cy"]),
        ("q=_", ["Cy"]),
        ("q=ao", ["Alma"]),
        ("q=a+lakeside", ["Ed", "Bo", "Alma", "Flo", "Cy", "Gus", "Dee"]),
        ("q=lo&status=attention", ["Gus"]),
        ("role=authorized_official", ["Alma"]),
        ("sort=name", ["Alma", "Bo", "Cy", "Dee", "Ed", "Flo", "Gus"]),
        ("sort=-name", ["Gus", "Flo", "Ed", "Dee", "Cy", "Bo", "Alma"]),
        ("sort=-date", ["Dee", "Gus", "Cy", "Flo", "Alma", "Bo", "Ed"]),
        ("sort=role", ["Alma", "Ed", "Bo", "Flo", "Cy", "Gus", "Dee"]),
    ],
)
def test_the_address_says_who_is_listed_and_how(town: World, owner: TestClient, query: str, names: list[str]) -> None:
    assert names_in(owner.get(f"/people?{query}").text) == names


def test_what_was_asked_stays_in_the_fields_and_the_links(town: World, owner: TestClient) -> None:
    page = owner.get("/people?q=e&status=attention&role=staff_end_user&sort=-name").text

    assert 'name="q" value="e"' in page
    assert '<option value="staff_end_user" selected>' in page
    assert (
        'aria-sort="descending"><a href="/people?status=attention&amp;q=e&amp;role=staff_end_user&amp;sort=name">'
        in page
    )
    assert '<a href="/people?status=attention&amp;sort=-name" aria-current="true">' in page
    assert "Need attention, “e”, Staff End User (SEU)" in page


def test_a_list_is_leafed_through(town: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    monkeypatch.setattr("reminder.web.people.table.PAGE", 3)
    seen = []
    path = "/people?q=lakeside"
    while path:
        page = owner.get(path).text
        seen.append(names_in(page))
        onward = re.search(r'<a href="([^"]+)" rel="next">', page)
        path = onward[1].replace("&amp;", "&") if onward else ""

    assert seen == [["Ed", "Bo", "Alma"], ["Flo", "Cy", "Gus"], ["Dee"]]
    assert "7 to 7" in page
    assert 'href="/people?q=lakeside&amp;page=2" rel="prev"' in page
    assert names_in(owner.get("/people?page=99").text) == ["Dee"]


def test_a_search_that_fits_too_many_says_so(town: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_FOUND", 2)
    page = owner.get("/people?q=lakeside").text

    assert "More than 2 people" in page
    assert "Choose all that fit" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [("status=due_now&q=nobody", "Nobody fits: Due now, “nobody”."), ("q=%3Cscript%3E", "“&lt;script&gt;”")],
)
def test_a_filter_that_nobody_fits_offers_everybody(town: World, owner: TestClient, query: str, words: str) -> None:
    page = owner.get(f"/people?{query}").text

    assert words in page
    assert "Show everybody" in page


def test_a_calm_practice_says_who_comes_next(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", left(50))
    page = owner.get("/people?status=attention").text

    assert "Nobody needs attention. Next date: Wed, Jan 20 (<a" in page


def test_before_anybody_is_there_the_page_says_what_to_do(owner: TestClient) -> None:
    page = owner.get("/people").text

    assert "No one is registered yet" in page
    assert 'href="/people/add"' in page
    assert 'href="/people/import"' in page
    assert "<table" not in page


def test_each_line_says_what_is_known_and_from_whom(town: World, owner: TestClient) -> None:
    town.tick()
    row = owner.get("/people?q=alma").text.partition("<tbody>")[2].partition("</tbody>")[0]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row))

    assert "Due soon Tue, Dec 8 7 days left Authorized Official (AO) Tue, Dec 1 entered by an admin" in words
    assert "cannot be reached" in owner.get("/people?status=unreachable").text


def test_a_viewer_looks_without_ticks_and_buttons(town: World, site: Site) -> None:
    page = site.colleague("viewer@lakeside.example").get("/people").text

    assert names_in(page) != []
    assert 'name="who"' not in page
    assert "/people/bulk" not in page
    assert "/people/add" not in page


def test_a_stranger_sees_only_their_own(town: World, site: Site) -> None:
    ann = site.signed_in("ann@desert.example")

    assert names_in(ann.get("/people").text) == ["Wes"]
    assert ann.get("/people?practice=1").status_code == 404
    assert "Alma" not in ann.get("/people?q=alma").text


def test_of_several_practices_each_line_names_its_own(town: World, site: Site) -> None:
    with town.store.write() as connection:
        dana = admins.with_email(connection, OWNER)
        assert dana is not None
        admins.grant(connection, dana.id, 2, AdminRole.VIEWER)
        memberships.join_practice(connection, 1, 2, Role.SURROGATE, now=town.now, registered_by="Ann")
        assert len(practices.load(connection)) == 2
    owner = site.signed_in(OWNER)
    everywhere, there = owner.get("/people?q=reyes").text, owner.get("/people?practice=2").text

    assert names_in(everywhere) == ["Alma", "Alma"]
    assert everywhere.count('name="who"') == 1  # only where she may change anything
    assert tiles_in(there)["Everybody"] == "2"
    assert names_in(there) == ["Alma", "Wes"]
    assert "Choose all 8" not in owner.get("/people").text
