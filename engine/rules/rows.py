"""A table's heads, rows and cells to their compiled form, each finding at its cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from engine.feel import ir, tree, types
from engine.feel.backends.python import fold
from engine.feel.checker import check_expression, check_unary_tests, check_value
from engine.feel.types import ANY, BOOLEAN, NULL, STRING, ContextType, ListType, NumberType, Type
from engine.kernel.diagnostics import Code, nearest
from engine.rules.compiled import (
    CompiledRow,
    CompiledTable,
    Condition,
    Fragment,
    Output,
    Test,
)
from engine.rules.declarations import read_data
from engine.rules.documents import DecisionNode
from engine.rules.masks import is_set
from engine.rules.tables import RESERVED_HEADS

if TYPE_CHECKING:
    from engine.feel.scope import Scope
    from engine.feel.values import Value
    from engine.rules.reading import Drawn, DrawnRow, Reader

ROW_TWICE = Code(
    "RULE-TABLE-001",
    "the row id `{id}` stands twice",
    "行编号 `{id}` 出现两次",
    "give each row its own id",
    "请给每行不同的编号",
)
BAD_ROW_ID = Code(
    "RULE-TABLE-002",
    "`{id}` cannot be a row id",
    "`{id}` 不能作为行编号",
    "write letters, digits, `-` and `_`, such as `P01`",
    "请写字母、数字、`-` 与 `_`，例如 `P01`",
)
UNKNOWN_OUTPUT = Code(
    "RULE-TABLE-003",
    "`{name}` is not an output of this table",
    "`{name}` 不是本表的输出",
    "outputs here: {known}; then `reason`, `obligation`, `clause`, `note`",
    "本表输出：{known}；另有 `reason`、`obligation`、`clause`、`note`",
)
MISSING_OUTPUT = Code(
    "RULE-TABLE-004",
    "the output `{name}` has no column",
    "输出 `{name}` 没有对应的列",
    "add a column with that head",
    "请增加以其为表头的列",
)
DEFAULT_AND_REST = Code(
    "RULE-TABLE-005",
    "a `default` and a row of all `-` cannot stand together",
    "`default` 与全为 `-` 的行不能同时存在",
    "keep one of them",
    "请只保留一个",
)
NEEDS_PRIORITY = Code(
    "RULE-TABLE-006",
    "`{policy}` needs `priority: […]`, the output values with the first best",
    "`{policy}` 需要 `priority: […]`，按优先顺序列出输出值",
    "list every output value",
    "请列出全部输出值",
)
BAD_AGGREGATE = Code(
    "RULE-TABLE-007",
    "`aggregate` goes with `hit_policy: collect` and one output",
    "`aggregate` 只用于 `hit_policy: collect` 且只有一个输出",
    "set the hit policy to collect, or delete `aggregate`",
    "请将命中策略设为 collect，或删除 `aggregate`",
)
UNKNOWN_REASON = Code(
    "RULE-REASON-001",
    "the reason `{code}` is not listed under `reasons`",
    "原因 `{code}` 未列在 `reasons` 中",
    "add its text in zh and en",
    "请补上中英文说明",
)
NOT_RANKED_VALUE = Code(
    "RULE-TABLE-009",
    "`priority` does not list `{text}`, which a row gives",
    "`priority` 未列出某行给出的 `{text}`",
    "list every output value, the first best",
    "请列出全部输出值，最优先的在前",
)
NOT_ADDABLE = Code(
    "RULE-TABLE-010",
    "`aggregate: {aggregate}` needs values that are {wanted}, never missing, and this output is {given}",
    "`aggregate: {aggregate}` 需要 {wanted} 且不缺失的值，而此输出为 {given}",
    "change the output's type, or the aggregate",
    "请更改输出的类型或聚合方式",
)
COLUMN_TWICE = Code(
    "RULE-TABLE-011",
    "the output `{name}` has two columns",
    "输出 `{name}` 有两列",
    "keep one of them",
    "请只保留一列",
)
NO_REASONS_HERE = Code(
    "RULE-TABLE-013",
    "`{head}` is told by a decision, and this is the table of a function",
    "`{head}` 由决策给出，而这是函数的表格",
    "move the column to the decision that calls it, or write a `note`",
    "请移到调用它的决策，或改写为 `note`",
)
WRONG_POLICY = Code(
    "RULE-TABLE-012",
    "`priority` goes with the hit policies `priority` and `output_order`",
    "`priority` 只用于命中策略 `priority` 与 `output_order`",
    "delete it, or choose one of them",
    "请删除，或选用其中之一",
)

_ROW_ID = re.compile(r"[^\W_][\w.-]{0,39}")


def compile_table(
    reader: Reader, drawn: Drawn, outputs: tuple[Output, ...], scope: Scope
) -> CompiledTable:
    """Compile the table of a decision or function; what is wrong goes to the reader.

    Its outputs stand in the order of its columns.
    """
    document = drawn.document
    _check_output_columns(reader, drawn, outputs)
    place = {name: index for index, name in enumerate(drawn.then)}
    ordered = tuple(sorted(outputs, key=lambda o: place.get(o.name, len(place))))
    conditions = tuple(_head(reader, node, fragment, scope) for node, fragment in drawn.heads)
    frame = _Frame(reader, drawn, conditions, ordered, scope, place)
    rows = tuple(_row(frame, row) for row in drawn.rows)
    default = _default(reader, drawn, ordered)
    if default is not None and any(all(t.any for t in row.tests) for row in rows):
        reader.report(DEFAULT_AND_REST, *drawn.path, "default")
    _check_aggregate(reader, drawn, ordered)
    several = isinstance(document, DecisionNode) and document.outputs is not None
    return CompiledTable(
        document.hit_policy,
        document.aggregate,
        conditions,
        ordered,
        rows,
        default,
        _priority(reader, drawn, ordered, rows),
        single=not several,
    )


def table_type(table: CompiledTable) -> Type:
    """The type of a table's value, with the bounds and members that its rows are known to keep."""
    narrowed = []
    rows = (*table.rows, table.default) if table.default else table.rows
    for index, output in enumerate(table.outputs):
        joined: Type | None = None
        for row in rows:
            given = row.outputs[index].type
            joined = given if joined is None else types.join(joined, given) or ANY
        narrowed.append(narrowed_type(output.type, joined or ANY))
    if table.aggregate in {"sum", "count"}:
        first = narrowed[0]
        return NumberType(
            first.unit if table.aggregate == "sum" and isinstance(first, NumberType) else ()
        )
    if table.aggregate is not None:
        return types.plain_number(narrowed[0])
    value: Type = (
        narrowed[0]
        if table.single
        else ContextType(tuple((o.name, t) for o, t in zip(table.outputs, narrowed, strict=True)))
    )
    return ListType(value) if table.collects else value


def narrowed_type(declared: Type, given: Type) -> Type:
    """The declared type with the bounds and members that the expression is known to keep."""
    match declared, given:
        case NumberType(), NumberType():
            return NumberType(declared.unit, given.low, given.high, given.scale)
        case types.StringType(members=None), types.StringType():
            return given
        case _:
            pass
    return declared


@dataclass(slots=True)
class _Frame:
    """A table being compiled: what its rows share; `tests` keeps the cells that repeat."""

    reader: Reader
    drawn: Drawn
    conditions: tuple[Condition, ...]
    outputs: tuple[Output, ...]
    scope: Scope
    columns: dict[str, int]
    tests: dict[tuple[int, str], tuple[ir.Ir, bool]] = field(default_factory=dict)
    cells: dict[tuple[str, str], ir.Ir] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


def _head(reader: Reader, node: tree.Node | None, fragment: Fragment, scope: Scope) -> Condition:
    if node is None:
        return Condition(ir.Constant(None), fragment)
    made, faults = check_expression(node, scope)
    reader.faults(faults, fragment)
    return Condition(made, fragment)


def _check_output_columns(reader: Reader, drawn: Drawn, outputs: tuple[Output, ...]) -> None:
    names = [o.name for o in outputs]
    known = ", ".join(f"`{n}`" for n in names)
    unknown = [h for h in drawn.then if h not in names and h not in RESERVED_HEADS]
    for head in unknown:
        fragment = drawn.then[head]
        span = fragment.place(0, len(head))
        near = nearest(head, [*names, *RESERVED_HEADS])
        reader.found.append(UNKNOWN_OUTPUT.at(span, near=near, name=head, known=known))
    columns = drawn.document.columns
    for head in drawn.then if columns else ():
        if columns and columns.then.count(head) > 1:
            span = drawn.then[head].place(0, len(head))
            reader.found.append(COLUMN_TWICE.at(span, name=head))
    for head in ("reason", "obligation"):
        if head in drawn.then and not isinstance(drawn.document, DecisionNode):
            span = drawn.then[head].place(0, len(head))
            reader.found.append(NO_REASONS_HERE.at(span, head=head))
    for name in names:
        # A misspelt head is told once: as the head that is not known.
        if name not in drawn.then and not unknown:
            reader.report(MISSING_OUTPUT, *drawn.path, _form(drawn), name=name)


def _form(drawn: Drawn) -> str:
    return "columns" if drawn.text is None else "table"


def _row(frame: _Frame, drawn: DrawnRow) -> CompiledRow:
    row, cells, first = drawn.row, drawn.cells, len(frame.conditions)
    if not _ROW_ID.fullmatch(row.id):
        frame.reader.found.append(BAD_ROW_ID.at(drawn.span, id=row.id))
    elif row.id in frame.seen:
        frame.reader.found.append(ROW_TWICE.at(drawn.span, id=row.id))
    frame.seen.add(row.id)
    outputs, fragments = [], []
    for output in frame.outputs:
        column = frame.columns.get(output.name)
        node, fragment = (None, Fragment("")) if column is None else cells[first + column]
        outputs.append(_output_cell(node, fragment, output, frame))
        fragments.append(fragment)
    coded = {h: cells[first + frame.columns[h]][1] for h in RESERVED_HEADS if h in frame.columns}
    texts = {head: fragment.text for head, fragment in coded.items()}
    return CompiledRow(
        row.id,
        tuple(_test(cells[i], i, frame) for i in range(first)),
        tuple(outputs),
        tuple(fragments),
        _reason_codes(frame.reader, texts.get("reason", "-"), coded.get("reason")),
        _listed(texts.get("obligation", "-")),
        _text(texts.get("clause", "-")),
        _text(texts.get("note", "-")),
        drawn.span,
    )


def _test(cell: tuple[tree.Node | None, Fragment], column: int, frame: _Frame) -> Test:
    node, fragment = cell
    if not isinstance(node, tree.UnaryTests):
        return Test(ir.Constant(value=True, type=BOOLEAN), fragment, constant=True, any=False)
    known = frame.tests.get((column, fragment.text))
    if known is None:
        type_ = frame.conditions[column].value.type
        made, faults = check_unary_tests(node, type_, frame.scope)
        frame.reader.faults(faults, fragment)
        known = made, is_set(made, type_)
        if not faults:
            frame.tests[column, fragment.text] = known
    return Test(known[0], fragment, known[1], any=not node.tests)


def _output_cell(
    node: tree.Node | None, fragment: Fragment, output: Output, frame: _Frame
) -> ir.Ir:
    if node is None:
        return ir.Constant(None)
    known = frame.cells.get((output.name, fragment.text))
    if known is None:
        made, faults = check_value(node, output.type, frame.scope)
        frame.reader.faults(faults, fragment)
        known = (fold(made) if ir.is_constant(made) else None) or made
        if not faults:
            frame.cells[output.name, fragment.text] = known
    return known


def _reason_codes(reader: Reader, text: str, fragment: Fragment | None) -> tuple[str, ...]:
    codes, known = _listed(text), reader.loaded.document.reasons
    for code in codes:
        if code not in known:
            start = text.index(code)
            span = fragment.place(start, start + len(code)) if fragment else None
            reader.found.append(UNKNOWN_REASON.at(span, near=nearest(code, known), code=code))
    return codes


def _listed(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(part.strip() for part in text.split(";") if part.strip())


def _text(text: str) -> str | None:
    return None if text == "-" else text


def _default(reader: Reader, drawn: Drawn, outputs: tuple[Output, ...]) -> CompiledRow | None:
    document = drawn.document
    if not isinstance(document, DecisionNode) or document.default is None:
        return None
    path = (*drawn.path, "default")
    given = dict(document.default)
    values = []
    for output in outputs:
        value: Value = None
        if output.name in given:
            data = given.pop(output.name)
            value = read_data(reader, data, output.type, *path, output.name)
        else:
            reader.report(MISSING_OUTPUT, *path, name=output.name)
        values.append(ir.Constant(value, type=output.type if value is not None else NULL))
    texts = {
        head: str(read_data(reader, given.pop(head), STRING, *path, head))
        for head in RESERVED_HEADS
        if head in given
    }
    for name in given:
        known = ", ".join(f"`{o.name}`" for o in outputs)
        near = nearest(name, [o.name for o in outputs])
        reader.report(UNKNOWN_OUTPUT, *path, name, near=near, name=name, known=known)
    fragment = reader.fragment(texts.get("reason", "-"), *path, "reason")
    return CompiledRow(
        "default",
        (),
        tuple(values),
        (),
        _reason_codes(reader, texts.get("reason", "-"), fragment),
        _listed(texts.get("obligation", "-")),
        _text(texts.get("clause", "-")),
        _text(texts.get("note", "-")),
    )


def _check_aggregate(reader: Reader, drawn: Drawn, outputs: tuple[Output, ...]) -> None:
    document = drawn.document
    aggregate = document.aggregate
    if aggregate is None:
        return
    if document.hit_policy != "collect" or len(outputs) != 1:
        reader.report(BAD_AGGREGATE, *drawn.path, "aggregate")
        return
    given = outputs[0].type
    ordered = isinstance(given, NumberType | types.StringType) or given in _ORDERED
    fits = {"count": True, "sum": isinstance(given, NumberType)}.get(aggregate, ordered)
    if not fits:
        wanted = "numbers" if aggregate == "sum" else "numbers, texts or dates"
        told = {"aggregate": aggregate, "wanted": wanted, "given": types.type_text(given)}
        reader.report(NOT_ADDABLE, *drawn.path, "aggregate", **told)


_ORDERED = {types.DATE, types.DAYS, types.MONTHS}


def _priority(
    reader: Reader, drawn: Drawn, outputs: tuple[Output, ...], rows: tuple[CompiledRow, ...]
) -> tuple[Value, ...]:
    """Read the order of the first output's values: its own, or the one that the table lists for it.

    Every value that a row is known to give for an output must be in that output's order.
    """
    document, first = drawn.document, outputs[0]
    if document.hit_policy not in {"priority", "output_order"}:
        if document.priority is not None:
            reader.report(WRONG_POLICY, *drawn.path, "priority")
        for output in outputs:
            if output.priority:
                reader.report(WRONG_POLICY, *drawn.path, "outputs", output.name, "priority")
        return ()
    listed = first.priority or tuple(
        read_data(reader, text, first.type, *drawn.path, "priority", index)
        for index, text in enumerate(document.priority or ())
    )
    if not listed and not any(output.priority for output in outputs):
        reader.report(NEEDS_PRIORITY, *drawn.path, "hit_policy", policy=document.hit_policy)
        return ()
    orders = (listed, *(output.priority for output in outputs[1:]))
    for row in rows:
        for order, cell, fragment in zip(orders, row.outputs, row.fragments, strict=True):
            known = isinstance(cell, ir.Constant) and cell.type != ANY
            if order and known and cast("ir.Constant", cell).value not in order:
                span = fragment.place(0, len(fragment.text))
                reader.found.append(NOT_RANKED_VALUE.at(span, text=fragment.text))
    return listed
