"""One mail of the schedule: what it will say on its day, why it goes, and whether to skip it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from reminder.errors import UsageError
from reminder.jobs.forecast import forecast_of_person
from reminder.jobs.foretelling import compose_foretold
from reminder.jobs.previewing import show
from reminder.jobs.skipping import skipped_ahead
from reminder.mail.redaction import without_links
from reminder.store import people
from reminder.web.days_ahead import DAYS
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.security import MAIL_POLICY
from reminder.web.sending.schedule import Ahead, Filters, Line, look_ahead
from reminder.web.sending.why import why

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.web.pages import Viewer

router = APIRouter()


@router.get("/schedule/mails/{key}")
def foretold(
    request: Request,
    key: str,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    person: int = 0,
    today: str = "",
) -> Response:
    """Show one foretold mail as text and as HTML, with its reason; `person` is whose clock it is about, if anybody's."""
    with services.store.read() as connection:
        now = services.clock()
        ahead = _ahead(connection, viewer, person, today, now)
        line = _line(ahead, key)
        mail = line.mail
        data = compose_foretold(connection, services, mail, ahead.mails)
        names = {found.id: found.name for found in people.load(connection, mail.about).values()}
    practice = viewer.practices[mail.practice_id]
    return pages.show(
        request,
        "sending/foretold.html",
        line=line,
        mail=mail,
        practice=practice,
        why=why(mail, practice.schedule, names),
        query=Filters(today=today).query(person=person),
        simulated=today,
        text=without_links(show(data, "text")) if data else "",
        may_change=viewer.may_change(practice.id),
    )


@router.get("/schedule/mails/{key}/html")
def foretold_html(key: str, services: ServicesDep, viewer: ViewerDep, person: int = 0, today: str = "") -> Response:
    """Return the HTML part for the frame; it may do nothing."""
    with services.store.read() as connection:
        ahead = _ahead(connection, viewer, person, today, services.clock())
        data = compose_foretold(connection, services, _line(ahead, key).mail, ahead.mails)
    if data is None:
        raise HTTPException(404)
    return HTMLResponse(without_links(show(data, "html")), headers={"Content-Security-Policy": MAIL_POLICY})


def _ahead(connection: Connection, viewer: Viewer, person_id: int, today: str, now: datetime) -> Ahead:
    """Return the schedule in which to look for a mail: of one person if they are named, for it is quickly made."""
    try:
        if not person_id or today:
            return look_ahead(connection, viewer, Filters(today=today), now)
    except UsageError:
        raise HTTPException(404) from None
    found = people.get(connection, person_id)
    if found is None or found.home_id not in viewer.practices:
        raise HTTPException(404)
    return Ahead(
        today=now.date(),
        mails=forecast_of_person(connection, person_id, now, days=DAYS),
        skipped=[
            (mail, by) for mail, by in skipped_ahead(connection, [found.home_id], now) if mail.person_id == person_id
        ],
    )


def _line(ahead: Ahead, key: str) -> Line:
    """Return the mail of that name; 404 if it is not foretold any more."""
    found = next((line for line in ahead.lines(Filters()) if line.mail.key == key), None)
    if found is None:
        raise HTTPException(404)
    return found
