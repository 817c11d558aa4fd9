"""Tries a mail server out before it is kept, and has waiting mails tried as soon as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reminder.jobs.previewing import send_test_mail
from reminder.mail.servers import transport_from_url
from reminder.mail.smtp import SmtpTransport
from reminder.mail.steps import State, Step, steps_of
from reminder.mail.wire import Timeouts
from reminder.store import system

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.mail.transport import Transport
    from reminder.store.practices import Practice

IMPATIENT = Timeouts(connect=10, command=20, data=20, body=30, dot=60)
"""Somebody waits before the page: a server that takes longer than this to greet is one that does not answer."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How a test mail went: to whom, from which address, and how far it came."""

    to: str
    sender: str
    steps: list[Step]

    @property
    def was_taken(self) -> bool:
        """Tell whether the server took the mail."""
        return all(step.state in (State.DONE, State.NOT_NEEDED) for step in self.steps)

    @property
    def failed(self) -> Step | None:
        """Return the step at which it was refused."""
        return next((step for step in self.steps if step.state is State.FAILED), None)


def try_out(services: Services, practice: Practice, to: str, *, mail_url: str = "", sender: str = "") -> Trial:
    """Send one test mail; through the mail server that holds now, unless another one's address is given."""
    transport: Transport = transport_from_url(mail_url) if mail_url else services.transport
    if isinstance(transport, SmtpTransport):
        transport = replace(transport, timeouts=IMPATIENT)
    address = sender or services.sender_address
    installation = replace(services.installation, transport=transport, sender_address=address)
    verdict = send_test_mail(replace(services, installation=installation), to, practice)
    return Trial(to=to, sender=address, steps=steps_of(verdict, transport))


def probe_soon(connection: Connection, now: datetime) -> None:
    """Have a queue that is held because of the mail server tried with the next pass, now that another one is set."""
    held = system.hold(connection)
    if held is not None and held.probe_at is not None:
        system.set_hold(connection, replace(held, probe_at=now))
