"""One clock for many processes: it stands still until somebody moves it, so that leases end when a test says so."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class VirtualTime:
    """The present instant, kept in a file that every process maps."""

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        if start is not None:
            path.write_bytes(_packed(start))
        with path.open("r+b") as stream:
            self._memory = mmap.mmap(stream.fileno(), 8)

    def now(self) -> datetime:
        microseconds: int = struct.unpack("<q", self._memory[:8])[0]
        return EPOCH + MICROSECOND * microseconds

    def move_to(self, moment: datetime) -> None:
        self._memory[:8] = _packed(moment)

    def advance(self, by: timedelta) -> None:
        self.move_to(self.now() + by)


def _packed(moment: datetime) -> bytes:
    return struct.pack("<q", (moment - EPOCH) // MICROSECOND)
