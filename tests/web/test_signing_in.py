"""The ways in: password and mailed link; what strangers learn, how often they may try, and how a session ends."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import event, select

from reminder.errors import UnreachableError
from reminder.jobs import passwords, signing_in
from reminder.jobs.signing_in import IDLE_LIFE, SESSION_LIFE, make_sign_in_link
from reminder.policy.model import AdminRole
from reminder.store import admins, system
from reminder.store import tables as t
from reminder.store.system import Hold
from reminder.web.account.visitors import browser_words, place_of
from tests.web.conftest import SAME_SITE
from tests.world import OWNER, PUBLIC_URL

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

PASSWORD = "correct horse battery"


@pytest.fixture
def dana(world: World) -> str:
    """The owner, who has a password."""
    with world.store.write() as connection:
        admins.set_password(connection, 1, passwords.hashed(PASSWORD))
    return OWNER


@pytest.fixture
def signed_in(site: Site, dana: str) -> TestClient:
    """The owner's browser after the password."""
    browser = site.visitor()
    enter(browser, dana)
    return browser


def enter(browser: TestClient, email: str, password: str = PASSWORD) -> Response:
    return browser.post("/sign-in", data={"email": email, "password": password}, headers=SAME_SITE)


def mailed_link(world: World) -> str:
    world.tick()
    mail = next(mail for mail in reversed(world.mails) if mail.kind in {"sign-in", "invitation"})
    found = re.search(rf"{PUBLIC_URL}(/sign-in/\S+)", mail.text)
    assert found
    return found[1]


def events(world: World) -> list[str]:
    with world.store.read() as connection:
        return list(connection.scalars(select(t.event.c.action).order_by(t.event.c.id)))


@pytest.mark.parametrize(
    ("password", "status"), [(PASSWORD, 303), ("wrong horse battery", 422), (f"{PASSWORD} ", 422), ("", 422)]
)
def test_signing_in_with_a_password(world: World, site: Site, dana: str, password: str, status: int) -> None:
    browser = site.visitor()

    assert enter(browser, dana, password).status_code == status
    assert browser.get("/").status_code == (200 if status == 303 else 303)


def test_a_fresh_installation_has_no_default_password(site: Site) -> None:
    assert enter(site.visitor(), OWNER, "password").status_code == 422
    assert enter(site.visitor(), OWNER, "").status_code == 422


def test_who_has_no_practice_any_more_is_told_as_a_stranger_is(world: World, site: Site, dana: str) -> None:
    site.colleague("kim@lakeside.example", role=AdminRole.OWNER)
    with world.store.write() as connection:
        admins.revoke(connection, 1, 1)

    assert enter(site.visitor(), dana).text.replace(dana, "") == enter(site.visitor(), "x@y.example").text.replace(
        "x@y.example", ""
    )


def test_an_unknown_address_is_told_the_same_and_costs_the_same_hash(
    site: Site, dana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = PasswordHasher.from_parameters(CHEAPEST)
    verified: list[str] = []

    class Counting:
        hash = staticmethod(made.hash)
        check_needs_rehash = staticmethod(made.check_needs_rehash)

        @staticmethod
        def verify(known: str, password: str) -> bool:
            verified.append(password)
            return made.verify(known, password)

    monkeypatch.setattr(passwords, "hasher", Counting)
    unknown = enter(site.visitor(), "x@y.example", "unknown")
    known = enter(site.visitor(), dana, "known but wrong")

    assert unknown.text.replace("x@y.example", "") == known.text.replace(dana, "")
    assert verified == ["unknown", "known but wrong"]


def test_asking_for_a_link_is_answered_before_anything_is_looked_up(world: World, site: Site) -> None:
    said: dict[str, tuple[int, str, list[str]]] = {}
    statements: list[str] = []

    @event.listens_for(world.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    inner = site.app.middleware_stack or site.app.build_middleware_stack()
    for email in (OWNER, "x@y.example"):
        statements.clear()

        async def watching(scope: Any, receive: Any, send: Any, email: str = email) -> None:
            async def sending(message: Any) -> None:
                if message["type"] == "http.response.start":
                    headers = dict(message["headers"])
                    said[email] = (message["status"], headers[b"location"].decode(), list(statements))
                await send(message)

            await inner(scope, receive, sending)

        site.app.middleware_stack = watching
        assert site.visitor().post("/sign-in/link", data={"email": email}).headers["connection"] == "close"

    assert said[OWNER] == said["x@y.example"]
    assert not any("admin" in statement for statement in said[OWNER][2])
    world.tick()
    assert [(mail.kind, mail.to) for mail in world.mails] == [("sign-in", OWNER)]


def test_a_mailed_link_signs_in_once_also_while_the_practice_is_in_trial(world: World, site: Site) -> None:
    world.practice("Harbor", owner="bo@harbor.example", live=False)
    browser = site.visitor()
    browser.post("/sign-in/link", data={"email": " Bo@harbor.example"})
    link = mailed_link(world)
    first, second = browser.post(link), site.visitor().post(link)

    assert (first.status_code, second.status_code) == (303, 404)
    assert "Harbor" in browser.get("/").text


def test_a_sign_in_link_is_used_up_by_pressing_not_by_opening(world: World, site: Site) -> None:
    with world.store.write() as connection:
        link = make_sign_in_link(connection, 1, world.now)
    browser = site.visitor()
    opened = [browser.get(link).status_code for _ in range(3)]
    pressed = [browser.post(link).status_code, site.visitor().post(link).status_code]

    assert opened == [200, 200, 200]
    assert pressed == [303, 404]


@pytest.mark.parametrize(("minutes", "status"), [(9.9, 303), (10, 404)])
def test_a_mailed_link_lives_ten_minutes(world: World, site: Site, minutes: float, status: int) -> None:
    site.visitor().post("/sign-in/link", data={"email": OWNER})
    link = mailed_link(world)
    world.now += timedelta(minutes=minutes)

    assert site.visitor().post(link).status_code == status


def test_a_newer_link_ends_the_older_one(world: World, site: Site) -> None:
    links = []
    for _ in range(2):
        site.visitor().post("/sign-in/link", data={"email": OWNER})
        links.append(mailed_link(world))

    assert [site.visitor().get(link).status_code for link in links] == [404, 200]


def test_a_link_that_waited_too_long_in_the_queue_is_not_sent(world: World, site: Site) -> None:
    site.visitor().post("/sign-in/link", data={"email": OWNER})
    world.now += timedelta(minutes=11)
    world.tick()

    assert world.mails == []


def test_the_secret_of_a_mailed_link_is_nowhere_in_the_database(world: World, site: Site) -> None:
    site.visitor().post("/sign-in/link", data={"email": OWNER})
    secret = mailed_link(world).rpartition("/")[2]
    with world.store.read() as connection:
        kept = [str(row) for table in t.metadata.sorted_tables for row in connection.execute(select(table))]

    assert len(secret) >= 43
    assert not any(secret in row for row in kept)


def test_links_are_mailed_three_times_and_then_every_quarter_of_an_hour(world: World, site: Site) -> None:
    answers = [site.visitor().post("/sign-in/link", data={"email": OWNER}).status_code for _ in range(4)]
    world.now += timedelta(minutes=15)
    later = site.visitor().post("/sign-in/link", data={"email": OWNER}).status_code

    assert answers == [303, 303, 303, 429]
    assert later == 303


def test_without_an_address_the_page_asks_for_one(site: Site) -> None:
    answer = site.visitor().post("/sign-in/link", data={"email": "  "})

    assert answer.status_code == 422
    assert "Type your e-mail address first" in answer.text


def test_when_no_mail_can_leave_the_page_says_whom_to_ask(world: World, site: Site) -> None:
    with world.store.write() as connection:
        system.set_hold(connection, Hold(reason="test", cure="test", since_at=world.now))
    page = site.visitor().get("/sign-in").text

    assert "reminder admin link EMAIL" in page
    assert "Mail me a link" not in page


def test_an_account_takes_four_wrong_guesses_and_then_one_every_quarter_of_an_hour(
    world: World, site: Site, dana: str
) -> None:
    answers = [enter(site.visitor(f"10.0.0.{number}"), dana, "wrong").status_code for number in range(6)]
    right_but_too_early = enter(site.visitor(), dana).status_code
    world.now += timedelta(minutes=15)
    later = enter(site.visitor(), dana).status_code

    assert answers == [422, 422, 422, 422, 429, 429]
    assert (right_but_too_early, later) == (429, 303)


def test_an_address_without_an_account_is_slowed_down_alike(site: Site) -> None:
    answers = [enter(site.visitor(f"10.0.0.{number}"), "guess@y.example", "wrong").status_code for number in range(6)]

    assert answers == [422, 422, 422, 422, 429, 429]


def test_one_place_takes_five_wrong_tries_and_then_one_every_three_minutes(world: World, site: Site) -> None:
    place = site.visitor("203.0.113.9")
    answers = [enter(place, f"guess{number}@y.example", "wrong").status_code for number in range(6)]
    elsewhere = enter(site.visitor("203.0.113.10"), "guess@y.example", "wrong").status_code
    world.now += timedelta(minutes=3)

    assert answers == [422] * 5 + [429]
    assert elsewhere == 422
    assert enter(place, "another@y.example", "wrong").status_code == 422


def test_right_passwords_do_not_count(site: Site, dana: str) -> None:
    assert [enter(site.visitor(), dana).status_code for _ in range(8)] == [303] * 8


def test_strangers_cannot_lock_an_admin_out_of_a_browser_that_is_known(site: Site, dana: str) -> None:
    own = site.visitor()
    enter(own, dana)
    own.post("/sign-out", headers=SAME_SITE)
    for number in range(8):
        enter(site.visitor(f"10.0.0.{number}"), dana, "wrong")

    assert enter(site.visitor(), dana).status_code == 429
    assert enter(own, dana).status_code == 303


def test_a_known_browser_has_no_more_guesses_than_anybody(site: Site, dana: str) -> None:
    own = site.visitor()
    enter(own, dana)
    answers = [enter(own, dana, "wrong").status_code for _ in range(6)]

    assert answers == [422, 422, 422, 422, 429, 429]


def test_being_known_to_one_admin_does_not_help_to_guess_another(site: Site, dana: str) -> None:
    own = site.visitor()
    enter(own, dana)
    for _ in range(4):
        enter(site.visitor(), "kim@lakeside.example", "wrong")

    assert enter(own, "kim@lakeside.example", "x").status_code == 429


def test_every_try_is_logged_and_refusals_stand_in_the_history_but_no_password_does(
    world: World, site: Site, dana: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    enter(site.visitor(), dana, "a wrong secret")
    enter(site.visitor(), "x@y.example", "a wrong secret")
    enter(site.visitor(), dana)

    assert [action for action in events(world) if action.startswith("admin.")] == ["admin.refused", "admin.signed_in"]
    assert len([record for record in caplog.records if "sign-in refused" in record.message]) == 2
    with world.store.read() as connection:
        told = str(connection.execute(select(t.event)).all()) + caplog.text
    assert "secret" not in told
    assert PASSWORD not in told


def test_a_hash_of_older_parameters_is_replaced_at_sign_in(world: World, site: Site) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with world.store.write() as connection:
        admins.set_password(connection, 1, old)
    assert enter(site.visitor(), OWNER).status_code == 303

    with world.store.read() as connection:
        found = admins.get(connection, 1)
    assert found is not None
    assert found.password_hash is not None
    assert found.password_hash != old
    assert not passwords.is_outdated(found.password_hash)


def test_signing_out_ends_the_session_and_clears_what_the_browser_kept(owner: TestClient) -> None:
    cookie = owner.get("/").request.headers["cookie"]
    answer = owner.post("/sign-out", headers=SAME_SITE)
    replayed = owner.get("/", headers={"cookie": cookie})

    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert replayed.status_code == 303
    assert owner.get("/").status_code == 303


@pytest.mark.parametrize(("wait", "status"), [(IDLE_LIFE - timedelta(seconds=1), 200), (IDLE_LIFE, 303)])
def test_a_session_ends_when_it_is_not_used(world: World, signed_in: TestClient, wait: timedelta, status: int) -> None:
    world.now += wait

    assert signed_in.get("/").status_code == status


@pytest.mark.parametrize(("short", "status"), [(timedelta(seconds=1), 200), (timedelta(), 303)])
def test_a_session_ends_after_fourteen_days_however_much_it_is_used(
    world: World, signed_in: TestClient, short: timedelta, status: int
) -> None:
    end = world.now + SESSION_LIFE
    while world.now < end - timedelta(hours=8):
        world.now += timedelta(hours=8)
        signed_in.get("/")
    world.now = end - short

    assert signed_in.get("/").status_code == status


def test_the_use_of_a_session_is_written_once_a_minute_at_most(world: World, signed_in: TestClient) -> None:
    writes: list[str] = []

    @event.listens_for(world.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE session"):
            writes.append(statement)

    for seconds in (30, 29, 1, 59, 1):
        world.now += timedelta(seconds=seconds)
        signed_in.get("/")

    assert len(writes) == 2


def test_while_the_database_takes_no_writes_the_pages_still_answer(
    world: World, signed_in: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise UnreachableError

    world.now += timedelta(minutes=2)
    monkeypatch.setattr(world.store, "write", refuse)

    assert signed_in.get("/").status_code == 200


def test_each_sign_in_has_a_new_secret(world: World, site: Site, dana: str) -> None:
    browser = site.visitor()
    enter(browser, dana)
    first = browser.cookies["__Host-session"]
    enter(browser, dana)
    second = browser.cookies["__Host-session"]

    assert first != second
    assert len(second) >= 43
    with world.store.read() as connection:
        kept = list(connection.scalars(select(t.session.c.token_hash)))
    assert signing_in.hash_of(second) in kept
    assert second not in str(kept)


def test_the_cookies_are_secret_secure_and_bound_to_the_host(site: Site, dana: str) -> None:
    headers = enter(site.visitor(), dana).headers.get_list("set-cookie")

    assert sorted(header.partition("=")[0] for header in headers) == ["__Host-known", "__Host-session"]
    for header in headers:
        for part in ("httponly", "secure", "samesite=lax", "path=/"):
            assert part in header.lower()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/18 Safari/605", "Safari on a Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/156.0 Safari/604.1", "Chrome on an iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.9", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_told_as_people_know_it(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_subscriber_is_one_place(host: str, place: str) -> None:
    assert place_of(host) == place
