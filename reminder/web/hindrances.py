"""What stands in the way of turning reminders on, and where it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.jobs import samples
from reminder.mail.links import is_local

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.web.pages import Pages


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """Why reminders cannot be turned on yet, and where that is mended."""

    words: str
    href: str
    link: str


def hindrances(connection: Connection, pages: Pages, *, mail_page: str = "/settings/mail") -> list[Hindrance]:
    """Return what hinders every practice here; in the demo mails and links stay on this machine anyway."""
    found = []
    installation = pages.services.installation
    if not installation.is_set_up:
        words = "No mail server is set up, so nobody would get a mail."
        found.append(Hindrance(words=words, href=mail_page, link="Say how e-mail is sent"))
    base = installation.links.base
    if is_local(base) and pages.signed_in_as is None:
        words = f"The links in the mails would lead to {base}, which works on this machine only."
        found.append(Hindrance(words=words, href="/settings/mail#public_url", link="Change the address of these pages"))
    if samples.are_there(connection):
        words = "The invented people are still registered."
        found.append(Hindrance(words=words, href="/setup/people", link="Remove them"))
    return found
