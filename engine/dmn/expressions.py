"""FEEL texts of a model, compiled once for each set of names that their values have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.feel import compile_expression, compile_unary_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.dmn.elements import FeelText
    from engine.feel import Expression
    from engine.feel.types import Type
    from engine.feel.values import Value

Form: TypeAlias = Literal["expression", "tests", "values", "filter"]
"""How a text is read: as an expression, unary tests, the list of its values, or the condition of a filter."""

# What is written around a text so that FEEL reads it in its form; `?` is the list that is filtered. A line
# break ends the comment that a text may end with.
_AROUND = {"expression": ("", ""), "values": ("[", "\n]"), "filter": ("?[", "\n]")}
MAX_COMPILED = 50_000
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_DEEPEST = 50


def offset(form: Form) -> int:
    """Count the signs that are written before a text."""
    return len(_AROUND.get(form, ("", ""))[0])


@dataclass(frozen=True, slots=True)
class Reader:
    """The names of a model that FEEL must know as wholes, its types, and the texts compiled so far.

    What a text means depends on nothing but the model and the names in its inputs, so a text that was
    compiled for the same names is not compiled again.
    """

    names: frozenset[str]
    types: Mapping[str, Type] = field(default_factory=dict)
    compiled: dict[tuple[FeelText, Form, frozenset[str]], Expression] = field(default_factory=dict)

    def expression(
        self, text: FeelText, form: Form, values: Mapping[str, Value], inputs: frozenset[str]
    ) -> Expression:
        """Compile a text where names have `values`; `inputs` are the odd names inside the inputs.

        Raises:
            DocumentError: it cannot be read.
        """
        key = (text, form, inputs)
        if key not in self.compiled:
            if len(self.compiled) >= MAX_COMPILED:  # inputs of ever new names
                self.compiled.clear()
            entries = {*self.names, *inputs, *odd_names(dict(values))}
            if form == "tests":
                made = compile_unary_tests(text.text, values, entries=entries, types=self.types)
            else:
                before, after = _AROUND[form]
                whole = f"{before}{text.text}{after}"
                made = compile_expression(whole, values, entries=entries, types=self.types)
            self.compiled[key] = made
        return self.compiled[key]


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
