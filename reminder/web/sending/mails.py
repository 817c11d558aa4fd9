"""The exact mail that was sent."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from reminder.jobs.freeze import bytes_of
from reminder.jobs.previewing import show
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.redaction import without_links
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.store import outbox, people, sending
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.security import MAIL_POLICY

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.store.outbox import Reminder
    from reminder.store.sending import Attempt
    from reminder.web.pages import Viewer

router = APIRouter()


@router.get("/mails/{number}")
def mail(request: Request, number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show a mail as text and as HTML, with the server's answers."""
    row, data = _written(services, viewer, number)
    with services.store.read() as connection:
        tries = [(found, _meaning(found)) for found in sending.attempts_of(connection, number)]
        person = people.get(connection, row.person_id) if row.person_id is not None else None
    return pages.show(
        request,
        "sending/mail.html",
        row=row,
        person=person,
        subject=message_from_bytes(data, policy=policy.default)["Subject"],
        text=without_links(show(data, "text")),
        tries=tries,
        zone=viewer.practices[row.practice_id].schedule.zone,
    )


@router.get("/mails/{number}/html")
def as_html(number: int, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Return the HTML part for the frame; it may do nothing."""
    _, data = _written(services, viewer, number)
    html = without_links(show(data, "html"))
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def _meaning(attempt: Attempt) -> str:
    """Return what came of one try in plain words: taken, or why not and what to do."""
    outcome = Outcome(attempt.outcome)
    verdict = Verdict(outcome=outcome, stage=Stage(attempt.stage), code=attempt.code, reply=attempt.reply)
    return in_plain_words(verdict) or "The mail server took it."


def _written(services: Services, viewer: Viewer, number: int) -> tuple[Reminder, bytes]:
    with services.store.read() as connection:
        row = outbox.load(connection, number)
        if row is None or row.practice_id not in viewer.practices or row.content is None:
            raise HTTPException(404)
        return row, bytes_of(connection, services, row)
