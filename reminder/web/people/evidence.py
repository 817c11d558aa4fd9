"""Evidence for the files of a practice: who was reminded when, what they answered, who was told; to print or as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from reminder.errors import UsageError
from reminder.mail.wording import longdate
from reminder.policy.model import Kind
from reminder.policy.moments import instant, local_date, zone_named
from reminder.roster.cells import guarded
from reminder.store import evidence, imports, people
from reminder.web import words
from reminder.web.actors import actors_for
from reminder.web.forms import typed_day
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.people.person import parts_of, zone_of
from reminder.web.people.timeline import moment_of, source_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.imports import Import
    from reminder.store.outbox import Reminder
    from reminder.store.people import Person
    from reminder.store.resets import Reset
    from reminder.web.actors import Actors
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

USUAL_DAYS = 365
SHOWN = 1000
"""Lines on the page; the file holds them all."""

HEADINGS = ("When", "Person", "What", "Outcome or source", "Sent to")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that is proven: when, about whom, what, how it went or how we know, to which address."""

    at: datetime
    who: str
    what: str
    how: str
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a report is about: one person, or everybody in a practice; by whose clocks, and where it leads back to."""

    title: str
    back: str
    zone: str
    practice_ids: list[int]
    person: Person | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The days that were asked for, as they stand in the address, and whether as a file."""

    first: str = ""
    last: str = ""
    file: str = ""

    def days(self, today: date) -> tuple[date, date]:
        """Return the first and last day, by default the last year; raise UsageError for what is no day."""
        last = typed_day(self.last, "Choose the last day of the report.") if self.last else today
        usual = last - timedelta(days=USUAL_DAYS)
        first = typed_day(self.first, "Choose the first day of the report.") if self.first else usual
        if last < first:
            message = "The report ends before it begins. Swap the two days."
            raise UsageError(message)
        return first, last


AskedDep = Annotated[Asked, Depends()]


@router.get("/people/{person_id:int}/evidence")
def of_person(
    request: Request, person_id: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, asked: AskedDep
) -> Response:
    """Show what is proven about one person in the viewer's practices; `file=csv`: as a file."""
    with services.store.read() as connection:
        parts = parts_of(connection, viewer, person_id, services.clock())
    if not parts:
        raise HTTPException(404)
    person = parts[0].member.person
    mine = [part.practice.id for part in parts]
    back = f"/people/{person_id}"
    scope = Scope(title=person.name, back=back, zone=zone_of(parts), practice_ids=mine, person=person)
    return _report(request, pages, viewer, scope, asked)


@router.get("/evidence")
def of_practice(request: Request, pages: PagesDep, viewer: ViewerDep, asked: AskedDep, practice: int = 0) -> Response:
    """Show what is proven about everybody in a practice; `file=csv`: as a file."""
    where = viewer.practice(practice)
    scope = Scope(title=where.name, back="/people", zone=where.schedule.zone, practice_ids=[where.id])
    return _report(request, pages, viewer, scope, asked)


def _report(request: Request, pages: Pages, viewer: Viewer, scope: Scope, asked: Asked) -> Response:
    """Show a report or hand it over as a file; say what is wrong with the days that were asked for."""
    today = local_date(pages.services.clock(), scope.zone)
    error = ""
    try:
        first, last = asked.days(today)
    except UsageError as refused:
        error, (first, last) = str(refused), Asked().days(today)
    if asked.file == "csv" and not error:
        headers = {"Content-Disposition": f'attachment; filename="evidence-{today}.csv"'}
        parts = _as_csv(pages.services, viewer, scope, (first, last))
        return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)
    with pages.services.store.read() as connection:
        lines = _lines(connection, viewer, scope, (first, last), limit=SHOWN + 1)
    return pages.show(
        request,
        "people/evidence.html",
        status=422 if error else 200,
        scope=scope,
        lines=lines[:SHOWN],
        is_cut=len(lines) > SHOWN,
        first=asked.first or first,
        last=asked.last or last,
        today=today,
        error=error,
    )


def _lines(
    connection: Connection, viewer: Viewer, scope: Scope, days: tuple[date, date], limit: int | None = None
) -> list[Line]:
    """Return the lines of a report in the order of time, the first `limit` or all of them."""
    since, until = (instant(day, time(0), scope.zone) for day in (days[0], days[1] + timedelta(days=1)))
    about = scope.person.id if scope.person else None
    mails = evidence.mails(connection, scope.practice_ids, since, until, person_id=about, limit=limit)
    resets = evidence.resets(connection, scope.practice_ids, since, until, person_id=about, limit=limit)
    named = {row.person_id for row in mails if row.person_id is not None} | {row.person_id for row in resets}
    everybody = people.load(connection, named)
    actors = actors_for(connection, viewer, everybody.values())
    lists = imports.named(connection, {row.import_id for row in resets if row.import_id is not None}, viewer.practices)
    told = [row for row in mails if row.kind is not Kind.ESCALATION or about is None or about in _named_in(row)]
    lines = [
        *(_reset_line(row, everybody[row.person_id].name, lists, actors) for row in resets),
        *(_mail_line(row, everybody) for row in told),
    ]
    return sorted(lines, key=lambda line: line.at)[:limit]


def _named_in(row: Reminder) -> set[int | None]:
    """Return whom an escalation names, by their numbers; those of the first release name no numbers."""
    return {found.get("id") for found in (row.content or {}).get("people", ())}


def _mail_line(row: Reminder, everybody: Mapping[int, Person]) -> Line:
    about = everybody.get(row.person_id or 0)
    names = [about.name] if about else [found["name"] for found in (row.content or {}).get("people", ())]
    return Line(
        at=moment_of(row),
        who=", ".join(names),
        what=words.KINDS[row.kind],
        how=words.state_words(row),
        to=row.recipient,
    )


def _reset_line(row: Reset, name: str, lists: Mapping[int, Import], actors: Actors) -> Line:
    day = longdate(row.reset_on.isoformat())
    if row.undoes_id is not None:
        return Line(at=row.recorded_at, who=name, what=f"Reset of {day} taken back", how=actors.name(row.recorded_by))
    return Line(at=row.recorded_at, who=name, what=f"Reset on {day}", how=source_words(row, lists, actors))


def _as_csv(services: Services, viewer: Viewer, scope: Scope, days: tuple[date, date]) -> Iterator[bytes]:
    """Write the report as CSV in UTF-8, a month at a time, with the mark without which Excel breaks accents."""
    yield _rows([HEADINGS]).encode("utf-8-sig")
    first, last = days
    with services.store.read() as connection:
        while first <= last:
            until = min(first + timedelta(days=30), last)
            lines = _lines(connection, viewer, scope, (first, until))
            yield _rows(_cells(line, scope.zone) for line in lines).encode()
            first = until + timedelta(days=1)


def _cells(line: Line, zone: str) -> tuple[str, ...]:
    """Return the cells of a line; none can run as a formula."""
    at = line.at.astimezone(zone_named(zone)).isoformat(timespec="seconds")
    return (at, *map(guarded, (line.who, line.what, line.how, line.to)))


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
