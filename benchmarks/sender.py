"""A sender in a process of its own, and what it cost: `python -m benchmarks.sender URL PORT CONNECTIONS`.

It says that it is ready, waits for a line, and makes passes, each a whole `tick`, until nothing waits any more.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from benchmarks.people import services
from reminder.errors import UnreachableError
from reminder.jobs.tick import tick
from reminder.mail.smtp import Security, SmtpTransport
from reminder.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What senders did together: mails a second from the first word to the last answer, CPU microseconds a mail, the
    most memory that one of them held, in MB, and what it held after its first tenth.
    """

    sent: int
    rate: float
    cpu: float
    memory: float
    early_memory: float


def senders(url: str, port: int, *, processes: int = 1, connections: int = 8) -> Cost:
    """Send all that is due from one or several processes at once."""
    command = [sys.executable, "-m", "benchmarks.sender", url, str(port), str(connections)]
    root = Path(__file__).resolve().parents[1]
    at_work = [
        subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in at_work:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in at_work:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return _together([json.loads(process.communicate()[0]) for process in at_work])


def _together(told: Sequence[dict[str, float]]) -> Cost:
    sent = sum(one["sent"] for one in told)
    assert sent, "nothing was sent"
    lasted = max(one["ended"] for one in told) - min(one["began"] for one in told)
    return Cost(
        sent=int(sent),
        rate=sent / lasted,
        cpu=sum(one["cpu"] for one in told) / sent * 1e6,
        memory=max(one["memory"] for one in told),
        early_memory=max(one["early_memory"] for one in told),
    )


def memory() -> float:
    """Return the most memory this process has held so far, in MB.

    Linux's own count comes first: `ru_maxrss` begins with what the process that started this one held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text("utf-8").partition("VmHWM:")[2].split()[0]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


class Growth:
    """Looks now and then how much memory the process has held so far."""

    def __init__(self) -> None:
        self.seen = [memory()]
        Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(0.05)
            self.seen.append(memory())

    def early(self) -> float:
        """Return what it was after the first tenth of the time."""
        return self.seen[len(self.seen) // 10]


def main(url: str, port: str, connections: str) -> None:
    store = Store(url)
    transport = SmtpTransport(host="127.0.0.1", port=int(port), security=Security.PLAIN)
    made = services(store, transport, connections=int(connections))
    print("ready", flush=True)
    sys.stdin.readline()
    grown = Growth()
    began, cpu, sent = time.time(), time.process_time(), 0
    while True:
        try:
            done = tick(made)
        except UnreachableError:
            continue  # the database was busy for too long: as for the scheduler, the next pass tries again
        sent += done.sent
        if not done.sent:
            break
    cost = {"sent": sent, "began": began, "ended": time.time(), "cpu": time.process_time() - cpu}
    print(json.dumps({**cost, "memory": memory(), "early_memory": grown.early()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
