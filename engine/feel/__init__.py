"""The expression language: FEEL (DMN 1.5) with strict types for rules, and with the standard's own meaning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.backends.interpreter import FaultError, Run, evaluate_ir
from engine.feel.checker import check_expression, check_unary_tests
from engine.feel.expressions import (
    Expression,
    compile_expression,
    compile_unary_tests,
    evaluate_compiled,
    place_faults,
)
from engine.feel.parser import Mode, parse_expression, parse_unary_tests
from engine.feel.scope import Scope, Symbol
from engine.feel.values import (
    Function,
    Months,
    NoValueError,
    Range,
    Value,
    WideDate,
    WideDateTime,
    WideDuration,
    WideTime,
    bounded,
    type_of,
)
from engine.kernel.decimals import CONTEXT, fits, plain_number
from engine.kernel.diagnostics import Code
from engine.kernel.errors import DocumentError, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.feel import ir
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Fault

BAD_INPUT = Code(
    "FEEL-INPUT-001",
    "the input `{name}` holds a value that FEEL does not have: {given}",
    "输入 `{name}` 含有 FEEL 没有的值：{given}",
    "give decimals as Decimal, int or text; floats are refused because they are not exact",
    "小数请用 Decimal、整数或文字；浮点数不精确，故不接受",
)

TOO_DEEP = Code(
    "FEEL-INPUT-002",
    "the input `{name}` is nested more than {limit} deep",
    "输入 `{name}` 嵌套超过 {limit} 层",
    "flatten it",
    "请减少嵌套",
)
_MAX_DEPTH = 50

__all__ = [
    "Answer",
    "Expression",
    "Function",
    "Months",
    "Range",
    "Run",
    "WideDate",
    "WideDateTime",
    "WideDuration",
    "WideTime",
    "compile_expression",
    "compile_unary_tests",
    "evaluate",
    "evaluate_compiled",
    "evaluate_kept",
    "evaluate_unary",
    "to_feel",
    "to_python",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, and why parts of it are null."""

    value: object
    faults: tuple[Diagnostic, ...] = ()


def evaluate_kept(
    expression: str,
    inputs: Mapping[str, object] | None = None,
    *,
    now: dt.datetime | None = None,
) -> Answer:
    """Evaluate in the standard's meaning, as `evaluate` does in `dmn` mode, and keep the faults."""
    _check_mapping(inputs)
    given = inputs or {}
    compiled = compile_expression(expression, given, entries=_spaced(given))
    return _kept(compiled, given, now)


def _kept(compiled: Expression, inputs: Mapping[str, object], now: dt.datetime | None) -> Answer:
    values = {name: to_feel(value, name) for name, value in inputs.items()}
    run = Run("dmn", now=now)
    with localcontext(CONTEXT):
        try:
            value = to_python(evaluate_compiled(compiled, values, run))
        except NoValueError as error:  # the value is there, and too large to be given out
            raise EvaluationError(error.code.at(None, **error.args_)) from None
    return Answer(value, tuple(run.told))


def evaluate(
    expression: str,
    inputs: Mapping[str, object] | None = None,
    *,
    mode: Mode = "strict",
    now: dt.datetime | None = None,
) -> object:
    """Evaluate an expression where names have the values of `inputs`.

    Numbers go in as int or Decimal and come out as Decimal without trailing zeros; lists and contexts are lists and dicts;
    dates, times and durations are those of `datetime`, and `Months`. In `dmn` mode `now` is the time that
    `now()` and `today()` give.

    Raises:
        DocumentError: the expression cannot be read or, in strict mode, does not fit its inputs.
        EvaluationError: in strict mode, it has no value; in `dmn` mode the value is then None.
    """
    if mode == "dmn":
        return evaluate_kept(expression, inputs, now=now).value
    _check_mapping(inputs)
    given = inputs or {}
    node, faults = parse_expression(expression)
    if node is None:
        raise DocumentError(place_faults(faults, expression))
    made, faults = check_expression(node, _scope(given))
    return _strict(made, faults, expression, given)


def evaluate_unary(
    test: str,
    value: object,
    inputs: Mapping[str, object] | None = None,
    *,
    mode: Mode = "strict",
    now: dt.datetime | None = None,
) -> object:
    """Whether `value` fits the unary tests of a table cell; raises as `evaluate` does."""
    _check_mapping(inputs)
    given = {**(inputs or {}), "?": value}
    if mode == "dmn":
        return _kept(compile_unary_tests(test, given, entries=_spaced(given)), given, now).value
    scope = _scope(given)
    tests, faults = parse_unary_tests(test)
    if tests is None:
        raise DocumentError(place_faults(faults, test))
    made, faults = check_unary_tests(tests, scope.names["?"].type, scope)
    return _strict(made, faults, test, given)


def _check_mapping(inputs: object) -> None:
    if inputs is not None and not isinstance(inputs, Mapping):
        raise EvaluationError(BAD_INPUT.at(None, name="inputs", given=type(inputs).__name__))


def _strict(made: ir.Ir, faults: list[Fault], text: str, inputs: Mapping[str, object]) -> object:
    if faults:
        raise DocumentError(place_faults(faults, text))
    values = {name: to_feel(value, name) for name, value in inputs.items()}
    with localcontext(CONTEXT):
        try:
            return to_python(evaluate_ir(made, values))
        except FaultError as error:
            raise EvaluationError(place_faults([error.fault], text)[0]) from None
        except NoValueError as error:  # the value is there, and too large to be given out
            raise EvaluationError(error.code.at(None, **error.args_)) from None


def _scope(inputs: Mapping[str, object]) -> Scope:
    names = {}
    for name, value in inputs.items():
        type_ = type_of(to_feel(value, name))
        # A value that is not there could have been of any type; a guard shows the use that is meant.
        type_ = types.NullableType(types.ANY) if type_ == types.NULL else type_
        names[name] = Symbol(type_, local=name == "?")
    return Scope(names=names)


def _spaced(value: object) -> Iterable[str]:
    """Collect the names of the entries in the inputs, which the parser must know."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _spaced(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _spaced(inner)


def to_feel(value: object, name: str = "", depth: int = 0) -> Value:
    """Turn Python data into FEEL values; raises EvaluationError for what FEEL does not have."""
    if depth > _MAX_DEPTH:
        raise EvaluationError(TOO_DEEP.at(None, name=name.partition(".")[0], limit=_MAX_DEPTH))
    match value:
        case (
            None
            | bool()
            | str()
            | dt.date()
            | dt.time()
            | dt.timedelta()
            | Months()
            | WideDate()
            | WideTime()
            | WideDateTime()
            | WideDuration()
            | Range()
            | Function()
        ):
            return value
        case int():
            value = Decimal(value)
            if fits(value):
                return value
        case Decimal():
            if fits(value):
                return value
        case list() | tuple():
            return tuple(to_feel(item, name, depth + 1) for item in value)
        case dict() if all(isinstance(key, str) for key in value):
            return {key: to_feel(inner, f"{name}.{key}", depth + 1) for key, inner in value.items()}
    raise EvaluationError(BAD_INPUT.at(None, name=name, given=type(value).__name__))


def to_python(value: Value) -> object:
    """Turn a FEEL value into plain Python data: tuples become lists, numbers lose their trailing zeros.

    Raises:
        NoValueError: it has more parts than a value may have, which a few shared ones can make, or is too deep.
    """
    return _plain(bounded(value))


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return plain_number(value) if isinstance(value, Decimal) else value
