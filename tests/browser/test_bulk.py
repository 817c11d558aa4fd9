"""Many people at once, in a browser: three resets recorded by the bar under the table, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

THREE = ("Alma Reyes", "Ben Okafor", "Farah Haddad")


def dates(page: Page) -> dict[str, tuple[str, str]]:
    """Return, by name, when each person listed expires and where the date is known from."""
    found = {}
    for row in page.locator("table.people tbody tr").all():
        expires, known = (row.locator(f"[data-label='{label}']").inner_text() for label in ("Expires", "Known from"))
        found[row.get_by_role("link").inner_text()] = (expires.split("\n")[0].strip(), known.strip())
    return found


@pytest.mark.parametrize("width", [1200, 320])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_resets_of_three_people_are_recorded_at_once_and_taken_back(
    open_page: Callable[..., Page], full: tuple[str, dict[str, str]], *, scripts: bool, width: int
) -> None:
    address, _ = full
    page = open_page(width=width, scripts=scripts)
    page.goto(f"{address}/people")
    before = dates(page)
    for name in THREE:
        page.get_by_label(f"Choose {name}").check()
    counted = page.locator("[data-count]").inner_text()
    page.locator("summary", has_text="Record a reset").click()
    page.get_by_label("Day of the reset").fill("2026-11-30")
    page.get_by_role("button", name="Record it").click()
    told, during = page.get_by_role("status").first.inner_text(), dates(page)
    page.get_by_role("button", name="Undo").click()

    assert counted == ("3 people are chosen." if scripts else "Tick people, then say what to do with them.")
    assert "Recorded the reset of Mon, Nov 30 for 3 people." in told
    assert all(during[name][0].startswith("Fri, Jan 29") for name in THREE)
    assert {name: during[name] for name in before if name not in THREE} == {
        name: before[name] for name in before if name not in THREE
    }
    assert "Taken back for 3 people." in page.get_by_role("status").first.inner_text()
    assert dates(page) == before
