"""The disk under SQLite: what is written, truncated and synced is noted, and can be made to fail.

SQLite reaches the disk through a table of functions (its VFS). Here the table of the library that Python itself uses is
copied, three functions are put in their place, and the copy is made the default: so the program's own engine, as it is,
runs on it.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE, LOG = 0x100, 0x80000
"""SQLite's flags for opening a database file and its write-ahead log."""

FULL, WRITE_FAILED, SYNC_FAILED = 13, 778, 1034
"""SQLite's codes for a full disk, and for a write or a sync that failed."""

Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class Methods(Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = [
        ("version", c_int),
        *((name, c_void_p) for name in ("close", "read")),
        ("write", Write),
        ("truncate", Truncate),
        ("sync", Sync),
        *((f"other{number}", c_void_p) for number in range(13)),
    ]


class Vfs(Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = [
        *((name, c_int) for name in ("version", "file_size", "longest_path")),
        *((name, c_void_p) for name in ("following", "name", "data")),
        ("open", Open),
        *((f"other{number}", c_void_p) for number in range(15)),
    ]


class Operation(NamedTuple):
    """Something done to a file: `write` bytes at a place, `truncate` to a size (the place), or `sync`."""

    kind: str
    file: str
    place: int = 0
    data: bytes = b""


@dataclass
class Disk:
    """What was done since `note` was called. Nothing is really synced: only this note knows what a sync would keep."""

    operations: list[Operation] = field(default_factory=list)
    is_noting: bool = False
    calls: int = 0
    _fails_at: int | None = None
    _fault: int = 0
    _is_lasting: bool = True
    _paths: dict[int, str] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)
    _methods: dict[int, Methods] = field(default_factory=dict)

    def note(self) -> None:
        """Note everything from now on."""
        self.is_noting = True

    def fail_from(self, call: int, fault: int, *, is_lasting: bool = True) -> None:
        """Let the so-many-th write from now on fail, and if it lasts every one until `mend`; with SYNC_FAILED the syncs."""
        self.calls, self._fails_at, self._fault, self._is_lasting = 0, call, fault, is_lasting

    def mend(self) -> None:
        """Let everything work again."""
        self._fails_at = None

    @property
    def has_failed(self) -> bool:
        """Tell whether a call was made to fail."""
        return self._fails_at is not None and self.calls >= self._fails_at

    def _must_fail(self, kind: str) -> bool:
        if self._fails_at is None or (kind == "sync") != (self._fault == SYNC_FAILED):
            return False
        self.calls += 1
        return self.calls >= self._fails_at if self._is_lasting else self.calls == self._fails_at

    def _done(self, operation: Operation) -> None:
        if self.is_noting:
            self.operations.append(operation)

    def opened(self, file: int, path: str) -> None:
        """Put our functions in the place of those of a file that was just opened."""
        self._paths[file] = path
        held = ctypes.cast(file, POINTER(c_void_p))
        found = held[0]
        assert found is not None
        if found not in self._methods:
            self._methods[found] = self._ours(Methods.from_address(found))
        held[0] = ctypes.addressof(self._methods[found])

    def _ours(self, theirs: Methods) -> Methods:
        made = Methods.from_buffer_copy(theirs)

        def write(file: int, data: int, size: int, place: int) -> int:
            if self._must_fail("write"):
                if self._fault == FULL:  # a part of it may still have found room
                    theirs.write(file, data, size // 2, place)
                return self._fault
            self._done(Operation("write", self._paths[file], place, ctypes.string_at(data, size)))
            return int(theirs.write(file, data, size, place))

        def truncate(file: int, size: int) -> int:
            self._done(Operation("truncate", self._paths[file], size))
            return int(theirs.truncate(file, size))

        def sync(file: int, flags: int) -> int:
            if self._must_fail("sync"):
                return self._fault
            self._done(Operation("sync", self._paths[file]))
            return 0

        made.write, made.truncate, made.sync = Write(write), Truncate(truncate), Sync(sync)
        return made


@contextmanager
def disk() -> Iterator[Disk]:
    """Put a noting disk under every SQLite database that is opened inside."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(Vfs)
    usual = library.sqlite3_vfs_find(None)
    noting, made, name = Disk(), Vfs.from_buffer_copy(usual.contents), ctypes.create_string_buffer(b"noting")

    def open_file(vfs: int, path: int | None, file: int, flags: int, flags_out: Any) -> int:
        # `path` is the address itself, not a copy: SQLite reads there as long as the file is open
        code = int(usual.contents.open(ctypes.addressof(usual.contents), path, file, flags, flags_out))
        if code == 0 and path is not None and flags & (DATABASE | LOG):
            noting.opened(file, Path(ctypes.string_at(path).decode()).name)
        return code

    made.name, made.open, made.following = ctypes.addressof(name), Open(open_file), None
    assert library.sqlite3_vfs_register(ctypes.byref(made), 1) == 0
    try:
        yield noting
    finally:
        library.sqlite3_vfs_register(usual, 1)
        library.sqlite3_vfs_unregister(ctypes.byref(made))
