"""What owners and editors do to one person: record or undo a reset, note an absence, change name and addresses."""

from __future__ import annotations

from dataclasses import dataclass
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
from reminder.store import memberships, people, resets
from reminder.web.forms import chosen_day, days_left_typed, typed_day
from reminder.web.pages import PagesDep, Viewer, ViewerDep
from reminder.web.people.person import Attempted, show_person

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]


@dataclass(frozen=True, kw_only=True)
class Acting:
    """An admin at work on a person: in which of the person's practices they may change something, the home first."""

    connection: Connection
    person: Person
    viewer: Viewer
    practices: list[Practice]
    now: datetime

    @property
    def practice(self) -> Practice:
        """Return the practice in whose name the admin acts: the person's home if it is theirs."""
        return self.practices[0]

    @property
    def actor(self) -> str:
        """Return the admin as the records name them."""
        return f"admin:{self.viewer.admin.id}"

    def within(self, practice_id: int) -> Practice:
        """Return one of these practices; another one of the viewer's is theirs to look at only, others do not exist."""
        wanted = self.viewer.practice(practice_id)
        if wanted.id not in {practice.id for practice in self.practices}:
            raise HTTPException(403, "look only")
        return wanted


def acting(connection: Connection, viewer: Viewer, person_id: int, now: datetime) -> Acting:
    """Return the admin at work on a person; somebody of other practices does not exist, a viewer may look, not act."""
    roles = memberships.roles_of(connection, person_id)
    person = people.get(connection, person_id)
    mine = [key for key in roles if key in viewer.practices]
    if person is None or not mine:
        raise HTTPException(404)
    allowed = sorted((key for key in mine if viewer.may_change(key)), key=lambda key: key != person.home_id)
    if not allowed:
        raise HTTPException(403, "look only")
    practices = [viewer.practices[key] for key in allowed]
    return Acting(connection=connection, person=person, viewer=viewer, practices=practices, now=now)


def perform(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    person_id: int,
    act: Callable[[Acting], str],
    *,
    form: str,
    at: str,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Do something to a person in one transaction and show them with a note, which `act` names; or show the form
    again with what was typed and why it cannot be done. `at`: the field to mend where the error names none.
    """
    try:
        with pages.services.store.write() as connection:
            done = act(acting(connection, viewer, person_id, pages.services.clock()))
    except UsageError as error:
        attempted = Attempted(form=form, error=error, at=at, typed=typed or {})
        return show_person(request, pages, viewer, person_id, attempted=attempted)
    return pages.redirect(f"/people/{person_id}?done={done}")


@router.post("/people/{person_id:int}/reset")
def record_reset(
    request: Request,
    person_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    when: Text = "",
    date: Text = "",
    days_left: Text = "",
) -> Response:
    """Record a reset that the person told by word of mouth."""

    def act(this: Acting) -> str:
        today = local_date(this.now, memberships.home_zone(this.connection, person_id))
        named: dict[str, Any] = (
            {"left": days_left_typed(days_left)} if when == "days_left" else {"reset_on": chosen_day(when, date, today)}
        )
        recorded = confirm.record_by_admin(
            this.connection, this.person, actor=this.actor, now=this.now, practice_id=this.practice.id, **named
        )
        return "known" if recorded is None else "reset"

    typed = {"when": when, "date": date, "days_left": days_left}
    at = when if when in {"date", "days_left"} else "when"
    return perform(request, pages, viewer, person_id, act, form="reset", at=at, typed=typed)


@router.post("/people/{person_id:int}/undo")
def undo_reset(request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep) -> Response:
    """Take the last reset back."""

    def act(this: Acting) -> str:
        reset = resets.current(this.connection, person_id)
        recorder = next((p for p in this.practices if reset is not None and p.id == reset.practice_id), this.practice)
        practice = this.practice if this.practice.id == this.person.home_id else recorder
        confirm.undo_by_admin(this.connection, this.person, actor=this.actor, now=this.now, practice_id=practice.id)
        return "undo"

    return perform(request, pages, viewer, person_id, act, form="undo", at="undo")


@router.post("/people/{person_id:int}/pause")
def pause(
    request: Request,
    person_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    from_on: Text = "",
    to_on: Text = "",
) -> Response:
    """Note that the person is away; without a last day, until further notice."""

    def act(this: Acting) -> str:
        first = typed_day(from_on, "Choose the first day away.")
        last = typed_day(to_on, "Choose the last day away, or leave it empty.") if to_on.strip() else None
        staff.pause(this.connection, this.person, Absence(from_on=first, to_on=last), actor=this.actor, now=this.now)
        return "pause"

    typed = {"from_on": from_on, "to_on": to_on}
    at = "to_on" if from_on.strip() else "from_on"
    return perform(request, pages, viewer, person_id, act, form="pause", at=at, typed=typed)


@router.post("/people/{person_id:int}/back")
def back(request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep, absence: Text = "") -> Response:
    """End one absence of the person, or without its number every one."""

    def act(this: Acting) -> str:
        if absence.isdecimal():
            staff.end_absence(this.connection, this.person, int(absence), actor=this.actor, now=this.now)
        else:
            staff.clear_pause(this.connection, this.person, actor=this.actor, now=this.now)
        return "back"

    return perform(request, pages, viewer, person_id, act, form="pause", at="from_on")


@router.post("/people/{person_id:int}/edit")
def edit(
    request: Request,
    person_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    name: Text = "",
    email: Text = "",
    second_email: Text = "",
    user_id: Text = "",
) -> Response:
    """Change name, addresses and user ID; only the person's home may."""

    def act(this: Acting) -> str:
        wanted = {
            "name": fields.person_name(name),
            "email": fields.email_address(email),
            "second_email": fields.email_address(second_email, "second_email") if second_email.strip() else None,
            "user_id": fields.user_id(user_id) if user_id.strip() else None,
        }
        staff.edit(this.connection, this.person, this.practice, wanted, actor=this.actor, now=this.now)
        return "edit"

    typed = {"name": name, "email": email, "second_email": second_email, "user_id": user_id}
    return perform(request, pages, viewer, person_id, act, form="edit", at="email", typed=typed)
