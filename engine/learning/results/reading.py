"""What reading results needs wherever they come from: names, bounds, and one row at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Diagnostic, Span, nearest
from engine.kernel.documents import load_data
from engine.learning.results.documents import LearningResult, identity_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.learning.skill_graph import SkillGraph

MAX_SIZE = 32 * 2**20
"""The largest text of results, in characters."""
MAX_ROWS = 50_000
MAX_FINDINGS = 200

TOO_LARGE = Code(
    "RESULT-SIZE-001",
    "the results have {size} characters, more than {limit}",
    "结果有 {size} 个字符，超过 {limit}",
    "split the file",
    "请拆分文件",
)
TOO_MANY = Code(
    "RESULT-SIZE-002",
    "there are more than {limit} rows",
    "超过 {limit} 行",
    "split the file",
    "请拆分文件",
)
UNKNOWN_ITEM = Code(
    "RESULT-NAME-001",
    "the catalog has no item `{item}`",
    "目录中没有条目 `{item}`",
    "correct it, or say in the map of names which item is meant; null there passes over it",
    "请更正，或在名称映射中写明对应条目；写 null 则略过",
)
UNKNOWN_LEARNER = Code(
    "RESULT-NAME-002",
    "there is no learner `{learner}` here",
    "此处没有学员 `{learner}`",
    "known here: {known}",
    "已知：{known}",
)


@dataclass(frozen=True, slots=True)
class Names:
    """What outside names stand for: items by id, code or the map; learners by the map or as they are.

    A name that the map gives as None is passed over. `known` are the learners there are, where
    that is known.
    """

    items: Mapping[str, str]
    learners: Mapping[str, str | None] = field(default_factory=dict)
    mapped: Mapping[str, str | None] = field(default_factory=dict)
    known: frozenset[str] | None = None

    def item(self, name: str) -> str | None:
        """Find the item that a name stands for: the map, then an id or code, then the tail of an IRI."""
        if name in self.mapped:
            return self.mapped[name]
        return self.items.get(name) or self.items.get(_tail(name))

    def passed_over(self, item: str, learner: str) -> bool:
        """Whether the map says that this item or learner is none of ours."""
        return (item in self.mapped and self.mapped[item] is None) or (
            learner in self.learners and self.learners[learner] is None
        )

    def learner(self, name: str) -> str:
        """Give the learner that a name stands for."""
        return self.learners.get(name) or name


def _tail(name: str) -> str:
    stripped = name.rstrip("/")
    return stripped[max(stripped.rfind(sign) for sign in "/#:") + 1 :]


def names_of(
    graph: SkillGraph,
    items: Mapping[str, str | None] | None = None,
    learners: Mapping[str, str | None] | None = None,
    known: frozenset[str] | None = None,
) -> Names:
    """Collect the names of a catalog's items, with a map of outside names to them and to learners."""
    ours = {item.code: item.id for item in graph.items.values()}
    ours |= {item: item for item in graph.items}
    return Names(ours, learners or {}, items or {}, known)


def read_row(
    data: Mapping[str, object], names: Names, span: Span | None, where: str = ""
) -> LearningResult | list[Diagnostic] | None:
    """Read one result whose `item` and `learner` are outside names; None where it is passed over.

    A row without an `id` is named by its content.
    """
    named, person = str(data.get("item", "")), str(data.get("learner", ""))
    if names.passed_over(named, person):
        return None
    found: list[Diagnostic] = []
    item, learner = names.item(named), names.learner(person)
    if "item" in data and item not in names.items:
        asked = _tail(named) if item is None else item
        unknown = UNKNOWN_ITEM.at(span, item=item or named[:200], near=nearest(asked, names.items))
        found.append(_placed(unknown, where))
    if names.known is not None and learner not in names.known:
        known = ", ".join(f"`{one}`" for one in sorted(names.known)[:20])
        near = nearest(learner, names.known)
        nobody = UNKNOWN_LEARNER.at(span, learner=learner[:200], known=known, near=near)
        found.append(_placed(nobody, where))
    resolved = {**data, "learner": learner, "item": item or "item"}
    loaded, faults = load_data(LearningResult, {"id": "row", **resolved})
    found += [
        Diagnostic(d.code, span, d.args, d.near, ".".join(p for p in (where, d.where) if p))
        for d in faults
    ]
    if loaded is None or found:
        return found
    # One instant is written in one way, so that a repetition is seen as one.
    made = loaded.document.model_copy(update={"at": loaded.document.at.astimezone(dt.UTC)})
    return made if "id" in data else made.model_copy(update={"id": identity_of(made)})


def _placed(found: Diagnostic, where: str) -> Diagnostic:
    return Diagnostic(found.code, found.span, found.args, found.near, where)
