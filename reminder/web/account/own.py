"""The admin's own account: name, address, where they are signed in, which practices they look after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import account
from reminder.jobs.signing_in import IDLE_LIFE
from reminder.store import factors, sessions
from reminder.web.account.visitors import drop_session
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ProvedDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

DONE = {
    "name": "Saved. Colleagues and first mails show this name.",
    "address": "A mail is on its way to the new address. The change counts once its link is pressed.",
    "ended": "That browser is signed out.",
    "others": "Every other browser is signed out.",
    "password": "Your password is saved. Every other browser is signed out.",
    "left": "You have left that practice.",
    "factor-off": "Signing in asks for no code any more.",
}


@router.get("/account")
def show(request: Request, pages: PagesDep, viewer: ViewerDep, done: str = "") -> Response:
    """Show the account."""
    return _page(request, pages, viewer, note=DONE.get(done, ""))


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    *,
    note: str = "",
    wrong: str = "",
    error: str = "",
    typed: str = "",
    status: int = 200,
) -> Response:
    """Show the account; `wrong`: the field of which `error` speaks, with what was typed there."""
    now = pages.services.clock()
    with pages.services.store.read() as connection:
        signed_in = sessions.of_admin(connection, viewer.admin.id, now, IDLE_LIFE)
        codes_left = factors.recovery_codes_left(connection, viewer.admin.id)
    return pages.show(
        request,
        "account/own.html",
        status=status,
        sessions=[found for found in signed_in if not found.needs_code],
        codes_left=codes_left,
        zone=viewer.zone,
        note=note,
        wrong=wrong,
        error=error,
        typed=typed,
    )


@router.post("/account/name")
def rename(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, name: Text = "") -> Response:
    """Take another name."""
    try:
        with services.store.write() as connection:
            account.rename(connection, viewer.admin, name, services.clock())
    except UsageError as error:
        return _page(request, pages, viewer, wrong="name", error=without_field(error), typed=name, status=422)
    return pages.redirect("/account?done=name")


@router.post("/account/address")
def change_address(
    request: Request, pages: PagesDep, services: ServicesDep, viewer: ProvedDep, email: Text = ""
) -> Response:
    """Ask the new address to confirm itself; until it does, the present one holds."""
    try:
        with services.store.write() as connection:
            account.ask_new_address(connection, services, viewer.admin, email)
    except UsageError as error:
        return _page(request, pages, viewer, wrong="email", error=without_field(error), typed=email, status=422)
    return pages.redirect("/account?done=address")


@router.get("/account/address/{token}")
def show_new_address(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Show the button; opening the link changes nothing."""
    with services.store.read() as connection:
        address = account.new_address(connection, token, services.clock())
    return pages.show(
        request, "account/address.html", status=200 if address else 404, address=address, token=token, is_done=False
    )


@router.post("/account/address/{token}")
def confirm_new_address(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Use the link up: from now on this is the admin's address."""
    with services.store.write() as connection:
        address = account.confirm_new_address(connection, token, services.clock())
    return pages.show(
        request, "account/address.html", status=200 if address else 404, address=address, token=token, is_done=True
    )


@router.post("/account/sessions/end")
def end_session(pages: PagesDep, services: ServicesDep, viewer: ViewerDep, session: Text = "") -> Response:
    """Sign one browser out."""
    with services.store.write() as connection:
        if sessions.end_marked(connection, viewer.admin.id, session):
            account.record(connection, viewer.admin.id, "account.session_ended", services.clock())
    return pages.redirect("/account?done=ended")


@router.post("/account/sessions/end-others")
def end_other_sessions(pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Sign out every browser but this one."""
    with services.store.write() as connection:
        sessions.end_all(connection, viewer.admin.id, but=viewer.session.token_hash if viewer.session else None)
        account.record(connection, viewer.admin.id, "account.sessions_ended", services.clock())
    return pages.redirect("/account?done=others")


@router.post("/account/sessions/end-all")
def end_every_session(pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Sign out everywhere, here as well."""
    with services.store.write() as connection:
        sessions.end_all(connection, viewer.admin.id)
        account.record(connection, viewer.admin.id, "account.sessions_ended", services.clock())
    return drop_session(pages, pages.redirect("/sign-in?done=everywhere"))
