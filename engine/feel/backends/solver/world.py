"""What is known while a question is put together: inputs, texts, and numbers whose arithmetic may round."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import z3

from engine.feel import types
from engine.feel.backends.solver.counting import KINDS, counted
from engine.feel.backends.solver.symbols import (
    Flag,
    ListInput,
    Maybe,
    Number,
    Ordered,
    Symbol,
    Term,
    Text,
    Truth,
    Unknown,
)
from engine.feel.builtins.operators import bound
from engine.feel.types import BOOLEAN, ListType, NumberType, StringType, Type
from engine.kernel.decimals import DIGITS, from_fraction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.feel.values import Range


@dataclass(frozen=True, slots=True)
class Variable:
    """An input as the solver sees it."""

    name: str
    type: Type
    symbol: Symbol
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A rounding: `result` is `exact` put on the grid of `family`; every such family rises and keeps its grid."""

    family: tuple[str, int | None]
    exact: Term
    result: Term
    place: int


@dataclass(frozen=True, slots=True)
class Line:
    """One `interpolate`: from (x0, y0) to (x1, y1), level on both sides."""

    x: Number
    x0: Number
    y0: Number
    x1: Number
    y1: Number
    result: Term
    place: int


@dataclass(frozen=True, slots=True)
class Hard:
    """A product or quotient of two unknowns."""

    left: Term
    right: Term
    result: Term
    place: int


@dataclass(slots=True)
class World:
    """The terms of one question: `facts` hold always, `sharp` says what the facts leave open."""

    context: z3.Context = field(default_factory=z3.Context)
    facts: list[Flag] = field(default_factory=list)
    sharp: list[Flag] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    products: list[Hard] = field(default_factory=list)
    quotients: list[Hard] = field(default_factory=list)
    known: dict[int, Number] = field(default_factory=dict)
    """Numbers that a decimal can hold, by the id of their term: rounding leaves them where they are."""
    place: int = 0
    """How many operations the evaluation at hand has had: those of two evaluations correspond by it."""
    _codes: dict[str, int] = field(default_factory=dict)
    _members: dict[tuple[str, str], Flag] = field(default_factory=dict)
    _made: dict[object, Symbol] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin another evaluation."""
        self.place = 0

    # --- terms ---------------------------------------------------------------------------------

    def flag(self, value: bool) -> Flag:  # noqa: FBT001 - the value itself
        """A known truth value."""
        return z3.BoolVal(value, self.context)

    @property
    def yes(self) -> Flag:
        """What always holds."""
        return z3.BoolVal(True, self.context)  # noqa: FBT003 - the value itself

    def fresh_flag(self) -> Flag:
        """A truth value of which nothing is known."""
        return z3.FreshBool("b", self.context)

    def fresh_term(self) -> Term:
        """A number of which nothing is known."""
        return z3.FreshReal("n", self.context)

    def _whole(self) -> Term:
        """A whole number of which nothing is known, beside numbers that need not be whole."""
        return z3.ToReal(z3.FreshInt("i", self.context))

    def real(self, value: Fraction | Decimal | int) -> Term:
        """A known number as a term."""
        exact = Fraction(value)
        return z3.RealVal(f"{exact.numerator}/{exact.denominator}", self.context)

    def constant(self, value: Decimal) -> Number:
        """A known number."""
        made = Number(self.real(value), max(0, -_exponent(value)), value, value, given=True)
        return self._remembered(made)

    def text(self, value: str) -> Text:
        """A known text."""
        code = self._codes.setdefault(value, len(self._codes))
        return Text(z3.IntVal(code, self.context))

    def text_of(self, code: int) -> str:
        """The text of a code; a code that no known text has stands for some other text."""
        known = {number: text for text, number in self._codes.items()}
        return known.get(code, f"other {code}")

    def _remembered(self, number: Number) -> Number:
        self.known.setdefault(number.term.get_id(), number)
        return number

    def same(self, key: object, make: Callable[[], Symbol]) -> Symbol:
        """Make a value once for a key: what is computed alike from the same values is the same."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    # --- inputs --------------------------------------------------------------------------------

    def declare(
        self, name: str, type_: Type, range_: Range | None = None, scale: int | None = None
    ) -> Variable:
        """Add an input of a type, within its range and on its decimal places."""
        inner = types.without_null(type_)
        symbol = self.any_of(inner, name)
        self.restrict(symbol, range_, scale)
        if isinstance(symbol, Number):
            low, high = _ends(range_)
            symbol = self._remembered(Number(symbol.term, scale, low, high, given=True))
        if types.is_nullable(type_):
            symbol = Maybe(z3.Bool(f"{name} is missing", self.context), symbol)
        variable = Variable(name, type_, symbol, scale)
        self.variables.append(variable)
        return variable

    def any_of(self, type_: Type, name: str) -> Symbol:
        """Some value of a type; what the solver has no form for is only the same as itself."""
        match type_:
            case NumberType():
                return Number(z3.Real(name, self.context))
            case StringType():
                code = z3.Int(name, self.context)
                if type_.members is None:
                    self.facts.append(code >= 0)
                else:
                    listed = [code == self.text(m).term for m in type_.members]
                    self.facts.append(z3.Or(*listed))
                return Text(code)
            case ListType():
                count = z3.Real(f"count({name})", self.context)
                self.facts.append(count >= 0)
                self.sharp.append(count == self._whole())
                return ListInput(name, count)
            case types.NullableType():
                absent = z3.Bool(f"{name} is missing", self.context)
                return Maybe(absent, self.any_of(type_.of, name))
            case types.SimpleType(name=kind) if kind in KINDS:
                term = z3.Real(name, self.context)
                if kind != types.DAYS.name:
                    self.sharp.append(term == self._whole())
                return Ordered(term, kind)
            case _:
                pass
        return Truth(z3.Bool(name, self.context)) if type_ == BOOLEAN else Unknown(name)

    def restrict(self, symbol: Symbol, range_: Range | None, scale: int | None) -> None:
        """Keep an input within a range and on its decimal places."""
        if isinstance(symbol, Maybe) and symbol.value is not None:
            symbol = symbol.value
        if not isinstance(symbol, Number | Ordered):
            return
        term = symbol.term
        if range_ is not None:
            low, high = self.ordered_term(range_.low), self.ordered_term(range_.high)
            if low is not None:
                self.facts.append(term >= low if range_.low_closed else term > low)
            if high is not None:
                self.facts.append(term <= high if range_.high_closed else term < high)
        if scale is not None:
            self.sharp.append(term * self.real(10**scale) == self._whole())

    def ordered_term(self, value: object) -> Term | None:
        """A known value of an ordered kind as a number; None for one of another kind."""
        number = counted(value)
        return None if number is None else self.real(number)

    def holds(self, list_: ListInput, value: Text) -> Flag:
        """Whether a list from outside holds a known text; one that holds any is not empty."""
        key = (list_.name, str(value.term))
        if key not in self._members:
            member = z3.Bool(f"{list_.name} holds {value.term}", self.context)
            self._members[key] = member
            held = [f for (name, _), f in self._members.items() if name == list_.name]
            count = z3.Sum([z3.If(f, self.real(1), self.real(0)) for f in held])
            self.facts.append(list_.count >= count)
        return self._members[key]

    def held(self, name: str, model: z3.ModelRef) -> list[str]:
        """The texts that a list from outside holds in an example."""
        return [
            self.text_of(int(code))
            for (list_name, code), flag in self._members.items()
            if list_name == name and z3.is_true(model.eval(flag, model_completion=True))
        ]

    # --- arithmetic ----------------------------------------------------------------------------

    def add(self, left: Number, right: Number, sign: int = 1) -> Number:
        """Add two numbers, or subtract with `sign` -1."""
        low, high = (right.low, right.high) if sign > 0 else (_minus(right.high), _minus(right.low))
        return self._settled(
            left.term + right.term if sign > 0 else left.term - right.term,
            _most(left.places, right.places),
            bound(lambda a, b: a + b, left.low, low, ROUND_FLOOR),
            bound(lambda a, b: a + b, left.high, high, ROUND_CEILING),
        )

    def weighted(self, parts: Sequence[tuple[Fraction, Number]]) -> Number:
        """A sum of weights above zero times numbers, rounded only once, at its end."""
        terms = [number.term * self.real(weight) for weight, number in parts]
        lows = [Fraction(n.low) * w for w, n in parts if n.low is not None]
        highs = [Fraction(n.high) * w for w, n in parts if n.high is not None]
        return self._settled(
            z3.Sum(terms),
            None,
            _outward(sum(lows, Fraction()), ROUND_FLOOR) if len(lows) == len(parts) else None,
            _outward(sum(highs, Fraction()), ROUND_CEILING) if len(highs) == len(parts) else None,
        )

    def negate(self, number: Number) -> Number:
        """Change the sign; that never rounds."""
        return self._remembered(
            Number(-number.term, number.places, _minus(number.high), _minus(number.low))
        )

    def multiply(self, left: Number, right: Number) -> Number:
        """Multiply; two unknowns are a number of which only bounds and directions are known."""
        pairs = [(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
        lows = [bound(lambda a, b: a * b, a, b, ROUND_FLOOR) for a, b in pairs]
        highs = [bound(lambda a, b: a * b, a, b, ROUND_CEILING) for a, b in pairs]
        low = None if None in lows else min(n for n in lows if n is not None)
        high = None if None in highs else max(n for n in highs if n is not None)
        places = None if left.places is None or right.places is None else left.places + right.places
        exact = _over_leaves(left.term, lambda t: t * right.term)
        if exact is None:
            exact = _over_leaves(right.term, lambda t: left.term * t)
        if exact is None:
            exact = self._product(left, right)
        return self._settled(exact, places, low, high)

    def _product(self, left: Number, right: Number) -> Term:
        made = self.fresh_term()
        self.place += 1
        self.products.append(Hard(left.term, right.term, made, self.place))
        self.sharp.append(made == left.term * right.term)
        for a, b, upward in (
            (left.low, right.low, False),
            (left.high, right.high, False),
            (left.low, right.high, True),
            (left.high, right.low, True),
        ):
            if a is not None and b is not None:
                # Two factors measured from an end each have a known sign (McCormick's bounds).
                x, y = self.real(a), self.real(b)
                plane = left.term * y + right.term * x - x * y
                self.facts.append(made <= plane if upward else made >= plane)
        return made

    def divide(self, left: Number, right: Number) -> Number:
        """Divide; by an unknown it is a number of which only directions are known."""
        exact = _over_leaves(right.term, lambda t: left.term / t if _is_not_zero(t) else left.term)
        if exact is None:
            exact = self.fresh_term()
            self.place += 1
            self.quotients.append(Hard(left.term, right.term, exact, self.place))
            # Where it stands in a branch that is not taken, the divisor may be zero all the same.
            whole = z3.Implies(right.term != 0, exact * right.term == left.term)
            self.sharp.append(whole)
        places, low, high = None, None, None
        if right.low is not None and right.low == right.high and right.low:
            inverse = Fraction(1) / Fraction(right.low)
            places = _joined_places(left.places, _decimal_places(inverse))
            ends = sorted(Fraction(e) * inverse for e in (left.low, left.high) if e is not None)
            if len(ends) == 2:  # noqa: PLR2004 - both ends
                low, high = _outward(ends[0], ROUND_FLOOR), _outward(ends[1], ROUND_CEILING)
        return self._settled(exact, places, low, high)

    def _settled(
        self, exact: Term, places: int | None, low: Decimal | None, high: Decimal | None
    ) -> Number:
        """A result that 34 digits can hold is exact; any other is rounded to the nearest that can be held."""
        if z3.is_rational_value(simple := z3.simplify(exact)):
            return self.constant(from_fraction(simple.as_fraction()))
        if places is not None and low is not None and high is not None:
            whole = max(_digits(low), _digits(high))
            if whole + places <= DIGITS:
                return self._remembered(Number(exact, places, low, high))
        result = self._rounded(("digits", None), exact)
        slack = Fraction(1, 2 * 10 ** (DIGITS - 1))
        size = z3.If(exact >= 0, exact, -exact) * self.real(slack)
        self.facts += [result - exact <= size, exact - result <= size]
        return self._remembered(Number(result, places, low, high))

    def _rounded(self, family: tuple[str, int | None], exact: Term) -> Term:
        made = self.same((family, exact.get_id()), lambda: Number(self.fresh_term()))
        assert isinstance(made, Number)  # noqa: S101 - it was made so
        self.place += 1
        if not any(made.term.eq(step.result) for step in self.steps):
            self.steps.append(Step(family, exact, made.term, self.place))
        return made.term

    def round(self, mode: str, number: Number, places: int) -> Number:
        """Round to decimal places by a mode of `decimal`; what has no more places stays."""
        if number.places is not None and number.places <= places:
            return number
        exact, result = number.term, self._rounded((mode, places), number.term)
        step = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
        unit = self.real(step)
        below, above = _reach(mode)
        self.facts += [exact - result <= unit * below, result - exact <= unit * above]
        count = self._whole()
        self.sharp += [result == count * unit, self._which(mode, exact, result, step)]
        low, high = _widened(number.low, step, -1), _widened(number.high, step, 1)
        return self._remembered(Number(result, max(places, 0), low, high))

    def _which(self, mode: str, exact: Term, result: Term, step: Fraction) -> Flag:
        """Say which of two neighbours on the grid is taken."""
        unit, half = self.real(step), self.real(step / 2)
        down = z3.And(result <= exact, exact < result + unit)
        up = z3.And(result - unit < exact, exact <= result)
        closest_down = z3.And(result - half <= exact, exact < result + half)
        closest_up = z3.And(result - half < exact, exact <= result + half)
        return {
            "ROUND_FLOOR": down,
            "ROUND_CEILING": up,
            "ROUND_DOWN": z3.If(exact >= 0, down, up),
            "ROUND_UP": z3.If(exact >= 0, up, down),
            "ROUND_HALF_UP": z3.If(exact >= 0, closest_down, closest_up),
            "ROUND_HALF_DOWN": z3.If(exact >= 0, closest_up, closest_down),
        }.get(mode, z3.And(result - half <= exact, exact <= result + half))

    def line(self, x: Number, x0: Number, y0: Number, x1: Number, y1: Number) -> Number:
        """Draw `interpolate`: it keeps its band and its direction, wherever x0 < x1."""
        made = self.same(
            ("line", *(n.term.get_id() for n in (x, x0, y0, x1, y1))),
            lambda: Number(self.fresh_term()),
        )
        assert isinstance(made, Number)  # noqa: S101 - it was made so
        result = made.term
        self.place += 1
        self.lines.append(Line(x, x0, y0, x1, y1, result, self.place))
        rise = self.multiply(self.add(x, x0, -1), self.add(y1, y0, -1))
        between = self.add(y0, self.divide(rise, self.add(x1, x0, -1)))
        inside = z3.And(x.term > x0.term, x.term < x1.term)
        rising = y0.term <= y1.term
        low, high = z3.If(rising, y0.term, y1.term), z3.If(rising, y1.term, y0.term)
        middle = between.term
        clamped = z3.If(middle < low, low, z3.If(middle > high, high, middle))
        meaning = z3.And(
            z3.Implies(x.term <= x0.term, result == y0.term),
            z3.Implies(x.term >= x1.term, result == y1.term),
            low <= result,
            result <= high,
            z3.Implies(inside, result == clamped),
        )
        # Where it stands in a branch that is not taken, x0 may lie above x1 all the same.
        self.facts.append(z3.Implies(x0.term < x1.term, meaning))
        lows, highs = [y0.low, y1.low], [y0.high, y1.high]
        return self._remembered(
            Number(
                result,
                between.places,
                None if None in lows else min(n for n in lows if n is not None),
                None if None in highs else max(n for n in highs if n is not None),
            )
        )


# --- small questions ---------------------------------------------------------------------------


def _over_leaves(term: Term, make: Callable[[Term], Term]) -> Term | None:
    """Apply a linear operation to a constant, or to each constant that a choice can come to."""
    if z3.is_rational_value(term):
        return make(term)
    if z3.is_app_of(term, z3.Z3_OP_ITE):
        yes, no = _over_leaves(term.arg(1), make), _over_leaves(term.arg(2), make)
        return None if yes is None or no is None else z3.If(term.arg(0), yes, no)
    return None


def _is_not_zero(term: Term) -> bool:
    return bool(term.as_fraction() != 0)


def _ends(range_: Range | None) -> tuple[Decimal | None, Decimal | None]:
    low = range_.low if range_ is not None and isinstance(range_.low, Decimal) else None
    high = range_.high if range_ is not None and isinstance(range_.high, Decimal) else None
    return low, high


def _exponent(number: Decimal) -> int:
    return int(number.normalize().as_tuple().exponent)


def _digits(number: Decimal) -> int:
    """Count the digits before the point."""
    return max(1, number.adjusted() + 1)


def _minus(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.copy_negate()


def _most(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else max(left, right)


def _joined_places(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _decimal_places(value: Fraction) -> int | None:
    """Count the decimal places of a rational; None when they do not end."""
    rest, places = value.denominator, 0
    while rest % 10 in {0, 2, 4, 5, 6, 8} and rest > 1 and places <= DIGITS:
        value *= 10
        rest, places = value.denominator, places + 1
    return places if rest == 1 else None


def _outward(value: Fraction, rounding: str) -> Decimal | None:
    return bound(lambda a, b: a / b, Decimal(value.numerator), Decimal(value.denominator), rounding)


def _widened(end: Decimal | None, step: Fraction, sign: int) -> Decimal | None:
    if end is None:
        return None
    return _outward(Fraction(end) + sign * step, ROUND_FLOOR if sign < 0 else ROUND_CEILING)


def _reach(mode: str) -> tuple[Fraction, Fraction]:
    """How far below and above the exact number a rounded one may lie, in steps."""
    if mode in {"ROUND_HALF_UP", "ROUND_HALF_DOWN", "ROUND_HALF_EVEN"}:
        return Fraction(1, 2), Fraction(1, 2)
    below = 0 if mode == "ROUND_CEILING" else 1
    above = 0 if mode == "ROUND_FLOOR" else 1
    return Fraction(below), Fraction(above)
