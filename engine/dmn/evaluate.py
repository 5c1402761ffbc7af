"""The value of a decision, a function or a service of a model, with the cause of every null (10.4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from engine.dmn import elements as dmn
from engine.dmn.expressions import odd_names, offset
from engine.dmn.frames import Frame
from engine.dmn.item_types import NOT_OF_TYPE, UNKNOWN_TYPE, as_given, completed, converted
from engine.dmn.parser import NO_EXPRESSION
from engine.dmn.tables import table_value
from engine.feel import Function, Range, Run, evaluate_compiled
from engine.feel.backends.interpreter import (
    MAX_STANDARD_CALLS,
    NOT_COUNTABLE,
    TOO_MANY_CALLS,
    TOO_MANY_STEPS,
    domain_items,
)
from engine.feel.values import NoValueError, Value, call
from engine.kernel.diagnostics import Code, Diagnostic, nearest
from engine.kernel.errors import DocumentError, EvaluationError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from engine.dmn.elements import Boxed, DrgElement, FeelText, Reference
    from engine.dmn.expressions import Form, Reader
    from engine.dmn.item_types import ItemType
    from engine.dmn.linking import Model
    from engine.kernel.diagnostics import Span

UNKNOWN_REFERENCE = Code(
    "DMN-EVAL-003",
    "there is no element `{id}` in `{namespace}`",
    "`{namespace}` 中没有元素 `{id}`",
    "correct the reference",
    "请更正引用",
)
CIRCLE = Code(
    "DMN-EVAL-004",
    "the decision `{name}` requires itself in its turn",
    "决策 `{name}` 反过来又依赖自身",
    "break the circle",
    "请打断循环",
)
NO_PARAMETER = Code(
    "DMN-EVAL-005",
    "the function has no parameter `{name}`",
    "该函数没有参数 `{name}`",
    "its parameters are: {known}",
    "参数为：{known}",
)
MAX_FAULTS = 200


class BoundError(Exception):
    """Ends the evaluation of a decision that goes on for too long; the fault is kept already."""


@dataclass(slots=True)
class Graph:
    """The requirements graph during one evaluation: values given in place of elements, and those found."""

    inputs: Callable[[Model, dmn.InputData], Value]
    found: dict[tuple[int, str], Value] = field(default_factory=dict)
    running: set[tuple[int, str]] = field(default_factory=set)


class Evaluation:
    """One evaluation of a model: the readers of its texts, the steps and calls so far, the faults met."""

    def __init__(
        self,
        root: Model,
        readers: Mapping[int, Reader],
        inputs: Mapping[str, Value],
        now: dt.datetime | None = None,
    ) -> None:
        """Prepare to evaluate `root` with inputs by name, or by the name of an import and a name there."""
        self.root, self.readers, self.inputs = root, readers, inputs
        self.odd = frozenset(odd_names(dict(inputs)))
        self.paths = {id(model): path for path, model in root.models()}
        self.faults: list[Diagnostic] = []
        self.functions: dict[tuple[int, str], Function] = {}
        self.run = Run("dmn", now=now)

    # --- the graph -----------------------------------------------------------------------------

    def graph(self) -> Graph:
        """Begin with the inputs of the evaluation."""
        return Graph(self._input)

    def _input(self, home: Model, element: dmn.InputData) -> Value:
        """Find an input under the names of the imports that lead to its model, or under its plain name."""
        given: Value = self.inputs
        for name in self.paths[id(home)]:
            given = given.get(name) if isinstance(given, dict) else None
        if isinstance(given, dict) and element.name in given:
            return given[element.name]
        return None if self.root.has_input(element.name) else self.inputs.get(element.name)

    def element_value(self, home: Model, element: DrgElement, graph: Graph) -> Value:
        """Give the value of an element of the graph: data, a decision's value, or a function."""
        key = (id(home), element.id)
        if key in graph.found:
            return graph.found[key]
        if key in graph.running:
            self.fault(CIRCLE, element.span, element.name, name=element.name)
            return None
        graph.running.add(key)
        made: Value
        match element:
            case dmn.InputData():
                made = self.argument(
                    graph.inputs(home, element), element.type_ref, home, element.name, element.span
                )
            case dmn.Decision():
                made = self._decision(home, element, graph)
            case dmn.BusinessKnowledgeModel():
                made = self.knowledge(home, element)
            case _:
                made = self.service(home, element)
        graph.running.discard(key)
        graph.found[key] = made
        return made

    def argument(
        self, value: Value, type_ref: str | None, home: Model, element: str, span: Span | None
    ) -> Value:
        """Read a value that comes from outside: components that are left out are null."""
        type_ = home.types.find(type_ref) if type_ref else None
        value = value if type_ is None else completed(value, type_)
        return self.typed(value, type_ref, Frame(home, {}, element), span)

    def _decision(self, home: Model, decision: dmn.Decision, graph: Graph) -> Value:
        if decision.logic is None:
            self.fault(NO_EXPRESSION, decision.span, decision.name)
            return None
        try:
            frame = self._frame(home, decision.name, decision.requires, graph)
            value = self.value(decision.logic, frame)
        except BoundError:
            return None
        except RecursionError:  # the caller stands deep already
            self.fault(TOO_MANY_CALLS, decision.span, decision.name, limit=MAX_STANDARD_CALLS)
            return None
        return self.typed(value, decision.type_ref, frame, decision.span)

    def _frame(
        self, home: Model, element: str, requires: tuple[Reference, ...], graph: Graph
    ) -> Frame:
        """Collect the values that an element requires; imported ones stand behind their import's name."""
        values: dict[str, Value] = {}
        for reference in requires:
            found = home.find(reference)
            if found is None:
                told = {"id": reference.id, "namespace": reference.namespace}
                self.fault(UNKNOWN_REFERENCE, reference.span, element, **told)
                continue
            where, required = found
            value = self.element_value(where, required, graph)
            if alias := home.alias(where):
                behind = values.setdefault(alias, {})
                if isinstance(behind, dict):
                    behind[required.name] = value
            else:
                values[required.name] = value
        return Frame(home, values, element)

    # --- functions -----------------------------------------------------------------------------

    def knowledge(self, home: Model, model: dmn.BusinessKnowledgeModel) -> Value:
        """Give a business knowledge model as a function, which can call itself."""
        if model.function is None:
            self.fault(NO_EXPRESSION, model.span, model.name)
            return None
        key = (id(home), model.id)
        if key not in self.functions:
            frame = Frame(home, {}, model.name)
            made = self.functions[key] = self._function(model.function, frame, model.type_ref)
            # What it requires may require it in its turn: by now it is known.
            frame.values.update(self._frame(home, model.name, model.requires, self.graph()).values)
            frame.values[model.name] = made
        return self.functions[key]

    def _function(
        self, node: dmn.FunctionDefinition, frame: Frame, type_ref: str | None = None
    ) -> Function:
        """Make a function of a definition; it sees the names that stand where it is defined."""
        result = self._result_type(type_ref or node.type_ref, frame)

        def call(*arguments: Value) -> Value:
            given = {
                p.name: self.typed(a, p.type_ref, frame, node.span)
                for p, a in zip(node.parameters, arguments, strict=True)
            }
            with_arguments = frame.binding(given)
            with self.run.call():
                made = self.value(node.body, with_arguments)
            return self.conformed(made, result, frame, node.span)

        return Function(tuple(p.name for p in node.parameters), call)

    def _result_type(self, type_ref: str | None, frame: Frame) -> ItemType | None:
        """Find the type of a function's results: its own type says it, or it is the reference's meaning."""
        type_ = frame.home.types.find(type_ref) if type_ref else None
        while type_ is not None and type_.alias is not None and not type_.tests:
            type_ = type_.alias
        if type_ is not None and (type_.parameters is not None or type_.name == "function"):
            return type_.result
        return type_

    def service(self, home: Model, service: dmn.DecisionService) -> Function:
        """Give a decision service as a function of its input data and then its input decisions."""
        parameters = [
            found
            for reference in (*service.input_data, *service.input_decisions)
            if (found := self._found(home, reference, service.name)) is not None
        ]

        def call(*arguments: Value) -> Value:
            graph = Graph(lambda _home, _element: None)
            for (where, element), argument in zip(parameters, arguments, strict=True):
                value = self.argument(argument, element.type_ref, where, element.name, element.span)
                graph.found[id(where), element.id] = value
            with self.run.call():
                return self._served(home, service, graph)

        return Function(tuple(element.name for _, element in parameters), call)

    def _served(self, home: Model, service: dmn.DecisionService, graph: Graph) -> Value:
        made = {
            found[1].name: self.element_value(*found, graph)
            for reference in service.outputs
            if (found := self._found(home, reference, service.name)) is not None
        }
        value: Value = made
        if len(service.outputs) == 1:
            value = next(iter(made.values()), None)
        result = self._result_type(service.type_ref, Frame(home, {}, service.name))
        return self.conformed(value, result, Frame(home, {}, service.name), service.span)

    def _found(
        self, home: Model, reference: Reference, element: str
    ) -> tuple[Model, DrgElement] | None:
        found = home.find(reference)
        if found is None:
            told = {"id": reference.id, "namespace": reference.namespace}
            self.fault(UNKNOWN_REFERENCE, reference.span, element, **told)
        return found

    # --- types and faults ----------------------------------------------------------------------

    def fault(self, code: Code, span: Span | None, element: str, **args: object) -> None:
        """Keep why something is null."""
        self.keep(code.at(span, **{k: str(v) for k, v in args.items()}), element)

    def keep(self, diagnostic: Diagnostic, element: str) -> None:
        """Keep a fault with the element that it was met in."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(replace(diagnostic, where=element))

    def typed(self, value: Value, type_ref: str | None, frame: Frame, span: Span | None) -> Value:
        """Convert a value to a declared type; one that does not conform is null (10.3.2.9.4)."""
        if type_ref is None:
            return value
        type_ = frame.home.types.find(type_ref)
        if type_ is None:
            near = nearest(type_ref, frame.home.definitions.types)
            self.keep(UNKNOWN_TYPE.at(span, near=near, name=type_ref), frame.element)
            return value
        return self.conformed(value, type_, frame, span)

    def conformed(
        self, value: Value, type_: ItemType | None, frame: Frame, span: Span | None
    ) -> Value:
        """Convert a value to a type that was found."""
        if type_ is None or value is None:
            return value
        made, fits = converted(value, type_, lambda t, v: self.passes(t, v, frame))
        if not fits:
            told = {"name": type_.name, "given": as_given(value)}
            self.fault(NOT_OF_TYPE, span, frame.element, **told)
        return made

    def passes(self, tests: FeelText, value: Value, frame: Frame) -> bool:
        """Whether a value passes the unary tests of a type."""
        return self.text(tests, "tests", replace(frame, values={"?": value})) is True

    # --- expressions ---------------------------------------------------------------------------

    def text(self, text: FeelText, form: Form, frame: Frame) -> Value:
        """Evaluate a text; what is wrong with it is kept, and makes it null.

        Raises:
            BoundError: it goes on for too long.
        """
        before = len(self.run.told)
        moved = offset(form)
        try:
            read = self.readers[id(frame.home)].expression(text, form, frame.values, self.odd)
            return evaluate_compiled(read, frame.values, self.run)
        except DocumentError as error:
            self.run.told += error.diagnostics
            return None
        except EvaluationError as error:
            self.run.told.append(error.fault)
            raise BoundError from None
        finally:
            # What was called in between has taken its own along: the rest is about this text.
            for diagnostic in self.run.told[before:]:
                self.keep(text.placed(diagnostic, moved), frame.element)
            del self.run.told[before:]

    def value(self, node: Boxed, frame: Frame) -> Value:
        """Evaluate a boxed expression and convert its value to the type that is declared for it."""
        try:
            made = _VALUES[type(node)](self, node, frame)
        except NoValueError as error:
            self.fault(error.code, node.span, frame.element, **error.args_)
            if error.code in {TOO_MANY_CALLS, TOO_MANY_STEPS}:
                raise BoundError from None
            return None
        if isinstance(node, dmn.FunctionDefinition):
            return made
        return self.typed(made, node.type_ref, frame, node.span)

    def _literal(self, node: dmn.LiteralExpression, frame: Frame) -> Value:
        return self.text(node.text, "expression", frame)

    def _context(self, node: dmn.Context, frame: Frame) -> Value:
        made: dict[str, Value] = {}
        inner = frame.binding({})
        for entry in node.entries:
            value = self.typed(self.value(entry.value, inner), entry.type_ref, inner, node.span)
            if entry.name is None:
                return value
            made[entry.name] = inner.values[entry.name] = value
        return made

    def _invocation(self, node: dmn.Invocation, frame: Frame) -> Value:
        function = self.value(node.function, frame)
        given = {name: self.value(value, frame) for name, value in node.bindings}
        if not isinstance(function, Function) or function.free:
            return call(function, tuple(given.values()), tuple(given))
        if unknown := next((n for n in given if n not in function.parameters), None):
            known = ", ".join(f"`{p}`" for p in function.parameters)
            raise NoValueError(NO_PARAMETER, name=unknown, known=known or "-")
        return call(function, [given.get(p) for p in function.parameters])

    def _relation(self, node: dmn.Relation, frame: Frame) -> Value:
        return tuple(
            {
                column.name: self.typed(self.value(cell, frame), column.type_ref, frame, node.span)
                for column, cell in zip(node.columns, row, strict=True)
            }
            for row in node.rows
        )

    def _list(self, node: dmn.BoxedList, frame: Frame) -> Value:
        return tuple(self.value(item, frame) for item in node.items)

    def _function_value(self, node: dmn.FunctionDefinition, frame: Frame) -> Value:
        return self._function(node, frame)

    def _conditional(self, node: dmn.Conditional, frame: Frame) -> Value:
        holds = self.value(node.condition, frame) is True
        return self.value(node.yes if holds else node.no, frame)

    def _filter(self, node: dmn.Filter, frame: Frame) -> Value:
        domain = self.value(node.domain, frame)
        if isinstance(node.match, dmn.LiteralExpression):
            return self.text(node.match.text, "filter", frame.binding({"?": domain}))
        items = domain if isinstance(domain, tuple) else () if domain is None else (domain,)
        return tuple(
            item for item in items if self.value(node.match, frame.binding(_entries(item))) is True
        )

    def _iterator(self, node: dmn.Iterator, frame: Frame) -> Value:
        results: list[Value] = []
        for item in self._items(self.value(node.domain, frame)):
            names = {node.variable: item}
            if node.kind == "for":
                names = {"partial": tuple(results), **names}
            results.append(self.value(node.body, frame.binding(names)))
        if node.kind == "for":
            return tuple(results)
        # One decisive item decides; else an unknown one leaves it unknown (10.3.2.6).
        decisive = node.kind == "some"
        if any(r is decisive for r in results):
            return decisive
        return None if any(r is not (not decisive) for r in results) else not decisive

    def _items(self, domain: Value) -> Iterator[Value]:
        if domain is None:
            raise NoValueError(NOT_COUNTABLE)
        listed = domain if isinstance(domain, tuple | Range) else (domain,)
        return domain_items(listed, self.run)

    def _table(self, node: dmn.DecisionTable, frame: Frame) -> Value:
        return table_value(node, frame, self)

    def _refused(self, node: dmn.Refused, _frame: Frame) -> Value:
        raise NoValueError(node.code, **node.args)


def _entries(item: Value) -> dict[str, Value]:
    """The names that an item brings into a filter: its entries, and `item` unless it has one of that name."""
    return {"item": item, **(item if isinstance(item, dict) else {})}


_VALUES = cast(
    "dict[type, Callable[[Evaluation, Boxed, Frame], Value]]",
    {
        dmn.LiteralExpression: Evaluation._literal,  # noqa: SLF001 - the table of forms belongs to the class
        dmn.Context: Evaluation._context,  # noqa: SLF001
        dmn.Invocation: Evaluation._invocation,  # noqa: SLF001
        dmn.Relation: Evaluation._relation,  # noqa: SLF001
        dmn.BoxedList: Evaluation._list,  # noqa: SLF001
        dmn.FunctionDefinition: Evaluation._function_value,  # noqa: SLF001
        dmn.Conditional: Evaluation._conditional,  # noqa: SLF001
        dmn.Filter: Evaluation._filter,  # noqa: SLF001
        dmn.Iterator: Evaluation._iterator,  # noqa: SLF001
        dmn.DecisionTable: Evaluation._table,  # noqa: SLF001
        dmn.Refused: Evaluation._refused,  # noqa: SLF001
    },
)
