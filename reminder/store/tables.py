"""The tables. Instants are stored in UTC, dates are civil dates, states are the words of `policy.model`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite drops the zone and would keep the wall time, so it is converted here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse naive values and convert the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive datetime {value!r} at the database's border"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002, ANN401 - SQLAlchemy's signature
        """Give the value its zone back."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _reference(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


practice = Table(
    "practice",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("zone", Text, nullable=False),
    Column("send_time", Text, nullable=False),
    Column("ladder", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("live_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("escalate_to", Integer),  # a person's id: the one AO or AM the practice chose; no foreign key, since a
    # person refers to the practice and the two would go in a circle
    Column("at_risk", Boolean, nullable=False),
    Column("next_check_at", Instant, index=True),
    # Its own words in the mails to its people; none: ours
    Column("greeting", Text),
    Column("sign_off", Text),
    Column("contact_line", Text),
    Column("paragraph", Text),
    CheckConstraint("mode in ('trial', 'live')", name="mode"),
)

closure = Table(
    "closure",
    metadata,
    Column("practice_id", Integer, ForeignKey("practice.id"), primary_key=True),
    Column("closed_on", Date, primary_key=True),
)

_refused = text("email_refused_at is not null")

person = Table(
    "person",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("second_email", Text),
    Column("language", Text),
    Column("user_id", Text, unique=True),
    _reference("home_id", "practice", nullable=True, index=True),
    Column("registered_at", Instant, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("greeted_at", Instant),  # when the first mail ever was frozen: it opens with who registered them and why
    Column("email_refused_at", Instant),
    Column("email_refused_reply", Text),
    Column("second_refused_at", Instant),
    Column("reset_id", Integer),  # the reset that counts, and what follows from it:
    Column("reset_on", Date),
    Column("expires_on", Date, index=True),
    Column("known_on", Date),  # the local date on which that reset was recorded
    Column("next_step_at", Instant, index=True),
    Index("ix_person_refused", "id", sqlite_where=_refused, postgresql_where=_refused),
)

_present = text("left_at is null")
VISITING = text("left_at is null and not is_home")
"""Of a membership: its person is at home elsewhere. In the words of the index, without which SQLite does not use it."""

membership = Table(
    "membership",
    metadata,
    _id(),
    _reference("person_id", "person"),
    _reference("practice_id", "practice", index=True),
    Column("role", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("left_at", Instant),
    # Copies of the person's, so that a practice of any size is listed by date from one index
    # (the role and `left_at` stand in it only so that nothing else has to be read):
    Column("expires_on", Date),
    Column("is_home", Boolean, nullable=False),
    UniqueConstraint("person_id", "practice_id"),
    Index(
        "ix_membership_listed",
        *("practice_id", "expires_on", "person_id", "role", "left_at"),
        sqlite_where=_present,
        postgresql_where=_present,
    ),
    Index("ix_membership_visiting", "practice_id", sqlite_where=VISITING, postgresql_where=VISITING),
)

rule = Table(
    "rule",
    metadata,
    Column("key", Text, primary_key=True),
    Column("effective_from", Date, primary_key=True),
    Column("days", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("checked_on", Date, nullable=False),
)

reset = Table(
    "reset",
    metadata,
    _id(),
    _reference("person_id", "person", index=True),
    Column("rule_key", Text, nullable=False),
    Column("reset_on", Date, nullable=False),
    Column("confidence", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    _reference("practice_id", "practice", nullable=True),
    _reference("import_id", "roster_import", nullable=True),
    Column("undoes_id", Integer, ForeignKey("reset.id"), unique=True),  # an undo is a row, too
)

_in_force = text("cleared_at is null")

absence = Table(
    "absence",
    metadata,
    _id(),
    _reference("person_id", "person", index=True),
    Column("from_on", Date, nullable=False),
    Column("to_on", Date),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("cleared_at", Instant),
    Index("ix_absence_in_force", "to_on", sqlite_where=_in_force, postgresql_where=_in_force),
)

skipped_step = Table(
    "skipped_step",
    metadata,
    Column("person_id", Integer, ForeignKey("person.id"), primary_key=True),
    Column("cycle_on", Date, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("skipped_at", Instant, nullable=False),
    Column("skipped_by", Text, nullable=False),
)

roster_import = Table(
    "roster_import",
    metadata,
    _id(),
    _reference("practice_id", "practice", index=True),
    Column("file_name", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("added", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("undone_at", Instant),
)

import_change = Table(
    "import_change",
    metadata,
    _id(),
    _reference("import_id", "roster_import", index=True),
    _reference("person_id", "person"),
    Column("before", JSON, nullable=False),  # what stood there before, as far as the import changed it
    Column("after", JSON, nullable=False),
)

reading = Table(
    "reading",
    metadata,
    Column("person_id", Integer, ForeignKey("person.id"), primary_key=True),
    Column("days_left", Integer, primary_key=True),
    Column("first_seen_on", Date, nullable=False),
    _reference("import_id", "roster_import"),
)

wording = Table(
    "wording",
    metadata,
    Column("version", Text, primary_key=True),
    Column("sources", Text, nullable=False),
)

WAITING = ("planned", "deferred", "in_doubt")
"""The states from which a reminder may be claimed."""
_waiting = text("state in ('planned', 'deferred', 'in_doubt')")
LEASED = ("claimed", "sending")
"""The states of a reminder that a sender has in hand."""
_leased = text("state in ('claimed', 'sending')")
_failed = text("state = 'failed'")
_notice = text("kind = 'notice'")

reminder = Table(
    "reminder",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    _reference("practice_id", "practice"),
    _reference("person_id", "person", nullable=True),
    Column("cycle_on", Date),  # a clock's expiry date; the day of the first question; the day of an admins' mail
    Column("step", Integer),
    Column("trial", Boolean, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("urgent_on", Date, nullable=False),
    Column("next_at", Instant),
    Column("closes_at", Instant),
    Column(
        "details", JSON, nullable=False
    ),  # what only the planner knew: the reset of a receipt, the words of a notice
    Column("frozen_on", Date),
    Column("frozen_at", Instant),
    Column("wording", Text, ForeignKey("wording.version")),
    Column("content", JSON(none_as_null=True)),  # the frozen values; a copied row without any has none, not JSON's null
    Column("message_id", Text),
    Column("owner", Text),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("sending_at", Instant),
    Column("sent_at", Instant),
    Column("in_doubt_at", Instant),
    Column("deferred_at", Instant),
    Column("failed_at", Instant),
    Column("cancelled_at", Instant),
    Column("superseded_at", Instant),
    Index("ix_reminder_waiting", "urgent_on", "id", sqlite_where=_waiting, postgresql_where=_waiting),
    Index(
        "ix_reminder_leased",
        "lease_until",
        sqlite_where=_leased,
        postgresql_where=_leased,
    ),
    Index("ix_reminder_person_id_cycle_on", "person_id", "cycle_on"),
    Index("ix_reminder_practice_id_planned_at", "practice_id", "planned_at"),
    Index("ix_reminder_notice", "practice_id", "planned_at", sqlite_where=_notice, postgresql_where=_notice),
    Index("ix_reminder_failed", "practice_id", "failed_at", sqlite_where=_failed, postgresql_where=_failed),
)


def _in_one_of(states: tuple[str, ...]) -> ColumnElement[bool]:
    """Spell the states out: SQLite takes a partial index only for a list without parameters, letter for letter."""
    return reminder.c.state.in_([literal_column(f"'{state}'") for state in states])


is_waiting = _in_one_of(WAITING)
is_leased = _in_one_of(LEASED)

attempt = Table(
    "attempt",
    metadata,
    _id(),
    _reference("reminder_id", "reminder", index=True),
    Column("finished_at", Instant, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("code", Integer),
    Column("reply", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    _id(),
    Column("happened_at", Instant, nullable=False, index=True),
    _reference("practice_id", "practice", nullable=True),
    _reference("person_id", "person", nullable=True, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_event_practice_id_id", "practice_id", "id"),
)

admin = Table(
    "admin",
    metadata,
    _id(),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("signed_in_at", Instant),  # none yet: the admin was invited and has not come
    Column("totp_key", Text),  # encrypted; None: sign-in asks for no code
    Column("totp_used", Integer),  # the time step of the last code that was taken: no code is taken twice
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("code_hash", Text, primary_key=True),
    _reference("admin_id", "admin", index=True),
)

admin_role = Table(
    "admin_role",
    metadata,
    Column("admin_id", Integer, ForeignKey("admin.id"), primary_key=True),
    Column("practice_id", Integer, ForeignKey("practice.id"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _reference("admin_id", "admin"),
    Column("expires_at", Instant, nullable=False),
    Column("new_email", Text),  # the link confirms this address of the admin's and signs nobody in
)

session = Table(
    "session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _reference("admin_id", "admin", index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("browser", Text),
    Column("needs_code", Boolean, nullable=False),  # the password was right, the second factor is still to come
    Column("proved_at", Instant, nullable=False),  # when the password or a mailed link was last asked for
    Column("linked_at", Instant),  # when a mailed link opened it: for a while a password is chosen without the old one
)

throttle = Table(
    "throttle",
    metadata,
    Column("key", Text, primary_key=True),
    Column("free_at", Instant, nullable=False, index=True),  # when every try that was taken has been earned back
)

system = Table(
    "system",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
