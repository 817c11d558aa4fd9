"""The days on which nothing goes: weekends, federal holidays, and the days on which the practice is closed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.practice_edit import PracticeEdit
from reminder.policy.business_days import ONE_DAY, holiday_names
from reminder.policy.moments import local_date
from reminder.web.forms import typed_day
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.practice.changing import change, changeable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

LONGEST = timedelta(days=366)
"""No practice is closed for longer at a stretch; such a range is a slip of the year."""

DONE = {
    "closed": "Saved. The mails of these days go out before them.",
    "opened": "Saved. Mails go on these days again.",
}


@router.get("/settings/calendar")
def calendar(
    request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0, year: int = 0, done: str = ""
) -> Response:
    """Show the closures of a practice, and the federal holidays of a year."""
    return _page(request, pages, viewer, viewer.practice(practice), year=year, note=DONE.get(done, ""))


@router.post("/settings/{practice_id:int}/calendar")
def set_calendar(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    close: Text = "",
    close_to: Text = "",
    reopen: Text = "",
    reopen_to: Text = "",
) -> Response:
    """Add days on which the practice is closed, one or from a day to another, or take some back."""
    practice = changeable(viewer, practice_id)

    def again(error: str, field: str) -> Response:
        typed = {"close": close, "close_to": close_to}
        return _page(request, pages, viewer, practice, error=error, field=field, typed=typed, status=422)

    try:
        days = _days(reopen, reopen_to) if reopen else _days(close, close_to)
    except UsageError as error:
        return again(str(error), "close_to" if close_to and "last day" in str(error) else "close")
    wanted = PracticeEdit(reopen=days) if reopen else PracticeEdit(close=days)
    then = f"/settings/calendar?practice={practice.id}&done={'opened' if reopen else 'closed'}"
    return change(pages, viewer, practice, wanted, then=then, field="close", again=again)


def _days(first: str, last: str) -> tuple[date, ...]:
    """Return the days from one to another; raise UsageError for two that cannot be."""
    begin = typed_day(first, "Choose the day on which you are closed.")
    end = typed_day(last, "Choose the last day, or leave it empty for one day.") if last.strip() else begin
    if not begin <= end <= begin + LONGEST:
        message = f"The last day is {end}, but the first one is {begin}. Choose a last day within a year after it."
        raise UsageError(message)
    return tuple(begin + ONE_DAY * number for number in range((end - begin).days + 1))


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: Practice,
    *,
    year: int = 0,
    note: str = "",
    error: str = "",
    field: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    today = local_date(pages.services.clock(), practice.schedule.zone)
    shown = year if today.year - 1 <= year <= today.year + 5 else today.year
    ranges = _ranges(practice.schedule.closures)
    return pages.show(
        request,
        "practice/calendar.html",
        status=status,
        practice=practice,
        coming=[(first, last) for first, last in ranges if last >= today],
        past=[(first, last) for first, last in ranges if last < today],
        holidays=dict(sorted(holiday_names(shown).items())),
        year=shown,
        this_year=today.year,
        may_change=viewer.may_change(practice.id),
        note=note,
        error=error,
        field=field,
        typed=typed or {"close": "", "close_to": ""},
    )


def _ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return days as first and last of each stretch without a gap."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + ONE_DAY == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
