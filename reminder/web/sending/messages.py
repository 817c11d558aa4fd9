"""What waits, what failed, what may not have arrived; the held queue and its release."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.releasing import release_queue, resend
from reminder.policy.model import AdminRole, State
from reminder.store import outbox, people, system
from reminder.web.pages import MAY_CHANGE, PagesDep, ServicesDep, ViewerDep

router = APIRouter()

SHOWN = 200
UNCLEAR = (State.FAILED, State.IN_DOUBT)
WAITING = (State.PLANNED, State.DEFERRED, State.CLAIMED, State.SENDING)


@router.get("/messages")
def messages(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, done: str = "") -> Response:
    """Show the mails of the viewer's practices: what needs a look, what waits, what was sent lately."""
    with services.store.read() as connection:
        rows = outbox.history(connection, practice_ids=list(viewer.practices), limit=SHOWN)
        waiting = [row for row in outbox.waiting(connection) if row.practice_id in viewer.practices]
        failed = [row for row in outbox.failed(connection) if row.practice_id in viewer.practices]
        names = {
            key: who.name for key, who in people.load(connection, {r.person_id for r in rows if r.person_id}).items()
        }
        held = system.hold(connection)
    notes = {"released": "Released. The mails go with the next pass.", "resent": "It goes with the next pass."}
    return pages.show(
        request,
        "sending/messages.html",
        unclear=[*failed, *(row for row in waiting if row.state is State.IN_DOUBT)],
        waiting=[row for row in waiting if row.state in WAITING],
        sent=[row for row in rows if row.state is State.SENT],
        names=names,
        held=held,
        may_change=any(role in MAY_CHANGE for role in viewer.roles.values()),
        is_owner=AdminRole.OWNER in viewer.roles.values(),
        note=notes.get(done, ""),
    )


@router.post("/messages/{number}/resend")
def send_again(number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Let a mail that failed or is in doubt go once more."""
    try:
        with services.store.write() as connection:
            row = outbox.load(connection, number)
            if row is None or row.practice_id not in viewer.practices:
                raise HTTPException(404)
            if viewer.roles[row.practice_id] not in MAY_CHANGE:
                raise HTTPException(403, "look only")
            resend(connection, number, actor=f"admin:{viewer.admin.id}", now=services.clock())
    except UsageError:
        return pages.redirect("/messages")
    return pages.redirect("/messages?done=resent")


@router.post("/messages/release")
def release(pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Release a held queue after looking at the list; owners only."""
    if AdminRole.OWNER not in viewer.roles.values():
        raise HTTPException(403, "look only")
    with services.store.write() as connection:
        release_queue(connection, actor=f"admin:{viewer.admin.id}", now=services.clock())
    return pages.redirect("/messages?done=released")
