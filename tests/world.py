"""A small world for tests: a practice, a clock that is set by hand, a mail server in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from reminder.jobs import confirm, practices, staff
from reminder.jobs.forecast import Forecast, forecast
from reminder.jobs.services import Installation, MailLimits, Services, Tally
from reminder.jobs.tick import tick
from reminder.mail.links import Links
from reminder.mail.memory import MemoryTransport
from reminder.mail.wording import Wording
from reminder.policy.model import DEFAULT_LADDER, Kind, Role, Schedule, State
from reminder.policy.moments import instant
from reminder.secrets_box import SecretBox
from reminder.settings import Settings
from reminder.store import outbox, people
from reminder.store import practices as stored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage

    from reminder.mail.transport import Transport
    from reminder.store.engine import Store
    from reminder.store.outbox import Reminder
    from reminder.store.people import Person

CHICAGO = "America/Chicago"
PUBLIC_URL = "https://reminders.lakeside.example"
OWNER = "dana@lakeside.example"
KEY = "a key for all tests"
WORDING = Wording.load()


@dataclass(frozen=True)
class Mail:
    """One mail that reached the server."""

    to: str
    kind: str
    subject: str
    text: str
    html: str
    at: datetime
    raw: bytes

    @property
    def link(self) -> str:
        """Return the path of the person's own link in it."""
        lines = [line.rpartition(" ")[2] for line in self.text.splitlines() if f"{PUBLIC_URL}/r/" in line]
        return lines[0].removeprefix(PUBLIC_URL)


class World:
    """Everything a job needs, at an instant that tests set."""

    def __init__(
        self, store: Store, now: datetime, *, limits: MailLimits | None = None, way: Transport | None = None
    ) -> None:
        self.store, self.now = store, now
        self.transport = MemoryTransport()
        self.settings = Settings(secret_key=KEY)
        self.services = Services(
            store=store,
            wording=WORDING,
            clock=lambda: self.now,
            installation=Installation(
                transport=way or self.transport,
                links=Links(PUBLIC_URL, [KEY]),
                box=SecretBox([KEY]),
                sender_address="reminders@lakeside.example",
                limits=limits or MailLimits(),
            ),
        )

    def practice(
        self,
        name: str = "Lakeside Family Medicine",
        *,
        zone: str = CHICAGO,
        owner: str = OWNER,
        live: bool = True,
        ladder: tuple[int, ...] = DEFAULT_LADDER,
        closures: tuple[date, ...] = (),
    ) -> int:
        schedule = Schedule(zone=zone, ladder=ladder, closures=frozenset(closures))
        with self.store.write() as connection:
            key = practices.open_practice(
                connection, name=name, schedule=schedule, owner=owner, actor="test", now=self.now, live=live
            )
            if closures:
                found = stored.load(connection, [key])[key]
                practices.close(connection, found, closures, actor="test", now=self.now)
        return key

    def person(
        self,
        name: str,
        reset_on: date | None = None,
        *,
        role: Role = Role.STAFF_END_USER,
        practice: int = 1,
        email: str | None = None,
        second_email: str | None = None,
    ) -> int:
        address = email or f"{name.lower().replace(' ', '.')}@lakeside.example"
        wanted = staff.Registration(name=name, email=address, role=role, second_email=second_email)
        with self.store.write() as connection:
            home = stored.load(connection, [practice])[practice]
            key = staff.register(connection, home, wanted, by="Dana", actor="test", now=self.now)
        if reset_on is not None:
            self.reset(key, reset_on)
        return key

    def reset(self, person_id: int, reset_on: date) -> int | None:
        with self.store.write() as connection:
            person = people.load(connection, [person_id])[person_id]
            return confirm.record_by_admin(
                connection, person, actor="test", now=self.now, practice_id=None, reset_on=reset_on
            )

    def look(self, person_id: int) -> Person:
        with self.store.read() as connection:
            return people.load(connection, [person_id])[person_id]

    def tick(self, at: datetime | None = None) -> Tally:
        self.now = at or self.now
        return tick(self.services)

    def live(self, until: datetime, every: timedelta = timedelta(hours=1)) -> None:
        """Tick at regular times up to and including an instant."""
        while self.now < until:
            self.tick(min(self.now + every, until))

    def forecast(self, days: int = 60) -> list[Forecast]:
        with self.store.read() as connection:
            return forecast(connection, self.now, days=days)

    def reminders(self, **wanted: object) -> list[Reminder]:
        """Return the reminders with these values, oldest first."""
        with self.store.read() as connection:
            rows = list(reversed(outbox.history(connection, limit=10_000)))
        return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]

    def states(self, person_id: int) -> dict[int | None, State]:
        return {row.step: row.state for row in self.reminders(person_id=person_id)}

    @property
    def mails(self) -> list[Mail]:
        return [read_mail(to, raw) for to, raw in self.transport.sent]

    def kinds(self, to: str | None = None) -> list[str]:
        return [mail.kind for mail in self.mails if to in (None, mail.to)]


def read_mail(to: str, raw: bytes) -> Mail:
    parsed: EmailMessage = message_from_bytes(raw, policy=policy.default)
    parts: Mapping[str, str] = {
        subtype: part.get_content().replace("\r\n", "\n")
        for subtype in ("plain", "html")
        if (part := parsed.get_body(preferencelist=(subtype,))) is not None
    }
    return Mail(
        to=to,
        kind=str(parsed["X-Reminder-Kind"]),
        subject=str(parsed["Subject"]),
        text=parts["plain"],
        html=parts["html"],
        at=parsed["Date"].datetime.astimezone(UTC),
        raw=raw,
    )


def chicago(day: str, at: str = "08:00") -> datetime:
    """Return an instant by Chicago's clocks."""
    return instant(date.fromisoformat(day), time.fromisoformat(at), CHICAGO)


WARNINGS = (Kind.WARNING, Kind.EXPIRED)
