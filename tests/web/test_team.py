"""Who looks after a practice: invitations, roles, leaving; and that no practice touches another."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.policy.model import AdminRole
from reminder.store import admins, factors
from reminder.store import tables as t
from tests.web.conftest import SAME_SITE
from tests.world import OWNER

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

KIM = "kim@lakeside.example"


def post(browser: TestClient, path: str, **form: str) -> Response:
    return browser.post(path, data=form, headers=SAME_SITE)


def id_of(world: World, email: str) -> int:
    with world.store.read() as connection:
        found = admins.with_email(connection, email)
    assert found is not None
    return found.id


def roles(world: World, email: str) -> dict[int, AdminRole]:
    with world.store.read() as connection:
        return admins.practices_of(connection, id_of(world, email))


def invite(browser: TestClient, email: str = KIM, role: str = "editor", practice: int = 1) -> Response:
    return post(browser, f"/settings/team/{practice}/invite", email=email, role=role)


def invitation(world: World) -> str:
    world.tick()
    found = re.search(r"/sign-in/\S+", world.mails[-1].text)
    assert found
    return found[0]


def test_an_invitation_lets_somebody_in_with_name_and_password(world: World, site: Site, owner: TestClient) -> None:
    answer = invite(owner, " Kim@Lakeside.example")
    browser = site.visitor()
    arrived = post(browser, invitation(world))
    post(browser, "/account/welcome", name="Kim Lee", password="violet papaya Lisbon")

    assert "invitation is on its way" in owner.get(answer.headers["location"]).text
    assert (world.mails[-1].kind, world.mails[-1].to) == ("invitation", KIM)
    assert "see and change the people and their dates" in world.mails[-1].text.replace("\n", " ")
    assert arrived.headers["location"] == "/account/welcome"
    assert roles(world, KIM) == {1: AdminRole.EDITOR}
    assert "Kim Lee" in owner.get("/settings/team/1").text


@pytest.mark.parametrize(("wait", "status"), [(timedelta(hours=24, seconds=-1), 303), (timedelta(hours=24), 404)])
def test_an_invitation_works_for_a_day(
    world: World, site: Site, owner: TestClient, wait: timedelta, status: int
) -> None:
    invite(owner)
    link = invitation(world)
    world.now += wait

    assert post(site.visitor(), link).status_code == status


def test_an_invitation_is_sent_again_and_the_one_before_is_dead(world: World, site: Site, owner: TestClient) -> None:
    invite(owner)
    first = invitation(world)
    post(owner, "/settings/team/1/invite-again", admin=str(id_of(world, KIM)))
    second = invitation(world)

    assert [site.visitor().get(link).status_code for link in (first, second)] == [404, 200]


def test_who_has_come_needs_no_invitation(world: World, site: Site, owner: TestClient) -> None:
    site.colleague(KIM)

    assert post(owner, "/settings/team/1/invite-again", admin=str(id_of(world, KIM))).status_code == 422


def test_who_has_an_account_is_told_that_a_practice_was_added(world: World, site: Site, owner: TestClient) -> None:
    other = world.practice("Desert Bloom", owner="ann@desert.example")
    ann = site.signed_in("ann@desert.example")
    invite(owner, "ann@desert.example", "viewer")
    world.tick()

    assert [mail.subject for mail in world.mails] == ["You can now look after Lakeside Family Medicine, too"]
    assert "/sign-in/" not in world.mails[0].text
    assert roles(world, "ann@desert.example") == {1: AdminRole.VIEWER, other: AdminRole.OWNER}
    assert ann.get("/settings/team/1").status_code == 200


@pytest.mark.parametrize(
    ("email", "role", "complaint"),
    [
        ("nobody", "editor", "nobody"),
        (KIM, "boss", "boss"),
        (OWNER, "editor", "already"),
    ],
)
def test_a_wrong_invitation_is_refused_and_nothing_is_kept(
    world: World, owner: TestClient, email: str, role: str, complaint: str
) -> None:
    answer = invite(owner, email, role)
    world.tick()

    assert answer.status_code == 422
    assert complaint in answer.text
    assert f'value="{email}"' in answer.text
    assert world.mails == []
    with world.store.read() as connection:
        assert len(connection.execute(select(t.admin)).all()) == 1


def test_invitations_of_a_practice_are_limited(owner: TestClient) -> None:
    answers = [invite(owner, f"kim{number}@x.example").status_code for number in range(21)]

    assert answers == [303] * 20 + [422]


def test_a_role_holds_at_once(world: World, site: Site, owner: TestClient) -> None:
    kim = site.colleague(KIM, role=AdminRole.VIEWER)
    before = kim.get("/people/import").status_code
    post(owner, "/settings/team/1/role", admin=str(id_of(world, KIM)), role="editor")

    assert (before, kim.get("/people/import").status_code) == (403, 200)


def test_who_is_removed_is_signed_out_at_once(world: World, site: Site, owner: TestClient) -> None:
    kim = site.colleague(KIM)
    post(owner, "/settings/team/1/remove", admin=str(id_of(world, KIM)))

    assert kim.get("/").headers["location"] == "/sign-in"
    assert roles(world, KIM) == {}


def test_an_invitation_is_dead_once_it_is_taken_back(world: World, site: Site, owner: TestClient) -> None:
    invite(owner)
    link = invitation(world)
    post(owner, "/settings/team/1/remove", admin=str(id_of(world, KIM)))

    assert post(site.visitor(), link).status_code == 404


def test_the_last_owner_stays(owner: TestClient) -> None:
    left = post(owner, "/settings/team/1/leave")
    demoted = post(owner, "/settings/team/1/role", admin="1", role="viewer")
    removed = post(owner, "/settings/team/1/remove", admin="1")

    for answer in (left, demoted, removed):
        assert answer.status_code == 422
        assert "last owner" in answer.text


def test_an_owner_may_leave_when_there_is_another_one(world: World, site: Site, owner: TestClient) -> None:
    site.colleague(KIM, role=AdminRole.OWNER)
    answer = post(owner, "/settings/team/1/leave")

    assert answer.headers["location"] == "/sign-in?done=left"
    assert owner.get("/").status_code == 303


def test_an_owner_turns_off_the_code_of_a_colleague_who_lost_it(world: World, site: Site, owner: TestClient) -> None:
    kim = site.colleague(KIM)
    with world.store.write() as connection:
        factors.set_key(connection, id_of(world, KIM), "sealed")
    answer = post(owner, "/settings/team/1/reset-factor", admin=str(id_of(world, KIM)))
    world.tick()

    assert answer.status_code == 303
    assert kim.get("/").status_code == 303
    assert [(mail.to, mail.subject) for mail in world.mails] == [(KIM, "Your second factor was turned off")]
    with world.store.read() as connection:
        last = connection.execute(select(t.event).where(t.event.c.action == "account.factor_off")).one()
    assert (last.actor, last.detail["email"]) == ("admin:1", KIM)


@pytest.mark.parametrize("act", ["role", "remove", "reset-factor", "invite-again"])
@pytest.mark.parametrize("role", [AdminRole.EDITOR, AdminRole.VIEWER])
def test_only_owners_act_on_colleagues(world: World, site: Site, act: str, role: AdminRole) -> None:
    kim = site.colleague(KIM, role=role)
    answer = post(kim, f"/settings/team/1/{act}", admin="1", role="viewer")

    assert answer.status_code == 403
    assert roles(world, OWNER) == {1: AdminRole.OWNER}
    assert "Send the invitation" not in kim.get("/settings/team/1").text


@pytest.mark.parametrize("act", ["role", "remove", "reset-factor", "invite-again"])
def test_an_owner_of_another_practice_reaches_nobody(world: World, site: Site, act: str) -> None:
    other = world.practice("Desert Bloom", owner="ann@desert.example")
    ann = site.signed_in("ann@desert.example")
    foreign = post(ann, f"/settings/team/1/{act}", admin="1", role="viewer")
    through_own = post(ann, f"/settings/team/{other}/{act}", admin="1", role="viewer")

    assert foreign.status_code == 404
    assert through_own.status_code == 422
    assert "does not look after" in through_own.text
    assert OWNER not in through_own.text
    assert roles(world, OWNER) == {1: AdminRole.OWNER}


def test_every_change_stands_in_the_history_of_its_practice(world: World, site: Site, owner: TestClient) -> None:
    invite(owner)
    kim = str(id_of(world, KIM))
    post(owner, "/settings/team/1/role", admin=kim, role="viewer")
    post(owner, "/settings/team/1/remove", admin=kim)
    with world.store.read() as connection:
        found = connection.execute(select(t.event).where(t.event.c.action.like("admin.%")).order_by(t.event.c.id)).all()

    assert [(row.action, row.practice_id) for row in found if row.practice_id] == [
        ("admin.invited", 1),
        ("admin.role", 1),
        ("admin.removed", 1),
    ]
    assert found[-2].detail == {"email": KIM, "before": "editor", "role": "viewer"}


def test_an_owner_opens_another_practice_in_trial_and_owns_it(world: World, owner: TestClient) -> None:
    answer = post(owner, "/settings/practices/add", name="Harbor Clinic", zone="America/New_York")
    page = owner.get(answer.headers["location"]).text

    assert "Harbor Clinic" in page
    assert "In trial" in page
    assert list(roles(world, OWNER).values()) == [AdminRole.OWNER, AdminRole.OWNER]


@pytest.mark.parametrize(
    ("name", "zone", "field"),
    [("Lakeside Family Medicine", "America/Chicago", "name"), ("", "America/Chicago", "name"), ("X", "Mars", "zone")],
)
def test_a_practice_that_cannot_be_is_refused_beside_its_field(
    owner: TestClient, name: str, zone: str, field: str
) -> None:
    answer = post(owner, "/settings/practices/add", name=name, zone=zone)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


@pytest.mark.parametrize(("role", "status"), [(AdminRole.EDITOR, 403), (AdminRole.VIEWER, 403)])
def test_who_owns_nothing_opens_no_practice(site: Site, role: AdminRole, status: int) -> None:
    kim = site.colleague(KIM, role=role)

    assert kim.get("/settings/practices/add").status_code == status
    assert post(kim, "/settings/practices/add", name="Harbor", zone="UTC").status_code == status
