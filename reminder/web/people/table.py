"""The staff table."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.jobs.standing import urgency
from reminder.policy.model import Status
from reminder.store import outbox
from reminder.web.pages import MAY_CHANGE, PagesDep, ServicesDep, ViewerDep
from reminder.web.people.person import DONE

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
    done: str = "",
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
        if (not status or found.status == status or (status == ATTENTION and found.needs_attention))
        and all(word in f"{found.person.name} {found.person.email} {found.role}".casefold() for word in words)
    ]
    return pages.show(
        request,
        "people/table.html",
        people=sorted(shown, key=urgency),
        counts={**counts, ATTENTION: sum(found.needs_attention for found in everybody)},
        total=len(everybody),
        chosen=status,
        q=q,
        practice=practice,
        last_mail=last_mail,
        may_import=any(role in MAY_CHANGE for role in viewer.roles.values()),
        note=DONE.get(done, ""),
    )
