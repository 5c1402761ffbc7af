"""A rule set's document to its compiled form, with every finding about its content at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.feel import ir, tree, types
from engine.feel.backends.python import fold
from engine.feel.builtins import FUNCTIONS
from engine.feel.checker import (
    check_expression,
    check_unary_tests,
    check_value,
)
from engine.feel.scope import FunctionSymbol, Scope, Symbol, conjuncts, facts_of
from engine.feel.types import ANY, BOOLEAN, ContextType, ListType, NumberType, StringType, Type
from engine.kernel.diagnostics import LANGS, Code, Diagnostic, Span, has_errors, in_order, nearest
from engine.kernel.documents import BAD_FORM
from engine.kernel.errors import DocumentError
from engine.kernel.source import Scalar
from engine.rules.compiled import (
    Claim,
    CompiledFunction,
    CompiledNode,
    CompiledRow,
    CompiledRuleSet,
    CompiledTable,
    Condition,
    Fragment,
    Output,
    Test,
)
from engine.rules.decision import Used
from engine.rules.declarations import (
    NOT_MEMBER,
    declared_type,
    read_data,
    read_input,
    read_parameters,
)
from engine.rules.documents import DecisionNode, Guarantee, RuleSet
from engine.rules.generate import generate
from engine.rules.masks import is_set
from engine.rules.reading import Drawn, Reader
from engine.rules.tables import RESERVED_HEADS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.documents import Loaded

CYCLE = Code(
    "RULE-CYCLE-001",
    "the decisions use each other in a circle: {path}",
    "决策之间循环引用：{path}",
    "break the circle: one of them must not use the other",
    "请打断循环：其中一个不能使用另一个",
)
FUNCTION_CYCLE = Code(
    "RULE-CYCLE-002",
    "the functions call each other in a circle: {path}",
    "函数之间循环调用：{path}",
    "functions are not recursive",
    "函数不可递归",
)
NAME_TWICE = Code(
    "RULE-NAME-001",
    "`{name}` is both {first} and {second}",
    "`{name}` 既是{first}又是{second}",
    "rename one of them",
    "请给其中一个改名",
)
RESERVED_NAME = Code(
    "RULE-NAME-002",
    "`{name}` is the name of a built-in function",
    "`{name}` 是内置函数名",
    "choose another name",
    "请另取名称",
)
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
UNKNOWN_REASON = Code(
    "RULE-REASON-001",
    "the reason `{code}` is not listed under `reasons`",
    "原因 `{code}` 未列在 `reasons` 中",
    "add its text in zh and en",
    "请补上中英文说明",
)
BAD_PLACEHOLDER = Code(
    "RULE-REASON-002",
    "`{{{name}}}` in this text is not an input, parameter or decision",
    "文中的 `{{{name}}}` 不是输入、参数或决策",
    "use a name of this rule set",
    "请使用本规则集中的名称",
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
NO_TABLE_KEY = Code(
    "RULE-TABLE-008",
    "`{key}` belongs to a table, and this decision is an expression",
    "`{key}` 属于表格，而此决策是表达式",
    "delete it, or write a table",
    "请删除，或改写成表格",
)
BAD_GUARANTEE = Code(
    "RULE-GUAR-001",
    "a guarantee makes one claim: always, never_decreases, never_worse, independent_of or unchanged_from",
    "一条保证只能有一个主张：always、never_decreases、never_worse、independent_of 或 unchanged_from",
    "write one of them; `when_rises` names the input",
    "请只写一个；`when_rises` 写输入名",
)
NOT_RANKED = Code(
    "RULE-GUAR-002",
    "`{name}` has no `ranked` list",
    "`{name}` 没有 `ranked` 列表",
    "list its values worst to best under `ranked`",
    "请在 `ranked` 下由差到好列出其值",
)
NOT_A_NUMBER_HERE = Code(
    "RULE-GUAR-003",
    "`{name}` is not a number",
    "`{name}` 不是数字",
    "name a decision or input that is a number",
    "请写一个数值型的决策或输入",
)
UNKNOWN_USE = Code(
    "RULE-USE-001",
    "no rule set `{id}` is in force at this rule set's start",
    "本规则集生效时没有生效的规则集 `{id}`",
    "publish it first, or correct the id",
    "请先发布，或更正编号",
)

_ROW_ID = re.compile(r"[^\W_][\w.-]{0,39}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def compile_rule_set(
    loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet] | None = None
) -> CompiledRuleSet:
    """Compile a rule set with its fast form; `uses` holds the rule sets it names, by alias.

    Raises DocumentError with every finding.
    """
    compiled, found = _compile(loaded, uses)
    if compiled is None:
        raise DocumentError(found)
    return replace(compiled, fast=generate(compiled))


def check_rule_set(
    loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet] | None = None
) -> list[Diagnostic]:
    """Give every finding about a rule set, in the order of its text."""
    return _compile(loaded, uses)[1]


def _compile(
    loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet] | None
) -> tuple[CompiledRuleSet | None, list[Diagnostic]]:
    compiler = _Compiler(loaded, uses or {})
    compiled = compiler.compile()
    found = in_order(compiler.reader.found)
    return (None if has_errors(found) else compiled), found


@dataclass(slots=True)
class _Frame:
    """A table being compiled: what its rows share; `tests` keeps the cells that repeat."""

    drawn: Drawn
    conditions: tuple[Condition, ...]
    outputs: tuple[Output, ...]
    scope: Scope
    tests: dict[tuple[int, str], tuple[ir.Ir, bool]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


class _Compiler:
    """Compiles one rule set and collects what it finds."""

    def __init__(self, loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet]) -> None:
        self.loaded = loaded
        self.document = loaded.document
        self.uses = uses
        self.reader = Reader(loaded)

    def compile(self) -> CompiledRuleSet:
        self._check_names()
        inputs = tuple(read_input(self.reader, name, f) for name, f in self.document.inputs.items())
        parameters = read_parameters(self.reader)
        names = {i.name: Symbol(i.type) for i in inputs}
        names |= {name: Symbol(c.type, constant=c) for name, c in parameters.items()}
        functions, symbols = self._functions(
            {n: s for n, s in names.items() if s.constant is not None}
        )
        scope = Scope(names=names, functions=symbols)
        assumptions = tuple(self._assumption(i, scope) for i in range(len(self.document.assume)))
        decisions, scope = self._decisions(scope)
        claims = tuple(
            c
            for i in range(len(self.document.guarantees))
            if (c := self._claim(i, scope, decisions))
        )
        return CompiledRuleSet(
            self.loaded,
            inputs,
            parameters,
            tuple(functions),
            tuple(a for a in assumptions if a is not None),
            tuple(decisions),
            self.document.reasons,
            self._placeholders(set(names) | {d.name for d in decisions}),
            claims,
            (
                Used("rule_set", self.document.id, self.document.version, self.loaded.hash),
                *(used for rule_set in self.uses.values() for used in rule_set.used),
            ),
        )

    # --- names, inputs, parameters -------------------------------------------------------------

    def _check_names(self) -> None:
        kinds = (
            ("inputs", "输入"),
            ("params", "参数"),
            ("functions", "函数"),
            ("decisions", "决策"),
            ("uses", "引用"),
        )
        seen: dict[str, str] = {}
        for key, _zh in kinds:
            for name in getattr(self.document, key):
                if name in seen:
                    self.reader.report(
                        NAME_TWICE, key, name, name=name, first=seen[name], second=key
                    )
                elif name in FUNCTIONS and key != "inputs":
                    self.reader.report(RESERVED_NAME, key, name, name=name)
                seen.setdefault(name, key)

    def _assumption(self, index: int, scope: Scope) -> tuple[ir.Ir, Fragment] | None:
        parsed = self.reader.expression(self.document.assume[index], "assume", index)
        if parsed is None:
            return None
        made, faults = check_value(parsed[0], BOOLEAN, scope)
        self.reader.faults(faults, parsed[1])
        return made, parsed[1]

    # --- decisions and functions ---------------------------------------------------------------

    def _functions(
        self, constants: Mapping[str, Symbol]
    ) -> tuple[list[CompiledFunction], dict[str, FunctionSymbol]]:
        drawn = {
            n: self.reader.draw(("functions", n), n, f) for n, f in self.document.functions.items()
        }
        symbols: dict[str, FunctionSymbol] = {}
        made: list[CompiledFunction] = []
        for alias, rule_set in self.uses.items():
            for function in rule_set.functions:
                name = f"{alias}.{function.name}"
                symbols[name] = FunctionSymbol(function.parameters, function.node.type)
                made.append(replace(function, name=name))
        for name in self._ordered(drawn, FUNCTION_CYCLE, "functions"):
            document = self.document.functions[name]
            parameters = tuple(
                (p, declared_type(self.reader, q, "functions", name, "params", p))
                for p, q in document.params.items()
            )
            scope = Scope(
                names={**constants, **{p: Symbol(t, local=True) for p, t in parameters}},
                functions=symbols,
            )
            node = self._node(drawn[name], scope)
            made.append(CompiledFunction(name, parameters, node))
            symbols = {**symbols, name: FunctionSymbol(parameters, node.type)}
        return made, symbols

    def _decisions(self, scope: Scope) -> tuple[list[CompiledNode], Scope]:
        drawn = {
            n: self.reader.draw(("decisions", n), n, d) for n, d in self.document.decisions.items()
        }
        made = []
        order = self._ordered(drawn, CYCLE, "decisions")
        if any(d.code is CYCLE for d in self.reader.found):
            # The circle is told; its members' types are open, so that nothing else is told because of it.
            scope = replace(scope, names={**scope.names, **{name: Symbol(ANY) for name in order}})
        for name in order:
            node = self._node(drawn[name], scope)
            made.append(node)
            symbol = Symbol(node.type, conditions=node.conditions)
            scope = replace(scope, names={**scope.names, name: symbol})
        return made, scope

    def _ordered(self, drawn: Mapping[str, Drawn], cycle: Code, key: str) -> list[str]:
        """Sort by use, alphabetically where that leaves a choice; tells each circle once."""
        needs = {
            name: {
                n.name for node in d.nodes() for n in tree.walk(node) if isinstance(n, tree.Name)
            }
            & set(drawn)
            for name, d in drawn.items()
        }
        order: list[str] = []
        left = dict(sorted(needs.items()))
        while left:
            ready = [name for name, needed in left.items() if needed <= set(order)]
            if not ready:
                circle = _circle(left)
                self.reader.report(cycle, key, circle[0], path=" → ".join([*circle, circle[0]]))
                ready = [circle[0]]
            for name in ready:
                order.append(name)
                del left[name]
        return order

    def _node(self, drawn: Drawn, scope: Scope) -> CompiledNode:
        document = drawn.document
        only_if: ir.Ir | None = None
        conditions: tuple[tree.Node, ...] = ()
        if drawn.only_if is not None:
            only_if, faults = check_value(drawn.only_if[0], BOOLEAN, scope)
            self.reader.faults(faults, drawn.only_if[1])
            conditions = conjuncts(drawn.only_if[0])
            scope = scope.knowing(facts_of(drawn.only_if[0]))
        outputs = self._outputs(drawn)
        fragment = (
            drawn.value[1] if drawn.value else Fragment("", None, 0, self.loaded.span(*drawn.path))
        )
        value, table, type_ = None, None, outputs[0].type
        if document.value is not None:
            self._refuse_table_keys(drawn)
            if drawn.value is not None:
                value, faults = check_value(drawn.value[0], outputs[0].type, scope)
                self.reader.faults(faults, drawn.value[1])
                type_ = _narrowed(outputs[0].type, value.type)
        else:
            table = self._table(drawn, outputs, scope)
            type_ = _table_type(table)
        only_if_fragment = drawn.only_if[1] if drawn.only_if else None
        return CompiledNode(
            drawn.name,
            outputs,
            type_,
            value,
            fragment,
            table,
            only_if,
            only_if_fragment,
            conditions,
        )

    def _outputs(self, drawn: Drawn) -> tuple[Output, ...]:
        document = drawn.document
        if isinstance(document, DecisionNode) and document.outputs is not None:
            made = []
            for name, out in document.outputs.items():
                type_ = declared_type(self.reader, out, *drawn.path, "outputs", name)
                type_ = types.nullable(type_) if out.nullable else type_
                made.append(
                    Output(
                        name, type_, out.digits, out.one_of or out.ranked, out.ranked is not None
                    )
                )
            return tuple(made)
        type_ = declared_type(self.reader, document, *drawn.path)
        digits = document.digits if isinstance(document, DecisionNode) else None
        if isinstance(document, DecisionNode) and document.nullable:
            type_ = types.nullable(type_)
        return (
            Output(
                drawn.name,
                type_,
                digits,
                document.one_of or document.ranked,
                document.ranked is not None,
            ),
        )

    def _refuse_table_keys(self, drawn: Drawn) -> None:
        for key in ("hit_policy", "aggregate", "priority", "outputs", "default"):
            if key in drawn.document.model_fields_set:
                self.reader.report(NO_TABLE_KEY, *drawn.path, key, key=key)

    # --- tables --------------------------------------------------------------------------------

    def _table(self, drawn: Drawn, outputs: tuple[Output, ...], scope: Scope) -> CompiledTable:
        document = drawn.document
        conditions = tuple(self._head(node, fragment, scope) for node, fragment in drawn.heads)
        self._check_output_columns(drawn, outputs)
        frame = _Frame(drawn, conditions, outputs, scope)
        rows = tuple(self._row(frame, number) for number in range(len(document.rows or ())))
        default = self._default(drawn, outputs)
        if default is not None and any(all(t.any for t in row.tests) for row in rows):
            self.reader.report(DEFAULT_AND_REST, *drawn.path, "default")
        priority = self._priority(drawn, outputs)
        if document.aggregate is not None and (
            document.hit_policy != "collect" or len(outputs) != 1
        ):
            self.reader.report(BAD_AGGREGATE, *drawn.path, "aggregate")
        several = isinstance(document, DecisionNode) and document.outputs is not None
        return CompiledTable(
            document.hit_policy,
            document.aggregate,
            conditions,
            outputs,
            rows,
            default,
            priority,
            single=not several,
        )

    def _head(self, node: tree.Node | None, fragment: Fragment, scope: Scope) -> Condition:
        if node is None:
            return Condition(ir.Constant(None), fragment)
        made, faults = check_expression(node, scope)
        self.reader.faults(faults, fragment)
        return Condition(made, fragment)

    def _check_output_columns(self, drawn: Drawn, outputs: tuple[Output, ...]) -> None:
        names = [o.name for o in outputs]
        known = ", ".join(f"`{n}`" for n in names)
        for then in drawn.columns:
            if then not in names:
                near = nearest(then, [*names, *RESERVED_HEADS])
                self.reader.report(
                    UNKNOWN_OUTPUT, *drawn.path, "table", near=near, name=then, known=known
                )
        for name in names:
            if name not in drawn.columns:
                self.reader.report(MISSING_OUTPUT, *drawn.path, "table", name=name)

    def _row(self, frame: _Frame, number: int) -> CompiledRow:
        drawn = frame.drawn
        row = (drawn.document.rows or ())[number]
        span = self._row_span(drawn, number)
        if not _ROW_ID.fullmatch(row.id):
            self.reader.found.append(BAD_ROW_ID.at(span, id=row.id))
        elif row.id in frame.seen:
            self.reader.found.append(ROW_TWICE.at(span, id=row.id))
        frame.seen.add(row.id)
        cells = drawn.cells[number]
        first = len(frame.conditions)
        outputs, fragments = [], []
        for output in frame.outputs:
            column = drawn.columns.get(output.name)
            node, fragment = (None, None) if column is None else cells[first + column]
            outputs.append(self._output_cell(node, fragment, output, frame.scope))
            fragments.append(fragment or Fragment("", None, 0, span))
        texts = {head: row.then[index] for head, index in drawn.reserved.items()}
        place = {head: cells[first + index][1] for head, index in drawn.reserved.items()}
        return CompiledRow(
            row.id,
            tuple(self._test(cells[i], i, frame) for i in range(first)),
            tuple(outputs),
            tuple(fragments),
            self._reason_codes(texts.get("reason", "-"), place.get("reason")),
            _listed(texts.get("obligation", "-")),
            _text(texts.get("clause", "-")),
            _text(texts.get("note", "-")),
            span,
        )

    def _row_span(self, drawn: Drawn, number: int) -> Span | None:
        node = self.loaded.node(*drawn.path, "table")
        if drawn.text is not None and isinstance(node, Scalar):
            cell = drawn.text.rows[number].id
            return node.span_at(cell.start, cell.start + len(cell.text))
        return self.loaded.span(*drawn.path, "rows", number, "id")

    def _test(self, cell: tuple[tree.Node | None, Fragment], column: int, frame: _Frame) -> Test:
        node, fragment = cell
        if not isinstance(node, tree.UnaryTests):
            return Test(ir.Constant(value=True, type=BOOLEAN), fragment, constant=True, any=False)
        known = frame.tests.get((column, fragment.text))
        if known is None:
            type_ = frame.conditions[column].value.type
            made, faults = check_unary_tests(node, type_, frame.scope)
            self.reader.faults(faults, fragment)
            known = made, is_set(made, type_)
            if not faults:
                frame.tests[column, fragment.text] = known
        return Test(known[0], fragment, known[1], any=not node.tests)

    def _output_cell(
        self, node: tree.Node | None, fragment: Fragment | None, output: Output, scope: Scope
    ) -> ir.Ir:
        if node is None or fragment is None:
            return ir.Constant(None)
        made, faults = check_value(node, output.type, scope)
        self.reader.faults(faults, fragment)
        folded = fold(made) if ir.is_constant(made) else None
        return folded or made

    def _reason_codes(self, text: str, fragment: Fragment | None) -> tuple[str, ...]:
        codes = _listed(text)
        for code in codes:
            if code not in self.document.reasons:
                start = text.index(code)
                span = fragment.place(start, start + len(code)) if fragment else None
                self.reader.found.append(
                    UNKNOWN_REASON.at(span, near=nearest(code, self.document.reasons), code=code)
                )
        return codes

    def _default(self, drawn: Drawn, outputs: tuple[Output, ...]) -> CompiledRow | None:
        document = drawn.document
        if not isinstance(document, DecisionNode) or document.default is None:
            return None
        path = (*drawn.path, "default")
        given = dict(document.default)
        values = []
        for output in outputs:
            if output.name not in given:
                self.reader.report(MISSING_OUTPUT, *path, name=output.name)
                values.append(ir.Constant(None))
                continue
            value = read_data(
                self.reader,
                given.pop(output.name),
                types.without_null(output.type),
                *path,
                output.name,
            )
            values.append(ir.Constant(value, type=output.type))
        reason, obligation = str(given.pop("reason", "-")), str(given.pop("obligation", "-"))
        clause = given.pop("clause", None)
        for name in given:
            known = ", ".join(f"`{o.name}`" for o in outputs)
            self.reader.report(UNKNOWN_OUTPUT, *path, name, name=name, known=known)
        fragment = self.reader.fragment(reason, *path, "reason")
        return CompiledRow(
            "default",
            (),
            tuple(values),
            (),
            self._reason_codes(reason, fragment),
            _listed(obligation),
            clause,
        )

    def _priority(self, drawn: Drawn, outputs: tuple[Output, ...]) -> tuple[str, ...]:
        document = drawn.document
        if document.hit_policy in {"priority", "output_order"} and not document.priority:
            self.reader.report(
                NEEDS_PRIORITY, *drawn.path, "hit_policy", policy=document.hit_policy
            )
        for index, value in enumerate(document.priority or ()):
            members = outputs[0].members
            if members is not None and value not in members:
                known = ", ".join(f"`{m}`" for m in members)
                self.reader.report(
                    NOT_MEMBER,
                    *drawn.path,
                    "priority",
                    index,
                    near=nearest(value, members),
                    text=value,
                    known=known,
                )
        return document.priority or ()

    # --- reasons and guarantees ----------------------------------------------------------------

    def _placeholders(self, names: set[str]) -> dict[str, tuple[str, ...]]:
        found = {}
        for code, text in self.document.reasons.items():
            used: dict[str, None] = {}
            for lang in LANGS:
                for name in _PLACEHOLDER.findall(text[lang]):
                    if name not in names:
                        self.reader.report(
                            BAD_PLACEHOLDER,
                            "reasons",
                            code,
                            lang,
                            near=nearest(name, names),
                            name=name,
                        )
                    used[name] = None
            if used:
                found[code] = tuple(used)
        return found

    def _claim(self, index: int, scope: Scope, decisions: list[CompiledNode]) -> Claim | None:
        guarantee = self.document.guarantees[index]
        path = ("guarantees", index)
        kinds = ("always", "never_decreases", "never_worse", "independent_of", "unchanged_from")
        given = [kind for kind in kinds if getattr(guarantee, kind) is not None]
        if len(given) != 1 or (given[0] in {"never_decreases", "never_worse"}) != (
            guarantee.when_rises is not None
        ):
            self.reader.report(BAD_GUARANTEE, *path)
            return None
        kind, subject = given[0], str(getattr(guarantee, given[0]))
        fragment = self.reader.fragment(subject, *path, kind)
        if kind == "always":
            parsed = self.reader.expression(subject, *path, kind)
            if parsed is None:
                return None
            knowing = scope.knowing(("applicable", d.name) for d in decisions)
            made, faults = check_value(parsed[0], BOOLEAN, knowing)
            self.reader.faults(faults, fragment)
            return Claim(guarantee.id, kind, subject, None, made, fragment)
        if kind in {"never_decreases", "never_worse"}:
            self._check_claimed(guarantee, kind, scope, decisions, path)
        return Claim(
            guarantee.id, kind, subject, guarantee.when_rises or guarantee.of, None, fragment
        )

    def _check_claimed(
        self,
        guarantee: Guarantee,
        kind: str,
        scope: Scope,
        decisions: list[CompiledNode],
        path: tuple[str | int, ...],
    ) -> None:
        subject, rises = str(getattr(guarantee, kind)), guarantee.when_rises or ""
        outputs = {o.name: o for d in decisions for o in d.outputs}
        for name, key, known in (
            (subject, kind, outputs),
            (rises, "when_rises", self.document.inputs),
        ):
            if name not in known:
                near = nearest(name, known)
                self.reader.report(
                    BAD_FORM,
                    *path,
                    key,
                    near=near,
                    text=name,
                    example=near or next(iter(known), "name"),
                )
                return
        if kind == "never_worse" and not outputs[subject].ranked:
            self.reader.report(NOT_RANKED, *path, kind, name=subject)
        for name, type_ in ((rises, scope.names[rises].type), (subject, outputs[subject].type)):
            number = isinstance(types.without_null(type_), NumberType)
            if not number and (name == rises or kind == "never_decreases"):
                self.reader.report(NOT_A_NUMBER_HERE, *path, name=name)


# --- small questions ---------------------------------------------------------------------------


def _circle(needs: Mapping[str, set[str]]) -> list[str]:
    """Walk along needs until a name comes again: that is a circle; it starts at its smallest name."""
    walk = [min(needs)]
    while True:
        following = min(n for n in needs[walk[-1]] if n in needs)
        if following in walk:
            circle = walk[walk.index(following) :]
            start = circle.index(min(circle))
            return circle[start:] + circle[:start]
        walk.append(following)


def _listed(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(part.strip() for part in text.split(";") if part.strip())


def _text(text: str) -> str | None:
    return None if text == "-" else text


def _narrowed(declared: Type, given: Type) -> Type:
    """The declared type with the bounds and members that the expression is known to keep."""
    if isinstance(declared, NumberType) and isinstance(given, NumberType):
        return NumberType(declared.unit, given.low, given.high, given.scale)
    if (
        isinstance(declared, StringType)
        and declared.members is None
        and isinstance(given, StringType)
    ):
        return given
    return declared


def _table_type(table: CompiledTable) -> Type:
    """The type of a table's value."""
    narrowed = []
    rows = (*table.rows, table.default) if table.default else table.rows
    for index, output in enumerate(table.outputs):
        joined: Type | None = None
        for row in rows:
            given = row.outputs[index].type
            joined = given if joined is None else types.join(joined, given) or ANY
        narrowed.append(_narrowed(output.type, joined or ANY))
    if table.aggregate in {"sum", "count"}:
        unit = (
            narrowed[0].unit
            if table.aggregate == "sum" and isinstance(narrowed[0], NumberType)
            else ()
        )
        return NumberType(unit)
    if table.aggregate is not None:
        return types.plain_number(narrowed[0])
    value: Type = (
        narrowed[0]
        if table.single
        else ContextType(tuple((o.name, t) for o, t in zip(table.outputs, narrowed, strict=True)))
    )
    return ListType(value) if table.collects else value
