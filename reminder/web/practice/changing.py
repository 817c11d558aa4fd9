"""What the pages of a practice's settings have in common: who may change them, and how a change is kept or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from starlette.exceptions import HTTPException

from reminder.errors import UsageError
from reminder.jobs.practice_edit import PracticeEdit, edit_practice
from reminder.policy.model import AdminRole

if TYPE_CHECKING:
    from starlette.responses import Response

    from reminder.store.practices import Practice
    from reminder.web.pages import Pages, Viewer


class Again(Protocol):
    """Shows the form again: what could not be, and in which field."""

    def __call__(self, error: str, field: str) -> Response:
        """Return the page with status 422."""


def changeable(viewer: Viewer, practice_id: int, *, owner: bool = False) -> Practice:
    """Return a practice that the viewer may change, as its owner if need be; one of others does not exist."""
    practice = viewer.practice(practice_id)
    if owner and viewer.roles[practice.id] is not AdminRole.OWNER:
        raise HTTPException(403, "owners only")
    if not viewer.may_change(practice.id):
        raise HTTPException(403, "look only")
    return practice


def change(
    pages: Pages, viewer: Viewer, practice: Practice, wanted: PracticeEdit, *, then: str, field: str, again: Again
) -> Response:
    """Keep a change in one transaction and go on to `then`; show the form again if it cannot be.

    `field`: where the fault lies if the words do not say so themselves.
    """
    try:
        with pages.services.store.write() as connection:
            actor, now = f"admin:{viewer.admin.id}", pages.services.clock()
            edit_practice(connection, practice, wanted, actor=actor, now=now)
    except UsageError as error:
        return again(str(error), getattr(error, "field", field))
    return pages.redirect(then)
