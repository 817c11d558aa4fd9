"""How often, what will happen, and the button that turns reminders on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from reminder.errors import UsageError
from reminder.jobs import first_run
from reminder.jobs.forecast import forecast
from reminder.jobs.practice_edit import PracticeEdit, edit_practice
from reminder.jobs.previewing import compose_preview, show
from reminder.jobs.standing import of_practice
from reminder.policy.model import Kind, Mode
from reminder.web.hindrances import Hindrance, hindrances
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.practice.settings import LADDERS, chosen_plan
from reminder.web.security import MAIL_POLICY
from reminder.web.setup.steps import OpeningDep, frame

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

DAYS = 60


@router.get("/setup/plan")
def plan(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, practice: OpeningDep) -> Response:
    """Show the plans to choose from, and the first mail of somebody who is registered."""
    found = viewer.practices[practice]
    with services.store.read() as connection:
        first = _first(connection, services, found)
    return pages.show(
        request,
        "setup/plan.html",
        **frame(pages, viewer, "/setup/plan"),
        plans={key: (word, [int(day) for day in days.split(",")]) for key, (word, days) in LADDERS.items()},
        chosen=chosen_plan(found.schedule.ladder),
        first=first,
    )


def _first(connection: Connection, services: Services, practice: Practice) -> Person | None:
    """Return somebody of the practice: one whose date is known, if there is any."""
    people = [standing.person for standing in of_practice(connection, practice.id, services.clock())]
    return min(people, key=lambda person: (person.expires_on is None, person.id), default=None)


@router.get("/setup/plan/mail")
def mail(services: ServicesDep, viewer: ViewerDep, practice: OpeningDep) -> Response:
    """Return the HTML of a first mail for its frame; it may do nothing."""
    found = viewer.practices[practice]
    with services.store.read() as connection:
        person = _first(connection, services, found)
        kind = Kind.ASK if person is not None and person.expires_on is None else Kind.WARNING
        try:
            data = compose_preview(connection, services, kind, found, person)
        except UsageError:
            data = compose_preview(connection, services, kind, found, None)
    return HTMLResponse(show(data, "html"), headers={"Content-Security-Policy": MAIL_POLICY})


@router.post("/setup/plan")
def choose_plan(
    pages: PagesDep, services: ServicesDep, viewer: ViewerDep, practice: OpeningDep, plan: Text = ""
) -> Response:
    """Keep how often."""
    if plan not in LADDERS:
        raise HTTPException(422)
    actor, now = f"admin:{viewer.admin.id}", services.clock()
    with services.store.write() as connection:
        wanted = PracticeEdit(ladder=LADDERS[plan][1])
        edit_practice(connection, viewer.practices[practice], wanted, actor=actor, now=now)
        first_run.choose_plan(connection, now)
    return pages.redirect("/setup/start")


def _hindrances(connection: Connection, pages: Pages, people: int) -> list[Hindrance]:
    found = hindrances(connection, pages, mail_page="/setup/mail")
    if not people:
        found.append(Hindrance(words="Nobody is registered yet.", href="/setup/people", link="Add people"))
    return found


@router.get("/setup/start")
def start(request: Request, pages: PagesDep, viewer: ViewerDep, practice: OpeningDep) -> Response:
    """Say what will happen, before anything does."""
    return _start(request, pages, viewer, practice)


def _start(request: Request, pages: Pages, viewer: Viewer, practice: int, *, status: int = 200) -> Response:
    services, now = pages.services, pages.services.clock()
    with services.store.read() as connection:
        people = of_practice(connection, practice, now)
        mails = forecast(connection, now, days=DAYS, practice_ids=[practice])
        found = _hindrances(connection, pages, len(people))
    return pages.show(
        request,
        "setup/start.html",
        status=status,
        **frame(pages, viewer, "/setup/start"),
        practice=viewer.practices[practice],
        people=len(people),
        unknown=sum(found.person.expires_on is None for found in people),
        mails=len(mails),
        first=mails[0].at if mails else None,
        hindrances=found,
        refused=status != 200,
    )


@router.post("/setup/start")
def turn_on(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    practice: OpeningDep,
) -> Response:
    """Turn reminders on, if mails can reach people and their links work."""
    now = services.clock()
    with services.store.write() as connection:
        people = len(of_practice(connection, practice, now))
        if not _hindrances(connection, pages, people):
            actor = f"admin:{viewer.admin.id}"
            edit_practice(connection, viewer.practices[practice], PracticeEdit(mode=Mode.LIVE), actor=actor, now=now)
            return pages.redirect("/?done=live")
    return _start(request, pages, viewer, practice, status=422)
