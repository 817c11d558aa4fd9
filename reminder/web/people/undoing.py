"""What was done to many people at once: the note that says so, and taking it back for 30 days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import bulk
from reminder.jobs.sending_now import SENT_NOW
from reminder.jobs.staff import TAKE_BACK
from reminder.mail.wording import shortdate
from reminder.store import events, journal
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.store.events import Event
    from reminder.web.pages import Viewer

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Note:
    """What was done, in words, and the event that a button takes back; None if there is no way back (any more)."""

    words: str
    undo: int | None


def notes_of(connection: Connection, viewer: Viewer, numbers: Iterable[str], now: datetime) -> list[Note]:
    """Return what these events did, those of the viewer's practices only."""
    known = [events.get(connection, int(number)) for number in numbers if number.isdecimal() and len(number) < 10]
    mine = [one for one in known if one and one.practice_id in viewer.practices and one.action in SAID]
    gone = journal.undone(connection, "bulk.undone", now - TAKE_BACK) if mine else set()
    several = len({one.practice_id for one in mine}) > 1
    notes = []
    for event in mine:
        where = viewer.practices[event.practice_id or 0]
        may = bulk.may_take_back(event, now) and event.id not in gone and viewer.may_change(where.id)
        words = _words(event)
        notes.append(Note(words=f"{where.name}: {words}" if several else words, undo=event.id if may else None))
    return notes


SAID = {
    bulk.BULK_RESET: ("Recorded the reset of {day} for {people}.", "{rest} had that date already."),
    bulk.BULK_PAUSE: ("Noted the absence of {people}.", "{rest} had it noted already."),
    bulk.BULK_REMOVE: ("Removed {people}. Their history stays.", ""),
    bulk.BULK_UNDONE: ("Taken back for {people}.", "{rest} changed since and stayed as they are."),
    SENT_NOW: ("A reminder goes to {people} within a minute or two.", "{rest} left out."),
}
"""What each act says of itself: for how many it did something, and for how many there was nothing to do."""


def _words(event: Event) -> str:
    done, rest = event.detail["done"], event.detail["unchanged"]
    count = done if isinstance(done, int) else len(done)
    people = "1 person" if count == 1 else f"{count:,} people"
    day = shortdate(event.detail["reset_on"]) if "reset_on" in event.detail else ""
    did, passed_over = SAID[event.action]
    return f"{did.format(people=people, day=day)} {passed_over.format(rest=rest) if rest else ''}".strip()


@router.post("/people/undo/{number:int}")
def take_back(request: Request, number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Take back what was done to many people, for everybody who was not changed since."""
    try:
        with services.store.write() as connection:
            event = events.get(connection, number)
            if event is None or event.practice_id not in viewer.practices:
                raise HTTPException(404)
            if not viewer.may_change(event.practice_id):
                raise HTTPException(403, "look only")
            practice = viewer.practices[event.practice_id]
            actor = f"admin:{viewer.admin.id}"
            by = bulk.By(connection=connection, practice=practice, actor=actor, now=services.clock())
            back = bulk.take_back(by, event)
    except UsageError as error:
        return pages.show(request, "message.html", status=422, title="Nothing was taken back", words=str(error))
    return pages.redirect(f"/people?event={back}")
