"""The staff table: tiles, search, sort, and the bar for what is done to many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.policy.moments import local_date
from reminder.policy.parts import Part
from reminder.store import outbox
from reminder.store.listing import PAGE, Key, Listing, Wanted
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.people.filters import TILES, Filter
from reminder.web.people.person import DONE
from reminder.web.people.undoing import notes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reminder.jobs.standing import Standing
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The bar for what is done to many: who is ticked, what was typed, and what is wrong with it."""

    everyone: bool = False
    ticked: frozenset[str] = frozenset()
    typed: Mapping[str, str] = field(default_factory=dict)
    act: str = ""
    wrong: str = ""
    error: str = ""


@router.get("/people")
def table(request: Request, pages: PagesDep, viewer: ViewerDep, everyone: bool = False, done: str = "") -> Response:
    """Show the people of the viewer's practices, the most urgent first, fifty at a time."""
    asked = Filter.read(request.url.query)
    return show_table(request, pages, viewer, asked, Bar(everyone=everyone), note=DONE.get(done, ""))


def show_table(
    request: Request, pages: Pages, viewer: Viewer, asked: Filter, bar: Bar, *, note: str = "", status: int = 200
) -> Response:
    """Render the table, with what was done or why it could not be."""
    now = pages.services.clock()
    here = asked.here(viewer)
    changeable = {key: found for key, found in here.items() if viewer.may_change(key)}
    with pages.services.store.read() as connection:
        listing = Listing(connection, here, now)
        page = listing.page(asked.wanted, asked.page)
        mine = listing if len(changeable) == len(here) else Listing(connection, changeable, now)
        found = standing.of_members(connection, page.keys, now)
        last = outbox.last_sending(connection, [one.person.id for one in found])
        next_one = _next(connection, listing, now) if not page.total and asked.part is Part.ATTENTION else None
        notes = notes_of(connection, viewer, request.query_params.getlist("event"), now)
        chosen = count_of(mine, asked) if bar.everyone else 0
    return pages.show(
        request,
        "people/table.html",
        status=status,
        asked=asked,
        tiles=TILES,
        counts=listing.counts,
        page=page,
        first=(min(asked.page, max(-(-page.total // PAGE), 1)) - 1) * PAGE + 1,
        people=found,
        last_mail={one.person.id: _day(last.get(one.person.id), one, here) for one in found},
        next_one=next_one,
        bar=bar,
        chosen=chosen,
        all_mine=page.total if mine is listing and not page.is_cut else None,
        may_change=bool(changeable),
        changeable=changeable,
        today=max((local_date(now, practice.schedule.zone) for practice in here.values()), default=now.date()),
        note=note,
        notes=notes,
    )


def count_of(listing: Listing, asked: Filter) -> int:
    """Return how many fit, exactly, however many they are."""
    return len(listing.keys(asked.wanted)) if asked.wanted.is_narrowed else listing.counts[asked.part]


def _next(connection: Connection, listing: Listing, now: datetime) -> Standing | None:
    """Return who comes next when nobody needs attention."""
    found: Sequence[Key] = listing.page(Wanted(part=Part.OK)).keys[:1]
    return next(iter(standing.of_members(connection, found, now)), None)


def _day(at: datetime | None, found: Standing, here: Mapping[int, Practice]) -> date | None:
    """Return the day of a mail in the practice's own zone."""
    return local_date(at, here[found.practice_id].schedule.zone) if at else None
