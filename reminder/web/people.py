"""The staff table, and one person."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.policy.expiry import last_safe_on
from reminder.policy.model import Status
from reminder.store import outbox, resets
from reminder.web.dashboard import needs_attention, urgency
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep

router = APIRouter()

ATTENTION = "attention"


@router.get("/people")
def table(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    status: str = "",
    q: str = "",
    practice: int = 0,
) -> Response:
    """Show everybody in the viewer's practices, the most urgent first; filtered by status, text, practice."""
    now = services.clock()
    keys = [key for key in viewer.practices if practice in (0, key)]
    with services.store.read() as connection:
        everybody = [found for key in keys for found in standing.of_practice(connection, key, now)]
        last_mail = outbox.last_sending(connection, [found.person.id for found in everybody])
    counts = {name: sum(found.status == name for found in everybody) for name in Status}
    words = q.casefold().split()
    shown = [
        found
        for found in everybody
        if (not status or found.status == status or (status == ATTENTION and needs_attention(found)))
        and all(word in f"{found.person.name} {found.person.email} {found.role}".casefold() for word in words)
    ]
    return pages.show(
        request,
        "people.html",
        people=sorted(shown, key=urgency),
        counts={**counts, ATTENTION: sum(map(needs_attention, everybody))},
        total=len(everybody),
        chosen=status,
        q=q,
        practice=practice,
        last_mail=last_mail,
    )


@router.get("/people/{person_id}")
def one(request: Request, person_id: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show one person of the viewer's practices; anybody else does not exist."""
    now = services.clock()
    with services.store.read() as connection:
        found = [
            member
            for key in viewer.practices
            for member in standing.of_practice(connection, key, now, with_left=True)
            if member.person.id == person_id
        ]
        if not found:
            raise HTTPException(404)
        history = resets.history(connection, person_id)
        sent = outbox.history(connection, practice_ids=list(viewer.practices), person_id=person_id)
    person = found[0].person
    return pages.show(
        request,
        "person.html",
        found=found[0],
        memberships=[(viewer.practices[member.practice_id].name, member.role) for member in found],
        last_safe_on=last_safe_on(person.expires_on) if person.expires_on else None,
        resets=history,
        mails=[row for row in sent if row.state != "superseded"],
    )
