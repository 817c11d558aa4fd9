"""Where the time of one mail goes, part by part, and what the barest way of doing each would take.

`python -m benchmarks.where` prints the table of docs/explanation/scale.md. The whole of P1's one process with eight
connections is run; each part's own time is added up over all mails.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from benchmarks.people import services
from benchmarks.sending import a_mail, queued
from benchmarks.tools import scratch, sink
from reminder.jobs import deliver, freeze
from reminder.jobs.services import Tally
from reminder.mail.dialogue import SmtpConnection
from reminder.mail.smtp import Security, SmtpTransport
from reminder.mail.wording import Wording
from reminder.store import people, sending
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

MAILS = 8_000
LANES = 8
PARTS: dict[str, list[tuple[Any, str]]] = {
    "claim a batch": [(sending, "claim"), (sending, "expire_leases"), (sending, "missed_windows")],
    "gather what it says": [(freeze, "occasions"), (freeze, "values_of")],
    "write the words (Jinja)": [(Wording, "render")],
    "links, MIME": [(freeze, "links_of"), (freeze, "build")],
    "keep what was frozen": [(sending, "freeze"), (people, "greet")],
    "mark and record": [(sending, "mark_sending"), (sending, "record")],
    "the SMTP dialogue": [(SmtpConnection, name) for name in ("begin", "go_ahead", "hand_over", "outcome")],
}
"""The functions whose time is each part's. None of them calls one of another part."""


class Stopwatch:
    """Adds up the CPU and wall time of parts."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.wall: defaultdict[str, float] = defaultdict(float)

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is, but watched."""

        def watched(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - those of any function
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.cpu[part] += time.thread_time() - cpu
                self.wall[part] += time.perf_counter() - wall

        return watched

    @contextmanager
    def watching(self, store: Store, parts: Mapping[str, list[tuple[Any, str]]] = PARTS) -> Iterator[None]:
        """Watch every part, and the commits of a store."""
        held = [(owner, name, getattr(owner, name)) for names in parts.values() for owner, name in names]
        dialect = store.engine.dialect
        held.append((dialect, "do_commit", dialect.do_commit))
        for part, names in parts.items():
            for owner, name in names:
                setattr(owner, name, self.timed(part, getattr(owner, name)))
        dialect.do_commit = self.timed("commit to disk", dialect.do_commit)  # type: ignore[method-assign]
        try:
            yield
        finally:
            for owner, name, function in held:
                setattr(owner, name, function)


def ours(folder: Path, port: int) -> Stopwatch:
    """Send all mails and return what each part took."""
    path = folder / "run.db"
    shutil.copy(queued(folder, MAILS), path)
    store, watch = Store(f"sqlite:///{path}"), Stopwatch()
    transport = SmtpTransport(host="127.0.0.1", port=port, security=Security.PLAIN)
    made, tally = services(store, transport, connections=LANES), Tally()
    with watch.watching(store):
        watch.timed("all", deliver.deliver)(made, tally)
    assert tally.sent == MAILS
    store.close()
    return watch


def bare_words() -> float:
    """Return the seconds that one flat template of the same length takes a mail."""
    flat = Environment(autoescape=True).from_string("{{ a }} and {{ b }}, " * 10 + "x" * 5_000)
    began = time.thread_time()
    for _ in range(MAILS):
        flat.render(a="Lakeside Family Medicine", b="Tuesday, December 8, 2026")
    return (time.thread_time() - began) / MAILS


def bare_records(folder: Path) -> tuple[float, float]:
    """Return the seconds, of CPU and in all, that sqlite3 alone takes a mail to mark, record and commit by eights."""
    path = folder / "bare.db"
    shutil.copy(queued(folder, MAILS), path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    keys = [row[0] for row in connection.execute("select id from reminder where state = 'planned'")]
    cpu, wall = time.thread_time(), time.perf_counter()
    for at in range(0, len(keys), LANES):
        some = [(key,) for key in keys[at : at + LANES]]
        connection.execute("begin immediate")
        connection.executemany(
            "insert into attempt (reminder_id, finished_at, outcome, stage, code, reply)"
            " values (?, '2026-12-01 15:00:00', 'accepted', 'dot', 250, '2.0.0 Ok')",
            some,
        )
        for state in ("sending", "sent"):
            connection.executemany(f"update reminder set state = '{state}' where id = ?", some)
        connection.execute("commit")
    taken = (time.thread_time() - cpu) / MAILS, (time.perf_counter() - wall) / MAILS
    connection.close()
    return taken


def main() -> None:
    with scratch() as folder, sink() as port:
        length = len(a_mail(folder))
        watch = ours(folder, port)
        words, (records, durable) = bare_words(), bare_records(folder)
    floors = {
        "write the words (Jinja)": f"one flat template: {words * 1e6:.0f}",
        "mark and record": f"sqlite3 alone: {records * 1e6:.0f}",
        "commit to disk": f"sqlite3 alone, with marks and records: {durable * 1e6:.0f}",
    }
    rest = "everything else"
    for times in (watch.cpu, watch.wall):
        times[rest] = times["all"] - sum(taken for part, taken in times.items() if part not in ("all", rest))
    print(f"{MAILS:,} mails of {length:,} bytes, one process, {LANES} connections; microseconds a mail.\n")
    print("| part | CPU | in all | floor |\n| --- | --- | --- | --- |")
    for part in (*PARTS, "commit to disk", rest, "all"):
        cpu, wall = (times[part] / MAILS * 1e6 for times in (watch.cpu, watch.wall))
        print(f"| {part} | {cpu:.0f} | {wall:.0f} | {floors.get(part, '')} |")


if __name__ == "__main__":
    main()
