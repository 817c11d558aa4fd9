"""Call sheets to print, one page for each person who reads no mail; nothing on them is recorded by printing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.jobs.confirm import UNKNOWN_CYCLE
from reminder.mail.links import is_local
from reminder.policy.expiry import last_safe_on
from reminder.policy.parts import Part
from reminder.store.listing import Key, Listing, Wanted
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reminder.jobs.services import Services
    from reminder.jobs.standing import Standing
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

MOST = 200
"""Sheets printed at once: whoever wants more prints the rest by status."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One person's page. `code`: the picture of their own link, where it may be shown and would work."""

    found: Standing
    practice: Practice
    last_safe_on: date | None
    code: Markup | None


@router.get("/people/{person_id:int}/call-sheet")
def of_one(request: Request, person_id: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show one person's call sheet."""
    with services.store.read() as connection:
        found = standing.of_person(connection, person_id, list(viewer.practices), services.clock())
    if found is None:
        raise HTTPException(404)
    return _page(request, pages, viewer, [found], back=f"/people/{person_id}")


@router.get("/people/call-sheet")
def of_several(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    status: Part = Part.ATTENTION,
    practice: int = 0,
) -> Response:
    """Show the call sheets of everybody with a status, the most urgent first; by default of who needs attention."""
    now = services.clock()
    here = {practice: viewer.practice(practice)} if practice else viewer.practices
    with services.store.read() as connection:
        one_each: dict[int, Key] = {}
        for line in Listing(connection, here, now).keys(Wanted(part=status)):
            one_each.setdefault(line.person_id, line)
        found = standing.of_members(connection, list(one_each.values())[:MOST], now)
    left_out = max(len(one_each) - MOST, 0)
    return _page(request, pages, viewer, found, back=f"/people?status={status}", left_out=left_out)


def _page(
    request: Request, pages: Pages, viewer: Viewer, people: list[Standing], *, back: str, left_out: int = 0
) -> Response:
    return pages.show(
        request,
        "people/call-sheet.html",
        sheets=list(_sheets(pages.services, viewer, people)),
        left_out=left_out,
        back=back,
    )


def _sheets(services: Services, viewer: Viewer, people: Iterable[Standing]) -> Iterable[Sheet]:
    for found in people:
        person = found.person
        yield Sheet(
            found=found,
            practice=viewer.practices[found.practice_id],
            last_safe_on=last_safe_on(person.expires_on) if person.expires_on else None,
            code=_code(services, viewer, found),
        )


def _code(services: Services, viewer: Viewer, found: Standing) -> Markup | None:
    """Return the person's own link as a picture, or None.

    Whoever holds the sheet can confirm in the person's name, as with their mail. So it is shown only to admins of the
    person's home who may record a reset anyway, is bound to the address and the cycle, and is told apart in the
    records. In trial no link works, and no phone reaches an address of this machine alone.
    """
    person = found.person
    home = viewer.practices.get(person.home_id or 0)
    if home is None or home.is_trial or not viewer.may_change(home.id):
        return None
    if is_local(services.links.base):
        return None
    import segno  # noqa: PLC0415, RUF100 - only sheets need it

    cycle = person.expires_on.isoformat() if person.expires_on else UNKNOWN_CYCLE
    picture = segno.make(services.links.call_sheet(person.id, cycle, person.email), error="m", micro=False)
    title = f"Code with the link of {person.name}"
    return Markup(picture.svg_inline(omitsize=True, light="#ffffff", svgclass="code", title=title))  # noqa: S704 - made by us
