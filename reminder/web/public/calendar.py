"""A person's private calendar: one all-day entry that moves by itself with each reset."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import confirm
from reminder.policy.expiry import last_safe_on
from reminder.web.pages import ServicesDep

if TYPE_CHECKING:
    from reminder.jobs.confirm import Visit

router = APIRouter()


@router.get("/calendar/{token}.ics")
def feed(request: Request, token: str, services: ServicesDep, download: str | None = None) -> Response:
    """Return the calendar; `?download` as a file."""
    with services.store.read() as connection:
        seen = confirm.visit(connection, services.links.read(token), services.clock())
    if seen is None:
        raise HTTPException(404)
    data = calendar_of(seen)
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if download is not None:
        headers["Content-Disposition"] = 'attachment; filename="ia-password.ics"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="text/calendar; charset=utf-8", headers=headers)


def calendar_of(seen: Visit) -> bytes:
    """Write the calendar: the same UID for ever, a higher SEQUENCE with each reset, no time stamp of the moment."""
    from icalendar import Alarm, Calendar, Event  # noqa: PLC0415, RUF100 - takes an eighth of a second

    calendar = Calendar()
    calendar.add("prodid", "-//reminder//I&A password//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "I&A password")
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    if seen.person.expires_on is not None and seen.reset is not None:
        day = last_safe_on(seen.person.expires_on)
        event = Event()
        event.add("uid", f"person-{seen.person.id}@reminder")
        event.add("sequence", seen.reset.id)
        event.add("dtstamp", seen.reset.recorded_at)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", "Last safe day to reset your I&A password (PECOS, NPPES)")
        event.add("description", "Type nppes.cms.hhs.gov/IAWeb or use your own bookmark.")
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", "I&A password: last safe day tomorrow")
        alarm.add("trigger", timedelta(hours=-16))
        event.add_component(alarm)
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data
