"""The compiled forms of a rule set: typed, resolved, placed; what evaluation and every report walk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.feel import ir, tree
    from engine.feel.types import Type
    from engine.feel.values import Range, Value
    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Fault, Loaded, Text
    from engine.kernel.source import Scalar
    from engine.rules.decision import Decision, Used
    from engine.rules.documents import InputField, RuleSet


class _Required:
    """Marks an input that has no default; there is one of it."""

    __slots__ = ()


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class Fragment:
    """The text of an expression and where it stands in its document, for messages."""

    text: str
    node: Scalar | None = None
    offset: int = 0
    span: Span | None = None

    def place(self, start: int, end: int) -> Span | None:
        """Place a stretch of the text in the author's file."""
        if self.node is None:
            return self.span
        return self.node.span_at(self.offset + start, self.offset + end)

    def diagnostic(self, fault: Fault) -> Diagnostic:
        """Give a fault its place."""
        end = len(self.text) if fault.end is None else fault.end
        return fault.code.at(self.place(fault.start, end), near=fault.near, **fault.args)


@dataclass(frozen=True, slots=True)
class CompiledInput:
    """An input: its type, what may stand for it when it is absent, and what it may be."""

    name: str
    type: Type
    field: InputField
    default: Value = REQUIRED
    range: Range | None = None
    members: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """The head of a condition column."""

    value: ir.Ir
    fragment: Fragment


@dataclass(frozen=True, slots=True)
class Test:
    """One cell: the condition about `?`; a constant one depends on nothing else."""

    condition: ir.Ir
    fragment: Fragment
    constant: bool
    any: bool


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """One rule of a table."""

    id: str
    tests: tuple[Test, ...]
    outputs: tuple[ir.Ir, ...]
    fragments: tuple[Fragment, ...] = ()
    reasons: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    clause: str | None = None
    note: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a decision: its name, declared type, members and printed places."""

    name: str
    type: Type
    digits: int | None = None
    members: tuple[str, ...] | None = None
    ranked: bool = False
    priority: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A decision table; `priority` orders the values of the first output, best first."""

    hit_policy: str
    aggregate: str | None
    conditions: tuple[Condition, ...]
    outputs: tuple[Output, ...]
    rows: tuple[CompiledRow, ...]
    default: CompiledRow | None = None
    priority: tuple[Value, ...] = ()
    single: bool = True

    @property
    def collects(self) -> bool:
        """Whether all rows that fit give the value, and not one of them."""
        return self.hit_policy in {"collect", "rule_order", "output_order"}

    def rank(self, values: Iterable[Value]) -> tuple[int, ...] | None:
        """The places of output values in their priorities, the leftmost output first; None if one is not listed.

        An output that declares no priority has no say (DMN 1.5, 8.2.10).
        """
        orders = (self.priority, *(output.priority for output in self.outputs[1:]))
        pairs = [(order, value) for order, value in zip(orders, values, strict=True) if order]
        if any(value not in order for order, value in pairs):
            return None
        return tuple(order.index(value) for order, value in pairs)


@dataclass(frozen=True, slots=True)
class CompiledNode:
    """A decision: an expression or a table, and when it applies."""

    name: str
    outputs: tuple[Output, ...]
    type: Type
    value: ir.Ir | None
    fragment: Fragment
    table: CompiledTable | None
    only_if: ir.Ir | None = None
    only_if_fragment: Fragment | None = None
    conditions: tuple[tree.Node, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledFunction:
    """A function: its parameters and an expression or a table over them."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    node: CompiledNode

    @property
    def home(self) -> str:
        """The prefix of the names of the rule set that it comes from, `pay.` or nothing."""
        return self.name[: self.name.rfind(".") + 1]


@dataclass(frozen=True, slots=True)
class Claim:
    """A guarantee, its expression checked when it has one."""

    id: str
    kind: str
    subject: str
    about: str | None
    always: ir.Ir | None
    fragment: Fragment


@dataclass(frozen=True, slots=True)
class CompiledRuleSet:
    """A rule set ready to decide: decisions in the order in which they need each other."""

    loaded: Loaded[RuleSet]
    inputs: tuple[CompiledInput, ...]
    parameters: Mapping[str, ir.Constant]
    functions: tuple[CompiledFunction, ...]
    assumptions: tuple[tuple[ir.Ir, Fragment], ...]
    decisions: tuple[CompiledNode, ...]
    reasons: Mapping[str, Text]
    placeholders: Mapping[str, tuple[str, ...]]
    claims: tuple[Claim, ...]
    used: tuple[Used, ...]
    fast: Callable[[Mapping[str, object]], Decision] | None = field(default=None, compare=False)

    @property
    def document(self) -> RuleSet:
        """The document it was compiled from."""
        return self.loaded.document
