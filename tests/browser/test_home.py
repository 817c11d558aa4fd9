"""The first page and the schedule in a browser: the part that refreshes itself, a mail skipped and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_the_first_page_refreshes_itself_and_leaves_the_focus_where_it_was(
    address: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(width=1200)
    page.clock.install()
    page.goto(address)
    page.locator("#need-2").focus()
    page.evaluate("document.querySelector('#now').dataset.old = 'yes'")
    with page.expect_response(f"{address}/"):
        page.clock.fast_forward(61_000)
    page.locator("#now:not([data-old])").wait_for()

    assert page.evaluate("document.activeElement.id") == "need-2"
    assert page.locator("h1").count() == 1


def test_a_session_that_ended_meanwhile_shows_the_server_s_answer(address: str, open_page: Callable[..., Page]) -> None:
    page = open_page(width=1200)
    page.clock.install()
    page.goto(address)
    page.route(f"{address}/", lambda route: route.fulfill(body="<h1>Sign in</h1>", content_type="text/html"))
    page.clock.fast_forward(61_000)
    page.get_by_role("heading", name="Sign in").wait_for()

    assert page.locator("#now").count() == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_a_mail_is_skipped_and_taken_back(address: str, open_page: Callable[..., Page], scripts: bool) -> None:
    page = open_page(scripts=scripts)
    page.goto(f"{address}/schedule?q=Ines&kind=warning")
    page.get_by_role("button", name="Skip the mail to Ines Costa").first.click()
    page.get_by_text("Skipped by Dana Whitfield").wait_for()
    page.get_by_role("button", name="Take the skip back").first.click()
    page.get_by_text("The mail goes after all").wait_for()

    assert page.get_by_text("Skipped by").count() == 0


def test_the_strip_leads_to_a_week_of_the_schedule(address: str, open_page: Callable[..., Page]) -> None:
    page = open_page(width=320)
    page.goto(address)
    page.locator(".ahead a").nth(2).click()
    page.wait_for_url("**/schedule?day=*")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
