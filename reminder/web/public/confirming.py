"""The person's page behind the link in a mail. Opening it changes nothing; only its buttons do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import confirm
from reminder.policy.expiry import last_safe_on
from reminder.web.forms import chosen_day, days_left_typed, without_field
from reminder.web.pages import PagesDep, ServicesDep

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.confirm import Visit
    from reminder.jobs.services import Services
    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/r/{token}")
def show(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Show what the link is good for now; change nothing."""
    with services.store.read() as connection:
        seen = _visit(connection, services, token)
        return _page(request, pages, services, seen)


@router.post("/r/{token}")
def save(
    request: Request,
    token: str,
    pages: PagesDep,
    services: ServicesDep,
    when: Text = "",
    date: Text = "",
    days_left: Text = "",
) -> Response:
    """Record the reset that the person names; twice the same is once."""
    with services.store.write() as connection:
        seen = _visit(connection, services, token)
        if seen is None or seen.standing is not confirm.Standing.OPEN:
            return _page(request, pages, services, seen)
        try:
            recorded = _record(connection, seen, (when, date, days_left), services)
        except UsageError as error:
            entered = {"when": when, "date": date, "days_left": days_left}
            return _page(request, pages, services, seen, status=422, error=without_field(error), entered=entered)
        if recorded is None:
            return _page(request, pages, services, seen, note="That is the date we have already. Thank you.")
    return pages.redirect(f"/r/{token}")


@router.post("/r/{token}/undo")
def undo(
    request: Request, token: str, pages: PagesDep, services: ServicesDep, why: Text = "", reset: Text = ""
) -> Response:
    """Take the confirmation back; `why=not_me` tells the admins."""
    now = services.clock()
    with services.store.write() as connection:
        seen = _visit(connection, services, token)
        if seen is None:
            return _page(request, pages, services, None)
        wanted = seen.reset.id if seen.reset else 0
        if not reset.isdecimal() or int(reset) != wanted or not confirm.is_own(seen, now):
            return _page(request, pages, services, seen)
        confirm.take_back(connection, seen, wanted, now, disputed=why == "not_me")
    return pages.redirect(f"/r/{token}")


@router.post("/r/{token}/not-needed")
def not_needed(request: Request, token: str, pages: PagesDep, services: ServicesDep) -> Response:
    """Tell the admins that the person no longer needs the account."""
    with services.store.write() as connection:
        seen = _visit(connection, services, token)
        if seen is not None:
            confirm.not_needed(connection, seen, services.clock())
        told = "Thank you. Your practice's admins will hear of it. Until they act, the reminders go on."
        return _page(request, pages, services, seen, note=told)


def _visit(connection: Connection, services: Services, token: str) -> Visit | None:
    return confirm.visit(connection, services.links.read(token), services.clock())


def _record(connection: Connection, seen: Visit, entered: tuple[str, str, str], services: Services) -> int | None:
    """Record what was chosen; raise UsageError for a choice that cannot be."""
    when, named, left = entered
    now = services.clock()
    if when == "days_left":
        return confirm.confirm_days_left(connection, seen, days_left_typed(left), now)
    return confirm.confirm_date(connection, seen, chosen_day(when, named, seen.today), now)


def _page(
    request: Request,
    pages: Pages,
    services: Services,
    seen: Visit | None,
    *,
    status: int = 200,
    error: str = "",
    note: str = "",
    entered: dict[str, str] | None = None,
) -> Response:
    """Show the page as it stands for this visitor; a link that is not ours tells nothing about anybody."""
    if seen is None:
        return pages.show(request, "public/link-unknown.html", status=404)
    person = seen.person
    address = person.address or person.email
    return pages.show(
        request,
        "public/confirm.html",
        status=status,
        seen=seen,
        action=f"/r/{request.path_params['token']}",
        last_safe_on=last_safe_on(person.expires_on) if person.expires_on else None,
        may_undo=confirm.is_own(seen, services.clock()),
        calendar=services.links.calendar(person.id, address),
        error=error,
        note=note,
        entered=entered or {"when": "", "date": "", "days_left": ""},
    )
