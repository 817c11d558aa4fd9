"""A scenario of the torture: some work, and what must be true after it failed and was done again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.town import settle

if TYPE_CHECKING:
    from reminder.jobs.services import Services
    from tests.faults.line import MailServer
    from tests.faults.sink import Taken

PEOPLE = [f"person.{number}@lakeside.example" for number in range(3)]


Look = Callable[[sqlite3.Connection, Path], list[str]]
"""Looks into the database and its folder; returns what is wrong."""


def nothing_wrong(*_: Any) -> list[str]:
    return []


def from_server(server: MailServer, _: Path) -> list[Taken]:
    return server.taken


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Some work, which is begun, fails somewhere, and is done again.

    `half` looks right after the fault for what is half done, `done` at the very end. `addresses`: whom exactly one mail
    must have reached by then; with `sends` off nobody is mailed, and None leaves the records
    unjudged: they are invented. `is_command`: it runs in a process of its own, which ends with it.
    """

    name: str
    act: Callable[[Services, Path], object]
    prepare: Callable[[str], object] = lambda url: settle(url, people=len(PEOPLE))
    half: Look = nothing_wrong
    done: Look = nothing_wrong
    taken: Callable[[MailServer, Path], list[Taken]] = from_server
    sends: bool = True
    to_folder: bool = False
    is_command: bool = False
    addresses: list[str] | None = field(default_factory=lambda: list(PEOPLE))


def one_of(*good: tuple[int, ...], of: tuple[str, ...]) -> Look:
    """Look whether so much is recorded: all of it, or nothing."""
    query = f"select {', '.join(f'(select count(*) from {rows})' for rows in of)}"

    def look(connection: sqlite3.Connection, _: Path) -> list[str]:
        found = connection.execute(query).fetchone()
        return [] if found in good else [f"{found} of {of}"]

    return look
