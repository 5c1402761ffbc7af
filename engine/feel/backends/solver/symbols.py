"""Values that are not known yet: what each kind of FEEL value is to the solver, and how two are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import z3

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

Flag: TypeAlias = Any
"""A truth value as a term of the solver."""
Term: TypeAlias = Any
"""A number as a term of the solver."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `places` decimal places at most and bounds, where they are known."""

    term: Term
    places: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    given: bool = False
    """Whether it is an input or a constant, and not computed."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth value."""

    flag: Flag


@dataclass(frozen=True, slots=True)
class Text:
    """A text by its code: known texts have a code each, all others share what is left."""

    term: Term


@dataclass(frozen=True, slots=True)
class Ordered:
    """A date or duration as a number of days, seconds or months; `kind` is its type's name."""

    term: Term
    kind: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value that may be missing; None stands for one that is never there."""

    absent: Flag
    value: Symbol | None


@dataclass(frozen=True, slots=True)
class Items:
    """A list of which each entry may be left out: `(is it there, its value)`."""

    entries: tuple[tuple[Flag, Symbol], ...]


@dataclass(frozen=True, slots=True)
class ListInput:
    """A list that comes from outside: its length, and which known values it holds."""

    name: str
    count: Term


@dataclass(frozen=True, slots=True)
class Entries:
    """A context."""

    fields: Mapping[str, Symbol]


@dataclass(frozen=True, slots=True)
class Interval:
    """A range."""

    low: Symbol | None
    high: Symbol | None
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which the solver knows nothing but whether it is the same as another."""

    key: str


Symbol: TypeAlias = (
    Number | Truth | Text | Ordered | Maybe | Items | ListInput | Entries | Interval | Unknown
)


# --- logic -------------------------------------------------------------------------------------


def all_of(flags: Iterable[Flag], context: z3.Context) -> Flag:
    """Join conditions by `and`; none at all is true."""
    listed = [f for f in flags if not z3.is_true(f)]
    if not listed:
        return z3.BoolVal(True, context)  # noqa: FBT003 - the value itself
    return listed[0] if len(listed) == 1 else z3.And(*listed)


def any_of(flags: Iterable[Flag], context: z3.Context) -> Flag:
    """Join conditions by `or`; none at all is false."""
    listed = [f for f in flags if not z3.is_false(f)]
    if not listed:
        return z3.BoolVal(False, context)  # noqa: FBT003 - the value itself
    return listed[0] if len(listed) == 1 else z3.Or(*listed)


def negation(flag: Flag) -> Flag:
    """The opposite."""
    return z3.Not(flag)


def implies(condition: Flag, flag: Flag) -> Flag:
    """`flag` wherever `condition` holds."""
    return flag if z3.is_true(condition) else z3.Implies(condition, flag)


def at_most_one(flags: Sequence[Flag]) -> Flag:
    """Whether no two of the conditions hold."""
    return z3.AtMost(*flags, 1)


# --- keys --------------------------------------------------------------------------------------


def key_of(symbol: Symbol | None) -> str:
    """Name a symbol so that equal names mean equal values; terms are shared, so their ids will do."""
    match symbol:
        case None:
            return "-"
        case Number() | Text() | Ordered():
            return f"n{symbol.term.get_id()}"
        case Truth():
            return f"b{symbol.flag.get_id()}"
        case Maybe():
            return f"m{symbol.absent.get_id()}({key_of(symbol.value)})"
        case Items():
            inner = ",".join(f"{flag.get_id()}:{key_of(v)}" for flag, v in symbol.entries)
            return f"[{inner}]"
        case ListInput():
            return f"l{symbol.name}"
        case Entries():
            return "{" + ",".join(f"{n}={key_of(v)}" for n, v in symbol.fields.items()) + "}"
        case Interval():
            ends = f"{key_of(symbol.low)}..{key_of(symbol.high)}"
            return f"{symbol.low_closed}{ends}{symbol.high_closed}"
        case Unknown():
            return f"u{symbol.key}"


# --- telling apart and choosing ----------------------------------------------------------------


def equal(left: Symbol, right: Symbol, context: z3.Context, *, enough: bool = False) -> Flag | None:
    """Whether two values are equal; None when the solver cannot say.

    With `enough` the condition need only suffice: two lists then count as equal when they agree entry by
    entry, those left out included.
    """
    match left, right:
        case Number(), Number():
            return left.term == right.term
        case Text(), Text():
            return left.term == right.term
        case Ordered(), Ordered() if left.kind == right.kind:
            return left.term == right.term
        case Truth(), Truth():
            return left.flag == right.flag
        case (Maybe(), _) | (_, Maybe()):
            one, other = as_maybe(left, context), as_maybe(right, context)
            return _equal_maybe(one, other, context, enough=enough)
        case Items(), Items():
            return _equal_items(left, right, context, enough=enough)
        case ListInput(), Items(entries=()):
            return left.count == 0
        case Items(entries=()), ListInput():
            return right.count == 0
        case Entries(), Entries() if left.fields.keys() == right.fields.keys():
            pairs = [
                equal(v, right.fields[n], context, enough=enough) for n, v in left.fields.items()
            ]
            return None if None in pairs else all_of(pairs, context)
        case _:
            pass
    return z3.BoolVal(True, context) if key_of(left) == key_of(right) else None  # noqa: FBT003


def as_maybe(symbol: Symbol, context: z3.Context) -> Maybe:
    """See any value as one that may be missing."""
    if isinstance(symbol, Maybe):
        return symbol
    return Maybe(z3.BoolVal(False, context), symbol)  # noqa: FBT003 - the value itself


def _equal_maybe(left: Maybe, right: Maybe, context: z3.Context, *, enough: bool) -> Flag | None:
    both_absent = z3.And(left.absent, right.absent)
    if left.value is None or right.value is None:
        return both_absent
    inner = equal(left.value, right.value, context, enough=enough)
    if inner is None:
        return None
    return z3.Or(both_absent, z3.And(z3.Not(left.absent), z3.Not(right.absent), inner))


def _equal_items(left: Items, right: Items, context: z3.Context, *, enough: bool) -> Flag | None:
    entries = (*left.entries, *right.entries)
    whole = all(z3.is_true(flag) for flag, _ in entries)
    if len(left.entries) != len(right.entries):
        if whole:
            return z3.BoolVal(False, context)  # noqa: FBT003 - the value itself
        none = all_of([z3.Not(flag) for flag, _ in entries], context)
        return none if not left.entries or not right.entries else None
    if not whole and not enough:
        return None
    agreed = []
    for (mine, value), (yours, other) in zip(left.entries, right.entries, strict=True):
        same = equal(value, other, context, enough=enough)
        if same is None:
            return None
        agreed += [mine == yours, implies(mine, same)]
    return all_of(agreed, context)


def choose(
    cases: Sequence[tuple[Flag, Symbol]], otherwise: Symbol, context: z3.Context
) -> Symbol | None:
    """The value of the first case whose condition holds; None when their kinds do not go together."""
    chosen: Symbol | None = otherwise
    for flag, value in reversed(cases):
        if chosen is None:
            return None
        chosen = _either(flag, value, chosen, context)
    return chosen


def _either(flag: Flag, yes: Symbol, no: Symbol, context: z3.Context) -> Symbol | None:
    if key_of(yes) == key_of(no):
        return yes
    match yes, no:
        case Number(), Number():
            return _either_number(flag, yes, no)
        case Truth(), Truth():
            return Truth(z3.If(flag, yes.flag, no.flag))
        case Text(), Text():
            return Text(z3.If(flag, yes.term, no.term))
        case Ordered(), Ordered() if yes.kind == no.kind:
            return Ordered(z3.If(flag, yes.term, no.term), yes.kind)
        case (Maybe(), _) | (_, Maybe()):
            return _either_maybe(flag, as_maybe(yes, context), as_maybe(no, context), context)
        case Items(), Items():
            kept = tuple((z3.And(flag, there), v) for there, v in yes.entries)
            others = tuple((z3.And(z3.Not(flag), there), v) for there, v in no.entries)
            return Items((*kept, *others))
        case Entries(), Entries() if yes.fields.keys() == no.fields.keys():
            made = {n: _either(flag, v, no.fields[n], context) for n, v in yes.fields.items()}
            fields = {n: v for n, v in made.items() if v is not None}
            return Entries(fields) if len(fields) == len(made) else None
        case _:
            pass
    return None


def _either_number(flag: Flag, yes: Number, no: Number) -> Number:
    return Number(
        z3.If(flag, yes.term, no.term),
        None if yes.places is None or no.places is None else max(yes.places, no.places),
        None if yes.low is None or no.low is None else min(yes.low, no.low),
        None if yes.high is None or no.high is None else max(yes.high, no.high),
    )


def _either_maybe(flag: Flag, yes: Maybe, no: Maybe, context: z3.Context) -> Maybe | None:
    absent = z3.If(flag, yes.absent, no.absent)
    if yes.value is None or no.value is None:
        return Maybe(absent, yes.value if no.value is None else no.value)
    value = _either(flag, yes.value, no.value, context)
    return None if value is None else Maybe(absent, value)
