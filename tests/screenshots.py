"""Takes a picture of every page and every mail: wide and narrow, light and dark. Run by `make screenshots`."""

from __future__ import annotations

import re
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.browser.chromium import chromium, demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1200, 390)
PAGES = (
    "/",
    "/people",
    "/people/1",
    "/people/import",
    "/schedule",
    "/messages",
    "/settings",
    "/settings/team/1",
    "/account",
    "/account/password",
    "/account/second-factor",
    "/demo",
    "/help",
    "/is-this-mail-real",
    "/sign-in",
)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, demo(Path(home)) as address, chromium() as browser:
        caught = read(f"{address}/demo")
        kinds: dict[str, str] = {}
        for number, kind in re.findall(r'href="/mails/(\d+)">([a-z-]+) to', caught):
            kinds.setdefault(kind, number)
        confirm = re.findall(r'href="http[^"]*(/r/[^"]+)"', caught)[0]
        pages = {path.strip("/").replace("/", "-") or "home": path for path in PAGES}
        pages |= {f"mail-{kind}": f"/mails/{number}/html" for kind, number in kinds.items()}
        pages |= {"confirm": confirm, "mail-page": f"/mails/{next(iter(kinds.values()))}"}
        for name, path in pages.items():
            for scheme in SCHEMES:
                for width in WIDTHS:
                    take(browser, f"{address}{path}", folder / f"{name}-{width}-{scheme}.png", width, scheme)


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def take(browser: Browser, address: str, path: Path, width: int, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(address)
    page.screenshot(path=path, full_page=True)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
