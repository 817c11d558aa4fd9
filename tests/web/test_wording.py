"""A practice's own words: saved, previewed, refused, taken back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.web.browsing import SAME_SITE
from tests.world import chicago

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Site
    from tests.world import World

PAGE, SAVE = "/settings/wording?practice=1", "/settings/1/wording"
SEVEN_LEFT = date(2026, 10, 9)
WORDS = {
    "greeting": "Dear",
    "sign_off": "Thank you, Dana at the front desk",
    "contact_line": "Dana, 555-0100",
    "paragraph": "Please do this at the desk by the window.\r\nDana has time on Tuesdays.",
}


def save(browser: TestClient, **words: str) -> int:
    return browser.post(SAVE, data=words, headers=SAME_SITE).status_code


def test_the_next_mail_speaks_in_the_practices_own_words(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    save(owner, **WORDS)
    world.tick()
    (mail,) = (mail for mail in world.mails if mail.kind == "warning")

    for part in (mail.text, mail.html):
        assert "Dear Alma Reyes," in part
        assert "Questions: Dana, 555-0100, or dana@lakeside.example." in part
        assert "Thank you, Dana at the front desk" in part
        assert "by the window. Dana has time on Tuesdays." in " ".join(part.split())


def test_a_mail_that_was_sent_keeps_the_words_it_was_sent_with(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    save(owner, **WORDS)
    world.tick()
    number = world.reminders(kind="warning")[0].id
    save(owner, greeting="Howdy")

    assert "Dear Alma Reyes" in owner.get(f"/mails/{number}").text


def test_a_look_shows_the_words_and_saves_nothing(world: World, owner: TestClient) -> None:
    page = owner.get(PAGE, params={"greeting": "Good morning", "look": "1"})
    frame = owner.get("/settings/wording/mail", params={"practice": "1", "greeting": "Good morning"})

    assert "Good morning Alex Example," in page.text
    assert "Good morning Alex Example," in frame.text
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "Good morning" not in owner.get(PAGE).text


def test_our_words_come_back(world: World, owner: TestClient) -> None:
    save(owner, **WORDS)
    kept = owner.get(PAGE).text
    save(owner)

    assert "Back to our words" in kept
    assert "Hello Alex Example," in owner.get(PAGE).text
    assert "Back to our words" not in owner.get(PAGE).text


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("paragraph", "See www.lakeside.example for more.", "web or mail address"),
        ("paragraph", "Write to help@lakeside.example", "web or mail address"),
        ("paragraph", "x" * 601, "longer than 600"),
        ("sign_off", "Dana\u202e", "invisible character"),
        ("greeting", "x" * 121, "longer than 120"),
        ("contact_line", "=1+1", "formula"),
    ],
)
def test_what_may_not_stand_in_a_mail_is_explained_at_its_field(
    world: World, owner: TestClient, field: str, text: str, words: str
) -> None:
    answer = owner.post(SAVE, data={**WORDS, field: text}, headers=SAME_SITE)

    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert f'href="#{field}"' in answer.text
    assert words in answer.text
    assert text in answer.text.replace("&#39;", "'")
    assert "Dear Alex" not in owner.get(PAGE).text


def test_a_paragraph_of_600_characters_passes(owner: TestClient) -> None:
    assert save(owner, paragraph="x" * 600) == 303


def test_a_comma_after_the_greeting_is_not_doubled(owner: TestClient) -> None:
    save(owner, greeting="Hi,")

    assert "Hi Alex Example," in owner.get(PAGE).text


def test_a_viewer_reads_them_and_may_not_change_them(world: World, site: Site, owner: TestClient) -> None:
    save(owner, **WORDS)
    viewer = site.colleague("viewer@lakeside.example")

    assert "Dear Alex Example," in viewer.get(PAGE).text
    assert "Save these words" not in viewer.get(PAGE).text
    assert save(viewer, greeting="Yo") == 403


def test_another_practices_words_do_not_exist(world: World, site: Site, owner: TestClient) -> None:
    save(owner, **WORDS)
    world.practice("Desert Bloom", zone="America/Phoenix", owner="ann@desert.example")
    ann = site.signed_in("ann@desert.example")

    assert ann.get(PAGE).status_code == 404
    assert ann.get("/settings/wording/mail?practice=1").status_code == 404
    assert save(ann, greeting="Yo") == 404
    assert "Dear" not in ann.get("/settings/wording").text


def test_a_mail_to_the_admins_is_left_as_it_is(world: World, owner: TestClient) -> None:
    world.person("Alma Reyes", SEVEN_LEFT)
    save(owner, **WORDS)
    world.tick(chicago("2026-12-07"))
    digest = next(mail for mail in world.mails if mail.kind == "digest")

    assert "front desk" not in digest.text + digest.html
