"""Change the policy and the planner, one small thing at a time, and see whether the tests notice: `make mutants`.

    python -m tests.mutants [--seed S] [--sample N] [MODULE ...]

Each change runs in a child of one process that has imported all that takes long, against few tests first and more if
those do not notice. The answer is one line of JSON; who survives must be listed with a reason in `tests/survivors.txt`,
and is not tried again as long as it is.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import json
import math
import os
import resource
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PLANNING = ("jobs.plan", "jobs.clock_plan", "store.planning")
MODULES = (*sorted(path.stem for path in (ROOT / "reminder/policy").glob("[a-z]*.py")), *PLANNING)
SURVIVORS = ROOT / "tests" / "survivors.txt"
WANTED = 0.95
LONGEST = 600
"""Seconds of computing that tests without any change are given."""

PLANNERS = (
    ("jobs/test_plan",),
    ("jobs/test_on_its_way", "store/test_skipping", "store/test_leaving", "store/test_outbox"),
    ("acceptance/test_loop",),
)
"""The tests of the planner, in turns."""

SLOW = {"test_seeded_bugs.py", "test_against_the_oracle.py", "test_clock_changes.py"}
PRELOADED = ("hypothesis", "alembic.command", "alembic.autogenerate", "sqlalchemy", "holidays", "psycopg", "freezegun")

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one module. `name` holds no line number, so that it lasts."""

    module: str
    name: str
    source: str


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node."""
    if isinstance(node, ast.Compare | ast.BoolOp | ast.BinOp | ast.AugAssign):
        name = "ops" if isinstance(node, ast.Compare) else "op"
        held = getattr(node, name)
        for number, operator in enumerate(held if isinstance(held, list) else [held]):
            if type(operator) in SWAPS:
                made, other = copy.deepcopy(node), SWAPS[type(operator)]()
                setattr(made, name, [*held[:number], other, *held[number + 1 :]] if isinstance(held, list) else other)
                yield made
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None and not is_none(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.UnaryOp):
        turned = copy.deepcopy(node)
        turned.test = ast.UnaryOp(ast.Not(), turned.test)
        yield turned
    elif isinstance(node, ast.Break | ast.Continue):
        yield SWAPS[type(node)]()


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def mutants(module: str) -> list[Mutant]:
    """Return every change of a module, in the order of its lines."""
    tree = ast.parse(file_of(module).read_text("utf-8"))
    found, names = list[Mutant](), Counter[str]()
    for parent, field, number, node, place in _places(tree, "module"):
        for variant in variants(node):
            _put(parent, field, number, variant)
            source = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, field, number, node)
            name = f"{module} {place}: {_short(node)} -> {_short(variant)}"
            names[name] += 1
            found.append(Mutant(module=module, name=name + (f" ({names[name]})" * (names[name] > 1)), source=source))
    return found


def _places(node: ast.AST, place: str) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, str]]:
    """Yield (parent, field, number, node, function) of all code that runs: no annotations, decorators, typing imports."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for number, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            ):
                continue
            inner = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else place
            yield node, field, number, child, inner
            yield from _places(child, inner)


def _put(parent: ast.AST, field: str, number: int | None, node: ast.AST) -> None:
    if number is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[number] = node


def _short(node: ast.AST) -> str:
    text = ast.unparse(node.test if isinstance(node, ast.If | ast.While) else node)
    return " ".join(text.split())


def file_of(module: str) -> Path:
    return ROOT / "reminder" / (f"{module.replace('.', '/')}.py" if "." in module else f"policy/{module}.py")


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a module with another source to whoever imports it."""

    def __init__(self, path: Path, source: str) -> None:
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self._code = compile(source, str(path), "exec")

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


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
    yield [str(ROOT / "tests/jobs/test_plan.py")]


def is_noticed(mutant: Mutant) -> bool:
    """Run the tests on a change until one fails."""
    changed = Changed(file_of(mutant.module), mutant.source)
    return any(run_tests(tests, changed, longest(tuple(tests))) != 0 for tests in tests_of(mutant.module) if tests)


@cache
def longest(tests: tuple[str, ...]) -> int:
    """Return the seconds of computing after which tests of a change go on for ever, from what they take without one."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run_tests(tests) == 0, f"these fail without any change: {tests}"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 5 + 3 * math.ceil(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def run_tests(tests: Sequence[str], changed: Changed | None = None, seconds: int = LONGEST) -> int:
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
        os._exit(pytest.main([*options, *tests]))
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
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        yield


def survivors_among(tried: Sequence[Mutant], known: Collection[str] = ()) -> list[str]:
    """Try changes, and return those that nobody notices; of those that are known that is taken for granted."""
    found = []
    with prepared():
        for number, mutant in enumerate(tried, start=1):
            if mutant.name in known or not is_noticed(mutant):
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
