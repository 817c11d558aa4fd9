"""Every page can be used by everybody: axe, a phone's width, targets; full, empty and with a mistake; light and dark."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.chromium import OF_COLORS, barriers, pages
from tests.web.every_route import USES, Access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1200, 320)
EVERY = [use.path for (method, _), use in USES.items() if method == "GET" and use.is_page]
WITHOUT_ROWS = [
    use.path
    for (method, _), use in USES.items()
    if method == "GET" and use.is_page and use.access in {Access.SIGNED_IN, Access.CHANGE_ANY, Access.OWN_ANY}
]
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary, textarea')]
  .filter(e => e.checkVisibility() && !e.closest('p, dd, td, .inline') && getComputedStyle(e).position !== 'absolute')
  .map(e => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < 24 || box.width < 24)).map(([html]) => html)"""
"""Links inside running text are exempt (WCAG 2.5.8), and so is what is shown to no eye."""

SEND_EMPTY = """form => {
  form.noValidate = true;
  for (const field of form.querySelectorAll('input:not([type=hidden], [type=radio], [type=checkbox]), textarea')) {
    if (field.type !== 'file') field.value = '';
  }
  form.submit();
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pages("empty", tmp_path_factory.mktemp("empty")) as (address, _):
        yield address


def complaints(page: Page) -> list[str]:
    """Return what is wrong with the page that is open, in every scheme and width."""
    found = []
    for scheme, width in itertools.product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        where = f"{page.url} {scheme} {width}"
        rules = OF_COLORS if scheme == "dark" else None
        found += [f"{where}: {report}" for report in barriers(page, rules=rules)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{where}: {wide} pixels wide")
        found += [f"{where}: too small a target: {html}" for html in page.evaluate(SMALL_TARGETS)]
        if page.locator("h1").count() != 1:
            found.append(f"{where}: {page.locator('h1').count()} main headings")
    return found


def path_of(example: str, known: dict[str, str]) -> str:
    for word, value in known.items():
        example = example.replace(word, value)
    return example


@pytest.mark.parametrize("path", EVERY)
def test_every_page_with_people(page: Page, full: tuple[str, dict[str, str]], path: str) -> None:
    address, known = full
    page.goto(address + path_of(path, known))

    assert complaints(page) == []


@pytest.mark.parametrize("path", WITHOUT_ROWS)
def test_every_page_before_there_is_anything(page: Page, empty: str, path: str) -> None:
    page.goto(empty + path)

    assert complaints(page) == []


@pytest.mark.parametrize("path", EVERY)
def test_every_page_after_a_mistake(page: Page, full: tuple[str, dict[str, str]], path: str) -> None:
    """Send each form of the page without what it needs; those that have nothing to fill in are other tests' matter."""
    address, known = full
    where = address + path_of(path, known)
    page.goto(where)
    forms = page.locator("form[method=post]:has(input:not([type=hidden], [type=radio], [type=checkbox], [type=file]))")
    found = []
    for number in range(forms.count()):
        page.goto(where)
        with page.expect_navigation():
            forms.nth(number).evaluate(SEND_EMPTY)
        found += complaints(page)

    assert found == []
