"""How the installation stands: what somebody gathered, for the rules in `troubles.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that failed: since when, and what exactly it said (an admin may read it)."""

    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How the installation stands at `now`; what is left out is well. Without a database nothing else is known of it.

    `alive_at`: when a pass last ended or a mail was last handed over. `is_probed`: the held queue is tried again by
    itself. `late`, `in_doubt`: mails. `not_taken`: how many of the newest tries in a row took no mail. `mail_set_up`:
    None where mails go to a folder that somebody chose. `is_live`: a practice mails to its people. `keeps_backups`: not
    the demo, whose people are invented; `no_place`: what hinders the folder of the backups. `recorded_ahead`: an instant
    that no honest clock is behind. `strange_links`: links in mails that are made here would open nothing.
    """

    now: datetime
    database: Fault | None = None
    schema: Fault | None = None
    practices_since: datetime | None = None
    alive_at: datetime | None = None
    failed_pass: Fault | None = None
    held: Fault | None = None
    is_probed: bool = False
    mail_set_up: bool | None = True
    is_live: bool = True
    mail_server: Fault | None = None
    late: int = 0
    not_taken: int = 0
    in_doubt: int = 0
    recorded_ahead: datetime | None = None
    zones_missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    strange_links: bool = False
    without_admin: int = 0
    backup_at: datetime | None = None
    failed_backup: Fault | None = None
    keeps_backups: bool = True
    no_place: str = ""
    free: int | None = None
    mute: Mapping[str, Fault] = field(default_factory=dict)
    rule_days: int = 0
    rule_checked_on: date | None = None
