"""Takes a picture of every page and every mail: wide, narrow and phone, light and dark. Run by `make screenshots`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reminder.policy.model import Kind
from tests.browser.chromium import chromium, demo, pages
from tests.web.every_route import USES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1200, 390, 320)
FULL = ("/", "/people", "/people?status=attention", "/people/1", "/schedule", "/messages?tab=sent", "/history", "/demo")
"""Pages that are best seen with the demo's forty people; the others are taken with a few."""


def main(folder: Path) -> None:
    """Take the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, chromium() as browser:
        (Path(home) / "demo").mkdir()
        (Path(home) / "full").mkdir()
        page = plain_page(browser)
        with demo(Path(home) / "demo") as address:
            mails = {f"mail-{kind}": f"/settings/mails/{kind}/html" for kind in Kind}
            for name, path in ({name_of(path): path for path in FULL} | mails).items():
                take(page, address + path, folder, name)
        with pages("full", Path(home) / "full") as (address, known):
            for (method, _), use in USES.items():
                if method == "GET" and use.is_page and use.path not in FULL:
                    path = use.path
                    for word, value in known.items():
                        path = path.replace(word, value)
                    take(page, address + path, folder, name_of(use.path))


def name_of(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-").lower() or "home"


def plain_page(browser: Browser) -> Page:
    return browser.new_context(java_script_enabled=False).new_page()


def take(page: Page, address: str, folder: Path, name: str) -> None:
    page.goto(address)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
