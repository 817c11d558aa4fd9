"""The second factor: turned on by proof, asked for after password and link, each code once, and the ways back in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import select

from reminder.jobs import passwords
from reminder.store import admins
from reminder.store import tables as t
from tests.web.conftest import SAME_SITE
from tests.world import OWNER

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

PASSWORD = "correct horse battery"


class Phone:
    """An app that has taken a key over."""

    def __init__(self, world: World, key: str) -> None:
        self.world, self.key = world, key

    def code(self, later: int = 0) -> str:
        return pyotp.TOTP(self.key).at(self.world.now + timedelta(seconds=later))


def post(browser: TestClient, path: str, **form: str) -> Response:
    return browser.post(path, data=form, headers=SAME_SITE)


def offered(page: str) -> tuple[str, str]:
    """Return the key to type, and the sealed one that the form carries."""
    sealed, key = re.search(r'name="sealed" value="([^"]+)"', page), re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert sealed
    assert key
    return key[1].replace(" ", ""), sealed[1]


@pytest.fixture
def turned_on(world: World, owner: TestClient) -> tuple[Phone, list[str]]:
    """The owner's phone and recovery codes; they have a password, too."""
    with world.store.write() as connection:
        admins.set_password(connection, 1, passwords.hashed(PASSWORD))
    key, sealed = offered(owner.get("/account/second-factor").text)
    phone = Phone(world, key)
    page = post(owner, "/account/second-factor/on", sealed=sealed, code=phone.code()).text
    world.now += timedelta(minutes=1)
    return phone, re.findall(r"<code>([a-z2-7-]+)</code>", page)


@pytest.fixture
def phone(turned_on: tuple[Phone, list[str]]) -> Phone:
    return turned_on[0]


def waiting(site: Site) -> TestClient:
    """Return a browser that has given the password and is asked for the code."""
    browser = site.visitor()
    answer = post(browser, "/sign-in", email=OWNER, password=PASSWORD)
    assert answer.headers["location"] == "/sign-in/code"
    return browser


def test_the_key_is_shown_as_a_picture_and_in_letters(owner: TestClient) -> None:
    page = owner.get("/account/second-factor").text

    assert "<svg" in page
    assert re.search(r"<code>([A-Z2-7]{4} ){7}[A-Z2-7]{4}</code>", page)
    assert "style=" not in page


def test_nothing_is_asked_for_before_a_code_has_proved_the_key(world: World, site: Site, owner: TestClient) -> None:
    key, sealed = offered(owner.get("/account/second-factor").text)
    answer = post(owner, "/account/second-factor/on", sealed=sealed, code="000000")

    assert answer.status_code == 422
    assert offered(answer.text)[0] == key
    assert site.signed_in(OWNER).get("/").status_code == 200


def test_a_key_sealed_for_somebody_else_is_not_taken(site: Site, owner: TestClient, world: World) -> None:
    key, sealed = offered(site.colleague("kim@lakeside.example").get("/account/second-factor").text)
    answer = post(owner, "/account/second-factor/on", sealed=sealed, code=Phone(world, key).code())

    assert answer.headers["location"] == "/account/second-factor"


def test_the_key_is_kept_encrypted_and_recovery_codes_as_hashes(
    world: World, turned_on: tuple[Phone, list[str]]
) -> None:
    phone, codes = turned_on
    with world.store.read() as connection:
        kept = str([connection.execute(select(table)).all() for table in t.metadata.sorted_tables])

    assert len(set(codes)) == 10
    assert phone.key not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert all(len(code.replace("-", "")) * 5 >= 64 for code in codes)


def test_turning_it_on_signs_the_other_browsers_out_and_is_told_by_mail(
    world: World, site: Site, owner: TestClient
) -> None:
    other = site.signed_in(OWNER)
    key, sealed = offered(owner.get("/account/second-factor").text)
    post(owner, "/account/second-factor/on", sealed=sealed, code=Phone(world, key).code())
    world.tick()

    assert other.get("/").status_code == 303
    assert owner.get("/").status_code == 200
    assert [mail.subject for mail in world.mails] == ["Signing in now asks for a code"]


def test_until_the_code_is_given_a_session_sees_nothing_else(site: Site, phone: Phone) -> None:
    browser = waiting(site)

    for path in ("/", "/people", "/account", "/account/second-factor", "/settings/team"):
        assert browser.get(path).headers["location"] == "/sign-in/code"
    assert post(browser, "/account/second-factor/off").headers["location"] == "/sign-in/code"
    assert post(browser, "/sign-in/code", code=phone.code()).headers["location"] == "/"
    assert browser.get("/").status_code == 200


def test_the_session_has_a_new_secret_after_the_code(site: Site, phone: Phone) -> None:
    browser = waiting(site)
    before = browser.cookies["__Host-session"]
    post(browser, "/sign-in/code", code=phone.code())
    replayed = site.visitor().get("/", headers={"cookie": f"__Host-session={before}"})

    assert browser.cookies["__Host-session"] != before
    assert replayed.headers["location"] == "/sign-in"


def test_a_mailed_link_asks_for_the_code_as_well(world: World, site: Site, phone: Phone) -> None:
    post(site.visitor(), "/sign-in/link", email=OWNER)
    world.tick()
    link = re.search(r"(/sign-in/\S+)", world.mails[-1].text)
    assert link
    browser = site.visitor()

    assert post(browser, link[1]).headers["location"] == "/sign-in/code"
    assert browser.get("/").headers["location"] == "/sign-in/code"


@pytest.mark.parametrize(("later", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)])
def test_the_code_of_one_step_before_or_after_fits(site: Site, phone: Phone, later: int, status: int) -> None:
    phone.world.now += timedelta(minutes=1)

    assert post(waiting(site), "/sign-in/code", code=phone.code(later)).status_code == status


def test_a_code_is_taken_once(site: Site, phone: Phone) -> None:
    code = phone.code()
    answers = [post(waiting(site), "/sign-in/code", code=code).status_code for _ in range(2)]

    assert answers == [303, 422]


def test_spaces_and_dashes_in_a_code_do_not_matter(
    world: World, site: Site, turned_on: tuple[Phone, list[str]]
) -> None:
    phone, codes = turned_on
    code = phone.code()

    assert post(waiting(site), "/sign-in/code", code=f" {code[:3]} {code[3:]}").status_code == 303
    assert post(waiting(site), "/sign-in/code", code=codes[0].upper().replace("-", " ")).status_code == 303


def test_a_recovery_code_works_once(site: Site, turned_on: tuple[Phone, list[str]]) -> None:
    codes = turned_on[1]
    answers = [post(waiting(site), "/sign-in/code", code=code).status_code for code in (codes[0], codes[0], codes[1])]

    assert answers == [303, 422, 303]


def test_new_recovery_codes_replace_the_old_ones(
    site: Site, owner: TestClient, turned_on: tuple[Phone, list[str]]
) -> None:
    page = post(owner, "/account/second-factor/codes").text
    new = re.findall(r"<code>([a-z2-7-]+)</code>", page)

    assert len(new) == 10
    assert post(waiting(site), "/sign-in/code", code=turned_on[1][0]).status_code == 422
    assert post(waiting(site), "/sign-in/code", code=new[0]).status_code == 303


def test_codes_are_guessed_four_times_and_then_once_in_a_quarter_of_an_hour(site: Site, phone: Phone) -> None:
    answers = [post(waiting(site), "/sign-in/code", code="000000").status_code for _ in range(5)]
    right_but_too_early = post(waiting(site), "/sign-in/code", code=phone.code()).status_code
    phone.world.now += timedelta(minutes=15)

    assert answers == [422, 422, 422, 422, 429]
    assert right_but_too_early == 429
    assert post(waiting(site), "/sign-in/code", code=phone.code()).status_code == 303


def test_it_is_turned_off_by_who_proved_lately_who_they_are(
    world: World, site: Site, owner: TestClient, phone: Phone
) -> None:
    world.now += timedelta(minutes=15)
    asked = post(owner, "/account/second-factor/off")
    proved = post(owner, "/account/prove", code=phone.code(), then="/account/second-factor")
    done = post(owner, "/account/second-factor/off")

    assert asked.headers["location"] == "/account/prove?then=/account/second-factor"
    assert proved.headers["location"] == "/account/second-factor"
    assert done.headers["location"] == "/account?done=factor-off"
    assert post(site.visitor(), "/sign-in", email=OWNER, password=PASSWORD).headers["location"] == "/"


def test_a_key_that_no_secret_key_opens_leaves_the_recovery_codes(
    world: World, site: Site, turned_on: tuple[Phone, list[str]]
) -> None:
    with world.store.write() as connection:
        connection.execute(t.admin.update().values(totp_key="sealed with a key that is gone"))
    browser = waiting(site)
    wrong = post(browser, "/sign-in/code", code="123456")

    assert wrong.status_code == 422
    assert "use a recovery code" in wrong.text
    assert post(browser, "/sign-in/code", code=turned_on[1][0]).status_code == 303


@pytest.mark.parametrize("path", ["/sign-in/code"])
def test_without_a_password_given_there_is_no_page_for_codes(site: Site, owner: TestClient, path: str) -> None:
    assert site.visitor().get(path).headers["location"] == "/sign-in"
    assert post(site.visitor(), path, code="123456").headers["location"] == "/sign-in"
    assert owner.get(path).headers["location"] == "/"
