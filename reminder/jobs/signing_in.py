"""How admins sign in: by a one-time link or a password; sessions are kept in the database, secrets only as hashes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.store import admins

if TYPE_CHECKING:
    from datetime import datetime

    from argon2 import PasswordHasher
    from sqlalchemy import Connection

MAIL_LIFE = timedelta(hours=1)
COMMAND_LINE_LIFE = timedelta(days=1)
SESSION_LIFE = timedelta(days=14)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200


@cache
def hasher() -> PasswordHasher:
    """Return Argon2id with the parameters of RFC 9106 for little memory."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return hasher().hash(secrets.token_urlsafe(16))


def hash_of(secret: str) -> str:
    """Return the hash under which a random secret (session, one-time link) is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def checked_password(password: str) -> str:
    """Return a password that may be used; raise UsageError for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = f"password: it has {len(password)} characters; choose {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
        raise UsageError(message)
    return password


def make_sign_in_link(connection: Connection, admin_id: int, now: datetime, life: timedelta = MAIL_LIFE) -> str:
    """Make a link that signs an admin in once, and return its path."""
    secret = secrets.token_urlsafe(24)
    admins.add_sign_in_link(connection, hash_of(secret), admin_id, now + life)
    return f"/sign-in/{secret}"


def first_sign_in(connection: Connection, email: str, *, password: str | None, now: datetime) -> str | None:
    """Let a new owner in: keep their password, or return the path of a one-time link."""
    owner = admins.with_email(connection, email)
    if owner is None:
        return None
    if password is None:
        return make_sign_in_link(connection, owner.id, now, COMMAND_LINE_LIFE)
    admins.set_password(connection, owner.id, hasher().hash(password))
    return None


def password_fits(connection: Connection, email: str, password: str) -> int | None:
    """Return the id of the admin whose address and password these are. Takes the same time for an unknown address."""
    from argon2.exceptions import VerifyMismatchError

    found = admins.with_email(connection, email)
    known = found.password_hash if found else None
    try:
        hasher().verify(known or _nobodys_hash(), password[:LONGEST_PASSWORD])
    except VerifyMismatchError:
        return None
    return found.id if found and known else None


def open_session(connection: Connection, admin_id: int, now: datetime) -> str:
    """Sign an admin in and return the session's secret, for their cookie."""
    secret = secrets.token_urlsafe(32)
    admins.open_session(connection, hash_of(secret), admin_id, now=now, expires_at=now + SESSION_LIFE)
    return secret
