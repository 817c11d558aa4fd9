"""A real browser weighs another plan, with scripts and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

DIFFERENCE = re.compile(r"This plan: \+\d+ / -\d+ mails in the next 60 days")


def test_with_scripts_a_plan_is_weighed_as_it_is_chosen_and_the_focus_stays(
    open_page: Callable[..., Page], address: str
) -> None:
    page = open_page(scripts=True)
    page.goto(f"{address}/settings/plan")
    page.get_by_label("Strict").check()
    expect(page.locator("#difference")).to_contain_text(DIFFERENCE)
    weighed = page.locator("#difference").inner_text()
    focused = page.evaluate("document.activeElement.value")
    page.get_by_label("Standard").check()
    expect(page.locator("#difference")).to_contain_text("+0 / -0")

    assert "+0 / -0" not in weighed
    assert focused == "strict"
    assert page.url == f"{address}/settings/plan"


def test_without_scripts_a_plan_is_weighed_and_saved_by_buttons(open_page: Callable[..., Page], address: str) -> None:
    page = open_page(scripts=False)
    page.goto(f"{address}/settings/plan")
    page.get_by_label("Gentle").check()
    page.get_by_role("button", name="What would change?").click()
    weighed = page.locator("#difference").inner_text()
    page.get_by_role("button", name="Save how often").click()
    saved = page.get_by_role("status").first.inner_text()
    page.goto(f"{address}/history")

    assert DIFFERENCE.search(weighed)
    assert "Saved" in saved
    assert "Changed when mails go" in page.locator("tbody tr").first.inner_text()


def weighed_and_saved(page: Page, plan: str, *, scripts: bool) -> str:
    """Choose a plan, return what it would change, and save it."""
    page.get_by_label(plan).check()
    if not scripts:
        page.get_by_role("button", name="What would change?").click()
    expect(page.locator("#difference")).to_contain_text(DIFFERENCE)
    words = page.locator("#difference .fact").inner_text()
    page.get_by_role("button", name="Save how often").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    return words


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_plan_changed_back_takes_away_what_it_had_brought(
    open_page: Callable[..., Page], full: tuple[str, dict[str, str]], *, scripts: bool
) -> None:
    address, _ = full
    page = open_page(scripts=scripts)
    said = []
    for plan in ("Strict", "Standard"):
        page.goto(f"{address}/settings/plan?practice=1")
        said.append(weighed_and_saved(page, plan, scripts=scripts))
    there, back = (re.findall(r"[+-](\d+)", words) for words in said)
    page.goto(f"{address}/settings/plan?practice=1")

    assert there == back[::-1] != ["0", "0"]
    assert page.get_by_label("Standard").is_checked()
