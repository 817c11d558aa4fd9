"""Import a list, step 3: what would become of each row, the rows to fix as a file, and the last button."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.jobs.importing import import_roster
from reminder.roster.fixing import rows_to_fix
from reminder.roster.matching import slashes_read
from reminder.store.backups import back_up_before
from reminder.web.pages import PagesDep, ServicesDep, SettingsDep, ViewerDep
from reminder.web.rosters.adding import FileKind, as_file
from reminder.web.rosters.drafts import DRAFTS, DraftDep, Read, dropped, editable, looked_at, wanted
from reminder.web.rosters.lines import GROUP_WORDS, Group, lines_of, problems_of

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from reminder.settings import Settings
    from reminder.web.pages import Pages, Viewer
    from reminder.web.rosters.drafts import Draft

router = APIRouter()

PAGE = 50
DONE = {
    "moved": "Somebody changed the people on this list meanwhile. Nothing was imported; this is how it would be now."
}


@router.get("/people/import/{draft}")
def check(
    request: Request, draft: str, found: DraftDep, pages: PagesDep, show: str = "", page: int = 1, done: str = ""
) -> Response:
    """Show what would happen: counts, what to fix, and each row; nothing is written."""
    if found.import_id is not None:
        return pages.redirect(_result_of(draft, found.import_id))
    if found.read is None:
        return pages.redirect(f"/people/import/{draft}/columns")
    return _show(request, pages, draft, found, found.read, show=show, page=page, note=DONE.get(done, ""))


def _result_of(key: str, import_id: int) -> str:
    return f"/people/imports/{import_id}?draft={key}"


def _show(
    request: Request,
    pages: Pages,
    key: str,
    draft: Draft,
    read: Read,
    *,
    show: str = "",
    page: int = 1,
    note: str = "",
    error: UsageError | None = None,
) -> Response:
    viewer: Viewer = request.state.viewer
    table = draft.mapped
    lines = lines_of(table, read)
    counts = {group: sum(line.group is group for line in lines) for group in Group}
    chosen = Group(show) if show in set(Group) else None
    shown = [line for line in lines if chosen in {None, line.group}]
    last = max(1, -(-len(shown) // PAGE))
    page = min(max(page, 1), last)
    return pages.show(
        request,
        "rosters/check.html",
        status=200 if error is None else 422,
        key=key,
        draft=draft,
        read=read,
        counts=counts,
        words=GROUP_WORDS,
        chosen=chosen or "",
        shown=shown[(page - 1) * PAGE : page * PAGE],
        total=len(shown),
        page=page,
        last=last,
        problems=problems_of(read.outcome.rejected),
        dropped=list(dropped(draft)),
        slashes=slashes_read(table),
        practice=viewer.practices[draft.practice_id],
        note=note,
        error=error,
    )


@router.get("/people/import/{draft}/rows-to-fix.{kind}")
def file_of_rows_to_fix(draft: str, kind: FileKind, found: DraftDep, pages: PagesDep, viewer: ViewerDep) -> Response:
    """Return the refused rows as a file with the columns of the list; it can be corrected and added again."""
    if found.read is None:
        return pages.redirect(f"/people/import/{draft}/columns")
    today = standing.today_of(editable(viewer)[found.practice_id], found.read_at)
    return as_file(rows_to_fix(found.mapped, found.read.outcome.rejected, today), "rows-to-fix", kind)


@router.post("/people/import/{draft}")
def carry_out(
    request: Request,
    draft: str,
    found: DraftDep,
    pages: PagesDep,
    services: ServicesDep,
    settings: SettingsDep,
    viewer: ViewerDep,
) -> Response:
    """Import what was shown, in one transaction, after a backup; pressed twice, it imports once."""
    with DRAFTS.importing:
        found = DRAFTS.get(draft, viewer, services.clock())  # again: it may have been imported while we waited
        if found.import_id is not None or found.read is None or not found.read.outcome.to_import:
            return pages.redirect(f"/people/import/{draft}")
        try:
            import_id = _import(services, settings, viewer, found, found.read)
        except UsageError as error:
            return _show(request, pages, draft, found, found.read, error=error)
        if import_id is None:
            DRAFTS.replace(draft, looked_at(services, viewer, found))
            return pages.redirect(f"/people/import/{draft}?done=moved")
        DRAFTS.replace(draft, replace(found, import_id=import_id))
    return pages.redirect(_result_of(draft, import_id))


def _import(services: Services, settings: Settings, viewer: Viewer, draft: Draft, read: Read) -> int | None:
    """Import and return the number, or None if the rows would fare otherwise than was shown."""
    asked = replace(wanted(viewer, draft, read.roster), dry_run=False, expected=read.outcome.fates)
    now = services.clock()
    if settings.backup_dir:
        back_up_before(services.store, Path(settings.backup_dir), "import", now)
    return import_roster(services.store, asked, now).import_id
