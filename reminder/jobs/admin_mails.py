"""Mails about an admin's own account. Somebody waits for them, so they go first, at any hour, in a trial as well.

A link in one is derived from a nonce and the installation's keys: neither the queue nor a backup holds it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.jobs.signing_in import MAIL_LIFE, hash_of
from reminder.policy.model import Kind
from reminder.store import admins, planning, sessions, system

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.policy.model import AdminRole
    from reminder.store.admins import Admin

INVITATION_LIFE = timedelta(days=1)
"""How long an invitation works; it can be sent again."""

BEFORE_ALL = timedelta(days=365)
"""These are more urgent than any reminder: the queue goes by the day a mail is urgent on."""


def mail_reaches_people(connection: Connection, services: Services) -> bool:
    """Tell whether a mail planned now would leave: a server is set up and the queue is not held."""
    return services.installation.is_set_up and system.hold(connection) is None


def mail_sign_in_link(services: Services, email: str) -> None:
    """Mail an admin a link that signs in once; nothing at all happens for an address that is no admin's."""
    now = services.clock()
    with services.store.write() as connection:
        found = admins.with_email(connection, email)
        where = admins.practices_of(connection, found.id) if found else {}
        if found is not None and where:
            nonce = _add_link(connection, services, found, now, MAIL_LIFE)
            until = (now + MAIL_LIFE).isoformat()
            _plan(connection, Kind.SIGN_IN, min(where), found.email, now, nonce=nonce, until=until)


def mail_invitation(
    connection: Connection, services: Services, found: Admin, practice_id: int, role: AdminRole, *, by: str
) -> None:
    """Invite an admin who has never signed in, by a link that works once; `by`: who invites."""
    now = services.clock()
    nonce = _add_link(connection, services, found, now, INVITATION_LIFE)
    until = (now + INVITATION_LIFE).isoformat()
    _plan(
        connection,
        Kind.INVITATION,
        practice_id,
        found.email,
        now,
        nonce=nonce,
        until=until,
        inviter=by,
        admin_role=str(role),
    )


def mail_address_link(connection: Connection, services: Services, found: Admin, new_email: str) -> None:
    """Ask the owner of a new address to confirm that it is theirs."""
    now = services.clock()
    nonce = _add_link(connection, services, found, now, INVITATION_LIFE, new_email=new_email)
    until = (now + INVITATION_LIFE).isoformat()
    practice_id = min(admins.practices_of(connection, found.id))
    _plan(connection, Kind.ADDRESS, practice_id, new_email, now, nonce=nonce, until=until, admin_name=found.name)


def tell(
    connection: Connection,
    found: Admin,
    matter: str,
    now: datetime,
    *,
    practice_id: int | None = None,
    recipient: str | None = None,
    **details: str,
) -> None:
    """Tell an admin what happened to their account; `matter` is a word that the template knows."""
    where = practice_id or min(admins.practices_of(connection, found.id), default=None)
    if where is not None:
        nonce = secrets.token_hex(8)
        _plan(connection, Kind.ACCOUNT, where, recipient or found.email, now, nonce=nonce, matter=matter, **details)


def _add_link(
    connection: Connection,
    services: Services,
    found: Admin,
    now: datetime,
    life: timedelta,
    *,
    new_email: str | None = None,
) -> str:
    nonce = secrets.token_urlsafe(24)
    token_hash = hash_of(services.links.one_time_secret(nonce))
    sessions.add_link(connection, token_hash, found.id, now + life, new_email=new_email)
    return nonce


def _plan(
    connection: Connection, kind: Kind, practice_id: int, recipient: str, now: datetime, *, nonce: str, **details: str
) -> None:
    plan = planning.Plan(
        key=f"{kind}/{nonce}",
        kind=kind,
        practice_id=practice_id,
        recipient=recipient,
        urgent_on=now.date() - BEFORE_ALL,
        next_at=now,
        closes_at=None,
        details={"nonce": nonce, **details},
    )
    planning.add(connection, [plan], now)
