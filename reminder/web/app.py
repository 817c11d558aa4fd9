"""Puts the pages together."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from reminder.condition import Lookout
from reminder.errors import UnreachableError
from reminder.resources import resource_dir
from reminder.settings import Settings
from reminder.web import diagnostics, history, home
from reminder.web.account import code, own, password, practices, proving, second_factor, signing_in, team
from reminder.web.alerts import alerts
from reminder.web.pages import Pages
from reminder.web.people import (
    acting,
    asking,
    belonging,
    bulk,
    call_sheet,
    evidence,
    exporting,
    leaving,
    person,
    sending,
    table,
)
from reminder.web.people import adding as people_adding
from reminder.web.people import undoing as people_undoing
from reminder.web.practice import closures, office, plan, previews, settings, wording
from reminder.web.public import calendar, confirming, health, help_page
from reminder.web.rosters import adding, checking, columns, past
from reminder.web.rosters.drafts import DraftGoneError
from reminder.web.security import SecurityMiddleware
from reminder.web.sending import foretold, mails, messages, resending, schedule, skipping
from reminder.web.setup import mail, mail_trying, opening, start
from reminder.web.setup import people as setup_people

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from reminder.jobs.services import Services

log = logging.getLogger(__name__)

PAGES = (
    *(health, help_page, confirming, calendar),
    *(code, signing_in, proving, own, password, second_factor, team, practices),
    home,
    *(table, people_adding, bulk, asking, people_undoing, exporting),
    *(person, acting, belonging, leaving),
    *(sending, call_sheet, evidence),
    *(adding, columns, checking, past),
    *(schedule, foretold, skipping, messages, resending, mails),
    *(history, diagnostics),
    *(settings, office, plan, closures, previews, wording),
    *(mail, mail_trying, opening, setup_people, start),
)
"""Every module that answers requests."""

ROUTES = [route for module in PAGES for route in module.router.routes]
"""As they stand: the library's `include_router` would read each signature anew while the first page waits for it."""

MESSAGES = {
    403: "Your role does not reach that far. Ask an owner of your practice to do it, or to change your role.",
    404: "There is no such page, or it is not yours to see.",
    405: "This page cannot be used that way.",
    413: "That is more than this page takes.",
    422: "Something in the address or the form is not as expected.",
    503: "The database does not answer just now, so this page cannot be shown. Please try again in a minute. If you "
    "changed something, look first whether it was taken.",
}
"""What people read instead of a number."""


def create_app(
    services: Services,
    settings: Settings | None = None,
    *,
    signed_in_as: int | None = None,
    lookout: Lookout | None = None,
) -> FastAPI:
    """Return the web application.

    `settings`: those the server was started with, without which nothing counts as set by it; `signed_in_as`: the
    admin whom the demo signs in by itself; `lookout`: the one of this process, if it has one already.
    """
    app = FastAPI(title="reminder", docs_url=None, redoc_url=None, openapi_url=None, routes=ROUTES)
    settings = settings or Settings()
    pages = Pages(lookout or Lookout(services, settings), signed_in_as=signed_in_as)
    app.state.services, app.state.pages, app.state.settings = services, pages, settings
    app.mount("/static", StaticFiles(directory=resource_dir("templates") / "web" / "static"), name="static")
    app.add_middleware(SecurityMiddleware, public_url=lambda: services.links.base)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        if error.status_code == 303 and error.headers:  # noqa: PLR2004, RUF100 - elsewhere
            return pages.redirect(error.headers["Location"])
        return _plain_words(pages, request, error.status_code)

    @app.exception_handler(DraftGoneError)
    def gone(request: Request, error: DraftGoneError) -> Response:  # noqa: ARG001 - FastAPI's signature
        return pages.show(request, "rosters/gone.html", status=404)

    @app.exception_handler(RequestValidationError)
    def misread(request: Request, error: Any) -> Response:  # noqa: ANN401, ARG001 - FastAPI's signature
        return _plain_words(pages, request, 422)

    @app.exception_handler(UnreachableError)
    def unreachable(request: Request, error: UnreachableError) -> Response:
        log.error("a page could not be shown: %s", error, extra={"action": "page.failed"})
        request.state.alerts = alerts(replace(trouble, detail="") for trouble in pages.lookout.look())
        return _plain_words(pages, request, 503)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:  # noqa: ARG001 - FastAPI's signature
        return _plain_words(pages, request, 500)

    return app


def _plain_words(pages: Pages, request: Request, status: int) -> Response:
    words = MESSAGES.get(status, "Something went wrong on our side. It was written to the log; please try again.")
    return pages.show(request, "message.html", status=status, title="Sorry", words=words)
