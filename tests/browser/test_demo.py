"""A real browser walks the demo, without scripts, on a phone's screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import OF_COLORS, barriers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

PHONE, DESK = 320, 1200


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": PHONE, "height": 700}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def first_link(page: Page, address: str) -> str:
    """Open the demo's list of mails and return the path behind the first one's button."""
    page.goto(f"{address}/demo")
    href = page.get_by_role("link", name="press the button in it").first.get_attribute("href")
    assert href is not None
    return href


def test_a_person_confirms_on_a_phone_without_scripts_and_takes_it_back(phone: Page, address: str) -> None:
    phone.goto(first_link(phone, address))
    phone.get_by_role("button", name="Save my reset").click()
    complaint = phone.get_by_role("alert").inner_text()
    phone.get_by_label("Today").check()
    phone.get_by_role("button", name="Save my reset").click()
    thanks = phone.get_by_role("heading", level=1).inner_text()
    phone.get_by_role("button", name="Undo, the date is wrong").click()

    assert "Nothing was saved" in complaint
    assert thanks == "Thank you"
    assert phone.get_by_role("heading", level=1).inner_text() == "When did you reset your I&A password?"


def test_the_clock_moves_and_new_mails_are_caught(phone: Page, address: str) -> None:
    phone.goto(f"{address}/demo")
    before = phone.get_by_role("heading", level=1).inner_text(), phone.locator("main li").first.inner_text()
    phone.get_by_role("button", name="One week on").click()
    after = phone.get_by_role("heading", level=1).inner_text(), phone.locator("main li").first.inner_text()

    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_demo_shows_people_in_every_status(phone: Page, address: str) -> None:
    phone.goto(f"{address}/people")
    tiles = re.findall(r"(\d+) ([A-Z][a-z ]+)", phone.locator(".tiles").inner_text())
    counts = {word.strip(): int(count) for count, word in tiles}

    assert counts["Everybody"] >= 40
    assert all(counts[word] > 0 for word in ("Expired", "Due now", "Due soon", "Up to date", "Date unknown", "Paused"))


PAGES = (
    "/",
    "/people",
    "/people/1",
    "/people/import",
    "/schedule",
    "/messages",
    "/settings",
    "/demo",
    "/help",
    "/is-this-mail-real",
    "/sign-in",
    "/people?q=nobody",
    "confirm",
    "/mails/{mail}/html",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_read_by_everybody(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 700}, color_scheme="light", bypass_csp=True)
    page = context.new_page()
    if path == "confirm":
        page.goto(first_link(page, address))
    elif "{mail}" in path:
        page.goto(f"{address}/demo")
        number = page.locator("main li a").first.get_attribute("href") or ""
        page.goto(f"{address}{number}")
        frame = page.locator("iframe")
        assert frame.get_attribute("sandbox") == ""
    else:
        page.goto(f"{address}{path}")
    widest = page.evaluate("document.documentElement.scrollWidth")
    found = barriers(page)
    page.emulate_media(color_scheme="dark")
    found += barriers(page, rules=OF_COLORS)
    context.close()

    assert widest <= PHONE
    assert found == []
