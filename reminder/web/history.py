"""The history: who did what to whom, and when, in the viewer's practices; filtered, taken back, exported."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from reminder.policy.model import AdminRole
from reminder.policy.moments import instant, local_date, zone_named
from reminder.roster.cells import guarded
from reminder.store import admins, journal, people
from reminder.store import messages as stored
from reminder.web import actions
from reminder.web.actors import actors_for
from reminder.web.pages import PagesDep, ServicesDep, Viewer, ViewerDep
from reminder.web.undoing import undos

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.events import Event
    from reminder.store.people import Person
    from reminder.web.actors import Actors

router = APIRouter()

SIZE = 50
"""Lines on one page."""

HEADINGS = ("When", "Practice", "Who", "What", "About", "Before", "After", "Action")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What is asked for: a person, what it is about, who did it, from and to which day."""

    q: str = ""
    group: str = ""
    who: str = ""
    since: str = ""
    until: str = ""


FilterDep = Annotated[Filter, Depends()]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the history, in words."""

    event: Event
    who: str
    what: str
    about: Person | None
    changes: list[tuple[str, str, str]]
    practice: str
    zone: str


@router.get("/history")
def history(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    asked: FilterDep,
    before: int | None = None,
) -> Response:
    """Show the latest lines, or those before the number of one."""
    now = services.clock()
    with services.store.read() as connection:
        found = journal.read(connection, _wanted(connection, viewer, asked), limit=SIZE + 1, before=before)
        lines = _lines(connection, viewer, found[:SIZE])
        takes_back = undos(connection, viewer, found[:SIZE], now)
        team = admins.of_practices(connection, list(viewer.practices)).values()
    return pages.show(
        request,
        "history.html",
        lines=lines,
        days={line.event.id: local_date(line.event.happened_at, line.zone) for line in lines},
        undos=takes_back,
        asked=asked,
        groups=actions.GROUPS,
        team={f"admin:{found.admin_id}": found.name for part in team for found in part},
        before=found[SIZE - 1].id if len(found) > SIZE else None,
        is_first=before is None,
    )


@router.get("/history.csv")
def export(services: ServicesDep, viewer: ViewerDep, asked: FilterDep) -> Response:
    """Return every line of the filter as a file; no cell of it runs as a formula."""
    headers = {"Content-Disposition": 'attachment; filename="history.csv"'}
    return StreamingResponse(_as_csv(services, viewer, asked), media_type="text/csv; charset=utf-8", headers=headers)


def _as_csv(services: Services, viewer: Viewer, asked: Filter) -> Iterator[bytes]:
    yield _row(HEADINGS).encode("utf-8-sig")
    with services.store.read() as connection:
        wanted = _wanted(connection, viewer, asked)
        before: int | None = None
        while found := journal.read(connection, wanted, limit=SIZE * 20, before=before):
            lines = _lines(connection, viewer, found)
            yield "".join(map(_cells, lines)).encode()
            before = found[-1].id


def _cells(line: Line) -> str:
    local = line.event.happened_at.astimezone(zone_named(line.zone))
    before = "; ".join(f"{name}: {old}" for name, old, _ in line.changes)
    after = "; ".join(f"{name}: {new}" for name, _, new in line.changes)
    about = line.about.name if line.about else ""
    when = local.isoformat(sep=" ", timespec="seconds")
    return _row((when, line.practice, line.who, line.what, about, before, after, line.event.action))


def _row(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([guarded(cell) for cell in cells])
    return text.getvalue()


def _wanted(connection: Connection, viewer: Viewer, asked: Filter) -> journal.Wanted:
    """Turn what was asked for into what is read; a day that is none asks for nothing."""
    zone = _zone(viewer)
    first, last = _day(asked.since), _day(asked.until)
    is_owner = AdminRole.OWNER in viewer.roles.values()
    team = admins.of_practices(connection, list(viewer.practices)).values() if is_owner else ()
    colleagues = {f"admin:{found.admin_id}" for part in team for found in part} | {f"admin:{viewer.admin.id}"}
    return journal.Wanted(
        practice_ids=list(viewer.practices),
        person_ids=stored.people_named(connection, viewer.practices, asked.q) if asked.q.strip() else None,
        actions=actions.in_group(asked.group) if asked.group in actions.GROUPS else None,
        actor=asked.who or None,
        since=instant(first, time(0), zone) if first else None,
        until=instant(last + timedelta(days=1), time(0), zone) if last else None,
        installation=actions.in_group("server") if is_owner else (),
        colleagues=colleagues,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _zone(viewer: Viewer) -> str:
    return next((practice.schedule.zone for practice in viewer.practices.values()), "UTC")


def _lines(connection: Connection, viewer: Viewer, events: Sequence[Event]) -> list[Line]:
    about = people.load(connection, {event.person_id for event in events if event.person_id})
    actors = actors_for(connection, viewer, about.values())
    former = _former_admins(connection, viewer, events)
    return [_line(viewer, event, about, actors, former) for event in events]


def _line(viewer: Viewer, event: Event, about: dict[int, Person], actors: Actors, former: dict[str, str]) -> Line:
    practice = viewer.practices.get(event.practice_id or 0)
    acted_here = practice is not None and event.actor in former
    return Line(
        event=event,
        who=former[event.actor] if acted_here else actors.name(event.actor),
        what=actions.sentence(event),
        about=about.get(event.person_id or 0),
        changes=actions.changes(event),
        practice=practice.name if practice else "",
        zone=practice.schedule.zone if practice else _zone(viewer),
    )


def _former_admins(connection: Connection, viewer: Viewer, events: Sequence[Event]) -> dict[str, str]:
    """Name who acted for one of the viewer's practices, even if they are no admin of it any more."""
    here = {event.actor for event in events if event.practice_id in viewer.practices}
    ids = {int(actor[6:]) for actor in here if actor.startswith("admin:") and actor[6:].isdecimal()}
    found = (admins.get(connection, key) for key in ids)
    return {f"admin:{one.id}": one.name for one in found if one is not None}
