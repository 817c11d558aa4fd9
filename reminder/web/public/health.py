"""Whether the product works, for machines that watch it."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import JSONResponse

from reminder.errors import ReminderError
from reminder.jobs.tick import LAST_TICK
from reminder.store import system
from reminder.web.pages import ServicesDep

router = APIRouter()

YOUNG = timedelta(minutes=5)
"""A pass runs each minute; one that is older than this is missing."""


@router.get("/healthz")
def healthz(services: ServicesDep) -> JSONResponse:
    """Answer 200 while the database takes a write and the last pass is young; told from the database alone."""
    try:
        now = services.clock()
        with services.store.write() as connection:
            system.put(connection, "health_checked_at", now.isoformat())
            last = system.get_instant(connection, LAST_TICK)
    except ReminderError as error:
        return JSONResponse({"status": "down", "reason": str(error)}, status_code=503)
    if last is None or now - last > YOUNG:
        age = "never ran" if last is None else f"ran last at {last.isoformat(timespec='seconds')}"
        return JSONResponse({"status": "down", "reason": f"the reminders' pass {age}"}, status_code=503)
    return JSONResponse({"status": "ok", "last_pass": last.isoformat(timespec="seconds")})
