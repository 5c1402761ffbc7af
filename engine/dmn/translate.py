"""A DMN model as the text of a strict rule set, with a report of every part that cannot be one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.dmn import elements as dmn
from engine.dmn.documents import head_lines, quoted
from engine.dmn.wording import INTERPOLATE, Wording
from engine.feel import tree
from engine.feel.builtins import FUNCTIONS
from engine.feel.parser import KEYWORDS, parse_expression, parse_unary_tests
from engine.feel.types import parse_type
from engine.kernel.diagnostics import Code, Diagnostic, Phrase, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.dmn.documents import Head
    from engine.dmn.elements import Boxed
    from engine.dmn.model import DmnModel
    from engine.kernel.diagnostics import Span

NOT_RULES = Code(
    "DMN-RULES-001",
    "a rule set has no place for {what} in `{name}`",
    "规则集无法表达 `{name}` 中的{what}",
    "keep the model as it is: import it without `--as rules`",
    "请保留模型：导入时不加 `--as rules`",
)
RENAMED = Code(
    "DMN-RULES-002",
    "`{name}` is called `{instead}` in the rule set",
    "`{name}` 在规则集中改称 `{instead}`",
    "a rule set's names are single words",
    "规则集的名称是单个词",
    Severity.WARNING,
)
EMPTY = Code(
    "DMN-RULES-003",
    "the model has no decision that a rule set can carry",
    "模型中没有可由规则集表达的决策",
    "keep the model as it is",
    "请保留模型",
)

_SERVICE, _IMPORT = Phrase("a decision service", "决策服务"), Phrase("an import", "导入")
_STRUCTURE = Phrase("a structured type", "结构类型")
_TYPE = Phrase("the type `{0}`", "类型 `{0}`")
_TABLE = Phrase("a table inside an expression", "表达式中的表格")
_BOXED = Phrase("an expression of this kind", "此类表达式")
_SYNTAX = Phrase("an expression that cannot be read", "无法读取的表达式")
_UNTYPED = Phrase("a value without a type", "没有类型的值")
_ALLOWED = Phrase("these allowed values", "这些允许值")
_OUTPUT_VALUES = Phrase("these output values", "这些输出值")
_FUNCTION = Phrase("a function as a value", "作为值的函数")
_DEFAULT = Phrase("a default that is no plain value", "非简单值的默认输出")


def translate_model(model: DmnModel, head: Head) -> tuple[str, list[Diagnostic]]:
    """Write a model as the text of a rule set; what is found names each part that it could not carry.

    The text is a draft: the checker of rule sets says where the strict meaning asks for more, such as a
    guard for a value that may be missing.
    """
    translator = _Translator(model)
    lines = [*head_lines("rule_set", head, model.name), 'feel: "1"', *translator.body()]
    return "\n".join(lines) + "\n", translator.found


class _LossError(Exception):
    """Ends the translation of one element: what it holds has no place in a rule set."""

    def __init__(self, what: Phrase, span: Span | None = None) -> None:
        super().__init__(what)
        self.what, self.span = what, span


@dataclass(slots=True)
class _Translator:
    model: DmnModel
    found: list[Diagnostic] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def body(self) -> Iterator[str]:
        elements = [
            element
            for element in self.model.linked.definitions.elements.values()
            if not _is_interpolate(element)
        ]
        for element in elements:
            self.name(element.name, element.span)
        for name in sorted(self.model.linked.definitions.names):
            self.name(name)
        for asked in self.model.linked.definitions.imports:
            self.lose(_IMPORT, asked.name or asked.namespace, asked.span)
        inputs = self.section(
            "inputs", (e for e in elements if isinstance(e, dmn.InputData)), self.input
        )
        functions = self.section(
            "functions",
            (e for e in elements if isinstance(e, dmn.BusinessKnowledgeModel)),
            self.function,
        )
        constants = [e for e in elements if _constant(e) is not None]
        params = self.section("params", iter(constants), self.parameter)
        rest = (e for e in elements if isinstance(e, dmn.Decision) and e not in constants)
        decisions = self.section("decisions", rest, self.decision)
        for element in elements:
            if isinstance(element, dmn.DecisionService):
                self.lose(_SERVICE, element.name, element.span)
        if not decisions:
            self.found.append(EMPTY.at(None))
        yield from inputs or ["inputs: {}"]
        yield from params
        yield from functions
        yield from decisions

    def section(
        self,
        key: str,
        elements: Iterator[dmn.DrgElement],
        write: Callable[[dmn.DrgElement], list[str]],
    ) -> list[str]:
        """Write the elements of a kind; one that cannot be carried is told and left out."""
        lines: list[str] = []
        for element in elements:
            try:
                lines += write(element)
            except _LossError as loss:
                self.lose(loss.what, element.name, loss.span or element.span)
        return [f"{key}:", *lines] if lines else []

    def lose(self, what: Phrase, name: str, span: Span | None) -> None:
        self.found.append(NOT_RULES.at(span, what=what, name=name))

    def name(self, name: str, span: Span | None = None) -> str:
        """Call a name by one word; another one than the model's is told."""
        if name not in self.names:
            word = re.sub(r"\W+", "_", name).strip("_")
            if not word or word[0].isdigit() or word in KEYWORDS or word in FUNCTIONS:
                word = f"n_{word}"
            while word in self.names.values():
                word += "_"
            self.names[name] = word
            if word != name:
                self.found.append(RENAMED.at(span, name=name, instead=word))
        return self.names[name]

    # --- types ---------------------------------------------------------------------------------

    def type_keys(self, type_ref: str | None, span: Span | None) -> list[str]:
        """Write the keys that say a type: `type`, with `one_of` or `range` from its allowed values."""
        if type_ref is None:
            raise _LossError(_UNTYPED, span)
        definition, listed, allowed = self.model.linked.definitions.types.get(type_ref), False, None
        seen: set[str] = set()
        while definition is not None and definition.name not in seen:
            seen.add(definition.name)
            if definition.components:
                raise _LossError(_STRUCTURE, definition.span)
            if definition.parameters is not None:
                raise _LossError(_FUNCTION, definition.span)
            listed |= definition.collection
            allowed = allowed or definition.allowed or definition.constraint
            type_ref = definition.type_ref or "Any"
            definition = self.model.linked.definitions.types.get(type_ref)
        if type_ref in {"Any", "context", "function"} or parse_type(str(type_ref)) is None:
            raise _LossError(Phrase(_TYPE.format(type_ref), _TYPE.zh.format(type_ref)), span)
        keys = [f"type: {f'list<{type_ref}>' if listed else type_ref}"]
        return keys if allowed is None else [*keys, _allowed(allowed)]

    def input(self, element: dmn.DrgElement) -> list[str]:
        keys = self.type_keys(element.type_ref, element.span)
        definition = self.model.linked.definitions.types.get(element.type_ref or "")
        if definition is not None and _allows_null(definition.allowed):
            keys.append("nullable: true")
        return [f"  {self.name(element.name)}: {{{', '.join(keys)}}}"]

    def parameter(self, element: dmn.DrgElement) -> list[str]:
        """Write a decision that is a constant as a param, which functions can read too."""
        keys = self.type_keys(element.type_ref, element.span)
        value = f"value: {_constant(element)}"
        return [
            f"  {self.name(element.name)}: {{{', '.join([*keys, value, 'provenance: human_set'])}}}"
        ]

    # --- expressions ---------------------------------------------------------------------------

    def feel(self, node: Boxed) -> str:
        """Write a boxed expression as one of FEEL."""
        match node:
            case dmn.LiteralExpression():
                return self.worded(node.text)
            case dmn.Conditional():
                parts = map(self.feel, (node.condition, node.yes, node.no))
                return "if {} then {} else {}".format(*parts)
            case dmn.BoxedList():
                return f"[{', '.join(map(self.feel, node.items))}]"
            case dmn.Context():
                return self.context(node)
            case dmn.Relation():
                columns = [self.name(c.name) for c in node.columns]
                rows = (
                    ", ".join(f"{c}: {self.feel(v)}" for c, v in zip(columns, row, strict=True))
                    for row in node.rows
                )
                return f"[{', '.join(f'{{{row}}}' for row in rows)}]"
            case dmn.Filter():
                return f"({self.feel(node.domain)})[{self.feel(node.match)}]"
            case dmn.Iterator():
                word = "return" if node.kind == "for" else "satisfies"
                name, domain = self.name(node.variable), self.feel(node.domain)
                return f"{node.kind} {name} in {domain} {word} {self.feel(node.body)}"
            case dmn.Invocation():
                given = (f"{self.name(name)}: {self.feel(value)}" for name, value in node.bindings)
                return f"{self.feel(node.function)}({', '.join(given)})"
            case dmn.DecisionTable():
                raise _LossError(_TABLE, node.span)
            case dmn.FunctionDefinition():
                raise _LossError(_FUNCTION, node.span)
            case dmn.Refused():
                raise _LossError(_BOXED, node.span)

    def context(self, node: dmn.Context) -> str:
        entries = [
            f"{'result' if entry.name is None else self.name(entry.name)}: {self.feel(entry.value)}"
            for entry in node.entries
        ]
        result = ".result" if any(entry.name is None for entry in node.entries) else ""
        return f"{{{', '.join(entries)}}}{result}"

    def worded(self, text: dmn.FeelText) -> str:
        node, _ = parse_expression(text.text, names=self.known(), mode="dmn")
        return self.renamed(text, node)

    def tests(self, text: dmn.FeelText) -> str:
        node, _ = parse_unary_tests(text.text, names=self.known(), mode="dmn")
        return self.renamed(text, node)

    def known(self) -> list[str]:
        """The names with spaces or signs that texts use."""
        return [*self.names, *self.model.linked.definitions.names]

    def renamed(self, text: dmn.FeelText, node: tree.Node | None) -> str:
        if node is None:
            raise _LossError(_SYNTAX)
        return Wording(self.names).reworded(text.text, node)

    # --- decisions and functions ---------------------------------------------------------------

    def decision(self, element: dmn.DrgElement) -> list[str]:
        if not isinstance(element, dmn.Decision) or element.logic is None:
            raise _LossError(_BOXED, element.span)
        return self.node(element.name, element.type_ref, element.logic, element.span)

    def function(self, element: dmn.DrgElement) -> list[str]:
        if not isinstance(element, dmn.BusinessKnowledgeModel) or element.function is None:
            raise _LossError(_BOXED, element.span)
        parameters = []
        for parameter in element.function.parameters:
            keys = self.type_keys(parameter.type_ref, element.span)
            parameters.append(f"      {self.name(parameter.name)}: {{{', '.join(keys)}}}")
        lines = self.node(element.name, element.type_ref, element.function.body, element.span)
        return [lines[0], "    params:", *parameters, *lines[1:]]

    def node(self, name: str, type_ref: str | None, logic: Boxed, span: Span | None) -> list[str]:
        lines = [f"  {self.name(name)}:"]
        if isinstance(logic, dmn.Conditional) and _gives_null(logic.no):
            lines.append(f"    only_if: {quoted(self.feel(logic.condition))}")
            logic = logic.yes
        if isinstance(logic, dmn.DecisionTable):
            return [*lines, *self.table(self.name(name), type_ref, logic)]
        keys = self.type_keys(type_ref or logic.type_ref, span)
        text = " ".join(self.feel(logic).split("\n"))
        return [*lines, *(f"    {key}" for key in keys), f"    value: {quoted(text)}"]

    def table(self, name: str, type_ref: str | None, table: dmn.DecisionTable) -> list[str]:
        ranked = table.hit_policy in {"priority", "output_order"}
        if len(table.outputs) == 1:
            only = table.outputs[0]
            collects = table.hit_policy in {"collect", "rule_order", "output_order"}
            whole = None if collects and table.aggregation is None else type_ref
            named = whole or only.type_ref
            lines = [f"    {key}" for key in self.type_keys(named, table.span)]
            heads = [name]
        else:
            heads = [self.name(output.name) for output in table.outputs]
            lines = ["    outputs:"]
            for head, output in zip(heads, table.outputs, strict=True):
                keys = self.type_keys(output.type_ref, table.span)
                if ranked and output.values is not None:
                    keys.append(_priority(output.values))
                lines.append(f"      {head}: {{{', '.join(keys)}}}")
        lines.append(f"    hit_policy: {table.hit_policy}")
        if table.aggregation is not None:
            lines.append(f"    aggregate: {table.aggregation}")
        if ranked and len(table.outputs) == 1:
            lines.append(f"    {_priority(table.outputs[0].values)}")
        lines += self.default(heads, table)
        when = ", ".join(quoted(self.feel(clause.expression)) for clause in table.inputs)
        lines += [
            "    columns:",
            f"      when: [{when}]",
            f"      then: [{', '.join(map(quoted, heads))}, note]",
            "    rows:",
        ]
        return [*lines, *(self.row(rule) for rule in table.rules)]

    def default(self, heads: list[str], table: dmn.DecisionTable) -> list[str]:
        if all(output.default is None for output in table.outputs):
            return []
        values = []
        for head, output in zip(heads, table.outputs, strict=True):
            text = (
                output.default.text if isinstance(output.default, dmn.LiteralExpression) else None
            )
            values.append(f"{head}: {', '.join(_plain(text, _DEFAULT))}")
        return [f"    default: {{{', '.join(values)}}}"]

    def row(self, rule: dmn.TableRule) -> str:
        when = ", ".join(quoted(self.tests(test)) for test in rule.tests)
        then = ", ".join(quoted(self.feel(cell)) for cell in rule.outputs)
        note = quoted("; ".join(filter(None, rule.annotations)).replace("|", "/") or "-")
        return f"      - {{id: R{rule.id}, when: [{when}], then: [{then}, {note}]}}"


def _allowed(text: dmn.FeelText) -> str:
    """Write allowed values: texts as `one_of`, a single range as `range`."""
    node, _ = parse_unary_tests(text.text, mode="dmn")
    tests = [] if node is None else [t for t in node.tests if not _is_null(t)]
    if tests and all(isinstance(t, tree.Literal) and isinstance(t.value, str) for t in tests):
        return f"one_of: [{', '.join(_plain(text, _ALLOWED))}]"
    if len(tests) == 1 and isinstance(tests[0], tree.Range):
        return f"range: {quoted(text.text[tests[0].start : tests[0].end])}"
    raise _LossError(_ALLOWED)


def _priority(text: dmn.FeelText | None) -> str:
    return f"priority: [{', '.join(_plain(text, _OUTPUT_VALUES))}]"


def _allows_null(text: dmn.FeelText | None) -> bool:
    """Whether allowed values name `null`, so that a value may be missing."""
    node, _ = (None, []) if text is None else parse_unary_tests(text.text, mode="dmn")
    return node is not None and any(map(_is_null, node.tests))


def _plain(text: dmn.FeelText | None, what: Phrase) -> list[str]:
    """Write the texts, numbers or truth values of a list as data; anything else has no place."""
    node, _ = (None, []) if text is None else parse_unary_tests(text.text, mode="dmn")
    tests = () if node is None else node.tests
    made = []
    for test in tests:
        if _is_null(test):
            continue
        if not isinstance(test, tree.Literal) or test.value is None:
            raise _LossError(what)
        value = test.value
        made.append(str(value).lower() if isinstance(value, bool) else quoted(str(value)))
    if not made:
        raise _LossError(what)
    return made


def _constant(element: dmn.DrgElement) -> str | None:
    """The value, as data, of a decision that requires nothing and is one literal; None for any other."""
    if not isinstance(element, dmn.Decision) or element.requires:
        return None
    if not isinstance(element.logic, dmn.LiteralExpression) or not element.type_ref:
        return None
    node, _ = parse_expression(element.logic.text.text, mode="dmn")
    if not isinstance(node, tree.Literal) or node.value is None:
        return None
    return _plain(element.logic.text, _DEFAULT)[0]


def _is_interpolate(element: dmn.DrgElement) -> bool:
    """Whether a function is the one that export writes for the built-in, which rule sets have."""
    return (
        isinstance(element, dmn.BusinessKnowledgeModel)
        and element.name == "interpolate"
        and element.function is not None
        and isinstance(element.function.body, dmn.LiteralExpression)
        and element.function.body.text.text == INTERPOLATE
    )


def _gives_null(node: Boxed) -> bool:
    """Whether an expression is `null`: a decision that is null then does not apply."""
    return isinstance(node, dmn.LiteralExpression) and node.text.text.strip() == "null"


def _is_null(node: tree.Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
