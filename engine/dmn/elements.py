"""The parts of a DMN model as its author wrote them: requirements graph, types and boxed expressions.

Names are those of the standard (DMN 1.5, chapters 6, 7 and 10.2). Expressions stay text until they run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.diagnostics import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.diagnostics import Code, Diagnostic


@dataclass(frozen=True, slots=True, eq=False)
class FeelText:
    """The text of an expression or of unary tests, and where it starts; two places are two texts."""

    text: str
    path: str = ""
    line: int = 1
    column: int = 1

    def placed(self, diagnostic: Diagnostic, offset: int = 0) -> Diagnostic:
        """Move a diagnostic about the text, with `offset` signs before it, to its place in the model."""
        span = diagnostic.span
        if span is None:
            return diagnostic
        first = self._place(span.line, span.column - offset)
        last = self._place(span.end_line, span.end_column - offset)
        return replace(diagnostic, span=Span(self.path, *first, *last))

    def _place(self, line: int, column: int) -> tuple[int, int]:
        if line == 1:
            return self.line, self.column + max(1, column) - 1
        return self.line + line - 1, column


@dataclass(frozen=True, slots=True)
class Parameter:
    """A formal parameter, a column or a component: a name and the reference to its type."""

    name: str
    type_ref: str | None = None


# --- boxed expressions -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Boxed:
    type_ref: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class LiteralExpression(_Boxed):
    """FEEL text (7.3.4)."""

    text: FeelText


@dataclass(frozen=True, slots=True)
class InputClause:
    """The head of a condition column; `values` are the unary tests that its value must pass."""

    expression: Boxed
    values: FeelText | None = None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """The head of an output column; `values` lists what it can give, best first."""

    name: str
    type_ref: str | None = None
    values: FeelText | None = None
    default: Boxed | None = None


@dataclass(frozen=True, slots=True)
class TableRule:
    """One row of a decision table."""

    id: str
    tests: tuple[FeelText, ...]
    outputs: tuple[Boxed, ...]
    annotations: tuple[str, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class DecisionTable(_Boxed):
    """A decision table (chapter 8)."""

    hit_policy: str
    aggregation: str | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[TableRule, ...]
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One entry of a boxed context; without a name it is the result."""

    name: str | None
    value: Boxed
    type_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Context(_Boxed):
    """A boxed context (10.2.1.4)."""

    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class Invocation(_Boxed):
    """A boxed invocation with its bindings by parameter (10.2.1.3)."""

    function: Boxed
    bindings: tuple[tuple[str, Boxed], ...]


@dataclass(frozen=True, slots=True)
class Relation(_Boxed):
    """A boxed relation: a list of contexts with the same entries (10.2.1.6)."""

    columns: tuple[Parameter, ...]
    rows: tuple[tuple[Boxed, ...], ...]


@dataclass(frozen=True, slots=True)
class BoxedList(_Boxed):
    """A boxed list (10.2.1.5)."""

    items: tuple[Boxed, ...]


@dataclass(frozen=True, slots=True)
class FunctionDefinition(_Boxed):
    """A boxed function (10.2.1.7)."""

    parameters: tuple[Parameter, ...]
    body: Boxed


@dataclass(frozen=True, slots=True)
class Conditional(_Boxed):
    """A boxed conditional (10.2.1.8)."""

    condition: Boxed
    yes: Boxed
    no: Boxed


@dataclass(frozen=True, slots=True)
class Filter(_Boxed):
    """A boxed filter (10.2.1.9)."""

    domain: Boxed
    match: Boxed


@dataclass(frozen=True, slots=True)
class Iterator(_Boxed):
    """A boxed iterator: `for`, `some` or `every` (10.2.1.10)."""

    kind: Literal["for", "some", "every"]
    variable: str
    domain: Boxed
    body: Boxed


@dataclass(frozen=True, slots=True)
class Refused(_Boxed):
    """An expression that has no value here, and why: a foreign language, or nothing at all."""

    code: Code
    args: Mapping[str, str] = field(default_factory=dict)


Boxed: TypeAlias = (
    LiteralExpression
    | DecisionTable
    | Context
    | Invocation
    | Relation
    | BoxedList
    | FunctionDefinition
    | Conditional
    | Filter
    | Iterator
    | Refused
)


# --- types and the requirements graph ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A named type (7.3.2): an alias, a structure, a collection of one of them, or a function."""

    name: str
    type_ref: str | None = None
    collection: bool = False
    components: tuple[ItemDefinition, ...] = ()
    allowed: FeelText | None = None
    constraint: FeelText | None = None
    parameters: tuple[Parameter, ...] | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an element of this model, or of the one that has the namespace."""

    namespace: str
    id: str
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drg:
    id: str
    name: str
    type_ref: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class InputData(_Drg):
    """A value that comes from outside."""


@dataclass(frozen=True, slots=True)
class Decision(_Drg):
    """A decision: what it requires, and its logic."""

    requires: tuple[Reference, ...]
    logic: Boxed | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class BusinessKnowledgeModel(_Drg):
    """A function with a name that decisions and other ones can require."""

    requires: tuple[Reference, ...]
    function: FunctionDefinition | None


@dataclass(frozen=True, slots=True)
class DecisionService(_Drg):
    """A part of the graph that is called as one (6.3.7 and 10.4)."""

    outputs: tuple[Reference, ...]
    encapsulated: tuple[Reference, ...]
    input_decisions: tuple[Reference, ...]
    input_data: tuple[Reference, ...]


DrgElement: TypeAlias = InputData | Decision | BusinessKnowledgeModel | DecisionService


@dataclass(frozen=True, slots=True)
class Import:
    """An import of another model, whose names stand behind `name`."""

    name: str
    namespace: str
    kind: str
    location: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Definitions:
    """One model file."""

    name: str
    namespace: str
    version: str
    imports: tuple[Import, ...]
    types: Mapping[str, ItemDefinition]
    elements: Mapping[str, DrgElement]
    names: frozenset[str]
    """The names of components, entries and columns that are no plain identifiers: the reader of FEEL must know them."""
