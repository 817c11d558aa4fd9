"""Somebody left a practice: what follows, what an AO or AM is to remove in I&A, and the way back for 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import staff, standing
from reminder.policy.coverage import COVERING_ROLES
from reminder.store import people
from reminder.web.pages import Pages, PagesDep, ServicesDep, Viewer, ViewerDep
from reminder.web.people.acting import acting
from reminder.web.people.person import Part, parts_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

router = APIRouter()

Number = Annotated[int, Form()]


@router.get("/people/{person_id:int}/leaving")
def leaving(request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep, practice: int = 0) -> Response:
    """Show what happens when the person leaves a practice, or what is left to do after they did."""
    return _page(request, pages, viewer, person_id, practice)


@router.post("/people/{person_id:int}/remove")
def remove(
    person_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    practice: Number = 0,
) -> Response:
    """Take the person out of a practice; their history stays."""
    with services.store.write() as connection:
        this = acting(connection, viewer, person_id, services.clock())
        where = this.within(practice) if practice else this.practice
        staff.remove(connection, this.person, where, actor=this.actor, now=this.now)
    return pages.redirect(f"/people/{person_id}/leaving?practice={where.id}")


@router.post("/people/{person_id:int}/return")
def take_back(
    request: Request,
    person_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    practice: Number = 0,
) -> Response:
    """Take a leaving back: the same role, and the cycle goes on."""
    now = services.clock()
    try:
        with services.store.write() as connection:
            part = _part(connection, viewer, person_id, practice, now)
            person = people.get(connection, person_id)
            if person is None or not part.may_change:
                raise HTTPException(403, "look only")
            staff.take_back(connection, person, part.practice, actor=f"admin:{viewer.admin.id}", now=now)
    except UsageError as error:
        return _page(request, pages, viewer, person_id, practice, error=str(error), status=422)
    return pages.redirect(f"/people/{person_id}?done=returned")


def _part(connection: Connection, viewer: Viewer, person_id: int, practice_id: int, now: datetime) -> Part:
    """Return the person's part, present or past, in the practice asked for, or in the first of the viewer's."""
    parts = parts_of(connection, viewer, person_id, now)
    found = next((part for part in parts if practice_id in {0, part.practice.id}), None)
    if found is None:
        raise HTTPException(404)
    return found


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    person_id: int,
    practice_id: int,
    *,
    error: str = "",
    status: int = 200,
) -> Response:
    now = pages.services.clock()
    with pages.services.store.read() as connection:
        part = _part(connection, viewer, person_id, practice_id, now)
        officials = standing.officials(connection, [part.practice.id], now)[part.practice.id]
    others = [found for found in officials if found.person.id != person_id]
    working = standing.coverage(others, standing.today_of(part.practice, now)).working
    return pages.show(
        request,
        "people/leaving.html",
        status=status,
        part=part,
        person=part.member.person,
        has_left=part.member.left_at is not None,
        covers=part.member.role in COVERING_ROLES,
        others=len(others),
        working=len(working),
        days_to_return=staff.TAKE_BACK.days,
        error=error,
    )
