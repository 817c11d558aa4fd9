"""The house: which room may know which, and what is kept where."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "reminder"

BASE = {"errors", "clock", "facts", "resources"}
MAY_IMPORT = {
    "errors": set(),
    "clock": set(),
    "facts": set(),
    "resources": set(),
    "settings": {"errors"},
    "policy": {"policy", "errors"},
    "roster": {"roster", "policy", *BASE},
    "store": {"store", "policy", *BASE},
    "mail": {"mail", "policy", *BASE},
    "jobs": {"jobs", "store", "mail", "roster", "policy", *BASE},
    "wiring": {"jobs", "store", "mail", "settings", *BASE},
    "alarms": {"jobs", "mail", "settings", *BASE},
    "scheduler": {"alarms", "jobs", "store", "settings", *BASE},
    "serving": {"scheduler", "web", "jobs", "settings", *BASE},
    "checkup": {"jobs", "store", "mail", "settings", *BASE},
    "web": {"web", "jobs", "store", "mail", "roster", "policy", "settings", "__init__", *BASE},
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
    "uvicorn": {"serving"},
    "typer": {"cli"},
    "smtplib": {"mail"},
    "apscheduler": {"scheduler"},
    "python_calamine": {"roster"},
    "xlsxwriter": {"roster"},
    "jinja2": {"mail", "web", "jobs"},
    "holidays": {"policy", "facts"},
    "random": set(),
}
"""Libraries that one room alone may know."""

CLOCK_READERS = {"now", "utcnow", "today"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 50
DECLARATIONS = {"store/tables.py"}  # a list of tables reads best in one piece


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def room(path: Path, package: Path = PACKAGE) -> str:
    return path.relative_to(package).parts[0].removesuffix(".py")


def imports(tree: ast.Module) -> list[str]:
    """Return what a module imports at run time; what only the type checker sees builds no dependency."""
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def wrong_arrows(place: str, tree: ast.Module) -> list[str]:
    wrong = []
    for name in imports(tree):
        parts = name.split(".")
        if parts[0] == "reminder" and len(parts) > 1:
            target = "__init__" if parts[1].startswith("__") else parts[1]
            if target not in MAY_IMPORT.get(place, set()) and target != place:
                wrong.append(f"{place} may not know {target}")
        elif parts[0] in ONLY_IN and place not in ONLY_IN[parts[0]]:
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
    ],
)
def test_a_wrong_arrow_is_seen(place: str, line: str) -> None:
    assert wrong_arrows(place, ast.parse(line)) != []


def test_what_only_the_type_checker_sees_is_no_arrow() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy import Connection\n"

    assert wrong_arrows("jobs", ast.parse(source)) == []


def test_every_room_has_its_rule() -> None:
    rooms = {room(path) for path in modules()} - {"__init__", "__main__"}

    assert rooms <= set(MAY_IMPORT)


def test_the_clock_is_read_in_one_place() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_READERS
        and ast.unparse(node.func.value) in {"datetime", "date", "datetime.datetime", "datetime.date"}
    }

    assert readers == {"clock.py"}


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
