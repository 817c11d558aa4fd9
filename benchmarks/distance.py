"""P3: to a mail server 40 ms away (there and back), on one and on eight connections, against smtplib on as many."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.frame import Bar, Missing, Row, alternate
from benchmarks.rivals import rate_of
from benchmarks.sending import a_mail, rate_of_ours
from benchmarks.slow import far
from benchmarks.tools import HERE, MissingError, scratch, sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.frame import Found, Size

AWAY_MS = 40
SMTPLIB = [sys.executable, str(HERE / "others" / "threads.py")]


def run(size: Size) -> Iterator[Found]:
    try:
        with scratch() as folder, sink() as server, far(server, AWAY_MS) as port:
            (folder / "mail.eml").write_bytes(a_mail(folder))
            for connections in (1, 8):
                mails = size.of(10, 40) if connections == 1 else size.of(20, 60) * connections
                found = alternate(
                    size.rounds(25),
                    ours=partial(rate_of_ours, folder, mails, port, connections=connections),
                    base=partial(rate_of, SMTPLIB, HERE, str(folder), str(port), str(mails), str(connections)),
                )
                lanes = "one connection" if connections == 1 else f"{connections} connections"
                row = Row(id="P3", measure=f"{AWAY_MS} ms away, {lanes}", unit="mails/s", ours=found["ours"])
                yield row.against("smtplib", found["base"], Bar(limit=2, at_least=True))
    except MissingError as error:
        yield Missing(id="P3", measure="a server far away", why=str(error))
