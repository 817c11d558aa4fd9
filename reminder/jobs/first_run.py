"""The first run: a one-time code for whoever started the program, the first practice and its owner, and what is left."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reminder.errors import UsageError
from reminder.jobs.practices import open_practice
from reminder.policy.model import Schedule
from reminder.store import admins, memberships, practices, system

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reminder.store.admins import Admin

CODE = "setup.code"
UNDER_WAY = "setup.practice"
PLAN = "setup.plan"

CODE_LIFE = timedelta(hours=24)
DIGITS = 8
FREE_TRIES = 5
"""So many wrong codes may be typed at once; after that one a minute: a day is too short to guess one of 10^8."""

WAIT = timedelta(minutes=1)
ACTOR = "setup"

WRONG = "This is not the code that the program showed when it was last started. Look there again."
TOO_OFTEN = "That was wrong too often. Wait a minute, then type the right code."


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The first practice and its owner, as they may be kept."""

    practice: str
    name: str
    email: str
    password_hash: str
    zone: str


def is_needed(connection: Connection) -> bool:
    """Tell whether nobody owns a practice yet."""
    return not admins.has_owner(connection)


def new_code(connection: Connection, now: datetime) -> str:
    """Make the code of this start, such as `4821-7730`; one of an earlier start counts no longer."""
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    salt = secrets.token_hex(16)
    _keep(connection, {"salt": salt, "hash": _hash(digits, salt), "until": (now + CODE_LIFE).isoformat()})
    return f"{digits[:4]}-{digits[4:]}"


def refusal(connection: Connection, typed: str, now: datetime) -> str:
    """Count a try; return why this is not the code, empty if it is."""
    kept = _kept(connection)
    failures = int(kept.get("failures", 0))
    last = datetime.fromisoformat(kept["failed_at"]) if "failed_at" in kept else None
    if failures >= FREE_TRIES and last is not None and now - last < WAIT:
        return TOO_OFTEN
    if holds(connection, typed, now):
        return ""
    _keep(connection, {**kept, "failures": failures + 1, "failed_at": now.isoformat()})
    return WRONG


def holds(connection: Connection, typed: str, now: datetime) -> bool:
    """Tell whether this is the code of the last start, and not older than a day."""
    kept = _kept(connection)
    if "hash" not in kept or now >= datetime.fromisoformat(kept["until"]):
        return False
    digits = "".join(filter(str.isdecimal, typed))
    return hmac.compare_digest(_hash(digits, kept["salt"]), kept["hash"])


def _hash(digits: str, salt: str) -> str:
    """Return a hash that is slow on purpose: eight digits are few."""
    return hashlib.scrypt(digits.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()


def _kept(connection: Connection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(system.get(connection, CODE) or "{}")
    return found


def _keep(connection: Connection, values: dict[str, Any]) -> None:
    system.put(connection, CODE, json.dumps(values))


def begin(connection: Connection, opening: Opening, now: datetime) -> Admin:
    """Open the first practice in trial with its owner, end the code, and return the owner.

    Raise UsageError if somebody else was faster: the code goes only once.
    """
    if not system.remove(connection, CODE) or not is_needed(connection):
        message = "practice: the set-up was finished meanwhile; sign in"
        raise UsageError(message)
    practice_id = open_practice(
        connection,
        name=opening.practice,
        schedule=Schedule(zone=opening.zone),
        owner=opening.email,
        actor=ACTOR,
        now=now,
    )
    owner = admins.with_email(connection, opening.email)
    assert owner is not None  # noqa: S101 - for the type checker: the practice was opened with this owner
    admins.rename(connection, owner.id, opening.name)
    admins.set_password(connection, owner.id, opening.password_hash)
    system.put(connection, UNDER_WAY, str(practice_id))
    return owner


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What of the set-up is done, in the practice it began with."""

    practice_id: int
    mail: bool
    people: bool
    plan: bool
    live: bool

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left."""
        return self.mail and self.people and self.plan and self.live


def choose_plan(connection: Connection, now: datetime) -> None:
    """Note that somebody has said how often."""
    system.put(connection, PLAN, now.isoformat())


def progress(connection: Connection, *, mail_is_set_up: bool) -> Progress | None:
    """Return how far the set-up has come; None where there was none, or all of it is done."""
    kept = system.get(connection, UNDER_WAY)
    found = practices.load(connection, [int(kept)]) if kept else {}
    if not found:
        return None
    practice = next(iter(found.values()))
    made = Progress(
        practice_id=practice.id,
        mail=mail_is_set_up,
        people=memberships.count(connection, practice.id) > 0,
        plan=system.get(connection, PLAN) is not None,
        live=not practice.is_trial,
    )
    return None if made.is_done else made
