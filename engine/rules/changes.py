"""What would have changed an answer: one exact change of one input, each decided before it is told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.types import BOOLEAN, NumberType
from engine.feel.values import Range
from engine.kernel.decimals import CONTEXT
from engine.rules.compiled import REQUIRED
from engine.rules.evaluate import decide
from engine.rules.explanation import expressions_of
from engine.rules.inputs import read_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.feel.values import Value
    from engine.rules.compiled import CompiledInput, CompiledNode, CompiledRuleSet, Output
    from engine.rules.decision import Decision

_SPREAD = 20
"""In how many parts a range is tried, besides the numbers that the rules compare with."""
_TRIES = 200
"""How many values of one input are tried, the nearest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """One input that, changed alone, gives another outcome; it was decided before it is told."""

    input: str
    before: Value
    after: Value
    decision: str
    outcome: Value
    better: bool

    @property
    def size(self) -> Decimal | None:
        """How far the input moves, when it is a number."""
        if isinstance(self.before, Decimal) and isinstance(self.after, Decimal):
            return abs(self.after - self.before)
        return None


def find_changes(
    rule_set: CompiledRuleSet, inputs: Mapping[str, object], decision: Decision
) -> tuple[Change, ...]:
    """Find, for each input alone, the smallest change that gives a better outcome, else any other one.

    The outcome is that of the first decision with a `ranked` list, else of the first with a list of
    values or that is true or false. Smaller shares of an input's range come first.
    """
    subject = _subject(rule_set)
    if subject is None or (outcome := _outcome_of(subject, decision)) is None:
        return ()
    with localcontext(CONTEXT):
        values, _, _ = read_inputs(rule_set.inputs, inputs)
        search = _Search(rule_set, inputs, values, subject, outcome)
        found = [change for i in rule_set.inputs if (change := search.smallest(i)) is not None]
        best = any(change.better for change in found)
        kept = [change for change in found if change.better is best]
        return tuple(sorted(kept, key=lambda change: (search.share(change), change.input)))


_Subject = tuple["CompiledNode", "Output"]


def _subject(rule_set: CompiledRuleSet) -> _Subject | None:
    """Choose the outcome that changes are told about."""
    single = [
        (node, output)
        for node in rule_set.decisions
        if node.table is None or not node.table.collects
        for output in node.outputs
    ]
    ranked = [pair for pair in single if pair[1].ranked]
    closed = [
        pair
        for pair in single
        if pair[1].members is not None or types.without_null(pair[1].type) == BOOLEAN
    ]
    return next(iter([*ranked, *closed]), None)


def _outcome_of(subject: _Subject, decision: Decision) -> Value:
    node, output = subject
    value = decision.outcomes.get(node.name)
    if node.table is not None and not node.table.single and isinstance(value, dict):
        value = value[output.name]
    return value if isinstance(value, str | bool) else None


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for other outcomes of one decision."""

    rule_set: CompiledRuleSet
    inputs: Mapping[str, object]
    values: Mapping[str, Value]
    subject: _Subject
    outcome: Value

    def with_value(self, name: str, value: Value) -> Value:
        """The outcome when one input has another value; None when there is none."""
        return _outcome_of(self.subject, decide(self.rule_set, {**self.inputs, name: value}))

    def is_better(self, outcome: Value) -> bool:
        """Whether an outcome ranks above the one that was given."""
        _, output = self.subject
        members = output.members or ()
        return output.ranked and members.index(str(outcome)) > members.index(str(self.outcome))

    def share(self, change: Change) -> Decimal:
        """The part of its range that a number moves; other changes come last."""
        declared = next(i for i in self.rule_set.inputs if i.name == change.input)
        low, high = _ends(declared)
        if change.size is None or low is None or high is None or low == high:
            return Decimal(2)
        return change.size / (high - low)

    def smallest(self, declared: CompiledInput) -> Change | None:
        """Find the smallest change of one input that is better, else the smallest that is other."""
        before = self.values.get(declared.name)
        other: tuple[Value, Value] | None = None
        for after in self._candidates(declared, before)[:_TRIES]:
            outcome = self.with_value(declared.name, after)
            if outcome is None or outcome == self.outcome:
                continue
            if self.is_better(outcome):
                return self._change(declared, before, after, outcome)
            other = other or (after, outcome)
        return None if other is None else self._change(declared, before, *other)

    def _change(
        self, declared: CompiledInput, before: Value, after: Value, outcome: Value
    ) -> Change:
        node, output = self.subject
        if isinstance(before, Decimal) and isinstance(after, Decimal):
            after = self._nearest(declared, before, after, outcome)
        named = node.name if output.name == node.name else f"{node.name}.{output.name}"
        return Change(declared.name, before, after, named, outcome, self.is_better(outcome))

    def _candidates(self, declared: CompiledInput, before: Value) -> list[Value]:
        """The values to try, the nearest first."""
        type_ = types.without_null(declared.type)
        if type_ == BOOLEAN:
            return [value for value in (True, False) if value is not before]
        if isinstance(type_, NumberType):
            return list(self._numbers(declared, before))
        if declared.members is not None and isinstance(before, str | None):
            return [m for m in declared.members if m != before]
        return [v for v in (declared.default,) if v is not REQUIRED and v != before]

    def _numbers(self, declared: CompiledInput, before: Value) -> list[Decimal]:
        low, high = _ends(declared)
        step = _step(declared)
        around = {k + d for k in self._constants(declared.name) for d in (-step, Decimal(0), step)}
        spread: set[Decimal] = set()
        if low is not None and high is not None:
            spread = {(low + (high - low) * n / _SPREAD).quantize(step) for n in range(1, _SPREAD)}
        inside = {
            number
            for number in {*around, *spread, *(end for end in (low, high) if end is not None)}
            if number != before
            and (low is None or number >= low)
            and (high is None or number <= high)
        }
        origin = before if isinstance(before, Decimal) else Decimal(0)
        return sorted(inside, key=lambda number: (abs(number - origin), number))

    def _constants(self, name: str) -> Iterator[Decimal]:
        """The numbers that an input is compared with: those of its columns, and of what else reads it."""
        for node in self.rule_set.decisions:
            if node.table is None:
                yield from _numbers_beside(name, expressions_of(node))
                continue
            for index, condition in enumerate(node.table.conditions):
                if name in ir.reads(condition.value):
                    yield from _numbers_in(condition.value)
                    for row in node.table.rows:
                        yield from _numbers_in(row.tests[index].condition)

    def _nearest(
        self, declared: CompiledInput, fails: Decimal, works: Decimal, outcome: Value
    ) -> Decimal:
        """Search the edge between a value that does not give the outcome and one that does.

        The answer gives it, and is rounded to the input's decimal places, or to hundredths.
        """
        step = _step(declared)
        while abs(works - fails) > step:
            middle = ((works + fails) / 2).quantize(step)
            if middle in {works, fails}:
                break
            if self.with_value(declared.name, middle) == outcome:
                works = middle
            else:
                fails = middle
        return works


def _numbers_beside(name: str, expressions: Iterable[ir.Ir]) -> Iterator[Decimal]:
    for expression in expressions:
        if name in ir.reads(expression):
            yield from _numbers_in(expression)


def _numbers_in(expression: ir.Ir) -> Iterator[Decimal]:
    """Give the numbers of an expression, and those of its parts that depend on nothing."""
    for node in ir.walk(expression):
        found = fold(node) if ir.is_constant(node) else None
        if found is not None:
            yield from _numbers_of(found.value)


def _numbers_of(value: Value) -> Iterator[Decimal]:
    match value:
        case Decimal():
            yield value
        case Range():
            yield from (end for end in (value.low, value.high) if isinstance(end, Decimal))
        case _:
            pass


def _step(declared: CompiledInput) -> Decimal:
    return Decimal((0, (1,), -(2 if declared.field.scale is None else declared.field.scale)))


def _ends(declared: CompiledInput) -> tuple[Decimal | None, Decimal | None]:
    """The ends of a number's range that it can have."""
    range_ = declared.range
    low = range_.low if range_ and isinstance(range_.low, Decimal) else None
    high = range_.high if range_ and isinstance(range_.high, Decimal) else None
    return low, high
