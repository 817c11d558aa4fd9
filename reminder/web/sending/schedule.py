"""The next sixty days: what will be sent, to whom and why, by the same functions that send."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs.forecast import forecast
from reminder.policy.moments import zone_named
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep

router = APIRouter()

DAYS = 60


@router.get("/schedule")
def schedule(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep, today: str = "") -> Response:
    """Show the forecast by days; `today` simulates another day as today."""
    try:
        from_on = date.fromisoformat(today) if today else None
    except ValueError:
        from_on = None
    with services.store.read() as connection:
        keys = list(viewer.practices)
        mails = forecast(connection, services.clock(), days=DAYS, practice_ids=keys, from_on=from_on) if keys else []
    local = [(mail, mail.at.astimezone(zone_named(mail.zone))) for mail in mails]
    days = [(day, list(group)) for day, group in groupby(local, key=lambda entry: entry[1].date())]
    return pages.show(request, "sending/schedule.html", days=days, total=len(mails), today=today if from_on else "")
