"""What needs the viewer now, the worst first, each with the one thing to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.jobs import standing
from reminder.policy.model import Status
from reminder.policy.parts import Part
from reminder.policy.phrases import days_phrase
from reminder.store import messages, notices
from reminder.store.listing import Wanted
from reminder.store.messages import Box

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.standing import Standing
    from reminder.store.listing import Listing
    from reminder.store.notices import Notice
    from reminder.store.system import Hold
    from reminder.web.pages import Viewer

SAID = {
    "not_needed": ("says the account is no longer needed", "Remove or keep", "/people/{}/leaving"),
    "disputed": ("says a recorded reset was not theirs", "Ask, and record a reset", "/people/{}?open=reset#when"),
}
"""What a person may have said: in words, what to do, and where."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing to do. `words` link to `href`; `action` is the button, which leads to `at` or posts to it."""

    words: str
    href: str
    detail: str
    action: str
    at: str
    posts: bool = False
    found: Standing | None = None


def needs_of_queue(connection: Connection, viewer: Viewer, held: Hold | None) -> Iterator[Need]:
    """Yield what is wrong with the mails themselves."""
    if held is not None:
        yield Need(
            words="Sending is held",
            href="/messages",
            detail="no mail goes until it is released",
            action="See what waits",
            at="/messages",
        )
    counts = messages.counts(connection, viewer.practices)
    for box, detail in ((Box.FAILED, "could not be sent"), (Box.IN_DOUBT, "may not have arrived")):
        if counts[box]:
            at = f"/messages?box={box}"
            words = "1 mail" if counts[box] == 1 else f"{counts[box]} mails"
            yield Need(words=words, href=at, detail=detail, action="See which", at=at)


def needs_of_people(
    connection: Connection, viewer: Viewer, listing: Listing, now: datetime, limit: int
) -> Iterator[Need]:
    """Yield what people said, then who needs attention, the most urgent first; each person once."""
    named: set[int] = set()
    for notice in notices.unsettled(connection, viewer.practices, now)[:limit]:
        named.add(notice.person_id)
        yield _need_of_notice(viewer, notice)
    keys = listing.page(Wanted(part=Part.ATTENTION)).keys
    wanted = {key.person_id: key for key in reversed(keys) if key.person_id not in named}
    first = [key for key in keys if wanted.get(key.person_id) == key][:limit]
    for found in standing.of_members(connection, first, now):
        yield _need_of_person(viewer, found)


def _need_of_notice(viewer: Viewer, notice: Notice) -> Need:
    detail, action, at = SAID[notice.matter]
    return Need(
        words=notice.name,
        href=f"/people/{notice.person_id}",
        detail=detail,
        action=action if viewer.may_change(notice.practice_id) else "",
        at=at.format(notice.person_id),
    )


def _need_of_person(viewer: Viewer, found: Standing) -> Need:
    href = f"/people/{found.person.id}"
    details = ["no date is known" if found.days_left is None else days_phrase(found.days_left).partition(";")[0]]
    action, at, posts = "Record a reset", f"{href}?open=reset#when", False
    if found.status is Status.UNKNOWN:
        action, at, posts = "Ask again", f"{href}/send-now", True
    if found.lapses_while_away:
        details.append("will lapse while away")
        action, at, posts = "Print a call sheet", f"{href}/call-sheet", False
    if found.is_unreachable:
        details.append("no mail reaches them")
        action, at, posts = "Correct the address", f"{href}?open=edit#email", False
    return Need(
        words=found.person.name,
        href=href,
        detail="; ".join(details),
        action=action if viewer.may_change(found.practice_id) else "",
        at=at,
        posts=posts,
        found=found,
    )
