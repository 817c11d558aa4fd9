"""The mail server of a simulated life: it takes, refuses, puts off and loses by a seeded weather; and kills senders."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


class KilledError(BaseException):
    """The process ended here, without a word."""


@dataclass(frozen=True)
class Taken:
    """A text whose final dot came through. `certain`: the server could say so."""

    reminder_id: int
    message_id: str
    kind: str
    to: str
    raw: bytes
    certain: bool

    @property
    def text(self) -> str:
        """The mail as one reads it, heads and both parts in one: a tenth of the time that parsing takes."""
        is_quoted = b"quoted-printable" in self.raw
        return (quopri.decodestring(self.raw) if is_quoted else self.raw).decode()


TAKES = Verdict(outcome=Outcome.ACCEPTED, stage=Stage.DOT, code=250, reply="2.0.0 queued")
LATER = Verdict(outcome=Outcome.DEFERRED, stage=Stage.RCPT, code=451, reply="4.7.1 greylisted")
NO_SUCH_USER = Verdict(outcome=Outcome.REFUSED_RECIPIENT, stage=Stage.RCPT, code=550, reply="5.1.1 no such user")
NO_SENDER = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.MAIL, code=550, reply="5.7.1 not you")
FULL = Verdict(outcome=Outcome.DEFERRED, stage=Stage.DOT, code=452, reply="4.3.1 full")
SPAM = Verdict(outcome=Outcome.REFUSED_CONTENT, stage=Stage.DOT, code=554, reply="5.7.1 spam")
LOST = Verdict(outcome=Outcome.IN_DOUBT, stage=Stage.DOT, reply="no answer in time", usable=False)
DOWN = Verdict(outcome=Outcome.DEFERRED, stage=Stage.CONNECT, reply="connection refused", usable=False)
NO_SIGN_IN = Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.AUTH, code=535, reply="5.7.8 no", usable=False)

WEATHER: dict[str, tuple[tuple[float, Verdict], ...]] = {
    "fair": (),
    "mixed": ((0.05, LATER), (0.02, NO_SUCH_USER), (0.02, FULL), (0.01, SPAM), (0.03, LOST)),
    "stormy": ((0.3, LATER), (0.2, LOST), (0.1, DOWN), (0.05, NO_SENDER)),
    "down": ((1.0, DOWN),),
    "locked": ((1.0, NO_SIGN_IN),),
}
"""How likely which answer is; else the mail is taken."""


@dataclass
class Post:
    """The server. `between` is called at moments when somebody else may act on the same store."""

    random: Random
    weather: str = "fair"
    deaths: float = 0.0
    between: Callable[[], None] = lambda: None
    on_taken: Callable[[Taken], None] = lambda _: None

    def describe(self) -> str:
        return "the simulated server"

    def drawn(self, *stages: Stage) -> Verdict | None:
        """The fault that happens now, if it is one of these stages."""
        chance = self.random.random()
        for part, verdict in WEATHER[self.weather]:
            if chance < part:
                return verdict if verdict.stage in stages else None
            chance -= part
        return None

    def maybe_die(self) -> None:
        if self.random.random() < self.deaths:
            raise KilledError

    def connect(self) -> Line:
        """Open a connection. Senders do so in threads of their own, where nobody else may act: that would be no replay."""
        fault = self.drawn(Stage.CONNECT, Stage.AUTH)
        if fault is not None:
            raise ConnectFault(fault)
        return Line(self)


@dataclass
class Line:
    """One connection."""

    post: Post
    begun: str = ""
    handed: tuple[str, bytes] = ("", b"")

    def begin(self, sender: str, recipient: str) -> None:
        self.begun = recipient

    def go_ahead(self) -> Verdict | None:
        self.post.between()
        self.post.maybe_die()
        return self.post.drawn(Stage.MAIL, Stage.RCPT)

    def hand_over(self, data: bytes, then: tuple[str, str] | None = None) -> None:
        self.handed = (self.begun, data)
        self.post.maybe_die()
        if then is not None:
            self.begin(*then)

    def outcome(self) -> Verdict:
        to, raw = self.handed
        verdict = self.post.drawn(Stage.DOT) or TAKES
        if verdict.outcome is Outcome.ACCEPTED or (verdict is LOST and self.post.random.random() < 0.5):
            self._take(to, raw, certain=verdict.outcome is Outcome.ACCEPTED)
        return verdict

    def _take(self, to: str, raw: bytes, *, certain: bool) -> None:
        named = re.search(rb"(?m)^Message-ID:\s*(<reminder\.(\d+)\.\d+@[^>]*>)", raw)
        kind = re.search(rb"(?m)^X-Reminder-Kind: (\S+)", raw)
        assert named is not None
        assert kind is not None
        dies = self.post.random.random() < self.post.deaths
        taken = Taken(int(named[2]), named[1].decode(), kind[1].decode(), to, raw, certain and not dies)
        self.post.on_taken(taken)
        if dies:
            raise KilledError

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        pass
