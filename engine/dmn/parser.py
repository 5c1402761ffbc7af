"""DMN XML to the parts of a model (DMN 1.1 to 1.5); what is wrong with its form is told all at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, cast

from lxml import etree

from engine.dmn.elements import (
    Boxed,
    BoxedList,
    BusinessKnowledgeModel,
    Conditional,
    Context,
    ContextEntry,
    Decision,
    DecisionService,
    DecisionTable,
    Definitions,
    DrgElement,
    FeelText,
    Filter,
    FunctionDefinition,
    Import,
    InputClause,
    InputData,
    Invocation,
    ItemDefinition,
    Iterator,
    LiteralExpression,
    OutputClause,
    Parameter,
    Reference,
    Refused,
    Relation,
    TableRule,
)
from engine.dmn.source import NAMESPACES, Source, child, children, local_name, read_source
from engine.kernel.diagnostics import Code, Diagnostic, in_order
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element as Element

NO_NAME = Code(
    "DMN-MODEL-001",
    "this `{element}` has no `{attribute}`",
    "该 `{element}` 缺少 `{attribute}`",
    "give it one",
    "请补上",
)
TWICE = Code(
    "DMN-MODEL-002",
    "the {what} `{name}` stands twice in this model",
    "{what} `{name}` 在模型中出现两次",
    "rename one of them",
    "请更改其中之一",
)
BAD_HIT_POLICY = Code(
    "DMN-MODEL-003",
    "`{text}` is not a {what}",
    "`{text}` 不是 {what}",
    "known: {known}",
    "可用：{known}",
)
WRONG_WIDTH = Code(
    "DMN-MODEL-004",
    "this row has {given} cells, and the table has {wanted} columns",
    "该行有 {given} 格，而表有 {wanted} 列",
    "give each row one cell a column; `-` fits everything",
    "请让每行的格数与列数一致；`-` 表示任意",
)
FOREIGN_LANGUAGE = Code(
    "DMN-EVAL-001",
    "this expression is written in `{language}`, and only FEEL is read",
    "该表达式用 `{language}` 写成，而这里只读 FEEL",
    "write it in FEEL",
    "请用 FEEL 重写",
)
NO_EXPRESSION = Code(
    "DMN-EVAL-002",
    "there is no expression here",
    "此处没有表达式",
    "give it an expression",
    "请补上表达式",
)
HIT_POLICIES = {
    "UNIQUE": "unique",
    "ANY": "any",
    "PRIORITY": "priority",
    "FIRST": "first",
    "RULE ORDER": "rule_order",
    "OUTPUT ORDER": "output_order",
    "COLLECT": "collect",
}
"""The hit policies of the standard (8.2.10), and what rule sets call them."""

AGGREGATIONS = {"SUM": "sum", "COUNT": "count", "MIN": "min", "MAX": "max"}
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def parse_model(xml: str | bytes, path: str = "") -> Definitions:
    """Read a model; raises DocumentError with everything that is wrong with its form."""
    reader = _Reader(read_source(xml, path))
    made = reader.definitions()
    if reader.found:
        raise DocumentError(in_order(reader.found))
    return made


class _Reader:
    """Reads one file; `found` collects what is wrong, `names` what is no plain identifier."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.names: set[str] = set()
        self.namespace = str(source.root.get("namespace") or "")
        self.prefixes: dict[str, str] = {}

    def report(self, code: Code, element: Element, /, **args: str | int) -> None:
        told = {name: str(value) for name, value in args.items()}
        self.found.append(code.at(self.source.span(element), **told))

    def attribute(self, element: Element, name: str) -> str:
        value = element.get(name)
        if value is None or not value.strip():
            self.report(NO_NAME, element, element=local_name(element), attribute=name)
            return ""
        return " ".join(value.split())

    def name(self, element: Element) -> str:
        """Read a name that expressions use; the reader of FEEL must know one with spaces or signs."""
        return self.known(self.attribute(element, "name"))

    def known(self, name: str) -> str:
        if name and not _IDENTIFIER.fullmatch(name):
            self.names.add(name)
        return name

    def definitions(self) -> Definitions:
        root = self.source.root
        if root.get("namespace") is None:
            self.report(NO_NAME, root, element="definitions", attribute="namespace")
        imports = tuple(self.import_(e) for e in children(root, "import"))
        self.prefixes = {i.namespace: i.name for i in imports}
        types: dict[str, ItemDefinition] = {}
        for element in children(root, "itemDefinition"):
            made = self.item(element)
            if made.name in types:
                self.report(TWICE, element, what="itemDefinition", name=made.name)
            types[made.name] = made
        return Definitions(
            root.get("name") or "",
            self.namespace,
            NAMESPACES[str(etree.QName(root).namespace)],
            imports,
            types,
            self.elements(root),
            frozenset(self.names),
        )

    def import_(self, element: Element) -> Import:
        return Import(
            " ".join((element.get("name") or "").split()),
            self.attribute(element, "namespace"),
            element.get("importType") or "",
            element.get("locationURI"),
            self.source.span(element),
        )

    def elements(self, root: Element) -> dict[str, DrgElement]:
        made: dict[str, DrgElement] = {}
        for element in children(root, *_DRG):
            found = _DRG[local_name(element)](self, element)
            if found.id and found.id in made:
                self.report(TWICE, element, what="id", name=found.id)
            made[found.id] = found
        return made

    # --- types ---------------------------------------------------------------------------------

    def type_ref(self, element: Element | None, attribute: str = "typeRef") -> str | None:
        """Read a reference to a type; the prefix of a qualified name becomes the import's name."""
        if element is None or not (text := element.get(attribute)):
            return None
        return self.qualified(text, element)

    def qualified(self, text: str, element: Element) -> str | None:
        text = " ".join(text.split())
        prefix, colon, local = text.partition(":")
        if colon and (namespace := element.nsmap.get(prefix)) is not None:
            imported = self.prefixes.get(namespace)
            text = f"{imported}.{local}" if imported else local
        return text.removeprefix("feel:") or None

    def variable_type(self, element: Element) -> str | None:
        return self.type_ref(child(element, "variable"))

    def item(self, element: Element) -> ItemDefinition:
        reference = child(element, "typeRef")
        text = (reference.text or "") if reference is not None else ""
        function = child(element, "functionItem")
        parameters = None
        if function is not None:
            parameters = tuple(self.parameter(e) for e in children(function, "parameters"))
        return ItemDefinition(
            self.name(element),
            self.type_ref(function, "outputTypeRef")
            if function is not None
            else self.qualified(text, element),
            element.get("isCollection") in {"true", "1"},
            tuple(self.item(e) for e in children(element, "itemComponent")),
            self.tests(child(element, "allowedValues")),
            self.tests(child(element, "typeConstraint")),
            parameters,
            self.source.span(element),
        )

    def parameter(self, element: Element) -> Parameter:
        return Parameter(self.name(element), self.type_ref(element))

    # --- the requirements graph ----------------------------------------------------------------

    def reference(self, element: Element) -> Reference:
        namespace, _, id_ = self.attribute(element, "href").rpartition("#")
        return Reference(namespace or self.namespace, id_, self.source.span(element))

    def references(self, element: Element, *names: str) -> tuple[Reference, ...]:
        return tuple(self.reference(e) for e in children(element, *names))

    def requires(self, element: Element) -> tuple[Reference, ...]:
        found: list[Reference] = []
        for requirement in children(element, "informationRequirement", "knowledgeRequirement"):
            found += self.references(
                requirement, "requiredInput", "requiredDecision", "requiredKnowledge"
            )
        return tuple(found)

    def input_data(self, element: Element) -> DrgElement:
        return InputData(**self.head(element))

    def decision(self, element: Element) -> DrgElement:
        logic = next((e for e in children(element) if local_name(e) in _BOXED), None)
        question = child(element, "description", "question")
        return Decision(
            self.requires(element),
            None if logic is None else self.boxed(logic),
            ((question.text or "").strip() if question is not None else ""),
            **self.head(element),
        )

    def knowledge(self, element: Element) -> DrgElement:
        logic = child(element, "encapsulatedLogic")
        function = None if logic is None else self.function(logic)
        return BusinessKnowledgeModel(self.requires(element), function, **self.head(element))

    def service(self, element: Element) -> DrgElement:
        return DecisionService(
            self.references(element, "outputDecision"),
            self.references(element, "encapsulatedDecision"),
            self.references(element, "inputDecision"),
            self.references(element, "inputData"),
            **self.head(element),
        )

    def head(self, element: Element) -> _Head:
        name = self.attribute(element, "name")
        return {
            "id": element.get("id") or name,
            "name": name,
            "type_ref": self.variable_type(element),
            "span": self.source.span(element),
        }

    # --- boxed expressions ---------------------------------------------------------------------

    def boxed(self, element: Element | None, parent: Element | None = None) -> Boxed:
        """Read an expression; what cannot be one is kept, and has no value when it runs."""
        if element is None:
            span = None if parent is None else self.source.span(parent)
            return Refused(NO_EXPRESSION, span=span)
        return _BOXED[local_name(element)](self, element)

    def inner(self, parent: Element | None, skip: int = 0) -> Boxed:
        """Read the first expression that stands in an element, or the one after `skip` others."""
        found = [e for e in children(parent) if local_name(e) in _BOXED]
        return self.boxed(found[skip] if len(found) > skip else None, parent)

    def place(self, element: Element) -> _Place:
        return {"type_ref": self.type_ref(element), "span": self.source.span(element)}

    def text(self, element: Element | None) -> FeelText | None:
        inner = child(element, "text")
        if inner is None or not (inner.text or "").strip():
            return None
        line, column = self.source.text_place(inner)
        return FeelText(inner.text or "", self.source.path, line, column)

    def tests(self, element: Element | None) -> FeelText | None:
        return None if element is None else self.text(element)

    def literal(self, element: Element) -> Boxed:
        language = element.get("expressionLanguage")
        place = self.place(element)
        if language and "feel" not in language.lower():
            return Refused(FOREIGN_LANGUAGE, {"language": language[:80]}, **place)
        text = self.text(element)
        return Refused(NO_EXPRESSION, **place) if text is None else LiteralExpression(text, **place)

    def table(self, element: Element) -> Boxed:
        outputs = tuple(self.output(e) for e in children(element, "output"))
        inputs = tuple(self.input(e) for e in children(element, "input"))
        rules = tuple(
            self.rule(e, number, len(inputs), len(outputs))
            for number, e in enumerate(children(element, "rule"), 1)
        )
        aggregation = element.get("aggregation")
        return DecisionTable(
            self.one_of(element, "hitPolicy", element.get("hitPolicy") or "UNIQUE", HIT_POLICIES),
            self.one_of(element, "aggregation", aggregation, AGGREGATIONS) if aggregation else None,
            inputs,
            outputs,
            rules,
            tuple(e.get("name") or "" for e in children(element, "annotation")),
            **self.place(element),
        )

    def one_of(self, element: Element, what: str, text: str, known: dict[str, str]) -> str:
        if text not in known:
            listed = ", ".join(f"`{k}`" for k in known)
            self.report(BAD_HIT_POLICY, element, text=text[:40], what=what, known=listed)
        return known.get(text, "")

    def input(self, element: Element) -> InputClause:
        head = child(element, "inputExpression")
        expression = self.boxed(None, element) if head is None else self.literal(head)
        return InputClause(expression, self.tests(child(element, "inputValues")))

    def output(self, element: Element) -> OutputClause:
        default = child(element, "defaultOutputEntry")
        return OutputClause(
            self.known(" ".join((element.get("name") or "").split())),
            self.type_ref(element),
            self.tests(child(element, "outputValues")),
            None if default is None else self.literal(default),
        )

    def rule(self, element: Element, number: int, inputs: int, outputs: int) -> TableRule:
        tests = [self.text(e) for e in children(element, "inputEntry")]
        cells = tuple(self.literal(e) for e in children(element, "outputEntry"))
        if (len(tests), len(cells)) != (inputs, outputs):
            given, wanted = len(tests) + len(cells), inputs + outputs
            self.report(WRONG_WIDTH, element, given=given, wanted=wanted)
        notes = [child(e, "text") for e in children(element, "annotationEntry")]
        return TableRule(
            str(number),
            # An empty input entry is irrelevant, as `-` is (8.2.8).
            tuple(FeelText("-") if test is None else test for test in tests),
            cells,
            tuple("" if e is None else (e.text or "").strip() for e in notes),
            self.source.span(element),
        )

    def context(self, element: Element) -> Boxed:
        return Context(
            tuple(self.entry(e) for e in children(element, "contextEntry")), **self.place(element)
        )

    def entry(self, element: Element) -> ContextEntry:
        variable = child(element, "variable")
        return ContextEntry(
            None if variable is None else self.name(variable),
            self.inner(element),
            self.type_ref(variable),
        )

    def invocation(self, element: Element) -> Boxed:
        bindings = []
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            name = self.attribute(parameter, "name") if parameter is not None else ""
            bindings.append((name, self.inner(binding)))
        return Invocation(self.inner(element), tuple(bindings), **self.place(element))

    def relation(self, element: Element) -> Boxed:
        columns = tuple(self.parameter(e) for e in children(element, "column"))
        rows = []
        for row in children(element, "row"):
            cells = tuple(self.boxed(e) for e in children(row) if local_name(e) in _BOXED)
            if len(cells) != len(columns):
                self.report(WRONG_WIDTH, row, given=len(cells), wanted=len(columns))
            rows.append(cells)
        return Relation(columns, tuple(rows), **self.place(element))

    def list_(self, element: Element) -> Boxed:
        items = tuple(self.boxed(e) for e in children(element) if local_name(e) in _BOXED)
        return BoxedList(items, **self.place(element))

    def function(self, element: Element) -> FunctionDefinition:
        parameters = tuple(self.parameter(e) for e in children(element, "formalParameter"))
        kind = element.get("kind") or "FEEL"
        body = (
            self.inner(element)
            if kind == "FEEL"
            else Refused(FOREIGN_LANGUAGE, {"language": kind[:80]}, span=self.source.span(element))
        )
        return FunctionDefinition(parameters, body, **self.place(element))

    def conditional(self, element: Element) -> Boxed:
        condition, yes, no = (self.inner(child(element, n)) for n in ("if", "then", "else"))
        return Conditional(condition, yes, no, **self.place(element))

    def filter(self, element: Element) -> Boxed:
        domain, match = (self.inner(child(element, n)) for n in ("in", "match"))
        return Filter(domain, match, **self.place(element))

    def iterator(self, element: Element) -> Boxed:
        kind = cast("Literal['for', 'some', 'every']", local_name(element))
        variable = self.known(self.attribute(element, "iteratorVariable"))
        body = self.inner(child(element, "return" if kind == "for" else "satisfies"))
        return Iterator(
            kind, variable, self.inner(child(element, "in")), body, **self.place(element)
        )


if TYPE_CHECKING:
    from typing import TypedDict

    from engine.kernel.diagnostics import Span

    class _Head(TypedDict):
        id: str
        name: str
        type_ref: str | None
        span: Span

    class _Place(TypedDict):
        type_ref: str | None
        span: Span


_DRG: dict[str, Callable[[_Reader, Element], DrgElement]] = {
    "inputData": _Reader.input_data,
    "decision": _Reader.decision,
    "businessKnowledgeModel": _Reader.knowledge,
    "decisionService": _Reader.service,
}
_BOXED: dict[str, Callable[[_Reader, Element], Boxed]] = {
    "literalExpression": _Reader.literal,
    "decisionTable": _Reader.table,
    "context": _Reader.context,
    "invocation": _Reader.invocation,
    "relation": _Reader.relation,
    "list": _Reader.list_,
    "functionDefinition": _Reader.function,
    "conditional": _Reader.conditional,
    "filter": _Reader.filter,
    "for": _Reader.iterator,
    "some": _Reader.iterator,
    "every": _Reader.iterator,
}
