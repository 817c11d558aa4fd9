"""Every page obeys its own policy: nothing is refused by the browser, nothing comes from elsewhere, and it is light."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_every_page import EVERY, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Response

MOST_BYTES = 60 * 1024
"""A page with its styles and scripts, as it comes through a proxy that compresses: a second on a poor connection."""


def fetched_by(page: Page, address: str) -> tuple[list[Response], list[str]]:
    """Open a page; return all that was fetched for it, and what the browser complained of."""
    fetched: list[Response] = []
    complaints: list[str] = []
    page.on("response", lambda one: fetched.append(one))  # noqa: PLW0108 - playwright marks what it is given, which a method of a list does not bear
    page.on("requestfailed", lambda request: complaints.append(f"{request.url}: {request.failure}"))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address, wait_until="networkidle")
    return fetched, complaints


@pytest.mark.parametrize("path", EVERY)
def test_every_page_is_light_and_wants_nothing_that_its_policy_refuses(
    open_page: Callable[..., Page], full: tuple[str, dict[str, str]], path: str
) -> None:
    address, known = full
    fetched, complaints = fetched_by(open_page(), address + path_of(path, known))
    weight = sum(len(gzip.compress(one.body())) for one in fetched if one.status < 300)

    assert complaints == []
    assert [one.url for one in fetched if not one.url.startswith(f"{address}/")] == []
    assert "default-src 'none'" in fetched[0].headers["content-security-policy"]
    assert weight <= MOST_BYTES


def test_a_script_from_elsewhere_would_be_refused_and_seen(
    open_page: Callable[..., Page], full: tuple[str, dict[str, str]]
) -> None:
    page = open_page()
    _, complaints = fetched_by(page, f"{full[0]}/")
    page.evaluate("""() => new Promise(done => {
      document.addEventListener('securitypolicyviolation', done, {once: true});
      const script = document.createElement('script');
      script.src = 'https://elsewhere.example/x.js';
      document.head.append(script);
    })""")

    assert any("elsewhere.example" in words for words in complaints)
