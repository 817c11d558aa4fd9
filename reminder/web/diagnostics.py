"""Diagnostics: does everything work, what to do where it does not, a backup now, and a text for those who help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder import checkup
from reminder.errors import UsageError
from reminder.installation import in_force
from reminder.policy.model import AdminRole
from reminder.store import events
from reminder.store.backups import back_up_now
from reminder.web.pages import PagesDep, ServicesDep, SettingsDep, ViewerDep

if TYPE_CHECKING:
    from reminder.checkup import Finding
    from reminder.settings import Settings
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

DONE = {"backup": "The backup is made. It lies beside the nightly ones on your server."}

HELP = {
    "queue": ("/messages", "See what waits and what failed"),
    "sending": ("/settings/mail", "Settings of the mail server"),
    "saved settings": ("/settings/mail", "Settings of the mail server"),
    "failed mails": ("/messages?box=failed", "See which"),
    "mail server": ("/settings/mail", "Settings of the mail server"),
    "public address": ("/settings/mail", "Change the address"),
    "address in your browser": ("/settings/mail", "Change the address"),
}
"""The page on which a fault is mended, by the name of the finding."""


@router.get("/diagnostics")
def diagnostics(
    request: Request, pages: PagesDep, settings: SettingsDep, viewer: ViewerDep, done: str = ""
) -> Response:
    """Show what was checked just now; the mail server is asked only on demand. Owners only."""
    _owner(viewer)
    return _page(request, pages, settings, note=DONE.get(done, ""))


@router.post("/diagnostics/mail-server")
def try_mail_server(request: Request, pages: PagesDep, settings: SettingsDep, viewer: ViewerDep) -> Response:
    """Connect to the mail server and sign in; nothing is sent, nothing is kept."""
    _owner(viewer)
    return _page(request, pages, settings, mail_server=checkup.mail_server(pages.services.transport))


@router.post("/diagnostics/backup")
def back_up(
    request: Request, pages: PagesDep, services: ServicesDep, settings: SettingsDep, viewer: ViewerDep
) -> Response:
    """Write a backup now, into the folder of the nightly ones."""
    _owner(viewer)
    now = services.clock()
    try:
        if not settings.backup_dir:
            message = "No folder for backups is set. On the server, set REMINDER_BACKUP_DIR."
            raise UsageError(message)  # noqa: TRY301 - told as every other fault of a backup
        back_up_now(services.store, Path(settings.backup_dir), now)
    except (UsageError, OSError) as error:
        return _page(request, pages, settings, error=str(error), status=422)
    with services.store.write() as connection:
        events.record(connection, "backup.made", actor=f"admin:{viewer.admin.id}", now=now)
    return pages.redirect("/diagnostics?done=backup")


def _owner(viewer: Viewer) -> None:
    if AdminRole.OWNER not in viewer.roles.values():
        raise HTTPException(403, "owners only")


def _page(
    request: Request,
    pages: Pages,
    settings: Settings,
    *,
    mail_server: Finding | None = None,
    note: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    services = pages.services
    with services.store.read() as connection:
        held = in_force(connection, settings)
    findings = checkup.look(services.store, settings, services.clock())
    findings.append(checkup.seen_address(services.links.base, request.headers.get("host", "")))
    if mail_server is not None:
        findings.append(mail_server)
    return pages.show(
        request,
        "diagnostics.html",
        status=status,
        findings=findings,
        troubles=sum(not found.ok for found in findings),
        asked_mail_server=mail_server is not None,
        support=checkup.support_text(services.store, held, findings),
        help=HELP,
        note=note,
        error=error,
    )
