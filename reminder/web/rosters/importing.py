"""Import a roster in the browser: add your list, check what would happen, import, and take it back if need be.

Nothing is written before the last button. What was read waits in this process for half an hour, without the file: a
column of passwords is gone by then.
"""

from __future__ import annotations

import csv
import io
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs import standing
from reminder.jobs.import_terms import Outcome
from reminder.jobs.import_terms import Request as Wanted
from reminder.jobs.import_undo import undo_import
from reminder.jobs.importing import import_roster
from reminder.policy.expiry import longest_lifetime_days
from reminder.roster.cells import guarded
from reminder.roster.reading import read_roster
from reminder.store import imports, rules
from reminder.web.pages import MAY_CHANGE, PagesDep, ServicesDep, ViewerDep

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer

router = APIRouter()

Text = Annotated[str, Form()]

DRAFT_LIFE = timedelta(minutes=30)
MOST_DRAFTS = 50
UNDO_LIFE = timedelta(days=7)
NO_LIST = "Choose a file, or paste the list."


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A list that was read and waits for its button."""

    wanted: Wanted
    admin_id: int
    read_at: datetime


class Drafts:
    """The lists that wait, by a random key; old ones are dropped."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: dict[str, Draft] = {}

    def keep(self, draft: Draft) -> str:
        """Keep a list and return its key."""
        young = {key: one for key, one in self._waiting.items() if draft.read_at - one.read_at < DRAFT_LIFE}
        self._waiting = dict(list(young.items())[-MOST_DRAFTS:])
        key = secrets.token_urlsafe(16)
        self._waiting[key] = draft
        return key

    def get(self, key: str, viewer: Viewer, now: datetime) -> Draft:
        """Return a list of this viewer's; anybody else's does not exist."""
        found = self._waiting.get(key)
        if found is None or found.admin_id != viewer.admin.id or now - found.read_at >= DRAFT_LIFE:
            raise HTTPException(404)
        return found

    def drop(self, key: str) -> None:
        """Forget a list."""
        self._waiting.pop(key, None)


DRAFTS = Drafts()


def editable(viewer: Viewer) -> dict[int, Practice]:
    """Return the practices into which the viewer may import; raise 403 if there is none."""
    found = {key: practice for key, practice in viewer.practices.items() if viewer.roles[key] in MAY_CHANGE}
    if not found:
        raise HTTPException(403, "look only")
    return found


@router.get("/people/import")
def form(request: Request, pages: PagesDep, viewer: ViewerDep) -> Response:
    """Show where to drop or paste the list."""
    return pages.show(request, "rosters/add.html", practices=editable(viewer), error="")


@router.post("/people/import")
def check(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    file: UploadFile | None = None,
    pasted: Text = "",
    practice: Annotated[int, Form()] = 0,
) -> Response:
    """Read the list and show each row's fate; nothing is written."""
    allowed = editable(viewer)
    target = allowed.get(practice) or next(iter(allowed.values()))
    now = services.clock()
    name = file.filename if file is not None and file.filename else "pasted list.csv"
    data = file.file.read() if file is not None and file.filename else pasted.encode()
    try:
        if not data.strip():
            raise UsageError(NO_LIST)  # noqa: TRY301 - told as every other fault of a list
        with services.store.read() as connection:
            rule_days = longest_lifetime_days(rules.load(connection))
        roster = read_roster(data, file_name=name, today=standing.today_of(target, now), rule_days=rule_days)
    except UsageError as error:
        return pages.show(request, "rosters/add.html", status=422, practices=allowed, error=str(error))
    wanted = Wanted(
        practice=target,
        allowed=list(allowed.values()),
        roster=roster,
        file_name=name,
        by=viewer.admin.name,
        actor=f"admin:{viewer.admin.id}",
        dry_run=True,
    )
    draft = Draft(wanted=wanted, admin_id=viewer.admin.id, read_at=now)
    return _preview(request, pages, draft, DRAFTS.keep(draft))


def _preview(request: Request, pages: Pages, draft: Draft, key: str) -> Response:
    outcome = import_roster(pages.services.store, draft.wanted, pages.services.clock())
    return pages.show(
        request,
        "rosters/check.html",
        draft=key,
        wanted=draft.wanted,
        outcome=outcome,
        rows=_fates(draft.wanted, outcome),
    )


def _fates(wanted: Wanted, outcome: Outcome) -> list[tuple[int, str, str]]:
    """Return row number, name and fate of each row that was read."""
    names = {row.row: row.name for row in wanted.roster.rows}
    return [(row, names.get(row, ""), fate.verdict) for row, fate in sorted(outcome.fates.items())]


@router.post("/people/import/{draft}")
def carry_out(draft: str, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Import what was shown, in one transaction."""
    found = DRAFTS.get(draft, viewer, services.clock())
    editable(viewer)
    outcome = import_roster(services.store, replace(found.wanted, dry_run=False), services.clock())
    DRAFTS.drop(draft)
    return pages.redirect(f"/people/imports/{outcome.import_id}")


@router.get("/people/import/{draft}/rows-to-fix.csv")
def rows_to_fix(draft: str, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Return the refused cells as a file; no cell of it runs as a formula."""
    found = DRAFTS.get(draft, viewer, services.clock())
    outcome = import_roster(services.store, found.wanted, services.clock())
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Row", "Column", "Value", "Problem"])
    for one in outcome.rejected:
        writer.writerow([one.row, one.header or one.column, guarded(one.value), guarded(one.problem)])
    headers = {"Content-Disposition": 'attachment; filename="rows-to-fix.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/people/imports/{number}")
def result(request: Request, number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Show what an import did, with its undo."""
    found = _import(pages, viewer, number)
    fresh = services.clock() - found.imported_at <= UNDO_LIFE
    may_undo = found.undone_at is None and fresh and viewer.roles[found.practice_id] in MAY_CHANGE
    return pages.show(request, "rosters/done.html", found=found, may_undo=may_undo)


@router.post("/people/imports/{number}/undo")
def undo(number: int, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Take an import of the last seven days back."""
    found = _import(pages, viewer, number)
    if viewer.roles[found.practice_id] not in MAY_CHANGE:
        raise HTTPException(403, "look only")
    now = services.clock()
    if found.undone_at is None and now - found.imported_at <= UNDO_LIFE:
        with services.store.write() as connection:
            undo_import(connection, number, actor=f"admin:{viewer.admin.id}", now=now)
    return pages.redirect(f"/people/imports/{number}")


def _import(pages: Pages, viewer: Viewer, number: int) -> imports.Import:
    with pages.services.store.read() as connection:
        found = imports.load(connection, number)
    if found is None or found.practice_id not in viewer.practices:
        raise HTTPException(404)
    return found
