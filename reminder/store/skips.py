"""Steps that an admin has taken out of one cycle of one person. The next cycle knows nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, select

from reminder.store import people
from reminder.store.people import Person, _person
from reminder.store.statements import SOME, insert_new, rows_for
from reminder.store.tables import person, skipped_step

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import Connection

_present = and_(person.c.id == skipped_step.c.person_id, person.c.expires_on == skipped_step.c.cycle_on)


def add(connection: Connection, person_id: int, cycle_on: date, step: int, *, by: str, now: datetime) -> bool:
    """Skip a step of a cycle, by the colleague named `by`, and have the clock looked at again; False if it was
    skipped already.

    The person is locked first: a planner that is at work on them has ended, or will see the skip.
    """
    people.change(connection, person_id, {"next_step_at": now})
    row = {"person_id": person_id, "cycle_on": cycle_on, "step": step, "skipped_at": now, "skipped_by": by}
    return insert_new(connection, skipped_step, [row], on=["person_id", "cycle_on", "step"]) == 1


def remove(connection: Connection, person_id: int, cycle_on: date, step: int, *, now: datetime) -> bool:
    """Take a skip back and have the clock looked at again; False if there was none."""
    people.change(connection, person_id, {"next_step_at": now})
    mine = and_(skipped_step.c.person_id == person_id, skipped_step.c.cycle_on == cycle_on, skipped_step.c.step == step)
    return connection.execute(delete(skipped_step).where(mine)).rowcount == 1


_of_present_cycles = select(skipped_step).join(person, _present).where(skipped_step.c.person_id.in_(SOME))


def of_present_cycles(connection: Connection, ids: Collection[int]) -> dict[int, dict[int, str]]:
    """Return the skipped steps of the present cycle of each person, and who skipped each."""
    found: dict[int, dict[int, str]] = {}
    for row in rows_for(connection, ids, _of_present_cycles):
        found.setdefault(row.person_id, {})[row.step] = row.skipped_by
    return found


def reason(by: str) -> str:
    """Return why a mail of a skipped step was called off."""
    return f"skipped by {by}"


def in_practices(connection: Connection, practice_ids: Collection[int]) -> list[tuple[Person, int, str]]:
    """Return the skipped steps of the present cycles of people at home in these practices, and who skipped each."""
    query = (
        select(person, skipped_step.c.step, skipped_step.c.skipped_by)
        .join(skipped_step, _present)
        .where(person.c.home_id.in_(practice_ids))
        .order_by(skipped_step.c.cycle_on, person.c.id, skipped_step.c.step.desc())
    )
    return [(_person(row), row.step, row.skipped_by) for row in connection.execute(query)]
