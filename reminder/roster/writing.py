"""Writes a practice's people to a file that a spreadsheet opens safely and `read_roster` reads back unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from reminder.roster.fields import ROLE_NAMES
from reminder.roster.headers import FOR_INFORMATION
from reminder.roster.sheets import Sheet, save_csv, save_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reminder.policy.model import Role
    from reminder.roster.sheets import Value

HEADINGS = (
    "Name",
    "Email",
    "Second email",
    "Role",
    "User ID",
    "Practice",
    "Last reset",
    f"Expires {FOR_INFORMATION}",
    f"Days left {FOR_INFORMATION}",
    f"Status {FOR_INFORMATION}",
)
TEMPLATE_HEADINGS = ("Name", "Email", "Role", "Last reset", "Days left", "User ID", "Second email")
_WIDTHS = (28, 34, 34, 26, 16, 28, 12, 12, 10, 12)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportRow:
    """One person of one practice as the file shows them. The last three are for the reader, import passes over them."""

    name: str
    email: str
    role: Role
    second_email: str | None = None
    user_id: str | None = None
    practice: str | None = None
    reset_on: date | None = None
    expires_on: date | None = None
    days_left: int | None = None
    status: str = ""


def write_csv(rows: Iterable[ExportRow], stream: BinaryIO) -> None:
    """Write `rows` as CSV; dates are ISO."""
    save_csv(_sheet(rows), stream)


def write_xlsx(rows: Iterable[ExportRow], stream: BinaryIO) -> None:
    """Write `rows` as an XLSX workbook; dates are real dates."""
    save_xlsx(_sheet(rows), stream)


def empty_list() -> Sheet:
    """Return the headings that a new list begins with, the roles to choose from."""
    roles = {"Role": tuple(ROLE_NAMES.values())}
    return Sheet(name="Staff", headings=TEMPLATE_HEADINGS, rows=(), widths=(28, 34, 26, 14, 12, 16, 34), choices=roles)


def _sheet(rows: Iterable[ExportRow]) -> Sheet:
    return Sheet(name="Staff", headings=HEADINGS, rows=map(_values, rows), widths=_WIDTHS)


def _values(row: ExportRow) -> tuple[Value, ...]:
    return (
        row.name,
        row.email,
        row.second_email or "",
        ROLE_NAMES[row.role],
        row.user_id or "",
        row.practice or "",
        row.reset_on,
        row.expires_on,
        row.days_left,
        row.status,
    )
