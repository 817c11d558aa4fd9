"""Tries the mail server now and then, so that one that is broken is known before a mail is due, and so is its repair."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.jobs.holding import hold_for_server, release_for_server
from reminder.mail.diagnosis import in_plain_words
from reminder.mail.transport import ConnectFault, Outcome
from reminder.store import faults, progress, system

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.mail.transport import Verdict

CHECK_EVERY = timedelta(minutes=5)
"""A server that works is asked this often; while mails go, they are the check."""

CHECKED = "mail_checked_at"


def check_mail_server(services: Services) -> None:
    """Connect and sign in, if it is time to; nothing is sent. Keep what is wrong, forget it once it works."""
    now = services.clock()
    with services.store.read() as connection:
        if not _is_time(connection, now):
            return
    try:
        services.transport.connect().close()
    except ConnectFault as fault:
        _is_broken(services, fault.verdict, now)
    else:
        with services.store.write() as connection:
            system.put(connection, CHECKED, now.isoformat())
            faults.clear(connection, faults.MAIL_SERVER)
        release_for_server(services)


def _is_time(connection: Connection, now: datetime) -> bool:
    """Tell whether the server is due to be tried: one that refused our sign-in seldom, one that is out of reach often."""
    held = system.hold(connection)
    if held is not None:  # for an admin to release, or for the server: then it says when it is tried again
        return held.probe_at is not None and held.probe_at <= now
    if faults.MAIL_SERVER in faults.every(connection):
        return True
    checked_at, tried = system.get_instant(connection, CHECKED), progress.last_try(connection)
    if tried is not None and not tried.was_taken and (checked_at is None or tried.at > checked_at):
        return True
    seen = [at for at in (checked_at, tried.at if tried else None) if at is not None]
    return not seen or abs(now - max(seen)) >= CHECK_EVERY


def _is_broken(services: Services, verdict: Verdict, now: datetime) -> None:
    if verdict.outcome is Outcome.MISCONFIGURED:
        hold_for_server(services, verdict)
        return
    code = f"{verdict.code} " if verdict.code else ""
    detail = f"The mail server cannot be used ({verdict.stage}: {code}{verdict.reply}). {in_plain_words(verdict)}"
    with services.store.write() as connection:
        system.put(connection, CHECKED, now.isoformat())
        faults.note(connection, faults.MAIL_SERVER, detail, now)
