"""Mails as files: named so that they sort by time, and put off when the disk says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reminder.mail.folder import FolderTransport
from reminder.mail.transport import Outcome

if TYPE_CHECKING:
    from pathlib import Path


def written(head: str) -> bytes:
    return f"Message-ID: <one@lakeside.example>\r\n{head}\r\nHello.\r\n".encode()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Date: Tue, 01 Dec 2026 14:00:00 +0000\r\nX-Reminder-Kind: warning\r\n", "20261201T140000-warning-"),
        ("Date: Tue, 01 Dec 2026 14:00:00 +0000\r\n", "20261201T140000-mail-"),
        ("Date: soon\r\nX-Reminder-Kind: ask\r\n", "undated-ask-"),
    ],
)
def test_a_file_is_named_by_when_and_what(tmp_path: Path, head: str, name: str) -> None:
    connection = FolderTransport(str(tmp_path)).connect()
    connection.begin("us@lakeside.example", "alma@lakeside.example")
    connection.hand_over(written(head))
    verdict = connection.outcome()
    connection.close()

    assert [file.name for file in tmp_path.iterdir()] == [verdict.reply]
    assert verdict.reply.startswith(name)
    assert verdict.outcome is Outcome.ACCEPTED


def test_a_mail_that_cannot_be_written_is_put_off_and_the_folder_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    transport = FolderTransport(str(folder))
    connection = transport.connect()
    folder.rmdir()
    connection.hand_over(written("Date: soon\r\n"))
    refused = connection.outcome()
    connection = transport.connect()
    connection.hand_over(written("Date: soon\r\n"))

    assert (refused.outcome, refused.reply, refused.usable) == (Outcome.DEFERRED, "No such file or directory", False)
    assert connection.alive()
    assert connection.outcome().outcome is Outcome.ACCEPTED
