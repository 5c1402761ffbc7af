"""An expression of an imported model: compiled once, evaluated in the standard's meaning as often as needed.

A value that an operation does not have is null; why is kept as a diagnostic (DMN 1.5, 10.3.2.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.feel.backends.interpreter import FaultError, evaluate_ir
from engine.feel.checker import check_expression, check_unary_tests
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.scope import Scope, Symbol
from engine.feel.types import ANY
from engine.kernel.diagnostics import Span
from engine.kernel.errors import DocumentError, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.feel import ir
    from engine.feel.backends.interpreter import Run
    from engine.feel.types import Type
    from engine.feel.values import Value
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Fault


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, with its text and the name of the place it stands in, for its faults."""

    text: str
    node: ir.Ir
    source: str = ""


def compile_expression(
    text: str,
    names: Iterable[str] = (),
    *,
    entries: Iterable[str] = (),
    types: Mapping[str, Type] | None = None,
    source: str = "",
) -> Expression:
    """Compile an expression in which the values of `names` can be used.

    `entries` are the names of entries that the values have, where those hold spaces or signs; `types` are
    the model's own, for `instance of` and parameters.

    Raises:
        DocumentError: it cannot be read.
    """
    scope = _scope(names, types)
    node, faults = parse_expression(text, names=[*scope.names, *entries, *scope.types], mode="dmn")
    if node is None:
        raise DocumentError(place_faults(faults, text, source))
    return Expression(text, check_expression(node, scope)[0], source)


def compile_unary_tests(
    text: str,
    names: Iterable[str] = (),
    *,
    entries: Iterable[str] = (),
    types: Mapping[str, Type] | None = None,
    source: str = "",
) -> Expression:
    """Compile the unary tests of a cell to a condition about `?`; the rest is as for an expression."""
    scope = _scope([*names, "?"], types)
    tests, faults = parse_unary_tests(
        text, names=[*scope.names, *entries, *scope.types], mode="dmn"
    )
    if tests is None:
        raise DocumentError(place_faults(faults, text, source))
    return Expression(text, check_unary_tests(tests, ANY, scope)[0], source)


def _scope(names: Iterable[str], types: Mapping[str, Type] | None) -> Scope:
    symbols = {name: Symbol(ANY, local=name == "?") for name in names}
    return Scope(names=symbols, mode="dmn", types=types or {})


def evaluate_compiled(expression: Expression, values: Mapping[str, Value], run: Run) -> Value:
    """Give the value of a compiled expression; its faults join those that `run` has told.

    Several expressions of one model share a run, and with it the bounds on steps and on calls. The caller
    sets the decimal context.

    Raises:
        EvaluationError: a bound was passed; nothing else ends an evaluation.
    """
    before = len(run.faults)
    try:
        return evaluate_ir(expression.node, values, run)
    except FaultError as error:
        placed = place_faults([error.fault], expression.text, expression.source)
        raise EvaluationError(placed[0]) from None
    finally:
        # What an expression called in between has told is gone from the list: only our own are left.
        own = run.faults[before:]
        del run.faults[before:]
        run.told += place_faults(own, expression.text, expression.source)


def place_faults(faults: Iterable[Fault], text: str, source: str = "") -> list[Diagnostic]:
    """Give faults their lines and columns in `text`, which stands in `source`."""
    placed = []
    for fault in faults:
        before = text[: fault.start]
        line, column = before.count("\n") + 1, fault.start - before.rfind("\n")
        end = fault.start + 1 if fault.end is None else fault.end
        inside = text[:end]
        span = Span(source, line, column, inside.count("\n") + 1, end - inside.rfind("\n"))
        placed.append(fault.code.at(span, near=fault.near, **fault.args))
    return placed
