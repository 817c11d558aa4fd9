from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.jobs import staff
from reminder.store import practices as stored
from reminder.store import resets
from reminder.store.tables import metadata
from tests.world import OWNER, World, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site

TODAY = date(2026, 12, 1)
SEVEN_LEFT = date(2026, 10, 9)


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    with world.store.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))] for table in metadata.sorted_tables
        }


@pytest.fixture
def link(world: World) -> str:
    """The path of the link in Alma's warning."""
    world.person("Alma Reyes", SEVEN_LEFT)
    world.tick()
    return world.mails[0].link


@pytest.fixture
def visitor(site: Site) -> TestClient:
    return site.visitor()


def test_the_page_greets_and_says_what_is_known(visitor: TestClient, link: str) -> None:
    page = visitor.get(link).text

    assert "Hello Alma Reyes, this is the reminder page of Lakeside Family Medicine" in page
    assert "7 days left" in page
    assert "Tuesday, December 8, 2026" in page
    assert "checked" not in page


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_it_a_hundred_times_changes_nothing(world: World, visitor: TestClient, link: str, method: str) -> None:
    before = everything(world)
    for _ in range(100):
        assert visitor.request(method, link).status_code == 200

    assert everything(world) == before


@pytest.mark.parametrize(
    ("form", "reset_on"),
    [
        ({"when": "today"}, TODAY),
        ({"when": "yesterday"}, TODAY - timedelta(days=1)),
        ({"when": "date", "date": "2026-11-20"}, date(2026, 11, 20)),
        ({"when": "days_left", "days_left": "17"}, date(2026, 10, 19)),
        ({"when": "days_left", "days_left": "60"}, TODAY),
        ({"when": "days_left", "days_left": "0"}, date(2026, 10, 2)),
    ],
)
def test_a_choice_starts_the_next_cycle(
    world: World, visitor: TestClient, link: str, form: dict[str, str], reset_on: date
) -> None:
    answer = visitor.post(link, data=form)
    page = visitor.get(link).text

    assert (answer.status_code, answer.headers["location"]) == (303, link)
    assert world.look(1).reset_on == reset_on
    assert "Thank you" in page
    assert "Undo" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose when you reset it"),
        ({"when": "sometime"}, "Choose when you reset it"),
        ({"when": "date", "date": ""}, "Choose the day"),
        ({"when": "date", "date": "2026-13-40"}, "Choose the day"),
        ({"when": "date", "date": "2026-12-02"}, "is in the future"),
        ({"when": "date", "date": "2026-10-09"}, "is not after your last recorded reset"),
        ({"when": "days_left", "days_left": ""}, "Type the number of days"),
        ({"when": "days_left", "days_left": "61"}, "61 cannot be; I&amp;A shows 0 to 60"),
        ({"when": "days_left", "days_left": "-1"}, "Type the number of days"),
    ],
)
def test_a_choice_that_cannot_be_is_explained_and_changes_nothing(
    world: World, visitor: TestClient, link: str, form: dict[str, str], words: str
) -> None:
    before = everything(world)
    answer = visitor.post(link, data=form)

    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error:" in answer.text
    assert everything(world) == before


def test_pressing_twice_is_once(world: World, visitor: TestClient, link: str) -> None:
    for _ in range(3):
        visitor.post(link, data={"when": "today"})
    with world.store.read() as connection:
        assert len(resets.history(connection, 1)) == 2
    world.tick()

    assert world.kinds("alma.reyes@lakeside.example") == ["warning", "receipt"]


def test_a_link_of_an_earlier_cycle_records_nothing(world: World, visitor: TestClient, link: str) -> None:
    visitor.post(link, data={"when": "today"})
    world.now += timedelta(days=30)
    before = everything(world)
    answer = visitor.post(link, data={"when": "today"})

    assert "This link has done its work" in answer.text
    assert everything(world) == before


def test_the_days_left_that_are_known_change_nothing(world: World, visitor: TestClient, link: str) -> None:
    answer = visitor.post(link, data={"when": "days_left", "days_left": "7"})

    assert "the date we have already" in answer.text
    assert world.look(1).reset_on == SEVEN_LEFT


def undo(visitor: TestClient, link: str, why: str) -> int:
    page = visitor.get(link).text
    number = page.partition('name="reset" value="')[2].partition('"')[0]
    return visitor.post(f"{link}/undo", data={"reset": number, "why": why}).status_code


def test_it_can_be_undone_from_the_page(world: World, visitor: TestClient, link: str) -> None:
    visitor.post(link, data={"when": "today"})
    undo(visitor, link, "wrong")

    assert world.look(1).reset_on == SEVEN_LEFT
    assert "When did you reset" in visitor.get(link).text


@pytest.mark.parametrize(("days", "possible"), [(7, True), (8, False)])
def test_it_can_be_undone_for_seven_days(
    world: World, visitor: TestClient, link: str, days: int, possible: bool
) -> None:
    visitor.post(link, data={"when": "today"})
    world.now += timedelta(days=days)
    undo(visitor, link, "wrong")

    assert (world.look(1).reset_on == SEVEN_LEFT) is possible


def test_this_was_not_me_undoes_and_tells_the_admins(world: World, visitor: TestClient, link: str) -> None:
    visitor.post(link, data={"when": "today"})
    world.tick(chicago("2026-12-01", "22:00"))
    receipt = next(mail for mail in world.mails if mail.kind == "receipt")
    page = visitor.get(receipt.link).text
    undo(visitor, receipt.link, "not_me")
    world.tick()

    assert "This wasn&#39;t me" in page or "This wasn't me" in page
    assert world.look(1).reset_on == SEVEN_LEFT
    assert [mail.subject for mail in world.mails if mail.kind == "notice"] == ['Alma Reyes: "this wasn\'t me"']
    assert "was taken back" in visitor.get(receipt.link).text


def test_an_old_undo_button_does_not_touch_a_newer_reset(world: World, visitor: TestClient, link: str) -> None:
    visitor.post(link, data={"when": "yesterday"})
    old = visitor.get(link).text.partition('name="reset" value="')[2].partition('"')[0]
    world.reset(1, TODAY)
    visitor.post(f"{link}/undo", data={"reset": old, "why": "wrong"})

    assert world.look(1).reset_on == TODAY


def test_a_reset_that_an_admin_recorded_is_not_the_persons_to_undo(
    world: World, visitor: TestClient, link: str
) -> None:
    world.reset(1, date(2026, 11, 25))
    page = visitor.get(link).text

    assert "This link has done its work" in page
    assert "Undo" not in page
    assert "Sunday, January 24, 2027" in page


def test_an_altered_link_says_nothing_about_anybody(visitor: TestClient, link: str) -> None:
    answer = visitor.get(link[:-3] + "abc")

    assert answer.status_code == 404
    assert "Alma" not in answer.text
    assert "Lakeside" not in answer.text


def test_a_link_to_an_address_no_longer_on_file_is_dead(world: World, visitor: TestClient, link: str) -> None:
    with world.store.write() as connection:
        home = stored.load(connection)[1]
        staff.edit(connection, world.look(1), home, {"email": "new@lakeside.example"}, actor="test", now=world.now)

    assert visitor.get(link).status_code == 404
    assert visitor.post(link, data={"when": "today"}).status_code == 404
    assert world.look(1).reset_on == SEVEN_LEFT


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_another_site_cannot_press_the_button(
    world: World, visitor: TestClient, link: str, headers: dict[str, str]
) -> None:
    assert visitor.post(link, data={"when": "today"}, headers=headers).status_code == 403
    assert world.look(1).reset_on == SEVEN_LEFT


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_any_mail_clients_browser_can_press_it(
    world: World, visitor: TestClient, link: str, headers: dict[str, str]
) -> None:
    assert visitor.post(link, data={"when": "today"}, headers=headers).status_code == 303


def test_no_longer_needed_tells_the_admins_once_a_day_and_changes_nothing(
    world: World, visitor: TestClient, link: str
) -> None:
    for _ in range(2):
        assert "admins will hear" in visitor.post(f"{link}/not-needed").text
    world.tick()

    assert world.kinds(OWNER) == ["notice"]
    assert world.look(1).reset_on == SEVEN_LEFT


def test_somebody_without_a_date_answers_the_question(world: World, visitor: TestClient) -> None:
    world.person("Farah Haddad")
    world.tick()
    asked = world.mails[0].link
    before = visitor.get(asked).text
    visitor.post(asked, data={"when": "date", "date": "2026-09-01"})

    assert "We do not know yet" in before
    assert world.look(1).expires_on == date(2026, 10, 31)


def test_the_calendar_moves_with_each_reset(world: World, visitor: TestClient, link: str) -> None:
    visitor.post(link, data={"when": "yesterday"})
    address = (
        visitor.get(link).text.partition('href="https://reminders.lakeside.example/calendar/')[2].partition("?")[0]
    )
    first = visitor.get(f"/calendar/{address}")
    world.reset(1, TODAY)
    second = visitor.get(f"/calendar/{address}")
    unchanged = visitor.get(f"/calendar/{address}", headers={"If-None-Match": second.headers["etag"]})

    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "DTSTART;VALUE=DATE:20270128" in first.text
    assert "DTSTART;VALUE=DATE:20270129" in second.text
    assert first.text.partition("UID:")[2].partition("\r\n")[0] == second.text.partition("UID:")[2].partition("\r\n")[0]
    assert unchanged.status_code == 304
    assert visitor.get("/calendar/nonsense.ics").status_code == 404
