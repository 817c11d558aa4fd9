"""A mail server that forgets nothing: a process of its own that writes each mail down before it says 250.

    python -m tests.faults.sink LOG TIME

prints its port. A line of LOG is one accepted mail: when (by the virtual time), on which connection, for whom, its
Message-ID and the hash of its bytes. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.faults.virtual_time import VirtualTime

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_THOUGHT = 0.004
"""Seconds until the server says that it took a mail: the moment in which a killed sender cannot know."""

ANSWERS = {b"MAIL": b"250 ok\r\n", b"RSET": b"250 ok\r\n", b"NOOP": b"250 ok\r\n"}
EHLO = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
MESSAGE_ID = re.compile(rb"(?mi)^message-id: (\S+)\r$")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One mail that the server took."""

    at: str
    connection: int
    recipient: str
    message_id: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running server."""

    port: int
    log: Path

    def taken(self) -> list[Taken]:
        """Every mail in the order in which it was taken."""
        if not self.log.exists():
            return []
        return [Taken(**json.loads(line)) for line in self.log.read_text("utf-8").splitlines()]


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """Run a server that writes into a folder, in which the virtual time lies, too."""
    log = folder / "sink.jsonl"
    command = [sys.executable, "-m", "tests.faults.sink", str(log), str(folder / "time")]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Sink(port=int(process.stdout.readline()), log=log)
        finally:
            process.stdin.close()
            process.wait(timeout=20)


class _Server:
    def __init__(self, log: str, time: str) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)  # what is written outlives any killed process
        self.time = VirtualTime(Path(time))
        self.connections = count(1)
        self.random = Random(0)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self.connections)
        try:
            await self._talk(number, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # killed senders hang up in the middle of anything
        finally:
            writer.close()

    async def _talk(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = b""
        writer.write(b"220 sink ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            if verb == b"RCPT":
                recipient = line[line.index(b"<") + 1 : line.rindex(b">")]
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                self._keep(number, recipient, data[:-3].replace(b"\r\n..", b"\r\n."))
                await asyncio.sleep(self.random.uniform(0, LONGEST_THOUGHT))
            answers: dict[bytes, bytes] = {b"EHLO": EHLO, **ANSWERS}
            writer.write(answers.get(verb, b"250 ok\r\n"))

    def _keep(self, number: int, recipient: bytes, data: bytes) -> None:
        message_id = MESSAGE_ID.search(data)
        taken: dict[str, Any] = {
            "at": self.time.now().isoformat(),
            "connection": number,
            "recipient": recipient.decode(),
            "message_id": message_id[1].decode() if message_id else "",
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        os.write(self.log, json.dumps(taken).encode() + b"\n")


async def _serve(log: str, time: str) -> None:
    made = _Server(log, time)
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0, limit=2**20)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
