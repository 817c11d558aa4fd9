"""Deliver: claim, freeze, mark as sending, hand over, record. The one place where mails leave.

The promise: none is lost, and a crash makes at most one extra copy per open connection, with the same bytes and
Message-ID, of a mail that was marked as `sending` before (it turns `in_doubt` and is sent again).
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reminder.jobs.freeze import Frozen, freeze
from reminder.mail.transport import ConnectFault, Connection, Outcome, Verdict
from reminder.policy.model import Kind, State
from reminder.policy.retry import given_up, wait_before
from reminder.policy.window import first_try, next_try
from reminder.store import outbox, people, practices, sending, system

if TYPE_CHECKING:
    from sqlalchemy import Connection as Database

    from reminder.jobs.services import MailLimits, Services, Tally
    from reminder.store.outbox import Reminder

log = logging.getLogger(__name__)

BATCH = 100
"""Mails claimed at once. A crash gives them back when their lease runs out; only the one on its way is in doubt."""

PROBE_EVERY = timedelta(minutes=15)
"""A mail server that refuses our sign-in is asked this often: hammering it locks accounts."""

LEASE_MARGIN = timedelta(minutes=12)
"""What must be left of a lease before a mail is begun: a slow server may take ten minutes to answer the last dot."""

NO_WINDOW = frozenset({Kind.RECEIPT, Kind.NOTICE, Kind.SIGN_IN, Kind.TEST})
"""Mails that somebody waits for: they go at any hour."""


def deliver(services: Services, tally: Tally) -> None:
    """Send until nothing is sendable, the server's limits are reached, or the queue is held."""
    sender = _Sender(services, tally)
    try:
        while sender.round():
            pass
    finally:
        sender.hang_up()
    with services.store.read() as database:
        tally.delayed = outbox.sendable_count(database, services.clock()) + sender.deferred


class _Sender:
    """One run of the sender: at most one open connection, reused from mail to mail."""

    def __init__(self, services: Services, tally: Tally) -> None:
        self.services, self.tally = services, tally
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self.connection: Connection | None = None
        self.deferred = 0

    def round(self) -> bool:
        """Claim a batch and send it; False when there is nothing left to do now."""
        now = self.services.clock()
        with self.services.store.write() as database:
            held = system.hold(database)
            if held is not None and (held.probe_at is None or held.probe_at > now):
                return False
            sending.expire_leases(database, now)
            reschedule_missed(database, now)
            room = 1 if held else min(BATCH, room_left(database, self.services.limits, now))
            claimed = sending.claim(database, self.owner, now, room)
            batch = freeze(database, self.services, claimed, now)
        self.tally.cancelled += batch.called_off
        self.tally.failed += batch.unwritable
        return bool(claimed) and self._send_all(batch.ready, probing=held is not None)

    def hang_up(self) -> None:
        """Close the connection, if one is open."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _send_all(self, batch: list[Frozen], *, probing: bool) -> bool:
        for position, frozen in enumerate(batch):
            if self._lease_is_short(frozen.row):
                self._give_back(batch[position:])
                return True
            verdict = self._send_one(frozen)
            if verdict is None:
                continue
            if verdict.outcome is Outcome.MISCONFIGURED:
                self._hold(verdict)
                self._give_back(batch[position:])
                return False
            self._record(frozen.row, verdict)
            if self.connection is None and verdict.outcome is Outcome.DEFERRED and verdict.stage.value in CONNECTING:
                for later in batch[position + 1 :]:
                    self._record(later.row, verdict)
                return False
            if probing:
                self._release()
        return True

    def _send_one(self, frozen: Frozen) -> Verdict | None:
        """Hand one mail over; None if it was called off meanwhile."""
        connection = self._connected()
        if isinstance(connection, Verdict):
            return connection
        verdict = connection.offer(self.services.sender_address, frozen.row.recipient)
        if verdict is None:
            with self.services.store.write() as database:
                going = sending.mark_sending(database, frozen.row, self.services.clock())
            if not going:
                self.hang_up()
                return None
            verdict = connection.transmit(frozen.data)
        if not verdict.usable:
            self.hang_up()
        return verdict

    def _connected(self) -> Connection | Verdict:
        if self.connection is not None and not self.connection.alive():
            self.hang_up()
        if self.connection is None:
            try:
                self.connection = self.services.transport.connect()
            except ConnectFault as fault:
                return fault.verdict
        return self.connection

    def _record(self, row: Reminder, verdict: Verdict) -> None:
        now = self.services.clock()
        tried = sending.Attempt(
            finished_at=now,
            outcome=verdict.outcome,
            stage=verdict.stage,
            code=verdict.code,
            reply=verdict.reply,
        )
        with self.services.store.write() as database:
            values = consequences(database, row, verdict, now)
            if not sending.record(database, row, tried, values):
                log.warning("the answer for reminder %d came after its lease had ended", row.id)
                return
            if verdict.outcome is Outcome.REFUSED_RECIPIENT:
                mark_refused(database, row, verdict.reply, now)
        state = values["state"]
        self.tally.sent += state is State.SENT
        self.tally.failed += state is State.FAILED
        self.deferred += state in (State.DEFERRED, State.IN_DOUBT)
        log.info("reminder %d (%s): %s", row.id, row.kind, state, extra={"action": f"mail.{state}"})

    def _give_back(self, batch: list[Frozen]) -> None:
        with self.services.store.write() as database:
            for frozen in batch:
                state = State.IN_DOUBT if frozen.row.in_doubt_at else State.PLANNED
                sending.release(database, frozen.row, {"state": state})

    def _lease_is_short(self, row: Reminder) -> bool:
        claimed_at = row.claimed_at or self.services.clock()
        return claimed_at + sending.LEASE - self.services.clock() < LEASE_MARGIN

    def _hold(self, verdict: Verdict) -> None:
        now = self.services.clock()
        self.hang_up()
        reason = f"the mail server refuses us ({verdict.stage}: {verdict.code or ''} {verdict.reply})"
        cure = (
            "mend REMINDER_MAIL_URL or the account; it is tried again every 15 minutes, or run: reminder queue release"
        )
        with self.services.store.write() as database:
            since_at = (system.hold(database) or system.Hold(reason="", cure="", since_at=now)).since_at
            held = system.Hold(reason=reason, cure=cure, since_at=since_at, probe_at=now + PROBE_EVERY)
            system.set_hold(database, held)
        log.error("sending is held: %s", reason, extra={"action": "queue.held"})

    def _release(self) -> None:
        with self.services.store.write() as database:
            system.clear_hold(database)
        log.info("sending is released: the mail server accepts us again", extra={"action": "queue.released"})


CONNECTING = frozenset({"connect", "tls", "greeting", "ehlo", "starttls", "auth"})
"""The stages at which a fault is the server's and not one mail's: the whole batch waits."""


def consequences(database: Database, row: Reminder, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """Say what becomes of a reminder after the server's answer: its new state and times."""
    reason = f"{verdict.stage}: {verdict.code or ''} {verdict.reply}".strip()
    if verdict.outcome is Outcome.ACCEPTED:
        return {"state": State.SENT, "sent_at": now, "reason": None}
    if verdict.outcome is Outcome.IN_DOUBT:
        again_at = now + wait_before(1, _spread()) if row.doubts == 0 else None
        window = {"next_at": again_at, "closes_at": None}
        doubt = {"state": State.IN_DOUBT, "in_doubt_at": row.in_doubt_at or now, "doubts": row.doubts + 1}
        return {**doubt, **window, "reason": reason}
    if verdict.outcome is Outcome.DEFERRED and not given_up(row.planned_at, now):
        failures = row.failures + 1
        window_to_try = next_try(now + wait_before(failures, _spread()), _schedule(database, row), now)
        return {
            "state": State.DEFERRED,
            "deferred_at": now,
            "failures": failures,
            "reason": reason,
            "next_at": window_to_try.opens_at,
            "closes_at": window_to_try.closes_at,
        }
    return {"state": State.FAILED, "failed_at": now, "reason": reason}


def _spread() -> float:
    """Return a random number from 0 to 1 for the jitter."""
    return secrets.randbelow(1000) / 1000


def _schedule(database: Database, row: Reminder) -> Any:  # noqa: ANN401 - Schedule or None
    if row.kind in NO_WINDOW:
        return None
    return practices.load(database, [row.practice_id])[row.practice_id].schedule


def mark_refused(database: Database, row: Reminder, reply: str, now: datetime) -> None:
    """Note that the server refuses an address for good, and have the clock looked at: a second one may serve."""
    person = people.get(database, row.person_id) if row.person_id and not row.trial else None
    if person is None:
        return
    if row.recipient == person.email:
        values = {"email_refused_at": now, "email_refused_reply": reply, "next_step_at": now}
        people.change(database, person.id, values)
    elif row.recipient == person.second_email:
        people.change(database, person.id, {"second_refused_at": now, "next_step_at": now})


def reschedule_missed(database: Database, now: datetime) -> None:
    """Give reminders whose window closed before they could go the next one."""
    missed = sending.missed_windows(database, now, BATCH)
    homes = practices.load(database, {row.practice_id for row in missed})
    for row in missed:
        expiry = row.cycle_on if row.kind in outbox.CLOCK else None
        window = first_try(now, homes[row.practice_id].schedule, expiry)
        sending.move(database, row.id, next_at=window.opens_at, closes_at=window.closes_at)


def room_left(database: Database, limits: MailLimits, now: datetime) -> int:
    """Return how many mails the server's limits allow now."""
    room = BATCH
    if limits.minute is not None:
        room = min(room, limits.minute - sending.tries_since(database, now - timedelta(minutes=1)))
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
        return connection.offer(sender_address, recipient) or connection.transmit(data)
    finally:
        connection.close()
