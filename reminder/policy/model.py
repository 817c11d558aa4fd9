"""The words of the product as types. Values only: nothing here reads a clock, a file or a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Role(StrEnum):
    """What a person is in a practice, in I&A's own terms."""

    INDIVIDUAL_PROVIDER = "individual_provider"
    AUTHORIZED_OFFICIAL = "authorized_official"
    ACCESS_MANAGER = "access_manager"
    STAFF_END_USER = "staff_end_user"
    SURROGATE = "surrogate"


class Confidence(StrEnum):
    """How we know a reset date."""

    CONFIRMED = "confirmed"
    READ = "read"
    ENTERED = "entered"
    IMPORTED = "imported"
    ASSUMED = "assumed"


class Status(StrEnum):
    """Where a person stands today, in order of precedence."""

    REMOVED = "removed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    PAUSED = "paused"
    DUE = "due"
    OK = "ok"


class Mode(StrEnum):
    """Whether a practice's mails reach its people (live) or only its admins (trial)."""

    TRIAL = "trial"
    LIVE = "live"


class AdminRole(StrEnum):
    """What an admin may do in one practice."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Kind(StrEnum):
    """The kinds of mail; the value stands in the header X-Reminder-Kind."""

    ASK = "ask"
    WARNING = "warning"
    EXPIRED = "expired"
    RECEIPT = "receipt"
    ESCALATION = "escalation"
    DIGEST = "digest"
    COVERAGE = "coverage"
    NOTICE = "notice"
    SIGN_IN = "sign-in"
    INVITATION = "invitation"
    ADDRESS = "address"
    ACCOUNT = "account"
    TEST = "test"


class State(StrEnum):
    """The states of a reminder; each has its time."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    DEFERRED = "deferred"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, kw_only=True)
class RuleVersion:
    """A password lives `days` days when it was reset on `effective_from` or later."""

    effective_from: date
    days: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What makes a clock run. `versions` are in the order of `effective_from`."""

    key: str
    kind: str
    versions: tuple[RuleVersion, ...]
    source: str
    checked_on: date


@dataclass(frozen=True, kw_only=True)
class Absence:
    """A person is away from `from_on` to `to_on`, both inclusive; None means until further notice."""

    from_on: date
    to_on: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the person is away on `day`."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


DEFAULT_LADDER = (14, 7, 3, 1, 0, -1, -7, -14, -28, -42, -56)
"""Days before expiry; negative ones are days after it."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a practice's mails go: IANA zone, local send time, ladder in days, days the practice is closed."""

    zone: str
    send_time: time = time(8)
    ladder: tuple[int, ...] = DEFAULT_LADDER
    closures: frozenset[date] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Step:
    """A rung of the ladder placed in time: its number of days, its moved local date, its instant (UTC)."""

    step: int
    on: date
    at: datetime
