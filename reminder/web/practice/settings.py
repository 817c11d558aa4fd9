"""The settings at a glance: each decision with what holds now, and its own small page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.policy.model import DEFAULT_LADDER, AdminRole
from reminder.store import admins, memberships, people
from reminder.web.pages import PagesDep, ViewerDep

router = APIRouter()

LADDERS = {
    "gentle": ("Gentle", "14,3,0"),
    "standard": ("Standard", "14,7,3,1,0"),
    "strict": ("Strict", "30,21,14,10,7,5,3,2,1,0"),
}
"""Plans to choose from, by name: what they are called, and their days before expiry."""

DONE = {
    "mode": "Saved. Who gets the mails has changed.",
    "names": "Saved.",
    "times": "Saved. The coming mails follow the new time.",
    "plan": "Saved. The next 60 days follow the new plan.",
    "escalation": "Saved.",
}


@router.get("/settings")
def settings(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0, done: str = "") -> Response:
    """Show the settings of one practice, the first one unasked."""
    found = viewer.practice(practice)
    with pages.services.store.read() as connection:
        team = admins.of_practices(connection, [found.id]).get(found.id, [])
        told = people.get(connection, found.escalate_to) if found.escalate_to else None
        members = memberships.count(connection, found.id)
    return pages.show(
        request,
        "practice/settings.html",
        practice=found,
        plan=LADDERS.get(chosen_plan(found.schedule.ladder), ("Our own", ""))[0],
        before=[step for step in found.schedule.ladder if step >= 0],
        closures=sorted(found.schedule.closures),
        told=told,
        members=members,
        team=team,
        is_owner=viewer.roles[found.id] is AdminRole.OWNER,
        note=DONE.get(done, ""),
    )


def chosen_plan(ladder: tuple[int, ...]) -> str:
    """Return which plan a ladder is; `own` if it is none of ours."""
    before = ",".join(str(step) for step in ladder if step >= 0)
    after = tuple(step for step in ladder if step < 0)
    return next((key for key, (_, days) in LADDERS.items() if days == before and after == DEFAULT_LADDER[5:]), "own")
