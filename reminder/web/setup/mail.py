"""How mail is sent: choose a way, fill in what it needs, try it, keep it. In the first run and in the settings alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder import installation
from reminder.errors import UsageError
from reminder.jobs.mail_trial import Trial, probe_soon, try_out
from reminder.mail.outgoing import TypedError, provider_of
from reminder.mail.providers import PROVIDERS
from reminder.policy.model import AdminRole
from reminder.settings import LOCKING, Origin, Settings, variable
from reminder.web.account.visitors import keep_session
from reminder.web.pages import PagesDep, ProvedDep, ServicesDep, SettingsDep, ViewerDep
from reminder.web.setup.steps import frame

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

DONE = {
    "saved": "Saved. The next mails go out this way.",
    "addresses": "Saved.",
}

LOCKED = {
    Origin.ENVIRONMENT: "Set by your server ({variable}). It can be changed there only.",
    Origin.FILE: "Set by your server (reminder.toml). It can be changed there only.",
    Origin.DEMO: "Set by the demo: its mails stay on this machine.",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the mail server is set up: the path, and where its owner goes once it is."""

    path: str
    then: str


PLACES = {
    "setup": Place(path="/setup/mail", then="/setup/people"),
    "settings": Place(path="/settings/mail", then="/settings/mail?done=saved"),
}


def _place(request: Request) -> Place:
    return PLACES[request.url.path.split("/")[1]]


PlaceDep = Annotated[Place, Depends(_place)]


def owned(viewer: Viewer) -> Practice:
    """Return a practice that the viewer owns, in whose name a test goes; the mail server is for owners only."""
    for key, role in viewer.roles.items():
        if role is AdminRole.OWNER:
            return viewer.practices[key]
    raise HTTPException(403, "look only")


@router.get("/setup/mail")
@router.get("/settings/mail")
def choose(
    request: Request, pages: PagesDep, settings: SettingsDep, viewer: ViewerDep, place: PlaceDep, done: str = ""
) -> Response:
    """Show the ways to send, and what holds now."""
    owned(viewer)
    return _choose(request, pages, settings, viewer, place, note=DONE.get(done, ""))


def _choose(
    request: Request,
    pages: Pages,
    settings: Settings,
    viewer: Viewer,
    place: Place,
    *,
    note: str = "",
    error: TypedError | None = None,
    typed: dict[str, str] | None = None,
    trial: Trial | None = None,
) -> Response:
    services = pages.services
    with services.store.read() as connection:
        now = installation.in_force(connection, settings)
    groups = [(name, list(found)) for name, found in groupby(PROVIDERS.values(), key=lambda one: one.group)]
    return pages.show(
        request,
        "setup/mail.html",
        status=422 if error else 200,
        **frame(pages, viewer, place.path),
        base=place.path,
        then=place.then,
        groups=groups,
        in_use=provider_of(now.mail_url),
        server=services.transport.describe(),
        is_set_up=services.installation.is_set_up,
        held=now,
        locked={name: _locked(settings, name) for name in ("mail_url", "mail_from", *ADDRESSES)},
        unreadable=now.origin("mail_url") is Origin.UNREADABLE,
        presets=LIMIT_NAMES,
        typed=typed or {name: getattr(now, name) for name in ADDRESSES},
        note=note,
        error=error,
        trial=trial,
        to=viewer.admin.email,
    )


def _locked(settings: Settings, name: str) -> str:
    """Return the words for a setting that the server has set; empty for one that can be changed here."""
    origin = settings.origin(name)
    return LOCKED[origin].format(variable=variable(name)) if origin in LOCKING else ""


ADDRESSES = ("public_url", "mail_limit", "alert_email")
"""What stands beside the mail server in the settings."""

LIMIT_NAMES = {"": "None", "microsoft365": "Microsoft 365", "google": "Google Workspace", "ses": "Amazon SES"}


@router.post("/settings/mail/addresses")
def save_addresses(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    settings: SettingsDep,
    viewer: ProvedDep,
    public_url: Text = "",
    mail_limit: Text = "",
    alert_email: Text = "",
) -> Response:
    """Keep the address of these pages, the sending limits and the alert address."""
    owned(viewer)
    typed = {"public_url": public_url.strip(), "mail_limit": mail_limit.strip(), "alert_email": alert_email.strip()}
    wanted = {name: value for name, value in typed.items() if not settings.is_locked(name)}
    secret = request.cookies.get(pages.cookie, "")
    try:
        save(services, settings, viewer, wanted)
    except UsageError as refused:
        name, _, words = str(refused).splitlines()[0].partition(": ")
        error = TypedError(name, f"{words[:1].upper()}{words[1:]}.")
        return _choose(request, pages, settings, viewer, PLACES["settings"], error=error, typed=typed)
    # The name of the cookie follows the public address: whoever changes it stays signed in.
    return keep_session(pages, pages.redirect("/settings/mail?done=addresses"), secret)


def save(services: Services, settings: Settings, viewer: Viewer, values: dict[str, str]) -> None:
    """Keep settings, and let them hold from now on; raise UsageError, and keep none, for one that cannot be."""
    now = services.clock()
    with services.store.write() as connection:
        changed = installation.save(connection, settings, values, actor=f"admin:{viewer.admin.id}", now=now)
        if "mail_url" in changed or "mail_from" in changed:
            probe_soon(connection, now)
    services.refresh()


@router.post("/settings/mail/test")
def test_present(
    request: Request, pages: PagesDep, services: ServicesDep, settings: SettingsDep, viewer: ViewerDep
) -> Response:
    """Send the viewer a test through the mail server that holds now."""
    trial = try_out(services, owned(viewer), viewer.admin.email)
    return _choose(request, pages, settings, viewer, PLACES["settings"], trial=trial)
