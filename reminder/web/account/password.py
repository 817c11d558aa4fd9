"""Choose a password: a newcomer with their name, anybody else by the present one or just after a mailed link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import account, passwords, signing_in
from reminder.jobs.signing_in import TooOftenError, may_skip_present_password
from reminder.roster.fields import person_name
from reminder.web.account.proving import check_password
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ProvedDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/account/password")
def form(request: Request, pages: PagesDep, viewer: ProvedDep) -> Response:
    """Show the form."""
    return _form(request, pages, viewer)


def _form(
    request: Request, pages: Pages, viewer: Viewer, *, wrong: str = "", error: str = "", status: int = 200
) -> Response:
    values = {"asks_present": _asks_present(pages.services, viewer), "wrong": wrong, "error": error}
    return pages.show(request, "account/password.html", status=status, shortest=passwords.SHORTEST, **values)


def _asks_present(services: Services, viewer: Viewer) -> bool:
    return viewer.admin.password_hash is not None and not may_skip_present_password(viewer.session, services.clock())


@router.post("/account/password")
def change(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ProvedDep,
    present: Text = "",
    password: Text = "",
) -> Response:
    """Keep the new password; every other browser is signed out, and the admin is told by mail."""
    wrong = "present"
    try:
        if _asks_present(services, viewer):
            check_password(services, viewer, present)
        wrong = "password"
        account.change_password(services, viewer.admin, password, keep=viewer.session)
    except UsageError as error:
        status = 429 if isinstance(error, TooOftenError) else 422
        return _form(request, pages, viewer, wrong=wrong, error=without_field(error), status=status)
    return pages.redirect("/account?done=password")


@router.post("/account/password/strength")
def strength(
    request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, password: Text = ""
) -> Response:
    """Say how hard a password is to guess; it is not kept."""
    with services.store.read() as connection:
        context = signing_in.own_words(connection, viewer.admin)
    return pages.show(request, "account/strength.html", found=passwords.strength(password, context))


@router.get("/account/welcome")
def welcome(request: Request, pages: PagesDep, viewer: ViewerDep) -> Response:
    """Ask a newcomer for their name and a password."""
    return _welcome(request, pages, viewer.admin.name)


def _welcome(
    request: Request, pages: Pages, name: str, *, wrong: str = "", error: str = "", status: int = 200
) -> Response:
    values = {"name": name, "wrong": wrong, "error": error, "shortest": passwords.SHORTEST}
    return pages.show(request, "account/welcome.html", status=status, **values)


@router.post("/account/welcome")
def begin(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ProvedDep,
    name: Text = "",
    password: Text = "",
) -> Response:
    """Keep a newcomer's name and password; whoever has a password already changes it on its own page."""
    if viewer.admin.password_hash is not None:
        return pages.redirect("/account")
    wrong = "name"
    try:
        person_name(name)
        wrong = "password"
        account.begin(services, viewer.admin, name, password, keep=viewer.session)
    except UsageError as error:
        return _welcome(request, pages, name, wrong=wrong, error=without_field(error), status=422)
    return pages.redirect("/")
