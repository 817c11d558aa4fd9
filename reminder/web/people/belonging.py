"""In which practices a person is, with which role, and which of them is their home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import staff
from reminder.roster import fields
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.people.acting import perform

if TYPE_CHECKING:
    from reminder.web.people.acting import Acting

router = APIRouter()

Text = Annotated[str, Form()]
Number = Annotated[int, Form()]


@router.post("/people/{person_id:int}/role")
def change_role(
    request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep, practice: Number = 0, role: Text = ""
) -> Response:
    """Give the person another role in one practice."""

    def act(this: Acting) -> str:
        where = this.within(practice)
        staff.change_role(this.connection, this.person, where, fields.role(role), actor=this.actor, now=this.now)
        return "role"

    typed = {"practice": str(practice), "role": role}
    return perform(request, pages, viewer, person_id, act, form="roles", at="roles", typed=typed)


@router.post("/people/{person_id:int}/join")
def join(
    request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep, practice: Number = 0, role: Text = ""
) -> Response:
    """Register the person in another of the viewer's practices."""

    def act(this: Acting) -> str:
        where = viewer.practice(practice)
        if not viewer.may_change(where.id):
            raise HTTPException(403, "look only")
        staff.join(
            this.connection,
            this.person,
            where,
            fields.role(role),
            by=viewer.admin.name,
            actor=this.actor,
            now=this.now,
        )
        return "join"

    typed = {"joined": str(practice), "role": role}
    return perform(request, pages, viewer, person_id, act, form="roles", at="joined", typed=typed)


@router.post("/people/{person_id:int}/home")
def choose_home(request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep, practice: Number = 0) -> Response:
    """Make another practice the person's home; only who looks after the present one may give it away."""

    def act(this: Acting) -> str:
        where = this.within(practice)
        if this.practice.id != this.person.home_id:
            message = f"{this.person.name}: only the practice that is the person's home may give it to another"
            raise UsageError(message)
        staff.move_home(this.connection, this.person, where, actor=this.actor, now=this.now)
        return "home"

    return perform(request, pages, viewer, person_id, act, form="roles", at="home")
