from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reminder.store.outbox import Reminder
from reminder.store.people import Person
from reminder.store.tables import person, reminder

if TYPE_CHECKING:
    from sqlalchemy import Table


@pytest.mark.parametrize(("fields", "table"), [(Person._fields, person), (Reminder._fields, reminder)])
def test_what_is_made_of_a_row_by_position_has_the_columns_in_their_order(
    fields: tuple[str, ...], table: Table
) -> None:
    assert fields == tuple(table.c.keys())
