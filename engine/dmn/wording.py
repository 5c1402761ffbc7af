"""Expressions of rule sets in the words of the standard: what only rule sets say is said as DMN says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import tree
from engine.feel.builtins.temporal import text_of
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.scope import path_of
from engine.feel.values import Range
from engine.kernel.decimals import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.feel.types import Type
    from engine.feel.values import Value

INTERPOLATE = (
    "if not(x0 < x1) then null else if x <= x0 then y0 else if x >= x1 then y1 else "
    "max(min(y0, y1), min(y0 + (x - x0) * (y1 - y0) / (x1 - x0), max(y0, y1)))"
)
"""What `interpolate` computes, operation by operation, for those who do not have it."""

APPLIES = "_applies"
"""What the name of a decision ends in that says whether another one applies."""


@dataclass(slots=True)
class Wording:
    """How the names of one rule set are called in the model, and which of them its texts used.

    `renamed` are the names that are called otherwise, `parameters` the members that the parameters of
    functions have.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, tuple[str, ...] | None]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def expression(self, text: str, members: tuple[str, ...] | None = None) -> str:
        """Say an expression; a bare word is a member where the value has `members`."""
        node, _ = parse_expression(text)
        if node is None:
            return text
        return self._edited(text, node, list(_members(node, members)))

    def tests(self, text: str, members: tuple[str, ...] | None, *, nullable: bool) -> str:
        """Say the unary tests of a cell.

        In a rule set a missing value is never what `not(…)` leaves over; in DMN it is, unless told.
        """
        node, _ = parse_unary_tests(text)
        if node is None or not node.tests:
            return "-"
        quoted = [name for test in node.tests for name in _members(test, members)]
        if not (nullable and node.negated):
            return self._edited(text, node, quoted)
        kept = [test for test in node.tests if not _is_null(test)]
        listed = ", ".join(self._edited(text, test, quoted) for test in kept)
        return f"? != null and not(? in ({listed}))" if listed else "? != null"

    def reworded(self, text: str, node: tree.Node) -> str:
        """Say a text whose tree is known, with its names called otherwise."""
        return self._edited(text, node, [])

    def _edited(self, text: str, node: tree.Node, quoted: list[tree.Name]) -> str:
        """Replace the stretches of a text that DMN says otherwise, from the right to the left."""
        made = text[: node.end]
        edits = sorted(self._edits(text, node, frozenset(), quoted), reverse=True)
        for start, stop, instead in edits:
            made = made[:start] + instead + made[stop:]
        return made[node.start :].strip()

    def _edits(
        self, text: str, node: tree.Node, hidden: frozenset[str], quoted: list[tree.Name]
    ) -> Iterator[tuple[int, int, str]]:
        """Find what is said otherwise; `hidden` are the names that the expression binds itself."""
        match node:
            case tree.Name():
                yield from self._name(node, hidden, quoted)
                return
            case tree.Call(function=tree.Name(name="is defined"), arguments=(inner,)):
                said = self._edited(text, inner, quoted)
                yield node.start, node.end, f"({said} != null)"
                return
            case tree.Call(
                function=tree.Name(name="is applicable"), arguments=(tree.Name(name=name),)
            ):
                self.used.add(name + APPLIES)
                yield node.start, node.end, name + APPLIES
                return
            case tree.Call() if (called := path_of(node.function) or "") in self.parameters:
                known = self.parameters[called]
                for name, argument in zip(node.names or known, node.arguments, strict=False):
                    quoted = [*quoted, *_members(argument, known.get(name))]
                place: tree.Place = {"start": node.function.start, "end": node.function.end}
                yield from self._name(tree.Name(called, **place), hidden, quoted)
                for argument in node.arguments:
                    yield from self._edits(text, argument, hidden, quoted)
                return
            case _:
                pass
        if isinstance(node, tree.Path) and node.name in self.renamed:
            yield node.end - len(node.name), node.end, self.renamed[node.name]
        hidden |= _bound(node)
        for child in tree.children(node):
            yield from self._edits(text, child, hidden, quoted)

    def _name(
        self, node: tree.Name, hidden: frozenset[str], quoted: list[tree.Name]
    ) -> Iterator[tuple[int, int, str]]:
        if any(node is name for name in quoted):
            yield node.start, node.end, feel_text(node.name)
        elif node.name not in hidden:
            instead = self.renamed.get(node.name, node.name)
            self.used.add(instead)
            if instead != node.name:
                yield node.start, node.end, instead


def _members(node: tree.Node, members: tuple[str, ...] | None) -> Iterator[tree.Name]:
    """Find the bare word that is a member: the whole of a value, or what a test compares with."""
    inner = node.operand if isinstance(node, tree.Comparison) else node
    if members is not None and isinstance(inner, tree.Name) and inner.name != "?":
        yield inner


def _is_null(node: tree.Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


def _bound(node: tree.Node) -> frozenset[str]:
    """The names that a node gives a meaning of their own."""
    match node:
        case tree.For() | tree.Quantified():
            return frozenset(i.name for i in node.iterations)
        case tree.FunctionLiteral():
            return frozenset(name for name, _ in node.parameters)
        case tree.ContextLiteral():
            return frozenset(name for name, _ in node.entries)
        case tree.Filter():
            return frozenset({"item"})
        case _:
            pass
    return frozenset()


def feel_text(value: Value) -> str:
    """Write a value as a FEEL expression that gives it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
        case tuple():
            return f"[{', '.join(feel_text(item) for item in value)}]"
        case dict():
            entries = (f"{feel_text(str(k))}: {feel_text(v)}" for k, v in value.items())
            return f"{{{', '.join(entries)}}}"
        case Range():
            return range_text(value)
        case _:
            pass
    return f'@"{text_of(value)}"'  # a date, a time or a duration


def range_text(value: Range) -> str:
    """Write a range as a unary test."""
    if value.low is None:
        return f"{'<=' if value.high_closed else '<'} {feel_text(value.high)}"
    if value.high is None:
        return f"{'>=' if value.low_closed else '>'} {feel_text(value.low)}"
    start, end = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{start}{feel_text(value.low)}..{feel_text(value.high)}{end}"


def members_of(type_: Type | None) -> tuple[str, ...] | None:
    """The members that a value of a type has, when they are known."""
    inner = getattr(type_, "of", type_)
    found: tuple[str, ...] | None = getattr(inner, "members", None)
    return found
