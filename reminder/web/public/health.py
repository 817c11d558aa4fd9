"""Whether the product works, for machines that watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from reminder.policy.troubles import Severity
from reminder.web.pages import PagesDep

if TYPE_CHECKING:
    from reminder.policy.troubles import Trouble

router = APIRouter()


@router.get("/healthz")
def healthz(pages: PagesDep) -> JSONResponse:
    """Answer 200 while nothing is wrong; told from the database, so that it holds where workers run elsewhere, too.

    Anybody may ask, so what is wrong is said without names, hosts and secrets. What only needs a look at some time is
    named, but is no fault. A write is tried: a database that only reads would look well to whoever only reads.
    """
    found = pages.lookout.look(by_writing=True)
    is_well = all(trouble.severity is Severity.WARNING for trouble in found)
    named = [_named(trouble) for trouble in found]
    said: dict[str, Any] = {"status": "ok" if is_well else "down", "troubles": named}
    if named:
        said["reason"] = named[0]["words"]
    return JSONResponse(said, status_code=200 if is_well else 503)


def _named(trouble: Trouble) -> dict[str, str | None]:
    since = trouble.since.isoformat(timespec="seconds") if trouble.since else None
    return {"matter": trouble.matter, "words": trouble.words, "severity": trouble.severity, "since": since}
