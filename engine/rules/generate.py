"""A compiled rule set to generated Python that decides a plain case, and raises for every other.

It does the work of `evaluate.interpret` for a case that can be decided: any fault, missing or unusual
value raises, and the reference evaluation then gives the answer with its place. Tables are looked up by
bit-vectors (`masks`), never scanned.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from decimal import Decimal, getcontext, setcontext
from typing import TYPE_CHECKING, cast

from engine.feel import ir, types
from engine.feel.backends.python import Module, Names, emit
from engine.feel.builtins.lists import MAX_ITEMS
from engine.feel.types import BOOLEAN, ListType, NumberType, StringType
from engine.feel.values import NOT_APPLICABLE, Value
from engine.kernel.decimals import CONTEXT
from engine.rules import evaluate
from engine.rules.compiled import (
    REQUIRED,
    CompiledFunction,
    CompiledInput,
    CompiledNode,
    CompiledRow,
    CompiledRuleSet,
    CompiledTable,
)
from engine.rules.decision import Decision, Reason, Step, canonical
from engine.rules.inputs import LONGEST_TEXT, check_input, not_member, read_number
from engine.rules.masks import Column, build_column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.rules.compiled import Output


class UnusualError(Exception):
    """A case that the generated code leaves to the reference evaluation."""


UNUSUAL = UnusualError()
_ABSENT = object()


def generate(rule_set: CompiledRuleSet) -> Callable[[Mapping[str, object]], Decision] | None:
    """Generate the fast form; None when Python cannot compile it, and the reference serves alone."""
    writer = _Writer(rule_set)
    try:
        return writer.assemble()
    except (SyntaxError, RecursionError, MemoryError):
        return None


def _number(value: object) -> Decimal:
    number = read_number(value)
    if number is None:
        raise UNUSUAL
    return number


def _texts(value: object) -> tuple[str, ...]:
    if value.__class__ is not list and value.__class__ is not tuple:
        raise UNUSUAL
    items = tuple(cast("list[str]", value))
    if len(items) > MAX_ITEMS or not all(
        item.__class__ is str and len(item) <= LONGEST_TEXT for item in items
    ):
        raise UNUSUAL
    return items


def _any_input(declared: CompiledInput, value: object) -> Value:
    read = check_input(declared, value, [])
    if read is None:
        raise UNUSUAL
    return read


def _typed(value: Value, type_: types.Type) -> Value:
    members = evaluate.members_in(type_)
    if not evaluate.of_type(value, type_) or not_member(value, members) is not None:
        raise UNUSUAL
    return value


class _Writer:
    """Writes the source of one rule set."""

    def __init__(self, rule_set: CompiledRuleSet) -> None:
        self.rule_set = rule_set
        self.module = Module()
        self.module.objects |= {
            "getcontext": getcontext,
            "setcontext": setcontext,
            "CONTEXT": CONTEXT,
            "UNUSUAL": UNUSUAL,
            "ABSENT": _ABSENT,
            "number": _number,
            "texts": _texts,
            "any_input": _any_input,
            "typed": _typed,
            "canonical": canonical,
            "new": tuple.__new__,
            "Decision": Decision,
            "Step": Step,
            "Reason": Reason,
            "left": bisect_left,
            "right": bisect_right,
            "NA": NOT_APPLICABLE,
            "USED": rule_set.used,
            "reason_texts": evaluate.reason_texts,
            "rule_set": rule_set,
        }
        self.names: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self.visible: dict[str, str] = {}
        self.body: list[str] = []
        self.tables = 0

    def assemble(self) -> Callable[[Mapping[str, object]], Decision]:
        for function in self.rule_set.functions:
            self._function(function)
        self._inputs()
        for condition, _ in self.rule_set.assumptions:
            self._line(f"if not {self._flag(condition)}: raise UNUSUAL")
        parts = [self._decision(node) for node in self.rule_set.decisions]
        self._answer(parts)
        self.module.lines += [
            "def decide(inputs):",
            "    saved = getcontext()",
            "    setcontext(CONTEXT)",
            "    try:",
            *(f"        {line}" for line in self.body),
            "    finally:",
            "        setcontext(saved)",
        ]
        return cast("Callable[[Mapping[str, object]], Decision]", self.module.assemble()["decide"])

    def _line(self, text: str) -> None:
        self.body.append(text)

    def _emit(self, node: ir.Ir, names: Mapping[str, str] | None = None) -> str:
        return emit(
            node, Names({**self.names, **(names or {})}, self.visible, "meter"), self.module
        )

    def _flag(self, node: ir.Ir, names: Mapping[str, str] | None = None) -> str:
        """Write a condition; one that may be neither true nor false is looked at when it runs."""
        text = self._emit(node, names)
        return text if node.type == BOOLEAN else f"condition({text})"

    # --- inputs --------------------------------------------------------------------------------

    def _inputs(self) -> None:
        self._line("get = inputs.get")
        self._line("meter = None" if not self._loops() else "meter = Run()")
        required = [i for i in self.rule_set.inputs if i.default is REQUIRED]
        self._line(f"count = {len(required)}")
        for index, declared in enumerate(self.rule_set.inputs):
            variable = f"i{index}"
            self.names[declared.name] = variable
            if declared.default is REQUIRED:
                self._line(f"{variable} = get({declared.name!r})")
                self._read(declared, variable, "")
            else:
                self._line(f"{variable} = get({declared.name!r}, ABSENT)")
                self._line(
                    f"if {variable} is ABSENT: {variable} = {self.module.keep(declared.default)}"
                )
                self._line("else:")
                self._line("    count += 1")
                self._read(declared, variable, "    ")
        self._line("if len(inputs) != count: raise UNUSUAL")

    def _loops(self) -> bool:
        """Whether anything counts steps: a loop, or a function, which may hold one."""
        nodes = [n for d in self.rule_set.decisions for n in _expressions(d)]
        nodes += [a for a, _ in self.rule_set.assumptions]
        return bool(self.rule_set.functions) or any(
            isinstance(n, ir.Filter | ir.Each | ir.MakeFunction)
            for node in nodes
            for n in ir.walk(node)
        )

    def _read(self, declared: CompiledInput, v: str, indent: str) -> None:
        """Check one input; the common types in line, the others by the reference reader."""
        type_ = declared.type
        if isinstance(type_, types.NullableType):
            self._line(f"{indent}if {v} is not None:")
            self._read_type(declared, type_.of, v, indent + "    ")
        else:
            self._read_type(declared, type_, v, indent)

    def _read_type(self, declared: CompiledInput, type_: types.Type, v: str, indent: str) -> None:
        match type_:
            case NumberType():
                self._read_number(declared, v, indent)
            case types.BOOLEAN:
                self._line(f"{indent}if {v} is not True and {v} is not False: raise UNUSUAL")
            case StringType() if declared.range is None:
                self._line(
                    f"{indent}if {v}.__class__ is not str or len({v}) > {LONGEST_TEXT}: raise UNUSUAL"
                )
                if declared.members is not None:
                    self._line(
                        f"{indent}if {v} not in {self.module.keep(frozenset(declared.members))}: raise UNUSUAL"
                    )
            case _ if declared.range is not None:
                self._line(f"{indent}{v} = any_input({self.module.keep(declared, 'c')}, {v})")
            case ListType(item=StringType()) if declared.members is None:
                self._line(f"{indent}{v} = texts({v}) if {v} or {v}.__class__ is not list else ()")
            case _:
                self._line(f"{indent}{v} = any_input({self.module.keep(declared, 'c')}, {v})")

    def _read_number(self, declared: CompiledInput, v: str, indent: str) -> None:
        self._line(f"{indent}if {v}.__class__ is not Decimal: {v} = number({v})")
        if declared.field.scale is not None:
            unit = self.module.keep(Decimal((0, (1,), -declared.field.scale)))
            self._line(f"{indent}if {v}.quantize({unit}) != {v}: raise UNUSUAL")
        else:
            self._line(f"{indent}if +{v} != {v}: raise UNUSUAL")
        range_ = declared.range
        low = high = ""
        if range_ is not None and range_.low is not None:
            low = f"{self.module.keep(range_.low)} {'<=' if range_.low_closed else '<'} "
        if range_ is not None and range_.high is not None:
            high = f" {'<=' if range_.high_closed else '<'} {self.module.keep(range_.high)}"
        if low or high:
            self._line(f"{indent}if not {low}{v}{high}: raise UNUSUAL")
        if not low or not high:
            self._line(f"{indent}if not {v}.is_finite(): raise UNUSUAL")

    # --- decisions -----------------------------------------------------------------------------

    def _decision(self, node: CompiledNode) -> _Part:
        """Write one decision; gives the names under which its value and rows are kept."""
        v = f"d{len(self.names)}"
        if node.only_if is None:
            part = self._node(node, v, "")
        else:
            self._line(f"if {self._flag(node.only_if)}:")
            part = self._node(node, v, "    ")
            self._line("else:")
            self._line(f"    {v} = s{v} = NA; r{v} = None")
        self.names[node.name] = v
        return part

    def _node(self, node: CompiledNode, v: str, indent: str) -> _Part:
        if node.table is not None:
            self._table(node, node.table, v, indent)
        else:
            text = self._emit(cast("ir.Ir", node.value))
            output = node.outputs[0]
            checked = self._checked(text, output, cast("ir.Ir", node.value))
            self._line(f"{indent}{v} = {checked}; r{v} = None")
            self._print(v, output, indent)
        return _Part(node, v)

    def _checked(self, text: str, output: Output, value: ir.Ir) -> str:
        """Check a value that is not known to be of its declared type and one of its members."""
        known = evaluate.members_in(value.type)
        members = evaluate.members_in(output.type)
        listed = members is None or (known is not None and set(known) <= set(members))
        if listed and not _is_open(value.type):
            return text
        return f"typed({text}, {self.module.keep(output.type, 't')})"

    def _print(self, v: str, output: Output, indent: str) -> None:
        """Write how a value is printed: with its declared places, and a fault if that would round."""
        type_ = types.without_null(output.type)
        if not isinstance(type_, NumberType) or output.digits is None:
            plain = isinstance(type_, StringType) or type_ == BOOLEAN
            self._line(f"{indent}s{v} = {v}" if plain else f"{indent}s{v} = canonical({v})")
            return
        if types.is_nullable(output.type):
            self._line(f"{indent}s{v} = {v}")
            self._line(f"{indent}if {v} is not None:")
            indent += "    "
        unit = self.module.keep(Decimal((0, (1,), -output.digits)))
        zero = self.module.keep(Decimal((0, (0,), -output.digits)))
        self._line(f"{indent}s{v} = {v}.quantize({unit}) or {zero}")
        self._line(f"{indent}if s{v} != {v}: raise UNUSUAL")

    # --- tables --------------------------------------------------------------------------------

    def _table(self, node: CompiledNode, table: CompiledTable, v: str, indent: str) -> None:
        """Write a table: find the rows that fit, then their value by the hit policy."""
        self.tables += 1
        name = f"t{self.tables}"
        heads = [f"{name}h{i}" for i in range(len(table.conditions))]
        for head, condition in zip(heads, table.conditions, strict=True):
            self._line(f"{indent}{head} = {self._emit(condition.value)}")
        self._masks(table, heads, indent)
        scope = ", ".join([*self.names.values(), *heads, "meter"])
        if self._open_cells(table, name, heads, scope):
            self._line(f"{indent}m = {name}_open(m, {scope})")
        computed = self._row_values(node, table, name, scope)
        value = f"{name}_value(q, {scope})" if computed else f"{name}_known[q]"
        if table.hit_policy != "first":
            join = self.module.keep(_join(self.rule_set, node, table), "f")
            self._line(f"{indent}{v}, s{v}, r{v} = {join}(m, lambda q: {value})")
            return
        self._line(f"{indent}if not m: {self._no_hit(node, table, v)}")
        self._line(f"{indent}else:")
        self._line(f"{indent}    q = (m & -m).bit_length() - 1")
        self._line(f"{indent}    {v} = {value}")
        printed = f"{name}_shown[q]"
        if computed or _is_mutable(node):
            printed = f"{self.module.keep(_printer(node), 'f')}({v})"
        self._line(f"{indent}    s{v} = {printed}; r{v} = {name}_rows[q]")

    def _masks(self, table: CompiledTable, heads: list[str], indent: str) -> None:
        """Write the look-ups of the columns."""
        terms = []
        for index, (head, condition) in enumerate(zip(heads, table.conditions, strict=True)):
            tests = [row.tests[index] for row in table.rows]
            if any(test.constant and not test.any for test in tests):
                terms.append(self._lookup(build_column(condition.value.type, tests), head))
        everything = self.module.keep((1 << len(table.rows)) - 1)
        self._line(f"{indent}m = {' & '.join(terms) if terms else everything}")

    def _lookup(self, column: Column, head: str) -> str:
        masks = self.module.keep(column.masks)
        if column.kind == "ordered" and len(column.keys) == 1:
            text = self._compared(column, head)
        elif column.kind == "ordered":
            keys = self.module.keep(column.keys)
            text = f"{masks}[left({keys}, {head}) + right({keys}, {head})]"
        elif column.kind == "boolean":
            by_value = [column.masks[column.position(value)] for value in (True, False)]
            text = (
                f"({self.module.keep(by_value[0])} if {head} else {self.module.keep(by_value[1])})"
            )
        else:
            by_text = self.module.keep({key: column.masks[i] for i, key in enumerate(column.keys)})
            text = f"{by_text}.get({head}, {self.module.keep(column.masks[len(column.keys)])})"
        if column.nullable:
            text = f"({self.module.keep(column.masks[-1])} if {head} is None else {text})"
        return text

    def _compared(self, column: Column, head: str) -> str:
        """Look up a column that is cut at one value: a comparison or two are quicker than a search."""
        key = self.module.keep(column.keys[0])
        below, at, above = (self.module.keep(mask) for mask in column.masks[:3])
        if column.masks[1] == column.masks[2]:
            return f"({below} if {head} < {key} else {above})"
        if column.masks[0] == column.masks[1]:
            return f"({above} if {head} > {key} else {below})"
        return f"({below} if {head} < {key} else {at} if {head} == {key} else {above})"

    def _open_cells(self, table: CompiledTable, name: str, heads: list[str], scope: str) -> bool:
        """Write the tests of cells that depend on the case, and the loop that drops the rows they refuse."""
        by_row = []
        for index, row in enumerate(table.rows):
            tests = [
                self._flag(t.condition, {"?": h})
                for t, h in zip(row.tests, heads, strict=True)
                if not t.constant
            ]
            if tests:
                self.module.lines += [
                    f"def {name}_fits{index}({scope}):",
                    f"    return {' and '.join(tests)}",
                ]
                by_row.append(f"{1 << index}: {name}_fits{index}")
        if not by_row:
            return False
        self.module.lines += [
            f"{name}_tests = {{{', '.join(by_row)}}}",
            f"def {name}_open(m, {scope}):",
            "    rest = m",
            "    while rest:",
            "        bit = rest & -rest",
            "        rest ^= bit",
            f"        test = {name}_tests.get(bit)",
            f"        if test is not None and not test({scope}): m ^= bit",
            "        else: " + ("break" if table.hit_policy == "first" else "pass"),
            "    return m",
        ]
        return True

    def _row_values(self, node: CompiledNode, table: CompiledTable, name: str, scope: str) -> bool:
        """Keep what each row gives; True when some rows must compute it, by the function `…_value`."""
        known = [_constant_row(table, row) for row in table.rows]
        self.module.objects |= {
            f"{name}_known": tuple(known),
            f"{name}_shown": tuple(
                None if k is _ABSENT else evaluate.printed(node, k) for k in known
            ),
            f"{name}_rows": tuple(_Rows(self.rule_set, (row,)) for row in table.rows),
        }
        computed = [index for index, value in enumerate(known) if value is _ABSENT]
        for index in computed:
            text = self._row_expression(table, table.rows[index])
            self.module.lines += [f"def {name}_row{index}({scope}):", f"    return {text}"]
        if computed:
            self.module.lines += [
                f"{name}_computed = {{{', '.join(f'{i}: {name}_row{i}' for i in computed)}}}",
                f"def {name}_value(q, {scope}):",
                f"    value = {name}_known[q]",
                f"    return {name}_computed[q]({scope}) if value is ABSENT else value",
            ]
        return bool(computed)

    def _row_expression(self, table: CompiledTable, row: CompiledRow) -> str:
        cells = [
            self._checked(self._emit(cell), output, cell)
            for output, cell in zip(table.outputs, row.outputs, strict=True)
        ]
        if table.single:
            return cells[0]
        return (
            "{"
            + ", ".join(f"{o.name!r}: {c}" for o, c in zip(table.outputs, cells, strict=True))
            + "}"
        )

    def _no_hit(self, node: CompiledNode, table: CompiledTable, v: str) -> str:
        if table.default is None:
            return "raise UNUSUAL"
        value = evaluate.default_value(table, table.default)
        shown = f"{self.module.keep(_printer(node), 'f')}({v})"
        rows = self.module.keep(_Rows(self.rule_set, (table.default,)), "o")
        return f"{v} = {self.module.keep(value)}; s{v} = {shown}; r{v} = {rows}"

    # --- functions and the answer --------------------------------------------------------------

    def _function(self, function: CompiledFunction) -> None:
        """Write a function of the rule set as one of the module that is first given the counter of steps."""
        self.names = {p: f"p{i}" for i, (p, _) in enumerate(function.parameters)}
        self.body, written = [], f"fn{len(self.functions)}"
        self.visible = self._visible(function.home)
        for (_, type_), variable in zip(function.parameters, self.names.values(), strict=True):
            self._line(f"{variable} = typed({variable}, {self.module.keep(type_, 't')})")
        self._node(function.node, "value", "")
        self.module.lines += [
            f"def {written}(meter):",
            f"    def call({', '.join(self.names.values())}):",
            *(f"        {line}" for line in self.body),
            "        return value",
            "    return call",
        ]
        self.functions[function.name] = written
        self.names, self.body, self.visible = {}, [], self._visible("")

    def _visible(self, home: str) -> dict[str, str]:
        """The functions as the expressions of one rule set call them: by their names below its own."""
        return {
            name.removeprefix(home): f"{written}(meter)"
            for name, written in self.functions.items()
            if name.startswith(home)
        }

    def _answer(self, parts: list[_Part]) -> None:
        """Write the Decision: outcomes and trace of what applies, reasons and obligations of the rows that hit."""
        always = list(itertools.takewhile(lambda p: p.node.only_if is None, parts))
        self._line("outcomes = {" + ", ".join(f"{p.node.name!r}: s{p.v}" for p in always) + "}")
        for part in parts[len(always) :]:
            guard = f"if {part.v} is not NA: " if part.node.only_if is not None else ""
            self._line(f"{guard}outcomes[{part.node.name!r}] = s{part.v}")
        self._line(f"trace = ({', '.join(self._step(p) for p in parts)},)")
        tabled = [p for p in parts if p.node.table is not None]
        if len(tabled) == 1 and tabled[0].node.only_if is None:
            hit = f"r{tabled[0].v}"
            self._line(f"reasons = {self._reasons(hit)}")
            self._line(f"obligations = {hit}.obligations")
        else:
            self._line("reasons = obligations = ()")
            for part in tabled:
                hit = f"r{part.v}"
                self._line(f"if {hit} is not None:")
                self._line(f"    reasons += {self._reasons(hit)}")
                self._line(f"    obligations += {hit}.obligations")
        self._line(
            "return new(Decision, ('decided', outcomes, reasons, obligations, USED, (), trace, ()))"
        )

    def _reasons(self, hit: str) -> str:
        return f"({hit}.reasons if {hit}.fixed else {hit}.fill({self._values()}))"

    def _values(self) -> str:
        return (
            "{" + ", ".join(f"{name!r}: {variable}" for name, variable in self.names.items()) + "}"
        )

    def _step(self, part: _Part) -> str:
        """Write a step of the trace; one that does not apply is made once."""
        rows = f"r{part.v}.ids" if part.node.table is not None else "()"
        step = f"new(Step, ({part.node.name!r}, s{part.v}, {rows}))"
        if part.node.only_if is None:
            return step
        absent = self.module.keep(Step(part.node.name, NOT_APPLICABLE))
        return f"({absent} if {part.v} is NA else {step})"


class _Part:
    """A decision that was written, and the name of its value."""

    __slots__ = ("node", "v")

    def __init__(self, node: CompiledNode, v: str) -> None:
        self.node, self.v = node, v


class _Rows:
    """The rows that hit, with their reasons made ready; `fill` makes those whose texts name values."""

    __slots__ = ("fixed", "ids", "obligations", "reasons", "rows", "rule_set")

    def __init__(self, rule_set: CompiledRuleSet, rows: tuple[CompiledRow, ...]) -> None:
        self.rule_set, self.rows = rule_set, rows
        self.ids = tuple(row.id for row in rows)
        self.obligations = tuple(o for row in rows for o in row.obligations)
        self.fixed = not any(code in rule_set.placeholders for row in rows for code in row.reasons)
        self.reasons = (
            tuple(r for row in rows for r in evaluate.reasons_of(rule_set, row, {}))
            if self.fixed
            else ()
        )

    def fill(self, values: Mapping[str, Value]) -> tuple[Reason, ...]:
        return tuple(
            r for row in self.rows for r in evaluate.reasons_of(self.rule_set, row, values)
        )


def _join(
    rule_set: CompiledRuleSet, node: CompiledNode, table: CompiledTable
) -> Callable[..., tuple[Value, Value, _Rows]]:
    def join(mask: int, value: Callable[[int], Value]) -> tuple[Value, Value, _Rows]:
        indices = []
        while mask:
            low = mask & -mask
            indices.append(low.bit_length() - 1)
            mask ^= low
        hit = evaluate.by_policy(
            node, table, [table.rows[i] for i in indices], [value(i) for i in indices]
        )
        return hit.value, evaluate.printed(node, hit.value), _Rows(rule_set, hit.rows)

    return join


def _constant_row(table: CompiledTable, row: CompiledRow) -> Value:
    """The value of a row that is the same for every case; `_ABSENT` when there is none."""
    made: dict[str, Value] = {}
    for output, cell in zip(table.outputs, row.outputs, strict=True):
        # A constant cell was folded when it was compiled; one that could not be faults where it runs.
        if not isinstance(cell, ir.Constant):
            return _ABSENT
        try:
            made[output.name] = _typed(cell.value, output.type)
        except UnusualError:
            return _ABSENT
    return made[table.outputs[0].name] if table.single else made


def _printer(node: CompiledNode) -> Callable[[Value], Value]:
    return lambda value: evaluate.printed(node, value)


def _is_mutable(node: CompiledNode) -> bool:
    """Whether a value holds a context, which every decision needs for itself."""
    return len(node.outputs) > 1 or not _is_plain(types.without_null(node.outputs[0].type))


def _is_plain(type_: types.Type) -> bool:
    return type_ != types.ANY and not isinstance(type_, types.ContextType | ListType)


def _is_open(type_: types.Type) -> bool:
    """Whether a value of this type must be looked at when it runs."""
    match type_:
        case ListType() | types.RangeType():
            return _is_open(type_.item)
        case types.NullableType():
            return _is_open(type_.of)
        case types.ContextType():
            return type_.fields is None or any(_is_open(t) for _, t in type_.fields)
        case _:
            pass
    return type_ == types.ANY


def _expressions(node: CompiledNode) -> list[ir.Ir]:
    """Give the expressions that the code computes; a cell that compares with constants is looked up."""
    found = [n for n in (node.value, node.only_if) if n is not None]
    if node.table is not None:
        found += [c.value for c in node.table.conditions]
        found += [
            n
            for row in node.table.rows
            for n in (*(t.condition for t in row.tests if not t.constant), *row.outputs)
        ]
    return found
