"""What a browser on our own pages does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def press(browser: TestClient, path: str, **form: str) -> int:
    """Press a button of a form, and return the answer's status."""
    return browser.post(path, data=form, headers=SAME_SITE).status_code
