"""Open another practice: whoever owns one may look after several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.practices import open_practice
from reminder.policy.model import AdminRole, Schedule
from reminder.policy.moments import zone_named
from reminder.roster.fields import plain_text
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.practice.office import ZONES

if TYPE_CHECKING:
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/settings/practices/add")
def form(request: Request, pages: PagesDep, viewer: ViewerDep) -> Response:
    """Show the form."""
    _require_owner(viewer)
    return _form(request, pages, name="", zone=viewer.zone)


def _require_owner(viewer: Viewer) -> None:
    if AdminRole.OWNER not in viewer.roles.values():
        raise HTTPException(403, "owners only")


def _form(
    request: Request, pages: Pages, *, name: str, zone: str, error: str = "", wrong: str = "", status: int = 200
) -> Response:
    zones = ZONES if zone in ZONES else {**ZONES, zone: zone}
    values = {"name": name, "zone": zone, "zones": zones, "error": error, "wrong": wrong}
    return pages.show(request, "account/add-practice.html", status=status, **values)


@router.post("/settings/practices/add")
def add(
    request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, name: Text = "", zone: Text = ""
) -> Response:
    """Open a practice in trial; who adds it owns it."""
    _require_owner(viewer)
    wrong = "zone"
    try:
        schedule = Schedule(zone=zone_named(zone).key)
        wrong = "name"
        shown = plain_text(name, "practice")
        with services.store.write() as connection:
            practice_id = open_practice(
                connection,
                name=shown,
                schedule=schedule,
                owner=viewer.admin.email,
                actor=f"admin:{viewer.admin.id}",
                now=services.clock(),
            )
    except UsageError as error:
        return _form(request, pages, name=name, zone=viewer.zone, error=without_field(error), wrong=wrong, status=422)
    return pages.redirect(f"/settings?practice={practice_id}")
