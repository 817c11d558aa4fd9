"""Import a list, step 2: what its columns hold. It is shown by itself only if something about them is unclear."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.roster.matching import FIELD_NAMES, questions, slashes_read, suggested
from reminder.roster.model import Field
from reminder.roster.table import with_samples
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.rosters.drafts import DRAFTS, DraftDep, dropped, looked_at

if TYPE_CHECKING:
    from reminder.web.pages import Pages
    from reminder.web.rosters.drafts import Draft

router = APIRouter()

NOT_IMPORTED = ""


@router.get("/people/import/{draft}/columns")
def columns(request: Request, draft: str, found: DraftDep, pages: PagesDep) -> Response:
    """Show each column with three of its values and what it is taken for."""
    chosen = suggested(found.table) if found.mapping is None else dict(found.mapping)
    return _show(request, pages, draft, found, chosen)


def _show(
    request: Request,
    pages: Pages,
    key: str,
    draft: Draft,
    chosen: dict[int, Field],
    error: UsageError | None = None,
) -> Response:
    table = with_samples(draft.table)
    return pages.show(
        request,
        "rosters/columns.html",
        status=200 if error is None else 422,
        key=key,
        draft=draft,
        columns=[column for column in table.columns if not column.dropped],
        dropped=list(dropped(draft)),
        chosen=chosen,
        suggested=suggested(table),
        names=FIELD_NAMES,
        questions=questions(draft.mapped),
        slashes=slashes_read(draft.mapped),
        error=error,
    )


@router.post("/people/import/{draft}/columns")
def match(
    request: Request,
    draft: str,
    found: DraftDep,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    column: Annotated[list[int], Form()],
    field: Annotated[list[str], Form()],
) -> Response:
    """Read the columns as they were chosen."""
    known = {name.value: name for name in Field}
    chosen = {place: known[name] for place, name in zip(column, field, strict=False) if name in known}
    try:
        seen = looked_at(services, viewer, replace(found, mapping=chosen))
    except UsageError as error:
        return _show(request, pages, draft, found, chosen, error)
    DRAFTS.replace(draft, seen)
    return pages.redirect(f"/people/import/{draft}")
