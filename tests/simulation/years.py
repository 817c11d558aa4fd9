"""Lives a seed: steps of acts, sleeps and passes, with every invariant looked at after each."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulation import acts, invariants
from tests.simulation.life import BrokenError, Life, Sent, fast_folder, seeded_jitter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.post import Taken

SIZES = (3, 10, 30)
"""Practices of an installation: many share the cost of a pass, few let it be looked at more often."""


class Years:
    """One life and how far it has come."""

    def __init__(self, seed: int, folder: Path, practices: int | None = None) -> None:
        self.life = Life(seed, folder)
        self.step, self.calm = 0, False
        self.practices = practices or self.life.random.choice(SIZES)
        self.troubled = self.life.random.random() < 0.5  # in the other half the clock is never wrong
        invariants.watch(self.life)
        for _ in range(self.practices):
            acts.open_practice(self.life)
        for _ in range(self.practices * 3):
            acts.register(self.life)
        self.life.post.between = self._between
        self.life.post.on_taken = self._taken

    def _between(self) -> None:
        """In the middle of a sender's work, now and then somebody else acts, or the other program passes."""
        life = self.life
        if life.random.random() > 0.02:
            return
        between, life.post.between = life.post.between, lambda: None
        if life.random.random() < 0.5:
            self._act()
        else:
            life.run(1)
        life.post.between = between

    def _taken(self, taken: Taken) -> None:
        """Look at a mail in the moment in which the server takes it."""
        sent = Sent(taken, self.life.wall)
        self._judge(invariants.of_a_mail(self.life, sent, self.life.sent[-60:]))
        self.life.sent.append(sent)

    def _act(self) -> None:
        life = self.life
        weights, chosen = zip(*acts.ACTS, strict=True)
        act = life.random.choices(chosen, weights)[0]
        if life.random.random() < 0.003:
            act = life.random.choice(acts.RARE)
        if self.troubled and life.random.random() < 0.02:
            act = acts.jump
        before = invariants.history_length(life)
        acts.do(life, act)
        by_somebody = act not in acts.QUIET and act not in acts.RARE
        self._judge(invariants.after_an_act(life, before, by_somebody=by_somebody))
        self._judge(invariants.of_states(life))
        life.doing = "pass"

    def _sleep(self) -> None:
        """From a minute to sixty days; mostly until the product means to do something."""
        life = self.life
        chance = life.random.random()
        if self.step % 40 == 0:
            self.calm = life.random.random() < 0.6
        if self.calm and chance < 0.7:
            life.true += timedelta(days=life.random.uniform(0.3, 6))
            return
        ahead = life.next_moment() - life.wall
        if chance < 0.6 and timedelta(0) < ahead < timedelta(days=60):
            life.true += ahead
        elif chance < 0.8:
            life.true += timedelta(minutes=life.random.choice((1, 16, 60, 480)))
        elif chance < 0.97:
            life.true += timedelta(hours=life.random.uniform(6, 80))
        else:
            life.true += timedelta(days=life.random.uniform(3, 60))

    def advance(self) -> None:
        """One step: somebody acts or nobody, time passes, a program passes; and everything is looked at."""
        life = self.life
        self.step += 1
        for _ in range(
            life.random.choice((0, 1, 1, 2, 4)) if self.practices > 5 else life.random.choice((0, 0, 1, 1, 2))
        ):
            self._act()
        self._sleep()
        went_through = life.run(life.random.randrange(2))
        self._judge(invariants.of_states(life))
        if self.step % 4 == 0 and went_through:
            self.look()

    def look(self) -> None:
        """Look at everything that holds after a pass that nothing disturbed."""
        life = self.life
        life.complete_pass()
        self._judge(invariants.of_states(life))
        self._judge(invariants.of_dates(life))
        self._judge(invariants.of_the_ledger(life))
        if life.held() is None:
            self._judge(invariants.of_steps(life))
            self._judge(invariants.of_deadlines(life))
        if self.step % 20 == 0:
            self._judge(invariants.of_records(life))

    def _judge(self, found: Iterator[str]) -> None:
        for words in found:
            where = f"seed {self.life.seed}, step {self.step}, after {self.life.doing} at {self.life.wall}"
            message = f"{where}: {words}\nreplay: python -m tests.simulation --seed {self.life.seed}"
            raise BrokenError(message)

    def close(self) -> None:
        self.life.close()


def live(seed: int, years: float, practices: int | None = None) -> dict[str, float]:
    """Live so many years of an installation with several practices; raise BrokenError. Return what happened."""
    with tempfile.TemporaryDirectory(dir=fast_folder(), prefix="life") as folder:
        lived = Years(seed, Path(folder), practices)
        try:
            with seeded_jitter(lived.life.random):
                while lived.life.years < years:
                    lived.advance()
            return {
                "practice_years": round(lived.life.years * lived.practices, 1),
                "steps": lived.step,
                "passes": lived.life.ticks,
                "mails": len(lived.life.sent),
            }
        finally:
            lived.close()
