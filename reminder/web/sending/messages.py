"""What waits, what was sent, what could not be and what may not have arrived; and whom no mail reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs.releasing import last_leaves
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.model import AdminRole
from reminder.store import messages as stored
from reminder.store import people, system
from reminder.store.messages import Box
from reminder.web.pages import MAY_CHANGE, PagesDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from reminder.store.people import Person
    from reminder.web.pages import Viewer

router = APIRouter()

SIZE = 50
"""Mails on one page."""

UNREACHABLE = "unreachable"
TABS = {
    Box.OUTBOX: "Outbox",
    Box.SENT: "Sent",
    Box.FAILED: "Failed",
    Box.IN_DOUBT: "In doubt",
    UNREACHABLE: "Cannot be reached",
    Box.ALL: "All",
}
"""The boxes, and the people whom no mail reaches, as they are called on the page."""

DONE = {
    "released": "Released. The mails go with the next pass.",
    "resent": "It goes with the next pass.",
    "resent-all": "They go with the next pass.",
    "gone": "Nothing was sent again: it had gone already, or was called off meanwhile.",
}


@router.get("/messages")
def messages(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    box: str = "",
    q: str = "",
    after: str = "",
    done: str = "",
) -> Response:
    """Show one box of the viewer's practices, or the people whom no mail reaches; unasked, the box that needs a look."""
    now = services.clock()
    with services.store.read() as connection:
        counts = {str(key): count for key, count in stored.counts(connection, viewer.practices).items()}
        counts[UNREACHABLE] = stored.unreachable_count(connection, viewer.practices)
        held = system.hold(connection)
        tab = box if box in TABS else _needs_a_look(counts, is_held=held is not None)
        content = (
            _unreachable(connection, viewer, after)
            if tab == UNREACHABLE
            else _mails(connection, viewer, Box(tab), q.strip(), after)
        )
        last_at = last_leaves(connection, services.limits, now) if tab == Box.OUTBOX and counts[tab] else None
    return pages.show(
        request,
        "sending/messages.html",
        tabs=TABS,
        tab=tab,
        counts=counts,
        held=held,
        now=now,
        q=q,
        is_first=not after,
        last_at=last_at,
        limits=services.limits,
        zone=next((practice.schedule.zone for practice in viewer.practices.values()), "UTC"),
        may_change={key for key, role in viewer.roles.items() if role in MAY_CHANGE},
        is_owner=AdminRole.OWNER in viewer.roles.values(),
        note=DONE.get(done, ""),
        **content,
    )


def _needs_a_look(counts: Mapping[str, int], *, is_held: bool) -> str:
    troubles = [tab for tab in (Box.FAILED, Box.IN_DOUBT) if counts[tab]]
    return troubles[0] if troubles and not is_held else Box.OUTBOX


def _mails(connection: Connection, viewer: Viewer, box: Box, q: str, after: str) -> dict[str, Any]:
    who = stored.people_named(connection, viewer.practices, q) if q else None
    page = stored.page(connection, box, viewer.practices, size=SIZE, after=after, person_ids=who)
    named = people.load(connection, {row.person_id for row in page.rows if row.person_id})
    failed = stored.failed_kinds(connection, _changeable(viewer)) if box is Box.FAILED else {}
    return {"rows": page.rows, "named": named, "after": page.after, "failed_kinds": failed, "refused": []}


def _unreachable(connection: Connection, viewer: Viewer, after: str) -> dict[str, Any]:
    start = int(after) if after.isdecimal() else 0
    found, last = stored.unreachable(connection, viewer.practices, size=SIZE, after=start)
    refused = [(person, _meaning(person)) for person in found]
    return {"rows": [], "named": {}, "after": last, "failed_kinds": {}, "refused": refused}


def _meaning(person: Person) -> str:
    reply = person.email_refused_reply or ""
    return in_plain_words(Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, reply=reply))


def _changeable(viewer: Viewer) -> list[int]:
    return [key for key, role in viewer.roles.items() if role in MAY_CHANGE]
