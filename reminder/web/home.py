"""The first page of the admins: whether anything is wrong, what needs them, and what goes next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.jobs.estimate import estimated_by_day
from reminder.jobs.forecast import Forecast, forecast
from reminder.jobs.tick import LAST_TICK
from reminder.policy.coverage import COVERING_ROLES
from reminder.policy.model import AdminRole
from reminder.policy.moments import local_date
from reminder.policy.parts import Part
from reminder.policy.troubles import Matter, Severity
from reminder.store import coming, memberships, system
from reminder.store.backups import LAST_BACKUP
from reminder.store.listing import Listing
from reminder.web.days_ahead import DAYS, Week, weeks_ahead
from reminder.web.needs import needs_of_people, needs_of_queue
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.setup.steps import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from reminder.jobs.standing import Standing
    from reminder.policy.coverage import Coverage
    from reminder.store.practices import Practice
    from reminder.web.pages import Viewer

router = APIRouter()

MOST_SHOWN = 8
"""Things to do on the page; of more, the rest is a link away."""

EXACT_UP_TO = 250
"""Of so many people each mail is foretold within the time a page may take; of more they are counted by expiry date."""

MANY_OFFICIALS = 20
"""AOs and AMs of one practice; with more of them, coverage is no question of single people."""


@dataclass(frozen=True, kw_only=True)
class Coming:
    """What goes in the next 60 days. `next`: the first mails that go together, and whether that is today; none where
    mails are only counted.
    """

    weeks: list[Week]
    total: int
    is_exact: bool
    next: tuple[Forecast, ...] = ()
    is_today: bool = False


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Who can sign for a practice, and its AOs and AMs, the first to expire first."""

    practice: Practice
    coverage: Coverage
    officials: list[Standing]


@router.get("/")
def home(request: Request, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show how things stand in the practices of the viewer."""
    now = services.clock()
    troubles = request.state.troubles
    with services.store.read() as connection:
        listing = Listing(connection, viewer.practices, now)
        total, attention = listing.people[Part.EVERYBODY], listing.people[Part.ATTENTION]
        last, backup = (system.get_instant(connection, key) for key in (LAST_TICK, LAST_BACKUP))
        tasks = list(needs_of_queue(connection, viewer, system.hold(connection)))
        people = needs_of_people(connection, viewer, listing, now, MOST_SHOWN)
        needs = list(islice([*tasks, *people], MOST_SHOWN))
        return pages.show(
            request,
            "home.html",
            total=total,
            attention=attention,
            needs=needs,
            stopped=next((found for found in troubles if found.severity is Severity.STOPPED), None),
            good_until=coming.earliest_expiry(connection, viewer.practices),
            covers=list(_covers(connection, viewer.practices.values(), now)),
            coming=_coming(connection, viewer, now, total),
            to_do=steps(connection, pages) if AdminRole.OWNER in viewer.roles.values() else [],
            last=last,
            backup=backup,
            backup_is_late=any(found.matter is Matter.BACKUP for found in troubles),
            now=now,
            zone=next((practice.schedule.zone for practice in viewer.practices.values()), "UTC"),
        )


def _covers(connection: Connection, practices: Iterable[Practice], now: datetime) -> Iterator[Cover]:
    """Yield who can sign for each practice. One with very many AOs and AMs is looked at only if the daily check says
    that it is at risk: so many logins do not lapse unseen from one hour to the next.
    """
    looked_at = [
        practice
        for practice in practices
        if practice.at_risk or memberships.count(connection, practice.id, COVERING_ROLES) <= MANY_OFFICIALS
    ]
    officials = standing.officials(connection, [practice.id for practice in looked_at], now)
    for practice in looked_at:
        here = officials[practice.id]
        found = standing.coverage(here, standing.today_of(practice, now))
        first = sorted(here, key=standing.urgency)[:MANY_OFFICIALS]
        yield Cover(practice=practice, coverage=found, officials=first)


def _coming(connection: Connection, viewer: Viewer, now: datetime, people: int) -> Coming:
    """Return the coming 60 days: each mail, or of very many people how many on which day."""
    here = viewer.practices
    today = min((local_date(now, found.schedule.zone) for found in here.values()), default=now.date())
    if people > EXACT_UP_TO:
        by_day: Counter[date] = estimated_by_day(connection, here.values(), now, days=DAYS)
        return Coming(weeks=weeks_ahead(by_day, here.values(), today), total=by_day.total(), is_exact=False)
    mails = forecast(connection, now, days=DAYS, practice_ids=list(here)) if here else []
    by_day = Counter(mail.local.date() for mail in mails)
    return Coming(
        weeks=weeks_ahead(by_day, here.values(), today),
        total=len(mails),
        is_exact=True,
        next=tuple(mail for mail in mails if mail.at == mails[0].at),
        is_today=bool(mails) and mails[0].local.date() == local_date(now, mails[0].zone),
    )
