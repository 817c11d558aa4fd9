"""Sign in and out: by password, or by a one-time link that works only when its button is pressed."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import first_run, signing_in
from reminder.store import admins
from reminder.web.pages import PagesDep, ServicesDep

if TYPE_CHECKING:
    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]


class Throttle:
    """Counts failed tries by address; too many in a while and the next ones wait. Nobody is locked out for long."""

    def __init__(self, most: int = 10, within: timedelta = timedelta(minutes=15)) -> None:
        """Allow `most` failures within a span of time."""
        self._most, self._within = most, within
        self._failures: dict[str, deque[datetime]] = {}

    def is_closed(self, key: str, now: datetime) -> bool:
        """Tell whether this key has to wait."""
        failures = self._failures.get(key, deque())
        while failures and now - failures[0] > self._within:
            failures.popleft()
        return len(failures) >= self._most

    def note_failure(self, key: str, now: datetime) -> None:
        """Count a failure."""
        if len(self._failures) > 10_000:  # noqa: PLR2004, RUF100 - an attack with invented addresses
            self._failures.clear()
        self._failures.setdefault(key, deque()).append(now)


THROTTLE = Throttle()
WRONG = "The address and the password do not fit. Check both; or ask a colleague for a sign-in link."
WAIT = "That was wrong too often. Wait a quarter of an hour, or ask a colleague for a sign-in link."


@router.get("/sign-in")
def form(request: Request, pages: PagesDep, services: ServicesDep) -> Response:
    """Show the sign-in form; before anybody owns a practice, lead to the set-up."""
    with services.store.read() as connection:
        if first_run.is_needed(connection):
            return pages.redirect("/setup")
    return pages.show(request, "account/sign-in.html", error="", email="")


@router.post("/sign-in")
def with_password(
    request: Request, pages: PagesDep, services: ServicesDep, email: Text = "", password: Text = ""
) -> Response:
    """Sign in by address and password."""
    now, key = services.clock(), email.strip().lower()
    if THROTTLE.is_closed(key, now):
        return pages.show(request, "account/sign-in.html", status=429, error=WAIT, email=email)
    with services.store.write() as connection:
        admin_id = signing_in.password_fits(connection, email, password)
        secret = signing_in.open_session(connection, admin_id, now) if admin_id is not None else None
    if secret is None:
        THROTTLE.note_failure(key, now)
        return pages.show(request, "account/sign-in.html", status=422, error=WRONG, email=email)
    return _signed_in(pages, secret)


@router.get("/sign-in/{token}")
def show_link(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Show the button; opening the link changes nothing."""
    with services.store.read() as connection:
        good = admins.sign_in_link_owner(connection, signing_in.hash_of(token), services.clock()) is not None
    return pages.show(request, "account/sign-in-link.html", status=200 if good else 404, good=good, token=token)


@router.post("/sign-in/{token}")
def with_link(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Use the link up and sign in."""
    now = services.clock()
    with services.store.write() as connection:
        admin_id = admins.use_sign_in_link(connection, signing_in.hash_of(token), now)
        secret = signing_in.open_session(connection, admin_id, now) if admin_id is not None else None
    if secret is None:
        return pages.show(request, "account/sign-in-link.html", status=404, good=False, token=token)
    return _signed_in(pages, secret)


@router.post("/sign-out")
def sign_out(request: Request, pages: PagesDep, services: ServicesDep) -> Response:
    """End the session."""
    secret = request.cookies.get(pages.cookie)
    if secret:
        with services.store.write() as connection:
            admins.close_session(connection, signing_in.hash_of(secret))
    answer = pages.redirect("/sign-in")
    answer.delete_cookie(pages.cookie, path="/", secure=pages.secure, httponly=True, samesite="lax")
    return answer


def _signed_in(pages: Pages, secret: str) -> Response:
    return keep_session(pages, pages.redirect("/"), secret)


def keep_session(pages: Pages, answer: Response, secret: str) -> Response:
    """Give the browser the secret of its session."""
    answer.set_cookie(
        pages.cookie,
        secret,
        max_age=int(signing_in.SESSION_LIFE.total_seconds()),
        path="/",
        secure=pages.secure,
        httponly=True,
        samesite="lax",
    )
    return answer
