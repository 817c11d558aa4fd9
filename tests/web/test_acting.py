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
FORMS = {
    "reset": {"when": "today"},
    "undo": {},
    "pause": {"from_on": "2026-12-01", "to_on": "2026-12-05"},
    "back": {},
    "edit": {"name": "Alma Gold", "email": "gold@lakeside.example"},
    "role": {"practice": "1", "role": "AO"},
    "home": {"practice": "1"},
    "send-now": {},
    "remove": {},
}
ACTS = list(FORMS)


@pytest.fixture
def alma(world: World) -> str:
    """Alma's page."""
    key = world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Ben Okafor", email="ben@lakeside.example")
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Wes Young", practice=other, email="wes@desert.example")
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
        ("edit", {"name": "evil.com", "email": "a@x.example"}, "evil.com"),
        ("edit", {"name": "Alma Reyes", "email": "billing@x.example"}, "group mailbox"),
        ("edit", {"name": "Alma Reyes", "email": "ben@lakeside.example"}, "already belongs to Ben Okafor"),
        ("edit", {"name": "Alma Reyes", "email": "wes@desert.example"}, "already belongs to somebody else"),
        ("role", {"practice": "1", "role": "boss"}, "none of the five"),
    ],
)
def test_what_cannot_be_done_is_explained_and_changes_nothing(
    world: World, owner: TestClient, alma: str, act: str, form: dict[str, str], words: str
) -> None:
    before = everything(world)
    answer = owner.post(f"{alma}/{act}", data=form or {"when": ""}, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert "Nothing was changed" in answer.text
    assert words in answer.text
    assert everything(world) == before


@pytest.mark.parametrize(
    ("act", "form", "kept", "mend"),
    [
        ("reset", {"when": "date", "date": "2026-12-24"}, 'value="2026-12-24"', "date"),
        ("reset", {"when": "days_left", "days_left": "99"}, 'value="99"', "days_left"),
        ("reset", {"when": ""}, "Choose when", "when"),
        ("pause", {"from_on": "2026-12-05", "to_on": "2026-12-01"}, 'value="2026-12-05"', "to_on"),
        ("edit", {"name": "Alma Gold", "email": "alma@"}, 'value="Alma Gold"', "email"),
        ("edit", {"name": "Alma", "email": "a@x.example", "second_email": "b@"}, 'value="b@"', "second_email"),
    ],
)
def test_what_was_typed_stays_and_the_form_is_open_at_the_field_to_mend(
    owner: TestClient, alma: str, act: str, form: dict[str, str], kept: str, mend: str
) -> None:
    page = owner.post(f"{alma}/{act}", data=form, headers={"Sec-Fetch-Site": "same-origin"}).text

    assert f'<details id="{act}-form" open>' in page
    assert kept in page
    assert f'href="#{mend}"' in page
    assert f'id="{mend}"' in page


def test_the_form_of_a_day_is_open_where_a_link_asks_for_it(owner: TestClient, alma: str) -> None:
    assert '<details id="edit-form" open>' in owner.get(f"{alma}?open=edit").text


def test_an_absence_comes_and_goes(owner: TestClient, alma: str) -> None:
    press(owner, alma, "pause")
    away = owner.get(alma).text
    press(owner, alma, "back")

    assert "Paused" in away
    assert "Paused" not in owner.get(alma).text


def test_one_absence_is_taken_out_and_the_other_stays(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "pause")
    press(owner, alma, "pause", from_on="2027-01-04", to_on="2027-01-08")
    press(owner, alma, "back", absence="1")
    page = owner.get(alma).text

    assert "Paused" not in page
    assert "Mon, Jan 4" in page


def test_the_absence_of_somebody_else_is_not_ended(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "pause")

    assert press(owner, "/people/2", "back", absence="1") == 422
    assert "Paused" in owner.get(alma).text


def test_an_edit_is_saved(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "edit")

    assert (world.look(1).name, world.look(1).email) == ("Alma Gold", "gold@lakeside.example")


def test_a_role_is_changed(owner: TestClient, alma: str) -> None:
    press(owner, alma, "role")

    assert "Changed the role to Authorized Official (AO)" in owner.get(alma).text


def test_the_same_date_again_says_that_nothing_has_changed(owner: TestClient, alma: str) -> None:
    answer = owner.post(
        f"{alma}/reset", data={"when": "date", "date": "2026-10-09"}, headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert "known already" in owner.get(answer.headers["location"]).text


def test_who_left_is_gone_from_the_list_but_not_from_history(world: World, owner: TestClient, alma: str) -> None:
    press(owner, alma, "remove")

    assert world.look(1).home_id is None
    assert "Alma" not in owner.get("/people").text
    assert "Left" in owner.get(alma).text
