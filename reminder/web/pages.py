"""Renders pages, and knows who is looking at them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reminder import facts
from reminder.errors import UnreachableError
from reminder.jobs.services import Services
from reminder.jobs.signing_in import IDLE_LIFE, SEEN_EVERY, hash_of, is_proved
from reminder.mail.links import is_local
from reminder.mail.wording import longdate, shortdate
from reminder.policy.model import AdminRole
from reminder.policy.phrases import days_phrase
from reminder.resources import resource_dir
from reminder.settings import Settings
from reminder.store import admins, practices, sessions
from reminder.web import words
from reminder.web.alerts import alerts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.condition import Lookout
    from reminder.policy.troubles import Trouble
    from reminder.store.practices import Practice
    from reminder.store.sessions import Session

MAY_CHANGE = frozenset({AdminRole.OWNER, AdminRole.EDITOR})
"""The roles that may change anything; a viewer may look."""


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The admin who is signed in, and the practices they may see."""

    admin: admins.Admin
    roles: dict[int, AdminRole]
    practices: dict[int, Practice]
    session: Session | None = None
    """None in the demo, which signs its visitor in by itself."""

    @property
    def place(self) -> str:
        """Name where the viewer is: their practice, or how many they look after."""
        names = [practice.name for practice in self.practices.values()]
        return names[0] if len(names) == 1 else f"{len(names)} practices"

    @property
    def zone(self) -> str:
        """Return the time zone in which the viewer reads: that of their first practice."""
        return next((practice.schedule.zone for practice in self.practices.values()), "UTC")

    def practice(self, wanted: int = 0) -> Practice:
        """Return the practice asked for, the first of them without; one that is not the viewer's does not exist."""
        found = self.practices.get(wanted or next(iter(self.practices), 0))
        if found is None:
            raise HTTPException(404)
        return found

    def may_change(self, practice_id: int) -> bool:
        """Tell whether the viewer is owner or editor of a practice."""
        return self.roles.get(practice_id) in MAY_CHANGE


@cache
def templates() -> Environment:
    """Return the pages' templates; each is compiled once a process."""
    environment = Environment(
        loader=FileSystemLoader(resource_dir("templates") / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "longdate": lambda day: longdate(str(day)),
        "shortdate": lambda day: shortdate(str(day)),
        "role_name": facts.ROLE_NAMES.__getitem__,
        "kind_words": words.KINDS.__getitem__,
        "state_words": words.state_words,
        "reason_words": words.reason_words,
        "local_moment": words.local_moment,
        "dated_moment": words.dated_moment,
        "clock_time": words.clock_time,
        "ago": words.ago,
    }
    environment.globals |= {"facts": facts, "days_phrase": days_phrase}
    return environment


class Pages:
    """The templates and what every page shows."""

    def __init__(self, lookout: Lookout, *, signed_in_as: int | None = None) -> None:
        """Take who knows what is wrong; `signed_in_as`: the admin whom the demo signs in by itself."""
        self.lookout, self.services, self.signed_in_as = lookout, lookout.services, signed_in_as

    @property
    def is_demo(self) -> bool:
        """Tell whether this is the demo, whose mails are caught on purpose."""
        return self.signed_in_as is not None

    def troubles(self) -> list[Trouble]:
        """Return what is wrong."""
        return self.lookout.look()

    @property
    def secure(self) -> bool:
        """Tell whether the pages are reached over https, by the public address that holds now."""
        return urlsplit(self.services.links.base).scheme == "https"

    @property
    def insecure_warning(self) -> bool:
        """Tell whether names and addresses travel in the open."""
        return not self.secure and not is_local(self.services.links.base)

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie; with https it is bound to this host."""
        return "__Host-session" if self.secure else "session"

    def show(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - whatever the page shows
        """Render a page."""
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        shared = {
            "path": request.url.path,
            "viewer": viewer,
            "place": viewer.place if viewer else "reminder",
            "alerts": getattr(request.state, "alerts", ()),
            "demo": self.is_demo,
            "insecure_warning": self.insecure_warning,
        }
        text = templates().get_template(template).render({**shared, **values})
        return HTMLResponse(text, status_code=status)

    def redirect(self, path: str) -> Response:
        """Send the browser to another of our pages."""
        return RedirectResponse(path, status_code=303)

    def viewer(self, connection: Connection, request: Request) -> Viewer | None:
        """Return who is signed in."""
        session = self.session(connection, request)
        if session is not None and session.needs_code:
            return None
        admin_id = session.admin_id if session else self.signed_in_as
        found = admins.get(connection, admin_id) if admin_id is not None else None
        if found is None:
            return None
        roles = admins.practices_of(connection, found.id)
        return Viewer(admin=found, roles=roles, practices=practices.load(connection, roles), session=session)

    def session(self, connection: Connection, request: Request) -> Session | None:
        """Return the session of the browser, also one whose admin has still to give a code."""
        secret = request.cookies.get(self.cookie)
        if not secret:
            return None
        return sessions.find(connection, hash_of(secret), self.services.clock(), IDLE_LIFE)


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _viewer(request: Request) -> Viewer:
    """Require a signed-in admin; anybody else is sent to the sign-in page."""
    pages = _pages(request)
    with pages.services.store.read() as connection:
        found = pages.viewer(connection, request)
        if found is None:
            waiting = pages.session(connection, request)
            raise HTTPException(303, headers={"Location": "/sign-in/code" if waiting else "/sign-in"})
    request.state.troubles = pages.troubles()
    request.state.alerts = alerts(
        request.state.troubles, found.practices.values(), is_owner=AdminRole.OWNER in found.roles.values()
    )
    request.state.viewer = found
    _note_use(pages, found.session)
    return found


def _note_use(pages: Pages, session: Session | None) -> None:
    """Keep a session from running out. While the database takes no writes, the pages still answer."""
    now = pages.services.clock()
    if session is not None and now - session.seen_at >= SEEN_EVERY:
        with suppress(UnreachableError), pages.services.store.write() as connection:
            sessions.touch(connection, session.token_hash, now)


def _proved(request: Request, viewer: ViewerDep) -> Viewer:
    """Require an admin who proved lately who they are; anybody else is asked, and then led on to a page.

    That is the page asked for. What was posted is not kept: its sender is led to the page one step above it.
    """
    now = _pages(request).services.clock()
    if viewer.session is None or is_proved(viewer.session, now):
        return viewer
    path = request.url.path
    then = f"{path}?{request.url.query}" if request.method == "GET" and request.url.query else path
    if request.method != "GET":
        then = path.rpartition("/")[0]
    raise HTTPException(303, headers={"Location": f"/account/prove?then={quote(then)}"})


PagesDep = Annotated[Pages, Depends(_pages)]
ServicesDep = Annotated[Services, Depends(_services)]
SettingsDep = Annotated[Settings, Depends(_settings)]
"""The settings the server was started with; `installation.in_force` lays what was saved on a page under them."""

ViewerDep = Annotated[Viewer, Depends(_viewer)]
ProvedDep = Annotated[Viewer, Depends(_proved)]
"""For what is sensitive: the password, the second factor, roles, the mail server, one's own address."""
