"""A practice's own words in the mails to its people, with the mail as it would read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from reminder.errors import UsageError
from reminder.jobs.practice_edit import PracticeEdit, edit_practice, own_words_of
from reminder.jobs.previewing import compose_preview, show
from reminder.policy.model import Kind
from reminder.roster.fields import FieldError
from reminder.store.practices import OwnWords
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.security import MAIL_POLICY

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

DONE = {
    "saved": "Saved. The next mails say it in your words.",
    "reset": "Saved. The next mails say it in our words again.",
}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The four texts as they stand in the fields."""

    greeting: str = ""
    sign_off: str = ""
    contact_line: str = ""
    paragraph: str = ""

    def checked(self) -> OwnWords:
        """Return them as they may stand in a mail; raise UsageError naming the field that may not."""
        return own_words_of(**asdict(self))


@router.get("/settings/wording")
def wording(
    request: Request,
    pages: PagesDep,
    viewer: ViewerDep,
    typed: Annotated[Typed, Depends()],
    practice: int = 0,
    done: str = "",
    look: str = "",
) -> Response:
    """Show a practice's own words with a mail that holds them; `look`: what is typed, and nothing is saved."""
    found = viewer.practice(practice)
    if look:
        return _page(request, pages, viewer, found, typed, note="This is how it would read. Nothing is saved yet.")
    return _page(request, pages, viewer, found, _present(found), note=DONE.get(done, ""))


@router.get("/settings/wording/mail")
def mail(services: ServicesDep, viewer: ViewerDep, typed: Annotated[Typed, Depends()], practice: int = 0) -> Response:
    """Return the HTML of the example mail for its frame; it may do nothing."""
    try:
        own = typed.checked()
    except UsageError:
        raise HTTPException(422) from None
    html = show(_example(services, viewer.practice(practice), own), "html")
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


@router.post("/settings/{practice_id:int}/wording")
def save(
    request: Request,
    practice_id: int,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    greeting: Text = "",
    sign_off: Text = "",
    contact_line: Text = "",
    paragraph: Text = "",
) -> Response:
    """Keep the practice's own words; all fields empty: ours again."""
    typed = Typed(greeting=greeting, sign_off=sign_off, contact_line=contact_line, paragraph=paragraph)
    practice = viewer.practice(practice_id)
    if not viewer.may_change(practice_id):
        raise HTTPException(403, "look only")
    try:
        own = typed.checked()
    except UsageError as error:
        return _page(request, pages, viewer, practice, typed, error=error, status=422)
    with services.store.write() as connection:
        actor, now = f"admin:{viewer.admin.id}", services.clock()
        edit_practice(connection, practice, PracticeEdit(own_words=own), actor=actor, now=now)
    return pages.redirect(f"/settings/wording?practice={practice_id}&done={'reset' if own == OwnWords() else 'saved'}")


def _present(practice: Practice) -> Typed:
    return Typed(**{name: text or "" for name, text in asdict(practice.own_words).items()})


def _example(services: Services, practice: Practice, own: OwnWords) -> bytes:
    with services.store.read() as connection:
        return compose_preview(connection, services, Kind.WARNING, replace(practice, own_words=own), None)


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    practice: Practice,
    typed: Typed,
    *,
    note: str = "",
    error: UsageError | None = None,
    status: int = 200,
) -> Response:
    """Show the form with the example mail; what may not stand in a mail is explained at its field."""
    own = practice.own_words
    try:
        own = typed.checked()
    except UsageError as refused:
        error, note, status = refused, "", 422
    return pages.show(
        request,
        "practice/wording.html",
        status=status,
        practice=practice,
        typed=typed,
        query=urlencode({"practice": practice.id, **asdict(typed if error is None else _present(practice))}),
        text=show(_example(pages.services, practice, own), "text"),
        may_change=viewer.may_change(practice.id),
        is_own=practice.own_words != OwnWords(),
        note=note,
        problem=error.problem if isinstance(error, FieldError) else "",
        field=error.field if isinstance(error, FieldError) else "",
    )
