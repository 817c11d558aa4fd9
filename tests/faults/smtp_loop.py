"""The sender itself against a server that breaks the same rule at every dot: what goes out, and what is said of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reminder.mail.smtp import Security
from reminder.mail.wire import Timeouts
from tests.faults.smtp_answers import FAULTS
from tests.faults.smtp_faults import FaultyServer
from tests.faults.smtp_matrix import way_to
from tests.world import World, chicago

if TYPE_CHECKING:
    from reminder.store.engine import Store
    from tests.faults.smtp_faults import Fault

SHORT = Timeouts(connect=15, command=15, data=15, body=15, dot=1.0, probe=1.0)
AT_THE_DOT = [fault for fault in FAULTS if fault.meaning != "certificate"]


def expected_end(fault: Fault) -> tuple[str, int]:
    """What a mail is in the end, and how often its text may have gone out (0: as often as the product likes)."""
    if fault.meaning == "code":
        return {2: ("sent", 1), 4: ("deferred", 0), 5: ("failed", 1)}.get(fault.code // 100, ("in_doubt", 2))
    return ("in_doubt", 2) if fault.meaning == "broken" else ("sent", 1)


def loop_faults(store: Store, fault: Fault) -> list[str]:
    """Let one warning meet a fault at the dot as often as the product tries, for four days; return what was wrong."""
    server = FaultyServer("dot", fault, Security.PLAIN, pipelining=True, persistent=True)
    with server.serving():
        world = World(store, chicago("2026-12-01"), way=way_to(server, SHORT))
        world.practice(ladder=(7, 0, -28))
        world.person("Maria Lopez", date(2026, 10, 9))
        world.live(chicago("2026-12-04", "12:00"), every=timedelta(hours=4))
    (row,) = [row for row in world.reminders() if row.kind == "warning"]
    texts = [text for text in server.texts if b"To: Maria" in text]
    taken = [text for text in server.taken if b"To: Maria" in text]
    state, copies = expected_end(fault)
    found = []
    if row.state != state:
        found.append(f"it is {row.state}, not {state}: {row.reason}")
    if copies and len(texts) != copies:
        found.append(f"it went out {len(texts)} times, not {copies}")
    if state == "in_doubt" and len(set(texts)) > 1:
        found.append("its copies differ")
    if len(taken) not in {"sent": {1}, "in_doubt": {0, 1, 2}}.get(state, {0}):
        found.append(f"it is {state}, and the server took {len(taken)}")
    return [f"dot / {fault.name} / the sender: {words}" for words in found]
