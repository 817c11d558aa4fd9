"""Call sheets: what they say, for whom, and the code that stands for the person's own link."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from reminder.jobs import practices
from reminder.mail.redaction import without_links
from reminder.store.tables import event
from reminder.web.people import call_sheet
from tests.web.browsing import SAME_SITE

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

SEVEN_LEFT = date(2026, 10, 9)
ANN = "ann@desert.example"


def test_a_sheet_says_what_to_do_and_whom_to_call(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    page = " ".join(owner.get("/people/1/call-sheet").text.split())

    for words in (
        "Alma Reyes",
        "Staff End User (SEU), Lakeside Family Medicine",
        "7 days left",
        "Tuesday, December 8, 2026",
        "nppes.cms.hhs.gov/IAWeb",
        "1-866-484-8049",
        "7 AM to 7 PM Eastern",
        "I reset it on",
        "Never write your password",
        "not from CMS",
    ):
        assert words in page


def test_somebody_without_a_date_is_asked_for_it(world: World, owner: TestClient) -> None:
    world.person("Farah Haddad")

    assert "When did you last change" in owner.get("/people/1/call-sheet").text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Karin Jaeger", "Alma Reyes", "Farah Haddad"]),
        ("?status=expired", ["Karin Jaeger"]),
        ("?status=unknown", ["Farah Haddad"]),
        ("?status=paused", []),
    ],
)
def test_several_sheets_follow_the_status_the_most_urgent_first(
    world: World, owner: TestClient, query: str, names: list[str]
) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Ben Okafor", date(2026, 11, 30))
    world.person("Farah Haddad")
    world.person("Karin Jaeger", date(2026, 9, 3))
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    world.person("Wes Young", date(2026, 9, 3), practice=other)
    page = owner.get(f"/people/call-sheet{query}").text

    assert re.findall(r'<article class="sheet">\s*<h2>([^<]+)</h2>', page) == names


def test_no_more_sheets_than_can_be_read_are_made(
    world: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_sheet, "MOST", 2)
    for name in ("Alma Reyes", "Farah Haddad", "Karin Jaeger"):
        world.person(name)
    page = owner.get("/people/call-sheet").text

    assert page.count('class="sheet"') == 2
    assert "1 more are not shown" in page


def path_in_code(world: World, monkeypatch: pytest.MonkeyPatch, owner: TestClient) -> str:
    """Return the path that the code on Alma's sheet stands for."""
    drawn: list[str] = []
    import segno

    make = segno.make

    def noted(content: str, **options: Any) -> Any:
        drawn.append(content)
        return make(content, **options)

    monkeypatch.setattr(segno, "make", noted)
    code = owner.get("/people/1/call-sheet").text.partition('class="scan">')[2]
    assert "viewBox" in code.partition(">")[0]
    (link,) = drawn
    return link.removeprefix("https://reminders.lakeside.example")


def test_the_code_opens_the_persons_own_page_and_is_told_apart_in_the_records(
    world: World, owner: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    path = path_in_code(world, monkeypatch, owner)
    opened = site.visitor().get(path)
    site.visitor().post(path, data={"when": "today"}, headers=SAME_SITE)
    with world.store.read() as connection:
        details = [row.detail for row in connection.execute(select(event).where(event.c.action == "reset.recorded"))]

    assert "When did you reset" in opened.text
    assert world.look(1).reset_on == date(2026, 12, 1)
    assert [detail.get("through") for detail in details] == [None, "call sheet"]
    assert path.removeprefix("/r/") not in without_links(path)


def test_the_code_is_dead_after_a_reset_and_after_another_address(
    world: World, owner: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    path = path_in_code(world, monkeypatch, owner)
    world.reset(1, date(2026, 11, 30))
    ended = site.visitor().get(path).text
    form = {"name": "Alma Reyes", "email": "alma@other.example"}
    owner.post("/people/1/edit", data=form, headers=SAME_SITE)

    assert "This link has done its work" in ended
    assert site.visitor().get(path).status_code == 404


def test_who_may_not_record_a_reset_gets_no_code(world: World, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    world.person("Alma Reyes", practice=other)
    viewer = site.colleague("viewer@lakeside.example").get("/people/1/call-sheet").text
    guest = site.signed_in(ANN).get("/people/1/call-sheet").text

    assert 'class="scan"' not in viewer + guest
    assert "Lakeside" not in guest.replace("lakeside.example", "")


def test_in_trial_there_is_no_code(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    with world.store.write() as connection:
        practices.go_trial(connection, 1, actor="test", now=world.now)

    assert 'class="scan"' not in owner.get("/people/1/call-sheet").text


def test_a_stranger_finds_no_sheet(world: World, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    ann = site.signed_in(ANN)

    assert ann.get("/people/1/call-sheet").status_code == 404
    assert ann.get("/people/call-sheet?practice=1").status_code == 404
    assert "Alma" not in ann.get("/people/call-sheet").text
