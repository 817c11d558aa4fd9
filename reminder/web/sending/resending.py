"""Send again what failed or is in doubt, and release a held queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.releasing import release_queue, resend, resend_failed
from reminder.policy.model import AdminRole, Kind
from reminder.store import messages, outbox, system
from reminder.web.pages import MAY_CHANGE, PagesDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from reminder.web.pages import Viewer

router = APIRouter()


@router.post("/messages/{number:int}/resend")
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
        return pages.redirect("/messages?done=gone")
    return pages.redirect("/messages?done=resent")


@router.post("/messages/resend-failed")
def send_all_again(
    pages: PagesDep, services: ServicesDep, viewer: ViewerDep, kind: Annotated[str, Form()] = ""
) -> Response:
    """Let every mail of a kind that could not be sent go once more, in the practices that the viewer may change."""
    mine = [key for key, role in viewer.roles.items() if role in MAY_CHANGE]
    if not mine:
        raise HTTPException(403, "look only")
    if kind not in set(Kind):
        raise HTTPException(404)
    with services.store.write() as connection:
        actor, now = f"admin:{viewer.admin.id}", services.clock()
        count = resend_failed(connection, mine, Kind(kind), actor=actor, now=now)
    return pages.redirect(f"/messages?done={'resent-all' if count else 'gone'}")


@router.get("/messages/release")
def what_waits(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show what a held queue would send, to how many, before it is released; owners only."""
    _owner(viewer)
    with services.store.read() as connection:
        held = system.hold(connection)
        summary = messages.waiting_summary(connection)
    mine = [line for line in summary if line.practice_id in viewer.practices]
    others = sum(line.mails for line in summary) - sum(line.mails for line in mine)
    return pages.show(request, "sending/release.html", held=held, lines=mine, others=others)


@router.post("/messages/release")
def release(pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Release a held queue after looking at the list; owners only."""
    _owner(viewer)
    with services.store.write() as connection:
        release_queue(connection, actor=f"admin:{viewer.admin.id}", now=services.clock(), links=services.links)
    return pages.redirect("/messages?done=released")


def _owner(viewer: Viewer) -> None:
    if AdminRole.OWNER not in viewer.roles.values():
        raise HTTPException(403, "look only")
