"""The clauses of a company's policy against the rules that cite them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from engine.kernel.diagnostics import Code, Severity, nearest
from engine.kernel.documents import Document, Shape, Text
from engine.kernel.source import Scalar
from engine.rules.tables import parse_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Loaded

UNKNOWN_CLAUSE = Code(
    "POLICY-001",
    "the policy `{policy}` has no clause `{clause}`",
    "政策 `{policy}` 没有条款 `{clause}`",
    "correct the clause, or add it to the policy",
    "请更正条款，或将其加入政策",
    Severity.WARNING,
)
NO_RULE = Code(
    "POLICY-002",
    "no rule carries out the clause `{clause}`",
    "没有规则执行条款 `{clause}`",
    "cite it in the rule that does, or write `by: person` if people do",
    "请在执行它的规则中引用；如由人执行，请写 `by: person`",
    Severity.WARNING,
)
CLAUSE_TWICE = Code(
    "POLICY-003",
    "the clause `{clause}` stands twice",
    "条款 `{clause}` 出现两次",
    "keep one of them",
    "请只保留一个",
)


class PolicyClause(Shape):
    """A clause: its title, and whether rules carry it out or people do."""

    id: str
    title: Text
    by: Literal["rule", "person"] = "rule"


class Policy(Document):
    """A company's policy as a list of clauses; its own `clause` is what all of their ids begin with."""

    kind: Literal["policy"]
    clauses: tuple[PolicyClause, ...]


def check_policy(loaded: Loaded[Policy]) -> list[Diagnostic]:
    """Find the clauses that stand twice."""
    ids = [clause.id for clause in loaded.document.clauses]
    return [
        CLAUSE_TWICE.at(loaded.span("clauses", index, "id"), clause=id_)
        for index, id_ in enumerate(ids)
        if id_ in ids[:index]
    ]


def check_clauses(
    policies: Iterable[Loaded[Policy]], documents: Iterable[Loaded[Any]]
) -> list[Diagnostic]:
    """Find the clauses that are cited and not in their policy, and those of a policy that no rule cites."""
    citing = list(documents)
    found: list[Diagnostic] = []
    for policy in policies:
        root, known = policy.document.clause, {c.id for c in policy.document.clauses}
        pattern = re.compile(rf"{re.escape(root)}-\d+(?:\.\d+)*")
        cited: set[str] = set()
        for loaded in citing:
            for text, path in _citations(loaded.document.model_dump(by_alias=True), ()):
                for clause in pattern.findall(text):
                    cited.add(clause)
                    if not _is_in(clause, known):
                        near, span = nearest(clause, known), _place(loaded, path, text)
                        told = {"policy": policy.document.id, "clause": clause}
                        found.append(UNKNOWN_CLAUSE.at(span, near=near, **told))
        found += [
            NO_RULE.at(policy.span("clauses", index, "id"), clause=clause.id)
            for index, clause in enumerate(policy.document.clauses)
            if clause.by == "rule" and not _is_in(clause.id, cited)
        ]
    return found


def _is_in(clause: str, clauses: set[str]) -> bool:
    """Whether a clause is among others, itself or by a part of it."""
    return any(one == clause or one.startswith(f"{clause}.") for one in clauses)


Path = tuple[str | int, ...]


def _citations(data: object, path: Path) -> Iterator[tuple[str, Path]]:
    """Give what a document's keys `clause` and `cites` say, and the clause column of its tables, with the way there."""
    match data:
        case dict():
            columns = data.get("columns")
            if isinstance(columns, dict) and "clause" in columns["then"]:
                column = list(columns["then"]).index("clause")
                for index, row in enumerate(data.get("rows") or ()):
                    yield row["then"][column], (*path, "rows", index, "then", column)
            for key, value in data.items():
                if key in {"clause", "cites"} and isinstance(value, str):
                    yield value, (*path, key)
                else:
                    yield from _citations(value, (*path, key))
        case list() | tuple():
            for index, value in enumerate(data):
                yield from _citations(value, (*path, index))
        case _:
            pass


def _place(loaded: Loaded[Any], path: Path, text: str) -> Span | None:
    """Place a citation in the author's file, also in a table that is drawn."""
    way = list(path)
    if "rows" in way:
        at = way.index("rows")
        node = loaded.node(*path[:at], "table")
        drawn = parse_table(node.text)[0] if isinstance(node, Scalar) else None
        if drawn is not None and isinstance(node, Scalar):
            cell = drawn.rows[int(way[at + 1])].then[int(way[at + 3])]
            return node.span_at(cell.start, cell.start + len(text))
    return loaded.span(*path)
