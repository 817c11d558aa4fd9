"""The house: which room may know which, and what is kept where."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import LONGEST

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "reminder"

BASE = {"errors", "clock", "facts", "resources", "secrets_box"}
MAY_IMPORT = {
    "errors": set(),
    "clock": set(),
    "facts": set(),
    "resources": set(),
    "settings": {"settings_checks", "errors"},
    "settings_checks": {"errors"},
    "secrets_box": set(),
    "installation": {"settings", "settings_checks", "store", *BASE},
    "policy": {"policy", "errors"},
    "roster": {"roster", "policy", *BASE},
    "store": {"store", "policy", *BASE},
    "mail": {"mail", "policy", *BASE},
    "jobs": {"jobs", "store", "mail", "roster", "policy", *BASE},
    "wiring": {"jobs", "store", "mail", "installation", "settings", *BASE},
    "condition": {"jobs", "store", "mail", "policy", "installation", "settings", *BASE},
    "alarms": {"condition", "jobs", "mail", "store", "policy", "settings", *BASE},
    "scheduler": {"alarms", "condition", "jobs", "store", "settings", *BASE},
    "serving": {"scheduler", "condition", "web", "jobs", "settings", *BASE},
    "checkup": {"condition", "jobs", "store", "mail", "policy", "installation", "settings", "__init__", *BASE},
    "web": {
        "web",
        "checkup",
        "condition",
        "jobs",
        "store",
        "mail",
        "roster",
        "policy",
        "installation",
        "settings",
        "settings_checks",
        "__init__",
        *BASE,
    },
    "demo": {"demo", "web", "wiring", "serving", "jobs", "store", "mail", "policy", "settings", *BASE},
    "cli": {
        "cli",
        "demo",
        "serving",
        "wiring",
        "checkup",
        "jobs",
        "store",
        "mail",
        "roster",
        "policy",
        "installation",
        "settings",
        "__init__",
        *BASE,
    },
}
"""For each room those it may import from: data flows roster -> store -> policy -> plan -> mail -> transport."""

ONLY_IN = {
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "fastapi": {"web", "demo"},
    "starlette": {"web", "demo"},
    "uvicorn": {"web"},
    "typer": {"cli"},
    "cryptography": {"secrets_box"},
    "smtplib": {"mail"},
    "apscheduler": {"scheduler"},
    "python_calamine": {"roster"},
    "xlsxwriter": {"roster"},
    "jinja2": {"mail", "web", "jobs"},
    "holidays": {"policy", "facts"},
    "random": set(),
}
"""Libraries that one room alone may know."""

PURE = {"policy": {"holidays"}, "facts": {"holidays"}, "errors": set[str](), "clock": set[str]()}
"""Rooms of the standard library alone, and their exceptions."""

CLOCK_READERS = {"now", "utcnow", "today"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 50
DECLARATIONS = {"store/tables.py"}  # a list of tables reads best in one piece


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def room(path: Path, package: Path = PACKAGE) -> str:
    return path.relative_to(package).parts[0].removesuffix(".py")


def imports(tree: ast.Module, package: str = "reminder") -> list[str]:
    """Return what a module imports at run time; what only the type checker sees builds no dependency."""
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            found += [".".join([*above, *filter(None, [node.module]), alias.name]) for alias in node.names]
    return found


def wrong_arrows(place: str, tree: ast.Module) -> list[str]:
    wrong = []
    package = f"reminder.{place}" if (PACKAGE / place).is_dir() else "reminder"
    for name in imports(tree, package):
        parts = name.split(".")
        if parts[0] == "reminder" and len(parts) > 1:
            target = "__init__" if parts[1].startswith("__") else parts[1]
            if target not in MAY_IMPORT.get(place, set()) and target != place:
                wrong.append(f"{place} may not know {target}")
        elif (parts[0] in ONLY_IN and place not in ONLY_IN[parts[0]]) or (
            place in PURE and parts[0] not in {*sys.stdlib_module_names, *PURE[place]}
        ):
            wrong.append(f"{place} may not use {parts[0]}")
    return wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_inward(path: Path) -> None:
    if path == PACKAGE / "__init__.py" or path == PACKAGE / "__main__.py":
        return

    assert wrong_arrows(room(path), ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("policy", "from reminder.store import people"),
        ("store", "import reminder.mail.smtp"),
        ("mail", "from reminder.store.engine import Store"),
        ("jobs", "import sqlalchemy"),
        ("roster", "from reminder.jobs import plan"),
        ("web", "from apscheduler.schedulers.background import BackgroundScheduler"),
        ("policy", "from ..store import people"),
        ("policy", "from .. import jobs"),
        ("policy", "from pydantic import BaseModel"),
        ("jobs", "if TYPE_CHECKING:\n    pass\nelse:\n    import sqlalchemy"),
    ],
)
def test_a_wrong_arrow_is_seen(place: str, line: str) -> None:
    assert wrong_arrows(place, ast.parse(line)) != []


def test_what_only_the_type_checker_sees_is_no_arrow() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy import Connection\n"

    assert wrong_arrows("jobs", ast.parse(source)) == []


def test_a_neighbour_is_no_wrong_arrow() -> None:
    assert wrong_arrows("policy", ast.parse("from .model import Role\nfrom . import ladder\nimport holidays")) == []


def test_every_room_has_its_rule() -> None:
    rooms = {room(path) for path in modules()} - {"__init__", "__main__"}

    assert rooms <= set(MAY_IMPORT)


def clock_readings(tree: ast.Module) -> list[str]:
    """Return the calls that read the time of day; a stopwatch (`time.monotonic`) is none."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        ast.unparse(call)
        for call in calls
        if isinstance(call, ast.Attribute)
        and (call.attr in CLOCK_READERS or (call.attr in {"time", "time_ns"} and ast.unparse(call.value) == "time"))
        and ast.unparse(call.value) in {"datetime", "date", "datetime.datetime", "datetime.date", "time"}
    ]


def test_the_clock_is_read_in_one_place() -> None:
    readers = {
        str(path.relative_to(PACKAGE)) for path in modules() if clock_readings(ast.parse(path.read_text("utf-8")))
    }

    assert readers == {"clock.py"}


@pytest.mark.parametrize(
    ("line", "readings"),
    [
        ("datetime.now(UTC)", 1),
        ("date.today()", 1),
        ("datetime.datetime.utcnow()", 1),
        ("time.time()", 1),
        ("time.time_ns()", 1),
        ("time.monotonic()", 0),
        ("clock.now()", 0),
        ("moment.time()", 0),
    ],
)
def test_a_reading_of_the_clock_is_seen(line: str, readings: int) -> None:
    assert len(clock_readings(ast.parse(line))) == readings


def test_nothing_is_left_to_do_later() -> None:
    left = [path for path in modules() if re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text("utf-8"))]

    assert left == []


def test_modules_and_functions_stay_readable() -> None:
    long = [
        f"{path.relative_to(PACKAGE)}: {len(path.read_text('utf-8').splitlines())} lines"
        for path in modules()
        if len(path.read_text("utf-8").splitlines()) > LONGEST_MODULE
        and str(path.relative_to(PACKAGE)) not in DECLARATIONS
    ]
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.body[0].lineno
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(PACKAGE)}: {node.name} has {lines} lines")

    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]

    assert silent == []


def test_no_room_is_a_junk_drawer() -> None:
    assert [path for path in modules() if path.stem in {"utils", "util", "common", "helpers", "misc"}] == []


def test_the_modules_that_begin_first_are_there() -> None:
    assert set(LONGEST) <= {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
