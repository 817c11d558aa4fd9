"""The browser itself: what the other tests here take for granted."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

PAGE = """<!doctype html><title>Fixed</title><h1>As sent</h1>
<script>document.querySelector("h1").textContent = "By script"</script>"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def static_page(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text(PAGE, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("scripts", "heading"), [(True, "By script"), (False, "As sent")])
def test_scripts_run_only_where_they_are_allowed(
    open_page: Callable[..., Page], static_page: str, *, scripts: bool, heading: str
) -> None:
    page = open_page(scripts=scripts)
    page.goto(static_page)

    assert page.get_by_role("heading").inner_text() == heading


def test_a_page_is_as_wide_as_asked_for(open_page: Callable[..., Page], static_page: str) -> None:
    phone, desk = open_page(), open_page(width=1200)
    phone.goto(static_page)
    desk.goto(static_page)

    assert [page.evaluate("innerWidth") for page in (phone, desk)] == [390, 1200]
