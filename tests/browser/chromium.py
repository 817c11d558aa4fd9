"""A real browser and a real server for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOK = "options => axe.run(options).then(found => ({...found, passes: [], incomplete: [], inapplicable: []}))"
"""What is right with a page would take longer to bring here than to find."""

OF_COLORS = ["color-contrast", "link-in-text-block"]
"""The rules of axe that a page may keep when it is light and break when it is dark."""

PROGRAMS = ["chromium-headless-shell", "chromium", "google-chrome"]
"""Those that do, the one that needs least first; `make browser` looks for the same."""

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def executable() -> str:
    """Return a Chromium; `make test` installs one, so a missing one is a fault and no reason to skip."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, "no Chromium: run make test, which installs it"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=QUIET)
        yield browser
        browser.close()


@contextmanager
def started(*arguments: str, says: str) -> Iterator[list[str]]:
    """Run a Python program; give the lines it printed up to the one that says what is waited for."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if says in line:
                break
        else:
            raise AssertionError("".join(lines))
        yield lines
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def running(*arguments: str, says: str) -> Iterator[tuple[str, list[str]]]:
    """Run a Python program that serves pages; give their address and the lines printed before it."""
    with started(*arguments, says=says) as lines:
        wait_for(lines[-1].split()[-1])
        yield lines[-1].split()[-1].rstrip("/"), lines[:-1]


@contextmanager
def first_run(port: int) -> Iterator[tuple[str, str]]:
    """Run `reminder serve` on an empty database; give the address of the set-up and its code, as they are printed."""
    with started("-m", "reminder", "serve", "--port", str(port), says="enter the code") as lines:
        words = lines[-1].split()
        address = words[1].removesuffix("/setup")
        wait_for(f"{address}/")
        yield address, words[-1]


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """Run `reminder demo` and give its address."""
    command = ("-c", "from reminder.cli import main; main()", "demo", "--no-open", "--port", "0", "--dir", str(folder))
    with running(*command, says="The demo is at") as (address, _):
        yield address


@contextmanager
def pages(state: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve the pages in a state (see `tests.browser.serve`); give their address and what is known of the state."""
    with running("-m", "tests.browser.serve", state, str(folder), says="The pages are at") as (address, before):
        yield address, json.loads(before[-1])


def barriers(page: Page, *, rules: list[str] | None = None) -> list[str]:
    """Return what keeps somebody from using the page that is open, as axe sees it in its present look and width.

    `rules`: those that are looked at; all without.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    result = AxeResults(page.evaluate(LOOK, options))
    return [str(result.generate_report())] if result.violations_count else []


def wait_for(address: str) -> None:
    """Wait until the server answers, for half a minute or so."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}is-this-mail-real", timeout=5):
                return
        except OSError:  # nobody listens yet, or whoever does is too busy for now
            time.sleep(0.1)
    raise AssertionError(address)
