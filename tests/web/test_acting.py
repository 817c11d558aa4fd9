from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import AdminRole

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

SEVEN_LEFT = date(2026, 10, 9)
ACTS = ["reset", "undo", "pause", "back", "edit", "remove"]
FORMS = {
    "reset": {"when": "today"},
    "pause": {"from_on": "2026-12-01", "to_on": "2026-12-05"},
    "edit": {"name": "Alma Gold", "email": "gold@lakeside.example", "role": "AO"},
}


@pytest.fixture
def alma(world: World) -> str:
    """Alma's page."""
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    return f"/people/{key}"


def press(browser: TestClient, page: str, act: str, **form: str) -> int:
    headers = {"Sec-Fetch-Site": "same-origin"}
    return browser.post(f"{page}/{act}", data=form or FORMS.get(act, {}), headers=headers).status_code


def everything(world: World) -> tuple[object, ...]:
    return (world.look(1), tuple(world.reminders()))


@pytest.mark.parametrize("act", ACTS)
def test_owner_and_editor_may_act_a_viewer_and_a_stranger_may_not(
    world: World, site: Site, alma: str, act: str
) -> None:
    before = everything(world)
    viewer = press(site.colleague("viewer@lakeside.example"), alma, act)
    stranger = press(site.signed_in("ann@desert.example"), alma, act)
    nobody = site.visitor().post(f"{alma}/{act}", data=FORMS.get(act, {}))
    untouched = everything(world) == before
    editor = press(site.colleague("editor@lakeside.example", role=AdminRole.EDITOR), alma, act)

    assert (viewer, stranger, editor) == (403, 404, 303)
    assert nobody.headers["location"] == "/sign-in"
    assert untouched


@pytest.mark.parametrize("act", ACTS)
def test_another_site_may_not_act_in_an_admins_name(world: World, owner: TestClient, alma: str, act: str) -> None:
    before = everything(world)
    answer = owner.post(f"{alma}/{act}", data=FORMS.get(act, {}), headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert everything(world) == before


def test_a_reset_is_recorded_and_taken_back(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "reset", when="date", date="2026-11-20")
    recorded = world.look(1).reset_on
    press(owner, alma, "undo")

    assert (recorded, world.look(1).reset_on) == (date(2026, 11, 20), SEVEN_LEFT)
    assert "taken back" in owner.get(alma).text


def test_days_left_are_recorded(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "reset", when="days_left", days_left="17")

    assert world.look(1).expires_on == date(2026, 12, 18)


@pytest.mark.parametrize(
    ("act", "form", "words"),
    [
        ("reset", {}, "Choose when you reset it"),
        ("reset", {"when": "date", "date": "2026-12-02"}, "in the future"),
        ("reset", {"when": "days_left", "days_left": "99"}, "99 cannot be"),
        ("pause", {"from_on": ""}, "Choose the first day"),
        ("pause", {"from_on": "2026-12-05", "to_on": "2026-12-01"}, "swap the two"),
        ("edit", {"name": "evil.com", "email": "a@x.example", "role": "AO"}, "evil.com"),
        ("edit", {"name": "Alma Reyes", "email": "billing@x.example", "role": "AO"}, "group mailbox"),
    ],
)
def test_what_cannot_be_done_is_explained_and_changes_nothing(
    world: World, owner: TestClient, alma: str, act: str, form: dict[str, str], words: str
) -> None:
    before = everything(world)
    answer = owner.post(f"{alma}/{act}", data=form or {"when": ""}, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert words in answer.text
    assert everything(world) == before


def test_an_absence_comes_and_goes(owner: TestClient, alma: str) -> None:
    press(owner, alma, "pause")
    away = owner.get(alma).text
    press(owner, alma, "back")

    assert "Paused" in away
    assert "Paused" not in owner.get(alma).text


def test_an_edit_is_saved(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "edit")

    assert (world.look(1).name, world.look(1).email) == ("Alma Gold", "gold@lakeside.example")
    assert "Authorized Official (AO)" in owner.get(alma).text


def test_who_left_is_gone_from_the_list_but_not_from_history(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "remove")

    assert world.look(1).home_id is None
    assert "Alma" not in owner.get("/people").text
    assert "Left" in owner.get(alma).text
