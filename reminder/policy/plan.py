"""Rule 5: only the newest reached step goes out; this heals every gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from reminder.policy.model import Step


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do about one clock: the step that stands now (None before the first), the older steps that were never
    recorded, and when to look again (None after the last step).
    """

    newest: Step | None
    missed: tuple[Step, ...]
    look_again_at: datetime | None


def decide(steps: Sequence[Step], recorded: Collection[int], now: datetime) -> Decision:
    """Decide from the placed steps of a cycle, in order, and the numbers of those that already have a record."""
    reached = [step for step in steps if step.at <= now]
    ahead = [step.at for step in steps if step.at > now]
    return Decision(
        newest=reached[-1] if reached else None,
        missed=tuple(step for step in reached[:-1] if step.step not in recorded),
        look_again_at=min(ahead, default=None),
    )
