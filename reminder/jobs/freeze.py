"""Freeze what a mail will say before its first try, and write the bytes of a frozen mail.

The values and the version of the wording are kept; links are made from them and never stored. Each try of a mail
that may have arrived has the same bytes. A mail that was never in doubt is frozen anew on another local date.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

from reminder.errors import ReminderError
from reminder.jobs.confirm import UNKNOWN_CYCLE
from reminder.jobs.content import is_over, occasions, values_of
from reminder.mail.message import Envelope, build, message_id
from reminder.mail.wording import Wording
from reminder.policy.model import Kind, State
from reminder.store import outbox, people, sending, wordings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reminder.jobs.content import Occasion, Values
    from reminder.jobs.services import Services
    from reminder.store.outbox import Reminder

log = logging.getLogger(__name__)


UNWRITABLE = (ReminderError, TemplateError, LookupError, TypeError, ValueError)
"""What a mail with values that nobody foresaw raises: it fails by itself and stops no other."""


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A claimed reminder and the bytes that go out."""

    row: Reminder
    data: bytes


@dataclass
class Batch:
    """What came of freezing: mails ready to go, how many had nothing left to say, how many could not be written."""

    ready: list[Frozen] = field(default_factory=list)
    called_off: int = 0
    unwritable: int = 0


def freeze(connection: Connection, services: Services, claimed: Sequence[Reminder], now: datetime) -> Batch:
    """Freeze claimed reminders, in the transaction that claimed them."""
    batch = Batch()
    written = []
    for occasion in occasions(connection, claimed, now):
        row = occasion.row
        try:
            frozen = _frozen(connection, services, occasion)
        except UNWRITABLE as error:
            log.error("reminder %d cannot be written: %s", row.id, error, extra={"action": "mail.failed"})  # noqa: TRY400 - the words say it all
            batch.unwritable += 1
            failed = {"state": State.FAILED, "failed_at": now, "reason": f"cannot be written: {error}"}
            sending.release(connection, row, failed)
            continue
        if frozen is None:
            called_off = {"state": State.CANCELLED, "cancelled_at": now, "reason": "nothing to say"}
            sending.release(connection, row, called_off)
            batch.called_off += 1
            continue
        batch.ready.append(frozen)
        if frozen.row is not row:
            written.append(frozen.row)
    if written:
        wordings.keep(connection, services.wording.version, services.wording.as_json())
        sending.freeze(connection, written)
        people.greet(connection, {row.person_id for row in written if row.person_id and _greets(row)}, now)
    return batch


def _greets(row: Reminder) -> bool:
    return row.content is not None and row.content["first_mail"]


def _frozen(connection: Connection, services: Services, occasion: Occasion) -> Frozen | None:
    """Return a mail with the bytes that go out; None if there is nothing left to say."""
    row = occasion.row
    if is_over(occasion):
        return None
    if not _may_keep(row, occasion):
        values = values_of(occasion)
        if values is None:
            return None
        row = _written(services, occasion, values)
    return Frozen(row=row, data=bytes_of(connection, services, row))


def _may_keep(row: Reminder, occasion: Occasion) -> bool:
    """Tell whether what was frozen before still stands: in doubt always, else on the same local date."""
    if row.content is None:
        return False
    return row.in_doubt_at is not None or row.frozen_on == occasion.today


def _written(services: Services, occasion: Occasion, values: Values) -> Reminder:
    """Return the row as it is from now on."""
    row = occasion.row
    return row._replace(
        content=values,
        wording=services.wording.version,
        message_id=message_id(row.id, row.fence, services.sender_address.rpartition("@")[2]),
        frozen_on=occasion.today,
        frozen_at=occasion.now.replace(microsecond=0),
    )


def bytes_of(connection: Connection, services: Services, row: Reminder) -> bytes:
    """Return the bytes of a frozen mail: the same ones for every try, and years later."""
    if row.content is None or row.wording is None or row.frozen_at is None or row.message_id is None:
        message = f"mail {row.id} has not been written yet"
        raise ReminderError(message)
    if row.wording == services.wording.version:
        wording = services.wording
    else:
        wording = Wording.from_json(wordings.load(connection, row.wording))
    return compose(services, row, row.content, wording)


def compose(services: Services, row: Reminder, values: Mapping[str, Any], wording: Wording) -> bytes:
    """Write a mail from its frozen values."""
    links = links_of(services, row, values)
    rendered = wording.render(template_of(row.kind, values), {**values, "links": links})
    envelope = Envelope(
        kind=row.kind,
        sender_name=values["sender_name"],
        sender_address=services.sender_address,
        reply_to=values["contact"],
        recipient_name="" if row.trial or row.kind in TO_ADMINS else values["person_name"],
        recipient=row.recipient,
        message_id=row.message_id or "",
        date=row.frozen_at or row.planned_at,
        list_unsubscribe=links["confirm"],
    )
    return build(envelope, rendered)


ONE_TIME = frozenset({Kind.SIGN_IN, Kind.INVITATION, Kind.ADDRESS})
"""Mails that carry an admin's one-time link."""

TO_ADMINS = frozenset({Kind.ESCALATION, Kind.DIGEST, Kind.COVERAGE, Kind.NOTICE, Kind.ACCOUNT, Kind.TEST, *ONE_TIME})


def template_of(kind: Kind, values: Mapping[str, Any]) -> str:
    """Return the template's name: of the clock's mails the true days left decide, not the step they came from."""
    if kind in outbox.CLOCK:
        return "warning" if values["days_left"] >= 0 else "expired"
    return kind.value


def links_of(services: Services, row: Reminder, values: Mapping[str, Any]) -> dict[str, str | None]:
    """Make the links of a mail: the person's own ones only in mails to the person; in a trial none works, so none is made."""
    links = services.links
    made: dict[str, str | None] = {
        "help": links.help,
        "real": links.real,
        "dashboard": links.dashboard,
        "confirm": None,
        "receipt": None,
        "one_time": None,
    }
    if row.kind in ONE_TIME:
        made["one_time"] = (links.new_address if row.kind is Kind.ADDRESS else links.sign_in)(values["nonce"])
    if row.trial or row.person_id is None or row.kind in TO_ADMINS:
        return made
    if row.kind is Kind.RECEIPT:
        made["receipt"] = links.receipt(row.details["reset_id"], row.recipient)
    else:
        cycle = UNKNOWN_CYCLE if row.kind is Kind.ASK else values["expires_on"]
        made["confirm"] = links.confirm(row.person_id, cycle, row.recipient)
    return made
