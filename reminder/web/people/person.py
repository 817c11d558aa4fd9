"""One person: where they stand, their resets and their mails."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.policy.expiry import last_safe_on
from reminder.store import memberships, outbox, resets
from reminder.web.pages import MAY_CHANGE, Pages, PagesDep, Viewer, ViewerDep

router = APIRouter()

DONE = {
    "reset": "The reset is recorded. The next reminders follow the new date.",
    "undo": "The last reset is taken back.",
    "pause": "The absence is noted.",
    "back": "The person counts as back.",
    "edit": "The changes are saved.",
    "remove": "The person is removed and gets nothing more from this practice. Their history stays.",
}
"""What is said after something was done."""


@router.get("/people/{person_id:int}")
def one(request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep, done: str = "") -> Response:
    """Show one person of the viewer's practices; anybody else does not exist."""
    return show_person(request, pages, viewer, person_id, note=DONE.get(done, ""))


def show_person(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    person_id: int,
    *,
    note: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    """Render one person, with what was done or why it could not be."""
    services = pages.services
    now = services.clock()
    with services.store.read() as connection:
        parts = {
            key: role for key, role in memberships.roles_of(connection, person_id).items() if key in viewer.practices
        }
        left = memberships.left_practices(connection, person_id)
        found = standing.of_person(
            connection, person_id, [*parts, *(key for key in left if key in viewer.practices)], now
        )
        if found is None:
            raise HTTPException(404)
        history = resets.history(connection, person_id)
        sent = outbox.history(connection, practice_ids=list(viewer.practices), person_id=person_id)
    person = found.person
    return pages.show(
        request,
        "people/person.html",
        status=status,
        found=found,
        memberships=[(viewer.practices[key].name, role) for key, role in parts.items()],
        may_change=any(viewer.roles[key] in MAY_CHANGE for key in parts),
        last_safe_on=last_safe_on(person.expires_on) if person.expires_on else None,
        resets=history,
        mails=[row for row in sent if row.state != "superseded"],
        note=note,
        error=error,
    )
