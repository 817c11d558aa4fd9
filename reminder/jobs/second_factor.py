"""The second factor: six digits from an app (TOTP, RFC 6238), or one of ten recovery codes; each works once."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.jobs import admin_mails
from reminder.jobs.signing_in import GUESSES, give_back_tries, hash_of, note_sign_in, renewed, take_tries
from reminder.store import admins, events, factors, sessions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pyotp import TOTP
    from sqlalchemy import Connection

    from reminder.jobs.services import Services
    from reminder.store.admins import Admin
    from reminder.store.sessions import Session

ISSUER = "reminder"
"""The name under which the app lists the code."""

RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 random bits make a recovery code: nobody guesses it, so a plain hash keeps it."""

WRONG = "This code does not fit. Take the one that the app shows now; each code works once."


class UnreadableKeyError(UsageError):
    """The key behind the codes cannot be read any more: use a recovery code, then turn the codes off and on again."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def new_key() -> str:
    """Return a new random key for an app, as it is typed by hand."""
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def app_address(key: str, email: str) -> str:
    """Return what the QR code says: the address by which an app takes the key over."""
    address: str = _totp(key).provisioning_uri(name=email, issuer_name=ISSUER)
    return address


def _totp(key: str) -> TOTP:
    from pyotp import TOTP

    return TOTP(key)


def _step_of(key: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is: the present one, the one before or the one after."""
    totp = _totp(key)
    present: int = totp.timecode(now)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def sealed(services: Services, found: Admin, key: str) -> str:
    """Return an admin's key encrypted: for the database, and for the form that has still to prove it."""
    return services.box.seal(key, _purpose(found))


def opened(services: Services, found: Admin, text: str) -> str:
    """Return the key that was sealed for this admin; raise UnreadableKeyError."""
    key = services.box.open(text, _purpose(found))
    if key is None:
        raise UnreadableKeyError
    return key


def _purpose(found: Admin) -> str:
    return f"totp/{found.id}"


def turn_on(services: Services, found: Admin, sealed_key: str, code: str, *, keep: Session | None) -> list[str]:
    """Ask for codes from now on, if this one shows that the app has the key; return the recovery codes.

    The admin is signed out everywhere but in the session `keep`. Raise UsageError if the code does not fit.
    """
    now = services.clock()
    step = _step_of(opened(services, found, sealed_key), _plain(code), now)
    if step is None:
        raise UsageError(WRONG)
    with services.store.write() as connection:
        factors.set_key(connection, found.id, sealed_key, used=step)
        sessions.end_all(connection, found.id, but=keep.token_hash if keep else None)
        events.record(connection, "account.factor_on", actor=f"admin:{found.id}", now=now)
        admin_mails.tell(connection, found, "factor_on", now)
        return _new_recovery_codes(connection, found.id)


def turn_off(
    connection: Connection,
    found: Admin,
    *,
    actor: str,
    now: datetime,
    keep: Session | None = None,
    practice_ids: Iterable[int | None] = (None,),
) -> None:
    """Ask an admin for no code any more, sign them out elsewhere and tell them by mail.

    `actor`: who wants it so; `practice_ids`: in whose history it stands, if it is not the admin's own doing.
    """
    is_own = actor == f"admin:{found.id}"
    factors.set_key(connection, found.id, None)
    sessions.end_all(connection, found.id, but=keep.token_hash if keep else None)
    for key in practice_ids:
        events.record(connection, "account.factor_off", actor=actor, now=now, practice_id=key, email=found.email)
    admin_mails.tell(connection, found, "factor_off" if is_own else "factor_reset", now)


def replace_recovery_codes(connection: Connection, found: Admin, now: datetime) -> list[str]:
    """Make ten new recovery codes; the old ones work no more."""
    events.record(connection, "account.recovery_codes", actor=f"admin:{found.id}", now=now)
    return _new_recovery_codes(connection, found.id)


def _new_recovery_codes(connection: Connection, admin_id: int) -> list[str]:
    codes = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode("ascii").lower() for _ in range(RECOVERY_CODES)
    ]
    factors.set_recovery_codes(connection, admin_id, [hash_of(code) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def use_code(services: Services, found: Admin, code: str) -> None:
    """Use up a code of the app or a recovery code.

    Raise TooOftenError, or UsageError if it does not fit or was used. The try is counted first, in a transaction of
    its own, so that a wrong one stays counted.
    """
    now, plain = services.clock(), _plain(code)
    counted = (("code/account", str(found.id), GUESSES),)
    with services.store.write() as connection:
        take_tries(connection, counted, now)
    with services.store.write() as connection:
        if not _used(services, connection, found, plain, now):
            raise UsageError(WRONG)
        give_back_tries(connection, counted)


def _used(services: Services, connection: Connection, found: Admin, plain: str, now: datetime) -> bool:
    if found.totp_key is None:
        return False
    if plain.isdecimal():
        step = _step_of(opened(services, found, found.totp_key), plain, now)
        return step is not None and factors.use_step(connection, found.id, step)
    return factors.use_recovery_code(connection, found.id, hash_of(plain))


def finish_sign_in(services: Services, present: Session, code: str) -> str:
    """Let a session in that has given the password or link, by a code; return its new secret. Raise UsageError."""
    now = services.clock()
    with services.store.read() as connection:
        found = admins.get(connection, present.admin_id)
    if found is None:
        raise UsageError(WRONG)
    use_code(services, found, code)
    with services.store.write() as connection:
        secret = renewed(connection, present, now)
        note_sign_in(connection, found.id, now, by="code")
    return secret
