"""Somebody left the practice: the list for I&A, the removal, and the way back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import Role
from reminder.store import memberships
from tests.web.browsing import SAME_SITE, press
from tests.world import OWNER, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

SEVEN_LEFT = date(2026, 10, 9)
ANN = "ann@desert.example"


def words(browser: TestClient, path: str) -> str:
    return " ".join(browser.get(path).text.split())


@pytest.mark.parametrize(
    ("role", "listed"),
    [
        (Role.AUTHORIZED_OFFICIAL, "as Authorized Official (AO) of your organization"),
        (Role.ACCESS_MANAGER, "as Access Manager (AM) of your organization"),
        (Role.STAFF_END_USER, "from the staff of your organization"),
        (Role.SURROGATE, "Every connection by which Alma Reyes acts as a surrogate"),
        (Role.INDIVIDUAL_PROVIDER, "as a provider and your organization"),
    ],
)
def test_the_list_follows_the_role(world: World, owner: TestClient, role: Role, listed: str) -> None:
    world.person("Alma Reyes", SEVEN_LEFT, role=role)
    page = words(owner, "/people/1/leaving")

    assert listed in page
    assert "surrogate" in page
    assert "nppes.cms.hhs.gov/IAWeb" in page
    assert "account is Alma Reyes&#39;s own" in page or "account is Alma Reyes's own" in page


def test_the_last_official_is_told_apart(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT, role=Role.AUTHORIZED_OFFICIAL)
    last = words(owner, "/people/1/leaving")
    world.person("Ben Okafor", date(2026, 9, 1), role=Role.ACCESS_MANAGER)
    expired = words(owner, "/people/1/leaving")
    world.person("Chloe Dubois", date(2026, 11, 20), role=Role.ACCESS_MANAGER)
    covered = words(owner, "/people/1/leaving")

    assert "is the last AO or AM registered" in last
    assert "No other AO or AM login works" in expired
    assert "AO or AM registered" not in covered
    assert "No other AO or AM" not in covered


def test_looking_removes_nobody_and_pressing_shows_the_list_again(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    before = words(owner, "/people/1/leaving")
    home = world.look(1).home_id
    answer = owner.post("/people/1/remove", data={"practice": "1"}, headers=SAME_SITE)
    after = words(owner, answer.headers["location"])

    assert home == 1
    assert "Remove Alma Reyes from Lakeside" in before
    assert world.look(1).home_id is None
    assert "Alma Reyes is removed here" in after
    assert "To remove in I&amp;A" in after
    assert "take it back" in after


def test_a_leaving_is_taken_back_with_role_and_cycle(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT, role=Role.ACCESS_MANAGER)
    press(owner, "/people/1/remove")
    world.tick(chicago("2026-12-02"))
    press(owner, "/people/1/return", practice="1")
    with world.store.read() as connection:
        roles = memberships.roles_of(connection, 1)
    page = owner.get("/people/1").text

    assert roles == {1: Role.ACCESS_MANAGER}
    assert "6 days left" in page
    assert "Took the leaving back" in page


def test_after_thirty_days_there_is_no_way_back(world: World, site: Site, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    press(owner, "/people/1/remove")
    world.now += timedelta(days=31)
    late = site.signed_in(OWNER)
    answer = late.post("/people/1/return", data={"practice": "1"}, headers=SAME_SITE)

    assert "take it back" not in late.get("/people/1/leaving").text
    assert answer.status_code == 422
    assert "more than 30 days ago" in answer.text


def test_a_viewer_reads_the_list_and_a_stranger_does_not(world: World, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    viewer, ann = site.colleague("viewer@lakeside.example"), site.signed_in(ANN)

    assert "To remove in I&amp;A" in viewer.get("/people/1/leaving").text
    assert "Remove Alma Reyes from" not in viewer.get("/people/1/leaving").text
    assert ann.get("/people/1/leaving").status_code == 404
    assert [press(who, "/people/1/return") for who in (viewer, ann)] == [403, 404]


def test_a_guest_practice_removes_from_itself_alone(world: World, site: Site) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.practice("Desert Bloom", zone="America/Phoenix", owner=ANN)
    world.person("Alma Reyes", practice=2)
    ann = site.signed_in(ANN)

    assert ann.get("/people/1/leaving?practice=1").status_code == 404
    assert press(ann, "/people/1/remove", practice="1") == 404
    assert press(ann, "/people/1/remove", practice="2") == 303
    with world.store.read() as connection:
        assert list(memberships.roles_of(connection, 1)) == [1]
