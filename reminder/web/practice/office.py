"""Names and answers, time zone and send time, who is told, reminders on or trial: the small decisions of a practice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs.practice_edit import PracticeEdit
from reminder.policy.coverage import COVERING_ROLES
from reminder.policy.escalation import ESCALATED_STEPS
from reminder.policy.model import AdminRole, Mode
from reminder.store import memberships
from reminder.web.hindrances import hindrances
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.practice.changing import change, changeable

if TYPE_CHECKING:
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

ZONES = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Puerto Rico",
    "Pacific/Guam": "Guam",
}
"""The time zones of practices in the United States, by the names that people use."""


@router.get("/settings/names")
def names(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0) -> Response:
    """Show what the practice is called, who sends, and where answers go."""
    return _show_names(request, pages, viewer, viewer.practice(practice))


def _show_names(
    request: Request, pages: Pages, viewer: Viewer, practice: Practice, *, status: int = 200, **told: str
) -> Response:
    typed = {"name": practice.name, "sender_name": practice.sender_name, "reply_to": practice.reply_to}
    return _show(request, pages, viewer, practice, "practice/names.html", status=status, typed=typed, told=told)


@router.post("/settings/{practice_id:int}/names")
def set_names(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    name: Text = "",
    sender_name: Text = "",
    reply_to: Text = "",
) -> Response:
    """Change the names, and where answers go."""
    practice = changeable(viewer, practice_id)
    typed = {"name": name, "sender_name": sender_name, "reply_to": reply_to}
    wanted = PracticeEdit(name=name, sender_name=sender_name, reply_to=reply_to)

    def again(error: str, field: str) -> Response:
        return _show_names(request, pages, viewer, practice, status=422, error=error, field=field, **typed)

    then = f"/settings?practice={practice.id}&done=names"
    return change(pages, viewer, practice, wanted, then=then, field="name", again=again)


@router.get("/settings/times")
def times(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0) -> Response:
    """Show in which zone and from when on mails go."""
    return _show_times(request, pages, viewer, viewer.practice(practice))


def _show_times(
    request: Request, pages: Pages, viewer: Viewer, practice: Practice, *, status: int = 200, **told: str
) -> Response:
    typed = {"zone": practice.schedule.zone, "send_time": practice.schedule.send_time.isoformat("minutes")}
    return _show(
        request, pages, viewer, practice, "practice/times.html", status=status, typed=typed, told=told, zones=ZONES
    )


@router.post("/settings/{practice_id:int}/times")
def set_times(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    zone: Text = "",
    other_zone: Text = "",
    send_time: Text = "",
) -> Response:
    """Change zone and send time."""
    practice = changeable(viewer, practice_id)
    typed = {"zone": zone or other_zone.strip(), "send_time": send_time}
    wanted = PracticeEdit(zone=typed["zone"], send_time=send_time)

    def again(error: str, field: str) -> Response:
        wrong = "send_time" if error.startswith("send time") else field
        return _show_times(request, pages, viewer, practice, status=422, error=error, field=wrong, **typed)

    then = f"/settings?practice={practice.id}&done=times"
    return change(pages, viewer, practice, wanted, then=then, field="zone", again=again)


@router.get("/settings/escalation")
def escalation(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0) -> Response:
    """Show who is told when somebody has not reset, and when."""
    return _show_escalation(request, pages, viewer, viewer.practice(practice))


def _show_escalation(
    request: Request, pages: Pages, viewer: Viewer, practice: Practice, *, status: int = 200, **told: str
) -> Response:
    typed = {"escalate_to": str(practice.escalate_to or "")}
    with pages.services.store.read() as connection:
        members = memberships.members(connection, practice.id)
    officials = [found.person for found in members if found.role in COVERING_ROLES]
    return _show(
        request,
        pages,
        viewer,
        practice,
        "practice/escalation.html",
        status=status,
        typed=typed,
        told=told,
        officials=officials,
        steps=sorted(ESCALATED_STEPS, reverse=True),
    )


@router.post("/settings/{practice_id:int}/escalation")
def set_escalation(
    request: Request, practice_id: int, pages: PagesDep, viewer: ViewerDep, escalate_to: Text = ""
) -> Response:
    """Choose the one AO or AM who is told beside the admins, or nobody."""
    practice = changeable(viewer, practice_id)

    def again(error: str, field: str) -> Response:
        return _show_escalation(request, pages, viewer, practice, status=422, error=error, field=field)

    then = f"/settings?practice={practice.id}&done=escalation"
    wanted = PracticeEdit(escalate_to=escalate_to)
    return change(pages, viewer, practice, wanted, then=then, field="escalate_to", again=again)


@router.get("/settings/mode")
def mode(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0) -> Response:
    """Show whether reminders are on, and what turning them on or off means."""
    return _show_mode(request, pages, viewer, viewer.practice(practice))


def _show_mode(
    request: Request, pages: Pages, viewer: Viewer, practice: Practice, *, status: int = 200, **told: str
) -> Response:
    with pages.services.store.read() as connection:
        members = memberships.count(connection, practice.id)
        hindered = hindrances(connection, pages) if practice.is_trial else []
    is_owner = viewer.roles[practice.id] is AdminRole.OWNER
    page, typed = "practice/mode.html", {"mode": str(practice.mode)}
    return _show(
        request,
        pages,
        viewer,
        practice,
        page,
        status=status,
        typed=typed,
        told=told,
        members=members,
        hindrances=hindered,
        is_owner=is_owner,
    )


@router.post("/settings/{practice_id:int}/mode")
def set_mode(request: Request, practice_id: int, pages: PagesDep, viewer: ViewerDep, mode: Text = "") -> Response:
    """Turn reminders on, or back to trial; owners only."""
    practice = changeable(viewer, practice_id, owner=True)

    def again(error: str, field: str) -> Response:
        return _show_mode(request, pages, viewer, practice, status=422, error=error, field=field)

    if mode == Mode.LIVE and practice.is_trial:
        with pages.services.store.read() as connection:
            hindered = hindrances(connection, pages)
        if hindered:
            return again(f"Reminders are not on. {hindered[0].words}", "mode")
    then = f"/settings?practice={practice.id}&done=mode"
    return change(pages, viewer, practice, PracticeEdit(mode=mode), then=then, field="mode", again=again)


def _show(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: Practice,
    template: str,
    *,
    typed: dict[str, str],
    told: dict[str, str],
    status: int,
    **values: Any,  # noqa: ANN401 - whatever the page shows
) -> Response:
    """Show a form with what stands in the practice, or with what was typed and could not be."""
    return pages.show(
        request,
        template,
        status=status,
        practice=practice,
        typed={**typed, **{name: text for name, text in told.items() if name in typed}},
        error=told.get("error", ""),
        field=told.get("field", ""),
        may_change=viewer.may_change(practice.id),
        **values,
    )
