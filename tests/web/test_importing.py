from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import AdminRole
from reminder.store import memberships

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
OURS = {"Sec-Fetch-Site": "same-origin"}


def upload(browser: TestClient, name: str, data: bytes | None = None) -> str:
    """Check a list and return the page that says what would happen."""
    content = data if data is not None else (SAMPLES / name).read_bytes()
    answer = browser.post("/people/import", files={"file": (name, content)}, headers=OURS)
    assert answer.status_code == 200, answer.text
    return answer.text


def confirm(browser: TestClient, page: str) -> str:
    """Press the import's button and return where it leads."""
    action = re.findall(r'action="(/people/import/[^"]+)"', page)[0]
    location: str = browser.post(action, headers=OURS).headers["location"]
    return location


def registered(world: World) -> list[str]:
    with world.store.read() as connection:
        return [member.person.name for member in memberships.members(connection, 1)]


def test_nothing_is_written_before_the_button(world: World, owner: TestClient) -> None:
    page = upload(owner, "roster-excel-export.csv")

    assert "5 new, 0 changed, 0 unchanged, 6 to fix" in page
    assert "Import 5 people, leave 6 out" in page
    assert registered(world) == []


def test_the_button_imports_and_undo_takes_it_back(world: World, owner: TestClient) -> None:
    result = confirm(owner, upload(owner, "roster-clean.csv"))
    imported = registered(world)
    page = owner.get(result).text
    owner.post(f"{result}/undo", headers=OURS)

    assert len(imported) == 8
    assert "Imported: 8 new, 0 changed" in page
    assert registered(world) == []
    assert "taken back" in owner.get(result).text


def test_every_refused_row_is_named_with_its_cure(owner: TestClient) -> None:
    page = upload(owner, "roster-excel-export.csv")
    address = re.findall(r'href="(/people/import/[^"]+rows-to-fix\.csv)"', page)[0]
    file = owner.get(address)

    assert "Row 10" in page
    assert "group mailbox" in page
    assert file.headers["content-disposition"].startswith("attachment")
    assert len(file.text.strip().splitlines()) == 7


def test_passwords_are_on_no_page(owner: TestClient) -> None:
    page = upload(owner, "roster.xlsx")

    assert "dropped unread" in page
    assert "Summer2026!" not in page
    assert "hunter2" not in page


def test_a_pasted_list_is_read(world: World, owner: TestClient) -> None:
    pasted = "Name\tEmail\tRole\nAlma Reyes\talma@lakeside.example\tAO\n"
    page = owner.post("/people/import", data={"pasted": pasted}, headers=OURS).text
    confirm(owner, page)

    assert registered(world) == ["Alma Reyes"]


@pytest.mark.parametrize("data", [b"", b"   ", b"\x00\x01\x02", b"no,header,here\n1,2,3\n"])
def test_what_is_no_list_is_explained(world: World, owner: TestClient, data: bytes) -> None:
    answer = owner.post("/people/import", files={"file": ("list.csv", data)}, headers=OURS)

    assert answer.status_code == 422
    assert "Nothing was read." in answer.text


def test_a_list_waits_for_half_an_hour_and_for_its_owner_alone(world: World, site: Site, owner: TestClient) -> None:
    action = re.findall(r'action="(/people/import/[^"]+)"', upload(owner, "roster-clean.csv"))[0]
    colleague = site.colleague("editor@lakeside.example", role=AdminRole.EDITOR)
    by_colleague = colleague.post(action, headers=OURS).status_code
    world.now += timedelta(minutes=30)
    too_late = owner.post(action, headers=OURS).status_code

    assert (by_colleague, too_late) == (404, 404)
    assert registered(world) == []


def test_pressing_twice_imports_once(world: World, owner: TestClient) -> None:
    action = re.findall(r'action="(/people/import/[^"]+)"', upload(owner, "roster-clean.csv"))[0]
    codes = [owner.post(action, headers=OURS).status_code for _ in range(2)]

    assert codes == [303, 404]
    assert len(registered(world)) == 8


def test_who_may_only_look_may_not_import(world: World, site: Site) -> None:
    viewer = site.colleague("viewer@lakeside.example")

    assert viewer.get("/people/import").status_code == 403
    assert viewer.post("/people/import", data={"pasted": "x"}, headers=OURS).status_code == 403
    assert "Import a list" not in viewer.get("/people").text


def test_an_import_of_another_practice_does_not_exist(world: World, site: Site, owner: TestClient) -> None:
    result = confirm(owner, upload(owner, "roster-clean.csv"))
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    stranger = site.signed_in("ann@desert.example")

    assert stranger.get(result).status_code == 404
    assert stranger.post(f"{result}/undo", headers=OURS).status_code == 404
    assert len(registered(world)) == 8


@pytest.mark.parametrize(("days", "possible"), [(7, True), (8, False)])
def test_an_import_is_taken_back_for_seven_days(world: World, owner: TestClient, days: int, possible: bool) -> None:
    result = confirm(owner, upload(owner, "roster-clean.csv"))
    world.now += timedelta(days=days)
    owner.post(f"{result}/undo", headers=OURS)

    assert (registered(world) == []) is possible


def test_the_schedule_says_what_will_be_sent(world: World, owner: TestClient) -> None:
    confirm(owner, upload(owner, "roster-clean.csv"))
    foretold = world.forecast(days=60)
    page = owner.get("/schedule").text

    assert f"{len(foretold)} mails in the next 60 days" in page
    assert "asked for the date of the last reset" in page
    assert "Friday, December 4, 2026" in page


def test_another_day_is_simulated(world: World, owner: TestClient) -> None:
    confirm(owner, upload(owner, "roster-clean.csv"))
    page = owner.get("/schedule?today=2027-01-20").text

    assert "December" not in page
    assert "January 20, 2027" in page or "January 2" in page
    assert owner.get("/schedule?today=soon").status_code == 200
