"""Every small change of a module's code that could be a mistake: an operator swapped, a number one more, a test turned."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

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
    in_function: bool = False


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
    for parent, field, number, node, place, deep in _places(tree, "module"):
        for variant in variants(node):
            _put(parent, field, number, variant)
            source = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, field, number, node)
            name = f"{module} {place}: {_short(node)} -> {_short(variant)}"
            names[name] += 1
            name += f" ({names[name]})" * (names[name] > 1)
            found.append(Mutant(module=module, name=name, source=source, in_function=deep))
    return found


def _places(
    node: ast.AST, place: str, *, deep: bool = False
) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, str, bool]]:
    """Yield (parent, field, number, node, function, whether in its body) of all code that runs: no annotations,
    decorators, typing imports.
    """
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for number, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            ):
                continue
            inner = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else place
            within = deep or (isinstance(node, ast.FunctionDef) and field == "body")
            yield node, field, number, child, inner, within
            yield from _places(child, inner, deep=within)


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
