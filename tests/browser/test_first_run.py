"""An office manager sets everything up in under three minutes: a real server, a real mail server, a real browser."""

from __future__ import annotations

import re
import time
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reminder.demo.show import free_port
from tests.browser.chromium import first_run
from tests.browser.test_every_page import complaints
from tests.smtp_server import authority_file, keeping_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-practice.md"

CHARACTERS_A_SECOND = 40 * 5 / 60
"""Forty words a minute, of five characters each."""

SECONDS_A_CLICK = 2.0
"""Reading a label, finding the button, pressing it; also each paste and each choice from a list."""

ROSTER = "\n".join(
    ["Name,Email,Role,Last reset"]
    + [
        f"Person {letter * 3},{letter}@lakeside.example,SEU,10/{day}/2026"
        for day, letter in enumerate("abcdefghijkl", 5)
    ]
    + [f"Person {letter * 3},{letter}@lakeside.example,AO," for letter in "mnopq"]
)
PASSWORD = "walnut canoe teapot orbit"
MAIL_PASSWORD = "relay-pass-77"


class Typist:
    """Types and clicks like a person; counts the seconds a person would have needed, and takes none."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seconds = 0.0
        self.used: list[str] = []
        self._began = time.monotonic()

    def type(self, label: str, text: str) -> None:
        self.used.append(label)
        self.page.get_by_label(label, exact=True).fill(text)
        self.seconds += len(text) / CHARACTERS_A_SECOND

    def paste(self, label: str, text: str) -> None:
        self.used.append(label)
        self.page.get_by_label(label, exact=True).fill(text)
        self.seconds += SECONDS_A_CLICK

    def choose(self, label: str, value: str) -> None:
        self.used.append(label)
        self.page.get_by_label(label, exact=True).select_option(value)
        self.seconds += 2 * SECONDS_A_CLICK

    def press(self, button: str) -> None:
        self.used.append(button)
        self.page.get_by_role("button", name=button).click()
        self.seconds += SECONDS_A_CLICK

    def follow(self, link: str) -> None:
        self.used.append(link)
        self.page.get_by_role("link", name=link).first.click()
        self.seconds += SECONDS_A_CLICK

    def unfold(self, words: str) -> None:
        self.page.locator("summary", has_text=words).click()
        self.seconds += SECONDS_A_CLICK

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def total(self) -> float:
        """Return the seconds a person would have needed, and those the machine took."""
        return self.seconds + time.monotonic() - self._began


def set_up(typist: Typist, address: str, code: str, port: int) -> list[str]:
    """Walk the whole way; return the headings of the pages that were seen."""
    seen = []
    typist.page.goto(address)
    seen.append(typist.heading)
    typist.type("Code", code)
    typist.press("Begin")
    seen.append(typist.heading)
    typist.type("Name of your practice", "Lakeside Family Medicine")
    typist.type("Your name", "Dana Whitfield")
    typist.type("Your work e-mail", "dana@lakeside.example")
    typist.type("Password for these pages", PASSWORD)
    typist.choose("Time zone", "America/Chicago")
    typist.unfold("Change")
    typist.type("Address of these pages", "http://reminders.lakeside.example")
    typist.press("Open my practice")
    seen.append(typist.heading)
    typist.follow("Any other server")
    typist.type("Server", "localhost")
    typist.type("Port", str(port))
    typist.type("User name", "office")
    typist.type("Password", MAIL_PASSWORD)
    typist.press("Send me a test")
    seen.append(typist.heading)
    typist.press("Yes, it arrived: keep this")
    seen.append(typist.heading)
    typist.paste("Or paste from a spreadsheet, headings included", ROSTER)
    typist.press("Check the list")
    typist.press("Import 17 people")
    typist.follow("Continue")
    typist.follow("Go on")
    seen.append(typist.heading)
    typist.press("Use this plan")
    seen.append(typist.heading)
    return seen


def named_in_the_tutorial() -> list[str]:
    """Return what the tutorial prints bold: the fields, buttons and links to use, as they are called on the pages."""
    text = " ".join(TUTORIAL.read_text("utf-8").split())
    return re.findall(r"\*\*(.+?)\*\*", text)


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> int:
    """A port; the database, the mail folder and the keys of the program are still to be made, in the test's own home."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
    return free_port(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_office_manager_is_done_in_three_minutes(
    open_page: Callable[..., Page], empty: int, *, scripts: bool
) -> None:
    page = open_page(width=1200, scripts=scripts)
    with (
        first_run(empty) as (address, code),
        keeping_server(starttls=True, password=MAIL_PASSWORD) as kept,
    ):
        typist = Typist(page)
        seen = set_up(typist, address, code, kept.port)
        told = page.locator(".fact").inner_text()
        typist.press("Turn reminders on")
        at_home = page.url
        typist_took = typist.total
        page.goto(f"{address}/setup")
        after = page.url

    assert seen == [
        "Welcome. Let us set up your reminders",
        "You and your practice",
        "How should we send e-mail?",
        "Did the test arrive?",
        "Who needs reminders?",
        "How often?",
        "Here is what will happen",
    ]
    assert told.startswith("17 people. 5 have no date: we will ask them.")
    assert message_from_bytes(kept.mails[0][2])["X-Reminder-Kind"] == "test"
    assert at_home.startswith(f"{address}/?") or at_home == f"{address}/"
    assert after == f"{address}/"
    assert typist_took < 180
    assert [words for words in named_in_the_tutorial() if words not in typist.used] == []


def test_every_page_of_the_first_run_can_be_used_by_everybody(browser: Browser, empty: int) -> None:
    found: list[Any] = []
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    with first_run(empty) as (address, code), keeping_server(starttls=True, password=MAIL_PASSWORD) as kept:
        page.goto(address)
        for typed in ("0000", code):
            found += complaints(page)
            page.get_by_label("Code").fill(typed)
            page.get_by_role("button", name="Begin").click()
        found += complaints(page)
        set_up(Typist(page), address, code, kept.port)
        for path in ("mail", "mail/microsoft365", "mail/other", "people", "plan", "start"):
            page.goto(f"{address}/setup/{path}")
            found += complaints(page)
        page.goto(f"{address}/setup/mail/other")
        page.get_by_label("Port").fill("1")
        page.get_by_role("button", name="Send me a test").click()
        found += complaints(page)
        page.goto(f"{address}/settings/mail")
        found += complaints(page)
    context.close()

    assert found == []
