"""The admin's own account: name, address, password, where they are signed in; and what asks again who is there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reminder.jobs import passwords
from reminder.jobs.signing_in import make_sign_in_link
from reminder.store import admins
from reminder.store import tables as t
from reminder.web.account.proving import own_path
from tests.web.conftest import SAME_SITE
from tests.world import OWNER

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from reminder.store.admins import Admin
    from tests.web.conftest import Site
    from tests.world import World

OLD, NEW = "correct horse battery", "violet papaya Lisbon"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def post(browser: TestClient, path: str, **form: str) -> Response:
    return browser.post(path, data=form, headers=SAME_SITE)


def look(world: World, email: str = OWNER) -> Admin | None:
    with world.store.read() as connection:
        return admins.with_email(connection, email)


def link_in(world: World, pattern: str) -> str:
    world.tick()
    found = re.search(pattern, world.mails[-1].text)
    assert found
    return found[0]


@pytest.fixture
def dana(world: World, site: Site) -> TestClient:
    """The owner, signed in by a password."""
    with world.store.write() as connection:
        admins.set_password(connection, 1, passwords.hashed(OLD))
    browser = site.visitor()
    post(browser, "/sign-in", email=OWNER, password=OLD)
    return browser


def test_a_name_is_changed(world: World, owner: TestClient) -> None:
    answer = post(owner, "/account/name", name="  Whitfield, Dana ")

    assert "Colleagues and first mails show this name" in owner.get(answer.headers["location"]).text
    found = look(world)
    assert found is not None
    assert found.name == "Dana Whitfield"


def test_a_name_that_is_none_is_refused_beside_its_field(owner: TestClient) -> None:
    answer = post(owner, "/account/name", name="http://evil.example")

    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert 'href="#name"' in answer.text
    assert 'value="http://evil.example"' in answer.text


def test_an_address_changes_once_the_new_one_has_confirmed_it_and_the_old_one_is_told(
    world: World, site: Site, dana: TestClient
) -> None:
    post(dana, "/account/address", email="dana@new.example")
    link = link_in(world, r"/account/address/\S+")
    opened = site.visitor().get(link)
    before = look(world)
    pressed, again = post(site.visitor(), link), post(site.visitor(), link)
    world.tick()

    assert world.mails[0].to == "dana@new.example"
    assert "dana@new.example" in opened.text
    assert before is not None
    assert (pressed.status_code, again.status_code) == (200, 404)
    assert look(world) is None
    assert look(world, "dana@new.example") is not None
    assert (world.mails[-1].to, world.mails[-1].subject) == (OWNER, "Your address was changed")


def test_a_link_for_an_address_signs_nobody_in_and_the_other_way_round(
    world: World, site: Site, dana: TestClient
) -> None:
    post(dana, "/account/address", email="dana@new.example")
    address = link_in(world, r"/account/address/\S+")
    post(site.visitor(), "/sign-in/link", email=OWNER)
    sign_in = link_in(world, r"/sign-in/\S+")

    assert post(site.visitor(), address.replace("/account/address/", "/sign-in/")).status_code == 404
    assert post(site.visitor(), sign_in.replace("/sign-in/", "/account/address/")).status_code == 404
    assert post(site.visitor(), address).status_code == 200


def test_who_asks_for_a_colleagues_address_learns_nothing(world: World, site: Site, dana: TestClient) -> None:
    world.practice("Desert Bloom", owner="ann@desert.example")
    taken = post(dana, "/account/address", email="ann@desert.example")
    world.tick()
    free = post(dana, "/account/address", email="free@desert.example")

    assert taken.headers["location"] == free.headers["location"]
    assert world.mails == []


def test_an_address_taken_meanwhile_is_not_given_away(world: World, site: Site, dana: TestClient) -> None:
    post(dana, "/account/address", email="dana@new.example")
    link = link_in(world, r"/account/address/\S+")
    world.practice("Desert Bloom", owner="dana@new.example")

    assert post(site.visitor(), link).status_code == 404
    assert look(world) is not None


def test_a_password_is_changed_by_who_knows_the_present_one(world: World, site: Site, dana: TestClient) -> None:
    other = site.signed_in(OWNER)
    wrong = post(dana, "/account/password", present="wrong", password=NEW)
    right = post(dana, "/account/password", present=OLD, password=NEW)
    world.tick()

    assert wrong.status_code == 422
    assert 'href="#present"' in wrong.text
    assert right.headers["location"] == "/account?done=password"
    assert dana.get("/").status_code == 200
    assert other.get("/").status_code == 303
    assert [post(site.visitor(), "/sign-in", email=OWNER, password=one).status_code for one in (OLD, NEW)] == [422, 303]
    assert world.mails[-1].subject == "Your password was changed"


@pytest.mark.parametrize(("minutes", "status"), [(10, 303), (10.1, 422)])
def test_a_forgotten_password_is_replaced_within_ten_minutes_of_a_mailed_link(
    world: World, site: Site, dana: TestClient, minutes: float, status: int
) -> None:
    browser = site.signed_in(OWNER)
    world.now += timedelta(minutes=minutes)

    assert ("Present password" in browser.get("/account/password").text) is (status == 422)
    assert post(browser, "/account/password", password=NEW).status_code == status


def test_a_weak_password_is_refused_with_its_cure_and_not_echoed(dana: TestClient) -> None:
    answer = post(dana, "/account/password", present=OLD, password="LakesideFamily2026")

    assert answer.status_code == 422
    assert "Leave out your own name" in answer.text
    assert "LakesideFamily2026" not in answer.text
    assert OLD not in answer.text


def test_password_fields_work_with_managers_and_paste(dana: TestClient) -> None:
    page = dana.get("/account/password").text

    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert 'autocomplete="username"' in page
    assert "onpaste" not in page
    assert page.count('type="password"') == 2


@pytest.mark.parametrize(("password", "words"), [(NEW, "It is very strong"), ("qwertyuiop12", "It is easy to guess")])
def test_the_strength_is_told_while_typing(dana: TestClient, password: str, words: str) -> None:
    answer = post(dana, "/account/password/strength", password=password)

    assert words in answer.text
    assert password not in answer.text


def test_a_password_is_never_too_old(world: World, site: Site, dana: TestClient) -> None:
    world.now += timedelta(days=1000)

    assert post(site.visitor(), "/sign-in", email=OWNER, password=OLD).headers["location"] == "/"


def test_a_newcomer_is_asked_for_name_and_password_once(world: World, site: Site) -> None:
    post(site.visitor(), "/sign-in/link", email=OWNER)
    browser = site.visitor()
    first = post(browser, link_in(world, r"/sign-in/\S+"))
    answer = post(browser, "/account/welcome", name="Dana Whitfield", password=NEW)
    again = post(browser, "/account/welcome", name="Somebody Else", password=OLD)

    assert first.headers["location"] == "/account/welcome"
    assert answer.headers["location"] == "/"
    assert again.headers["location"] == "/account"
    assert post(site.visitor(), "/sign-in", email=OWNER, password=NEW).headers["location"] == "/"


def test_a_newcomer_who_mistypes_keeps_the_name_that_was_typed(world: World, owner: TestClient) -> None:
    answer = post(owner, "/account/welcome", name="Dana Whitfield", password="short")

    assert answer.status_code == 422
    assert 'value="Dana Whitfield"' in answer.text
    found = look(world)
    assert found is not None
    assert (found.name, found.password_hash) == ("dana", None)


def test_the_browsers_one_is_signed_in_with_are_listed_and_ended(world: World, site: Site) -> None:
    phone = site.signed_in(OWNER)
    desk = site.visitor()
    with world.store.write() as connection:
        link = make_sign_in_link(connection, 1, world.now)
    desk.post(link, headers={"User-Agent": FIREFOX})
    page = desk.get("/account").text
    mark = re.search(r'name="session" value="([0-9a-f]+)"', page)
    assert mark

    assert "Firefox on Windows</strong> (this one)" in page
    assert "since Tue, Dec 1, 8:00 AM CST" in page
    assert post(desk, "/account/sessions/end", session=mark[1]).headers["location"] == "/account?done=ended"
    assert phone.get("/").status_code == 303
    assert desk.get("/").status_code == 200


def test_nobody_ends_a_colleagues_session(world: World, site: Site, owner: TestClient) -> None:
    kim = site.colleague("kim@lakeside.example")
    with world.store.read() as connection:
        marks = list(connection.scalars(select(t.session.c.token_hash)))
    for mark in marks:
        post(kim, "/account/sessions/end", session=mark[:16])

    assert owner.get("/").status_code == 200


@pytest.mark.parametrize(("path", "stays"), [("end-others", 200), ("end-all", 303)])
def test_signing_out_elsewhere_and_everywhere(site: Site, owner: TestClient, path: str, stays: int) -> None:
    other = site.signed_in(OWNER)
    post(owner, f"/account/sessions/{path}")

    assert other.get("/").status_code == 303
    assert owner.get("/").status_code == stays


@pytest.mark.parametrize(
    ("path", "form", "then"),
    [
        ("/account/address", {"email": "dana@new.example"}, "/account"),
        ("/account/password", {"present": OLD, "password": NEW}, "/account"),
        ("/account/second-factor/off", {}, "/account/second-factor"),
        ("/settings/mail/addresses", {"public_url": "https://x.example"}, "/settings/mail"),
        ("/settings/team/1/invite", {"email": "kim@x.example", "role": "owner"}, "/settings/team/1"),
    ],
)
def test_what_is_sensitive_asks_again_after_a_quarter_of_an_hour(
    world: World, dana: TestClient, path: str, form: dict[str, str], then: str
) -> None:
    world.now += timedelta(minutes=15, seconds=1)
    asked = post(dana, path, **form)
    secret = dana.cookies["__Host-session"]
    wrong = post(dana, "/account/prove", password="wrong", then=then)
    proved = post(dana, "/account/prove", password=OLD, then=then)

    assert asked.headers["location"] == f"/account/prove?then={then}"
    assert wrong.status_code == 422
    assert proved.headers["location"] == then
    assert dana.cookies["__Host-session"] != secret
    assert dana.get(then).status_code == 200
    assert post(dana, path, **form).headers.get("location", "") != f"/account/prove?then={then}"


def test_within_a_quarter_of_an_hour_nothing_is_asked(world: World, dana: TestClient) -> None:
    world.now += timedelta(minutes=15)

    assert dana.get("/account/password").status_code == 200


def test_who_has_no_password_proves_it_by_a_mailed_link(world: World, site: Site, owner: TestClient) -> None:
    world.now += timedelta(hours=1)
    page = owner.get(owner.get("/account/password").headers["location"]).text
    mailed = post(owner, "/account/prove/link")
    post(owner, link_in(world, r"/sign-in/\S+"))

    assert "Mail me a sign-in link" in page
    assert 'type="password"' not in page
    assert mailed.headers["location"] == "/account/prove?done=mailed"
    assert owner.get("/account/password").status_code == 200


def test_a_stolen_session_cannot_guess_the_password(world: World, dana: TestClient) -> None:
    answers = [post(dana, "/account/prove", password="wrong").status_code for _ in range(5)]

    assert answers == [422, 422, 422, 422, 429]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/settings/mail", "/settings/mail"),
        ("/settings?practice=2", "/settings?practice=2"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/%09/evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/a@evil.example", "/"),
        ("/account\r\nSet-Cookie: x=1", "/"),
        ("evil.example", "/"),
        ("", "/"),
    ],
)
def test_one_is_led_on_to_our_own_pages_only(text: str, path: str) -> None:
    assert own_path(text) == path
