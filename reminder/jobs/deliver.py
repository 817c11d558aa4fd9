"""Deliver: claim, freeze, mark as sending, hand over, record. The one place where mails leave.

The promise: none is lost, and a crash makes at most one extra copy per open connection, with the same bytes and
Message-ID, of a mail that was marked as `sending` before (it turns `in_doubt` and is sent again).
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reminder.jobs.consequences import consequences, mark_refused
from reminder.jobs.freeze import Frozen, freeze
from reminder.jobs.holding import hold_for_server, release_for_server
from reminder.mail.transport import ConnectFault, Connection, Outcome, Verdict, send_one
from reminder.policy.model import State
from reminder.policy.window import first_try
from reminder.store import outbox, practices, sending, system

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection as Database

    from reminder.jobs.services import MailLimits, Services, Tally
    from reminder.store.outbox import Reminder

log = logging.getLogger(__name__)

BATCH = 100
"""Mails claimed at once. A crash gives them back when their lease runs out; only the one on its way is in doubt."""

LONGEST_RUN = timedelta(minutes=2)
"""After it the next pass begins at once: it plans what has become due, and gives what missed its window the next one."""

LEASE_MARGIN = timedelta(minutes=12)
"""What must be left of a lease before a mail is begun: a slow server may take ten minutes to answer the last dot."""


def deliver(services: Services, tally: Tally) -> None:
    """Send until nothing is sendable, the server's limits are reached, the queue is held, or the run is long enough."""
    sender, ends_at = _Sender(services, tally), services.clock() + LONGEST_RUN
    try:
        while not tally.was_cut_short and sender.round():
            tally.was_cut_short = services.clock() >= ends_at
    finally:
        sender.hang_up()
    with services.store.read() as database:
        tally.delayed = outbox.sendable_count(database, services.clock()) + sender.deferred


@dataclass
class Lane:
    """One open connection, and the mail that was begun on it: named to the server, its text still to come."""

    connection: Connection
    begun: Frozen | None = None


Answer = tuple[Frozen, Verdict]


class _Sender:
    """One run of the sender: as many open connections as the limits allow, each reused from mail to mail.

    The lanes go in step. One commit serves them all: it records the mails that were just answered and marks the next
    ones, those about to go; so a crash leaves at most one mail a connection in doubt, and each was marked before.
    """

    def __init__(self, services: Services, tally: Tally) -> None:
        self.services, self.tally = services, tally
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self.lanes: list[Lane] = []
        self.most_lanes = services.limits.connections
        self.deferred = 0
        self.is_first_round = True

    def round(self) -> bool:
        """Claim a batch and send it; False when there is nothing left to do now."""
        if self.services.stopping.is_set():
            return False
        now = self.services.clock()
        with self.services.store.write() as database:
            held = system.hold(database)
            if held is not None and (held.probe_at is None or held.probe_at > now):
                return False
            sending.expire_leases(database, now)
            # Once a run, for it reads all that waits; what closes from now on is for the next one, within minutes.
            if self.is_first_round:
                reschedule_missed(database, now)
            self.is_first_round = False
            room = 1 if held else min(BATCH, room_left(database, self.services.limits, now))
            claimed = sending.claim(database, self.owner, now, room)
            batch = freeze(database, self.services, claimed, now)
        self.tally.cancelled += batch.called_off
        self.tally.failed += batch.unwritable
        if not claimed or not self._send_all(deque(batch.ready)):
            return False
        if held is not None and batch.ready:
            release_for_server(self.services)
        return True

    def hang_up(self) -> None:
        """Close every connection."""
        while self.lanes:
            self.lanes.pop().connection.close()

    def _send_all(self, waiting: deque[Frozen]) -> bool:
        """Send what waits, most urgent first; False if the server will not have it now."""
        answers: list[Answer] = []
        while True:
            fault = self._fill_lanes(waiting)
            if fault is not None and not self.lanes:
                self._record(answers)
                return self._turned_away(fault, waiting)
            answers += self._listen()
            refused = next((verdict for _, verdict in answers if verdict.outcome is Outcome.MISCONFIGURED), None)
            if refused is not None:
                waiting.extendleft(frozen for frozen, verdict in answers if verdict.outcome is refused.outcome)
                waiting.extendleft(lane.begun for lane in self.lanes if lane.begun)
                self._record([answer for answer in answers if answer[1].outcome is not refused.outcome])
                return self._turned_away(refused, waiting)
            self._record(answers, self.lanes)
            if not any(lane.begun for lane in self.lanes) and not self._may_begin(waiting):
                self._give_back(waiting)
                return True
            answers = self._hand_over(waiting)

    def _fill_lanes(self, waiting: deque[Frozen]) -> Verdict | None:
        """Name a mail to each lane that has none, opening lanes as far as the limits allow; return what hindered it."""
        for lane in list(self.lanes):
            if lane.begun is None and self._may_begin(waiting):
                if not lane.connection.alive():
                    self._leave(lane)
                else:
                    self._begin(lane, waiting.popleft())
        while len(self.lanes) < self.most_lanes and self._may_begin(waiting):
            # One alone first: a sign-in that the server refuses must not be tried eight times.
            missing = min(self.most_lanes - len(self.lanes), len(waiting)) if self.lanes else 1
            opened, fault = self._open(missing)
            for lane in opened:
                self.lanes.append(lane)
                if self._may_begin(waiting):
                    self._begin(lane, waiting.popleft())
            if fault is not None:
                self.most_lanes = max(1, len(self.lanes))  # a server that allows fewer than we hoped is served by those
                return fault
        return None

    def _open(self, count: int) -> tuple[list[Lane], Verdict | None]:
        """Open connections side by side, for each takes several round trips; return them, and why one was refused."""
        with ThreadPoolExecutor(count) as pool:
            tried = [pool.submit(self.services.transport.connect) for _ in range(count)]
        opened, refused = [], None
        for one in tried:
            try:
                opened.append(Lane(one.result()))
            except ConnectFault as fault:
                refused = fault.verdict
        return opened, refused

    def _may_begin(self, waiting: deque[Frozen]) -> bool:
        """Tell whether a mail waits whose lease is long enough to begin it, and nobody has told us to stop."""
        if not waiting or self.services.stopping.is_set():
            return False
        now = self.services.clock()
        return (waiting[0].row.claimed_at or now) + sending.LEASE - now >= LEASE_MARGIN

    def _begin(self, lane: Lane, frozen: Frozen) -> None:
        lane.begun = frozen
        lane.connection.begin(self.services.sender_address, frozen.row.recipient)

    def _listen(self) -> list[Answer]:
        """Hear what the server says to each envelope; return the refusals. What is still begun may go."""
        refusals = []
        for lane in list(self.lanes):
            if lane.begun is None:
                continue
            refusal = lane.connection.go_ahead()
            if refusal is not None:
                refusals.append((lane.begun, refusal))
                lane.begun = None
                if not refusal.usable:
                    self._leave(lane)
        return refusals

    def _hand_over(self, waiting: deque[Frozen]) -> list[Answer]:
        """Hand each lane its text, and name the next mail in the same breath; return the server's answers."""
        handed_over = []
        for lane in self.lanes:
            if lane.begun is None:
                continue
            frozen, lane.begun = lane.begun, waiting.popleft() if self._may_begin(waiting) else None
            following = (self.services.sender_address, lane.begun.row.recipient) if lane.begun else None
            lane.connection.hand_over(frozen.data, following)
            handed_over.append((lane, frozen))
        answers = []
        for lane, frozen in handed_over:
            verdict = lane.connection.outcome()
            answers.append((frozen, verdict))
            if not verdict.usable:
                if lane.begun is not None:
                    waiting.appendleft(lane.begun)
                self._leave(lane)
        return answers

    def _leave(self, lane: Lane) -> None:
        lane.connection.close()
        self.lanes.remove(lane)

    def _record(self, answers: Sequence[Answer], lanes: Sequence[Lane] = ()) -> None:
        """In one commit: keep what the server answered, and mark the mails that are about to go."""
        now = self.services.clock()
        going = [lane.begun.row for lane in lanes if lane.begun is not None]
        if not answers and not going:
            return
        with self.services.store.write() as database:
            results = [_result(database, frozen.row, verdict, now) for frozen, verdict in answers]
            kept = sending.record(database, results)
            for frozen, verdict in answers:
                if verdict.outcome is Outcome.REFUSED_RECIPIENT and frozen.row.id in kept:
                    mark_refused(database, frozen.row, verdict.reply, now)
            marked = sending.mark_sending(database, going, now)
        for result in results:
            self._tell(result, is_kept=result.row.id in kept)
        for lane in [lane for lane in lanes if lane.begun is not None and lane.begun.row.id not in marked]:
            self._leave(lane)  # its mail was called off meanwhile, and the server waits for a text

    def _tell(self, result: sending.Result, *, is_kept: bool) -> None:
        row, state = result.row, result.values["state"]
        if not is_kept:
            log.warning("the answer for reminder %d came after its lease had ended", row.id)
            return
        self.tally.sent += state is State.SENT
        self.tally.failed += state is State.FAILED
        self.deferred += state in (State.DEFERRED, State.IN_DOUBT)
        log.info("reminder %d (%s): %s", row.id, row.kind, state, extra={"action": f"mail.{state}"})

    def _turned_away(self, verdict: Verdict, waiting: deque[Frozen]) -> bool:
        """Let everything wait: until the server can be reached again, or for good until somebody mends the sign-in."""
        self.hang_up()
        if verdict.outcome is Outcome.MISCONFIGURED:
            hold_for_server(self.services, verdict)
            self._give_back(waiting)
        else:
            self._record([(frozen, verdict) for frozen in waiting])
        return False

    def _give_back(self, waiting: Iterable[Frozen]) -> None:
        with self.services.store.write() as database:
            for frozen in waiting:
                state = State.IN_DOUBT if frozen.row.in_doubt_at else State.PLANNED
                sending.release(database, frozen.row, {"state": state})


def _result(database: Database, row: Reminder, verdict: Verdict, now: datetime) -> sending.Result:
    tried = sending.Attempt(
        finished_at=now, outcome=verdict.outcome, stage=verdict.stage, code=verdict.code, reply=verdict.reply
    )
    return sending.Result(row=row, tried=tried, values=consequences(database, row, verdict, now))


def reschedule_missed(database: Database, now: datetime) -> None:
    """Give reminders whose window closed before they could go the next one."""
    while missed := sending.missed_windows(database, now, BATCH):
        homes = practices.load(database, {row.practice_id for row in missed})
        for row in missed:
            expiry = row.cycle_on if row.kind in outbox.CLOCK else None
            window = first_try(now, homes[row.practice_id].schedule, expiry)
            sending.move(database, row.id, next_at=window.opens_at, closes_at=window.closes_at)


def room_left(database: Database, limits: MailLimits, now: datetime) -> int:
    """Return how many mails the server's limits allow now."""
    room = BATCH
    if limits.minute is not None:
        room = min(room, limits.minute - sending.tries_since(database, now - timedelta(minutes=1), now))
    if limits.day is not None:
        room = min(room, limits.day - sending.tries_since(database, now - timedelta(days=1)))
    return max(room, 0)


def send_now(services: Services, sender_address: str, recipient: str, data: bytes) -> Verdict:
    """Hand over one mail outside the queue (the test mail), and return the server's answer."""
    try:
        connection = services.transport.connect()
    except ConnectFault as fault:
        return fault.verdict
    try:
        return send_one(connection, sender_address, recipient, data)
    finally:
        connection.close()
