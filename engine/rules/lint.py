"""What the rows of a table leave open, say twice or can never say; each finding with a case that shows it.

Rows are compared as boxes (`boxes`, `axes`). What boxes cover is covered. What they leave open is told as
a fault only with a case for which the reference evaluation meets it; without one it is told as not proved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.feel import ir
from engine.feel.builtins.operators import equal
from engine.kernel.diagnostics import Code, Diagnostic, Phrase, Severity
from engine.rules.axes import Axes, cut_table
from engine.rules.boxes import Boxes, Budget, OverBudgetError, is_empty
from engine.rules.closing import ADD_ROWS, closing_rows
from engine.rules.evaluate import EMPTY_AGGREGATE, NO_ROW
from engine.rules.hit_policies import ROWS_DIFFER, TWO_ROWS
from engine.rules.showing import Cases, Shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.rules.boxes import Box
    from engine.rules.compiled import CompiledNode, CompiledRow, CompiledRuleSet, CompiledTable

GAP = Code(
    "RULE-GAP-001",
    "no row of `{table}` fits {case}",
    "`{table}` 没有一行符合 {case}",
    "{fix}",
    "{fix}",
)
MAYBE_GAP = Code(
    "RULE-GAP-002",
    "not proved: whether a row of `{table}` always fits; none does where {case}",
    "未能证明：`{table}` 是否总有一行符合；在 {case} 处没有",
    "if that can happen, {fix}",
    "如会出现，{fix}",
    Severity.WARNING,
)
OVERLAP = Code(
    "RULE-OVERLAP-001",
    "the rows `{first}` and `{second}` of `{table}` both fit {case}",
    "`{table}` 的行 `{first}` 与 `{second}` 同时符合 {case}",
    "only one row may fit under `unique`: narrow one, or use `first`",
    "`unique` 只允许一行符合：请收窄其一，或改用 `first`",
)
MAYBE_OVERLAP = Code(
    "RULE-OVERLAP-002",
    "not proved: whether the rows `{first}` and `{second}` of `{table}` never fit together; they do where {case}",
    "未能证明：`{table}` 的行 `{first}` 与 `{second}` 是否从不同时符合；在 {case} 处同时符合",
    "if that can happen, narrow one of them, or use `first`",
    "如会出现，请收窄其一，或改用 `first`",
    Severity.WARNING,
)
CONFLICT = Code(
    "RULE-CONFLICT-001",
    "the rows `{first}` and `{second}` of `{table}` both fit {case} and give different values",
    "`{table}` 的行 `{first}` 与 `{second}` 同时符合 {case}，但结果不同",
    "rows that fit together must give the same under `any`",
    "`any` 要求同时符合的行结果相同",
)
MAYBE_CONFLICT = Code(
    "RULE-CONFLICT-002",
    "not proved: whether the rows `{first}` and `{second}` of `{table}` give the same where {case}",
    "未能证明：`{table}` 的行 `{first}` 与 `{second}` 在 {case} 处结果是否相同",
    "if that can happen, they must give the same under `any`",
    "如会出现，`any` 要求两行结果相同",
    Severity.WARNING,
)
COVERED = Code(
    "RULE-DEAD-001",
    "the row `{row}` of `{table}` is never reached: whenever it fits, one above fits first: {above}",
    "`{table}` 的行 `{row}` 永远不会命中：凡符合它的，上面已有先符合的行：{above}",
    "move it up, narrow the rows above, or delete it",
    "请上移此行、收窄上面的行，或将其删除",
)
IMPOSSIBLE = Code(
    "RULE-DEAD-002",
    "the row `{row}` of `{table}` can never fit",
    "`{table}` 的行 `{row}` 永远不可能符合",
    "its cells contradict each other, or the range of an input: correct a cell, or delete the row",
    "其单元格彼此矛盾，或与输入的区间矛盾：请更正单元格，或删除此行",
)
NEVER_HIT = Code(
    "RULE-DEAD-003",
    "no case that is allowed is ever decided by the row `{row}` of `{table}`",
    "在允许的输入中，`{table}` 的行 `{row}` 从不起作用",
    "what it reads, the condition of the decision or an assumption rules it out: correct one, or delete the row",
    "它所读取的值、决策的条件或前提已将其排除：请更正其一，或删除此行",
)
REPEATED = Code(
    "RULE-DUPLICATE-001",
    "the row `{row}` of `{table}` says the same as `{first}`",
    "`{table}` 的行 `{row}` 与 `{first}` 完全相同",
    "delete one of them",
    "请删除其中一行",
)
TOO_ENTANGLED = Code(
    "RULE-BUDGET-001",
    "not proved: the rows of `{table}` are too entangled to look through {what}",
    "未能证明：`{table}` 的各行过于交错，未能查完{what}",
    "cut the table in two, or write fewer bounds",
    "请将表格拆分，或减少界限",
    Severity.WARNING,
)
MORE = Code(
    "RULE-BUDGET-002",
    "{count} more rows of `{table}` may have the same fault, and were not looked at",
    "`{table}` 另有 {count} 行可能有同样的问题，未再检查",
    "correct the first ones and check again",
    "请先更正前面的，再检查",
    Severity.WARNING,
)

_REACHED = Phrase("for rows that are never reached", "永远不会命中的行")
_OPEN = Phrase("for what no row fits", "没有一行符合的情形")
_TWICE = Phrase("for what two rows fit", "两行同时符合的情形")

_MOST_BOXES = 50_000
"""How many boxes are made for one table before the rest is told as not proved."""
_TOLD = 20
"""How many findings of one kind are told about one table."""
_LONGEST_ASKED = 60
"""Tables with more rows than this are not asked row by row whether each is ever hit."""
_NEW_ROWS = 3
"""How many rows are offered to close a gap; beyond that one row for all the rest."""


@dataclass(slots=True)
class _Table:
    """A table under the lens: its boxes, and what is left to spend on it."""

    rule_set: CompiledRuleSet
    node: CompiledNode
    table: CompiledTable
    axes: Axes
    cases: Cases
    boxes: Boxes = field(init=False)
    budget: Budget = field(default_factory=lambda: Budget(_MOST_BOXES))

    def __post_init__(self) -> None:
        self.boxes = Boxes(self.axes.rows)

    @property
    def name(self) -> str:
        """The name of the decision or function."""
        return self.node.name

    @property
    def is_decision(self) -> bool:
        """Whether the heads are about the case, and not about the arguments of a call."""
        return self.node in self.rule_set.decisions

    @property
    def hangs_together(self) -> bool:
        """Whether a row can be kept from a hit by more than the table's own cells."""
        heads = [name for axis in self.axes.axes for name in axis.names]
        inputs = {i.name for i in self.rule_set.inputs}
        assumed = {n for a, _ in self.rule_set.assumptions for n in ir.reads(a)}
        apart = len(heads) == len(set(heads)) and set(heads) <= inputs - assumed
        return not apart or self.node.only_if is not None

    def found(self, code: Code, **args: str | int) -> Diagnostic:
        """Note a finding about the whole table."""
        return Diagnostic(
            code,
            self.node.fragment.span,
            {"table": self.name, **{k: str(v) for k, v in args.items()}},
        )

    def show(self, box: Box, codes: Collection[Code]) -> Shown | None:
        """Find a case inside a box for which the engine meets one of the faults."""
        if not self.is_decision:
            return self.cases.show(self.name, codes, (), self.cases.sources.keys())
        heads = [(axis.head.value, axis.value(bits)) for axis, bits in self.axes.valued(box)]
        return self.cases.show(self.name, codes, heads, self.cases.sources[self.name])

    def told(self, shown: Shown, box: Box) -> str:
        """Name a case by the inputs on which a box says anything."""
        if not self.is_decision:
            return self.cases.told(shown, ())
        pairs = list(zip(self.axes.axes, box, strict=True))
        axes = [axis for axis, bits in pairs if bits != axis.whole] or self.axes.axes
        return self.cases.told(shown, {name for axis in axes for name in axis.names})


def lint_tables(rule_set: CompiledRuleSet) -> list[Diagnostic]:
    """Find the gaps, overlaps, conflicts and rows without effect of every table of a rule set."""
    own = [f.node for f in rule_set.functions if not f.home]
    cases = Cases(rule_set)
    found: list[Diagnostic] = []
    for node in (*own, *rule_set.decisions):
        if node.table is not None:
            declared = rule_set.inputs if node in rule_set.decisions else ()
            axes = cut_table(node.table, declared)
            found += _lint(_Table(rule_set, node, node.table, axes, cases))
    return found


def _lint(lens: _Table) -> list[Diagnostic]:
    repeated = list(_repeated(lens))
    silent = {d.args["row"] for d in repeated}
    dead = list(_dead(lens, silent))
    silent |= {d.args["row"] for d in dead if "row" in d.args}
    dead += _never_hit(lens, silent)
    found = [*repeated, *dead, *_gap(lens)]
    if lens.table.hit_policy in {"unique", "any"}:
        found += _pairs(lens, silent)
    return found


# --- rows that say nothing of their own --------------------------------------------------------


def _repeated(lens: _Table) -> Iterator[Diagnostic]:
    """Find rows with the cells, outputs and reasons of an earlier one."""
    by_box: dict[Box, list[CompiledRow]] = {}
    for row, box in zip(lens.table.rows, lens.axes.rows, strict=True):
        same = by_box.setdefault(box, [])
        first = next((r for r in same if _gives(r) == _gives(row)), None)
        if first is not None and not is_empty(box):
            yield REPEATED.at(row.span, row=row.id, table=lens.name, first=first.id)
        same.append(row)


def _gives(row: CompiledRow) -> tuple[object, ...]:
    return row.outputs, row.reasons, row.obligations


def _dead(lens: _Table, silent: set[str]) -> Iterator[Diagnostic]:
    """Find rows that can never fit, and under `first` those that the rows above cover."""
    above = told = more = 0
    for number, (row, box) in enumerate(zip(lens.table.rows, lens.axes.rows, strict=True)):
        if is_empty(box):
            yield IMPOSSIBLE.at(row.span, row=row.id, table=lens.name)
            continue
        if lens.table.hit_policy == "first" and row.id not in silent:
            if told >= _TOLD:
                more += 1
                continue
            try:
                covered = lens.boxes.covers(box, above, lens.budget)
            except OverBudgetError:
                yield lens.found(TOO_ENTANGLED, what=_REACHED)
                return
            if covered:
                told += 1
                shadow = [f"`{lens.table.rows[i].id}`" for i, _ in lens.boxes.touching(box, above)]
                names = ", ".join(shadow[:5]) + (" …" if shadow[5:] else "")
                yield COVERED.at(row.span, row=row.id, table=lens.name, above=names)
        above |= 1 << number
    if more:
        yield lens.found(MORE, count=more)


def _never_hit(lens: _Table, silent: set[str]) -> Iterator[Diagnostic]:
    """Find rows that other decisions, conditions or assumptions keep from ever being hit, where axes hang together."""
    rows = lens.table.rows
    if not lens.is_decision or len(rows) > _LONGEST_ASKED or not lens.hangs_together:
        return
    unhit = lens.cases.unhit_rows(lens.name, {row.id for row in rows} - silent)
    for number, row in enumerate(rows):
        if row.id in unhit and lens.cases.never_hit(lens.node, number):
            yield NEVER_HIT.at(row.span, row=row.id, table=lens.name)


# --- what no row fits --------------------------------------------------------------------------


def _gap(lens: _Table) -> Iterator[Diagnostic]:
    """Find what no row fits, where that would void the decision."""
    table = lens.table
    if table.default or (table.collects and table.aggregate not in {"min", "max"}):
        return
    codes = (NO_ROW, EMPTY_AGGREGATE)
    try:
        holes, all_ = _holes(lens)
    except OverBudgetError:
        asked = lens.cases.prove(lens.name, codes)
        if isinstance(asked, Shown):
            yield lens.found(GAP, case=lens.told(asked, lens.axes.whole), fix=ADD_ROWS)
        elif not asked:
            yield lens.found(TOO_ENTANGLED, what=_OPEN)
        return
    if not holes:
        return
    fix = closing_rows(lens.rule_set, lens.node, lens.axes, holes, all_=all_)
    for hole in holes:
        shown = lens.show(hole, codes)
        if shown is not None:
            yield lens.found(GAP, case=lens.told(shown, hole), fix=fix)
            return
    asked = lens.cases.prove(lens.name, codes)
    if isinstance(asked, Shown):
        yield lens.found(GAP, case=lens.told(asked, lens.axes.whole), fix=fix)
    elif not asked:
        yield lens.found(MAYBE_GAP, case=lens.axes.told(holes[0]), fix=fix)


def _holes(lens: _Table) -> tuple[list[Box], bool]:
    """Give wide boxes that no row touches, few of them, and whether they are all that is left open."""
    whole, boxes = lens.axes.whole, lens.boxes
    holes: list[Box] = []
    while len(holes) <= _NEW_ROWS:
        hole = boxes.left_of(whole, boxes.all, lens.budget)
        if hole is None:
            return holes, True
        holes.append(boxes.widened(lens.axes.without_missing(hole), whole))
        boxes = Boxes([*lens.axes.rows, *holes])
    return holes, False


# --- what two rows fit -------------------------------------------------------------------------


def _pairs(lens: _Table, silent: set[str]) -> Iterator[Diagnostic]:
    """Find rows that fit together: under `unique` any, under `any` those that differ; one pair a row."""
    told = more = 0
    for second, row in enumerate(lens.table.rows):
        candidates = _candidates(lens, second, silent) if row.id not in silent else iter(())
        if told >= _TOLD:
            more += next(candidates, None) is not None
            continue
        try:
            found = _pair(lens, second, candidates)
        except OverBudgetError:
            unique = lens.table.hit_policy == "unique"
            if not unique or lens.cases.prove(lens.name, (TWO_ROWS,)) is not True:
                yield lens.found(TOO_ENTANGLED, what=_TWICE)
            return
        if found is not None:
            told += 1
            yield found
    if more:
        yield lens.found(MORE, count=more)


def _candidates(lens: _Table, second: int, silent: set[str]) -> Iterator[tuple[int, Box]]:
    """Give the earlier rows that may fit together with a row, where they must not."""
    rows = lens.table.rows
    for first, common in lens.boxes.touching(lens.axes.rows[second], (1 << second) - 1):
        lens.budget.spend(1)
        differ = lens.table.hit_policy == "unique" or _differ(rows[first], rows[second])
        if differ and rows[first].id not in silent:
            yield first, common


def _pair(lens: _Table, second: int, candidates: Iterator[tuple[int, Box]]) -> Diagnostic | None:
    """Find the first row that is shown to fit together with this one, else one that may."""
    unique = lens.table.hit_policy == "unique"
    maybe: tuple[int, Box] | None = None
    for first, common in candidates:
        shown = lens.show(common, (TWO_ROWS, ROWS_DIFFER))
        if shown is not None:
            return _told(lens, shown, common)
        maybe = maybe or (first, common)
    if maybe is None:
        return None
    # What the rows give under `any` is not part of what the solver is asked.
    asked = unique and lens.cases.prove(lens.name, (TWO_ROWS,))
    if isinstance(asked, Shown):
        return _told(lens, asked, lens.axes.whole)
    rows, (first, common) = lens.table.rows, maybe
    names = {"first": rows[first].id, "second": rows[second].id, "table": lens.name}
    code = MAYBE_OVERLAP if unique else MAYBE_CONFLICT
    return None if asked else code.at(rows[second].span, case=lens.axes.told(common), **names)


def _told(lens: _Table, shown: Shown, box: Box) -> Diagnostic:
    code = OVERLAP if shown.fault.code is TWO_ROWS else CONFLICT
    names = {key: shown.fault.args[key] for key in ("first", "second", "table")}
    return code.at(shown.fault.span, case=lens.told(shown, box), **names)


def _differ(first: CompiledRow, second: CompiledRow) -> bool:
    """Whether two rows may give different values."""
    pairs = zip(first.outputs, second.outputs, strict=True)
    return not all(
        equal(a.value, b.value) is True
        if isinstance(a, ir.Constant) and isinstance(b, ir.Constant)
        else a == b
        for a, b in pairs
    )
