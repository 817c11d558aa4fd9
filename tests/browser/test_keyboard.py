"""The main tasks by keyboard alone; wherever the focus stops it can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

MOST_STOPS = 80
"""No task of these is farther away from the top of its page."""

FOCUS = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const e = document.activeElement;
  if (e === document.body) return null;
  const style = getComputedStyle(e), box = e.getClientRects()[0];
  const x = box.left + box.width / 2, y = box.top + Math.min(box.height, innerHeight) / 2;
  const top = document.elementFromPoint(x, y);
  return {
    name: (e.labels?.length ? e.labels[0].textContent : e.getAttribute('aria-label') || e.textContent).trim(),
    html: e.outerHTML.slice(0, 120),
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inside: box.left >= 0 && box.right <= innerWidth && box.top >= 0 && (box.bottom <= innerHeight || box.height > innerHeight),
    onTop: top !== null && (e.contains(top) || top.contains(e) && top.closest('label, fieldset') !== null),
  };
}"""
"""What has the focus and whether it can be seen, once the browser has scrolled to it."""


class Keyboard:
    """Somebody who uses no mouse; notes each stop at which they could not see where they are."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab_to(self, words: str) -> None:
        """Press Tab until what is called so has the focus."""
        for _ in range(MOST_STOPS):
            self.press("Tab")
            stop = self.page.evaluate(FOCUS)
            if stop is None:
                continue
            if not (stop["outlined"] and stop["inside"] and stop["onTop"]):
                self.unseen.append(f"{self.page.url}: {stop}")
            if stop["name"].startswith(words):
                return
        raise AssertionError((words, self.page.url))

    def enter(self, words: str) -> None:
        """Go to a button or link and press Enter, which leads to another page."""
        self.tab_to(words)
        with self.page.expect_navigation():
            self.press("Enter")

    @property
    def focused(self) -> str:
        found: str = self.page.evaluate("document.activeElement.name || document.activeElement.id")
        return found


@pytest.fixture(params=[1200, 320])
def keyboard(request: pytest.FixtureRequest, open_page: Callable[..., Page]) -> Keyboard:
    page = open_page(width=request.param)
    page.emulate_media(reduced_motion="reduce")  # a page that scrolls smoothly has not arrived when it is asked
    return Keyboard(page)


def test_the_first_stop_skips_to_the_content(keyboard: Keyboard, full: tuple[str, dict[str, str]]) -> None:
    keyboard.page.goto(f"{full[0]}/people")
    keyboard.tab_to("Skip to the content")
    keyboard.press("Enter", "Tab")

    assert keyboard.unseen == []
    assert keyboard.page.evaluate("document.activeElement.closest('main') !== null")
    assert "Add one person" in keyboard.page.evaluate("document.activeElement.textContent")


def test_a_person_confirms_today(keyboard: Keyboard, full: tuple[str, dict[str, str]]) -> None:
    address, known = full
    keyboard.page.goto(f"{address}/r/{known['TOKEN']}")
    keyboard.tab_to("Today")
    keyboard.press("Space")
    keyboard.enter("Save my reset")
    thanks = keyboard.page.get_by_role("heading", level=1).inner_text()
    keyboard.enter("Undo, the date is wrong")

    assert thanks == "Thank you"
    assert keyboard.page.get_by_role("heading", level=1).inner_text() == "When did you reset your I&A password?"
    assert keyboard.unseen == []


def test_a_search_keeps_the_focus_and_the_caret(keyboard: Keyboard, full: tuple[str, dict[str, str]]) -> None:
    page = keyboard.page
    page.goto(f"{full[0]}/people?status=")
    rows = page.locator("table.people tbody tr")
    keyboard.tab_to("Search")
    keyboard.type("far")
    expect(rows).to_have_count(1)
    keyboard.press("ArrowLeft")
    keyboard.type("a")
    page.wait_for_url("**q=faar*")
    expect(rows).to_have_count(0)
    lost = keyboard.focused, page.evaluate("document.activeElement.selectionStart")
    keyboard.press("Backspace")
    expect(rows).to_have_count(1)

    assert lost == ("q", 3)
    assert keyboard.focused == "q"
    assert page.evaluate("document.activeElement.selectionStart") == 2
    assert page.locator("#said").inner_text() == "1 person"
    assert keyboard.unseen == []


def test_a_reset_is_recorded_for_a_person(keyboard: Keyboard, full: tuple[str, dict[str, str]]) -> None:
    page = keyboard.page
    page.goto(f"{full[0]}/people/1")
    keyboard.tab_to("Record a reset")
    if page.locator("#reset-form[open]").count() == 0:
        keyboard.press("Enter")
    keyboard.tab_to("Today")
    keyboard.press("Space")
    keyboard.enter("Record the reset")
    told = page.get_by_role("status").first.inner_text()
    keyboard.tab_to("Undo the last reset")
    keyboard.press("Enter")
    keyboard.enter("Undo the last reset")

    assert "recorded" in told
    assert keyboard.unseen == []


def test_a_pasted_list_is_checked(keyboard: Keyboard, full: tuple[str, dict[str, str]]) -> None:
    page = keyboard.page
    page.goto(f"{full[0]}/people")
    keyboard.enter("Import a list")
    keyboard.tab_to("Or paste from a spreadsheet")
    page.keyboard.insert_text("Name,Email,Role\nNora Lind,nora@lakeside.example,SEU\n")
    keyboard.enter("Check the list")
    keyboard.tab_to("Import 1 person")

    assert "Nora Lind" in page.locator("main").inner_text()
    assert keyboard.unseen == []


def test_the_plan_is_weighed_and_changed(keyboard: Keyboard, full: tuple[str, dict[str, str]]) -> None:
    page = keyboard.page
    page.goto(f"{full[0]}/settings/plan?practice=1")
    chosen = page.locator("input[name=plan]:checked")
    before = chosen.input_value()
    keyboard.tab_to("Stan" if before == "standard" else "Strict")
    keyboard.press("ArrowDown" if before == "standard" else "ArrowUp")
    expect(page.locator("#difference")).to_contain_text("mails in the next 60 days")
    after, focused = chosen.input_value(), page.evaluate("document.activeElement.value")
    keyboard.enter("Save how often")

    assert {before, after} == {"standard", "strict"}
    assert focused == after
    assert "Saved" in page.get_by_role("status").first.inner_text()
    assert keyboard.unseen == []
