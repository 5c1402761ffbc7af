"""The reference meaning: walks the typed form and gives its value, or the fault that leaves it without one.

In `strict` mode a fault ends the evaluation. In `dmn` mode it makes the part null, is kept, and the
evaluation goes on with the standard's three-valued logic (DMN 1.5, 10.3.2.1).
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from engine.feel import ir
from engine.feel.builtins import STANDARD_OPERATORS
from engine.feel.builtins.calling import call_builtin, call_signature
from engine.feel.builtins.contexts import NO_ENTRY
from engine.feel.builtins.lists import item_at
from engine.feel.builtins.operators import compare
from engine.feel.builtins.temporal import PROPERTIES
from engine.feel.values import (
    NOT_APPLICABLE,
    Function,
    NoValueError,
    Range,
    Value,
    call,
    given_as,
    is_instance,
    kind_of,
)
from engine.kernel.diagnostics import Code
from engine.kernel.documents import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.feel.parser import Mode
    from engine.kernel.diagnostics import Diagnostic

NOT_A_CONDITION = Code(
    "FEEL-EVAL-070",
    "a condition must be true or false, and this is {given}",
    "条件须为真或假，而这里是 {given}",
    "check the values that go in",
    "请检查参与计算的值",
)
NOT_A_LIST = Code(
    "FEEL-EVAL-075",
    "expected a list here, and this is {given}",
    "此处应为列表，而这里是 {given}",
    "check the values that go in",
    "请检查参与计算的值",
)
TOO_MANY_STEPS = Code(
    "FEEL-BOUND-030",
    "the expression runs over more than {limit} items",
    "表达式处理的项超过 {limit}",
    "filter the list first",
    "请先筛选列表",
)
NOT_COUNTABLE = Code(
    "FEEL-EVAL-072",
    "a range can be run over only between two whole numbers or dates",
    "只有整数或日期之间的区间可以逐个处理",
    "write `1..5`",
    "请写成 `1..5`",
)
NOT_APPLICABLE_HERE = Code(
    "FEEL-EVAL-073",
    "`{name}` does not apply here",
    "`{name}` 在此处不适用",
    "test `is applicable({name})` first",
    "请先判断 `is applicable({name})`",
)
NO_END = Code(
    "FEEL-EVAL-080",
    "an end of the range is missing",
    "区间的一端缺失",
    "check the values that go in",
    "请检查参与计算的值",
)
NO_SUCH_NAME = Code(
    "FEEL-EVAL-078",
    "nothing here is named `{name}`",
    "此处没有名为 `{name}` 的值",
    "check the name",
    "请检查名称",
)
NO_CLOCK = Code(
    "FEEL-EVAL-079",
    "`{name}()` has no value: the evaluation was given no time",
    "`{name}()` 没有值：求值时未给出时间",
    "give the time to the evaluation",
    "请在求值时给出时间",
)
TOO_MANY_CALLS = Code(
    "FEEL-BOUND-031",
    "functions call each other more than {limit} deep",
    "函数相互调用超过 {limit} 层",
    "a function may not call itself",
    "函数不可调用自身",
)

TOO_MUCH_WORK = Code(
    "FEEL-BOUND-034",
    "the expression takes more than {limit} steps of work",
    "表达式的计算量超过 {limit} 步",
    "work on fewer items at a time",
    "请减少一次处理的项",
)

MAX_STEPS = 200_000
MAX_WORK = 1_000_000
MAX_CALLS = 20
MAX_STANDARD_CALLS = 60
_BOUNDS = frozenset({TOO_MANY_STEPS, TOO_MANY_CALLS, TOO_MUCH_WORK})
_SEARCHES = frozenset({"matches", "replace", "split"})


class FaultError(NoValueError):
    """A fault with its place in the expression."""

    def __init__(self, error: NoValueError, node: ir.Ir) -> None:
        """Give the fault of `error` the place of `node`."""
        Exception.__init__(self, error.code.id)
        self.code, self.args_ = error.code, error.args_
        self.fault = Fault(error.code, node.start, node.end, error.args_)


@dataclass(slots=True)
class Run:
    """One evaluation: its mode, the functions of the rule set, the steps taken and the faults met.

    `faults` are those of the expression that runs, `told` those that have their place in a text; `now` is
    what `now()` gives in `dmn` mode, since there is no clock. In `dmn` mode all work is counted, since nobody
    has looked at the expressions of a model.
    """

    mode: Mode = "strict"
    functions: Mapping[str, Callable[..., Value]] = field(default_factory=dict)
    steps: int = 0
    calls: int = 0
    work: int = 0
    faults: list[Fault] = field(default_factory=list)
    told: list[Diagnostic] = field(default_factory=list)
    now: dt.datetime | None = None

    def step(self, count: int = 1) -> None:
        """Count one item of an iteration, or several; too many end the evaluation."""
        self.steps += count
        if self.steps > MAX_STEPS:
            raise NoValueError(TOO_MANY_STEPS, limit=MAX_STEPS)

    def look_back(self, count: int) -> None:
        """Count what it takes to give an iteration its results so far, `partial`."""
        self.step(count // 16)

    def labour(self, amount: int) -> None:
        """Count work: one for each part that is evaluated, more for what goes through long values."""
        self.work += amount
        if self.work > MAX_WORK and self.mode == "dmn":
            raise NoValueError(TOO_MUCH_WORK, limit=MAX_WORK)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Go into a function that is a value; one that calls itself for ever ends the evaluation."""
        self.step()
        self.calls += 1
        limit = MAX_CALLS if self.mode == "strict" else MAX_STANDARD_CALLS
        if self.calls > limit:
            raise NoValueError(TOO_MANY_CALLS, limit=limit)
        try:
            yield
        finally:
            self.calls -= 1


def evaluate_ir(node: ir.Ir, values: Mapping[str, Value], run: Run | None = None) -> Value:
    """Give the value of `node` where names have `values`; raises FaultError in strict mode.

    The caller sets the decimal context.
    """
    return _evaluate(node, values, run or Run())


def _evaluate(node: ir.Ir, env: Mapping[str, Value], run: Run) -> Value:
    try:
        run.labour(1)
        return _RUNS[type(node)](node, env, run)
    except FaultError as error:
        if run.mode == "strict" or error.code in _BOUNDS:
            raise
        return None
    except NoValueError as error:
        placed = FaultError(error, node)
        run.faults.append(placed.fault)
        if run.mode == "strict" or error.code in _BOUNDS:
            raise placed from None
        return None
    except RecursionError:  # the caller stands deep already
        raise FaultError(NoValueError(TOO_MANY_CALLS, limit=MAX_CALLS), node) from None


def _constant(node: ir.Constant, _env: Mapping[str, Value], _run: Run) -> Value:
    return node.value


def _void(node: ir.Void, _env: Mapping[str, Value], _run: Run) -> Value:
    raise NoValueError(node.code, **dict(node.args))


def _read(node: ir.Read, env: Mapping[str, Value], run: Run) -> Value:
    value = env.get(node.name)
    if value is None and node.name not in env:
        raise NoValueError(NO_SUCH_NAME, name=node.name)
    if value is NOT_APPLICABLE:
        if run.mode == "strict":
            raise NoValueError(NOT_APPLICABLE_HERE, name=node.name)
        return None
    return value


def _applicable(node: ir.Applicable, env: Mapping[str, Value], _run: Run) -> Value:
    return env.get(node.name) is not NOT_APPLICABLE


def _clock(node: ir.Clock, _env: Mapping[str, Value], run: Run) -> Value:
    if run.now is None:
        raise NoValueError(NO_CLOCK, name=node.name)
    return run.now if node.name == "now" else run.now.date()


def _apply(node: ir.Apply, env: Mapping[str, Value], run: Run) -> Value:
    arguments = [_evaluate(a, env, run) for a in node.arguments]
    if node.signature is not None and run.mode == "strict":
        return call_signature(node.builtin, node.signature, arguments)
    run.labour(_weight(node.builtin.name, arguments))
    # An operand has no declared type: the tables of the operators know no conversion (10.3.2.9.4).
    converts = run.mode == "dmn" and node.builtin.name not in STANDARD_OPERATORS
    return call_builtin(node.builtin, arguments, convert=converts)


def _weight(function: str, arguments: list[Value]) -> int:
    """How much work a built-in may be, by the length of what it goes through."""
    sizes = [len(a) for a in arguments if isinstance(a, tuple | str)]
    if function in _SEARCHES and len(sizes) > 1:
        return sizes[0] * sizes[1] // 2
    return sum(sizes) // 16


def _condition(value: Value, run: Run) -> bool:
    if value is True or value is False:
        return bool(value)
    if run.mode == "dmn":
        return False
    raise NoValueError(NOT_A_CONDITION, given=given_as(value))


def _logic(node: ir.Logic, env: Mapping[str, Value], run: Run) -> Value:
    stop = node.op == "or"
    left = _evaluate(node.left, env, run)
    if run.mode == "strict":
        if _condition(left, run) is stop:
            return stop
        return _condition(_evaluate(node.right, env, run), run)
    if left is stop:
        return stop
    right = _evaluate(node.right, env, run)
    if right is stop:
        return stop
    return (not stop) if left is (not stop) and right is (not stop) else None


def _if(node: ir.If, env: Mapping[str, Value], run: Run) -> Value:
    condition = _condition(_evaluate(node.condition, env, run), run)
    return _evaluate(node.yes if condition else node.no, env, run)


def _list(node: ir.MakeList, env: Mapping[str, Value], run: Run) -> Value:
    return tuple(_evaluate(item, env, run) for item in node.items)


def _context(node: ir.MakeContext, env: Mapping[str, Value], run: Run) -> Value:
    made: dict[str, Value] = {}
    inner = dict(env)
    for name, value in node.entries:
        made[name] = inner[name] = _evaluate(value, inner, run)
    return made


def _range(node: ir.MakeRange, env: Mapping[str, Value], run: Run) -> Value:
    low = None if node.low is None else _evaluate(node.low, env, run)
    high = None if node.high is None else _evaluate(node.high, env, run)
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        raise NoValueError(NO_END)
    if low is not None and high is not None:
        compare(low, high)
    return Range(low, high, node.low_closed, node.high_closed)


def _entry(node: ir.Entry, env: Mapping[str, Value], run: Run) -> Value:
    base = _evaluate(node.base, env, run)
    if node.otherwise is not None and not (isinstance(base, dict) and node.name in base):
        return _evaluate(node.otherwise, env, run)
    if run.mode == "dmn" and isinstance(base, tuple):
        return tuple(_entry_or_null(item, node, run) for item in base)
    return entry_of(base, node.name)


def _entry_or_null(item: Value, node: ir.Entry, run: Run) -> Value:
    """In a list of contexts, one without the entry gives null and the others their own (10.3.2.7)."""
    try:
        return entry_of(item, node.name)
    except NoValueError as error:
        run.faults.append(FaultError(error, node).fault)
        return None


def entry_of(base: Value, name: str) -> Value:
    """Find an entry of a context, a property of a value, or the entries of the items of a list."""
    if isinstance(base, dict):
        if name in base:
            return base[name]
    elif isinstance(base, tuple):
        return tuple(entry_of(item, name) for item in base)
    elif base is not None and (found := PROPERTIES.get(kind_of(base), {}).get(name)):
        return found[1](base)
    raise NoValueError(NO_ENTRY, name=name)


def _filter(node: ir.Filter, env: Mapping[str, Value], run: Run) -> Value:
    base = _evaluate(node.base, env, run)
    if not isinstance(base, tuple):
        if run.mode == "strict" or base is None:
            raise NoValueError(NOT_A_LIST, given=given_as(base))
        base = (base,)
    if not base and run.mode == "dmn":
        # Whether `[…]` is a position or a condition shows only in its value.
        position = _evaluate(node.condition, {**env, node.item: None}, Run("dmn"))
        return item_at(base, position) if isinstance(position, Decimal) else ()
    kept = []
    for item in base:
        run.step()
        fits = _evaluate(node.condition, {**env, node.item: item}, run)
        if isinstance(fits, Decimal) and run.mode == "dmn":
            return item_at(base, fits)
        if fits is not None and not isinstance(fits, bool):
            raise NoValueError(NOT_A_CONDITION, given=given_as(fits))
        if _condition(fits, run):
            kept.append(item)
    return tuple(kept)


def _at(node: ir.At, env: Mapping[str, Value], run: Run) -> Value:
    base = _evaluate(node.base, env, run)
    position = _evaluate(node.position, env, run)
    if not isinstance(base, tuple):
        raise NoValueError(NOT_A_LIST, given=given_as(base))
    return item_at(base, position)


def domain_items(domain: Value, run: Run) -> Iterator[Value]:
    """Give the items that an iteration runs over: of a list, or the whole numbers or days of a range."""
    for item in domain if isinstance(domain, tuple) else _counted(domain):
        run.step()
        yield item


def _counted(domain: Value) -> Iterator[Value]:
    """Count through a range, downwards when it is written so; an end that is left out is skipped."""
    if not isinstance(domain, Range):
        raise NoValueError(NOT_COUNTABLE)
    low, high = domain.low, domain.high
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        if low != low.to_integral_value() or high != high.to_integral_value():
            raise NoValueError(NOT_COUNTABLE)
        first, length = int(low), int(high) - int(low)
        values: Iterator[Value] = (Decimal(first + step) for step in _steps(length))
    elif type(low) is dt.date and type(high) is dt.date:
        start, length = low, (high - low).days
        values = (start + dt.timedelta(step) for step in _steps(length))
    else:
        raise NoValueError(NOT_COUNTABLE)
    for value in values:
        if (value != low or domain.low_closed) and (value != high or domain.high_closed):
            yield value


def _steps(length: int) -> range:
    return range(length + 1) if length >= 0 else range(0, length - 1, -1)


def _each(node: ir.Each, env: Mapping[str, Value], run: Run) -> Value:
    results: list[Value] = []
    for scope in _scopes(node.iterations, env, run):
        if node.looks_back:
            run.look_back(len(results))
            scope = {**scope, "partial": tuple(results)}  # noqa: PLW2901 - the same scope, with one name more
        value = _evaluate(node.body, scope, run)
        if node.kind == "for":
            results.append(value)
        elif run.mode == "strict":
            if _condition(value, run) is (node.kind == "some"):
                return node.kind == "some"
        else:
            results.append(value)
    if node.kind == "for":
        return tuple(results)
    return _quantified(results, node.kind == "some")


def _quantified(results: list[Value], some: bool) -> Value:  # noqa: FBT001 - the kind of the quantifier
    """Join what the items gave: one decisive value decides, else an unknown one leaves it unknown."""
    if any(r is some for r in results):
        return some
    return None if any(r is not (not some) for r in results) else not some


def _scopes(
    iterations: tuple[ir.Iteration, ...], env: Mapping[str, Value], run: Run
) -> Iterator[Mapping[str, Value]]:
    if not iterations:
        yield env
        return
    first, *rest = iterations
    domain = _evaluate(first.domain, env, run)
    if run.mode == "dmn" and not isinstance(domain, tuple | Range) and domain is not None:
        domain = (domain,)
    for item in domain_items(domain, run):
        yield from _scopes(tuple(rest), {**env, first.name: item}, run)


def _instance_of(node: ir.InstanceOf, env: Mapping[str, Value], run: Run) -> Value:
    return is_instance(_evaluate(node.value, env, run), node.wanted)


def _invoke(node: ir.Invoke, env: Mapping[str, Value], run: Run) -> Value:
    arguments = [_evaluate(a, env, run) for a in node.arguments]
    return run.functions[node.function](*arguments)


def _function(node: ir.MakeFunction, env: Mapping[str, Value], run: Run) -> Value:
    def run_body(*arguments: Value) -> Value:
        with run.call():
            given = dict(zip(node.parameters, arguments, strict=True))
            return _evaluate(node.body, {**env, **given}, run)

    return Function(node.parameters, run_body, node.types)


def _call_value(node: ir.CallValue, env: Mapping[str, Value], run: Run) -> Value:
    function = _evaluate(node.function, env, run)
    if node.otherwise is not None and not isinstance(function, Function):
        return _evaluate(node.otherwise, env, run)
    arguments = [_evaluate(a, env, run) for a in node.arguments]

    def tell(error: NoValueError) -> None:
        run.faults.append(FaultError(error, node).fault)

    return call(function, arguments, node.names, tell)


_RUNS: dict[type, Callable[[ir.Ir, Mapping[str, Value], Run], Value]] = cast(
    "dict[type, Callable[[ir.Ir, Mapping[str, Value], Run], Value]]",
    {
        ir.Constant: _constant,
        ir.Void: _void,
        ir.Read: _read,
        ir.Applicable: _applicable,
        ir.Clock: _clock,
        ir.Apply: _apply,
        ir.Logic: _logic,
        ir.If: _if,
        ir.MakeList: _list,
        ir.MakeContext: _context,
        ir.MakeRange: _range,
        ir.Entry: _entry,
        ir.Filter: _filter,
        ir.At: _at,
        ir.Each: _each,
        ir.InstanceOf: _instance_of,
        ir.Invoke: _invoke,
        ir.MakeFunction: _function,
        ir.CallValue: _call_value,
    },
)
