"""Asks before many people are removed or mailed: how many exactly, who, who is left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import bulk
from reminder.jobs.previewing import compose_preview, show
from reminder.jobs.sending_now import Why, send_now, sort_out
from reminder.mail.redaction import without_links
from reminder.store import people
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.people.choosing import Choice, after, by_home, by_viewer, grouped
from reminder.web.people.filters import Filter
from reminder.web.people.table import Bar, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.sending_now import Going
    from reminder.jobs.services import Services
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

ASKS = ("remove", "send")
"""What is asked about first, by the button's value."""

NAMED = 20
"""So many names show whether the right people were chosen."""

LEFT_OUT = {
    Why.LEFT: "Left the practice",
    Why.ELSEWHERE: "Mailed by another practice",
    Why.AWAY: "Away today",
    Why.UNREACHABLE: "Cannot be reached by mail",
    Why.MAILED_TODAY: "Mailed today already",
    Why.ON_ITS_WAY: "Get the planned mail today anyway",
}
"""Why some get no mail although they were chosen."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is about to be done: to whom by name, who is left out by reason, and how the first mail reads."""

    names: list[str]
    left_out: Mapping[str, list[str]]
    preview: str = ""
    trial: bool = False

    @property
    def count(self) -> int:
        """Return for how many something would be done."""
        return len(self.names)


def ask_first(request: Request, pages: Pages, viewer: Viewer, choice: Choice, act: str, *, seen: int = -1) -> Response:
    """Show what would be done, for how many and for whom; `seen`: the count on an earlier page that holds no more."""
    now = pages.services.clock()
    with pages.services.store.read() as connection:
        question = _question(connection, pages.services, viewer, choice, act, now)
    return pages.show(
        request,
        f"people/ask-{act}.html",
        status=200 if seen < 0 else 422,
        question=question,
        choice=choice,
        shown=NAMED,
        changed=seen >= 0,
    )


def _question(
    connection: Connection, services: Services, viewer: Viewer, choice: Choice, act: str, now: datetime
) -> Question:
    keys = choice.keys(connection, viewer, now, any_number=act == "send")
    if act == "remove":
        known = people.load(connection, {key.person_id for key in keys})
        return Question(names=[known[key.person_id].name for key in keys], left_out={})
    going: list[Going] = []
    left_out: dict[str, list[str]] = {}
    for practice_id, ids in by_home(connection, keys).items():
        result = sort_out(connection, ids, practice_id, now)
        going += result.going
        for why, found in result.left_out.items():
            left_out.setdefault(LEFT_OUT[why], []).extend(who.name for who in found)
    preview = ""
    if going:
        first = going[0]
        data = compose_preview(connection, services, first.kind, first.home, first.person)
        preview = without_links(show(data, "text"))
    names = [one.person.name for one in going]
    return Question(names=names, left_out=left_out, preview=preview, trial=any(one.home.is_trial for one in going))


@router.post("/people/bulk/{act}")
def carry_out(
    request: Request,
    act: str,
    pages: PagesDep,
    viewer: ViewerDep,
    who: Annotated[list[str] | None, Form()] = None,
    everyone: Annotated[bool, Form()] = False,
    view: Annotated[str, Form()] = "",
    count: Annotated[int, Form()] = 0,
) -> Response:
    """Do what was asked about, if it is still about as many people; else ask again."""
    if act not in ASKS:
        raise HTTPException(404)
    choice = Choice(asked=Filter.read(view), everyone=everyone, who=who or [])
    now = pages.services.clock()
    try:
        with pages.services.store.write() as connection:
            question = _question(connection, pages.services, viewer, choice, act, now)
            if question.count == count:
                numbers = (_remove if act == "remove" else _send)(connection, viewer, choice, now)
                return pages.redirect(after(choice.asked, numbers))
    except UsageError as error:
        bar = Bar(everyone=everyone, ticked=frozenset(choice.who), wrong="who", error=str(error))
        return show_table(request, pages, viewer, choice.asked, bar, status=422)
    return ask_first(request, pages, viewer, choice, act, seen=count)


def _remove(connection: Connection, viewer: Viewer, choice: Choice, now: datetime) -> list[int]:
    chosen = grouped(choice.keys(connection, viewer, now))
    return [bulk.remove(by_viewer(connection, viewer, key, now), ids) for key, ids in chosen.items()]


def _send(connection: Connection, viewer: Viewer, choice: Choice, now: datetime) -> list[int]:
    chosen = by_home(connection, choice.keys(connection, viewer, now, any_number=True))
    actor = f"admin:{viewer.admin.id}"
    return [send_now(connection, ids, practice_id=key, actor=actor, now=now)[0] for key, ids in chosen.items()]
