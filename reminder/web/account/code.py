"""Sign in, second step: the code of an admin who uses one. Until it is given, the session may do nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import second_factor
from reminder.jobs.signing_in import TooOftenError
from reminder.web.account.visitors import keep_session
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ServicesDep

if TYPE_CHECKING:
    from reminder.store.sessions import Session
    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/sign-in/code")
def form(request: Request, pages: PagesDep) -> Response:
    """Ask for the code."""
    _waiting(request, pages)
    return pages.show(request, "account/code.html", error="")


@router.post("/sign-in/code")
def with_code(request: Request, pages: PagesDep, services: ServicesDep, code: Text = "") -> Response:
    """Let the session in."""
    waiting = _waiting(request, pages)
    try:
        secret = second_factor.finish_sign_in(services, waiting, code)
    except UsageError as error:
        status = 429 if isinstance(error, TooOftenError) else 422
        return pages.show(request, "account/code.html", status=status, error=without_field(error))
    return keep_session(pages, pages.redirect("/"), secret)


def _waiting(request: Request, pages: Pages) -> Session:
    """Return the session that waits for a code; whoever has none is sent to the sign-in page, who is in goes home."""
    with pages.services.store.read() as connection:
        found = pages.session(connection, request)
    if found is None or not found.needs_code:
        raise HTTPException(303, headers={"Location": "/" if found else "/sign-in"})
    return found
