"""What admins do to their own account: name, address, and how a newcomer begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs import admin_mails, passwords
from reminder.jobs.signing_in import LINKS, hash_of, own_words, take_tries
from reminder.roster.fields import email_address, person_name
from reminder.store import admins, events, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.admins import Admin
    from reminder.store.sessions import Session


def rename(connection: Connection, found: Admin, name: str, now: datetime) -> None:
    """Give an admin the name that colleagues and first mails show; raise UsageError for one that is none."""
    chosen = person_name(name)
    if chosen != found.name:
        admins.rename(connection, found.id, chosen)
        record(connection, found.id, "account.renamed", now, before=found.name, name=chosen)


def change_password(services: Services, found: Admin, password: str, *, keep: Session | None) -> None:
    """Give an admin a new password, sign them out everywhere but in the session `keep`, and tell them by mail.

    Raise UsageError for a password that may not be used.
    """
    kept, now = _hash_of_new(services, found, password), services.clock()
    with services.store.write() as connection:
        _keep_password(connection, found, kept, keep, now)
        admin_mails.tell(connection, found, "password", now)


def begin(services: Services, found: Admin, name: str, password: str, *, keep: Session | None) -> None:
    """Keep a newcomer's name and first password; raise UsageError for a password that may not be used."""
    kept, now = _hash_of_new(services, found, password), services.clock()
    with services.store.write() as connection:
        rename(connection, found, name, now)
        _keep_password(connection, found, kept, keep, now)


def _hash_of_new(services: Services, found: Admin, password: str) -> str:
    with services.store.read() as connection:
        context = own_words(connection, found)
    return passwords.hashed(passwords.checked_password(password, context))


def _keep_password(connection: Connection, found: Admin, kept: str, keep: Session | None, now: datetime) -> None:
    admins.set_password(connection, found.id, kept)
    sessions.end_all(connection, found.id, but=keep.token_hash if keep else None)
    sessions.drop_links(connection, found.id)
    record(connection, found.id, "account.password", now)


def ask_new_address(connection: Connection, services: Services, found: Admin, email: str) -> None:
    """Mail a link to an address that an admin wants to sign in with; raise UsageError for one that cannot be.

    An address that is another admin's gets no mail, and its asker is not told: who else has an account is nobody's
    business.
    """
    address, now = email_address(email, personal=False), services.clock()
    if address == found.email:
        message = f"email: {address} is your address already; type the new one"
        raise UsageError(message)
    take_tries(connection, (("link/account", address, LINKS), ("address/account", str(found.id), LINKS)), now)
    record(connection, found.id, "account.address_asked", now, email=address)
    if admins.with_email(connection, address) is None:
        admin_mails.mail_address_link(connection, services, found, address)


def new_address(connection: Connection, token: str, now: datetime) -> str | None:
    """Return the address that a link would confirm, leaving the link unused."""
    kept = sessions.link(connection, hash_of(token), now)
    return kept.new_email if kept else None


def confirm_new_address(connection: Connection, token: str, now: datetime) -> str | None:
    """Use a link up and give its admin the address it confirms; the old address is told. None if the link is no good."""
    if new_address(connection, token, now) is None:
        return None
    kept = sessions.use_link(connection, hash_of(token), now)
    found = admins.get(connection, kept.admin_id) if kept else None
    if kept is None or found is None or kept.new_email is None:
        return None
    if not admins.set_email(connection, found.id, kept.new_email):
        return None
    sessions.drop_links(connection, found.id)
    record(connection, found.id, "account.address", now, before=found.email, email=kept.new_email)
    admin_mails.tell(connection, found, "email", now, recipient=found.email, new_email=kept.new_email)
    return kept.new_email


def record(connection: Connection, admin_id: int, action: str, now: datetime, **detail: Any) -> None:  # noqa: ANN401 - plain JSON values
    """Write into the history what an admin did to their own account."""
    events.record(connection, action, actor=f"admin:{admin_id}", now=now, **detail)
