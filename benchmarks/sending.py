"""P1: the whole way of a mail (claim, freeze, write, mark, hand over, record durably) against Postfix's smtp-source."""

from __future__ import annotations

import shutil
import sqlite3
import time
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Missing, Row
from benchmarks.people import Crowd, populate, services
from benchmarks.sender import Cost, senders
from benchmarks.tools import MissingError, scratch, sink, smtp_source
from reminder.jobs.tick import tick
from reminder.mail.memory import MemoryTransport
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.frame import Found, Size

WAYS = {
    "one process, 8 connections": (1, 8, 0.35),
    "one process, one connection": (1, 1, 0.2),
    "two processes of 8 connections": (2, 8, 0.5),
}
"""Senders, connections of each, and the bar."""

PEOPLE_OF_A_PRACTICE = 20


def queued(folder: Path, mails: int) -> Path:
    """Make a database in which so many mails are due."""
    path = folder / f"{mails}.db"
    if not path.exists():
        store = Store(f"sqlite:///{path}")
        populate(store, Crowd(people=mails, practices=max(1, mails // PEOPLE_OF_A_PRACTICE), mails_due=True))
        store.close()
    return path


def a_mail(folder: Path) -> bytes:
    """Return one of our mails as it goes over the wire."""
    store, transport = Store(f"sqlite:///{queued(folder, 1)}"), MemoryTransport()
    tick(services(store, transport))
    store.close()
    return transport.sent[0][1]


def send_all(folder: Path, mails: int, port: int, *, processes: int = 1, connections: int = 8) -> Cost:
    """Send so many mails from a fresh copy of the database, and see that each of them went."""
    path = folder / "run.db"
    shutil.copy(queued(folder, mails), path)
    cost = senders(f"sqlite:///{path}", port, processes=processes, connections=connections)
    assert cost.sent == mails, f"{cost.sent} of {mails} mails were sent"
    return cost


def rate_of_ours(folder: Path, mails: int, port: int, *, processes: int = 1, connections: int = 8) -> float:
    """Send so many mails and return mails a second."""
    return send_all(folder, mails, port, processes=processes, connections=connections).rate


def commits(folder: Path, number: int = 300) -> float:
    """Return how many durable commits a second bare sqlite3 makes here: the promise that a crash repeats one mail a
    connection costs one for each mail of each connection, so one connection can send no more than so many.
    """
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table if not exists mark (id integer primary key, at text)")
    began = time.perf_counter()
    for turn in range(number):
        connection.execute("insert into mark (at) values (?)", (str(turn),))
    connection.close()
    return number / (time.perf_counter() - began)


def run(size: Size) -> Iterator[Found]:
    many, few = size.of(1_000, 20_000), size.of(200, 5_000)
    try:
        with scratch() as folder, sink() as port:
            length = len(a_mail(folder))
            base: list[float] = []
            floor: list[float] = []
            costs: dict[str, list[Cost]] = {name: [] for name in WAYS}
            for _ in size.rounds(90):
                floor.append(commits(folder))
                base.append(smtp_source(port, size.of(5_000, 40_000), sessions=8, length=length))
                for name, (processes, connections, _) in WAYS.items():
                    mails = many if connections > 1 else few
                    costs[name].append(send_all(folder, mails, port, processes=processes, connections=connections))
    except MissingError as error:
        yield Missing(id="P1", measure="sending", why=str(error))
        return
    for name, (_, _, limit) in WAYS.items():
        spent = costs[name]
        yield Row(
            id="P1",
            measure=name,
            unit="mails/s",
            ours=[cost.rate for cost in spent],
            yardstick="smtp-source, 8 sessions",
            base=base,
            bar=Bar(limit=limit, at_least=True),
            note=f"{min(cost.cpu for cost in spent):.0f} us CPU and {length} bytes a mail, {spent[0].memory:.0f} MB",
        )
    what = "commits that the disk takes, at most so many mails on one connection"
    yield Row(id="P1", measure=what, unit="a second", ours=floor)
