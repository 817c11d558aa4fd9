"""The programs we are compared with, installed into .bench beside the project and nowhere else on the machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent / ".bench"
NODEMAILER = "nodemailer@10.6.1"
ANSWERS_WITHIN = 20.0


class MissingError(Exception):
    """A program to compare with cannot be had here; the text says why."""


def _run(*command: str, cwd: Path) -> None:
    """Run an installer; what it complains of is the reason why the program is missing."""
    try:
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=240)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines() or ["no reason given"]
        message = f"{' '.join(command[:2])}: {said[-1]}"
        raise MissingError(message) from None


@cache
def postfix(program: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of one of Postfix's test programs, smtp-sink or smtp-source.

    The package is only unpacked: installing it would start a mail server.
    """
    here = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if here:
        return [here], dict(os.environ)
    folder = BENCH / "postfix"
    if not (folder / "usr/sbin" / program).exists():
        if not shutil.which("apt-get"):
            message = f"no {program} on the PATH, and no apt-get that could fetch it"
            raise MissingError(message)
        folder.mkdir(parents=True, exist_ok=True)
        _run("apt-get", "download", "postfix", cwd=folder)
        _run("dpkg-deb", "-x", str(next(folder.glob("postfix_*.deb"))), str(folder), cwd=folder)
    libraries = str(folder / "usr/lib/postfix")
    return [str(folder / "usr/sbin" / program)], {**os.environ, "LD_LIBRARY_PATH": libraries}


@cache
def other_python() -> str:
    """Return a Python that has Django and django-post_office."""
    python, wanted = BENCH / "venv/bin/python", HERE / "requirements.txt"
    installed = BENCH / "venv" / wanted.name
    if not installed.exists() or installed.read_text("utf-8") != wanted.read_text("utf-8"):
        BENCH.mkdir(exist_ok=True)
        _run(sys.executable, "-m", "venv", str(BENCH / "venv"), cwd=BENCH)
        _run(str(python), "-m", "pip", "install", "--quiet", "-r", str(wanted), cwd=BENCH)
        installed.write_text(wanted.read_text("utf-8"), "utf-8")
    return str(python)


@cache
def node() -> tuple[str, Path]:
    """Return Node and the folder in which it finds nodemailer."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        message = "no npm"
        raise MissingError(message)
    folder = BENCH / "node"
    if not (folder / "node_modules/nodemailer").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run(npm, "install", "--silent", "--no-audit", "--no-fund", NODEMAILER, cwd=folder)
    return program, folder


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def listening(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[int]:
    """Run a server until it is no longer needed; give its port once it answers."""
    with subprocess.Popen(command, env=environment, cwd=HERE.parent, stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + ANSWERS_WITHIN
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > until:
                        message = f"{Path(command[0]).name} does not listen"
                        raise MissingError(message) from None
                    time.sleep(0.02)
            yield port
        finally:
            process.terminate()


@contextmanager
def sink() -> Iterator[int]:
    """Run Postfix's smtp-sink, which takes every mail and keeps none; give its port."""
    command, environment = postfix("smtp-sink")
    port = free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    with listening([*command, *as_nobody, f"127.0.0.1:{port}", "1000"], port, environment):
        yield port


def smtp_source(port: int, mails: int, *, sessions: int, length: int) -> float:
    """Send mails of a length with Postfix's smtp-source, connections kept open; return mails a second."""
    command, environment = postfix("smtp-source")
    options = ["-d", "-s", str(sessions), "-m", str(mails), "-l", str(length), "-f", "a@b.example", "-t", "c@d.example"]
    began = time.perf_counter()
    subprocess.run([*command, *options, f"127.0.0.1:{port}"], env=environment, check=True, capture_output=True)
    return mails / (time.perf_counter() - began)


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder on the disk of the project (not in memory: what is measured is durable), removed afterwards."""
    BENCH.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run", dir=BENCH))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
