"""Ask again who is there, before something sensitive; then lead on to where one was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import admin_mails, passwords, second_factor, signing_in
from reminder.jobs.signing_in import GUESSES, TooOftenError
from reminder.web.account.visitors import keep_session
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

OWN_PATH = re.compile(r"/(?![/\\])[\w/.-]*(\?[\w=&%.-]*)?", re.ASCII)
WRONG = "This is not the password of your account."
MAILED = "A sign-in link is on its way to you. Press its button in this browser, then come back here."


@router.get("/account/prove")
def form(request: Request, pages: PagesDep, _: ViewerDep, then: str = "/", done: str = "") -> Response:
    """Ask for the password or a code."""
    return _form(request, pages, then, note=MAILED if done == "mailed" else "")


def _form(
    request: Request,
    pages: Pages,
    then: str,
    *,
    note: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    with pages.services.store.read() as connection:
        may_mail = admin_mails.mail_reaches_people(connection, pages.services)
    values = {"then": own_path(then), "note": note, "error": error, "may_mail": may_mail}
    return pages.show(request, "account/prove.html", status=status, **values)


@router.post("/account/prove")
def prove(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    password: Text = "",
    code: Text = "",
    then: Text = "/",
) -> Response:
    """Take the proof, and lead on."""
    try:
        secret = _proved(services, viewer, password, code)
    except UsageError as error:
        status = 429 if isinstance(error, TooOftenError) else 422
        return _form(request, pages, then, error=without_field(error), status=status)
    answer = pages.redirect(own_path(then))
    return keep_session(pages, answer, secret) if secret else answer


def _proved(services: Services, viewer: Viewer, password: str, code: str) -> str:
    """Return the session's new secret, or nothing in the demo, which has none; raise UsageError for a wrong proof."""
    if code:
        second_factor.use_code(services, viewer.admin, code)
    else:
        check_password(services, viewer, password)
    if viewer.session is None:
        return ""
    with services.store.write() as connection:
        return signing_in.renewed(connection, viewer.session, services.clock())


def check_password(services: Services, viewer: Viewer, password: str) -> None:
    """Check the viewer's own password; raise TooOftenError, or UsageError for a wrong one. Only wrong ones count."""
    counted = (("prove/account", str(viewer.admin.id), GUESSES),)
    with services.store.write() as connection:
        signing_in.take_tries(connection, counted, services.clock())
    if not passwords.fits(viewer.admin.password_hash, password):
        raise UsageError(WRONG)
    with services.store.write() as connection:
        signing_in.give_back_tries(connection, counted)


@router.post("/account/prove/link")
def mail_link(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Mail a sign-in link: whoever uses it in this browser has proved who they are."""
    counted = (("link/account", viewer.admin.email, signing_in.LINKS),)
    try:
        with services.store.write() as connection:
            signing_in.take_tries(connection, counted, services.clock())
    except TooOftenError as error:
        return _form(request, pages, "/", error=without_field(error), status=429)
    admin_mails.mail_sign_in_link(services, viewer.admin.email)
    return pages.redirect("/account/prove?done=mailed")


def own_path(text: str) -> str:
    """Return a path of our own pages as it is, and the first page for anything else."""
    return text if OWN_PATH.fullmatch(text) else "/"
