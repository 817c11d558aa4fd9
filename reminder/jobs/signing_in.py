"""How admins sign in: by password or by a one-time link, and then by a code if they use one; who is signed in where.

Every way in ends in a session, which is kept in the database; of its secret and of every link only the hash is.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.jobs import passwords
from reminder.policy.throttle import Limit
from reminder.store import admins, events, practices, sessions, throttles
from reminder.store.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.admins import Admin

log = logging.getLogger(__name__)

MAIL_LIFE = timedelta(minutes=10)
"""How long a mailed sign-in link works (ASVS 6.5.5)."""

COMMAND_LINE_LIFE = timedelta(days=1)
SESSION_LIFE = timedelta(days=14)
IDLE_LIFE = timedelta(hours=12)
"""A session ends when nothing was opened for so long: a working day fits in, a night does not."""

PROOF_LIFE = timedelta(minutes=15)
"""After this long, something sensitive asks again who is there."""

NEW_PASSWORD_WITHIN = timedelta(minutes=10)
"""So long after a mailed link signed somebody in, they may choose a password without knowing the old one."""

SEEN_EVERY = timedelta(minutes=1)

GUESSES = Limit(most=4, every=timedelta(minutes=15))
"""Wrong passwords or codes for one account: 100 in a day, from wherever they come; nobody waits more than 15 minutes."""

KNOCKS = Limit(most=5, every=timedelta(minutes=3))
"""Wrong tries from one place: 10 in any quarter of an hour."""

LINKS = Limit(most=3, every=timedelta(minutes=15))
"""Links that one address is mailed: nobody's inbox is filled by a stranger."""

WRONG = "The address and the password do not fit. Check both, or have a sign-in link mailed to you."
WAIT = "That was tried too often. Wait a quarter of an hour, then try again."


class TooOftenError(UsageError):
    """That was tried too often; wait a quarter of an hour."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who knocks: from which place, with which browser in words, and the sealed mark of a browser known from before."""

    place: str
    browser: str
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A session that was opened: its secret for the cookie, whose it is, and whether a code is still asked for."""

    secret: str
    admin: Admin
    needs_code: bool


def hash_of(secret: str) -> str:
    """Return the hash under which a random secret (session, one-time link) is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def by_password(services: Services, email: str, password: str, visitor: Visitor) -> SignedIn:
    """Sign in by address and password.

    Raise TooOftenError, or UsageError in the same words whether or not the address is known. The try is counted before
    the hash is computed, in a transaction of its own: neither the lock nor the count waits for the other.
    """
    now = services.clock()
    with services.store.write() as connection:
        found = admins.with_email(connection, email)
        counted = _counted(services, found, email, visitor)
        take_tries(connection, counted, now)
        welcome = found is not None and bool(admins.practices_of(connection, found.id))
    if not passwords.fits(found.password_hash if found else None, password) or found is None or not welcome:
        log.warning("sign-in refused from %s", visitor.place, extra={"action": "admin.refused"})
        raise UsageError(WRONG)
    newer = passwords.hashed(password) if found.password_hash and passwords.is_outdated(found.password_hash) else None
    with services.store.write() as connection:
        give_back_tries(connection, counted)
        if newer:
            admins.set_password(connection, found.id, newer)
        return open_session(connection, found, visitor, now)


Counted = tuple[tuple[str, str, Limit], ...]
"""What a try is counted under: of what kind, whose, and how many there may be."""


def _counted(services: Services, found: Admin | None, email: str, visitor: Visitor) -> Counted:
    """Count under the account and the place; or, in a browser that was signed in before, under that browser alone.

    So strangers who guess cannot keep an admin out of their own browser.
    """
    if found is not None and visitor.mark and services.box.open(visitor.mark, MARK) == str(found.id):
        return (("sign-in/browser", visitor.mark, GUESSES),)
    return (("sign-in/place", visitor.place, KNOCKS), ("sign-in/account", email, GUESSES))


MARK = "known-browser"


def mark_for(services: Services, visitor: Visitor, admin: Admin) -> str:
    """Return the mark of a browser in which this admin signed in: its own as long as it is theirs, else a new one."""
    known = bool(visitor.mark) and services.box.open(visitor.mark, MARK) == str(admin.id)
    return visitor.mark if known else services.box.seal(str(admin.id), MARK)


def take_tries(connection: Connection, counted: Counted, now: datetime) -> None:
    """Take one try of each kind; raise TooOftenError if there is none left of one of them."""
    for what, who, limit in counted:
        if not throttles.take(connection, what, who, limit, now):
            raise TooOftenError(WAIT)


def give_back_tries(connection: Connection, counted: Counted) -> None:
    """Give the tries back: only wrong ones count."""
    for what, who, limit in counted:
        throttles.give_back(connection, what, who, limit)


def note_refusal(services: Services, email: str) -> None:
    """Write a refused sign-in into the history, if there is an account that it was meant for."""
    with services.store.write() as connection:
        found = admins.with_email(connection, email)
        if found is not None:
            actor, now = f"admin:{found.id}", services.clock()
            events.record(connection, "admin.refused", actor=actor, now=now, email=found.email)


def by_link(connection: Connection, token: str, visitor: Visitor, now: datetime) -> SignedIn | None:
    """Use a one-time link up and sign its admin in; None if it is not, or no longer, good for that."""
    kept = sessions.link(connection, hash_of(token), now)
    if kept is None or kept.new_email is not None or sessions.use_link(connection, hash_of(token), now) is None:
        return None
    found = admins.get(connection, kept.admin_id)
    if found is None or not admins.practices_of(connection, found.id):
        return None
    return open_session(connection, found, visitor, now, linked=True)


def link_is_good(connection: Connection, token: str, now: datetime) -> bool:
    """Tell whether a link would sign somebody in, leaving it unused."""
    kept = sessions.link(connection, hash_of(token), now)
    return kept is not None and kept.new_email is None


def open_session(
    connection: Connection, found: Admin, visitor: Visitor, now: datetime, *, linked: bool = False
) -> SignedIn:
    """Open a session under a new secret; for an admin with a second factor it is good for nothing but giving it."""
    secret = secrets.token_urlsafe(32)
    sessions.sweep(connection, now)
    opened = Session(
        token_hash=hash_of(secret),
        admin_id=found.id,
        created_at=now,
        seen_at=now,
        expires_at=now + SESSION_LIFE,
        browser=visitor.browser,
        needs_code=found.has_factor,
        proved_at=now,
        linked_at=now if linked else None,
    )
    sessions.add(connection, opened)
    if not found.has_factor:
        note_sign_in(connection, found.id, now, by="link" if linked else "password")
    return SignedIn(secret=secret, admin=found, needs_code=found.has_factor)


def note_sign_in(connection: Connection, admin_id: int, now: datetime, *, by: str) -> None:
    """Write down that an admin is in."""
    admins.note_sign_in(connection, admin_id, now)
    events.record(connection, "admin.signed_in", actor=f"admin:{admin_id}", now=now, by=by)
    log.info("admin %d signed in by %s", admin_id, by, extra={"action": "admin.signed_in"})


def renewed(connection: Connection, present: Session, now: datetime) -> str:
    """Give a session a new secret after its admin proved who they are, and return it; the old one is dead."""
    secret = secrets.token_urlsafe(32)
    if not sessions.renew(connection, present.token_hash, hash_of(secret), now):
        message = "You were signed out meanwhile. Please sign in again."
        raise UsageError(message)
    return secret


def is_proved(present: Session, now: datetime) -> bool:
    """Tell whether the admin proved lately who they are."""
    return not present.needs_code and now - present.proved_at <= PROOF_LIFE


def may_skip_present_password(present: Session | None, now: datetime) -> bool:
    """Tell whether a mailed link opened the session so lately that a forgotten password may be replaced."""
    return present is not None and present.linked_at is not None and now - present.linked_at <= NEW_PASSWORD_WITHIN


def own_words(connection: Connection, found: Admin) -> Sequence[str]:
    """Return what a password of this admin should not be made of: their names, addresses and practices."""
    names = practices.load(connection, admins.practices_of(connection, found.id)).values()
    return [found.name, found.email, *(practice.name for practice in names)]


def make_sign_in_link(connection: Connection, admin_id: int, now: datetime, life: timedelta = MAIL_LIFE) -> str:
    """Make a link that signs an admin in once, and return its path; earlier ones work no more."""
    secret = secrets.token_urlsafe(32)
    sessions.add_link(connection, hash_of(secret), admin_id, now + life)
    return f"/sign-in/{secret}"


def first_sign_in(connection: Connection, email: str, *, password: str | None, now: datetime) -> str | None:
    """Let a new owner in: keep their password, or return the path of a one-time link."""
    owner = admins.with_email(connection, email)
    if owner is None:
        return None
    if password is None:
        return make_sign_in_link(connection, owner.id, now, COMMAND_LINE_LIFE)
    checked = passwords.checked_password(password, own_words(connection, owner))
    admins.set_password(connection, owner.id, passwords.hashed(checked))
    return None
