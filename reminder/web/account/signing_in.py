"""Sign in and out: by password, or by a one-time link that works only when its button is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import admin_mails, first_run, signing_in
from reminder.jobs.signing_in import KNOCKS, TooOftenError
from reminder.store import sessions
from reminder.web.account.visitors import VisitorDep, drop_session, keep_mark, keep_session
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ServicesDep

if TYPE_CHECKING:
    from reminder.jobs.signing_in import SignedIn, Visitor
    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]

MAILED = "If that address belongs to an admin, a link is on its way. It comes within a minute or two and works for ten."
MAILED_OFTEN = (
    "Links were asked for too often. Look for the newest mail, in the spam folder too, or wait a quarter of an hour."
)
DONE = {
    "out": "You are signed out.",
    "everywhere": "You are signed out, here and in every other browser.",
    "left": "You have left your last practice here, so there is nothing to sign in to.",
    "mailed": MAILED,
}


@router.get("/sign-in")
def form(request: Request, pages: PagesDep, services: ServicesDep, done: str = "") -> Response:
    """Show the sign-in form; before anybody owns a practice, lead to the set-up."""
    with services.store.read() as connection:
        if first_run.is_needed(connection):
            return pages.redirect("/setup")
    return _form(request, pages, note=DONE.get(done, ""))


def _form(
    request: Request,
    pages: Pages,
    *,
    note: str = "",
    error: str = "",
    email: str = "",
    status: int = 200,
    then: BackgroundTask | None = None,
) -> Response:
    with pages.services.store.read() as connection:
        may_mail = admin_mails.mail_reaches_people(connection, pages.services)
    values = {"note": note, "error": error, "email": email, "may_mail": may_mail}
    answer = pages.show(request, "account/sign-in.html", status=status, **values)
    if then is not None:
        _afterwards(answer, then)
    return answer


def _afterwards(answer: Response, task: BackgroundTask) -> None:
    """Do something once the answer is out, so that the time it takes tells nothing about the address."""
    answer.background = task
    answer.headers["Connection"] = "close"  # else the next request of the same browser would wait for it, and tell


@router.post("/sign-in")
def with_password(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    visitor: VisitorDep,
    email: Text = "",
    password: Text = "",
) -> Response:
    """Sign in by address and password."""
    try:
        opened = signing_in.by_password(services, email, password, visitor)
    except TooOftenError as error:
        return _form(request, pages, error=without_field(error), email=email, status=429)
    except UsageError as error:
        note = BackgroundTask(signing_in.note_refusal, services, email)
        return _form(request, pages, error=without_field(error), email=email, status=422, then=note)
    return _signed_in(pages, visitor, opened)


@router.post("/sign-in/link")
def mail_link(
    request: Request, pages: PagesDep, services: ServicesDep, visitor: VisitorDep, email: Text = ""
) -> Response:
    """Mail a one-time link; the answer is the same for every address, and is given before anything is looked up."""
    if "@" not in email:
        words = "Type your e-mail address first, then press the button again."
        return _form(request, pages, error=words, email=email, status=422)
    counted = (("link/place", visitor.place, KNOCKS), ("link/account", email, signing_in.LINKS))
    try:
        with services.store.write() as connection:
            signing_in.take_tries(connection, counted, services.clock())
    except TooOftenError:
        return _form(request, pages, error=MAILED_OFTEN, email=email, status=429)
    answer = pages.redirect("/sign-in?done=mailed")
    _afterwards(answer, BackgroundTask(admin_mails.mail_sign_in_link, services, email))
    return answer


@router.get("/sign-in/{token}")
def show_link(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Show the button; opening the link changes nothing."""
    with services.store.read() as connection:
        good = signing_in.link_is_good(connection, token, services.clock())
    return pages.show(request, "account/sign-in-link.html", status=200 if good else 404, good=good, token=token)


@router.post("/sign-in/{token}")
def with_link(request: Request, token: str, pages: PagesDep, services: ServicesDep, visitor: VisitorDep) -> Response:
    """Use the link up and sign in."""
    with services.store.write() as connection:
        opened = signing_in.by_link(connection, token, visitor, services.clock())
    if opened is None:
        return pages.show(request, "account/sign-in-link.html", status=404, good=False, token=token)
    return _signed_in(pages, visitor, opened)


@router.post("/sign-out")
def sign_out(request: Request, pages: PagesDep, services: ServicesDep) -> Response:
    """End the session."""
    secret = request.cookies.get(pages.cookie)
    if secret:
        with services.store.write() as connection:
            sessions.end(connection, signing_in.hash_of(secret))
    return drop_session(pages, pages.redirect("/sign-in?done=out"))


def _signed_in(pages: Pages, visitor: Visitor, opened: SignedIn) -> Response:
    """Lead on: to the code, for newcomers to the choice of a name and a password, for the others home."""
    newcomer = opened.admin.signed_in_at is None and opened.admin.password_hash is None
    answer = pages.redirect("/sign-in/code" if opened.needs_code else "/account/welcome" if newcomer else "/")
    keep_mark(pages, answer, signing_in.mark_for(pages.services, visitor, opened.admin))
    return keep_session(pages, answer, opened.secret)
