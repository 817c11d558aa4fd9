"""The first pages of an empty installation: the code that the program printed, then the practice and its owner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder import installation
from reminder.errors import UsageError
from reminder.jobs import first_run, passwords, signing_in
from reminder.jobs.first_run import Opening
from reminder.policy.moments import zone_named
from reminder.roster.fields import FieldError, email_address, person_name, plain_text
from reminder.settings import Settings, variable
from reminder.settings_checks import problem
from reminder.web.account.visitors import VisitorDep, keep_session
from reminder.web.pages import PagesDep, ServicesDep, SettingsDep
from reminder.web.setup.steps import frame

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.web.pages import Pages

router = APIRouter()

Text = Annotated[str, Form()]

COOKIE = "setup"
"""Holds the code between its page and the next; it is worth nothing once the first owner exists."""

ZONES = (
    ("America/New_York", "Eastern (New York, Atlanta, Detroit)"),
    ("America/Chicago", "Central (Chicago, Dallas, Nashville)"),
    ("America/Denver", "Mountain (Denver, Boise, Albuquerque)"),
    ("America/Phoenix", "Arizona (Phoenix)"),
    ("America/Los_Angeles", "Pacific (Los Angeles, Seattle, Las Vegas)"),
    ("America/Anchorage", "Alaska (Anchorage)"),
    ("Pacific/Honolulu", "Hawaii (Honolulu)"),
    ("America/Puerto_Rico", "Atlantic (Puerto Rico, U.S. Virgin Islands)"),
    ("Pacific/Guam", "Chamorro (Guam, Northern Marianas)"),
    ("Pacific/Pago_Pago", "Samoa (American Samoa)"),
)
"""The time zones of the United States by names that people know."""


@cache
def other_zones() -> list[str]:
    """Return every other place's zone, by name."""
    known = {name for name, _ in ZONES}
    return sorted(name for name in available_timezones() if "/" in name and name not in known and "Etc/" not in name)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed about the practice and its owner."""

    practice: Text = ""
    name: Text = ""
    email: Text = ""
    zone: Text = ""
    public_url: Text = ""


@router.get("/setup")
def ask_code(request: Request, pages: PagesDep, services: ServicesDep) -> Response:
    """Ask for the code; once somebody owns a practice there is nothing to set up."""
    with services.store.read() as connection:
        if not first_run.is_needed(connection):
            return pages.redirect("/")
    return _ask_code(request, pages)


def _ask_code(request: Request, pages: Pages, error: str = "", status: int = 200) -> Response:
    return pages.show(request, "setup/code.html", status=status, **frame(pages, None, "/setup"), error=error)


@router.post("/setup")
def take_code(request: Request, pages: PagesDep, services: ServicesDep, code: Text = "") -> Response:
    """Let whoever knows the code go on; wrong ones are counted."""
    with services.store.write() as connection:
        if not first_run.is_needed(connection):
            return pages.redirect("/")
        refusal = first_run.refusal(connection, code, services.clock())
    if refusal:
        return _ask_code(request, pages, refusal, status=422)
    answer = pages.redirect("/setup/practice")
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, code.strip(), path="/setup", secure=secure, httponly=True, samesite="strict")
    return answer


def _may_open(connection: Connection, request: Request, pages: Pages) -> bool:
    """Tell whether this browser has given the code and nobody owns a practice yet."""
    code = request.cookies.get(COOKIE, "")
    return first_run.is_needed(connection) and first_run.holds(connection, code, pages.services.clock())


@router.get("/setup/practice")
def ask_practice(request: Request, pages: PagesDep, services: ServicesDep, settings: SettingsDep) -> Response:
    """Ask for the practice and its owner."""
    with services.store.read() as connection:
        if not _may_open(connection, request, pages):
            return pages.redirect("/setup")
    return _ask_practice(request, pages, settings, Typed())


def _ask_practice(
    request: Request, pages: Pages, settings: Settings, typed: Typed, *, field: str = "", error: str = ""
) -> Response:
    values: dict[str, Any] = {
        "typed": typed,
        "here": typed.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}",
        "public_url": settings.public_url if settings.is_locked("public_url") else "",
        "variable": variable("public_url"),
        "zones": ZONES,
        "other_zones": other_zones(),
        "shortest": passwords.SHORTEST,
        "field": field,
        "error": error,
    }
    status = 422 if error else 200
    return pages.show(request, "setup/practice.html", status=status, **frame(pages, None, "/setup"), **values)


@router.post("/setup/practice/strength")
def strength(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    typed: Annotated[Typed, Depends()],
    password: Text = "",
) -> Response:
    """Say how hard a password is to guess; it is not kept."""
    with services.store.read() as connection:
        if not _may_open(connection, request, pages):
            return pages.redirect("/setup")
    found = passwords.strength(password, [typed.practice, typed.name, typed.email])
    return pages.show(request, "account/strength.html", found=found)


@router.post("/setup/practice")
def open_practice(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    settings: SettingsDep,
    visitor: VisitorDep,
    typed: Annotated[Typed, Depends()],
    password: Text = "",
) -> Response:
    """Open the practice with its owner, and sign them in."""
    now = services.clock()
    try:
        opening = _checked(typed, password)
        saved = _public_url(typed, settings)
        with services.store.write() as connection:
            if not _may_open(connection, request, pages):
                return pages.redirect("/setup")
            owner = first_run.begin(connection, opening, now)
            installation.save(connection, settings, saved, actor=f"admin:{owner.id}", now=now)
            opened = signing_in.open_session(connection, owner, visitor, now)
    except UsageError as error:
        field, words = _named(error)
        return _ask_practice(request, pages, settings, typed, field=field, error=words)
    services.refresh()
    answer = keep_session(pages, pages.redirect("/setup/mail"), opened.secret)
    answer.delete_cookie(COOKIE, path="/setup")
    return answer


def _named(error: UsageError) -> tuple[str, str]:
    """Return the field that cannot be taken, and why."""
    if isinstance(error, FieldError):
        return error.field, error.problem
    name, _, words = str(error).partition(": ")
    return ("zone" if name == "time zone" else name), words


def _checked(typed: Typed, password: str) -> Opening:
    """Return what was typed as it may be kept; raise UsageError naming the first field that may not."""
    for name in ("practice", "name", "email", "zone"):
        if not getattr(typed, name).strip():
            raise FieldError(name, "", "is empty; fill it in")
    practice, name = plain_text(typed.practice, "practice"), person_name(typed.name)
    email, zone = email_address(typed.email, personal=False), zone_named(typed.zone).key
    password_hash = passwords.hashed(passwords.checked_password(password, [practice, name, email]))
    return Opening(practice=practice, name=name, email=email, zone=zone, password_hash=password_hash)


def _public_url(typed: Typed, settings: Settings) -> dict[str, str]:
    """Return the address of these pages as it is to be saved, if the server has not set it."""
    name = "public_url"
    if settings.is_locked(name):
        return {}
    value = typed.public_url.strip().rstrip("/")
    if problem(name, value):
        words = "is no address of a web page; write it like https://reminders.practice.com"
        raise FieldError(name, value, words)
    return {name: value}
