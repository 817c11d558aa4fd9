"""Skip one mail of the schedule, or let it go after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.forecast import forecast_of_person
from reminder.jobs.skipping import Skip, skip_step, take_back_skip
from reminder.store import people
from reminder.web.days_ahead import DAYS
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.sending.schedule import FiltersDep, is_before_expiry, show_schedule

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.forecast import Forecast
    from reminder.web.pages import Viewer

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Named:
    """Which mail a form names: whose, of which cycle, of which step."""

    person_id: int
    cycle_on: Annotated[date, Form()]
    step: Annotated[int, Form()]


NamedDep = Annotated[Named, Depends(Named)]


@router.post("/schedule/people/{person_id:int}/skip")  # noqa: FAST003 - `Named` takes it
def skip(
    request: Request,
    pages: PagesDep,
    viewer: ViewerDep,
    wanted: FiltersDep,
    named: NamedDep,
    start: int = 0,
) -> Response:
    """Skip the mail of one step in a person's present cycle, and warn if none is left before the password expires."""
    now = pages.services.clock()
    try:
        with pages.services.store.write() as connection:
            this = _skip(connection, viewer, named)
            before = forecast_of_person(connection, named.person_id, now, days=DAYS)
            skip_step(connection, this, now)
            after = forecast_of_person(connection, named.person_id, now, days=DAYS)
    except UsageError as error:
        return show_schedule(request, pages, viewer, wanted, start=start, error=str(error))
    return pages.redirect(f"/schedule?{wanted.query(start=start, done=_done(before, after))}")


@router.post("/schedule/people/{person_id:int}/take-back")  # noqa: FAST003 - `Named` takes it
def take_back(
    request: Request,
    pages: PagesDep,
    viewer: ViewerDep,
    wanted: FiltersDep,
    named: NamedDep,
    start: int = 0,
) -> Response:
    """Let a skipped mail go after all."""
    try:
        with pages.services.store.write() as connection:
            this = _skip(connection, viewer, named)
            take_back_skip(connection, this, pages.services.clock())
    except UsageError as error:
        return show_schedule(request, pages, viewer, wanted, start=start, error=str(error))
    return pages.redirect(f"/schedule?{wanted.query(start=start, done='taken-back')}")


def _skip(connection: Connection, viewer: Viewer, named: Named) -> Skip:
    """Return what is to be skipped; only the person's home may, since its mails they are."""
    person = people.get(connection, named.person_id)
    if person is None or person.home_id not in viewer.practices:
        raise HTTPException(404)
    if not viewer.may_change(person.home_id):
        raise HTTPException(403, "look only")
    return Skip(
        person=person,
        cycle_on=named.cycle_on,
        step=named.step,
        by=viewer.admin.name,
        actor=f"admin:{viewer.admin.id}",
        practice_id=person.home_id,
    )


def _done(before: list[Forecast], after: list[Forecast]) -> str:
    """Return what a skip came to: nothing is left before the expiry, an older mail goes instead, or neither."""
    if any(map(is_before_expiry, before)) and not any(map(is_before_expiry, after)):
        return "last"
    return "instead" if {mail.key for mail in after} - {mail.key for mail in before} else "skipped"
