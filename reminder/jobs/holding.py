"""Holds the queue, and says why: nothing goes until somebody, or the mail server, has released it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.store import system

if TYPE_CHECKING:
    from datetime import datetime

    from reminder.jobs.services import Services
    from reminder.mail.transport import Verdict
    from reminder.store.engine import Store

log = logging.getLogger(__name__)

PROBE_EVERY = timedelta(minutes=15)
"""A mail server that refuses our sign-in is asked this often: hammering it locks accounts."""


def hold_for_admin(store: Store, now: datetime, reason: str, cure: str) -> None:
    """Hold the queue until an admin has looked at the list; one that waits for that already keeps its first reason."""
    with store.write() as connection:
        system.hold_for_admin(connection, system.Hold(reason=reason, cure=cure, since_at=now))
    log.error("sending is held: %s", reason, extra={"action": "queue.held"})


def hold_for_server(services: Services, verdict: Verdict) -> None:
    """Hold the queue because the mail server will not have us; it is tried again now and then."""
    now = services.clock()
    reason = f"the mail server refuses us ({verdict.stage}: {verdict.answer})"
    cure = "mend how mail is sent (Settings, Mail, or REMINDER_MAIL_URL) or the account; it is tried again every 15 minutes"
    with services.store.write() as connection:
        known = system.hold(connection)
        if known is not None and known.waits_for_admin:
            return  # an admin is waited for, whatever the mail server says
        since_at = known.since_at if known else now
        held = system.Hold(reason=reason, cure=cure, since_at=since_at, probe_at=now + PROBE_EVERY)
        system.set_hold(connection, held)
    log.error("sending is held: %s", reason, extra={"action": "queue.held"})


def release_for_server(services: Services) -> None:
    """Release a queue that was held because of the mail server, which accepts us again."""
    with services.store.write() as connection:
        known = system.hold(connection)
        if known is None or known.waits_for_admin:
            return
        system.clear_hold(connection)
    log.info("sending is released: the mail server accepts us again", extra={"action": "queue.released"})
