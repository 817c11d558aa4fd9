"""What every page says at its top while it is true: the troubles of the installation, and who is in trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.policy.troubles import Matter, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reminder.policy.troubles import Trouble
    from reminder.store.practices import Practice

MESSAGES = ("/messages", "See what waits")
LINKS = {
    Matter.QUEUE: MESSAGES,
    Matter.LATE: MESSAGES,
    Matter.IN_DOUBT: MESSAGES,
    Matter.NOT_TAKEN: ("/messages?box=failed", "See which"),
}
"""Where a trouble is looked into by anybody who is signed in."""

OWNERS_LINKS = {
    Matter.NO_MAIL_SERVER: ("/settings/mail", "Set up mail"),
    Matter.MAIL_SERVER: ("/settings/mail", "See how mail is sent"),
    Matter.SETTINGS: ("/settings/mail", "Save them anew"),
}
"""Where owners mend one; of any other they read on the page of diagnostics."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One line at the top of a page, with the one thing to do about it. `is_trouble`: nobody is being reminded."""

    words: str
    href: str = ""
    link: str = ""
    is_trouble: bool = True


def _alert(trouble: Trouble, *, is_owner: bool) -> Alert:
    href, link = LINKS.get(trouble.matter, ("", ""))
    if is_owner and not href:
        href, link = OWNERS_LINKS.get(trouble.matter, ("/diagnostics", "Find out why"))
    return Alert(words=trouble.detail or trouble.words, href=href, link=link)


def alerts(troubles: Iterable[Trouble], practices: Iterable[Practice] = (), *, is_owner: bool = False) -> list[Alert]:
    """Return what is wrong with the installation, the worst first, and which of these practices are in trial."""
    listed = list(troubles)
    others = [trouble for trouble in listed if trouble.severity is not Severity.STOPPED]
    apart = [trouble for trouble in listed if trouble not in others or len(others) == 1]
    found = [_alert(trouble, is_owner=is_owner) for trouble in apart]
    if len(others) > 1:  # on one line: they can wait until somebody looks, and a phone is small
        words = f"{len(others)} things need a look: {'; '.join(dict.fromkeys(other.title for other in others))}."
        found.append(Alert(words=words, href="/diagnostics" if is_owner else "", link="Find out why"))
    for practice in practices:
        if practice.is_trial:
            words = f"{practice.name} is in trial: its mails go to its admins only."
            href = f"/settings?practice={practice.id}"
            found.append(Alert(words=words, href=href, link="Turn reminders on", is_trouble=False))
    return found
