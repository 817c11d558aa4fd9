"""What owners and editors do to one person: record or undo a reset, note an absence, change, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import confirm, staff
from reminder.policy.model import Absence
from reminder.policy.moments import local_date
from reminder.roster import fields
from reminder.store import memberships, people
from reminder.web.forms import chosen_day, days_left_typed, typed_day
from reminder.web.pages import MAY_CHANGE, PagesDep, ServicesDep, Viewer, ViewerDep
from reminder.web.people.person import show_person

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]

Act = Callable[["Connection", "Person", "Practice", str], None]


def acting_practice(viewer: Viewer, connection: Connection, person_id: int) -> tuple[Person, Practice]:
    """Return a person and the viewer's practice that acts on them: their home if it is the viewer's, else another one.

    Somebody of other practices does not exist; a viewer may look, not act.
    """
    roles = memberships.roles_of(connection, person_id)
    mine = [key for key in roles if key in viewer.practices]
    person = people.get(connection, person_id)
    if person is None or not mine:
        raise HTTPException(404)
    allowed = [key for key in mine if viewer.roles[key] in MAY_CHANGE]
    if not allowed:
        raise HTTPException(403, "look only")
    key = person.home_id if person.home_id in allowed else allowed[0]
    return person, viewer.practices[key]


def _act(
    request: Request, pages: Pages, viewer: Viewer, person_id: int, done: str, act: Act, then: str = ""
) -> Response:
    """Do something to a person in one transaction, and show them again; or say why it cannot be done."""
    try:
        with pages.services.store.write() as connection:
            person, practice = acting_practice(viewer, connection, person_id)
            act(connection, person, practice, f"admin:{viewer.admin.id}")
    except UsageError as error:
        return show_person(request, pages, viewer, person_id, error=str(error), status=422)
    return pages.redirect(then or f"/people/{person_id}?done={done}")


@router.post("/people/{person_id:int}/reset")
def record_reset(
    request: Request,
    person_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    when: Text = "",
    date: Text = "",
    days_left: Text = "",
) -> Response:
    """Record a reset that the person told by word of mouth."""
    now = services.clock()

    def act(connection: Connection, person: Person, practice: Practice, actor: str) -> None:
        today = local_date(now, memberships.home_zone(connection, person.id))
        named: dict[str, Any] = (
            {"left": days_left_typed(days_left)} if when == "days_left" else {"reset_on": chosen_day(when, date, today)}
        )
        confirm.record_by_admin(connection, person, actor=actor, now=now, practice_id=practice.id, **named)

    return _act(request, pages, viewer, person_id, "reset", act)


@router.post("/people/{person_id:int}/undo")
def undo_reset(request: Request, person_id: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Take the last reset back."""

    def act(connection: Connection, person: Person, practice: Practice, actor: str) -> None:
        confirm.undo_by_admin(connection, person, actor=actor, now=services.clock(), practice_id=practice.id)

    return _act(request, pages, viewer, person_id, "undo", act)


@router.post("/people/{person_id:int}/pause")
def pause(
    request: Request,
    person_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    from_on: Text = "",
    to_on: Text = "",
) -> Response:
    """Note that the person is away; without a last day, until further notice."""

    def act(connection: Connection, person: Person, practice: Practice, actor: str) -> None:  # noqa: ARG001 - as every act
        first = typed_day(from_on, "Choose the first day away.")
        last = typed_day(to_on, "Choose the last day away, or leave it empty.") if to_on.strip() else None
        staff.pause(connection, person, Absence(from_on=first, to_on=last), actor=actor, now=services.clock())

    return _act(request, pages, viewer, person_id, "pause", act)


@router.post("/people/{person_id:int}/back")
def back(request: Request, person_id: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """End every absence of the person."""

    def act(connection: Connection, person: Person, practice: Practice, actor: str) -> None:  # noqa: ARG001 - as every act
        staff.clear_pause(connection, person, actor=actor, now=services.clock())

    return _act(request, pages, viewer, person_id, "back", act)


@router.post("/people/{person_id:int}/edit")
def edit(
    request: Request,
    person_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    name: Text = "",
    email: Text = "",
    second_email: Text = "",
    role: Text = "",
    user_id: Text = "",
) -> Response:
    """Change name, addresses, user ID and role."""
    now = services.clock()

    def act(connection: Connection, person: Person, practice: Practice, actor: str) -> None:
        wanted = {
            "name": fields.person_name(name),
            "email": fields.email_address(email),
            "second_email": fields.email_address(second_email, "second_email") if second_email.strip() else None,
            "user_id": fields.user_id(user_id) if user_id.strip() else None,
        }
        changed = {key: value for key, value in wanted.items() if value != getattr(person, key)}
        if changed:
            staff.edit(connection, person, practice, changed, actor=actor, now=now)
        chosen = fields.role(role)
        if chosen is not memberships.roles_of(connection, person.id)[practice.id]:
            staff.change_role(connection, person, practice, chosen, actor=actor, now=now)

    return _act(request, pages, viewer, person_id, "edit", act)


@router.post("/people/{person_id:int}/remove")
def remove(request: Request, person_id: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Take the person out of the practice; their history stays."""

    def act(connection: Connection, person: Person, practice: Practice, actor: str) -> None:
        staff.remove(connection, person, practice, actor=actor, now=services.clock())

    return _act(request, pages, viewer, person_id, "remove", act, then="/people?done=remove")
