"""The next sixty days: what will be sent, to whom and why, by the same functions that send."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.forecast import Forecast, forecast
from reminder.jobs.skipping import skipped_ahead
from reminder.policy.business_days import WEEKEND
from reminder.policy.model import Kind
from reminder.policy.moments import local_date
from reminder.store import people
from reminder.web.days_ahead import DAYS, weeks_ahead
from reminder.web.forms import typed_day
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.sending.why import why

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

SHOWN = 100
"""Mails on one page of the list."""

KINDS = (Kind.WARNING, Kind.EXPIRED, Kind.ASK, Kind.ESCALATION, Kind.DIGEST, Kind.COVERAGE)
"""The kinds that can be looked for."""

DONE = {
    "skipped": "Skipped. This one mail will not go; the later ones stay.",
    "instead": "Skipped. An older reminder that had not gone yet takes its place.",
    "taken-back": "The mail goes after all.",
}
LAST_SKIPPED = "Skipped. Now no mail goes out before the password expires."
"""What is said after a skip; the last one is a warning."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What of the schedule is looked at. `today`: another day as today, as it was typed."""

    practice: int = 0
    kind: str = ""
    q: str = ""
    today: str = ""

    def query(self, **more: object) -> str:
        """Return the address's part after the question mark that shows the same again."""
        chosen = {name: value for name, value in {**vars(self), **more}.items() if value}
        return urlencode(chosen)

    def fit(self, mail: Forecast) -> bool:
        """Tell whether a mail is looked for."""
        said = f"{mail.person or ''} {mail.to}".casefold()
        return (self.kind in ("", mail.kind)) and all(word in said for word in self.q.casefold().split())


FiltersDep = Annotated[Filters, Depends(Filters)]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One mail of the list. `skipped_by`: who skipped it; `is_last`: no other goes before the password expires."""

    mail: Forecast
    skipped_by: str | None = None
    is_last: bool = False

    @property
    def may_skip(self) -> bool:
        """Tell whether this is a mail of a ladder."""
        return self.mail.step is not None and self.mail.expires_on is not None


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What the viewer's practices would send, and what is skipped."""

    today: date
    mails: list[Forecast] = field(default_factory=list)
    skipped: list[tuple[Forecast, str]] = field(default_factory=list)

    def lines(self, wanted: Filters) -> list[Line]:
        """Return the mails that are looked for, skipped ones among them, in the order of time."""
        before = Counter(mail.person_id for mail in self.mails if is_before_expiry(mail))
        lines = [
            Line(mail=mail, is_last=is_before_expiry(mail) and before[mail.person_id] == 1)
            for mail in self.mails
            if wanted.fit(mail)
        ]
        lines += [Line(mail=mail, skipped_by=by) for mail, by in self.skipped if wanted.fit(mail)]
        return sorted(lines, key=lambda line: (line.mail.local.date(), line.mail.at))


def is_before_expiry(mail: Forecast) -> bool:
    """Tell whether a mail about a clock goes while its reader can still sign in for certain."""
    return mail.expires_on is not None and mail.local.date() < mail.expires_on


def look_ahead(connection: Connection, viewer: Viewer, wanted: Filters, now: datetime) -> Ahead:
    """Return the schedule of the viewer's practices; raise UsageError for a simulated day that is none."""
    keys = _practice_ids(viewer, wanted)
    from_on = typed_day(wanted.today, "Choose the day that is to count as today.") if wanted.today else None
    today = from_on or min((local_date(now, viewer.practices[key].schedule.zone) for key in keys), default=now.date())
    if not keys:
        return Ahead(today=today)
    return Ahead(
        today=today,
        mails=forecast(connection, now, days=DAYS, practice_ids=keys, from_on=from_on),
        skipped=[] if from_on else skipped_ahead(connection, keys, now),
    )


def _practice_ids(viewer: Viewer, wanted: Filters) -> list[int]:
    if wanted.practice and wanted.practice not in viewer.practices:
        raise HTTPException(404)
    return [wanted.practice] if wanted.practice else list(viewer.practices)


@router.get("/schedule")
def schedule(
    request: Request,
    pages: PagesDep,
    viewer: ViewerDep,
    wanted: FiltersDep,
    day: str = "",
    start: int = 0,
    done: str = "",
) -> Response:
    """Show the coming mails by days; `day` or `start` is where to begin."""
    return show_schedule(request, pages, viewer, wanted, day=day, start=start, done=done)


def show_schedule(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    wanted: Filters,
    *,
    day: str = "",
    start: int = 0,
    done: str = "",
    error: str = "",
) -> Response:
    """Render the schedule, with what was done or why it could not be."""
    with pages.services.store.read() as connection:
        now = pages.services.clock()
        try:
            ahead = look_ahead(connection, viewer, wanted, now)
        except UsageError as problem:
            error, wanted = str(problem), Filters(practice=wanted.practice, kind=wanted.kind, q=wanted.q)
            ahead = look_ahead(connection, viewer, wanted, now)
        lines = ahead.lines(wanted)
        first = _first(lines, day, start)
        shown = lines[first : first + SHOWN]
        names = _names(connection, shown)
    going = [line.mail for line in lines if line.skipped_by is None]
    practices = [viewer.practices[key] for key in _practice_ids(viewer, wanted)]
    weeks = weeks_ahead(Counter(mail.local.date() for mail in going), practices, ahead.today)
    closed = {day.on: day.closed for week in weeks for day in week.days if day.closed and day.closed != WEEKEND}
    return pages.show(
        request,
        "sending/schedule.html",
        status=422 if error else 200,
        wanted=wanted,
        days=_days(shown, closed, names, viewer.practices),
        weeks=weeks,
        total=len(ahead.mails),
        going=len(going),
        skipped=len(lines) - len(going),
        first=first,
        until=first + len(shown),
        lines=len(lines),
        size=SHOWN,
        kinds=KINDS,
        note=DONE.get(done, ""),
        warning=LAST_SKIPPED if done == "last" else "",
        error=error,
    )


def _first(lines: list[Line], day: str, start: int) -> int:
    """Return with which line to begin: the first of a day, if one is named, else the `start`-th."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return min(max(start, 0), max(len(lines) - 1, 0))
    return next((number for number, line in enumerate(lines) if line.mail.local.date() >= wanted), len(lines))


def _names(connection: Connection, lines: Iterable[Line]) -> dict[int, str]:
    """Return the names of those whom mails to the admins are about."""
    found = people.load(connection, {key for line in lines for key in line.mail.about})
    return {key: person.name for key, person in found.items()}


def _days(
    lines: list[Line], closed: Mapping[date, str], names: Mapping[int, str], homes: Mapping[int, Practice]
) -> list[dict[str, Any]]:
    """Return the lines by days, each with its reason; between them the days on which nothing goes because of a holiday
    or a closure.
    """
    days = {
        on: [(line, why(line.mail, homes[line.mail.practice_id].schedule, names)) for line in group]
        for on, group in groupby(lines, key=lambda line: line.mail.local.date())
    }
    if days:
        days |= {on: [] for on in closed if min(days) < on < max(days) and on not in days}
    return [{"on": on, "lines": days[on], "closed": closed.get(on)} for on in sorted(days)]
