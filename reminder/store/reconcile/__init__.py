"""Compares the records with each other: own SQL, own dates, apart from the code that writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from reminder.store.reconcile import clocks, mails
from reminder.store.reconcile.queries import CHECKS
from reminder.store.reconcile.records import gather, rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["CHECKS", "differences"]


def differences(connection: Connection) -> list[str]:
    """Return what does not agree, one line each with the number of the row."""
    by_query = [f"{name} ({row[0]})" for name, query in CHECKS.items() for row in connection.execute(text(query))]
    known = gather(connection)
    by_mail = [f"{what} ({row['id']})" for row in rows(connection, ALL_MAILS) for what in mails.compare(known, row)]
    return by_query + by_mail + [f"{what} ({key})" for what, key in clocks.compare(connection, known)]


ALL_MAILS = "select * from reminder order by id"
