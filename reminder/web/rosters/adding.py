"""Import a list, step 1: drop a file, paste from a spreadsheet, or start from the template."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.roster.matching import questions
from reminder.roster.reading import read_table
from reminder.roster.sheets import Sheet, save_csv, save_xlsx
from reminder.roster.table import without_secrets
from reminder.roster.writing import empty_list
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.rosters.drafts import DRAFTS, WAYS_BACK, Draft, editable, looked_at
from reminder.web.security import LARGEST_LIST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from reminder.roster.table import Table
    from reminder.store.practices import Practice

router = APIRouter()

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 10_000
LIMITS = "A list may have up to 10,000 rows and 5 MB"
PASTED = "pasted list"


class ListError(UsageError):
    """A list that was not taken; `field` is where on the page the cure begins."""

    def __init__(self, problem: str, field: str = "file") -> None:
        """Take the problem in words, and the field."""
        super().__init__(problem)
        self.field = field


class FileKind(StrEnum):
    """The kinds of files that are handed out."""

    XLSX = "xlsx"
    CSV = "csv"


async def _form(request: Request) -> AsyncIterator[FormData]:
    """Read the form; a pasted list may be as long as one in a file, which is more than a field usually may."""
    async with request.form(max_part_size=LARGEST_LIST) as sent:
        yield sent


FormDep = Annotated[FormData, Depends(_form)]


@router.get("/people/import")
def form(request: Request, pages: PagesDep, viewer: ViewerDep, then: str = "", practice: int = 0) -> Response:
    """Show where to drop or paste the list."""
    asked = {"practice": str(practice), "then": then if then in WAYS_BACK else "", "pasted": ""}
    return pages.show(request, "rosters/add.html", practices=editable(viewer), asked=asked, error=None)


@router.get("/people/import/template.{kind}")
def template(kind: FileKind, viewer: ViewerDep) -> Response:
    """Return an empty list with our headings."""
    editable(viewer)
    return as_file(empty_list(), "staff-list", kind)


def as_file(sheet: Sheet, name: str, kind: FileKind) -> Response:
    """Return a sheet as a download."""
    stream = io.BytesIO()
    types = {
        FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        FileKind.CSV: "text/csv; charset=utf-8",
    }
    save = {FileKind.XLSX: save_xlsx, FileKind.CSV: save_csv}[kind]
    save(sheet, stream)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(stream.getvalue(), media_type=types[kind], headers=headers)


@router.post("/people/import")
def add(request: Request, sent: FormDep, pages: PagesDep, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Read the list and keep it; go on to its columns if they are unclear, else to what would become of its rows."""
    allowed = editable(viewer)
    asked = {name: value for name in ("practice", "then", "pasted") if isinstance(value := sent.get(name, ""), str)}
    asked["then"] = asked["then"] if asked["then"] in WAYS_BACK else ""
    try:
        target = _practice(asked["practice"], allowed)
        data, name = _list(sent)
        draft = Draft(
            admin_id=viewer.admin.id,
            read_at=services.clock(),
            practice_id=target.id,
            file_name=name,
            table=_table(data, name),
            then=asked["then"],
        )
        unclear = questions(draft.table)
        draft = draft if unclear else looked_at(services, viewer, draft)
    except UsageError as error:
        problem = error if isinstance(error, ListError) else ListError(str(error))
        return pages.show(
            request, "rosters/add.html", status=422, practices=allowed, asked=asked, error=problem, limits=LIMITS
        )
    key = DRAFTS.keep(draft)
    return pages.redirect(f"/people/import/{key}/columns" if unclear else f"/people/import/{key}")


def _practice(chosen: str, allowed: Mapping[int, Practice]) -> Practice:
    if len(allowed) == 1 and chosen in {"", "0"}:
        return next(iter(allowed.values()))
    found = allowed.get(int(chosen)) if chosen.isdecimal() else None
    if found is None:
        message = "Choose the practice that the people on the list work for."
        raise ListError(message, "practice")
    return found


def _list(sent: FormData) -> tuple[bytes, str]:
    """Return the bytes of the list and what to call it."""
    file, pasted = sent.get("file"), sent.get("pasted")
    if isinstance(file, UploadFile) and file.filename:
        data, name = file.file.read(), file.filename
    else:
        data, name = str(pasted or "").encode(), PASTED
    if not data.strip():
        message = "Choose a file, or paste the list."
        raise ListError(message)
    if len(data) > MOST_BYTES:
        message = f"{name} is larger than that. {LIMITS}: delete what is not needed, or split it."
        raise ListError(message)
    return data, name


def _table(data: bytes, name: str) -> Table:
    """Return the table in the list, without what may not be kept."""
    table = without_secrets(read_table(data, file_name=name))
    rows = len(table.grid.rows) - table.header - 1
    if rows > MOST_ROWS:
        message = f"{name} has {rows:,} rows. {LIMITS}: split it into several lists."
        raise ListError(message)
    return table
