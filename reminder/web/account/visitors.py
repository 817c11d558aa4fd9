"""Who knocks: from where and with what browser; and the cookies that tell one browser from another."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import Request

from reminder.jobs.signing_in import SESSION_LIFE, Visitor

if TYPE_CHECKING:
    from starlette.responses import Response

    from reminder.web.pages import Pages

MARK_LIFE = timedelta(days=365)
"""How long a browser in which an admin signed in stays known."""

SIXTY_FOUR = 64
"""Bits that name a place: one subscriber has all the addresses of such a network."""

BROWSERS = (
    (r"Edg\w*/", "Edge"),
    (r"OPR/", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrom\w*/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "an iPhone"),
    (r"iPad", "an iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "a Mac"),
    (r"CrOS", "a Chromebook"),
    (r"Linux", "Linux"),
)
"""What browsers and systems call themselves, those first that also carry another's name."""


def browser_words(user_agent: str) -> str:
    """Return a browser as people know it, such as `Firefox on Windows`."""
    browser = next((name for pattern, name in BROWSERS if re.search(pattern, user_agent)), "A browser")
    system = next((name for pattern, name in SYSTEMS if re.search(pattern, user_agent)), "")
    return f"{browser} on {system}" if system else browser


def place_of(host: str) -> str:
    """Return the place that an address stands for: itself, or with IPv6 its network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, SIXTY_FOUR), strict=False))


def _visitor(request: Request) -> Visitor:
    pages: Pages = request.app.state.pages
    return Visitor(
        place=place_of(request.client.host if request.client else "unknown"),
        browser=browser_words(request.headers.get("user-agent", "")),
        mark=request.cookies.get(mark_cookie(pages), ""),
    )


VisitorDep = Annotated[Visitor, Depends(_visitor)]


def mark_cookie(pages: Pages) -> str:
    """Return the name of the cookie by which a browser is known: strangers' wrong guesses do not count against it."""
    return "__Host-known" if pages.secure else "known"


def keep_session(pages: Pages, answer: Response, secret: str) -> Response:
    """Give the browser the secret of its session."""
    _set(pages, answer, pages.cookie, secret, SESSION_LIFE)
    return answer


def keep_mark(pages: Pages, answer: Response, mark: str) -> None:
    """Let the browser be known from now on."""
    _set(pages, answer, mark_cookie(pages), mark, MARK_LIFE)


def drop_session(pages: Pages, answer: Response) -> Response:
    """Take the session's secret from the browser, and what it kept of the pages."""
    answer.delete_cookie(pages.cookie, path="/", secure=pages.secure, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _set(pages: Pages, answer: Response, name: str, value: str, life: timedelta) -> None:
    seconds = int(life.total_seconds())
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=pages.secure, httponly=True, samesite="lax")
