"""A rule set as a DMN 1.5 model, with a report of what the standard has no place for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from lxml import etree

from engine.dmn.parser import AGGREGATIONS, HIT_POLICIES
from engine.dmn.source import NAMESPACES
from engine.dmn.wording import APPLIES, INTERPOLATE, Wording, feel_text, members_of, range_text
from engine.feel import ir, types
from engine.kernel.diagnostics import Code, Diagnostic, Phrase, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lxml.etree import _Element as Element

    from engine.feel.types import Type
    from engine.feel.values import Range
    from engine.rules.compiled import (
        CompiledFunction,
        CompiledInput,
        CompiledNode,
        CompiledRow,
        CompiledRuleSet,
        CompiledTable,
    )

NOT_CARRIED = Code(
    "DMN-EXPORT-001",
    "there is no place in DMN for {what} of `{name}`",
    "DMN 无法表达 `{name}` 的{what}",
    "the model decides without it; keep the rule set as the source",
    "模型不含此项；请以规则集为准",
    Severity.WARNING,
)
DEEP_USE = Code(
    "DMN-EXPORT-002",
    "`{name}` comes from a rule set that is used by a used one",
    "`{name}` 来自被引用规则集所引用的规则集",
    "export that rule set by itself, or use it directly",
    "请单独导出该规则集，或直接引用它",
)

_UNIT, _DIGITS = Phrase("the unit", "单位"), Phrase("the digits", "小数位数")
_SCALE, _DEFAULT = Phrase("the most places", "最多小数位数"), Phrase("the default", "默认值")
_GUARANTEES, _ASSUMPTIONS = Phrase("the guarantees", "保证"), Phrase("the assumptions", "前提")
_TEXTS = Phrase("the texts of the reasons, other than as annotations,", "原因说明（除批注外）")

_NAMESPACE = next(n for n, version in NAMESPACES.items() if version == "1.5")
_POLICIES = {ours: standard for standard, ours in HIT_POLICIES.items()}
_AGGREGATIONS = {ours: standard for standard, ours in AGGREGATIONS.items()}
_NOTES = ("reason", "obligation", "clause", "note")


@dataclass(frozen=True, slots=True)
class Exported:
    """A model as XML, and what of the rule set it does not carry."""

    xml: str
    found: tuple[Diagnostic, ...]


def export_rule_set(
    rule_set: CompiledRuleSet, uses: Mapping[str, CompiledRuleSet] | None = None
) -> Exported:
    """Write a compiled rule set as a DMN 1.5 model; `uses` are the rule sets that it uses, by alias.

    For inputs in range and given whole, each decision of the model has the value that the rule set
    gives it; one that does not apply is null.
    """
    writer = _Writer(rule_set, uses or {})
    root = writer.definitions()
    etree.indent(root, "  ")
    text = etree.tostring(root, encoding="unicode")
    return Exported(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', tuple(writer.found))


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _element(tag: str, /, *children: Element | None, text: str = "", **attributes: str) -> Element:
    """Make an element; attributes without a value are left out, and so are missing children."""
    made = etree.Element(_tag(tag), {k: v for k, v in attributes.items() if v})
    made.text = text or None
    made.extend(child for child in children if child is not None)
    return made


def _worded(tag: str, text: str, **attributes: str) -> Element:
    return _element(tag, _element("text", text=text), **attributes)


def _literal(text: str) -> Element:
    return _worded("literalExpression", text)


@dataclass(slots=True)
class _Writer:
    rule_set: CompiledRuleSet
    uses: Mapping[str, CompiledRuleSet]
    found: list[Diagnostic] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """The names of the decisions whose `is applicable` is asked for, and of what else texts used."""

    def lose(self, what: Phrase, name: str, *path: str | int) -> None:
        self.found.append(NOT_CARRIED.at(self.rule_set.loaded.span(*path), what=what, name=name))

    def definitions(self) -> Element:
        document = self.rule_set.document
        functions = [
            made for f in self.rule_set.functions if (made := self.function(f)) is not None
        ]
        decisions = [self.decision(node) for node in self.rule_set.decisions]
        root = etree.Element(
            _tag("definitions"),
            {
                "id": f"_{document.id}-{document.version}",
                "name": document.id,
                "namespace": f"urn:evenhand:rule_set:{document.id}:{document.version}",
            },
            nsmap=cast("dict[str, str]", {None: _NAMESPACE}),
        )
        told = f"{document.title.zh} · {document.title.en} · {document.clause} · {document.owner}"
        root.append(_element("description", text=told))
        root.extend(self.types())
        root.extend(self.input(i) for i in self.rule_set.inputs)
        root.extend(self.parameters())
        if "interpolate" in self.asked:
            names = ("x", "x0", "y0", "x1", "y1")
            root.append(
                _function(
                    "interpolate",
                    [(n, "number") for n in names],
                    _literal(INTERPOLATE),
                    (),
                    "number",
                )
            )
        root.extend(functions)
        root.extend(decisions)
        root.extend(self.applicable())
        self.report()
        return root

    def report(self) -> None:
        """Say what the standard has no place for."""
        document = self.rule_set.document
        for key, quantities in (("inputs", document.inputs), ("params", document.params)):
            for name, quantity in quantities.items():
                if quantity.unit is not None:
                    self.lose(_UNIT, name, key, name, "unit")
        for name, field_ in document.inputs.items():
            if field_.scale is not None:
                self.lose(_SCALE, name, "inputs", name, "scale")
            if field_.default is not None:
                self.lose(_DEFAULT, name, "inputs", name, "default")
        for name, node in document.decisions.items():
            if node.unit is not None:
                self.lose(_UNIT, name, "decisions", name, "unit")
            if node.digits is not None:
                self.lose(_DIGITS, name, "decisions", name, "digits")
        whole = {"guarantees": _GUARANTEES, "assume": _ASSUMPTIONS, "reasons": _TEXTS}
        for key, what in whole.items():
            if getattr(document, key):
                self.lose(what, document.id, key)

    # --- types ---------------------------------------------------------------------------------

    def types(self) -> Iterator[Element]:
        """Define the types of inputs and decisions that are more than a type of FEEL."""
        for declared in self.rule_set.inputs:
            made = _definition(
                f"t_{declared.name}", declared.type, declared.members, declared.range
            )
            if made is not None:
                yield made
        for node in (*self.rule_set.decisions, *(f.node for f in self.rule_set.functions)):
            if (made := _result_definition(node)) is not None:
                yield made

    def input(self, declared: CompiledInput) -> Element:
        named = _definition(f"t_{declared.name}", declared.type, declared.members, declared.range)
        type_ = _type_name(declared.type) if named is None else f"t_{declared.name}"
        label = declared.field.label
        return _element(
            "inputData",
            _element("description", text=f"{label.zh} · {label.en}") if label else None,
            _element("variable", name=declared.name, typeRef=type_),
            name=declared.name,
            id=_id(declared.name),
        )

    def parameters(self) -> Iterator[Element]:
        """Write the params as decisions that are constants."""
        for name, constant in self.rule_set.parameters.items():
            yield _decision(
                name, (), _literal(feel_text(constant.value)), _type_name(constant.type)
            )

    # --- functions and decisions ---------------------------------------------------------------

    def wording(self, home: str = "") -> Wording:
        """Say how the functions of a rule set are called: those of a used one with its alias before their names."""
        renamed = {
            f.name.removeprefix(home): f.name.replace(".", "_")
            for f in self.rule_set.functions
            if f.name.startswith(home)
        }
        members = {
            f.name.removeprefix(home): {name: members_of(t) for name, t in f.parameters}
            for f in self.rule_set.functions
            if f.name.startswith(home)
        }
        return Wording(renamed, members)

    def function(self, function: CompiledFunction) -> Element | None:
        home = function.home.removesuffix(".")
        if home and home not in self.uses:
            self.found.append(DEEP_USE.at(self.rule_set.loaded.span("uses"), name=function.name))
            return None
        own = {name for name, _ in function.parameters}
        wording = self.wording(function.home)
        # A function of a model can require no decision: the params in it are written as their values.
        params = (self.uses[home] if home else self.rule_set).parameters
        values = {name: feel_text(constant.value) for name, constant in params.items()}
        renamed = {
            **wording.renamed,
            **{name: f"({v})" if v.startswith("-") else v for name, v in values.items()},
        }
        wording.renamed = {k: v for k, v in renamed.items() if k not in own}
        logic = self.logic(function.node, wording)
        parameters = [(name, _type_name(t)) for name, t in function.parameters]
        return _function(
            function.name.replace(".", "_"),
            parameters,
            logic,
            self.requires(wording.used - own, frozenset()),
            _result_name(function.node),
        )

    def decision(self, node: CompiledNode) -> Element:
        wording = self.wording()
        logic = self.logic(node, wording)
        if node.only_if_fragment is not None:
            condition = _literal(wording.expression(node.only_if_fragment.text))
            branches = (
                _element("if", condition),
                _element("then", logic),
                _element("else", _literal("null")),
            )
            logic = _element("conditional", *branches)
        reads = frozenset().union(*(ir.reads(found) for found in _expressions(node)))
        document = self.rule_set.document.decisions[node.name]
        return _decision(
            node.name,
            self.requires(wording.used, reads),
            logic,
            _result_name(node),
            f"{document.label.zh} · {document.label.en}" if document.label else "",
        )

    def applicable(self) -> Iterator[Element]:
        """Write the decisions that say whether another one applies, where that is asked."""
        for node in self.rule_set.decisions:
            if node.name + APPLIES in self.asked:
                wording = self.wording()
                only_if = node.only_if_fragment
                text = "true" if only_if is None else wording.expression(only_if.text)
                reads = frozenset() if node.only_if is None else frozenset(ir.reads(node.only_if))
                requires = self.requires(wording.used, reads)
                yield _decision(node.name + APPLIES, requires, _literal(text), "boolean")

    def requires(self, used: set[str], reads: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """Say what an element requires: what its expressions read, and the params and functions in its texts."""
        self.asked |= used
        inputs = {i.name for i in self.rule_set.inputs}
        functions = {f.name.replace(".", "_") for f in self.rule_set.functions} | {"interpolate"}
        constants = set(self.rule_set.parameters)
        asked = {name for name in used if name.endswith(APPLIES)}
        decisions = {node.name for node in self.rule_set.decisions}
        return (
            *(("requiredInput", name) for name in sorted(reads & inputs)),
            *(
                ("requiredDecision", name)
                for name in sorted((reads & decisions) | (used & constants) | asked)
            ),
            *(("requiredKnowledge", name) for name in sorted(used & functions)),
        )

    def logic(self, node: CompiledNode, wording: Wording) -> Element:
        if node.table is None:
            return _literal(
                wording.expression(node.fragment.text, members_of(node.outputs[0].type))
            )
        table = self.table(node.table, wording)
        if node.table.single or len(node.table.outputs) > 1:
            return table
        # A table with one output gives the output; the rule set gives a context of it.
        name = node.table.outputs[0].name
        entry = _element("contextEntry", _element("variable", name="rows"), table)
        text = f"for r in rows return {{{name}: r}}" if node.table.collects else f"{{{name}: rows}}"
        return _element("context", entry, _element("contextEntry", _literal(text)))

    def table(self, table: CompiledTable, wording: Wording) -> Element:
        notes = [key for key in _NOTES if any(self.note(row, key) for row in table.rows)]
        return _element(
            "decisionTable",
            *(
                _element("input", _worded("inputExpression", wording.expression(c.fragment.text)))
                for c in table.conditions
            ),
            *(self.output(table, number) for number in range(len(table.outputs))),
            *(_element("annotation", name=key) for key in ("id", *notes)),
            *(self.row(table, row, notes, wording) for row in table.rows),
            hitPolicy=_POLICIES[table.hit_policy],
            aggregation=_AGGREGATIONS.get(table.aggregate or "", ""),
        )

    def output(self, table: CompiledTable, number: int) -> Element:
        output = table.outputs[number]
        order = table.priority if number == 0 else output.priority
        values = ", ".join(feel_text(v) for v in order)
        default = None
        if table.default is not None:
            cell = table.default.outputs[number]
            default = feel_text(cell.value) if isinstance(cell, ir.Constant) else None
        elif table.aggregate == "sum":
            default = "0"  # the sum of nothing, which the standard leaves null
        return _element(
            "output",
            _worded("outputValues", values) if values else None,
            _worded("defaultOutputEntry", default) if default else None,
            name=output.name,
            typeRef=_type_name(output.type) if not _collection(output.type) else "",
        )

    def row(
        self, table: CompiledTable, row: CompiledRow, notes: list[str], wording: Wording
    ) -> Element:
        cells = [
            _worded(
                "inputEntry",
                wording.tests(
                    test.fragment.text,
                    members_of(condition.value.type),
                    nullable=types.is_nullable(condition.value.type),
                ),
            )
            for condition, test in zip(table.conditions, row.tests, strict=True)
        ]
        outputs = [
            _worded("outputEntry", wording.expression(fragment.text, members_of(output.type)))
            for output, fragment in zip(table.outputs, row.fragments, strict=True)
        ]
        told = [
            _worded("annotationEntry", text)
            for text in (row.id, *(self.note(row, k) for k in notes))
        ]
        return _element("rule", *cells, *outputs, *told)

    def note(self, row: CompiledRow, key: str) -> str:
        """Write what a row says beside its outputs, as an annotation."""
        if key == "reason":
            texts = self.rule_set.reasons
            return "; ".join(f"{code}: {texts[code].zh} · {texts[code].en}" for code in row.reasons)
        if key == "obligation":
            return "; ".join(row.obligations)
        return (row.clause if key == "clause" else row.note) or ""


# --- elements ----------------------------------------------------------------------------------


def _id(name: str) -> str:
    return f"_{name}"


def _requirements(requires: Iterable[tuple[str, str]]) -> Iterator[Element]:
    for kind, name in requires:
        outer = "knowledgeRequirement" if kind == "requiredKnowledge" else "informationRequirement"
        yield _element(outer, _element(kind, href=f"#{_id(name)}"))


def _decision(
    name: str,
    requires: Iterable[tuple[str, str]],
    logic: Element,
    type_: str = "",
    description: str = "",
) -> Element:
    return _element(
        "decision",
        _element("description", text=description) if description else None,
        _element("variable", name=name, typeRef=type_),
        *_requirements(requires),
        logic,
        name=name,
        id=_id(name),
    )


def _function(
    name: str,
    parameters: Iterable[tuple[str, str]],
    logic: Element,
    requires: Iterable[tuple[str, str]],
    type_: str,
) -> Element:
    formal = [_element("formalParameter", name=n, typeRef=t) for n, t in parameters]
    return _element(
        "businessKnowledgeModel",
        _element("variable", name=name, typeRef=type_),
        _element("encapsulatedLogic", *formal, logic),
        *_requirements(requires),
        name=name,
        id=_id(name),
    )


def _expressions(node: CompiledNode) -> Iterator[ir.Ir]:
    if node.only_if is not None:
        yield node.only_if
    if node.value is not None:
        yield node.value
    if node.table is not None:
        yield from (c.value for c in node.table.conditions)
        for row in node.table.rows:
            yield from (test.condition for test in row.tests)
            yield from row.outputs


# --- types -------------------------------------------------------------------------------------


def _collection(type_: Type) -> bool:
    return isinstance(types.without_null(type_), types.ListType)


def _type_name(type_: Type) -> str:
    """Name a type as a reference to one of FEEL's; what has no such name is open."""
    inner = types.without_null(type_)
    if isinstance(inner, types.NumberType | types.StringType):
        return "number" if isinstance(inner, types.NumberType) else "string"
    if isinstance(inner, types.SimpleType) and inner not in {types.ANY, types.NULL}:
        return inner.name
    return "Any"


def _definition(
    name: str, type_: Type, members: tuple[str, ...] | None, range_: Range | None = None
) -> Element | None:
    """Define a type that is a list, or has members or a range; None when a type of FEEL will do."""
    inner = types.without_null(type_)
    listed = isinstance(inner, types.ListType)
    allowed = ", ".join(feel_text(m) for m in members or ())
    if range_ is not None:
        allowed = range_text(range_)
    if not allowed and not listed:
        return None
    if allowed and types.is_nullable(type_):
        allowed = f"null, {allowed}"
    return _element(
        "itemDefinition",
        _element(
            "typeRef", text=_type_name(inner.item if isinstance(inner, types.ListType) else inner)
        ),
        _worded("allowedValues", allowed) if allowed else None,
        name=name,
        isCollection="true" if listed else "",
    )


def _result_name(node: CompiledNode) -> str:
    """Name the type of a decision's or function's value."""
    if _result_definition(node) is not None:
        return f"t_{node.name}"
    if node.table is not None and node.table.aggregate in {"sum", "count"}:
        return "number"
    return _type_name(node.outputs[0].type)


def _result_definition(node: CompiledNode) -> Element | None:
    """Define the type of a value that is a list, a structure, or one of some members."""
    table, name = node.table, f"t_{node.name}"
    collects = table is not None and table.collects and table.aggregate is None
    if table is not None and not table.single:
        parts = (
            _element("itemComponent", _element("typeRef", text=_type_name(o.type)), name=o.name)
            for o in table.outputs
            if not _collection(o.type)
        )
        return _element(
            "itemDefinition", *parts, name=name, isCollection="true" if collects else ""
        )
    type_ = node.outputs[0].type
    members = members_of(type_)
    if collects and _collection(type_):
        return None
    return _definition(name, types.ListType(type_) if collects else type_, members)
