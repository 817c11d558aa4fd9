"""Tries a way to send out by a form, and keeps it once its test has arrived. In the first run and in the settings."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder import installation
from reminder.errors import UsageError
from reminder.jobs.mail_trial import Trial, try_out
from reminder.mail.outgoing import Outgoing, TypedError, outgoing, provider_of, secret_in, typed_of
from reminder.mail.providers import PROVIDERS
from reminder.roster.fields import email_address
from reminder.settings import Settings
from reminder.web.pages import PagesDep, ProvedDep, ServicesDep, SettingsDep
from reminder.web.setup.mail import Place, PlaceDep, owned, save
from reminder.web.setup.steps import frame

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.mail.providers import Provider
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

DRAFT_LIFE = timedelta(hours=1)
"""How long what was tried out can still be kept."""


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed into a provider's form; `draft`: sealed, what was tried out last."""

    sender: Text = ""
    tenant: Text = ""
    client_id: Text = ""
    host: Text = ""
    security: Text = ""
    port: Text = ""
    user: Text = ""
    secret: Text = ""
    to: Text = ""
    draft: Text = ""


@router.post("/setup/mail/keep")
@router.post("/settings/mail/keep")
def keep(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    settings: SettingsDep,
    viewer: ProvedDep,
    place: PlaceDep,
    draft: Text = "",
    answer: Text = "",
) -> Response:
    """Keep what was tried out, if its test arrived or the viewer says so; else say what may have become of it."""
    owned(viewer)
    tried = _opened(services, viewer, draft)
    if tried is None:
        return pages.redirect(place.path)
    if answer not in {"yes", "anyway"}:
        return _result(request, pages, viewer, place, tried)
    out = tried.outgoing
    wanted = {name: value for name, value in asdict(out).items() if not settings.is_locked(name)}
    save(services, settings, viewer, wanted)
    return pages.redirect(place.then)


@router.get("/setup/mail/{key}")
@router.get("/settings/mail/{key}")
def form(
    request: Request, key: str, pages: PagesDep, settings: SettingsDep, viewer: ProvedDep, place: PlaceDep
) -> Response:
    """Show what one way to send needs."""
    owned(viewer)
    provider = _provider(key, settings)
    with pages.services.store.read() as connection:
        now = installation.in_force(connection, settings)
    typed = typed_of(now.mail_url, now.mail_from) if provider_of(now.mail_url) is provider else {}
    keeps = bool(typed and secret_in(now.mail_url))
    typed.setdefault("sender", viewer.admin.email)
    return _form(request, pages, viewer, place, provider, typed, keeps_secret=keeps)


@router.post("/setup/mail/{key}")
@router.post("/settings/mail/{key}")
def try_it(
    request: Request,
    key: str,
    pages: PagesDep,
    services: ServicesDep,
    settings: SettingsDep,
    viewer: ProvedDep,
    place: PlaceDep,
    typed: Annotated[Typed, Depends()],
) -> Response:
    """Send a test by what was typed, and tell step by step how far it came; nothing is kept."""
    practice, provider = owned(viewer), _provider(key, settings)
    tried = _opened(services, viewer, typed.draft)
    with services.store.read() as connection:
        now = installation.in_force(connection, settings)
    present = tried.outgoing.mail_url if tried and tried.key == key else now.mail_url
    try:
        out = outgoing(provider, asdict(typed), present)
        to = _recipient(typed.to)
    except TypedError as error:
        return _form(request, pages, viewer, place, provider, asdict(typed), error=error)
    sender = now.mail_from if settings.is_locked("mail_from") else out.mail_from
    trial = try_out(services, practice, to, mail_url=out.mail_url, sender=sender)
    tried = Tried(key=key, outgoing=out, to=to, was_taken=trial.was_taken)
    if trial.was_taken:
        return _result(request, pages, viewer, place, tried, trial=trial)
    return _form(request, pages, viewer, place, provider, asdict(typed), tried=tried, trial=trial)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What was tried out and waits for its answer. It travels sealed through the page: nothing is kept meanwhile."""

    key: str
    outgoing: Outgoing
    to: str
    was_taken: bool


def _sealed(services: Services, viewer: Viewer, tried: Tried) -> str:
    text = json.dumps({**asdict(tried), "at": services.clock().isoformat()})
    return services.box.seal(text, _purpose(viewer))


def _opened(services: Services, viewer: Viewer, draft: str) -> Tried | None:
    """Return what was tried out by this viewer within the last hour."""
    text = services.box.open(draft, _purpose(viewer)) if draft else None
    if text is None:
        return None
    found = json.loads(text)
    if services.clock() - datetime.fromisoformat(found.pop("at")) > DRAFT_LIFE:
        return None
    return Tried(**{**found, "outgoing": Outgoing(**found["outgoing"])})


def _purpose(viewer: Viewer) -> str:
    return f"mail-draft/{viewer.admin.id}"


def _provider(key: str, settings: Settings) -> Provider:
    if key not in PROVIDERS or settings.is_locked("mail_url"):
        raise HTTPException(404)
    return PROVIDERS[key]


def _recipient(text: str) -> str:
    try:
        return email_address(text, "to", personal=False)
    except UsageError:
        words = f"Send the test to: {text!r} is no e-mail address; write one like you@practice.com."
        name = "to"
        raise TypedError(name, words) from None


def _form(
    request: Request,
    pages: Pages,
    viewer: Viewer,
    place: Place,
    provider: Provider,
    typed: dict[str, str],
    *,
    error: TypedError | None = None,
    tried: Tried | None = None,
    trial: Trial | None = None,
    keeps_secret: bool = False,
) -> Response:
    """Show a provider's form; after a test that was refused, with how far it came."""
    values: dict[str, Any] = {
        "base": place.path,
        "provider": provider,
        "typed": {**{one.name: one.default for one in provider.fields}, "to": viewer.admin.email, **_filled(typed)},
        "draft": _sealed(pages.services, viewer, tried) if tried else typed.get("draft", ""),
        "keeps_secret": keeps_secret or bool(tried and secret_in(tried.outgoing.mail_url)),
        "error": error,
        "trial": trial,
    }
    status = 422 if error else 200
    return pages.show(request, "setup/mail-form.html", status=status, **frame(pages, viewer, place.path), **values)


def _filled(typed: dict[str, str]) -> dict[str, str]:
    """Return what was typed, but for the secret, which no page shows again."""
    return {name: text for name, text in typed.items() if text and name != "secret"}


def _result(
    request: Request, pages: Pages, viewer: Viewer, place: Place, tried: Tried, *, trial: Trial | None = None
) -> Response:
    """Ask whether a test arrived that the server took; without `trial` it did not, and the usual causes are told."""
    values: dict[str, Any] = {
        "base": place.path,
        "tried": tried,
        "draft": _sealed(pages.services, viewer, tried),
        "trial": trial,
    }
    return pages.show(request, "setup/mail-result.html", **frame(pages, viewer, place.path), **values)
