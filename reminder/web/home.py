"""The first page of the admins: whether anything is wrong, and who needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.jobs.forecast import forecast
from reminder.jobs.tick import LAST_TICK
from reminder.policy.model import AdminRole, Status
from reminder.store import system
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.setup.steps import steps

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.jobs.standing import Standing
    from reminder.web.pages import Viewer

router = APIRouter()

MOST_SHOWN = 8
NEEDS_ATTENTION = (Status.EXPIRED, Status.DUE, Status.UNKNOWN)


@router.get("/")
def home(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show how things stand in the practices of the viewer."""
    now = services.clock()
    with services.store.read() as connection:
        everybody = {key: standing.of_practice(connection, key, now) for key in viewer.practices}
        last = system.get_instant(connection, LAST_TICK)
        coming = _coming(connection, services, viewer)
        to_do = steps(connection, pages) if AdminRole.OWNER in viewer.roles.values() else []
    coverage = {
        practice.name: standing.coverage(everybody[key], standing.today_of(practice, now))
        for key, practice in viewer.practices.items()
    }
    people = {found.person.id: found for members in everybody.values() for found in members}
    attention = sorted(filter(needs_attention, people.values()), key=urgency)
    return pages.show(
        request,
        "home.html",
        total=len(people),
        attention=attention,
        shown=attention[:MOST_SHOWN],
        coverage=coverage,
        coming=coming,
        to_do=to_do,
        last=last,
        now=now,
        next_expiry=min((f.person.expires_on for f in people.values() if f.person.expires_on), default=None),
    )


def _coming(connection: Connection, services: Services, viewer: Viewer) -> list[dict[str, object]]:
    """Return how many mails go on each of the coming days."""
    if not viewer.practices:
        return []
    by_day: dict[str, int] = {}
    for mail in forecast(connection, services.clock(), days=14, practice_ids=list(viewer.practices)):
        day = str(mail.as_json()["at"])[:10]
        by_day[day] = by_day.get(day, 0) + 1
    return [{"day": day, "count": count} for day, count in list(by_day.items())[:5]]


def needs_attention(found: Standing) -> bool:
    """Tell whether somebody is to be looked after."""
    return found.status in NEEDS_ATTENTION or found.is_unreachable or found.lapses_while_away


def urgency(found: Standing) -> tuple[bool, int, str]:
    """Order by the days left; who has none comes last."""
    return (found.days_left is None, found.days_left or 0, found.person.name)
