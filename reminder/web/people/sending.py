"""A reminder sent to one person because an admin asks for it, outside their steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reminder.errors import UsageError
from reminder.jobs.sending_now import Why, send_now
from reminder.web.pages import PagesDep, ViewerDep
from reminder.web.people.acting import perform

if TYPE_CHECKING:
    from reminder.web.people.acting import Acting

router = APIRouter()

WHY_NOT = {
    Why.LEFT: "has left the practice",
    Why.ELSEWHERE: "is mailed by another practice; ask the person instead",
    Why.AWAY: "is away today; end the absence first",
    Why.UNREACHABLE: "cannot be reached by mail; correct the address first",
    Why.MAILED_TODAY: "was mailed today already; a second mail on one day goes to nobody",
    Why.ON_ITS_WAY: "gets the planned mail today; a second one on that day goes to nobody",
}
"""Why somebody gets no mail although it was asked for, and the cure if there is one."""


@router.post("/people/{person_id:int}/send-now")
def send(request: Request, person_id: int, pages: PagesDep, viewer: ViewerDep) -> Response:
    """Plan one mail that says the true days left; it leaves with the next pass."""

    def act(this: Acting) -> str:
        _, result = send_now(this.connection, [person_id], practice_id=this.practice.id, actor=this.actor, now=this.now)
        for why in result.left_out:
            message = f"{this.person.name} {WHY_NOT[why]}."
            raise UsageError(message)
        return "sent_now"

    return perform(request, pages, viewer, person_id, act, form="send-now", at="send-now")
