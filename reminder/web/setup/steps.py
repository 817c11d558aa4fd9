"""The steps of the first run: which there are, which are done, and the frame their pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.exceptions import HTTPException

from reminder.jobs import first_run
from reminder.policy.model import AdminRole
from reminder.web.alerts import alerts
from reminder.web.pages import ServicesDep, ViewerDep

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.web.pages import Pages, Viewer


@dataclass(frozen=True, kw_only=True)
class SetupStep:
    """One step: its page, what it is called on the way and what it is called as something to do."""

    path: str
    name: str
    to_do: str
    is_done: bool = False


STEPS = (
    SetupStep(path="/setup", name="You and your practice", to_do="Open your practice", is_done=True),
    SetupStep(path="/setup/mail", name="How to send", to_do="Say how e-mail is sent"),
    SetupStep(path="/setup/people", name="Who", to_do="Add the people who need reminders"),
    SetupStep(path="/setup/plan", name="How often", to_do="Choose how often"),
    SetupStep(path="/setup/start", name="Start", to_do="Turn reminders on"),
)


def steps(connection: Connection, pages: Pages) -> list[SetupStep]:
    """Return the steps with what is done; none where the first run is over or was never begun."""
    found = first_run.progress(connection, mail_is_set_up=pages.services.installation.is_set_up)
    if found is None:
        return []
    done = (True, found.mail, found.people, found.plan, found.live)
    return [
        SetupStep(path=one.path, name=one.name, to_do=one.to_do, is_done=is_done)
        for one, is_done in zip(STEPS, done, strict=True)
    ]


def frame(pages: Pages, viewer: Viewer | None, path: str) -> dict[str, Any]:
    """Return what the frame of a page needs: within the first run its steps, else nothing but the usual one."""
    if not path.startswith("/setup"):
        return {"frame": "base.html"}
    with pages.services.store.read() as connection:
        found = steps(connection, pages) or list(STEPS)
    numbers = [one.path for one in found]
    present = numbers.index(path)
    return {
        "frame": "setup/frame.html",
        "alerts": alerts(pages.lookout.look()) if viewer else (),  # that it is in trial the steps themselves say
        "steps": found,
        "present": present,
        "back": numbers[present - 1] if present > 1 and viewer else "",
        "onward": numbers[present + 1] if present + 1 < len(numbers) else "/",
    }


def _opening(services: ServicesDep, viewer: ViewerDep) -> int:
    """Return the practice that is being set up by its owner; where none is, there is nothing to see but home."""
    if AdminRole.OWNER not in viewer.roles.values():
        raise HTTPException(403, "look only")
    with services.store.read() as connection:
        found = first_run.progress(connection, mail_is_set_up=services.installation.is_set_up)
    if found is None or viewer.roles.get(found.practice_id) is not AdminRole.OWNER:
        raise HTTPException(303, headers={"Location": "/"})
    return found.practice_id


OpeningDep = Annotated[int, Depends(_opening)]
