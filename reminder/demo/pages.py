"""The demo's own page: the mails that were caught, and the clock that can be moved."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response

from reminder.demo.story import live_through
from reminder.policy.moments import zone_named
from reminder.store import outbox, people

if TYPE_CHECKING:
    from reminder.demo.clock import MovableClock
    from reminder.jobs.services import Services
    from reminder.web.pages import Pages

router = APIRouter()

MOST_DAYS = 60
SHOWN = 100


def _parts(request: Request) -> tuple[Pages, Services, MovableClock]:
    state = request.app.state
    return state.pages, state.services, state.demo_clock


@router.get("/demo")
def mails(request: Request) -> Response:
    """Show the mails that were caught, the latest first."""
    pages, services, clock = _parts(request)
    with services.store.read() as connection:
        request.state.viewer = pages.viewer(connection, request)
        sent = [row for row in outbox.history(connection, limit=SHOWN * 3) if row.sent_at is not None][:SHOWN]
        names = {
            key: person.name
            for key, person in people.load(connection, {r.person_id for r in sent if r.person_id}).items()
        }
    now = clock().astimezone(zone_named("America/Chicago"))
    links = {
        row.id: services.links.confirm(row.person_id, row.cycle_on.isoformat(), row.recipient)
        for row in sent
        if row.kind in outbox.CLOCK and row.person_id and row.cycle_on
    }
    return pages.show(
        request,
        "demo.html",
        now=now,
        mails=sorted(sent, key=lambda row: row.sent_at, reverse=True),
        names=names,
        links=links,
    )


@router.post("/demo/forward")
def forward(request: Request, days: Annotated[int, Form()] = 1) -> Response:
    """Move the clock on and let the days in between happen."""
    pages, services, clock = _parts(request)
    live_through(services, clock, clock() + timedelta(days=max(1, min(days, MOST_DAYS))))
    return pages.redirect("/demo")
