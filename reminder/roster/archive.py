"""Opens zipped workbooks (XLSX, ODS) without trusting a word of their headers."""

from __future__ import annotations

import io
import zipfile
import zlib

from reminder.errors import UsageError

MAX_UNPACKED = 200 * 1024 * 1024
MAX_MEMBERS = 2_000
MAX_RATIO = 250
"""Sheets of equal cells shrink about a hundredfold; a bomb of zeros a thousandfold."""
_RATIO_FROM = 20 * 1024 * 1024
_CHUNK = 1024 * 1024
_NEEDED = (".xml", ".rels", "mimetype")


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the XML members of a zip file by name; raise UsageError if it is damaged, encrypted or a bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if member.filename.lower().endswith(_NEEDED)]
            if len(members) > MAX_MEMBERS:
                msg = f"holds more than {MAX_MEMBERS:,} parts; save it again as XLSX"
                raise UsageError(msg)
            return _read_within_bounds(archive, members, len(data))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        msg = "is damaged or protected and cannot be opened; save it again as XLSX"
        raise UsageError(msg) from None


def repacked(members: dict[str, bytes]) -> io.BytesIO:
    """Return a zip file of exactly `members`, not compressed: the parser sees what was checked and nothing else."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    target.seek(0)
    return target


def _read_within_bounds(
    archive: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    packed_size: int,
) -> dict[str, bytes]:
    """Unpack by pieces and count what really comes out, not what the headers promise."""
    total, contents = 0, {}
    for member in members:
        pieces = []
        with archive.open(member) as stream:
            while piece := stream.read(_CHUNK):
                total += len(piece)
                if total > MAX_UNPACKED or (total > _RATIO_FROM and total > packed_size * MAX_RATIO):
                    msg = "unpacks to far more than a roster can be; save only the staff list"
                    raise UsageError(msg)
                pieces.append(piece)
        contents[member.filename] = b"".join(pieces)
    return contents
