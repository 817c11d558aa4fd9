from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reminder.mail.links import Links
from reminder.store import faults
from tests.world import OWNER, World, chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site

SEVEN_LEFT = date(2026, 10, 9)


@pytest.fixture
def peopled(world: World) -> World:
    world.person("Alma Reyes", SEVEN_LEFT)
    world.person("Farah Haddad")
    world.person("Karin Jäger", date(2026, 9, 3), email="karin@lakeside.example")
    other = world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    world.person("Wes Young", SEVEN_LEFT, practice=other)
    world.tick()
    return world


def test_the_first_page_says_whether_anything_is_wrong(peopled: World, owner: TestClient) -> None:
    page = owner.get("/").text

    assert "3 of 3 people need attention" in page
    assert "7 days left" in page


def test_a_calm_practice_reads_calm(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", date(2026, 11, 30))
    world.tick()

    assert "The one login is good until Friday, January 29, 2027" in owner.get("/").text


def test_an_empty_practice_says_what_to_do(owner: TestClient) -> None:
    assert "Import a list" in owner.get("/").text
    assert "No one is registered yet" in owner.get("/people").text


def test_a_silent_scheduler_is_told_on_the_first_page(peopled: World, owner: TestClient) -> None:
    peopled.now += timedelta(minutes=11)

    assert "The reminders have not run since" in owner.get("/").text


def test_every_page_says_that_no_mail_server_is_set_up(world: World, site: Site, owner: TestClient) -> None:
    words, link = "No mail server is set up", 'href="/settings/mail">Set up mail'
    before = owner.get("/people").text
    world.services.installation = replace(world.services.installation, is_set_up=False)
    colleague = site.colleague("viewer@lakeside.example").get("/people").text

    assert words not in before
    assert all(words in owner.get(path).text for path in ("/", "/people", "/schedule", "/settings"))
    assert link in owner.get("/people").text
    assert words in colleague
    assert link not in colleague


def test_what_can_wait_stands_on_one_line_below_what_cannot(world: World, site: Site, owner: TestClient) -> None:
    world.tick()
    faults.settle(world.store, faults.BACKUP, world.now, "The disk is full.")
    one = owner.get("/people").text
    faults.settle(world.store, f"{faults.ALARM}ping", world.now, "it answers 500")
    world.services.installation = replace(world.services.installation, is_set_up=False)
    many = owner.get("/people").text
    seen = site.colleague("viewer@lakeside.example").get("/people").text

    assert "The disk is full." in one
    assert "2 things need a look: Backups fail; An alarm cannot be delivered." in many
    assert many.index("No mail server is set up") < many.index("2 things need a look")
    assert "/diagnostics" in many.partition("</header>")[0]
    assert "/diagnostics" not in seen.partition("</header>")[0]


def test_whoever_may_not_do_something_is_told_whom_to_ask(site: Site) -> None:
    refused = site.colleague("viewer@lakeside.example").get("/settings/mail")

    assert refused.status_code == 403
    assert "Ask an owner of your practice" in refused.text


def test_cookies_follow_the_public_address_that_holds_now(world: World, site: Site) -> None:
    secure = site.visitor().get("/sign-in").headers
    links = Links("http://127.0.0.1:8060", ["a key for all tests"])
    world.services.installation = replace(world.services.installation, links=links)
    plain = site.visitor().get("/sign-in").headers

    assert "strict-transport-security" in secure
    assert "strict-transport-security" not in plain
    assert site.app.state.pages.cookie == "session"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Karin", "Alma", "Farah"]),
        ("?status=expired", ["Karin"]),
        ("?status=unknown", ["Farah"]),
        ("?status=attention", ["Karin", "Alma", "Farah"]),
        ("?q=REYES", ["Alma"]),
        ("?q=nobody", []),
    ],
)
def test_the_table_is_filtered(peopled: World, owner: TestClient, query: str, names: list[str]) -> None:
    page = owner.get(f"/people{query}").text
    rows = page.partition("<tbody>")[2]

    found = sorted((name for name in ("Karin", "Alma", "Farah", "Wes") if name in rows), key=rows.index)
    assert found == names


@pytest.mark.parametrize("path", ["/people/1", "/mails/{mail}", "/mails/{mail}/html"])
def test_owner_and_colleague_see_what_a_stranger_does_not(peopled: World, site: Site, path: str) -> None:
    mail = peopled.reminders(person_id=1, state="sent")[0].id
    address = path.format(mail=mail)

    assert site.signed_in(OWNER).get(address).status_code == 200
    assert site.colleague("viewer@lakeside.example").get(address).status_code == 200
    assert site.signed_in("ann@desert.example").get(address).status_code == 404
    assert site.visitor().get(address).headers["location"] == "/sign-in"


def test_a_stranger_finds_nobody_of_another_practice(peopled: World, site: Site) -> None:
    ann = site.signed_in("ann@desert.example")
    pages = ann.get("/").text + ann.get("/people").text + ann.get("/people?practice=1").text

    assert "Wes Young" in pages
    assert "Alma" not in pages
    assert "Lakeside" not in pages


def test_a_mail_is_shown_as_it_was_sent_but_without_its_secret(peopled: World, owner: TestClient) -> None:
    row = peopled.reminders(person_id=1, state="sent")[0]
    page, html = owner.get(f"/mails/{row.id}").text, owner.get(f"/mails/{row.id}/html")
    token = next(mail.link for mail in peopled.mails if mail.to == row.recipient).removeprefix("/r/")

    assert "Alma Reyes" in html.text
    assert "250 kept in memory" in page
    assert token not in page + html.text
    assert "sandbox" in html.headers["content-security-policy"]


def test_a_person_has_their_history(peopled: World, owner: TestClient) -> None:
    page = owner.get("/people/1").text

    assert "Friday, October 9, 2026" in page
    assert "Reminder before expiry" in page


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (chicago("2026-12-01", "06:00"), "open now, until 7 PM ET"),
        (chicago("2026-12-01", "05:59"), "opens today 7 AM ET"),
        (chicago("2026-12-01", "18:00"), "opens Wednesday 7 AM ET"),
        (chicago("2026-12-04", "18:00"), "opens Monday 7 AM ET"),
        (chicago("2026-12-25", "12:00"), "may be closed today"),
        (chicago("2026-12-24", "19:00"), "opens Monday 7 AM ET"),
    ],
)
def test_the_help_page_says_whether_the_desk_answers(world: World, site: Site, moment: object, words: str) -> None:
    world.now = moment  # type: ignore[assignment]
    page = site.visitor().get("/help").text

    assert words in page
    assert "1-866-484-8049" in page


def test_anybody_can_check_whether_a_mail_is_real(site: Site) -> None:
    page = site.visitor().get("/is-this-mail-real").text

    assert "reminders@lakeside.example" in page
    assert "https://reminders.lakeside.example" in page


def test_healthz_tells_whether_reminders_go_out(world: World, site: Site) -> None:
    before = site.visitor().get("/healthz").status_code
    world.tick()
    young = site.visitor().get("/healthz").status_code
    world.now += timedelta(minutes=3, seconds=1)
    old = site.visitor().get("/healthz")

    assert (before, young, old.status_code) == (503, 200, 503)
    assert "have not run since Dec 01, 14:00 UTC" in old.json()["reason"]


@pytest.mark.parametrize("path", ["/static/base.css", "/nowhere"])
def test_what_is_no_page_has_the_headers_too(site: Site, path: str) -> None:
    answer = site.signed_in(OWNER).get(path)

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


def test_a_form_that_is_too_long_is_not_read(site: Site) -> None:
    assert site.visitor().post("/sign-in", content=b"x" * 70_000).status_code == 413


def test_a_form_that_does_not_say_how_long_it_is_is_not_read(site: Site) -> None:
    assert site.visitor().post("/sign-in", content=iter([b"x" * 70_000])).status_code == 411


def test_a_stranger_with_a_cookie_needs_the_browsers_word(owner: TestClient) -> None:
    assert owner.post("/sign-out", headers={"Origin": "null"}).status_code == 403
    assert owner.post("/sign-out", headers={"Origin": "https://reminders.lakeside.example"}).status_code == 303


def test_there_is_no_such_page_in_plain_words(site: Site) -> None:
    answer = site.visitor().get("/people.php")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("path", ["/help", "/is-this-mail-real", "/sign-in", "/nowhere"])
def test_a_scanner_that_asks_for_the_head_alone_is_told_what_get_would_be(site: Site, path: str) -> None:
    head, get = site.visitor().head(path), site.visitor().get(path)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
