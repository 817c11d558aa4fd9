from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from reminder.store import outbox, sending
from tests.world import chicago

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from reminder.store.engine import Store

NOW = chicago("2026-12-01")


@pytest.mark.parametrize(
    "read",
    [
        lambda c: sending.claim(c, "somebody", NOW, 10),
        lambda c: sending.expire_leases(c, NOW),
        outbox.waiting,
        lambda c: sending.missed_windows(c, NOW, 10),
        lambda c: outbox.sendable_count(c, NOW),
    ],
)
def test_a_pass_with_nothing_to_do_reads_no_mail_of_the_past(
    sqlite_store: Store, read: Callable[[Connection], Any]
) -> None:
    seen: list[tuple[str, Any]] = []
    with sqlite_store.write() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
            seen.append((statement, values))

        read(connection)
        statements = list(seen)
        plans = [
            row[3]
            for one, values in statements
            for row in connection.exec_driver_sql(f"explain query plan {one}", values)
        ]

    assert statements
    assert "SCAN reminder" not in plans, plans
    assert any("ix_reminder_" in plan for plan in plans), plans
