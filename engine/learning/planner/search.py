"""The search for the best set of items: bound, narrow, solve, check exactly, and settle ties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, TypeAlias

from engine.kernel.diagnostics import Code
from engine.kernel.errors import EvaluationError
from engine.learning.planner.pace import Pace
from engine.learning.planner.prices import cost_of, left_of
from engine.learning.planner.program import HUNDREDTHS
from engine.learning.planner.relaxation import Relaxation
from engine.learning.planner.rounding import round_up, within_limits
from engine.learning.planner.solver import Effort, Row, Solution, lowest, minimise, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from engine.learning.documents import LearningItem, Objective
    from engine.learning.planner.problem import Situation
    from engine.learning.planner.program import Program

NO_ANSWER = Code(
    "PLAN-SOLVER-001",
    "the solver ended without a plan: {status}",
    "求解器未给出计划：{status}",
    "make the catalog or the limits smaller",
    "请缩小目录或放宽限制",
)

_TIES_AT_ONCE = 16
_TIES = 6
"""So many equals are listed one by one; where there are more, the objectives choose in turn."""

_GUESSES = (32, 4)
"""Where no set is known yet, one is looked for within such parts of the bound, then everywhere."""

_FEW, _LIKELY = 60, 6
"""A pool of few columns is searched at once; of a larger one first this part of the slack."""

Items: TypeAlias = frozenset[str]
Worth: TypeAlias = tuple[int | tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Remaining:
    """The first objective without a proof: its value, and a bound that none can be better than."""

    objective: Objective
    priority: int | None
    value: Fraction
    bound: Fraction


@dataclass(frozen=True, slots=True)
class Choice:
    """A set of items, the shortfall it leaves at each priority; the best unless some gap remains."""

    items: Items
    unmet: tuple[int, ...]
    remaining: Remaining | None = None

    @property
    def proved(self) -> bool:
        """Whether no set is better."""
        return self.remaining is None


@dataclass(frozen=True, slots=True)
class _Stage:
    """One objective: what each column adds to it, and the unit of that."""

    kind: Objective
    weigh: Callable[[int], int]
    unit: Fraction = Fraction(1)
    priority: int | None = None


Bounds: TypeAlias = dict[int, tuple[int, int]]


class _GaveUpError(Exception):
    """The search ended in the midst of a stage, with what remains between its value and a bound."""

    def __init__(self, remaining: Remaining) -> None:
        super().__init__(remaining.objective)
        self.remaining = remaining


class Search:
    """The search over one program; what it learns of bounds and cuts serves the next best too."""

    def __init__(self, program: Program, effort: Effort | None = None) -> None:
        """Begin without having looked at anything."""
        self._program = program
        self._effort = effort or Effort()
        self._unmet = [
            _Stage("unmet", _weights(terms), unit, priority)
            for priority, unit, terms in program.unmet()
        ]
        hundredth = Fraction(1, HUNDREDTHS)
        self._hours = _Stage("hours", program.hours.__getitem__, hundredth)
        self._cost = _Stage("cost", program.cost.__getitem__, hundredth)
        self._floor: Bounds = {s: (program.bounds[s][0],) * 2 for s in program.shortfalls}
        self._lowest: Relaxation | None = None
        self._lowest_known = False
        self._worths: dict[Items, Worth] = {}
        self._barred: tuple[Items, ...] = ()
        self._best: Items | None = None
        self._caps: list[tuple[_Stage, int]] = []
        self._bounds: Bounds = {}
        self._pool: set[int] | None = None
        self._searched: int | None = None

    def best(self, barred: Iterable[Items] = (), *, gaps_only: bool = False) -> Iterator[Choice]:
        """Give a first set at once, if one is found, then the best; nothing if none can be.

        Objectives are met one after another, each without giving up those before. `barred` sets
        are left out, and so is whatever holds one of them whole. With `gaps_only` no objective
        after the gaps is met. Raises EvaluationError where the search ends with nothing.
        """
        self._begin(tuple(barred))
        lowest = None if gaps_only else self._at_floor()
        self._take(round_up(self._program, lowest.used if lowest else ()))
        if self._best is not None and not gaps_only:
            yield self._choice(self._first_open())
        remaining = None
        try:
            self._meet_all(gaps_only=gaps_only)
        except _GaveUpError as ended:
            remaining = ended.remaining
        if self._best is not None:
            yield self._choice(remaining)

    def _begin(self, barred: tuple[Items, ...]) -> None:
        self._barred, self._best, self._caps, self._bounds = barred, None, [], {}
        self._pool = self._searched = None
        self._covers: list[Row] = []

    # --- one objective after another -------------------------------------------------------------

    def _meet_all(self, *, gaps_only: bool) -> None:
        """Meet the objectives in turn; leaves no best where nothing can be."""
        if self._best is None or not self._on_floor():
            lowest, self._bounds = self._at_floor(), self._floor
            if lowest is not None:
                self._find(self._hours, lowest, guesses=_GUESSES)
            self._bounds = {}
        for number, stage in enumerate(self._unmet):
            if self._best is None or self._value(number) > self._least(stage):
                self._searched = None
                if not self._meet(number, stage, self._relax(stage)):
                    return
            shorts = [short for short in self._floor if stage.weigh(short)]
            if self._value(number) == self._least(stage):
                self._bounds |= {short: self._floor[short] for short in shorts}
            else:
                self._caps.append((stage, self._value(number)))
        if gaps_only and self._best is not None:
            return
        relaxation = self._relax(self._hours) if self._caps else self._at_floor()
        if self._meet(len(self._unmet), self._hours, relaxation):
            self._caps.append((self._hours, self._value(len(self._unmet))))
            self._settle_ties()

    def _at_floor(self) -> Relaxation | None:
        """Bound the hours where no gap is wider than it must be; None if that cannot be."""
        if not self._lowest_known:
            self._bounds = self._floor
            self._lowest, self._lowest_known = self._relax(self._hours), True
            self._bounds = {}
        return self._lowest

    def _relax(self, stage: _Stage) -> Relaxation | None:
        """Bound an objective under what was met before; None if even fractions do not fulfil it."""
        shorts = list(self._floor)
        rows = [_at_most(cap.weigh, shorts, value) for cap, value in self._caps]
        relaxation = Relaxation(self._program, stage.weigh, rows, self._bounds, self._effort)
        return relaxation if relaxation.solve() else None

    def _meet(self, number: int, stage: _Stage, relaxation: Relaxation | None) -> bool:
        """Make one objective least; False if nothing fulfils the program."""
        if relaxation is None:
            if self._best is None:
                return False
            # A set that holds exactly is there: the floats of the solver are not to be believed.
            raise _GaveUpError(_remaining(stage, self._value(number), self._least(stage)))
        if self._best is None and not self._find(stage, relaxation, guesses=(*_GUESSES, None)):
            return False
        searched, self._searched = self._searched, None
        # They hold for every whole answer under these bounds, and spare the solver finding them.
        self._covers = relaxation.covers
        better, pool = self._narrow_below(number, stage, relaxation)
        if self._improve(stage, relaxation, better, pool):
            better, pool = self._narrow_below(number, stage, relaxation)
        if better >= relaxation.least and (searched is None or relaxation.slack(better) > searched):
            found = self._solve(stage, pool, [(stage, better)])
            if found is not None:
                bound = max(relaxation.least, found.bound)
                self._keep(found, _remaining(stage, self._value(number), bound))
                if not found.proved:
                    raise _GaveUpError(_remaining(stage, self._value(number), bound))
        self._pool = self._narrow(relaxation, relaxation.slack(self._value(number)))
        return True

    def _narrow_below(
        self, number: int, stage: _Stage, relaxation: Relaxation
    ) -> tuple[int, set[int]]:
        """Give the next value below, and what can be in a set that good: all amounts are multiples."""
        value = self._value(number)
        pool = self._narrow(relaxation, relaxation.slack(value))
        unit = gcd(*(stage.weigh(column) for column in (*pool, *self._floor))) or 1
        better = (value - 1) // unit * unit
        return better, self._narrow(relaxation, relaxation.slack(better))

    def _improve(self, stage: _Stage, relaxation: Relaxation, better: int, pool: set[int]) -> bool:
        """Look for a better set among the likeliest items, where many would have to be searched."""
        likely = self._narrow(relaxation, relaxation.slack(better) // _LIKELY)
        if better < relaxation.least or len(pool) <= max(_FEW, 2 * len(likely)):
            return False
        found = self._solve(stage, likely, [(stage, better)])
        if found is None or not found.values:
            return False
        return self._take(self._program.taken(found.values))

    def _narrow(self, relaxation: Relaxation, slack: int | None) -> set[int]:
        near = relaxation.within(slack)
        return near if self._pool is None else near & self._pool

    def _find(self, stage: _Stage, relaxation: Relaxation, guesses: Sequence[int | None]) -> bool:
        """Look for any set, the best ones first: among what is nearly as good as the bound."""
        for part in guesses:
            slack = None if part is None else abs(relaxation.bound) // part
            found = self._solve(stage, self._narrow(relaxation, slack), [])
            if found is None:
                continue
            if not found.values and self._best is None:
                raise EvaluationError(NO_ANSWER.at(None, status="unfinished"))
            if found.values and self._take(self._program.taken(found.values)):
                self._searched = slack if found.proved else None
                return True
        return self._best is not None

    def _keep(self, found: Solution, remaining: Remaining) -> None:
        """Take what was found; what does not hold exactly ends the search."""
        if found.values and not self._take(self._program.taken(found.values)):
            raise _GaveUpError(remaining)

    # --- between equals --------------------------------------------------------------------------

    def _settle_ties(self) -> None:
        """Choose among the sets that are equal up to the hours: cost, booked, preference, ids."""
        pool, best = self._pool or set(), self._best
        if best is None or self._program.taken(dict.fromkeys(pool, 1)) == best:
            return
        barred, found = self._barred, [best]
        cost = len(self._unmet) + 1
        while len(found) < _TIES:
            self._barred = (*barred, *found)
            least = self._value(cost)
            other = self._solve(self._cost, pool, [(self._cost, least)])
            if other is None:
                return
            self._keep(other, _remaining(self._cost, least, other.bound))
            if not other.proved:
                raise _GaveUpError(_remaining(self._cost, self._value(cost), other.bound))
            found.append(self._program.taken(other.values))
        self._barred = barred
        self._meet_in_turn(pool)

    def _meet_in_turn(self, pool: set[int]) -> None:
        """Meet the objectives after the hours on a pool, and then take ids as early as can be."""
        items = sorted(filter(self._program.is_item, pool), key=self._program.names.__getitem__)
        for stage in (self._cost, *self._tastes(items)):
            values = self._settle(stage, pool)
            self._caps.append((stage, sum(stage.weigh(c) * n for c, n in values.items())))
        left = len(self._best or ())
        for at in range(0, len(items), _TIES_AT_ONCE):
            block = items[at : at + _TIES_AT_ONCE]
            order = {column: -(1 << len(block) - n) for n, column in enumerate(block)}
            values = self._settle(_Stage("order", _weights(order)), pool)
            self._bounds |= {column: (values[column],) * 2 for column in block}
            left -= sum(values[column] for column in block)
            if not left:
                break

    def _settle(self, stage: _Stage, pool: set[int]) -> Mapping[int, int]:
        """Make an objective least on a pool in which there is a set; gives the values of columns."""
        found = self._solve(stage, pool, [])
        if found is None or not found.values:
            raise _GaveUpError(self._first_open())
        value = sum(stage.weigh(column) * n for column, n in found.values.items())
        self._keep(found, _remaining(stage, value, found.bound))
        if not found.proved:
            raise _GaveUpError(_remaining(stage, value, found.bound))
        return found.values

    def _tastes(self, items: Sequence[int]) -> Iterator[_Stage]:
        """Give what is made least after the cost: changes, what suits less, and items."""
        situation, names = self._program.situation, self._program.names
        described = {column: situation.graph.items[names[column][1]] for column in items}
        booked = {c: -1 for c, item in described.items() if item.id in situation.booked}
        disliked = {c: 1 for c, i in described.items() if not _suits(situation, i)}
        yield _Stage("booked", _weights(booked))
        yield _Stage("preference", _weights(disliked))
        yield _Stage("items", _weights(dict.fromkeys(items, 1)))

    # --- one program -----------------------------------------------------------------------------

    def _solve(
        self, stage: _Stage, pool: set[int], caps: Iterable[tuple[_Stage, int]]
    ) -> Solution | None:
        """Solve over a pool, cut off what does not truly hold, and solve again."""
        bundles = dict(self._program.bundles(pool))
        columns = [*sorted(pool), *self._floor, *bundles]
        bounds = {c: self._bounds.get(c, self._program.bounds[c]) for c in columns}
        weights = {c: weight for c in columns if (weight := stage.weigh(c))}
        unit = gcd(*weights.values()) or 1
        objective = {column: weight // unit for column, weight in weights.items()}
        while True:
            rows = [*self._rows(pool, columns), *(row for own in bundles.values() for row in own)]
            rows += [_at_most(cap.weigh, columns, most) for cap, most in (*self._caps, *caps)]
            found = minimise(objective, bounds, rows, self._effort)
            if found is None or not found.values:
                return found
            if any(total(row.terms, found.values) < row.least for row in rows):
                return Solution({}, proved=False, bound=lowest(objective, bounds) * unit)
            if not self._cut(self._program.taken(found.values), found.values):
                return replace(found, bound=found.bound * unit)

    def _rows(self, pool: set[int], columns: Sequence[int]) -> Iterator[Row]:
        """Write the rows of a pool; what is not in it is 0."""
        program, inside = self._program, set(columns)
        written = set()
        for row in (
            *program.base,
            *self._covers,
            *(row for column in sorted(pool) for row in program.rows(column)),
        ):
            terms = {column: factor for column, factor in row.terms.items() if column in inside}
            if row.least >= 0 or len(terms) > 1:
                key = row.least, *terms.items()
                if row.least >= 0 or key not in written:
                    written.add(key)
                    yield Row(terms, row.least)
        limits = program.situation.limits
        if limits.budget is not None:
            yield _at_most(program.cost.__getitem__, columns, int(limits.budget * HUNDREDTHS))
        for limit in program.limits:
            if limit.amounts is program.hours:
                yield _at_most(limit.amounts.__getitem__, columns, limit.most)
        for items in self._barred:
            ids = [c for c in pool if program.is_item(c) and program.names[c][1] in items]
            yield Row(dict.fromkeys(ids, -1), 1 - len(items))

    def _cut(self, items: Items, values: Mapping[int, int]) -> bool:
        """Add the rows that a solution breaks and the program did not know; False if there are none.

        A target counts as reached only if the exact level says so (logarithms were rounded in its
        favour), nothing supports itself in a circle, and nothing ends after the deadline.
        """
        program, cuts = self._program, 0
        for place, short in enumerate(program.shortfalls):
            if values[short] == 0 and program.shortfall(place, items):
                gains = program.situation.graph.gains[program.demands[place].leaf]
                more = (program.item(gain.item) for gain in gains if gain.item not in items)
                terms = {short: 1, **{column: 1 for column in more if column is not None}}
                program.base.append(Row(terms, 1))
                cuts += 1
        for late, helpers in Pace(program.situation, items).late().items():
            column = program.item(late)
            ways = (program.item(helper) for helper in sorted(helpers))
            if column is not None:
                terms = {way: 1 for way in ways if way is not None}
                program.rows(column).append(Row({**terms, column: -1}, 0))
                cuts += 1
        return cuts > 0

    # --- exact values ----------------------------------------------------------------------------

    def _take(self, items: Items) -> bool:
        """Keep a set if it holds exactly and is better than what is kept; False if it does not hold."""
        if not self._holds(items):
            return False
        if self._best is None or self._worth(items) < self._worth(self._best):
            self._best = items
        return True

    def _holds(self, items: Items) -> bool:
        """Whether a person may take exactly these items, as far as whole numbers can say."""
        situation, graph = self._program.situation, self._program.situation.graph
        asked = [graph.variants(item) for item in situation.mandatory]
        asked += [(item,) for item in situation.forced]
        together = [left_of(b, situation.passed) for b in graph.bundles if b.together]
        return (
            all(self._program.item(item) is not None for item in items)
            and all(len(items.intersection(graph.variants(item))) == 1 for item in items)
            and all(not items.isdisjoint(forms) for forms in asked)
            and all(items.isdisjoint(b) or items.issuperset(b) for b in together)
            and not any(items.issuperset(barred) for barred in self._barred)
            and within_limits(self._program, items)
            and not Pace(situation, items).late()
        )

    def _worth(self, items: Items) -> Worth:
        """Give the values of all objectives, in their order and units."""
        known = self._worths.get(items)
        if known is not None:
            return known
        program, situation = self._program, self._program.situation
        described = [situation.graph.items[item] for item in items]
        shorts = {s: program.shortfall(n, items) for n, s in enumerate(program.shortfalls)}
        unmet = [sum(u.weigh(s) * short for s, short in shorts.items()) for u in self._unmet]
        worth: Worth = (
            *unmet,
            sum(int(item.hours * HUNDREDTHS) for item in described),
            int(cost_of(situation.graph, items, situation.passed) * HUNDREDTHS),
            -len(situation.booked & items),
            sum(not _suits(situation, item) for item in described),
            len(items),
            tuple(sorted(items)),
        )
        self._worths[items] = worth
        return worth

    def _value(self, number: int) -> int:
        value = self._worth(self._best or frozenset())[number]
        return value if isinstance(value, int) else 0

    def _least(self, stage: _Stage) -> int:
        """Give what no set can be better than at a priority, whatever else it gives up."""
        return sum(stage.weigh(short) * low for short, (low, _) in self._floor.items())

    def _on_floor(self) -> bool:
        return all(self._value(n) == self._least(stage) for n, stage in enumerate(self._unmet))

    def _first_open(self) -> Remaining:
        """Give the first objective of the best so far that is not known to be least."""
        for number, stage in enumerate(self._unmet):
            if (value := self._value(number)) > self._least(stage):
                return _remaining(stage, value, self._least(stage))
        hours, cost = (self._value(len(self._unmet) + n) for n in (0, 1))
        lowest = self._at_floor()
        if lowest is None or hours > lowest.least:
            return _remaining(self._hours, hours, lowest.least if lowest else 0)
        return _remaining(self._cost, cost, 0)

    def _choice(self, remaining: Remaining | None) -> Choice:
        items = self._best or frozenset()
        unmet = tuple(self._value(number) for number in range(len(self._unmet)))
        return Choice(items, unmet, remaining)


def _remaining(stage: _Stage, value: int, bound: int) -> Remaining:
    bound = min(value, bound)
    return Remaining(stage.kind, stage.priority, value * stage.unit, bound * stage.unit)


def _weights(terms: Mapping[int, int]) -> Callable[[int], int]:
    return lambda column: terms.get(column, 0)


def _at_most(weigh: Callable[[int], int], columns: Iterable[int], most: int) -> Row:
    """Hold a sum over columns to `most`; divided by what all amounts are multiples of."""
    weights = {column: weight for column in columns if (weight := weigh(column))}
    unit = gcd(*weights.values()) or 1
    return Row({column: -weight // unit for column, weight in weights.items()}, -(most // unit))


def _suits(situation: Situation, item: LearningItem) -> bool:
    return not situation.suits or not situation.suits.isdisjoint({item.modality, *item.formats})
