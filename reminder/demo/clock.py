"""A clock that can be moved forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from reminder.clock import Clock, utc_now


class MovableClock:
    """Runs like the real one, some time ahead of it or behind it."""

    def __init__(self, offset: timedelta = timedelta(0), base: Clock = utc_now) -> None:
        """Start `offset` away from the real time."""
        self._offset, self._base = offset, base

    def __call__(self) -> datetime:
        """Return the instant it shows, aware, in UTC."""
        return self._base() + self._offset

    def forward(self, by: timedelta) -> None:
        """Move on."""
        self._offset += by

    def set(self, to: datetime) -> None:
        """Show `to` now."""
        self._offset = to - self._base()
