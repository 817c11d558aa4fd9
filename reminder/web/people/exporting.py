"""The staff table as a file: what the filter shows, or who is ticked. Import reads it back unchanged."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from reminder.jobs import standing
from reminder.jobs.exporting import export_row
from reminder.roster.writing import write_csv, write_xlsx
from reminder.store.listing import Listing
from reminder.web.pages import PagesDep, ServicesDep, ViewerDep
from reminder.web.people.choosing import Choice, ChoiceError
from reminder.web.people.filters import Filter
from reminder.web.people.table import Bar, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.listing import Key
    from reminder.web.pages import Viewer

router = APIRouter()


class FileKind(StrEnum):
    """What the file is."""

    CSV = "csv"
    XLSX = "xlsx"


WRITERS = {
    FileKind.CSV: (write_csv, "text/csv; charset=utf-8"),
    FileKind.XLSX: (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@router.get("/people/export.{kind}")
def export_view(request: Request, kind: FileKind, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Return everybody whom the filter in the address shows, as a file."""
    asked = Filter.read(request.url.query)
    with services.store.read() as connection:
        keys = Listing(connection, asked.here(viewer), services.clock()).keys(asked.wanted)
        return _file(connection, services, viewer, keys, kind)


@router.post("/people/export")
def export_ticked(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    viewer: ViewerDep,
    act: Annotated[FileKind, Form()],
    who: Annotated[list[str] | None, Form()] = None,
    everyone: Annotated[bool, Form()] = False,
    view: Annotated[str, Form()] = "",
) -> Response:
    """Return who is ticked, as a file."""
    choice = Choice(asked=Filter.read(view), everyone=everyone, who=who or [])
    try:
        with services.store.read() as connection:
            keys = choice.keys(connection, viewer, services.clock(), any_number=True)
            return _file(connection, services, viewer, keys, act)
    except ChoiceError as error:
        bar = Bar(everyone=everyone, ticked=frozenset(choice.who), wrong=error.field, error=str(error))
        return show_table(request, pages, viewer, choice.asked, bar, status=422)


def _file(connection: Connection, services: Services, viewer: Viewer, keys: Sequence[Key], kind: FileKind) -> Response:
    write, media_type = WRITERS[kind]
    stream = io.BytesIO()
    found = standing.of_members(connection, keys, services.clock())
    write((export_row(one, viewer.practices[one.practice_id]) for one in found), stream)
    headers = {"Content-Disposition": f'attachment; filename="people.{kind}"'}
    return Response(stream.getvalue(), media_type=media_type, headers=headers)
