"""What changes the program to test the tests: it makes every kind of change, and the changed module is the one that runs."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import replace

import pytest

from tests.mutants import MODULES, Changed, listed, noticed_at_once, prepared, unchanged
from tests.variants import file_of, mutants, variants


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a < b", "a <= b"),
        ("a == b", "a != b"),
        ("a in b", "a not in b"),
        ("a and b", "a or b"),
        ("a + b", "a - b"),
        ("not a", "a"),
        ("True", "False"),
        ("7", "8"),
        ("a if b else c", "a if not b else c"),
    ],
)
def test_each_kind_of_change_is_made(before: str, after: str) -> None:
    node = ast.parse(before, mode="eval").body

    assert [ast.unparse(variant) for variant in variants(node)] == [after]


@pytest.mark.parametrize("module", MODULES)
def test_no_two_changes_of_a_module_have_one_name(module: str) -> None:
    names = [mutant.name for mutant in mutants(module)]

    assert len(set(names)) == len(names)


def test_the_changed_module_is_the_one_that_is_imported() -> None:
    mutant = next(mutant for mutant in mutants("retry") if "return" in mutant.name)
    results = []
    for made in (unchanged("retry"), mutant):
        spec = Changed(file_of(made.module), made.source).find_spec("reminder.policy.retry", None)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        assert spec.loader is not None
        spec.loader.exec_module(module)
        results.append(module)

    assert [module.wait_before(1, 0.0) is None for module in results] == [False, True]


def test_a_change_is_noticed_by_tests_that_were_loaded_before_it() -> None:
    mutant = next(mutant for mutant in mutants("retry") if "return" in mutant.name)
    same = replace(unchanged("retry"), in_function=True)
    with prepared():
        assert noticed_at_once([same, mutant]) == {mutant.name}


def test_what_is_listed_as_unnoticed_is_a_change_that_there_is_and_has_a_reason() -> None:
    names = {mutant.name for module in MODULES for mutant in mutants(module)}

    assert set(listed()) <= names
    assert all(listed().values())
