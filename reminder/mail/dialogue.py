"""The SMTP dialogue from MAIL to the final dot, with each phase told apart.

smtplib raises the same exception for a connection lost before the final dot (not taken: try again) and after it
(nobody knows: in doubt), so these phases are spoken here. Where the server offers PIPELINING (RFC 2920), the text of
one mail and the envelope of the next go out together: one round trip a mail instead of four.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from reminder.mail.client import OutOfTurnError
from reminder.mail.replies import broken, doubt, is_out_of_step, refused, taken
from reminder.mail.transport import Outcome, Stage, Verdict
from reminder.mail.wire import Timeouts, Wire, envelope, stuffed

if TYPE_CHECKING:
    from reminder.mail.client import Client

IDLE_SECONDS = 30
"""A connection that was quiet for this long is asked whether it is still there before it is used again."""


class SmtpConnection:
    """A signed-in connection; carries one mail after another."""

    def __init__(self, client: Client, timeouts: Timeouts) -> None:
        """Take a connection over from the library."""
        self._wire, self._timeouts = Wire(client), timeouts
        self._pipelining = client.has_extn("pipelining")
        self._used_at = time.monotonic()
        self._unsaid: deque[tuple[Stage, bytes]] = deque()  # commands that wait for the answer to the one before
        self._unanswered: deque[Stage] = deque()
        self._begin_fault: Verdict | None = None  # what went wrong while speaking is told to who listens next
        self._text_fault: Verdict | None = None
        self._next: tuple[str, str] | None = None
        self._text_is_awaited = False

    def begin(self, sender: str, recipient: str) -> None:
        """Say the envelope: all of it at once if the server offers that."""
        words = self._envelope(sender, recipient)
        try:
            self._wire.send(words, self._timeouts.command)
        except OSError as error:
            self._begin_fault = self._unasked(Stage.MAIL, error)

    def _envelope(self, sender: str, recipient: str) -> bytes:
        """Return what can be said of an envelope now, and keep the rest until the server has answered."""
        self._forget_envelope()
        commands = envelope(sender, recipient)
        if not commands:
            reply = "the address cannot be written in SMTP"
            self._begin_fault = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, reply=reply)
        now = commands if self._pipelining else commands[:1]
        self._unsaid.extend(commands[len(now) :])
        self._unanswered.extend(stage for stage, _ in now)
        return b"".join(line for _, line in now)

    def _forget_envelope(self) -> None:
        self._unsaid.clear()
        self._unanswered.clear()
        self._begin_fault = None

    def go_ahead(self) -> Verdict | None:
        """Read the answers to the envelope; None means that the server waits for the text."""
        if self._begin_fault is not None:
            return self._begin_fault
        refusal: Verdict | None = None
        waits_for_text = False
        while self._unanswered:
            stage = self._unanswered.popleft()
            answer = self._answer(stage)
            if refusal is not None and is_out_of_step(stage, answer):
                refusal, answer = None, broken(stage, OutOfTurnError("the answers are out of step"))
            if answer is not None and not answer.usable:
                self._forget_envelope()
                return replace(refusal or answer, usable=False)
            refusal = refusal or answer
            waits_for_text = stage is Stage.DATA and answer is None
            if refusal is None and self._unsaid:
                refusal = self._say_next()
        if refusal is None:
            self._text_is_awaited = True
            return None
        if waits_for_text:  # a server may wait for a text although it took no recipient (RFC 2920, 3.1)
            self._command(Stage.DATA, ".")
        if not refusal.usable:
            return refusal
        unsettled = self._command(Stage.MAIL, "RSET")
        if unsettled is not None and unsettled.code is not None and refusal.stage is Stage.DATA:
            # If an answer came twice before, this one was the recipient's: a further connection will tell.
            refusal = replace(refusal, outcome=Outcome.DEFERRED)
        return replace(refusal, usable=unsettled is None)

    def _say_next(self) -> Verdict | None:
        stage, line = self._unsaid.popleft()
        try:
            self._wire.send(line, self._timeouts.command)
        except OSError as error:
            return self._unasked(stage, error)
        self._unanswered.append(stage)
        return None

    def hand_over(self, data: bytes, then: tuple[str, str] | None = None) -> None:
        """Send the text; from the first byte of the final dot on, silence means doubt."""
        self._text_is_awaited, self._text_fault, self._next, following = False, None, None, b""
        if then is not None and self._pipelining:
            following = self._envelope(*then)
        elif then is not None:
            self._next = then
        try:
            self._wire.send(stuffed(data), self._timeouts.body)
        except OSError as error:
            self._text_fault = self._unasked(Stage.BODY, error)
            return
        try:
            self._wire.send(b".\r\n" + following, self._timeouts.dot)
        except OutOfTurnError as error:
            self._text_fault = self._unasked(Stage.BODY, error)
        except OSError as error:
            self._text_fault = doubt(error)

    def outcome(self) -> Verdict:
        """Read the answer that decides."""
        verdict = self._text_fault or self._read_outcome()
        if not verdict.usable:
            self._forget_envelope()
        elif self._next is not None:
            self.begin(*self._next)
        return verdict

    def _read_outcome(self) -> Verdict:
        try:
            code, text = self._wire.read(self._timeouts.dot)
        except OSError as error:
            return doubt(error)
        self._used_at = time.monotonic()
        # Bytes beyond the answer mean that the two sides are out of step, unless a further mail was begun.
        in_step = bool(self._unanswered) or self._wire.is_quiet()
        usable = in_step and code != 421 and taken(code) is not Outcome.IN_DOUBT
        return Verdict(outcome=taken(code), stage=Stage.DOT, code=code, reply=text, usable=usable)

    def _unasked(self, stage: Stage, error: OSError) -> Verdict:
        """Judge a connection that broke before something was said: if the dot never left, the mail was not taken.

        A server that refuses early says why before it hangs up; what it said is there already.
        """
        try:
            code, text = self._wire.read(self._timeouts.probe)
        except OSError:
            return broken(stage, error)
        refused_text = stage is Stage.BODY and code // 100 == 5
        outcome = Outcome.REFUSED_CONTENT if refused_text else Outcome.DEFERRED
        return Verdict(outcome=outcome, stage=stage, code=code, reply=text, usable=False)

    def _answer(self, stage: Stage) -> Verdict | None:
        """Read the answer to one command; None if it is the one hoped for."""
        try:
            code, text = self._wire.read(self._timeouts.data if stage is Stage.DATA else self._timeouts.command)
        except OSError as error:
            return broken(stage, error)
        self._used_at = time.monotonic()
        if code == 354 if stage is Stage.DATA else code // 100 == 2:
            return None
        usable = code // 100 in (4, 5) and code != 421
        return Verdict(outcome=refused(stage, code, text), stage=stage, code=code, reply=text, usable=usable)

    def _command(self, stage: Stage, line: str, seconds: float | None = None) -> Verdict | None:
        """Say one command outside an envelope and read its answer; None if the server agrees."""
        try:
            self._wire.send(f"{line}\r\n".encode("ascii"), seconds or self._timeouts.command)
            code, text = self._wire.read(seconds or self._timeouts.command)
        except OutOfTurnError as error:
            return self._unasked(stage, error)
        except OSError as error:
            return broken(stage, error)
        self._used_at = time.monotonic()
        agreed = code // 100 == 2
        return None if agreed else Verdict(outcome=Outcome.DEFERRED, stage=stage, code=code, reply=text, usable=False)

    def alive(self) -> bool:
        """Tell whether the connection can still be used; after a pause the server is asked."""
        if time.monotonic() - self._used_at < IDLE_SECONDS:
            return True
        return self._command(Stage.MAIL, "NOOP", self._timeouts.probe) is None

    def close(self) -> None:
        """Say QUIT; whatever the server answers changes nothing about the mails it took.

        A server that waits for a text would take the word for a line of it, and never answer.
        """
        if not self._text_is_awaited:
            with contextlib.suppress(OSError):
                self._wire.send(b"QUIT\r\n", self._timeouts.probe)
                self._wire.read(self._timeouts.probe)
        self._wire.close()
