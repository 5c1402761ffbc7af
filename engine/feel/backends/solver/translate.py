"""The typed form to terms: each kind of node once; what has no form becomes a value that is only the same as itself."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import TYPE_CHECKING, cast

import z3

from engine.feel import ir, types
from engine.feel.backends.python import fold
from engine.feel.backends.solver.counting import counted
from engine.feel.backends.solver.symbols import (
    Entries,
    Flag,
    Interval,
    Items,
    ListInput,
    Maybe,
    Number,
    Ordered,
    Symbol,
    Text,
    Truth,
    Unknown,
    all_of,
    any_of,
    choose,
    equal,
    implies,
    key_of,
)
from engine.feel.values import Range, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.feel.backends.solver.world import World
    from engine.feel.values import Value

_ROUNDINGS = {
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
    "decimal": ROUND_HALF_EVEN,
    "round up": ROUND_UP,
    "round down": ROUND_DOWN,
    "round half up": ROUND_HALF_UP,
    "round half down": ROUND_HALF_DOWN,
}
_OF_PRESENT = frozenset(
    {
        *("+", "-", "*", "/", "negate", "<", "<=", ">", ">=", "not", "abs", "interpolate"),
        *("count", "sum", "min", "max", "all", "any"),
        *_ROUNDINGS,
    }
)
"""What has no value where an argument is missing."""
_LONGEST_COUNT = 60
"""How many whole numbers an iteration may run over and still be written out."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A name in scope: its value, and when it applies."""

    symbol: Symbol
    applies: Flag


@dataclass(slots=True)
class Encoder:
    """Translates the expressions of one evaluation: the names in scope, and what must hold for it to have a value."""

    world: World
    names: dict[str, Bound] = field(default_factory=dict)
    functions: Mapping[str, Callable[[Sequence[Symbol]], Symbol]] = field(default_factory=dict)
    required: list[Flag] = field(default_factory=list)
    unsaid: list[ir.Ir] = field(default_factory=list)
    """The parts that the solver knows only by their laws, or not at all: they can stop a proof."""
    _path: list[Flag] = field(default_factory=list)

    # --- the state of an evaluation ------------------------------------------------------------

    def bind(self, name: str, symbol: Symbol, applies: Flag | None = None) -> None:
        """Put a name into scope."""
        self.names[name] = Bound(symbol, self.world.yes if applies is None else applies)

    def require(self, flag: Flag) -> None:
        """Note what must hold here, or the evaluation has no value."""
        if not z3.is_true(flag):
            self.required.append(implies(self._here(), flag))

    def _here(self) -> Flag:
        return all_of(self._path, self.world.context)

    @contextmanager
    def under(self, flag: Flag) -> Iterator[None]:
        """Go where `flag` holds: what is required there is required only there."""
        self._path.append(flag)
        yield
        self._path.pop()

    @contextmanager
    def with_names(self, symbols: Mapping[str, Symbol]) -> Iterator[None]:
        """Go where names stand for other values, whatever the names are."""
        outer = dict(self.names)
        for name, symbol in symbols.items():
            self.bind(name, symbol)
        yield
        self.names = outer

    # --- translation ---------------------------------------------------------------------------

    def condition(self, node: ir.Ir) -> Flag:
        """Translate a condition."""
        return self._flag(self.symbol(node))

    def symbol(self, node: ir.Ir) -> Symbol:
        """Translate any expression."""
        made = _FORMS[type(node)](self, node) if type(node) in _FORMS else None
        return self.unknown(node) if made is None else made

    def unknown(self, node: ir.Ir) -> Symbol:
        """Some value of the node's type: the same wherever the same is computed from the same values."""
        self.unsaid.append(node)
        read = {
            n.name for n in ir.walk(node) if isinstance(n, ir.Read | ir.Applicable)
        } & self.names.keys()
        reads = tuple((name, key_of(self.names[name].symbol)) for name in sorted(read))
        key = ("unknown", _shape(node), reads)
        return self.world.same(
            key, lambda: self.world.any_of(node.type, f"unknown {len(self.unsaid)} {id(self)}")
        )

    def _flag(self, symbol: Symbol | None) -> Flag:
        value = self._there(symbol)
        return value.flag if isinstance(value, Truth) else self.world.fresh_flag()

    def _there(self, symbol: Symbol | None) -> Symbol | None:
        """The value of what may be missing; it is required to be there."""
        if isinstance(symbol, Maybe):
            self.require(z3.Not(symbol.absent))
            return symbol.value
        return symbol

    def constant(self, value: Value) -> Symbol:
        """Translate a known value."""
        match value:
            case None:
                return Maybe(self.world.yes, None)
            case bool():
                return Truth(self.world.flag(value))
            case Decimal():
                return self.world.constant(value)
            case str():
                return self.world.text(value)
            case tuple():
                here = self.world.yes
                return Items(tuple((here, self.constant(item)) for item in value))
            case dict():
                return Entries({str(k): self.constant(v) for k, v in value.items()})
            case Range():
                ends = [None if e is None else self.constant(e) for e in (value.low, value.high)]
                return Interval(ends[0], ends[1], value.low_closed, value.high_closed)
            case _:
                pass
        count = counted(value)
        if count is None:
            return Unknown(repr(value))
        return Ordered(self.world.real(count), kind_of(value))

    def choose(self, cases: Sequence[tuple[Flag, Symbol]], otherwise: Symbol) -> Symbol:
        """The value of the first case that holds."""
        made = choose(cases, otherwise, self.world.context)
        if made is not None:
            return made
        key = tuple((flag.get_id(), key_of(value)) for flag, value in cases)
        return Unknown(f"choice {key} {key_of(otherwise)}")

    def same(self, left: Symbol, right: Symbol, *, enough: bool = False) -> Flag:
        """Whether two values are equal, or with `enough` what suffices for it; open where it cannot be said."""
        found = equal(left, right, self.world.context, enough=enough)
        return self.world.fresh_flag() if found is None else found

    # --- forms ---------------------------------------------------------------------------------

    def _constant(self, node: ir.Constant) -> Symbol:
        return self.constant(node.value)

    def _read(self, node: ir.Read) -> Symbol | None:
        bound = self.names.get(node.name)
        if bound is None:
            return None
        self.require(bound.applies)
        return bound.symbol

    def _applicable(self, node: ir.Applicable) -> Symbol | None:
        bound = self.names.get(node.name)
        return None if bound is None else Truth(bound.applies)

    def _logic(self, node: ir.Logic) -> Symbol:
        left = self.condition(node.left)
        with self.under(left if node.op == "and" else z3.Not(left)):
            right = self.condition(node.right)
        return Truth(z3.And(left, right) if node.op == "and" else z3.Or(left, right))

    def _if(self, node: ir.If) -> Symbol | None:
        condition = self.condition(node.condition)
        with self.under(condition):
            yes = self.symbol(node.yes)
        with self.under(z3.Not(condition)):
            no = self.symbol(node.no)
        return choose([(condition, yes)], no, self.world.context)

    def _list(self, node: ir.MakeList) -> Symbol:
        here = self.world.yes
        return Items(tuple((here, self.symbol(item)) for item in node.items))

    def _context(self, node: ir.MakeContext) -> Symbol:
        made: dict[str, Symbol] = {}
        with self.with_names({}):
            for name, value in node.entries:
                made[name] = self.symbol(value)
                self.bind(name, made[name])
        return Entries(made)

    def _range(self, node: ir.MakeRange) -> Symbol:
        low = None if node.low is None else self.symbol(node.low)
        high = None if node.high is None else self.symbol(node.high)
        return Interval(low, high, node.low_closed, node.high_closed)

    def _entry(self, node: ir.Entry) -> Symbol | None:
        return _entry_of(self._there(self.symbol(node.base)), node.name)

    def _filter(self, node: ir.Filter) -> Symbol | None:
        base = self._there(self.symbol(node.base))
        if not isinstance(base, Items):
            return None
        kept = []
        for there, value in base.entries:
            with self.under(there), self.with_names({node.item: value}):
                kept.append((z3.And(there, self.condition(node.condition)), value))
        return Items(tuple(kept))

    def _each(self, node: ir.Each) -> Symbol | None:
        found: list[tuple[Flag, Symbol]] = []
        if node.looks_back or not self._run(node, node.iterations, [], found):
            return None
        if node.kind == "for":
            return Items(tuple(found))
        flags = [(there, self._flag(value)) for there, value in found]
        if node.kind == "some":
            return Truth(any_of((z3.And(t, f) for t, f in flags), self.world.context))
        return Truth(all_of((implies(t, f) for t, f in flags), self.world.context))

    def _run(
        self,
        node: ir.Each,
        iterations: Sequence[ir.Iteration],
        there: list[Flag],
        found: list[tuple[Flag, Symbol]],
    ) -> bool:
        """Write an iteration out; False when it runs over what is not known entry by entry."""
        if not iterations:
            found.append((all_of(there, self.world.context), self.symbol(node.body)))
            return True
        first, *rest = iterations
        items = self._domain(first)
        if items is None:
            return False
        for flag, value in items.entries:
            with self.under(flag), self.with_names({first.name: value}):
                if not self._run(node, rest, [*there, flag], found):
                    return False
        return True

    def _domain(self, iteration: ir.Iteration) -> Items | None:
        known = fold(iteration.domain) if ir.is_constant(iteration.domain) else None
        if known is not None and isinstance(known.value, Range):
            low, high = known.value.low, known.value.high
            if not isinstance(low, Decimal) or not isinstance(high, Decimal):
                return None
            if not 0 <= high - low <= _LONGEST_COUNT or low != low.to_integral_value():
                return None
            numbers = tuple(Decimal(n) for n in range(int(low), int(high) + 1))
            return cast("Items", self.constant(numbers))
        found = self._there(self.symbol(iteration.domain))
        return found if isinstance(found, Items) else None

    def _at(self, node: ir.At) -> Symbol | None:
        base = self._there(self.symbol(node.base))
        position = fold(node.position) if ir.is_constant(node.position) else None
        if not isinstance(base, Items) or position is None:
            return None
        if not all(z3.is_true(there) for there, _ in base.entries):
            return None
        index, size = position.value, len(base.entries)
        if not isinstance(index, Decimal) or not 1 <= abs(index) <= size:
            return None
        return base.entries[int(index) - 1 if index > 0 else size + int(index)][1]

    def _invoke(self, node: ir.Invoke) -> Symbol:
        return self.functions[node.function]([self.symbol(a) for a in node.arguments])

    def _apply(self, node: ir.Apply) -> Symbol | None:
        name = node.builtin.name
        if name == "is defined":
            value = self.symbol(node.arguments[0])
            return Truth(z3.Not(value.absent) if isinstance(value, Maybe) else self.world.yes)
        symbols = [self.symbol(a) for a in node.arguments]
        if name in {"=", "!="}:
            same = equal(symbols[0], symbols[1], self.world.context)
            if same is None:
                return None
            return Truth(same if name == "=" else z3.Not(same))
        values: list[Symbol | None] = [*symbols]
        if name in _OF_PRESENT:
            values = [self._there(s) for s in symbols]
        hard = self.world.place
        made = self._arithmetic(name, values)
        if made is None:
            made = self._about_lists(name, values)
        if self.world.place > hard:
            self.unsaid.append(node)
        return made

    # --- built-ins -----------------------------------------------------------------------------

    def _arithmetic(self, name: str, values: list[Symbol | None]) -> Symbol | None:
        match name, values:
            case "not", [Truth(flag=flag)]:
                return Truth(z3.Not(flag))
            case "<" | "<=" | ">" | ">=", [left, right]:
                return self._compared(name, left, right)
            case "in", [value, tests] if value is not None and tests is not None:
                flag = self._fits(value, tests)
                return None if flag is None else Truth(flag)
            case "+" | "-", [Number() as left, Number() as right]:
                return self.world.add(left, right, 1 if name == "+" else -1)
            case "+" | "-", [Ordered() as left, Ordered() as right]:
                return _moved(name, left, right)
            case "*", [Number() as left, Number() as right]:
                return self.world.multiply(left, right)
            case "/", [Number() as left, Number() as right]:
                self.require(right.term != 0)
                return self.world.divide(left, right)
            case "negate", [Number() as number]:
                return self.world.negate(number)
            case "abs", [Number() as number]:
                minus = self.world.negate(number)
                return choose([(number.term >= 0, number)], minus, self.world.context)
            case _, [Number() as number, *rest] if name in _ROUNDINGS:
                return self._rounded(name, number, rest)
            case "interpolate", [Number() as x, Number() as x0, Number() as y0, x1, y1]:
                if isinstance(x1, Number) and isinstance(y1, Number):
                    self.require(x0.term < x1.term)
                    return self.world.line(x, x0, y0, x1, y1)
            case _:
                pass
        return None

    def _rounded(self, name: str, number: Number, rest: Sequence[Symbol | None]) -> Symbol | None:
        scale = rest[0] if rest else self.world.constant(Decimal(0))
        if not isinstance(scale, Number) or scale.low is None or scale.low != scale.high:
            return None
        return self.world.round(_ROUNDINGS[name], number, int(scale.low))

    def _compared(self, op: str, left: Symbol | None, right: Symbol | None) -> Symbol | None:
        both_numbers = isinstance(left, Number) and isinstance(right, Number)
        both_ordered = (
            isinstance(left, Ordered) and isinstance(right, Ordered) and left.kind == right.kind
        )
        if not both_numbers and not both_ordered:
            return None
        a, b = left.term, right.term  # type: ignore[union-attr]
        return Truth({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op])

    def _fits(self, value: Symbol, test: Symbol) -> Flag | None:
        """Whether a value fits one test of `in`: a range, one of a list, or an equal value."""
        match test:
            case Interval():
                flags, here = [], self._there(value)
                for op, end in (
                    (">=" if test.low_closed else ">", test.low),
                    ("<=" if test.high_closed else "<", test.high),
                ):
                    if end is not None:
                        compared = self._compared(op, here, end)
                        if not isinstance(compared, Truth):
                            return None
                        flags.append(compared.flag)
                return all_of(flags, self.world.context)
            case Items():
                found = []
                for there, item in test.entries:
                    one = self._fits(value, item)
                    if one is None:
                        return None
                    found.append(z3.And(there, one))
                return any_of(found, self.world.context)
            case _:
                pass
        return equal(value, test, self.world.context)

    def _about_lists(self, name: str, values: list[Symbol | None]) -> Symbol | None:
        match name, values:
            case "count", [ListInput() as listed]:
                return Number(listed.count, 0)
            case "list contains", [ListInput() as listed, Text() as text] if z3.is_int_value(
                text.term
            ):
                return Truth(self.world.holds(listed, text))
            case "list contains", [Items() as items, value] if value is not None:
                found = [z3.And(there, self.same(item, value)) for there, item in items.entries]
                return Truth(any_of(found, self.world.context))
            case "count", [Items() as items]:
                return self._counted(items)
            case "sum", [Items() as items]:
                return self._total(items)
            case "min" | "max", [Items() as items]:
                return self._extreme(name, items)
            case "sum" | "min" | "max", [Number(), *_] if all(
                isinstance(v, Number) for v in values
            ):
                here = self.world.yes
                numbers = Items(tuple((here, cast("Number", v)) for v in values))
                return self._about_lists(name, [numbers])
            case "all" | "any", [Items() as items]:
                flags = [(there, self._flag(v)) for there, v in items.entries]
                if name == "all":
                    return Truth(all_of((implies(t, f) for t, f in flags), self.world.context))
                return Truth(any_of((z3.And(t, f) for t, f in flags), self.world.context))
            case "concatenate", _ if all(isinstance(v, Items) for v in values):
                joined = [e for v in values for e in cast("Items", v).entries]
                return Items(tuple(joined))
            case _:
                pass
        return None

    def aggregate(self, operator: str, items: Items) -> Symbol | None:
        """Join the entries that are there: count, sum, min or max."""
        return self._about_lists(operator, [items])

    def _counted(self, items: Items) -> Number:
        one, none = self.world.real(1), self.world.real(0)
        terms = [z3.If(there, one, none) for there, _ in items.entries]
        size = Decimal(len(terms))
        if not terms:
            return self.world.constant(Decimal(0))
        return Number(z3.Sum(terms), 0, Decimal(0), size)

    def _total(self, items: Items) -> Symbol | None:
        total = self.world.constant(Decimal(0))
        for there, value in items.entries:
            if not isinstance(value, Number):
                return None
            nothing = self.world.constant(Decimal(0))
            part = choose([(there, value)], nothing, self.world.context)
            total = self.world.add(total, cast("Number", part))
        return total

    def _extreme(self, name: str, items: Items) -> Symbol | None:
        """The smallest or largest entry that is there; one must be."""
        found: tuple[Flag, Number] | None = None
        for there, value in items.entries:
            if not isinstance(value, Number):
                return None
            if found is None:
                found = there, value
                continue
            other_there, other = found
            ahead = value.term < other.term if name == "min" else value.term > other.term
            taken = z3.And(there, z3.Or(z3.Not(other_there), ahead))
            chosen = choose([(taken, value)], other, self.world.context)
            found = z3.Or(there, other_there), cast("Number", chosen)
        if found is None:
            return None
        self.require(found[0])
        return found[1]


def _moved(op: str, left: Ordered, right: Ordered) -> Symbol | None:
    """Add durations, or measure the time between dates (in seconds) or durations."""
    if left.kind == right.kind and left.kind != types.DATE.name:
        return Ordered(left.term + right.term if op == "+" else left.term - right.term, left.kind)
    if op == "-" and left.kind == right.kind:
        return Ordered((left.term - right.term) * 86_400, types.DAYS.name)
    return None


def _entry_of(base: Symbol | None, name: str) -> Symbol | None:
    if isinstance(base, Entries):
        return base.fields.get(name)
    if isinstance(base, Items):
        found = [(there, _entry_of(value, name)) for there, value in base.entries]
        entries = tuple((there, value) for there, value in found if value is not None)
        return Items(entries) if len(entries) == len(found) else None
    return None


_NO_SHAPE = frozenset({"start", "end", "type", "signature"})


def _shape(node: ir.Ir) -> str:
    """Write a node without its places: equal texts are equal computations."""
    fields = (n for n in node.__dataclass_fields__ if n not in _NO_SHAPE)
    parts = [_shape_of(getattr(node, name)) for name in fields]
    return f"{type(node).__name__}({','.join(parts)})"


def _shape_of(value: object) -> str:
    if hasattr(value, "builtin") or hasattr(value, "start"):
        return _shape(cast("ir.Ir", value))
    if isinstance(value, tuple):
        return "(" + ",".join(_shape_of(item) for item in value) + ")"
    if isinstance(value, ir.Iteration):
        return f"{value.name} in {_shape(value.domain)}"
    return str(getattr(value, "name", None) or repr(value))


_FORMS: dict[type, Callable[[Encoder, ir.Ir], Symbol | None]] = cast(
    "dict[type, Callable[[Encoder, ir.Ir], Symbol | None]]",
    {
        ir.Constant: Encoder._constant,  # noqa: SLF001 - the table of forms belongs to the class
        ir.Read: Encoder._read,  # noqa: SLF001
        ir.Applicable: Encoder._applicable,  # noqa: SLF001
        ir.Logic: Encoder._logic,  # noqa: SLF001
        ir.If: Encoder._if,  # noqa: SLF001
        ir.MakeList: Encoder._list,  # noqa: SLF001
        ir.MakeContext: Encoder._context,  # noqa: SLF001
        ir.MakeRange: Encoder._range,  # noqa: SLF001
        ir.Entry: Encoder._entry,  # noqa: SLF001
        ir.Filter: Encoder._filter,  # noqa: SLF001
        ir.Each: Encoder._each,  # noqa: SLF001
        ir.At: Encoder._at,  # noqa: SLF001
        ir.Invoke: Encoder._invoke,  # noqa: SLF001
        ir.Apply: Encoder._apply,  # noqa: SLF001
    },
)
