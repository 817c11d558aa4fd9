"""Who needs reminders: bring a list, add one person, or try it with invented ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.facts import ROLE_NAMES
from reminder.jobs import samples, staff
from reminder.jobs.standing import of_practice
from reminder.roster import fields
from reminder.roster.fields import FieldError
from reminder.web.pages import Pages, PagesDep, ServicesDep, Viewer, ViewerDep
from reminder.web.setup.steps import OpeningDep, frame

router = APIRouter()

Text = Annotated[str, Form()]

DONE = {
    "added": "Added.",
    "samples": "Five invented people are here. Remove them before you turn reminders on.",
    "removed": "The invented people are gone.",
}
SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One person, as typed."""

    name: Text = ""
    email: Text = ""
    role: Text = ""


@router.get("/setup/people")
def people(request: Request, pages: PagesDep, viewer: ViewerDep, practice: OpeningDep, done: str = "") -> Response:
    """Show the ways to bring people in, and who is there."""
    return _page(request, pages, viewer, practice, Typed(), note=DONE.get(done, ""))


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: int,
    typed: Typed,
    *,
    note: str = "",
    field: str = "",
    error: str = "",
) -> Response:
    with pages.services.store.read() as connection:
        found = of_practice(connection, practice, pages.services.clock())
        with_samples = samples.are_there(connection)
    return pages.show(
        request,
        "setup/people.html",
        status=422 if error else 200,
        **frame(pages, viewer, "/setup/people"),
        practice=viewer.practices[practice],
        people=[standing.person.name for standing in found],
        most=SHOWN,
        with_samples=with_samples,
        roles=ROLE_NAMES,
        typed=asdict(typed),
        note=note,
        field=field,
        error=error,
    )


@router.post("/setup/people")
def add_one(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    practice: OpeningDep,
    typed: Annotated[Typed, Depends()],
) -> Response:
    """Register one person."""
    try:
        wanted = staff.Registration(
            name=fields.person_name(typed.name), email=fields.email_address(typed.email), role=fields.role(typed.role)
        )
        with services.store.write() as connection:
            staff.register(
                connection,
                viewer.practices[practice],
                wanted,
                by=viewer.admin.name,
                actor=f"admin:{viewer.admin.id}",
                now=services.clock(),
            )
    except UsageError as error:
        field = error.field if isinstance(error, FieldError) else "email"
        words = error.problem if isinstance(error, FieldError) else str(error)
        return _page(request, pages, viewer, practice, typed, field=field, error=words)
    return pages.redirect("/setup/people?done=added")


@router.post("/setup/people/samples")
def samples_in_or_out(
    pages: PagesDep, services: ServicesDep, viewer: ViewerDep, practice: OpeningDep, wanted: Text = ""
) -> Response:
    """Register the invented people, or take them out again."""
    actor, now = f"admin:{viewer.admin.id}", services.clock()
    with services.store.read() as connection:
        are_there = samples.are_there(connection)
    if wanted == "in" and not are_there:
        samples.add_samples(services.store, viewer.practices[practice], by=viewer.admin.name, actor=actor, now=now)
        return pages.redirect("/setup/people?done=samples")
    if wanted == "out" and are_there:
        with services.store.write() as connection:
            samples.remove_samples(connection, actor=actor, now=now)
        return pages.redirect("/setup/people?done=removed")
    return pages.redirect("/setup/people")
