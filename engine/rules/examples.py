"""Examples that people can read: found by trying what the rules compare with, and made short and typical.

Whether an example still shows what it is to show is asked of the engine at each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations, islice
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.types import BOOLEAN, ListType, NumberType, StringType
from engine.feel.values import Range
from engine.kernel.decimals import plain_number
from engine.rules.compiled import REQUIRED
from engine.rules.explanation import expressions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from engine.feel.values import Value
    from engine.rules.compiled import CompiledInput, CompiledRuleSet

Inputs: TypeAlias = "Mapping[str, Value]"

_TRIED = 4_000
"""How many combinations a search tries."""
_READ = 1_500
"""How many of them are tried in place of an example that is known already."""
_KEPT = 200
"""How many choices of the values that an example keeps are tried, of each size."""


@dataclass(frozen=True, slots=True)
class Field:
    """An input of an example under its name there, and the values that the rules make interesting."""

    name: str
    declared: CompiledInput
    values: tuple[Value, ...]


def fields_of(rule_set: CompiledRuleSet) -> list[Field]:
    """Give the inputs of a rule set with their interesting values."""
    compared = compared_values(rule_set)
    return [Field(i.name, i, tuple(boundary_values(i, compared))) for i in rule_set.inputs]


def compared_values(rule_set: CompiledRuleSet) -> frozenset[Value]:
    """The numbers and texts that stand in a rule set's expressions."""
    found: set[Value] = set()
    nodes = [*rule_set.decisions, *(f.node for f in rule_set.functions)]
    expressions = [e for node in nodes for e in expressions_of(node)]
    for expression in (*expressions, *(a for a, _ in rule_set.assumptions)):
        for node in ir.walk(expression):
            known = fold(node) if ir.is_constant(node) else None
            if known is not None:
                found |= set(_constants(known.value))
    return frozenset(found)


def _constants(value: Value) -> Iterator[Value]:
    match value:
        case bool():
            pass
        case Decimal() | str():
            yield value
        case Range():
            yield from _constants(value.low)
            yield from _constants(value.high)
        case tuple():
            for item in value:
                yield from _constants(item)
        case _:
            pass


def boundary_values(declared: CompiledInput, compared: Iterable[Value]) -> Iterator[Value]:
    """Give the values of an input at which rules may turn: its default, its ends, what is compared with."""
    seen: set[Value] = set()
    for value in _candidates(declared, compared):
        if value not in seen and (value is None or _in_range(declared, value)):
            seen.add(value)
            yield value


def _candidates(declared: CompiledInput, compared: Iterable[Value]) -> Iterator[Value]:
    type_ = types.without_null(declared.type)
    if declared.default is not REQUIRED:
        yield declared.default
    if types.is_nullable(declared.type):
        yield None
    match type_:
        case NumberType():
            low, high = ends_of(declared)
            step = step_of(declared)
            yield from (end for end in (low, high) if end is not None)
            for number in sorted(v for v in compared if isinstance(v, Decimal)):
                yield from (number, number - step, number + step)
        case StringType():
            yield from declared.members or sorted(v for v in compared if isinstance(v, str))
            if declared.members is None:
                yield "other"
        case ListType(item=StringType()):
            yield ()
            for text in declared.members or sorted(v for v in compared if isinstance(v, str)):
                yield (text,)
        case ListType():
            yield ()
        case _ if type_ == BOOLEAN:
            yield from (True, False)
        case _:
            pass


def _in_range(declared: CompiledInput, value: Value) -> bool:
    if not isinstance(value, Decimal):
        return True
    low, high = ends_of(declared)
    return (low is None or value >= low) and (high is None or value <= high)


def ends_of(declared: CompiledInput) -> tuple[Decimal | None, Decimal | None]:
    """The ends of a number's range; one that is open is the nearest value inside, one step away."""
    range_ = declared.range
    if range_ is None:
        return None, None
    step = step_of(declared)
    low = range_.low if isinstance(range_.low, Decimal) else None
    high = range_.high if isinstance(range_.high, Decimal) else None
    if low is not None and not range_.low_closed:
        low += step
    if high is not None and not range_.high_closed:
        high -= step
    return low, high


def step_of(declared: CompiledInput) -> Decimal:
    """The smallest step of an input: by its decimal places, else a hundredth."""
    return Decimal((0, (1,), -(2 if declared.field.scale is None else declared.field.scale)))


# --- searching ---------------------------------------------------------------------------------


def search(
    fields: Sequence[Field],
    shows: Callable[[Inputs], bool],
    typical: Iterable[Inputs] = (),
    *,
    tried: int = _TRIED,
) -> dict[str, Value] | None:
    """Try combinations of interesting values, then each alone on typical inputs; None when none shows it."""
    for inputs in islice(_combinations(fields, [*typical]), tried):
        if shows(inputs):
            return dict(inputs)
    return None


def _combinations(fields: Sequence[Field], typical: Sequence[Inputs]) -> Iterator[Inputs]:
    """Give inputs to try: typical ones with two values changed, then mixtures in a fixed order."""
    names = {f.name for f in fields}
    for base in typical:
        known = {name: value for name, value in base.items() if name in names}
        if len(known) < len(names):
            known = {**{f.name: f.values[0] for f in fields if f.values}, **known}
        for place, one in enumerate(fields):
            for value in one.values:
                yield {**known, one.name: value}
                for other in fields[place + 1 :]:
                    for second in other.values:
                        yield {**known, one.name: value, other.name: second}
    if not all(f.values for f in fields):
        return
    for turn in range(_TRIED):
        # Each input steps through its values at its own pace, so that all pairs come together.
        yield {
            f.name: f.values[(turn * (2 * place + 1) + turn // (place + 1)) % len(f.values)]
            for place, f in enumerate(fields)
        }


# --- making short ------------------------------------------------------------------------------


def readable(
    example: Inputs,
    fields: Sequence[Field],
    shows: Callable[[Inputs], bool],
    typical: Sequence[Inputs] = (),
) -> dict[str, Value]:
    """Show the same as an example by values that people know where they can, and by short ones elsewhere."""
    known = search(fields, shows, typical, tried=_READ)
    return tidy(known or example, fields, shows, typical)


def tidy(
    example: Inputs,
    fields: Sequence[Field],
    shows: Callable[[Inputs], bool],
    typical: Iterable[Inputs] = (),
) -> dict[str, Value]:
    """Make an example easier to read, as long as it shows the same.

    As few of its own values as possible are kept beside those of a typical case, and these are cut short.
    """
    best, kept = dict(example), {f.name for f in fields}
    for own in _few_kept(fields):
        usual = ({**best, **_without(case, own)} for case in islice(typical, 3))
        found = next((changed for changed in usual if shows(changed)), None)
        if found is not None:
            best, kept = found, set(own)
            break
    for field in fields:
        if field.name not in kept:
            continue
        for value in (*_defaults(field), *_shorter(best[field.name], field.declared)):
            if shows({**best, field.name: value}):
                best[field.name] = value
                break
    return best


def _few_kept(fields: Sequence[Field]) -> Iterator[tuple[str, ...]]:
    names = [f.name for f in fields]
    for size in range(min(4, len(names) + 1)):
        yield from islice(combinations(names, size), _KEPT)


def _without(case: Inputs, own: Sequence[str]) -> dict[str, Value]:
    return {name: value for name, value in case.items() if name not in own}


def _defaults(field: Field) -> tuple[Value, ...]:
    return () if field.declared.default is REQUIRED else (field.declared.default,)


def _shorter(value: Value, declared: CompiledInput) -> Iterator[Value]:
    """Give values near this one that are shorter to write, the shortest first."""
    if isinstance(value, tuple):
        yield ()
        yield from ((item,) for item in value[:1])
    if not isinstance(value, Decimal):
        return
    places = 6 if declared.field.scale is None else declared.field.scale
    for place in range(-value.adjusted(), places + 1):
        unit = Decimal((0, (1,), -place))
        for rounding in (ROUND_FLOOR, ROUND_CEILING):
            short = value.quantize(unit, rounding=rounding)
            yield plain_number(short)
            if short == value:
                return
