"""The bar under the staff table: what is done to many people at once, to all of them or to nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import bulk
from reminder.policy.model import Absence
from reminder.web.forms import typed_day, without_field
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.people.asking import ASKS, ask_first
from reminder.web.people.choosing import Choice, ChoiceError, after, by_home, by_viewer
from reminder.web.people.filters import Filter
from reminder.web.people.table import Bar, show_table

if TYPE_CHECKING:
    from datetime import date

    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]
Act = Callable[[bulk.By, Sequence[int]], int]


@router.post("/people/bulk")
def do_to_many(
    request: Request,
    pages: PagesDep,
    viewer: ViewerDep,
    who: Annotated[list[str] | None, Form()] = None,
    everyone: Annotated[bool, Form()] = False,
    view: Text = "",
    act: Text = "",
    reset_on: Text = "",
    from_on: Text = "",
    to_on: Text = "",
) -> Response:
    """Record a reset or an absence at once; before removing or sending ask first. The button pressed says which."""
    choice = Choice(asked=Filter.read(view), everyone=everyone, who=who or [])
    typed = {"reset_on": reset_on, "from_on": from_on, "to_on": to_on}
    try:
        if act in ASKS:
            return ask_first(request, pages, viewer, choice, act)
        if act not in ACTS:
            raise HTTPException(404)
        return _carry_out(pages, viewer, choice, ACTS[act](typed))
    except UsageError as error:
        bar = Bar(
            everyone=everyone,
            ticked=frozenset(choice.who),
            typed=typed,
            wrong=getattr(error, "field", "reset_on" if act == "reset" else "to_on"),
            error=without_field(error),
        )
        return show_table(request, pages, viewer, choice.asked, bar, status=422)


def _record_reset(typed: dict[str, str]) -> Act:
    day = _day(typed, "reset_on", "Choose the day of the reset.")
    return lambda by, ids: bulk.record_resets(by, ids, day)


def _pause(typed: dict[str, str]) -> Act:
    first = _day(typed, "from_on", "Choose the first day away.")
    last = _day(typed, "to_on", "Choose the last day away, or leave it empty.") if typed["to_on"].strip() else None
    return lambda by, ids: bulk.pause(by, ids, Absence(from_on=first, to_on=last))


ACTS: dict[str, Callable[[dict[str, str]], Act]] = {"reset": _record_reset, "pause": _pause}
"""What is done at once, by the button's value; it can be taken back."""


def _day(typed: dict[str, str], name: str, complaint: str) -> date:
    try:
        return typed_day(typed[name], complaint)
    except UsageError as error:
        raise ChoiceError(name, str(error)) from None


def _carry_out(pages: Pages, viewer: Viewer, choice: Choice, act: Act) -> Response:
    """Do it for everybody chosen, in one transaction, and lead to the note that says for how many."""
    now = pages.services.clock()
    with pages.services.store.write() as connection:
        chosen = by_home(connection, choice.keys(connection, viewer, now))
        numbers = [act(by_viewer(connection, viewer, key, now), ids) for key, ids in chosen.items()]
    return pages.redirect(after(choice.asked, numbers))
