"""P11: what the sender's memory does while it sends very many mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Missing, Row
from benchmarks.sending import send_all
from benchmarks.tools import MissingError, scratch, sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.frame import Found, Size


def run(size: Size) -> Iterator[Found]:
    mails = size.of(1_000, 100_000, 1_000_000)
    try:
        with scratch() as folder, sink() as port:
            cost = send_all(folder, mails, port)
    except MissingError as error:
        yield Missing(id="P11", measure="memory of the sender", why=str(error))
        return
    row = Row(id="P11", measure=f"most memory during {mails:,} mails", unit="MB", ours=[cost.memory])
    yield row.against("after the first tenth", [cost.early_memory], Bar(limit=120, of_ratio=False))
    row = Row(id="P11", measure=f"growth of memory during {mails:,} mails", unit="MB", ours=[cost.memory])
    yield row.against("after the first tenth", [cost.early_memory], Bar(limit=1.1))
