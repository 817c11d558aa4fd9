"""Adds one person by hand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import confirm, staff, standing
from reminder.roster import fields
from reminder.roster.fields import FieldError
from reminder.store import memberships, people
from reminder.web.forms import days_left_typed, typed_day, without_field
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.people.choosing import ChoiceError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One person, as typed."""

    practice: Annotated[int, Form()] = 0
    name: Text = ""
    email: Text = ""
    role: Text = ""
    reset_on: Text = ""
    days_left: Text = ""
    user_id: Text = ""
    second_email: Text = ""


@router.get("/people/add")
def form(request: Request, pages: PagesDep, viewer: ViewerDep, done: int = 0) -> Response:
    """Show the empty form; `done`: who was added last."""
    return _page(request, pages, viewer, Typed(), done=done)


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    typed: Typed,
    *,
    done: int = 0,
    field: str = "",
    error: str = "",
) -> Response:
    allowed = {key: practice for key, practice in viewer.practices.items() if viewer.may_change(key)}
    if not allowed:
        raise HTTPException(403, "look only")
    with pages.services.store.read() as connection:
        added = standing.of_person(connection, done, list(allowed), pages.services.clock()) if done else None
    return pages.show(
        request,
        "people/add.html",
        status=422 if error else 200,
        practices=allowed,
        typed=asdict(typed),
        added=added.person if added else None,
        today=max(standing.today_of(practice, pages.services.clock()) for practice in allowed.values()),
        field=field,
        error=error,
    )


@router.post("/people/add")
def add(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    typed: Annotated[Typed, Depends()],
) -> Response:
    """Register the person, with the date if one is known, in one transaction."""
    practice = viewer.practice(typed.practice)
    if not viewer.may_change(practice.id):
        raise HTTPException(403, "look only")
    try:
        wanted = _registration(typed)
        with services.store.write() as connection:
            key = _register(connection, viewer, practice, wanted, typed, services.clock())
    except UsageError as error:
        field = getattr(error, "field", "reset_on" if typed.reset_on else "days_left")
        words = error.problem if isinstance(error, FieldError) else without_field(error)
        return _page(request, pages, viewer, typed, field=field, error=words)
    return pages.redirect(f"/people/add?done={key}")


def _registration(typed: Typed) -> staff.Registration:
    if typed.reset_on.strip() and typed.days_left.strip():
        field, words = "days_left", "Give the day of the reset or the days left, not both."
        raise ChoiceError(field, words)
    return staff.Registration(
        name=fields.person_name(typed.name),
        email=fields.email_address(typed.email),
        role=fields.role(typed.role),
        second_email=fields.email_address(typed.second_email, "second_email") if typed.second_email.strip() else None,
        user_id=fields.user_id(typed.user_id) if typed.user_id.strip() else None,
    )


def _register(
    connection: Connection, viewer: Viewer, practice: Practice, wanted: staff.Registration, typed: Typed, now: datetime
) -> int:
    actor = f"admin:{viewer.admin.id}"
    known = staff.matching(connection, wanted, practice)
    if known is not None and practice.id in memberships.roles_of(connection, known.id):
        field, words = "email", f"{known.name} is registered in {practice.name} already"
        raise FieldError(field, wanted.email, words)
    key = staff.register(connection, practice, wanted, by=viewer.admin.name, actor=actor, now=now)
    person = people.get(connection, key)
    if person is not None and (typed.reset_on.strip() or typed.days_left.strip()):
        day = typed_day(typed.reset_on, "Choose the day of the reset.") if typed.reset_on.strip() else None
        left = days_left_typed(typed.days_left) if typed.days_left.strip() else None
        confirm.record_by_admin(
            connection, person, actor=actor, now=now, practice_id=practice.id, reset_on=day, left=left
        )
    standing.settle_coverage(connection, [practice.id], now)
    return key
