"""Keeps mails in memory: for the demo, for tests, and for trying the product out in a program of one's own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict

TAKEN = Verdict(outcome=Outcome.ACCEPTED, stage=Stage.DOT, code=250, reply="kept in memory")


@dataclass
class MemoryTransport:
    """`sent` holds (recipient, mail) in order. `answers` are given first, one a mail; `refusal` stops connections."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    answers: deque[Verdict] = field(default_factory=deque)
    refusal: Verdict | None = None
    connections: int = 0

    def describe(self) -> str:
        """Name the place."""
        return "memory"

    def connect(self) -> MemoryConnection:
        """Open a connection, or refuse as told."""
        if self.refusal is not None:
            raise ConnectFault(self.refusal)
        self.connections += 1
        return MemoryConnection(self)


class MemoryConnection:
    """Takes mails, or answers as told."""

    def __init__(self, transport: MemoryTransport) -> None:
        """Keep the place the mails go to."""
        self._transport = transport
        self._begun = self._handed_over = ""
        self._data = b""

    def begin(self, sender: str, recipient: str) -> None:  # noqa: ARG002 - as every connection
        """Note the recipient."""
        self._begun = recipient

    def go_ahead(self) -> Verdict | None:
        """Give the next answer if it is one about the envelope."""
        answers = self._transport.answers
        if answers and answers[0].stage in (Stage.MAIL, Stage.RCPT):
            return answers.popleft()
        return None

    def hand_over(self, data: bytes, then: tuple[str, str] | None = None) -> None:
        """Note the mail."""
        self._handed_over, self._data = self._begun, data
        if then is not None:
            self.begin(*then)

    def outcome(self) -> Verdict:
        """Keep the mail, or give the next answer."""
        verdict = self._transport.answers.popleft() if self._transport.answers else TAKEN
        if verdict.outcome in (Outcome.ACCEPTED, Outcome.IN_DOUBT):
            self._transport.sent.append((self._handed_over, self._data))
        return verdict

    def alive(self) -> bool:
        """Tell that memory lasts."""
        return True

    def close(self) -> None:
        """Do nothing."""
