"""How often: the days before and after expiry on which a mail goes, and what another plan would change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.forecast import what_changes
from reminder.jobs.practice_edit import PracticeEdit, schedule_of
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.practice.changing import change, changeable
from reminder.web.practice.settings import LADDERS, chosen_plan

if TYPE_CHECKING:
    from reminder.jobs.forecast import Forecast
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

Difference = tuple[list["Forecast"], list["Forecast"]]
"""The mails that would come, and those that would go."""


@router.get("/settings/plan")
def plan(
    request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0, plan: str = "", ladder: str = ""
) -> Response:
    """Show the plan; with another one named, also which mails would come and go in the next 60 days."""
    found = viewer.practice(practice)
    if not plan:
        return _page(request, pages, viewer, found)
    try:
        difference = _difference(pages, found, _days(plan, ladder))
    except UsageError as error:
        return _page(request, pages, viewer, found, chosen=plan, ladder=ladder, error=str(error), status=422)
    return _page(request, pages, viewer, found, chosen=plan, ladder=ladder, difference=difference)


@router.post("/settings/{practice_id:int}/plan")
def set_plan(
    request: Request, practice_id: int, pages: PagesDep, viewer: ViewerDep, plan: Text = "", ladder: Text = ""
) -> Response:
    """Change how often."""
    practice = changeable(viewer, practice_id)

    def again(error: str, field: str) -> Response:  # noqa: ARG001 - as every form's
        return _page(request, pages, viewer, practice, chosen=plan, ladder=ladder, error=error, status=422)

    then = f"/settings?practice={practice.id}&done=plan"
    wanted = PracticeEdit(ladder=_days(plan, ladder))
    return change(pages, viewer, practice, wanted, then=then, field="ladder", again=again)


def _days(plan: str, own: str) -> str:
    return LADDERS[plan][1] if plan in LADDERS else own


def _difference(pages: Pages, practice: Practice, days: str) -> Difference:
    schedule = schedule_of(practice.schedule, zone=None, send_time=None, ladder=days)
    with pages.services.store.read() as connection:
        return what_changes(connection, pages.services.clock(), replace(practice, schedule=schedule))


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: Practice,
    *,
    chosen: str = "",
    ladder: str = "",
    difference: Difference | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    return pages.show(
        request,
        "practice/plan.html",
        status=status,
        practice=practice,
        plans={key: (word, [int(day) for day in days.split(",")]) for key, (word, days) in LADDERS.items()},
        chosen=chosen or chosen_plan(practice.schedule.ladder),
        ladder=ladder or ",".join(map(str, practice.schedule.ladder)),
        difference=difference,
        error=error,
        may_change=viewer.may_change(practice.id),
    )
