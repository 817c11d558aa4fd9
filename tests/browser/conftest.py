from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import chromium, demo, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser for all tests of this folder, and no longer: while it runs, nothing else here may run an event loop."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo."""
    with demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of pages with people in several states whose clock stands still, and what is known of them."""
    with pages("full", tmp_path_factory.mktemp("full")) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages `width` pixels wide, with or without scripts, each a visitor of its own; all close with the test."""
    contexts = []

    def opened(*, width: int = 390, scripts: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 700}, java_script_enabled=scripts)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
