"""Slow mail servers: one that is far away, and one that thinks long about each mail.

`python -m benchmarks.slow far PORT TARGET MS` passes everything on to TARGET, MS milliseconds for there and back;
`python -m benchmarks.slow thinking PORT MS` takes every mail, MS milliseconds after its end.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.tools import free_port, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

GREETING = b"250-slow\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


@contextmanager
def far(target: int, milliseconds: int) -> Iterator[int]:
    """Put a distance before a server; give the port at its far end."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.slow", "far", str(port), str(target), str(milliseconds)]
    with listening(command, port):
        yield port


@contextmanager
def thinking(milliseconds: int) -> Iterator[int]:
    """Run a server that answers each mail so late; give its port."""
    port = free_port()
    with listening([sys.executable, "-m", "benchmarks.slow", "thinking", str(port), str(milliseconds)], port):
        yield port


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Hand on what comes, each piece so much later: a long line, not a narrow one."""
    loop = asyncio.get_running_loop()
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            at, piece = await on_the_way.get()
            await asyncio.sleep(at - loop.time())
            if not piece:
                writer.close()
                return
            writer.write(piece)

    arriving = asyncio.create_task(arrive())
    piece = b"-"
    while piece:
        try:
            piece = await reader.read(2**16)
        except ConnectionError:
            piece = b""
        on_the_way.put_nowait((loop.time() + seconds, piece))
    await arriving


async def _pass_on(near: tuple[asyncio.StreamReader, asyncio.StreamWriter], target: int, seconds: float) -> None:
    there = await asyncio.open_connection("127.0.0.1", target)
    await asyncio.gather(_carry(near[0], there[1], seconds), _carry(there[0], near[1], seconds))


async def _think(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    answers = {b"EHLO": GREETING, b"QUIT": b"221 bye\r\n"}
    writer.write(b"220 slow ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            await asyncio.sleep(seconds)
        writer.write(answers.get(verb, b"250 ok\r\n"))
        if verb == b"QUIT":
            break
    writer.close()


async def _serve(kind: str, port: int, *numbers: int) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if kind == "far":
                await _pass_on((reader, writer), numbers[0], numbers[1] / 2000)
            else:
                await _think(reader, writer, numbers[0] / 1000)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()  # whoever knocks only to see that somebody listens hangs up at once

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=2**20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], *map(int, sys.argv[2:])))
