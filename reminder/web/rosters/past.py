"""Import a list, step 4: what was imported, and taking it back; the imports of the past."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs.first_mails import first_mails
from reminder.jobs.import_undo import undo_import
from reminder.policy.moments import local_date
from reminder.store import imports, people
from reminder.web.actors import actors_for
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.rosters.drafts import DRAFTS, DraftGoneError
from reminder.web.words import clock_time, local_moment

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.first_mails import FirstMails
    from reminder.web.pages import Viewer
    from reminder.web.rosters.drafts import Draft

router = APIRouter()

UNDO_LIFE = timedelta(days=7)
MOST_SHOWN = 50


@router.get("/people/imports")
def past(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """List the imports of the viewer's practices, the latest first, each with its undo while there is one."""
    now = services.clock()
    with services.store.read() as connection:
        found = imports.latest(connection, viewer.practices, MOST_SHOWN)
        undoable = {one.id for one in found if may_undo(connection, viewer, one, now)}
        actors = actors_for(connection, viewer)
    return pages.show(
        request,
        "rosters/past.html",
        imports=found,
        undoable=undoable,
        actors=actors,
        days=UNDO_LIFE.days,
        may_import=any(map(viewer.may_change, viewer.practices)),
    )


@router.get("/people/imports/{number:int}")
def result(
    request: Request, number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, draft: str = ""
) -> Response:
    """Show what an import did, when its first mails go, and how to take it back."""
    now = services.clock()
    with services.store.read() as connection:
        found = _import(connection, viewer, number)
        undoable = may_undo(connection, viewer, found, now)
        first = None
        if found.undone_at is None:
            here = imports.practices_of(connection, number) & viewer.practices.keys()
            first = first_mails(connection, imports.people_of(connection, number), here, now)
        mailed = imports.mailed_since(connection, found)
        kept = people.load(connection, imports.kept(connection, number)).values() if found.undone_at else ()
        actors = actors_for(connection, viewer)
    return pages.show(
        request,
        "rosters/done.html",
        found=found,
        practice=viewer.practices[found.practice_id],
        undoable=undoable,
        is_fresh=found.undone_at is None and now - found.imported_at <= UNDO_LIFE,
        until=found.imported_at + UNDO_LIFE,
        first=first,
        when=_when(first, now) if first else "",
        mailed=mailed,
        kept=sorted(person.name for person in kept),
        actors=actors,
        draft=_finished(draft, viewer, number, now),
        key=draft,
    )


def _when(first: FirstMails, now: datetime) -> str:
    """Return when the first mails go, as one says it."""
    days = (local_date(first.at, first.zone) - local_date(now, first.zone)).days
    if first.at <= now:
        return "in the next few minutes"
    if days > 1:
        return local_moment(first.at, first.zone)
    return f"{'tomorrow' if days else 'today'} at {clock_time(first.at, first.zone)}"


def _finished(key: str, viewer: Viewer, number: int, now: datetime) -> Draft | None:
    """Return the list that this import came from while it is still here: the rows that were left out are in it."""
    try:
        draft = DRAFTS.get(key, viewer, now)
    except DraftGoneError:
        return None
    return draft if draft.import_id == number else None


@router.post("/people/imports/{number:int}/undo")
def undo(number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Take an import of the last seven days back."""
    now = services.clock()
    with services.store.write() as connection:
        found = _import(connection, viewer, number)
        if not viewer.may_change(found.practice_id):
            raise HTTPException(403, "look only")
        if may_undo(connection, viewer, found, now):
            undo_import(connection, number, actor=f"admin:{viewer.admin.id}", now=now)
    return pages.redirect(f"/people/imports/{number}")


def may_undo(connection: Connection, viewer: Viewer, found: imports.Import, now: datetime) -> bool:
    """Tell whether the viewer may take an import back now: not for more practices than they may change."""
    if found.undone_at is not None or now - found.imported_at > UNDO_LIFE:
        return False
    return all(viewer.may_change(key) for key in imports.practices_of(connection, found.id))


def _import(connection: Connection, viewer: Viewer, number: int) -> imports.Import:
    found = imports.load(connection, number)
    if found is None or found.practice_id not in viewer.practices:
        raise HTTPException(404)
    return found
