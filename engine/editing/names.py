"""The names that can be used at a place of a document, each with what is said of it and where."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.kernel.source import Mapping, Scalar, Sequence, descend, plain

if TYPE_CHECKING:
    from engine.editing.places import Path
    from engine.kernel.diagnostics import Lang, Span
    from engine.kernel.source import Node

NameKind: TypeAlias = Literal[
    "input", "param", "decision", "output", "function", "parameter", "reason", "field", "rule_set"
]
Documents: TypeAlias = MappingABC[tuple[str, str], "Node | None"]
"""The latest tree of every document of the folder, by kind and id."""

SECTIONS: dict[str, NameKind] = {
    "inputs": "input",
    "params": "param",
    "functions": "function",
    "decisions": "decision",
    "uses": "rule_set",
    "reasons": "reason",
}
"""The keys of a rule set under which names are declared."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, what kind of thing it is, the place of its declaration and what is written there."""

    name: str
    kind: NameKind
    span: Span
    node: Node | None

    def said(self, key: str) -> str:
        """What the declaration says under a key, as text; nothing where it says nothing."""
        node = descend(self.node, (key,))
        return _written(node) if node is not None else ""

    def label(self, lang: Lang) -> str:
        """Its label, or the text of a reason."""
        own = self.node if self.kind == "reason" else descend(self.node, ("label",))
        return _written(descend(own, (lang,)))

    @property
    def type(self) -> str:
        """The declared type; a number where none is declared."""
        return self.said("type") or "number"

    @property
    def members(self) -> tuple[str, ...]:
        """The values that it can have, when they are listed."""
        for key in ("ranked", "one_of"):
            listed = descend(self.node, (key,))
            if isinstance(listed, Sequence):
                return tuple(i.text for i in listed.items if isinstance(i, Scalar))
        return ("true", "false") if self.type == "boolean" else ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters of a function."""
        listed = descend(self.node, ("params",))
        return tuple(listed.keys) if isinstance(listed, Mapping) else ()


def _written(node: Node | None) -> str:
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return f"[{', '.join(map(_written, node.items))}]"
        case Mapping():
            return str(plain(node))
        case _:
            return ""


def declared(tree: Node | None, *path: str | int, kind: NameKind) -> list[Name]:
    """List the names that the map at a path declares."""
    found = descend(tree, path)
    if not isinstance(found, Mapping):
        return []
    return [Name(name, kind, span, found.entries.get(name)) for name, span in found.keys.items()]


def names_at(tree: Mapping, path: Path, documents: Documents) -> dict[str, Name]:
    """List the names that an expression at a path can use; an entry of a value is written `value.entry`."""
    names = declared(tree, "params", kind="param")
    if path and path[0] == "rules":
        names += _names_of_rule(tree, path)
    elif path and path[0] == "functions":
        names += declared(tree, *path[:2], "params", kind="parameter")
        names += _functions(tree, documents)
    else:
        for section in ("inputs", "decisions"):
            names += declared(tree, section, kind=SECTIONS[section])
        for decision in declared(tree, "decisions", kind="decision"):
            names += _entries(decision.name, declared(decision.node, "outputs", kind="output"))
        names += _functions(tree, documents)
    return {name.name: name for name in names}


def _functions(tree: Mapping, documents: Documents) -> list[Name]:
    found = declared(tree, "functions", kind="function")
    for used in declared(tree, "uses", kind="rule_set"):
        other = documents.get(("rule_set", _written(used.node)))
        found += _entries(used.name, declared(other, "functions", kind="function"))
    return found


def _entries(before: str, names: list[Name]) -> list[Name]:
    return [Name(f"{before}.{n.name}", n.kind, n.span, n.node) for n in names]


def _names_of_rule(tree: Mapping, path: Path) -> list[Name]:
    """The fields of the facts that a rule of an inference names: bare in their own pattern, else with it."""
    found: list[Name] = []
    for part in ("when", "unless"):
        for pattern in declared(tree, *path[:2], part, kind="field"):
            fact = pattern.said("fact")
            fields = declared(tree, "facts", fact, kind="field")
            fields = fields or declared(tree, "derives", fact, kind="field")
            own = path[2:4] == (part, pattern.name)
            found += fields if own else _entries(pattern.name, fields)
    return found


def members_of_column(
    tree: Mapping, path: Path, head: str, documents: Documents
) -> tuple[str, ...]:
    """The values that a cell of a column can have, when its head is a name that lists them."""
    outputs = descend(tree, (*path[:-1], "outputs"))
    if isinstance(outputs, Mapping) and head in outputs.keys:
        return Name(head, "output", outputs.keys[head], outputs.entries.get(head)).members
    name = names_at(tree, path, documents).get(head)
    if name is None and len(path) > 1 and path[1] == head:
        # A function's own name heads its output.
        return Name(head, "function", tree.span, descend(tree, path[:2])).members
    return name.members if name is not None else ()
