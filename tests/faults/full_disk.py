"""A disk that fails once, or from one write on: nothing is lost, the page answers, and it goes on by itself."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.faults.cheaply import compiled_once, heard_by_nobody
from tests.faults.disk import FULL, SYNC_FAILED, WRITE_FAILED, disk
from tests.faults.house import START, House, house
from tests.faults.sink import MESSAGE_ID, Taken
from tests.faults.town import AFTER_A_LEASE, judge, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LASTING = {"full": FULL, "write failed": WRITE_FAILED, "sync failed": SYNC_FAILED}
FAULTS = {name: (code, True) for name, code in LASTING.items()} | {
    f"{name}, once": (code, False) for name, code in LASTING.items()
}
"""What the disk says, and whether it goes on to say so."""
PEOPLE = 3

opened = contextmanager(house)


@dataclass
class Template:
    """The database that each try begins with: so many people have a mail due now."""

    path: Path
    people: int = PEOPLE
    addresses: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.addresses = settle(f"sqlite:///{self.path}", people=self.people, start=START)


def fail_from(template: Template, folder: Path, call: int, fault: str, *, backups: bool) -> tuple[bool, list[str]]:
    """Let the disk fail at that call, or from it on for a minute or two; return whether there was such a call, and faults."""
    code, is_lasting = FAULTS[fault]
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, disk() as below, opened(template.path, folder, patch) as home:
        if not backups:
            home.stands_still.add("backups")
        below.fail_from(call, code, is_lasting=is_lasting)
        home.minute()
        if not below.has_failed:
            return False, []
        home.minute()  # the disk may have failed after the pass; the next one is within the minute
        wrong = _seen(home) if is_lasting else []
        early = len(home.world.transport.sent)
        below.mend()
        home.world.now += AFTER_A_LEASE
        for _ in range(3):
            home.minute()
        return True, [*wrong, *_recovered(home, template, early)]


def _seen(home: House) -> list[str]:
    """What the outside sees while the disk fails."""
    status, matters, _ = home.health()
    page = home.browser.get("/").status_code
    wrong = [] if (status, "database" in matters) == (503, True) else [f"/healthz says {status} {matters}"]
    if page not in {200, 503}:
        wrong.append(f"the page says {page}")
    if not home.was_told("database"):
        wrong.append("nobody was told within two minutes")
    return wrong


def _recovered(home: House, template: Template, early: int) -> list[str]:
    """What is wrong once there is room again; the first `early` mails went before."""
    first, later = (home.world.now - timedelta(hours=hours) for hours in (1, 0))
    taken = [
        _taken(to, raw, (first if number < early else later).isoformat())
        for number, (to, raw) in enumerate(home.world.transport.sent)
    ]
    store = home.world.store
    with store.read() as connection:
        verdict = str(connection.scalar(text("pragma integrity_check")))
    wrong = judge(store.url.render_as_string(), template.addresses, taken)[1]
    if verdict != "ok":
        wrong.append(verdict)
    status, matters, _ = home.health()
    return wrong if status == 200 else [*wrong, f"afterwards /healthz says {status} {matters}"]


def _taken(to: str, raw: bytes, at: str) -> Taken:
    found = MESSAGE_ID.search(raw)
    assert found is not None
    digest = hashlib.sha256(raw).hexdigest()
    return Taken(at=at, connection=1, recipient=to, message_id=found[1].decode(), sha256=digest)


def calls_of_a_pass(template: Template, folder: Path, fault: str, *, backups: bool) -> int:
    """Return how many calls of that kind there are in a minute in which nothing fails."""
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, disk() as below, opened(template.path, folder, patch) as home:
        if not backups:
            home.stands_still.add("backups")
        below.fail_from(10**9, FAULTS[fault][0])
        home.minute()
        return below.calls


def disk_failures(
    template: Template, folder: Path, points: Sequence[tuple[int, str]], *, backups: bool = False
) -> tuple[dict[str, float], list[str]]:
    """Try each point (call, fault); return counts and what was wrong."""
    failed, wrong = 0, list[str]()
    for number, (call, fault) in enumerate(points):
        with compiled_once(), heard_by_nobody():
            was_reached, found = fail_from(template, folder / str(number), call, fault, backups=backups)
        failed += was_reached
        wrong += [f"{fault} from call {call}: {one}" for one in found]
    return {"points": failed}, wrong
