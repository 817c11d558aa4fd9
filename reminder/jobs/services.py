"""What the jobs need of the world: the three seams (clock, mail connection, store) and what shapes a mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reminder.clock import Clock
    from reminder.mail.links import Links
    from reminder.mail.transport import Transport
    from reminder.mail.wording import Wording
    from reminder.store.engine import Store


@dataclass(frozen=True, kw_only=True)
class MailLimits:
    """What the mail server allows: open connections, messages a minute and a day. None: no limit."""

    connections: int = 1
    minute: int | None = None
    day: int | None = None


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything a job may use. `sender_address` is both the From address and the envelope sender."""

    store: Store
    transport: Transport
    wording: Wording
    links: Links
    clock: Clock
    sender_address: str
    limits: MailLimits = field(default_factory=MailLimits)


@dataclass
class Tally:
    """What one tick did, in mails."""

    planned: int = 0
    sent: int = 0
    failed: int = 0
    delayed: int = 0
    superseded: int = 0
    cancelled: int = 0
