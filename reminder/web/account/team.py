"""Who looks after a practice: owners invite, choose roles and remove; anybody may leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import admin_mails, team
from reminder.policy.model import AdminRole
from reminder.store import admins
from reminder.web.forms import without_field
from reminder.web.pages import PagesDep, ProvedDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]
Number = Annotated[int, Form()]

ROLES = {
    AdminRole.OWNER: "Owner: everything, and who else may",
    AdminRole.EDITOR: "Editor: people, dates and settings",
    AdminRole.VIEWER: "Viewer: may look, not change",
}
"""Each role with what it may do."""

DONE = {
    "invited": "The invitation is on its way. Its link works for a day.",
    "role": "Saved. The new role holds at once.",
    "removed": "Removed. That person no longer sees this practice.",
    "factor": "The code is turned off for that person, and they are told by mail.",
}


@router.get("/settings/team")
def first_team(pages: PagesDep, viewer: ViewerDep) -> Response:
    """Lead to the team of the viewer's first practice."""
    return pages.redirect(f"/settings/team/{viewer.practice().id}")


@router.get("/settings/team/{practice_id:int}")
def show(request: Request, practice_id: int, pages: PagesDep, viewer: ViewerDep, done: str = "") -> Response:
    """Show who looks after a practice."""
    return _page(request, pages, viewer, viewer.practice(practice_id), note=DONE.get(done, ""))


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: Practice,
    *,
    note: str = "",
    error: str = "",
    wrong: str = "",
    typed: str = "",
    status: int = 200,
) -> Response:
    with pages.services.store.read() as connection:
        members = admins.of_practices(connection, [practice.id]).get(practice.id, [])
        may_mail = admin_mails.mail_reaches_people(connection, pages.services)
    return pages.show(
        request,
        "account/team.html",
        status=status,
        practice=practice,
        members=members,
        roles=ROLES,
        is_owner=viewer.roles[practice.id] is AdminRole.OWNER,
        is_last_owner=[part.admin_id for part in members if part.role is AdminRole.OWNER] == [viewer.admin.id],
        may_mail=may_mail,
        note=note,
        error=error,
        wrong=wrong,
        typed=typed,
    )


def _act(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice_id: int,
    done: str,
    act: Callable[[Connection, Practice], object],
    *,
    wrong: str = "",
    typed: str = "",
) -> Response:
    """Let an owner do something in one transaction, and show the team again; or say why it cannot be done."""
    practice = viewer.practice(practice_id)
    if viewer.roles[practice.id] is not AdminRole.OWNER:
        raise HTTPException(403, "owners only")
    try:
        with pages.services.store.write() as connection:
            act(connection, practice)
    except UsageError as error:
        words = {"error": without_field(error), "wrong": wrong, "typed": typed}
        return _page(request, pages, viewer, practice, status=422, **words)
    return pages.redirect(f"/settings/team/{practice.id}?done={done}")


@router.post("/settings/team/{practice_id:int}/invite")
def invite(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ProvedDep,
    email: Text = "",
    role: Text = "",
) -> Response:
    """Invite somebody by their address."""

    def act(connection: Connection, practice: Practice) -> None:
        team.invite(connection, services, practice, email, role, by=viewer.admin)

    return _act(request, pages, viewer, practice_id, "invited", act, wrong="email", typed=email)


@router.post("/settings/team/{practice_id:int}/invite-again")
def invite_again(
    request: Request, practice_id: int, pages: PagesDep, services: ServicesDep, viewer: ProvedDep, admin: Number = 0
) -> Response:
    """Send an invitation again; the link before works no more."""

    def act(connection: Connection, practice: Practice) -> None:
        team.invite_again(connection, services, practice, admin, by=viewer.admin)

    return _act(request, pages, viewer, practice_id, "invited", act)


@router.post("/settings/team/{practice_id:int}/role")
def change_role(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ProvedDep,
    admin: Number = 0,
    role: Text = "",
) -> Response:
    """Give somebody another role."""

    def act(connection: Connection, practice: Practice) -> None:
        team.change_role(connection, practice, admin, role, actor=f"admin:{viewer.admin.id}", services=services)

    return _act(request, pages, viewer, practice_id, "role", act)


@router.post("/settings/team/{practice_id:int}/remove")
def remove(
    request: Request, practice_id: int, pages: PagesDep, services: ServicesDep, viewer: ProvedDep, admin: Number = 0
) -> Response:
    """Take somebody's role away."""

    def act(connection: Connection, practice: Practice) -> None:
        team.remove(connection, practice, admin, actor=f"admin:{viewer.admin.id}", services=services)

    return _act(request, pages, viewer, practice_id, "removed", act)


@router.post("/settings/team/{practice_id:int}/reset-factor")
def reset_factor(
    request: Request, practice_id: int, pages: PagesDep, services: ServicesDep, viewer: ProvedDep, admin: Number = 0
) -> Response:
    """Let a colleague in who lost their second factor."""

    def act(connection: Connection, practice: Practice) -> None:
        team.reset_factor(connection, practice, admin, actor=f"admin:{viewer.admin.id}", services=services)

    return _act(request, pages, viewer, practice_id, "factor", act)


@router.post("/settings/team/{practice_id:int}/leave")
def leave(request: Request, practice_id: int, pages: PagesDep, services: ServicesDep, viewer: ProvedDep) -> Response:
    """Give one's own role up; the last owner cannot."""
    practice = viewer.practice(practice_id)
    try:
        with services.store.write() as connection:
            team.remove(connection, practice, viewer.admin.id, actor=f"admin:{viewer.admin.id}", services=services)
    except UsageError as error:
        return _page(request, pages, viewer, practice, error=without_field(error), status=422)
    return pages.redirect("/account?done=left" if len(viewer.practices) > 1 else "/sign-in?done=left")
