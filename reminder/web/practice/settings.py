"""A practice's settings: turn reminders on, how often, when closed, who sends, who hears of what."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.jobs.forecast import forecast
from reminder.jobs.practice_edit import PracticeEdit, edit_practice, schedule_of
from reminder.policy.coverage import COVERING_ROLES
from reminder.policy.model import DEFAULT_LADDER, AdminRole
from reminder.store import admins
from reminder.web.forms import typed_day
from reminder.web.pages import MAY_CHANGE, PagesDep, ViewerDep

if TYPE_CHECKING:
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

LADDERS = {
    "gentle": ("Gentle", "14,3,0"),
    "standard": ("Standard", "14,7,3,1,0"),
    "strict": ("Strict", "30,21,14,10,7,5,3,2,1,0"),
}
"""Plans to choose from, by name: what they are called, and their days before expiry."""

DONE = {
    "mode": "Saved. Who gets the mails has changed.",
    "schedule": "Saved. The next 60 days follow the new plan.",
    "calendar": "Saved. The mails of that day have moved.",
    "sender": "Saved.",
}


@router.get("/settings")
def settings(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0, done: str = "") -> Response:
    """Show the settings of one practice."""
    return _page(request, pages, viewer, _practice(viewer, practice), note=DONE.get(done, ""))


def _practice(viewer: Viewer, wanted: int) -> Practice:
    """Return the practice asked for, else the first; one that is not the viewer's does not exist."""
    if wanted and wanted not in viewer.practices:
        raise HTTPException(404)
    if not viewer.practices:
        raise HTTPException(404)
    return viewer.practices[wanted] if wanted else next(iter(viewer.practices.values()))


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: Practice,
    *,
    note: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    with pages.services.store.read() as connection:
        members = standing.of_practice(connection, practice.id, pages.services.clock())
        team = admins.of_practices(connection, [practice.id]).get(practice.id, [])
    role = viewer.roles[practice.id]
    before = ",".join(str(step) for step in practice.schedule.ladder if step >= 0)
    after = tuple(step for step in practice.schedule.ladder if step < 0)
    plan = next((key for key, (_, days) in LADDERS.items() if days == before and after == DEFAULT_LADDER[5:]), "own")
    return pages.show(
        request,
        "practice/settings.html",
        status=status,
        practice=practice,
        ladders=LADDERS,
        plan=plan,
        ladder=",".join(map(str, practice.schedule.ladder)),
        officials=[found.person for found in members if found.role in COVERING_ROLES],
        people=len(members),
        team=team,
        may_change=role in MAY_CHANGE,
        is_owner=role is AdminRole.OWNER,
        note=note,
        error=error,
    )


def _save(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice_id: int,
    wanted: PracticeEdit,
    done: str,
    *,
    owner: bool = False,
) -> Response:
    """Apply a change in one transaction, or say why it cannot be."""
    practice = _practice(viewer, practice_id)
    role = viewer.roles[practice.id]
    if role not in MAY_CHANGE or (owner and role is not AdminRole.OWNER):
        raise HTTPException(403, "look only")
    try:
        with pages.services.store.write() as connection:
            actor, now = f"admin:{viewer.admin.id}", pages.services.clock()
            edit_practice(connection, practice, wanted, actor=actor, now=now)
    except UsageError as error:
        return _page(request, pages, viewer, practice, error=str(error), status=422)
    return pages.redirect(f"/settings?practice={practice.id}&done={done}")


@router.post("/settings/{practice_id}/mode")
def set_mode(request: Request, practice_id: int, pages: PagesDep, viewer: ViewerDep, mode: Text = "") -> Response:
    """Turn reminders on, or back to trial; owners only."""
    return _save(request, pages, viewer, practice_id, PracticeEdit(mode=mode), "mode", owner=True)


@router.post("/settings/{practice_id}/schedule")
def set_schedule(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    plan: Text = "",
    ladder: Text = "",
    zone: Text = "",
    send_time: Text = "",
) -> Response:
    """Change how often, when and in which zone."""
    wanted = PracticeEdit(ladder=_days(plan, ladder), zone=zone, send_time=send_time)
    return _save(request, pages, viewer, practice_id, wanted, "schedule")


@router.get("/settings/{practice_id}/what-if")
def what_if(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    plan: str = "",
    ladder: str = "",
    zone: str = "",
    send_time: str = "",
) -> Response:
    """Say what another plan would add and take away in the next 60 days; nothing is saved."""
    practice = _practice(viewer, practice_id)
    try:
        schedule = schedule_of(practice.schedule, zone=zone, send_time=send_time, ladder=_days(plan, ladder))
    except UsageError as error:
        return _page(request, pages, viewer, practice, error=str(error), status=422)
    now = pages.services.clock()
    with pages.services.store.read() as connection:
        present, other = (
            Counter(
                (mail.at.date(), mail.to, mail.kind)
                for mail in forecast(connection, now, days=60, practice_ids=[practice.id], instead=one)
            )
            for one in (practice, replace(practice, schedule=schedule))
        )
    more, fewer = (other - present).total(), (present - other).total()
    note = f"This plan: +{more} / -{fewer} mails in the next 60 days. Nothing is saved yet."
    return _page(request, pages, viewer, replace(practice, schedule=schedule), note=note)


def _days(plan: str, own: str) -> str:
    return LADDERS[plan][1] if plan in LADDERS else own


@router.post("/settings/{practice_id}/calendar")
def set_calendar(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    close: Text = "",
    reopen: Text = "",
) -> Response:
    """Add or take back a day on which the practice is closed."""
    practice = _practice(viewer, practice_id)
    try:
        day = typed_day(reopen or close, "Choose the day on which you are closed.")
    except UsageError as error:
        return _page(request, pages, viewer, practice, error=str(error), status=422)
    wanted = PracticeEdit(reopen=(day,)) if reopen else PracticeEdit(close=(day,))
    return _save(request, pages, viewer, practice_id, wanted, "calendar")


@router.post("/settings/{practice_id}/sender")
def set_sender(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    name: Text = "",
    sender_name: Text = "",
    reply_to: Text = "",
    escalate_to: Text = "",
) -> Response:
    """Change the names, where answers go, and who else hears of escalations."""
    wanted = PracticeEdit(name=name, sender_name=sender_name, reply_to=reply_to, escalate_to=escalate_to)
    return _save(request, pages, viewer, practice_id, wanted, "sender")
