"""The second factor of the admin's own account: turn it on with an app, new recovery codes, turn it off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import second_factor
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ProvedDep, ServicesDep

if TYPE_CHECKING:
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/account/second-factor")
def show(request: Request, pages: PagesDep, viewer: ProvedDep) -> Response:
    """Show a new key to take over into an app; or, if codes are asked for already, what can be done about them."""
    if viewer.admin.has_factor:
        return pages.show(request, "account/factor-on.html", codes=())
    sealed = second_factor.sealed(pages.services, viewer.admin, second_factor.new_key())
    return _offer(request, pages, viewer, sealed)


def _offer(
    request: Request, pages: Pages, viewer: Viewer, sealed: str, *, error: str = "", status: int = 200
) -> Response:
    """Show the key that is sealed in the form: it becomes the admin's only once a code has proved it."""
    key = second_factor.opened(pages.services, viewer.admin, sealed)
    values = {
        "sealed": sealed,
        "key": " ".join(key[start : start + 4] for start in range(0, len(key), 4)),
        "qr_code": _qr_code(second_factor.app_address(key, viewer.admin.email)),
        "error": error,
    }
    return pages.show(request, "account/factor-off.html", status=status, **values)


def _qr_code(text: str) -> Markup:
    """Return a QR code as an SVG: dark on white in any colour scheme, since cameras want it so."""
    import segno

    drawn = segno.make(text, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 - drawn by the library: paths, nothing of the text


@router.post("/account/second-factor/on")
def turn_on(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ProvedDep,
    sealed: Text = "",
    code: Text = "",
) -> Response:
    """Ask for codes from now on, and show the recovery codes this once."""
    if viewer.admin.has_factor:
        return pages.redirect("/account/second-factor")
    try:
        codes = second_factor.turn_on(services, viewer.admin, sealed, code, keep=viewer.session)
    except second_factor.UnreadableKeyError:
        return pages.redirect("/account/second-factor")
    except UsageError as error:
        return _offer(request, pages, viewer, sealed, error=without_field(error), status=422)
    return pages.show(request, "account/factor-on.html", codes=codes)


@router.post("/account/second-factor/codes")
def replace_codes(request: Request, pages: PagesDep, services: ServicesDep, viewer: ProvedDep) -> Response:
    """Make new recovery codes, and show them this once."""
    if not viewer.admin.has_factor:
        return pages.redirect("/account/second-factor")
    with services.store.write() as connection:
        codes = second_factor.replace_recovery_codes(connection, viewer.admin, services.clock())
    return pages.show(request, "account/factor-on.html", codes=codes)


@router.post("/account/second-factor/off")
def turn_off(pages: PagesDep, services: ServicesDep, viewer: ProvedDep) -> Response:
    """Ask for no code any more."""
    if viewer.admin.has_factor:
        actor, now = f"admin:{viewer.admin.id}", services.clock()
        with services.store.write() as connection:
            second_factor.turn_off(connection, viewer.admin, actor=actor, now=now, keep=viewer.session)
    return pages.redirect("/account?done=factor-off")
