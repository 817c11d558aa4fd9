"""What is wrong with the installation, in one list: every page, `/healthz`, the alarms and `reminder doctor` read it.

The rules look at a `Condition`, which somebody else gathers. What they say in `words` names nobody, no host and no
secret, since anybody may ask `/healthz`; what exactly was answered stands in `detail`, for admins alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reminder.policy.condition import Condition

LATE_PASS = timedelta(minutes=3)
"""A pass runs each minute; after this long without one, and without a mail handed over, nothing runs."""

LATE_BACKUP = timedelta(hours=26)
"""A backup is made each day; this leaves two hours for making it."""

LEAST_FREE = 500 * 10**6
"""So many bytes must be free: backups need room, and SQLite stops at a full disk."""

MOST_BEHIND = timedelta(hours=26)
"""No time zone and no clock change explains a clock that is further behind what is already recorded."""

RULE_AGE = timedelta(days=365)
"""A rule that nobody has checked against CMS's own pages for a year is due for a look."""

IN_A_ROW = 3
"""One mail that is not taken is its recipient's matter; so many in a row are a matter of the installation."""


class Severity(StrEnum):
    """How bad it is, the worst first."""

    STOPPED = "stopped"  # nobody is reminded
    BROKEN = "broken"  # something on which the promise stands does not work
    WARNING = "warning"  # all goes on; somebody should look


class Matter(StrEnum):
    """What may be wrong."""

    DATABASE = "database"
    SCHEMA = "schema"
    LAST_PASS = "last-pass"  # noqa: S105 - a pass of the reminders
    QUEUE = "queue"
    NO_MAIL_SERVER = "no-mail-server"
    MAIL_SERVER = "mail-server"
    TIME_ZONES = "time-zones"
    CLOCK = "clock"
    LATE = "late-mails"
    NOT_TAKEN = "mails-not-taken"
    IN_DOUBT = "mails-in-doubt"
    SETTINGS = "settings"
    LINKS = "links"
    NO_ADMIN = "no-admin"
    BACKUP = "backup"
    DISK = "disk"
    ALARMS = "alarms"
    RULE = "rule"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that is wrong. `title` is a headline, `words` a sentence for anybody, `detail` one for admins."""

    matter: Matter
    title: str
    words: str
    cure: str
    severity: Severity
    since: datetime | None = None
    detail: str = ""


def troubles(found: Condition) -> list[Trouble]:
    """Return what is wrong, the worst first."""
    if found.database is not None or found.schema is not None:
        return [*_of_the_database(found), *_of_the_machine(found)]
    listed = [*_of_the_passes(found), *_of_the_mails(found), *_of_the_records(found)]
    listed += [*_of_the_backups(found), *_of_the_machine(found)]
    return sorted(listed, key=lambda trouble: list(Severity).index(trouble.severity))


def _of_the_database(found: Condition) -> Iterator[Trouble]:
    if found.database is not None:
        yield Trouble(
            matter=Matter.DATABASE,
            title="The database does not work",
            words="The database cannot be used, so nothing is sent and nothing is recorded.",
            cure="look at the database's server or disk; work goes on by itself afterwards",
            severity=Severity.STOPPED,
            since=found.database.since,
            detail=found.database.detail,
        )
    if found.schema is not None:
        yield Trouble(
            matter=Matter.SCHEMA,
            title="The database is of another version",
            words="The database is not of the version that this program needs.",
            cure="run: reminder db upgrade; if the database is the newer one, install the newer program",
            severity=Severity.STOPPED,
            since=found.schema.since,
            detail=found.schema.detail,
        )


def _of_the_passes(found: Condition) -> Iterator[Trouble]:
    last = found.alive_at
    if last is None or found.now - last > LATE_PASS:
        since = f"since {last:%b %d, %H:%M} UTC" if last else "so far"
        yield Trouble(
            matter=Matter.LAST_PASS,
            title="Reminders are not running",
            words=f"The reminders have not run {since}. Is the program running on your server?",
            cure="start `reminder serve` or `reminder worker`; if it runs, restart it and look into its log",
            severity=Severity.STOPPED,
            since=last,
        )
    elif found.failed_pass is not None:
        yield Trouble(
            matter=Matter.LAST_PASS,
            title="Reminders do not get through their work",
            words="The last pass of the reminders ended with an error.",
            cure="look into the log and at `reminder doctor`; it is tried again each minute",
            severity=Severity.STOPPED,
            since=found.failed_pass.since,
            detail=found.failed_pass.detail,
        )
    if found.held is not None:
        waits = "it is tried again every 15 minutes" if found.is_probed else "look at the list, then release it"
        yield Trouble(
            matter=Matter.QUEUE,
            title="Sending is held",
            words="Sending is held: no mail goes.",
            cure=f"{waits}: Messages, or `reminder queue release`",
            severity=Severity.STOPPED,
            since=found.held.since,
            detail=f"Sending is held: {found.held.detail}.",
        )


def _of_the_mails(found: Condition) -> Iterator[Trouble]:
    if found.mail_set_up is not True and found.practices_since is not None:
        nobody_waits = found.mail_set_up is None or not found.is_live  # a folder that was chosen, or a trial
        yield Trouble(
            matter=Matter.NO_MAIL_SERVER,
            title="No mail server is set up",
            words="No mail server is set up: mails are written to a folder and reach nobody.",
            cure="say how mail is sent: Settings, Mail, or REMINDER_MAIL_URL",
            severity=Severity.WARNING if nobody_waits else Severity.STOPPED,
            since=found.practices_since,
        )
    if found.mail_server is not None:
        yield Trouble(
            matter=Matter.MAIL_SERVER,
            title="The mail server does not take us",
            words="The mail server cannot be used, so no mail goes.",
            cure="look at Settings, Mail, and try it there; it is tried again by itself",
            severity=Severity.STOPPED,
            since=found.mail_server.since,
            detail=found.mail_server.detail,
        )
    counted = (
        (Matter.LATE, found.late, 1, "is overdue and nothing sends it", "are overdue and nothing sends them"),
        (Matter.IN_DOUBT, found.in_doubt, IN_A_ROW, "", "were given to the mail server, which did not say it has them"),
        (Matter.NOT_TAKEN, found.not_taken, IN_A_ROW, "", "in a row were not taken by the mail server"),
    )
    for matter, count, least, one, many in counted:
        if count >= least:
            yield Trouble(
                matter=matter,
                title="Mails do not get through",
                words=f"1 mail {one}." if count == 1 else f"{count} mails {many}.",
                cure="see Messages, or `reminder queue`, for the server's answers",
                severity=Severity.BROKEN,
            )


def _of_the_records(found: Condition) -> Iterator[Trouble]:
    if found.unreadable:
        yield Trouble(
            matter=Matter.SETTINGS,
            title="Saved settings cannot be read",
            words="Settings that were saved on a page cannot be opened: the secret key is not the one they were saved with.",
            cure="give the old key back beside the new one (REMINDER_SECRET_KEY=new,old), or save them anew",
            severity=Severity.BROKEN,
            detail=f"Cannot be opened with this secret key: {', '.join(found.unreadable)}.",
        )
    if found.strange_links:
        yield Trouble(
            matter=Matter.LINKS,
            title="Links in mails would open nothing",
            words="The links in mails that this machine makes and opens are not those of the others, or of before.",
            cure="set REMINDER_SECRET_KEY and REMINDER_PUBLIC_URL on it as on the others, then release what is held",
            severity=Severity.STOPPED,
        )
    if found.without_admin:
        practices = "1 practice has" if found.without_admin == 1 else f"{found.without_admin} practices have"
        yield Trouble(
            matter=Matter.NO_ADMIN,
            title="Nobody would be told",
            words=f"{practices} no admin, so nobody is told when somebody's login lapses.",
            cure="run: reminder admin add",
            severity=Severity.BROKEN,
        )
    if found.rule_checked_on is not None and found.now.date() - found.rule_checked_on > RULE_AGE:
        yield Trouble(
            matter=Matter.RULE,
            title="The rule is old",
            words=f"Nobody has compared the rule of the password with CMS's own pages since {found.rule_checked_on}.",
            cure="that is over a year ago: compare it, or install a newer release",
            severity=Severity.WARNING,
        )


def _of_the_backups(found: Condition) -> Iterator[Trouble]:
    if not found.keeps_backups:
        return
    if found.failed_backup is not None:
        yield Trouble(
            matter=Matter.BACKUP,
            title="Backups fail",
            words="The last backup could not be made.",
            cure="look at the folder of the backups and the room on its disk; it is tried again by itself",
            severity=Severity.BROKEN,
            since=found.failed_backup.since,
            detail=found.failed_backup.detail,
        )
    elif found.no_place:
        yield Trouble(
            matter=Matter.BACKUP,
            title="Backups have no place",
            words="No backup can be written into the folder of the backups.",
            cure="make the folder, or let this program write to it: REMINDER_BACKUP_DIR",
            severity=Severity.BROKEN,
            detail=f"No backup can be written: {found.no_place}.",
        )
    elif (made := found.backup_at or found.practices_since) and found.now - made > LATE_BACKUP:
        yield Trouble(
            matter=Matter.BACKUP,
            title="The last backup is old",
            words="There is no backup of the last day." if found.backup_at else "No backup was ever made.",
            cure="is `reminder serve` or `reminder worker` running? Make one now: Settings, Diagnostics",
            severity=Severity.BROKEN,
            since=made,
        )


def _of_the_machine(found: Condition) -> Iterator[Trouble]:
    if found.recorded_ahead is not None:
        yield Trouble(
            matter=Matter.CLOCK,
            title="The clock is wrong",
            words=f"The clock says {found.now:%Y-%m-%d %H:%M} UTC, which is behind what is recorded.",
            cure="set the machine's clock",
            severity=Severity.STOPPED,
        )
    if found.zones_missing:
        yield Trouble(
            matter=Matter.TIME_ZONES,
            title="Time zones are missing",
            words="This machine lacks time zone data, so no time of sending can be worked out.",
            cure="install the package tzdata",
            severity=Severity.STOPPED,
            detail=f"No time zone data for {', '.join(found.zones_missing)}.",
        )
    if found.free is not None and found.free < LEAST_FREE:
        yield Trouble(
            matter=Matter.DISK,
            title="The disk is nearly full",
            words=f"The disk has {found.free / 10**9:.1f} GB left.",
            cure=f"make room: at {LEAST_FREE // 10**6} MB and less, backups and the database may fail",
            severity=Severity.BROKEN,
        )
    for channel, fault in sorted(found.mute.items()):
        yield Trouble(
            matter=Matter.ALARMS,
            title="An alarm cannot be delivered",
            words=f"The {channel} that tells of troubles cannot be reached.",
            cure="look at its setting; it is tried again each minute",
            severity=Severity.BROKEN,
            since=fault.since,
            detail=f"The {channel} that tells of troubles cannot be reached: {fault.detail}.",
        )
