"""A list is brought in by a browser: file, columns, check, import, undo; with scripts and without; for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_every_page import complaints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

LIST = (
    "Name,Contact,Position,Changed,PECOS password,Notes\n"
    "Zoe Quill,zoe.quill@lakeside.example,SEU,03/04/26,hunter2,likes tea\n"
    "Zed Quill,zed.quill@lakeside.example,Clerk,10/28/2026,hunter2,\n"
)
PASTED = "Name\tEmail\tRole\nZack Quill\tzack.quill@lakeside.example\tAO\n"


def add(page: Page, address: str, text: str = LIST) -> None:
    """Drop a list on the first page and press its button."""
    page.goto(f"{address}/people/import")
    page.get_by_label("Which practice do these people work for?").select_option(index=1)
    page.locator("#file").set_input_files({"name": "logins.csv", "mimeType": "text/csv", "buffer": text.encode()})
    press(page, "Check the list")


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_list_is_matched_checked_imported_and_taken_back(
    open_page: Callable[..., Page], address: str, *, scripts: bool
) -> None:
    page = open_page(scripts=scripts)
    add(page, address)
    asked = heading(page)
    said = page.locator(".problem").inner_text()
    page.get_by_label("Contact").select_option("E-mail address")
    page.get_by_label("Position").select_option("Role")
    press(page, "Go on")
    checked = heading(page)
    to_fix = page.locator(".to-fix").inner_text()
    press(page, "Import 1 person, leave 1 out")
    imported = heading(page)
    page.goto(f"{address}/people?q=Quill")
    present = page.get_by_role("link", name="Zoe Quill").count()
    page.goto(f"{address}/people/imports")
    page.get_by_role("link", name="logins.csv").first.click()
    press(page, "Undo this import")
    taken_back = heading(page)
    page.goto(f"{address}/people?q=Quill")

    assert asked == "What is in your columns?"
    assert "We never store passwords." in said
    assert checked == "1 new, 0 changed, 1 to fix"
    assert "Row 3 “Clerk”" in to_fix
    assert (imported, present) == ("Imported: 1 new, 0 changed", 1)
    assert taken_back == "The import was taken back"
    assert page.get_by_role("link", name="Zoe Quill").count() == 0


def test_cells_pasted_from_a_spreadsheet_keep_their_columns(open_page: Callable[..., Page], address: str) -> None:
    page = open_page()
    page.goto(f"{address}/people/import")
    page.get_by_label("Which practice do these people work for?").select_option(index=1)
    page.get_by_label("Or paste from a spreadsheet").fill(PASTED)
    press(page, "Check the list")

    assert heading(page) == "1 new, 0 changed, 0 to fix"
    assert "Zack Quill" in page.locator("table").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_rows_to_fix_are_downloaded_and_can_be_opened_by_excel(
    open_page: Callable[..., Page], address: str, *, scripts: bool
) -> None:
    page = open_page(scripts=scripts)
    add(page, address, "Name,Email,Role\nZed Quill,zed.quill@lakeside.example,Clerk\n")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows to fix (Excel)").click()

    assert download.value.suggested_filename == "rows-to-fix.xlsx"


@pytest.fixture(scope="module")
def wide(browser: Browser) -> Iterator[Page]:
    """A page that axe may look into."""
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


def test_every_step_can_be_used_by_everybody(wide: Page, address: str) -> None:
    found = []
    add(wide, address)
    found += complaints(wide)
    wide.get_by_label("Contact").select_option("Role")
    press(wide, "Go on")
    found += complaints(wide)
    add(wide, address, "Name,Email,Role\n" + "".join(f"Zed,zed{n}@lakeside.example,SEU\n" for n in range(60)))
    found += complaints(wide)
    add(wide, address, "Name,Email,Role\nZoe Quill,zoe.quill@lakeside.example,SEU\nZed Quill,zed,Clerk\n")
    found += complaints(wide)
    press(wide, "Import 1 person")
    found += complaints(wide)
    press(wide, "Undo this import")
    found += complaints(wide)
    wide.goto(f"{address}/people/import/nothing-waits-here")
    found += complaints(wide)

    assert found == []


def test_the_whole_way_is_gone_with_the_keyboard(open_page: Callable[..., Page], address: str) -> None:
    page = open_page(width=1200)
    page.goto(f"{address}/people/import")
    reach(page, "practice")
    page.keyboard.press("ArrowDown")
    reach(page, "pasted")
    page.keyboard.insert_text(PASTED)
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    reach(page, "import")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert heading(page) == "Imported: 1 new, 0 changed"


def reach(page: Page, target: str) -> None:
    """Press Tab until the element with this id has the focus, which must be seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == target:
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(target)
