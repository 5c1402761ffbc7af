"""Where an expression of a model stands, and what it asks of the evaluation that it is part of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.dmn.elements import Boxed, FeelText
    from engine.dmn.expressions import Form
    from engine.dmn.linking import Model
    from engine.feel.values import Value
    from engine.kernel.diagnostics import Code, Span


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression stands: its model, the values of the names there, and the element it is part of."""

    home: Model
    values: dict[str, Value]
    element: str

    def binding(self, names: Mapping[str, Value]) -> Frame:
        """Add names."""
        return replace(self, values={**self.values, **names})


class Evaluator(Protocol):
    """What the parts of an expression are evaluated by."""

    def value(self, node: Boxed, frame: Frame) -> Value:
        """Evaluate a boxed expression and convert its value to the type that is declared for it."""

    def text(self, text: FeelText, form: Form, frame: Frame) -> Value:
        """Evaluate a text; what is wrong with it is kept, and makes it null."""

    def typed(self, value: Value, type_ref: str | None, frame: Frame, span: Span | None) -> Value:
        """Convert a value to a declared type; one that does not conform is null."""

    def fault(self, code: Code, span: Span | None, element: str, **args: object) -> None:
        """Keep why something is null."""
