"""One person: where they stand and how we know, what comes next, what happened, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.jobs.forecast import forecast_of_person
from reminder.jobs.staff import TAKE_BACK
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.policy.expiry import last_safe_on
from reminder.roster.fields import FieldError
from reminder.store import absences, imports, memberships, resets
from reminder.web.actors import actors_for
from reminder.web.forms import without_field
from reminder.web.pages import Pages, PagesDep, Viewer, ViewerDep
from reminder.web.people.timeline import source_words, timeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.errors import UsageError
    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.web.actors import Actors

router = APIRouter()

DONE = {
    "reset": "The reset is recorded. The next reminders follow the new date.",
    "known": "That date was known already. Nothing has changed.",
    "undo": "The last reset is taken back.",
    "pause": "The absence is noted.",
    "back": "The person counts as back.",
    "sent_now": "The mail goes out with the next pass, within a minute or two.",
    "edit": "The changes are saved.",
    "role": "The role is changed.",
    "join": "The person is registered there, too. They still get one mail per step.",
    "home": "The home is changed. Mails go by its plan from now on.",
    "returned": "The person is back with the same role. Their reminders go on.",
    "remove": "The person is removed and gets nothing more from this practice. Their history stays.",
}
"""What is said after something was done."""

NEXT_DAYS = 60
NEXT_SHOWN = 4
"""So many of the next mails tell enough; the schedule holds them all."""


@dataclass(frozen=True, kw_only=True)
class Attempted:
    """A form that could not be carried out: which one, what was typed, and why not; the page shows it open."""

    form: str
    error: UsageError
    at: str
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Return what is wrong and the cure."""
        return without_field(self.error)

    @property
    def field(self) -> str:
        """Return the field that is to be mended."""
        return self.error.field if isinstance(self.error, FieldError) else self.at


@dataclass(frozen=True, kw_only=True)
class Part:
    """The person's part in one of the viewer's practices."""

    practice: Practice
    member: memberships.Member
    is_home: bool
    may_change: bool
    may_return: bool


@router.get("/people/{person_id:int}")
def one(
    request: Request,
    person_id: int,
    pages: PagesDep,
    viewer: ViewerDep,
    done: str = "",
    open: str = "",  # noqa: A002 - the word in the address
) -> Response:
    """Show one person of the viewer's practices; anybody else does not exist. `open`: the form to be shown open."""
    return show_person(request, pages, viewer, person_id, note=DONE.get(done, ""), opened=open)


def show_person(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    person_id: int,
    *,
    note: str = "",
    opened: str = "",
    attempted: Attempted | None = None,
) -> Response:
    """Render one person, with what was done or why it could not be."""
    now = pages.services.clock()
    with pages.services.store.read() as connection:
        parts = parts_of(connection, viewer, person_id, now)
        found = standing.of_person(connection, person_id, [part.practice.id for part in parts], now)
        if found is None:
            raise HTTPException(404)
        person = found.person
        actors = actors_for(connection, viewer, [person])
        shown = {
            "found": found,
            "parts": parts,
            "known": _how_known(connection, person, viewer, actors),
            "coming": _coming(connection, person, viewer, now),
            "away": absences.in_force(connection, person_id),
            "history": timeline(connection, person, viewer, actors, _left_at(parts)),
        }
    present = [part for part in parts if part.member.left_at is None]
    return pages.show(
        request,
        "people/person.html",
        status=422 if attempted else 200,
        **shown,
        zone=zone_of(parts),
        present=present,
        may_change=any(part.may_change for part in present),
        may_edit=any(part.is_home and part.may_change for part in present),
        others=[
            practice
            for key, practice in viewer.practices.items()
            if viewer.may_change(key) and key not in {part.practice.id for part in present}
        ],
        last_safe_on=last_safe_on(person.expires_on) if person.expires_on else None,
        refusal=_refusal(person),
        note=note,
        opened=attempted.form if attempted else opened,
        attempted=attempted,
        next_shown=NEXT_SHOWN,
    )


def parts_of(connection: Connection, viewer: Viewer, person_id: int, now: datetime) -> list[Part]:
    """Return the person's parts in the viewer's practices, the home first, those they have left last."""
    every = memberships.all_of(connection, person_id)
    parts = [_part(viewer, member, now) for member in every if member.practice_id in viewer.practices]
    return sorted(parts, key=lambda part: (part.member.left_at is not None, not part.is_home))


def _part(viewer: Viewer, member: memberships.Member, now: datetime) -> Part:
    practice = viewer.practices[member.practice_id]
    may_change = viewer.may_change(practice.id)
    return Part(
        practice=practice,
        member=member,
        is_home=member.person.home_id == practice.id,
        may_change=may_change,
        may_return=may_change and member.left_at is not None and now - member.left_at <= TAKE_BACK,
    )


def _left_at(parts: list[Part]) -> datetime | None:
    """Return when somebody left the last of the viewer's practices; None while they are in one."""
    moments = [part.member.left_at for part in parts if part.member.left_at is not None]
    return max(moments) if len(moments) == len(parts) and moments else None


def zone_of(parts: list[Part]) -> str:
    """Return by whose clocks times are told: the home's if it is the viewer's, else the first practice's."""
    return parts[0].practice.schedule.zone


def _how_known(connection: Connection, person: Person, viewer: Viewer, actors: Actors) -> dict[str, Any] | None:
    """Say how the date is known, when that was recorded, and whether the viewer may take it back."""
    reset = resets.current(connection, person.id)
    if reset is None:
        return None
    lists = imports.named(connection, [reset.import_id or 0], viewer.practices)
    mine = [key for key in (person.home_id, reset.practice_id) if key is not None and viewer.may_change(key)]
    return {"source": source_words(reset, lists, actors), "at": reset.recorded_at, "may_undo": bool(mine)}


def _coming(connection: Connection, person: Person, viewer: Viewer, now: datetime) -> list[Any] | None:
    """Return the next mails to the person; None if they are sent by a practice that is not the viewer's."""
    if person.home_id is not None and person.home_id not in viewer.practices:
        return None
    return forecast_of_person(connection, person.id, now, days=NEXT_DAYS)


def _refusal(person: Person) -> str:
    """Return in plain words why mail to the first address came back; empty while it is taken."""
    if person.email_refused_at is None:
        return ""
    reply = person.email_refused_reply or ""
    return in_plain_words(Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, reply=reply))
