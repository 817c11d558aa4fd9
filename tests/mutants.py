"""Change the policy and the planner, one small thing at a time, and see whether the tests notice: `make mutants`.

    python -m tests.mutants [--seed S] [--sample N] [MODULE ...]

Each change runs in a child of one process that has imported all that takes long, against few and quick tests first and
more if those do not notice. The answer is one line of JSON; who survives must be listed with a reason in `tests/survivors.txt`,
and is not tried again as long as it is.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import math
import os
import resource
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from itertools import chain, islice, pairwise
from pathlib import Path
from random import Random
from time import process_time
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.variants import ROOT, Mutant, file_of, mutants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from types import ModuleType

PLANNING = ("jobs.plan", "jobs.clock_plan", "store.planning")
MODULES = (*sorted(path.stem for path in (ROOT / "reminder/policy").glob("[a-z]*.py")), *PLANNING)
SURVIVORS = ROOT / "tests" / "survivors.txt"
WANTED = 0.95
LONGEST = 600
"""Seconds of computing that tests without any change are given."""

PLANNERS = (
    ("jobs/test_plan",),
    ("jobs/test_on_its_way", *(f"store/test_{name}" for name in ("skipping", "leaving", "outbox", "sending_now"))),
    ("acceptance/test_loop",),
)
"""The tests of the planner, in turns."""

SLOW = {"test_seeded_bugs.py", "test_against_the_oracle.py", "test_clock_changes.py"}
PRELOADED = ("hypothesis", "alembic.command", "alembic.autogenerate", "sqlalchemy", "holidays", "psycopg", "freezegun")


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a module with another source to whoever imports it."""

    def __init__(self, path: Path, source: str) -> None:
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self._code = compile(source, str(path), "exec")

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


class Trying:
    """A plugin of pytest: what was collected runs once for each change, in a child of its own, until something fails.

    It runs without any change first. Then those that noticed a change come first, the latest before the others, and of
    the rest the quick ones before the slow ones; and none may take much longer than it did.
    """

    def __init__(self, tried: Sequence[Mutant], noticed: Path) -> None:
        """Take the changes, all inside functions of one module, and the file in which the noticed ones are noted."""
        self._tried, self._noticed = tried, noticed
        self._took: dict[str, float] = {}
        self._seconds, self._running = noticed.with_suffix(".seconds"), noticed.with_suffix(".running")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        assert self._run(session, None) == 0, "the tests fail without any change"
        self._took = json.loads(self._seconds.read_text("utf-8"))
        session.items.sort(key=lambda item: self._took[item.nodeid])
        with self._noticed.open("a", encoding="utf-8") as stream:
            for mutant in self._tried:
                if self._run(session, mutant) != 0:
                    stream.write(f"{mutant.name}\n")
                    stream.flush()
                    by = self._running.read_text("utf-8")
                    session.items.sort(key=lambda item: item.nodeid != by)
        return True

    def _run(self, session: pytest.Session, mutant: Mutant | None) -> int:
        child = os.fork()
        if child == 0:
            if mutant is not None:
                put_in(mutant)
            took = dict[str, float]()
            for item, following in pairwise([*session.items, None]):
                if item is not None and not session.testsfailed:
                    began = process_time()
                    most = math.ceil(began) + limit(self._took.get(item.nodeid, LONGEST))
                    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
                    self._running.write_text(item.nodeid, "utf-8")
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    took[item.nodeid] = process_time() - began
            if mutant is None:
                self._seconds.write_text(json.dumps(took), "utf-8")
            os._exit(session.testsfailed > 0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def put_in(mutant: Mutant) -> None:
    """Give the functions of a module that is loaded the code of the changed one."""
    path = str(file_of(mutant.module))
    gc.unfreeze()  # what the tests set aside is not listed otherwise
    codes = {code.co_qualname: code for code in codes_in(compile(mutant.source, path, "exec"))}
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == path:
            function.__code__ = codes.get(function.__code__.co_qualname, function.__code__)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield the codes of the functions in a code; lambdas come with the function they stand in."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from codes_in(inner)
            if not inner.co_name.startswith("<"):
                yield inner


def computed() -> float:
    """Return the seconds that children have computed so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def limit(seconds: float) -> int:
    """Return the seconds of computing after which tests that take so many without a change go on for ever."""
    return 5 + 3 * math.ceil(seconds)


def tests_of(module: str) -> Iterator[list[str]]:
    """Yield the tests of a module in turns: its own, the quick ones of its neighbours, then what takes longer."""
    if module in PLANNING:
        yield from ([str(ROOT / f"tests/{name}.py") for name in turn] for turn in PLANNERS)
        return
    folders = [ROOT / "tests" / name for name in ("unit/policy", "jobs", ".")]
    quick = [str(path) for path in sorted(folders[0].glob("test_*.py")) if path.name not in SLOW]
    own = [str(path) for folder in folders if (path := folder / f"test_{module}.py").exists()][:1]
    yield own
    yield [path for path in quick if path not in own]
    yield [str(folders[0] / "test_against_the_oracle.py")]
    yield [str(ROOT / f"tests/jobs/test_{name}.py") for name in ("tick", "plan")]


def noticed_at_once(tried: Sequence[Mutant]) -> set[str]:
    """Try the changes inside functions on tests of two turns, loaded once for all of a module; return who is noticed.

    The others are still to be tried on tests that load the changed module themselves.
    """
    noted = Path(os.environ["HYPOTHESIS_STORAGE_DIRECTORY"]) / "noticed"
    noted.touch()
    for module in dict.fromkeys(mutant.module for mutant in tried):
        mine = [mutant for mutant in tried if mutant.module == module and mutant.in_function]
        run_tests([*chain(*islice(tests_of(module), 2))], plugins=[Trying(mine, noted)], seconds=resource.RLIM_INFINITY)
    return set(noted.read_text("utf-8").splitlines())


def is_noticed(mutant: Mutant) -> bool:
    """Run the tests on a change until one fails."""
    changed = Changed(file_of(mutant.module), mutant.source)
    return any(run_tests(tests, changed, longest(tuple(tests))) != 0 for tests in tests_of(mutant.module))


@cache
def longest(tests: tuple[str, ...]) -> int:
    """Return the seconds of computing after which tests of a change go on for ever, from what they take without one."""
    before = computed()
    assert run_tests(tests) == 0, f"these fail without any change: {tests}"
    return limit(computed() - before)


def run_tests(
    tests: Sequence[str], changed: Changed | None = None, seconds: int = LONGEST, *, plugins: Sequence[object] = ()
) -> int:
    """Run tests until one fails, in a child in which a module is changed; return pytest's exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        if changed is not None:
            sys.meta_path.insert(0, changed)
            try:
                importlib.import_module(changed.name)
            except Exception:  # noqa: BLE001 - whatever it is
                os._exit(pytest.ExitCode.INTERNAL_ERROR)  # which is not the same as a test that fails
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        options = ["-xq", "-pno:xdist", "-pno:cacheprovider", "--hypothesis-seed=0", "-Wignore", "-knot postgresql"]
        options.append("--hypothesis-profile=unshrunk")
        os._exit(pytest.main([*options, *tests], plugins=plugins))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def listed() -> dict[str, str]:
    """Return the survivors that are known, with why each changes nothing that a test could see."""
    lines = SURVIVORS.read_text("utf-8").splitlines() if SURVIVORS.exists() else []
    parts = (line.partition("  # ") for line in lines if line and not line.startswith("#"))
    return {name.strip(): reason.strip() for name, _, reason in parts}


def unchanged(module: str) -> Mutant:
    """Return a change that is none: if the tests notice it, they notice nothing."""
    return Mutant(module=module, name=f"{module}: unchanged", source=file_of(module).read_text("utf-8"))


@contextmanager
def prepared() -> Iterator[None]:
    """Have what takes long imported before the first child is made, and keep what hypothesis finds out of the way."""
    for name in PRELOADED:
        importlib.import_module(name)
    # A change is noticed by the first case that fails; nobody reads the smallest.
    phases, checks = [Phase.explicit, Phase.generate], list(HealthCheck)
    settings.register_profile("unshrunk", deadline=None, phases=phases, suppress_health_check=checks)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        yield


def survivors_among(tried: Sequence[Mutant], known: Collection[str] = ()) -> list[str]:
    """Try changes, and return those that nobody notices; of those that are known that is taken for granted."""
    found = []
    with prepared():
        noticed = noticed_at_once([mutant for mutant in tried if mutant.name not in known])
        for number, mutant in enumerate(tried, start=1):
            if mutant.name in known or not (mutant.name in noticed or is_noticed(mutant)):
                found.append(mutant.name)
                sys.stderr.write(f"{number} of {len(tried)}, survives: {mutant.name}\n")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Try the changes; return 1 if too few are noticed, or one that survives is not listed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="See what the tests notice.")
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("--sample", type=int, help="try only so many")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    chosen = parser.parse_args(arguments)
    every = [mutant for module in chosen.modules for mutant in mutants(module)]
    tried = Random(chosen.seed).sample(every, min(chosen.sample, len(every))) if chosen.sample else every
    known = listed()
    survivors = survivors_among(tried, known)
    unlisted = [name for name in survivors if name not in known]
    score = 1 - len(survivors) / len(tried)
    line = {"mutants": len(tried), "survivors": len(survivors), "score": round(score, 4), "unlisted": unlisted}
    sys.stdout.write(f"{json.dumps(line)}\n")
    return int(score < WANTED or bool(unlisted))


if __name__ == "__main__":
    sys.exit(main())
