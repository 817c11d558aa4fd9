"""A foretold mail as it would read on its day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reminder.jobs.content import occasions, values_of
from reminder.jobs.freeze import compose
from reminder.jobs.previewing import unplanned_row
from reminder.policy.model import Kind
from reminder.store import people, practices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from reminder.jobs.forecast import Forecast
    from reminder.jobs.services import Services

WRITTEN_AHEAD = frozenset({Kind.WARNING, Kind.EXPIRED, Kind.ASK, Kind.ESCALATION, Kind.DIGEST, Kind.COVERAGE})
"""The kinds whose words follow from what is known now; the others go within the minute, or hold a secret."""


def compose_foretold(
    connection: Connection, services: Services, mail: Forecast, others: Iterable[Forecast]
) -> bytes | None:
    """Write a foretold mail as it would read that day if nothing changes; None if it cannot be said yet.

    `others` are the mails foretold with it: the first mail a person ever gets opens with who registered them.
    """
    if mail.kind not in WRITTEN_AHEAD:
        return None
    practice = practices.load(connection, [mail.practice_id])[mail.practice_id]
    person = people.get(connection, mail.person_id) if mail.person_id is not None else None
    if person is not None and any(other.person_id == person.id and other.at < mail.at for other in others):
        person = person._replace(greeted_at=person.greeted_at or mail.at)
    row = unplanned_row(mail.kind, practice, person, mail.at)._replace(recipient=mail.to)
    occasion = replace(occasions(connection, [row], mail.at)[0], person=person, about=mail.about)
    values = values_of(occasion)
    return compose(services, row, values, services.wording) if values is not None else None
