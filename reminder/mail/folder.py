"""Writes each mail as a file: the default until a mail server is set."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from reminder.mail.transport import ConnectFault, Outcome, Stage, Verdict


@dataclass(frozen=True)
class FolderTransport:
    """A folder; mails appear in it as `.eml` files."""

    path: str

    def describe(self) -> str:
        """Name the folder."""
        return f"folder {self.path}"

    def connect(self) -> FolderConnection:
        """Make the folder if need be; raise ConnectFault if it cannot be written."""
        folder = Path(self.path)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unusable(self.path, f"made: {error.strerror}") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _unusable(self.path, "written to")
        return FolderConnection(folder)


def _unusable(path: str, what: str) -> ConnectFault:
    reply = f"{path} cannot be {what}"
    return ConnectFault(Verdict(outcome=Outcome.MISCONFIGURED, stage=Stage.CONNECT, reply=reply, usable=False))


class FolderConnection:
    """Writes whole files or none. The name is made of date and Message-ID: the same mail twice is one file."""

    def __init__(self, folder: Path) -> None:
        """Take the folder."""
        self._folder = folder
        self._data = b""

    def begin(self, sender: str, recipient: str) -> None:
        """Accept every address."""

    def go_ahead(self) -> Verdict | None:
        """Accept every address."""
        return None

    def hand_over(self, data: bytes, then: tuple[str, str] | None = None) -> None:  # noqa: ARG002 - as every connection
        """Take the mail."""
        self._data = data

    def outcome(self) -> Verdict:
        """Write the mail to a hidden file first, then give it its name."""
        data = self._data
        headers = BytesHeaderParser().parsebytes(data)
        mark = hashlib.sha256(str(headers["message-id"]).encode()).hexdigest()[:12]
        stamp = hashlib.sha256(data).hexdigest()[:4]
        name = f"{_sortable(str(headers['date']))}-{headers['x-reminder-kind'] or 'mail'}-{mark}{stamp}.eml"
        partial = self._folder / f".{name}.{os.getpid()}"
        try:
            with partial.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self._folder / name)
        except OSError as error:
            return Verdict(outcome=Outcome.DEFERRED, stage=Stage.BODY, reply=str(error.strerror), usable=False)
        return Verdict(outcome=Outcome.ACCEPTED, stage=Stage.DOT, reply=name)

    def alive(self) -> bool:
        """Tell that a folder needs no keeping alive."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing open."""


def _sortable(date: str) -> str:
    """Return a mail's date as text that sorts by time."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(date).strftime("%Y%m%dT%H%M%S")
    except ValueError:
        return "undated"
