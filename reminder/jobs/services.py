"""What the jobs need of the world: the three seams (clock, mail connection, store) and what shapes a mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reminder.clock import Clock
    from reminder.mail.links import Links
    from reminder.mail.transport import Transport
    from reminder.mail.wording import Wording
    from reminder.secrets_box import SecretBox
    from reminder.store.engine import Store


@dataclass(frozen=True, kw_only=True)
class MailLimits:
    """What the mail server allows: open connections, messages a minute and a day. None: no limit."""

    connections: int = 1
    minute: int | None = None
    day: int | None = None


@dataclass(frozen=True, kw_only=True)
class Installation:
    """How mails leave this installation, as the settings hold now.

    `sender_address` is both the From address and the envelope sender; `alert_email` is told when the product itself
    is in trouble. `is_set_up`: mails can reach people.
    """

    transport: Transport
    links: Links
    box: SecretBox
    sender_address: str
    limits: MailLimits = field(default_factory=MailLimits)
    alert_email: str = ""
    is_set_up: bool = True


def unchanged(present: Installation) -> Installation:
    """Return what holds: for an installation whose settings cannot change while it runs."""
    return present


@dataclass(kw_only=True)
class Services:
    """Everything a job may use. `reread` returns the installation as the settings hold now, given what held before.

    Once `stopping` is set, no further mail is begun. `mark`: the file by which an older copy of the database is known.
    """

    store: Store
    wording: Wording
    clock: Clock
    installation: Installation
    reread: Callable[[Installation], Installation] = unchanged
    stopping: Event = field(default_factory=Event)
    mark: Path | None = None

    def refresh(self) -> None:
        """Take up settings that were saved since."""
        self.installation = self.reread(self.installation)

    @property
    def transport(self) -> Transport:
        """Return the mail server."""
        return self.installation.transport

    @property
    def links(self) -> Links:
        """Return what makes and reads links."""
        return self.installation.links

    @property
    def box(self) -> SecretBox:
        """Return what keeps secrets that must be read again."""
        return self.installation.box

    @property
    def sender_address(self) -> str:
        """Return the address mails come from."""
        return self.installation.sender_address

    @property
    def limits(self) -> MailLimits:
        """Return what the mail server allows."""
        return self.installation.limits


@dataclass
class Tally:
    """What one tick did, in mails."""

    planned: int = 0
    sent: int = 0
    failed: int = 0
    delayed: int = 0
    superseded: int = 0
    cancelled: int = 0
    was_cut_short: bool = False
