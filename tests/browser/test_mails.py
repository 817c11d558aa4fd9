"""Every mail can be read by everybody: axe, light and dark, as wide as a mail program shows it and on a phone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from reminder.policy.model import Kind
from tests.browser.chromium import barriers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

LOOKS = ("light", "dark")
WIDTHS = (600, 360)


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    """A browser that lets axe into a mail, which may run nothing itself."""
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", Kind)
def test_every_mail_in_light_and_dark_on_a_desk_and_a_phone(
    reader: Page, full: tuple[str, dict[str, str]], kind: Kind
) -> None:
    address, _ = full
    found = []
    for look, width in itertools.product(LOOKS, WIDTHS):
        reader.set_viewport_size({"width": width, "height": 800})
        answer = reader.goto(f"{address}/settings/mails/{kind}/html?practice=1&look={look}")
        where = f"{kind} {look} {width}"
        assert answer is not None
        assert answer.ok, where
        found += [f"{where}: {report}" for report in barriers(reader)]
        wide = reader.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{where}: {wide} pixels wide")

    assert found == []


def test_a_dark_mail_is_dark(reader: Page, full: tuple[str, dict[str, str]]) -> None:
    """Otherwise the dark half of the test above would look at the light one again."""
    address, _ = full
    grounds = []
    for look in LOOKS:
        reader.goto(f"{address}/settings/mails/warning/html?practice=1&look={look}")
        grounds.append(reader.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert grounds[0] != grounds[1]
