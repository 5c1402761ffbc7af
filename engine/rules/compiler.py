"""A rule set's document to its compiled form, with every finding about its content at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.feel import tree, types
from engine.feel.builtins import FUNCTIONS
from engine.feel.checker import check_value
from engine.feel.parser import KEYWORDS
from engine.feel.scope import FunctionSymbol, Scope, Symbol, conjuncts, facts_of
from engine.feel.types import ANY, BOOLEAN, STRING
from engine.kernel.diagnostics import LANGS, Code, Diagnostic, has_errors, in_order, nearest
from engine.kernel.errors import DocumentError
from engine.rules.claims import compile_claims
from engine.rules.compiled import (
    CompiledFunction,
    CompiledNode,
    CompiledRuleSet,
    Fragment,
    Output,
)
from engine.rules.decision import Used
from engine.rules.declarations import (
    check_places,
    declared_type,
    members_of,
    read_data,
    read_input,
    read_parameters,
)
from engine.rules.documents import DecisionNode
from engine.rules.generate import generate
from engine.rules.reading import Drawn, Reader
from engine.rules.rows import compile_table, narrowed_type, table_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.feel import ir
    from engine.feel.types import Type
    from engine.kernel.documents import Loaded
    from engine.rules.documents import Quantity, RuleSet

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
    "`{name}` stands under `{first}` and under `{second}`",
    "`{name}` 既在 `{first}` 又在 `{second}` 之下",
    "rename one of them",
    "请给其中一个改名",
)
RESERVED_NAME = Code(
    "RULE-NAME-002",
    "`{name}` is a word of the expression language",
    "`{name}` 是表达式语言的词",
    "choose another name",
    "请另取名称",
)
BAD_PLACEHOLDER = Code(
    "RULE-REASON-002",
    "`{{{name}}}` in this text is not an input, parameter or decision",
    "文中的 `{{{name}}}` 不是输入、参数或决策",
    "use a name of this rule set",
    "请使用本规则集中的名称",
)
NO_TABLE_KEY = Code(
    "RULE-TABLE-008",
    "`{key}` belongs to a table, and this decision is an expression",
    "`{key}` 属于表格，而此决策是表达式",
    "delete it, or write a table",
    "请删除，或改写成表格",
)
KEY_OF_OUTPUT = Code(
    "RULE-SHAPE-003",
    "`{key}` stands beside `outputs`",
    "`{key}` 与 `outputs` 并列",
    "write it under each output that it is about",
    "请写在相应的输出之下",
)

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def compile_rule_set(
    loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet] | None = None
) -> CompiledRuleSet:
    """Compile a rule set with its fast form; `uses` holds the rule sets it names, by alias.

    Raises DocumentError with every finding.
    """
    compiled, found = examine_rule_set(loaded, uses)
    if compiled is None:
        raise DocumentError(found)
    return replace(compiled, fast=generate(compiled))


def check_rule_set(
    loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet] | None = None
) -> list[Diagnostic]:
    """Give every finding about a rule set, in the order of its text."""
    return examine_rule_set(loaded, uses)[1]


def examine_rule_set(
    loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet] | None = None
) -> tuple[CompiledRuleSet | None, list[Diagnostic]]:
    """Compile a rule set without its fast form; gives it, None after an error, and every finding."""
    compiler = _Compiler(loaded, uses or {})
    compiled = compiler.compile()
    found = in_order(compiler.reader.found)
    return (None if has_errors(found) else compiled), found


class _Compiler:
    """Compiles one rule set and collects what it finds."""

    def __init__(self, loaded: Loaded[RuleSet], uses: Mapping[str, CompiledRuleSet]) -> None:
        self.loaded = loaded
        self.document = loaded.document
        self.uses = dict(sorted(uses.items()))
        self.reader = Reader(loaded)

    def compile(self) -> CompiledRuleSet:
        # The order of keys is no part of a document's identity: by name, so that none shows in an answer.
        self._check_names()
        inputs = tuple(
            read_input(self.reader, n, f) for n, f in sorted(self.document.inputs.items())
        )
        parameters = read_parameters(self.reader)
        constants = {name: Symbol(c.type, constant=c) for name, c in parameters.items()}
        functions, symbols = self._functions(constants)
        names = {**{i.name: Symbol(i.type) for i in inputs}, **constants}
        scope = Scope(names=names, functions=symbols)
        assumptions = [self._assumption(i, scope) for i in range(len(self.document.assume))]
        decisions, scope = self._decisions(scope)
        return CompiledRuleSet(
            self.loaded,
            inputs,
            parameters,
            tuple(functions),
            tuple(a for a in assumptions if a is not None),
            tuple(decisions),
            self.document.reasons,
            self._placeholders(set(names) | {d.name for d in decisions}),
            compile_claims(self.reader, scope, decisions),
            self._used(),
        )

    def _used(self) -> tuple[Used, ...]:
        """List the documents that decide: this one, then those it uses, each once."""
        own = Used("rule_set", self.document.id, self.document.version, self.loaded.hash)
        others = {used for rule_set in self.uses.values() for used in rule_set.used}
        return (own, *sorted(others))

    # --- names ---------------------------------------------------------------------------------

    def _check_names(self) -> None:
        seen: dict[str, str] = {}
        for key in ("inputs", "params", "functions", "decisions", "uses"):
            for name in getattr(self.document, key):
                self._check_name(name, seen, key, name)
                if name in FUNCTIONS and key != "inputs":
                    self.reader.report(RESERVED_NAME, key, name, name=name)
                seen.setdefault(name, key)
        for function, document in self.document.functions.items():
            constants = {n: k for n, k in seen.items() if k == "params"}
            for name in document.params:
                self._check_name(name, constants, "functions", function, "params", name)

    def _check_name(self, name: str, seen: Mapping[str, str], *path: str) -> None:
        if name in seen:
            second = ".".join(path[:-1])
            self.reader.report(NAME_TWICE, *path, name=name, first=seen[name], second=second)
        elif name in KEYWORDS:
            self.reader.report(RESERVED_NAME, *path, name=name)

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
        documents = self.document.functions
        drawn = {n: self.reader.draw(("functions", n), n, f) for n, f in documents.items()}
        made = [
            replace(function, name=f"{alias}.{function.name}")
            for alias, rule_set in self.uses.items()
            for function in rule_set.functions
        ]
        symbols = {f.name: FunctionSymbol(f.parameters, f.node.type) for f in made}
        parameters_of = {
            name: tuple(
                (p, declared_type(self.reader, q, "functions", name, "params", p))
                for p, q in document.params.items()
            )
            for name, document in documents.items()
        }
        order = self._ordered(drawn, FUNCTION_CYCLE, "functions")
        if any(d.code is FUNCTION_CYCLE for d in self.reader.found):
            # The circle is told; what its members give is open, so that nothing else is told because of it.
            symbols |= {n: FunctionSymbol(p, ANY) for n, p in parameters_of.items()}
        for name in order:
            parameters = parameters_of[name]
            local = {p: Symbol(t, local=True) for p, t in parameters}
            scope = Scope(names={**constants, **local}, functions=symbols)
            node = self._node(drawn[name], scope)
            made.append(CompiledFunction(name, parameters, node))
            symbols = {**symbols, name: FunctionSymbol(parameters, node.type)}
        return made, symbols

    def _decisions(self, scope: Scope) -> tuple[list[CompiledNode], Scope]:
        documents = self.document.decisions
        drawn = {n: self.reader.draw(("decisions", n), n, d) for n, d in documents.items()}
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
        needs = {name: _names_in(d.nodes()) & set(drawn) for name, d in drawn.items()}
        for name in FUNCTIONS.keys() & needs.keys():
            # Its name is refused already; a call of the built-in is no use of itself.
            needs[name].discard(name)
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
        only_if: ir.Ir | None = None
        only_if_fragment: Fragment | None = None
        conditions: tuple[tree.Node, ...] = ()
        if drawn.only_if is not None:
            condition, only_if_fragment = drawn.only_if
            only_if, faults = check_value(condition, BOOLEAN, scope)
            self.reader.faults(faults, only_if_fragment)
            conditions = conjuncts(condition)
            scope = scope.knowing(facts_of(condition))
        outputs = self._outputs(drawn)
        fragment = Fragment("", None, 0, self.loaded.span(*drawn.path))
        value, table, type_ = None, None, outputs[0].type
        if drawn.document.rows is not None:
            table = compile_table(self.reader, drawn, outputs, scope)
            outputs, type_ = table.outputs, table_type(table)
        else:
            self._refuse_table_keys(drawn)
            if drawn.value is not None:
                node, fragment = drawn.value
                value, faults = check_value(node, _wanted(node, outputs[0].type), scope)
                self.reader.faults(faults, fragment)
                type_ = narrowed_type(outputs[0].type, value.type)
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
        document, path = drawn.document, drawn.path
        if not isinstance(document, DecisionNode):
            return (self._output(drawn.name, document, None, *path),)
        if document.outputs is None:
            made = self._output(drawn.name, document, document.digits, *path)
            return (replace(made, type=types.nullable(made.type)) if document.nullable else made,)
        for key in ("type", "unit", "one_of", "ranked", "digits", "nullable"):
            if key in document.model_fields_set:
                self.reader.report(KEY_OF_OUTPUT, *path, key, key=key)
        several = []
        for name, out in document.outputs.items():
            made = self._output(name, out, out.digits, *path, "outputs", name)
            listed = tuple(
                read_data(self.reader, text, made.type, *path, "outputs", name, "priority", index)
                for index, text in enumerate(out.priority or ())
            )
            type_ = types.nullable(made.type) if out.nullable else made.type
            several.append(replace(made, type=type_, priority=listed))
        return tuple(several)

    def _output(
        self, name: str, quantity: Quantity, digits: int | None, *path: str | int
    ) -> Output:
        type_ = declared_type(self.reader, quantity, *path)
        check_places(self.reader, "digits", digits, type_, *path)
        return Output(name, type_, digits, members_of(quantity), quantity.ranked is not None)

    def _refuse_table_keys(self, drawn: Drawn) -> None:
        for key in ("hit_policy", "aggregate", "priority", "outputs", "default"):
            if key in drawn.document.model_fields_set:
                self.reader.report(NO_TABLE_KEY, *drawn.path, key, key=key)

    # --- reasons -------------------------------------------------------------------------------

    def _placeholders(self, names: set[str]) -> dict[str, tuple[str, ...]]:
        found = {}
        for code, text in self.document.reasons.items():
            used: dict[str, None] = {}
            for lang in LANGS:
                for name in _PLACEHOLDER.findall(text[lang]):
                    if name not in names:
                        near = nearest(name, names)
                        path = ("reasons", code, lang)
                        self.reader.report(BAD_PLACEHOLDER, *path, near=near, name=name)
                    used[name] = None
            if used:
                found[code] = tuple(used)
        return found


# --- small questions ---------------------------------------------------------------------------


def _wanted(node: tree.Node, type_: Type) -> Type:
    """What a value must be: alone in a cell a bare word is a member, in an expression it is a name."""
    if isinstance(node, tree.Name) and isinstance(types.without_null(type_), types.StringType):
        return types.nullable(STRING) if types.is_nullable(type_) else STRING
    return type_


def _names_in(nodes: Iterable[tree.Node]) -> set[str]:
    return {n.name for node in nodes for n in tree.walk(node) if isinstance(n, tree.Name)}


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
