"""FEEL texts of a model to their typed form, once for each set of names, and their values and faults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.feel import tree
from engine.feel.checker import check_expression, check_unary_tests
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.scope import Scope, Symbol
from engine.feel.types import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.dmn.elements import FeelText
    from engine.feel import ir
    from engine.feel.types import Type
    from engine.feel.values import Value
    from engine.kernel.documents import Fault

Form: TypeAlias = Literal["expression", "tests", "each_test", "filter"]
"""How a text is read: as an expression, unary tests, each of its tests alone, or the condition of a filter."""

DOMAIN = "?in"
"""The name that the list of a boxed filter goes by; no author can write it."""

_IDENTIFIER = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Expression:
    """A text in typed form, or several for each of its tests, and what is wrong with it."""

    forms: tuple[ir.Ir, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """The names of a model that FEEL must know as wholes, its types, and the texts read so far.

    What a text means depends on nothing but the model and the names of its inputs, so a text that was
    read for the same names is not read again.
    """

    names: frozenset[str]
    types: Mapping[str, Type] = field(default_factory=dict)
    read: dict[tuple[FeelText, Form, frozenset[str]], Expression] = field(default_factory=dict)

    def expression(
        self, text: FeelText, form: Form, values: Mapping[str, Value], inputs: frozenset[str]
    ) -> Expression:
        """Read a text where names have `values`; `inputs` are the odd names inside the inputs."""
        key = (text, form, inputs)
        found = self.read.get(key)
        if found is None:
            found = self.read[key] = self._compiled(text, form, values, inputs)
        return found

    def _compiled(
        self, text: FeelText, form: Form, values: Mapping[str, Value], inputs: frozenset[str]
    ) -> Expression:
        names = {*self.names, *inputs, *odd_names(dict(values))}
        symbols = {name: Symbol(ANY, local=name == "?") for name in values}
        scope = Scope(names=symbols, mode="dmn")
        node: tree.Node | None
        if form in {"tests", "each_test"}:
            node, faults = parse_unary_tests(text.text, names=names, mode="dmn")
        else:
            node, faults = parse_expression(text.text, names=names, mode="dmn")
        if node is None:
            return Expression((), tuple(faults))
        made = []
        for part in _parts(node, form):
            if isinstance(part, tree.UnaryTests):
                one, more = check_unary_tests(part, ANY, scope)
            else:
                one, more = check_expression(part, scope)
            made.append(one)
            faults = [*faults, *more]
        return Expression(tuple(made), tuple(faults))


def _parts(node: tree.Node, form: Form) -> Iterator[tree.Node]:
    if form == "filter":
        place: tree.Place = {"start": node.start, "end": node.end}
        yield tree.Filter(tree.Name(DOMAIN, **place), node, **place)
    elif form == "each_test" and isinstance(node, tree.UnaryTests):
        for test in node.tests:
            yield tree.UnaryTests((test,), start=test.start, end=test.end)
    else:
        yield node


def odd_names(value: object, depth: int = 0) -> Iterable[str]:
    """Collect the names in a value that are no plain identifiers: the reader of FEEL must know them."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if not _IDENTIFIER.fullmatch(str(name)):
                yield str(name)
            yield from odd_names(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from odd_names(inner, depth + 1)


_DEEPEST = 50
