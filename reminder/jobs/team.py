"""Who looks after a practice: invite, change a role, remove, leave. The caller has checked that the actor may."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import admin_mails, second_factor
from reminder.jobs.signing_in import TooOftenError
from reminder.policy.model import AdminRole
from reminder.policy.throttle import Limit
from reminder.roster.fields import email_address
from reminder.store import admins, events, throttles

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.admins import Admin
    from reminder.store.practices import Practice

INVITATIONS = Limit(most=20, every=timedelta(minutes=15))
"""Invitations of one practice: nobody mails the world through it."""


def invite(connection: Connection, services: Services, practice: Practice, email: str, role: str, *, by: Admin) -> str:
    """Give somebody a role and mail them; return their address.

    Whoever has an account is told that a practice was added; anybody else gets a link. Raise UsageError.
    """
    now, chosen = services.clock(), role_named(role)
    address = email_address(email, personal=False)
    admin_id = admins.add(connection, email=address, name=address.partition("@")[0], now=now)
    found = _of_id(connection, admin_id)
    if practice.id in admins.practices_of(connection, admin_id):
        message = f"email: {address} looks after {practice.name} already; change the role in the list"
        raise UsageError(message)
    admins.grant(connection, admin_id, practice.id, chosen)
    _record(connection, services, "admin.invited", f"admin:{by.id}", practice, found, role=str(chosen))
    _mail(connection, services, found, practice, chosen, by)
    return address


def invite_again(connection: Connection, services: Services, practice: Practice, admin_id: int, *, by: Admin) -> Admin:
    """Mail somebody who has not come yet a new link; the old one works no more. Raise UsageError."""
    found = member(connection, practice, admin_id)
    if found.signed_in_at is not None:
        message = f"{found.name} has signed in already and needs no invitation"
        raise UsageError(message)
    role = admins.practices_of(connection, admin_id)[practice.id]
    _record(connection, services, "admin.invited", f"admin:{by.id}", practice, found, role=str(role))
    _mail(connection, services, found, practice, role, by)
    return found


def _mail(
    connection: Connection, services: Services, found: Admin, practice: Practice, role: AdminRole, by: Admin
) -> None:
    now = services.clock()
    if not throttles.take(connection, "invitation", str(practice.id), INVITATIONS, now):
        message = f"{practice.name} sent many invitations just now; wait a quarter of an hour"
        raise TooOftenError(message)
    if found.signed_in_at is None:
        admin_mails.mail_invitation(connection, services, found, practice.id, role, by=by.name)
    else:
        admin_mails.tell(
            connection, found, "added", now, practice_id=practice.id, inviter=by.name, admin_role=str(role)
        )


def change_role(
    connection: Connection, practice: Practice, admin_id: int, role: str, *, actor: str, services: Services
) -> Admin:
    """Give an admin another role in the practice; raise UsageError if no owner would be left."""
    found, chosen = member(connection, practice, admin_id), role_named(role)
    before = admins.practices_of(connection, admin_id)[practice.id]
    admins.grant(connection, admin_id, practice.id, chosen)
    _record(connection, services, "admin.role", actor, practice, found, before=str(before), role=str(chosen))
    return found


def remove(connection: Connection, practice: Practice, admin_id: int, *, actor: str, services: Services) -> Admin:
    """Take an admin's role in the practice away, their own or somebody else's; raise UsageError for the last owner."""
    found = member(connection, practice, admin_id)
    admins.revoke(connection, admin_id, practice.id)
    action = "admin.left" if actor == f"admin:{admin_id}" else "admin.removed"
    _record(connection, services, action, actor, practice, found)
    return found


def reset_factor(connection: Connection, practice: Practice, admin_id: int, *, actor: str, services: Services) -> Admin:
    """Let a colleague who lost their second factor sign in without it; they are told. Raise UsageError."""
    found = member(connection, practice, admin_id)
    if not found.has_factor:
        message = f"{found.name} uses no second factor, so there is none to turn off"
        raise UsageError(message)
    second_factor.turn_off(connection, found, actor=actor, now=services.clock(), practice_ids=[practice.id])
    return found


def _record(
    connection: Connection, services: Services, action: str, actor: str, practice: Practice, found: Admin, **detail: str
) -> None:
    words: dict[str, Any] = {"email": found.email, **detail}
    events.record(connection, action, actor=actor, now=services.clock(), practice_id=practice.id, **words)


def member(connection: Connection, practice: Practice, admin_id: int) -> Admin:
    """Return an admin of the practice; raise UsageError for anybody else."""
    if practice.id not in admins.practices_of(connection, admin_id):
        message = f"This person does not look after {practice.name} any more."
        raise UsageError(message)
    return _of_id(connection, admin_id)


def _of_id(connection: Connection, admin_id: int) -> Admin:
    found = admins.get(connection, admin_id)
    if found is None:
        message = f"admin: there is none with the number {admin_id}"
        raise UsageError(message)
    return found


def role_named(text: str) -> AdminRole:
    """Return the role of that name; raise UsageError for any other word."""
    if text not in set(AdminRole):
        message = f"role: {text!r} is none of {', '.join(AdminRole)}"
        raise UsageError(message)
    return AdminRole(text)
