"""One person is added by hand; what cannot be is said beside its field, and what was typed stays."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import AdminRole, Role
from reminder.store import admins, memberships, people
from tests.world import OWNER

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

ALMA = {"name": "Alma Reyes", "email": "alma@lakeside.example", "role": "Authorized Official (AO)"}
OURS = {"Sec-Fetch-Site": "same-origin"}


def add(browser: TestClient, **fields: str) -> Response:
    return browser.post("/people/add", data={**ALMA, **fields}, headers=OURS)


def test_a_person_is_registered_with_all_that_is_known(world: World, owner: TestClient) -> None:
    answer = add(owner, reset_on="2026-11-20", user_id="0042", second_email="alma@home.example")
    page = owner.get(answer.headers["location"]).text
    who = world.look(1)

    assert answer.headers["location"] == "/people/add?done=1"
    assert '<a href="/people/1">Alma Reyes</a> is registered.' in page
    assert (who.name, who.email, who.second_email, who.user_id) == (
        "Alma Reyes",
        "alma@lakeside.example",
        "alma@home.example",
        "0042",
    )
    assert (who.reset_on, who.registered_by) == (date(2026, 11, 20), "dana")
    assert world.reminders() == []  # nobody is mailed by being added


@pytest.mark.parametrize(("fields", "expires_on"), [({}, None), ({"days_left": "17"}, date(2026, 12, 18))])
def test_the_date_is_what_is_shown_or_nothing(
    world: World, owner: TestClient, fields: dict[str, str], expires_on: date | None
) -> None:
    add(owner, **fields)

    assert world.look(1).expires_on == expires_on


@pytest.mark.parametrize(
    ("field", "fields", "words"),
    [
        ("name", {"name": ""}, "type a name"),
        ("email", {"email": "billing@lakeside.example"}, "group mailbox"),
        ("email", {"email": "alma"}, "it has no @"),
        ("role", {"role": ""}, "is empty"),
        ("second_email", {"second_email": "x"}, "it has no @"),
        ("reset_on", {"reset_on": "2026-12-02"}, "in the future"),
        ("reset_on", {"reset_on": "soon"}, "Choose the day"),
        ("days_left", {"days_left": "99"}, "99 cannot be"),
        ("days_left", {"days_left": "many"}, "Type the number"),
        ("days_left", {"days_left": "9", "reset_on": "2026-11-20"}, "not both"),
        ("email", {"email": "bo.chen@lakeside.example"}, "already belongs to Bo Chen"),
        ("email", {"name": "Bo Chen", "email": "bo.chen@lakeside.example"}, "is registered in Lakeside"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nobody_is_added(
    world: World, owner: TestClient, field: str, fields: dict[str, str], words: str
) -> None:
    world.person("Bo Chen")
    answer = add(owner, **fields)

    assert answer.status_code == 422
    assert "<title>Error: Add one person" in answer.text
    assert f'<a href="#{field}">' in answer.text
    assert re.search(rf'id="{field}-problem">[^<]*{words}', answer.text)
    assert all(f'value="{value}"' in answer.text for name, value in {**ALMA, **fields}.items() if name != "role")
    with world.store.read() as connection:
        assert people.get(connection, 2) is None


def test_a_practice_that_is_not_theirs_is_nobodys_to_add_to(world: World, site: Site, owner: TestClient) -> None:
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    viewer = site.colleague("viewer@lakeside.example")

    assert add(owner, practice="2").status_code == 404
    assert add(viewer).status_code == 403
    assert viewer.get("/people/add").status_code == 403
    with world.store.read() as connection:
        assert people.get(connection, 1) is None


def test_of_several_practices_one_is_chosen(world: World, site: Site) -> None:
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    with world.store.write() as connection:
        dana = admins.with_email(connection, OWNER)
        assert dana is not None
        admins.grant(connection, dana.id, 2, AdminRole.EDITOR)
    owner = site.signed_in(OWNER)
    form = owner.get("/people/add").text
    add(owner, practice="2")
    with world.store.read() as connection:
        roles = memberships.roles_of(connection, 1)

    assert "Desert Bloom</option>" in form
    assert roles == {2: Role.AUTHORIZED_OFFICIAL}


def test_who_works_elsewhere_keeps_what_stands_there(world: World, owner: TestClient) -> None:
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Alma Reyes", date(2026, 11, 1), practice=other, email=ALMA["email"])
    add(owner)

    assert world.look(1).home_id == other
    assert world.look(1).reset_on == date(2026, 11, 1)
