"""The bar under the staff table: exact counts, all or nobody, asked before what cannot be undone, and the way back."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import AdminRole, Role
from reminder.roster.reading import read_roster
from reminder.store import admins, events, memberships, people
from reminder.web.people import choosing
from tests.world import OWNER

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

TODAY = date(2026, 12, 1)
OURS = {"Sec-Fetch-Site": "same-origin"}
ALMA, BO, CY, DEE, WES = "1-1", "2-1", "3-1", "4-1", "5-2"


def left(days: int) -> date:
    """The reset date of somebody with so many days left today."""
    return TODAY + timedelta(days=days - 60)


@pytest.fixture
def town(world: World) -> World:
    world.person("Alma Reyes", left(7))
    world.person("Bo Chen", left(40))
    world.person("Cy Diaz", TODAY)
    world.person("Dee Unknown")
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Wes Young", left(7), practice=other)
    return world


def press(browser: TestClient, act: str, *who: str, path: str = "/people/bulk", **fields: str) -> Response:
    return browser.post(path, data={"act": act, "who": list(who), **fields}, headers=OURS)


def everything(world: World) -> tuple[object, ...]:
    return (*(world.look(key) for key in range(1, 6)), tuple(world.reminders()))


def follow(browser: TestClient, answer: Response) -> str:
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"]).text


def note_in(page: str) -> str:
    found = re.findall(r'<div class="note row" role="status"><span>(.*?)</span>', page)
    return " / ".join(found)


def undo(browser: TestClient, page: str) -> str:
    path = re.search(r'action="(/people/undo/\d+)"', page)
    assert path is not None
    return follow(browser, browser.post(path[1], headers=OURS))


def actions(world: World) -> list[str]:
    with world.store.read() as connection:
        return [event.action for number in range(1, 200) if (event := events.get(connection, number))]


def test_a_reset_is_recorded_for_the_ticked_and_taken_back(town: World, owner: TestClient) -> None:
    page = follow(owner, press(owner, "reset", ALMA, CY, DEE, reset_on="2026-12-01"))
    recorded = [town.look(key).reset_on for key in (1, 2, 3, 4)]
    after = undo(owner, page)

    assert note_in(page) == "Recorded the reset of Tue, Dec 1 for 2 people. 1 had that date already."
    assert recorded == [TODAY, left(40), TODAY, TODAY]
    assert note_in(after) == "Taken back for 2 people."
    assert "/people/undo/" not in after
    assert [town.look(key).reset_on for key in (1, 2, 3, 4)] == [left(7), left(40), TODAY, None]


def test_what_was_taken_back_offers_no_second_undo(town: World, owner: TestClient) -> None:
    answer = press(owner, "reset", ALMA, reset_on="2026-12-01")
    undo(owner, follow(owner, answer))

    assert "/people/undo/" not in follow(owner, answer)
    assert town.look(1).reset_on == left(7)


def test_an_absence_is_noted_and_taken_back(town: World, owner: TestClient) -> None:
    page = follow(owner, press(owner, "pause", ALMA, BO, from_on="2026-12-01", to_on="2026-12-05"))
    paused = owner.get("/people?status=paused").text
    undo(owner, page)

    assert note_in(page) == "Noted the absence of 2 people."
    assert "Alma" in paused
    assert "Bo" in paused
    assert "Nobody fits" in owner.get("/people?status=paused").text
    assert actions(town)[-1] == "bulk.undone"


def test_removing_asks_first_with_names_and_count(town: World, owner: TestClient) -> None:
    before = everything(town)
    asked = press(owner, "remove", ALMA, BO).text
    untouched = everything(town) == before
    page = follow(owner, press(owner, "", ALMA, BO, path="/people/bulk/remove", count="2"))
    gone = [town.look(key).home_id for key in (1, 2, 3)]
    after = undo(owner, page)

    assert "Remove 2 people?" in asked
    assert "Alma Reyes, Bo Chen." in asked
    assert untouched
    assert gone == [None, None, 1]
    assert note_in(page) == "Removed 2 people. Their history stays."
    assert note_in(after) == "Taken back for 2 people."
    assert [town.look(key).home_id for key in (1, 2, 3)] == [1, 1, 1]


def test_a_reminder_is_asked_about_with_who_is_left_out_and_how_it_reads(town: World, owner: TestClient) -> None:
    with town.store.write() as connection:
        people.change(connection, 2, {"email_refused_at": town.now})
    asked = press(owner, "send", ALMA, BO, DEE).text
    nothing = town.reminders()
    page = follow(owner, press(owner, "", ALMA, BO, DEE, path="/people/bulk/send", count="2"))
    town.tick()

    assert "Send a reminder to 2 people?" in asked
    assert "Send 2 mails now" in asked
    assert "Cannot be reached by mail" in asked
    assert "(1): Bo Chen" in asked
    assert "What Alma Reyes reads" in asked
    assert "7 days left" in asked
    assert f"/r/{'*' * 3}" in asked  # the reader's own link is nobody else's
    assert nothing == []
    assert note_in(page) == "A reminder goes to 2 people within a minute or two. 1 left out."
    assert sorted(mail.to for mail in town.mails) == ["alma.reyes@lakeside.example", "dee.unknown@lakeside.example"]


def test_when_nobody_would_be_mailed_there_is_no_button(town: World, owner: TestClient) -> None:
    press(owner, "", ALMA, path="/people/bulk/send", count="1")
    asked = press(owner, "send", ALMA).text

    assert "Nobody would get a reminder" in asked
    assert "Mailed today already" in asked
    assert "mails now" not in asked
    assert len(town.reminders()) == 1


@pytest.mark.parametrize("act", ["remove", "send"])
def test_a_list_that_changed_meanwhile_is_asked_about_again(town: World, owner: TestClient, act: str) -> None:
    before = everything(town)
    answer = press(owner, "", path=f"/people/bulk/{act}", everyone="1", view="status=due", count="2")

    assert answer.status_code == 422
    assert "The list has changed since you looked" in answer.text
    assert "1 person?" in answer.text
    assert everything(town) == before


def test_all_who_fit_are_chosen_on_the_server(town: World, owner: TestClient) -> None:
    shown = owner.get("/people?role=staff_end_user").text
    chosen = owner.get("/people?role=staff_end_user&everyone=1").text
    page = follow(owner, press(owner, "reset", everyone="1", view="role=staff_end_user", reset_on="2026-11-30"))

    assert "Choose all 4" in shown
    assert "All 4 people are chosen." in chosen
    assert 'name="everyone" value="1"' in chosen
    assert note_in(page) == "Recorded the reset of Mon, Nov 30 for 4 people."
    assert town.look(5).reset_on == left(7)


@pytest.mark.parametrize(
    ("act", "fields", "words", "field"),
    [
        ("reset", {}, "Choose the day of the reset.", "reset_on"),
        ("reset", {"reset_on": "2026-12-02"}, "in the future", "reset_on"),
        ("pause", {}, "Choose the first day away.", "from_on"),
        ("pause", {"from_on": "2026-12-02", "to_on": "soon"}, "Choose the last day away", "to_on"),
        ("pause", {"from_on": "2026-12-05", "to_on": "2026-12-02"}, "swap the two", "to_on"),
    ],
)
def test_what_cannot_be_done_is_explained_and_everything_typed_stays(
    town: World, owner: TestClient, act: str, fields: dict[str, str], words: str, field: str
) -> None:
    before = everything(town)
    answer = press(owner, act, ALMA, DEE, view="sort=name", **fields)

    assert answer.status_code == 422
    assert "<title>Error: People" in answer.text
    assert re.search(rf'<a href="#{field}">[^<]*{words}', answer.text)
    assert f'value="{ALMA}" form="bulk" id="who" checked' in answer.text
    assert f'value="{DEE}" form="bulk" checked' in answer.text
    assert all(f'value="{value}"' in answer.text for value in fields.values())
    assert 'aria-sort="ascending"><a href="/people?sort=-name">' in answer.text
    assert everything(town) == before


@pytest.mark.parametrize("act", ["reset", "pause", "remove", "send"])
def test_without_a_tick_the_page_says_so(town: World, owner: TestClient, act: str) -> None:
    answer = press(owner, act, reset_on="2026-11-30", from_on="2026-12-01")

    assert answer.status_code == 422
    assert '<a href="#who">Tick at least one person' in answer.text
    assert "bulk.reset" not in actions(town)


@pytest.mark.parametrize("path", ["/people/bulk/remove", "/people/bulk/send", "/people/export"])
def test_nor_does_a_later_step_go_on_without_anybody(town: World, owner: TestClient, path: str) -> None:
    before = everything(town)

    assert press(owner, "csv", path=path, count="0").status_code == 422
    assert everything(town) == before


def test_too_many_at_once_are_refused(town: World, owner: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "MOST", 3)
    before = everything(town)
    answer = press(owner, "reset", everyone="1", reset_on="2026-11-30")

    assert answer.status_code == 422
    assert "That is 4 people; at most 3 are changed at once." in answer.text
    assert everything(town) == before


def test_one_who_cannot_be_changed_spares_all(town: World, owner: TestClient) -> None:
    before = everything(town)
    answer = press(owner, "reset", ALMA, WES, reset_on="2026-11-30")

    assert answer.status_code == 404
    assert everything(town) == before


@pytest.mark.parametrize("who", ["", "1", "1-x", "x-1", "1-2", "99-1", "1-1-1", "1" * 30 + "-1", "١-1"])
def test_a_tick_that_names_nobody_of_ours_is_not_found(town: World, owner: TestClient, who: str) -> None:
    assert press(owner, "reset", who, reset_on="2026-11-30").status_code == 404
    assert town.look(1).reset_on == left(7)


@pytest.mark.parametrize("path", ["/people/bulk", "/people/bulk/nonsense"])
def test_there_is_nothing_else_to_do_to_many(town: World, owner: TestClient, path: str) -> None:
    assert press(owner, "nonsense", ALMA, path=path).status_code == 404
    assert town.look(1).reset_on == left(7)


def test_who_left_meanwhile_is_passed_over(town: World, owner: TestClient) -> None:
    press(owner, "", ALMA, path="/people/bulk/remove", count="1")
    page = follow(owner, press(owner, "reset", ALMA, BO, BO, reset_on="2026-11-30"))

    assert note_in(page) == "Recorded the reset of Mon, Nov 30 for 1 person."
    assert town.look(1).reset_on == left(7)


@pytest.fixture
def both(town: World, site: Site) -> TestClient:
    """Dana edits the second practice, too, and Alma works in both."""
    with town.store.write() as connection:
        dana = admins.with_email(connection, OWNER)
        assert dana is not None
        admins.grant(connection, dana.id, 2, AdminRole.EDITOR)
        memberships.join_practice(connection, 1, 2, Role.SURROGATE, now=town.now, registered_by="Ann")
    return site.signed_in(OWNER)


def test_over_several_practices_each_has_its_own_note_and_undo(town: World, both: TestClient) -> None:
    page = follow(both, press(both, "reset", "1-2", ALMA, WES, reset_on="2026-11-30"))

    assert sorted(note_in(page).split(" / ")) == [
        "Desert Bloom: Recorded the reset of Mon, Nov 30 for 1 person.",
        "Lakeside Family Medicine: Recorded the reset of Mon, Nov 30 for 1 person.",
    ]
    assert page.count("/people/undo/") == 2
    assert town.look(1).reset_on == town.look(5).reset_on == date(2026, 11, 30)


def test_a_removal_is_from_the_practice_of_the_line(town: World, both: TestClient) -> None:
    follow(both, press(both, "", "1-2", path="/people/bulk/remove", count="1"))

    assert town.look(1).home_id == 1
    assert "Alma" not in both.get("/people?practice=2").text


def test_only_its_home_mails_a_person(town: World, both: TestClient) -> None:
    asked = press(both, "send", "1-2").text

    assert "Mailed by another practice" in asked
    assert town.reminders() == []


def test_in_trial_the_question_says_who_gets_the_mails(town: World, both: TestClient) -> None:
    both.post("/settings/1/mode", data={"mode": "trial"}, headers=OURS)

    assert "In trial the mails go to the admins." in press(both, "send", BO).text
    assert town.mails == []


def test_an_undo_is_for_owners_and_editors_of_that_practice(town: World, site: Site, owner: TestClient) -> None:
    page = follow(owner, press(owner, "reset", ALMA, reset_on="2026-11-30"))
    path = re.search(r'action="(/people/undo/\d+)"', page)
    assert path is not None
    address = f"/people?event={path[1].rpartition('/')[2]}"
    viewer, stranger = site.colleague("viewer@lakeside.example"), site.signed_in("ann@desert.example")

    assert "Recorded the reset" in viewer.get(address).text
    assert "/people/undo/" not in viewer.get(address).text
    assert "Recorded the reset" not in stranger.get(address).text
    assert viewer.post(path[1], headers=OURS).status_code == 403
    assert stranger.post(path[1], headers=OURS).status_code == 404
    assert town.look(1).reset_on == date(2026, 11, 30)


@pytest.mark.parametrize(("days", "status"), [(30, 303), (31, 422)])
def test_an_undo_ends_after_thirty_days(town: World, owner: TestClient, site: Site, days: int, status: int) -> None:
    page = follow(owner, press(owner, "reset", ALMA, reset_on="2026-11-30"))
    path = re.search(r'action="(/people/undo/\d+)"', page)
    assert path is not None
    town.now += timedelta(days=days)
    later = site.signed_in(OWNER)

    assert later.post(path[1], headers=OURS).status_code == status


@pytest.mark.parametrize("number", ["x", "0", "99999", "9" * 30])
def test_a_note_of_nothing_is_no_note(town: World, owner: TestClient, number: str) -> None:
    assert note_in(owner.get(f"/people?event={number}").text) == ""
    assert town.look(1).name == "Alma Reyes"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_holds_what_the_filter_shows_and_is_read_back(town: World, owner: TestClient, kind: str) -> None:
    answer = owner.get(f"/people/export.{kind}?status=attention&sort=name")
    roster = read_roster(answer.content, file_name=f"people.{kind}", today=TODAY)

    assert answer.headers["content-disposition"] == f'attachment; filename="people.{kind}"'
    assert [(row.name, row.email, row.role, row.reset_on) for row in roster.rows] == [
        ("Alma Reyes", "alma.reyes@lakeside.example", Role.STAFF_END_USER, left(7)),
        ("Dee Unknown", "dee.unknown@lakeside.example", Role.STAFF_END_USER, None),
    ]
    assert not roster.rejected
    assert town.look(1).name == "Alma Reyes"


def test_no_cell_of_a_file_runs_as_a_formula(town: World, owner: TestClient) -> None:
    with town.store.write() as connection:
        people.change(connection, 1, {"user_id": "=1+1"})
    cell = owner.get("/people/export.csv?q=alma").content.decode("utf-8-sig")

    assert '"=1+1"' not in cell
    assert "=1+1" in cell


def test_the_ticked_are_saved_as_a_file(town: World, owner: TestClient, site: Site) -> None:
    saved = press(owner, "csv", BO, DEE, path="/people/export")
    viewer = site.colleague("viewer@lakeside.example")

    assert [row.name for row in read_roster(io.BytesIO(saved.content).read(), file_name="p.csv", today=TODAY).rows] == [
        "Bo Chen",
        "Dee Unknown",
    ]
    assert press(viewer, "csv", BO, path="/people/export").status_code == 403
    assert "Bo Chen" in viewer.get("/people/export.csv").text
    assert "Wes" not in viewer.get("/people/export.csv").text
    assert owner.get("/people/export.pdf").status_code == 422
    assert town.look(1).name == "Alma Reyes"
