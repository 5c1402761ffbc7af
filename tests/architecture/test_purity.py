"""What import contracts cannot see: built-in functions and literals with no place in the engine."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import ROOT, Module, modules

# Floats stay inside the solver and the statistics: never in a decision, never in money.
FLOATS_ALLOWED = {
    "engine/kernel/diagnostics.py": "difflib's likeness of two words, for did-you-mean",
    "engine/analysis/effects.py": "statistics of outcomes; what leaves is rounded and decides nothing",
    "engine/learning/": "the solver's numbers are floats; its answer is checked exactly",
}
# Names that open the world, or run text.
IMPURE = frozenset(
    {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
)
IMPURE_ALLOWED = {
    "engine/feel/backends/python.py": "compiles the source that it generated from checked IR",
}


def floats(module: Module) -> list[str]:
    """Every float literal and every call of `float`."""
    return [
        f"{module.path}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Call) and _name(node.func) == "float")
    ]


def impure_calls(module: Module) -> list[str]:
    """Every use of a built-in that opens the world or runs text, under its own name."""
    return [
        f"{module.path}:{node.lineno}: {node.id}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in IMPURE
    ]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _outside(allowed: dict[str, str]) -> list[Module]:
    return [m for m in modules("engine") if not m.path.startswith(tuple(allowed))]


def test_no_floats_in_the_engine() -> None:
    found = [line for module in _outside(FLOATS_ALLOWED) for line in floats(module)]
    assert not found


def test_no_impure_builtins_in_the_engine() -> None:
    found = [line for module in _outside(IMPURE_ALLOWED) for line in impure_calls(module)]
    assert not found


@pytest.mark.parametrize("place", [*FLOATS_ALLOWED, *IMPURE_ALLOWED])
def test_every_exception_names_a_place_that_exists(place: str) -> None:
    assert (ROOT / place).exists()


# --- The checkers themselves ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["x = 0.1", "x = 1e3", "x = 2j", "x = float(y)", "f(a=-1.0)"])
def test_a_float_is_found(code: str) -> None:
    assert len(floats(Module("bad.py", code))) == 1


@pytest.mark.parametrize("code", ["x = 10", "x = D('0.1')", "isinstance(x, float)", "'1.5'"])
def test_no_float_is_made_up(code: str) -> None:
    assert floats(Module("good.py", code)) == []


@pytest.mark.parametrize(
    "code",
    ["open('f')", "eval(t)", "exec(t)", "__import__('os')", "read = open", "print(x)"],
)
def test_an_impure_builtin_is_found(code: str) -> None:
    assert len(impure_calls(Module("bad.py", code))) == 1


@pytest.mark.parametrize("code", ["re.compile('a')", "self.open()", "def open(): ...", "opened(x)"])
def test_no_impure_builtin_is_made_up(code: str) -> None:
    assert impure_calls(Module("good.py", code)) == []
