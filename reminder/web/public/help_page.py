"""Pages that anybody may read: help, and whether a mail is real."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder import facts
from reminder.web.pages import PagesDep, ServicesDep

router = APIRouter()


@router.get("/help")
def show_help(request: Request, pages: PagesDep, services: ServicesDep) -> Response:
    """Say whom to call, and what to do if one cannot sign in."""
    return pages.show(request, "public/help.html", desk=facts.help_desk_state(services.clock()))


@router.get("/is-this-mail-real")
def is_this_mail_real(request: Request, pages: PagesDep, services: ServicesDep) -> Response:
    """Say how to tell our mails from a phish."""
    return pages.show(
        request, "public/is-this-mail-real.html", sender=services.sender_address, public_url=services.links.base
    )
