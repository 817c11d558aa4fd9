"""Every mail as it would read now: as text and HTML, in the dark and on a phone, for anybody on the list; and to oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from reminder.errors import UsageError
from reminder.jobs.preview_sending import note_preview, send_preview
from reminder.jobs.previewing import compose_preview, show
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.redaction import without_links
from reminder.mail.transport import Outcome
from reminder.policy.model import Kind
from reminder.store import messages, people
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.practice.changing import changeable
from reminder.web.security import MAIL_POLICY

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.store.people import Person
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

LOOKS = {"light": "Light", "dark": "Dark"}
WIDTHS = {"wide": "Wide", "phone": "Phone"}

DARK = "@media (prefers-color-scheme: dark)"
"""How a mail asks whether its reader likes it dark: the preview answers for it."""

MOST_NAMED = 20
"""So many people are offered when several fit what was typed."""

DONE = {"sent": "Sent to your own address. It is marked [Test] and its links do nothing."}


@router.get("/settings/mails")
def mails(request: Request, pages: PagesDep, viewer: ViewerDep, practice: int = 0) -> Response:
    """List every kind of mail."""
    return pages.show(request, "practice/mails.html", practice=viewer.practice(practice), kinds=list(Kind))


@router.get("/settings/mails/{kind}")
def mail(
    request: Request,
    kind: str,
    pages: PagesDep,
    viewer: ViewerDep,
    practice: int = 0,
    person: int = 0,
    q: str = "",
    look: str = "light",
    width: str = "wide",
    done: str = "",
) -> Response:
    """Show a mail of a kind as it would read now for somebody on the list, or for an invented person."""
    found = viewer.practice(practice)
    chosen = {"look": look if look in LOOKS else "light", "width": width if width in WIDTHS else "wide", "q": q}
    return _page(request, pages, viewer, _kind(kind), found, person, chosen, note=DONE.get(done, ""))


@router.get("/settings/mails/{kind}/html")
def as_html(
    kind: str, services: ServicesDep, viewer: ViewerDep, practice: int = 0, person: int = 0, look: str = "light"
) -> Response:
    """Return the HTML of the mail for its frame; it may do nothing."""
    found = viewer.practice(practice)
    data, _ = _written(services, _kind(kind), found, _person(services, found, person))
    html = without_links(show(data, "html")).replace(DARK, "@media all" if look == "dark" else "@media not all")
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


@router.post("/settings/{practice_id:int}/mails/{kind}")
def send_to_me(
    request: Request,
    practice_id: int,
    kind: str,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    person: Text = "",
) -> Response:
    """Send the mail to the viewer's own address, marked as a test."""
    practice = changeable(viewer, practice_id)
    wanted, number = _kind(kind), int(person) if person.isdecimal() else 0
    who = _person(services, practice, number)
    _, fits = _written(services, wanted, practice, who)
    problem = ""
    try:
        with services.store.write() as connection:
            actor, now = f"admin:{viewer.admin.id}", services.clock()
            note_preview(connection, wanted, practice, actor=actor, now=now)
    except UsageError as error:
        problem = str(error)
    else:
        verdict = send_preview(services, wanted, practice, who if fits else None, viewer.admin.email)
        if verdict.outcome is not Outcome.ACCEPTED:
            said = f"{verdict.code or ''} {verdict.reply}".strip()
            problem = f"The mail server did not take it. {in_plain_words(verdict)} It said: {said}"
    if problem:
        chosen = {"look": "light", "width": "wide", "q": ""}
        return _page(request, pages, viewer, wanted, practice, number, chosen, error=problem, status=422)
    return pages.redirect(f"/settings/mails/{wanted}?practice={practice.id}&person={number}&done=sent")


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise HTTPException(404)
    return Kind(text)


def _person(services: Services, practice: Practice, number: int) -> Person | None:
    """Return who the mail is for: somebody at home in this practice, since other practices send their own."""
    if not number:
        return None
    with services.store.read() as connection:
        found = people.get(connection, number)
    if found is None or found.home_id != practice.id:
        raise HTTPException(404)
    return found


def _written(services: Services, kind: Kind, practice: Practice, person: Person | None) -> tuple[bytes, bool]:
    """Write the mail; False: this person gets no such mail today, so it is the one to an invented person."""
    with services.store.read() as connection:
        if person is not None:
            try:
                return compose_preview(connection, services, kind, practice, person), True
            except UsageError:
                pass
        return compose_preview(connection, services, kind, practice, None), person is None


def _page(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    kind: Kind,
    practice: Practice,
    number: int,
    chosen: dict[str, str],
    *,
    note: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    person = _person(pages.services, practice, number)
    named = _named(pages.services, practice, chosen["q"])
    if person is None and len(named) == 1:
        person = named[0]
    data, fits = _written(pages.services, kind, practice, person)
    own = {"practice": practice.id, "person": person.id if person else 0}
    return pages.show(
        request,
        "practice/mail.html",
        status=status,
        kind=kind,
        practice=practice,
        person=person,
        named=named,
        fits=fits,
        text=without_links(show(data, "text")),
        subject=_subject(data),
        looks=LOOKS,
        widths=WIDTHS,
        chosen=chosen,
        query=urlencode(own),
        may_change=viewer.may_change(practice.id),
        note=note,
        error=error,
    )


def _named(services: Services, practice: Practice, q: str) -> list[Person]:
    """Return the people at home in the practice who fit what was typed."""
    if not q.strip():
        return []
    with services.store.read() as connection:
        found = people.load(connection, messages.people_named(connection, [practice.id], q))
    return [one for one in found.values() if one.home_id == practice.id][:MOST_NAMED]


def _subject(data: bytes) -> str:
    from email import message_from_bytes, policy

    return str(message_from_bytes(data, policy=policy.default)["Subject"])
