"""What a role is to reach, as its competency model says it; the catalog's word counts for the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, nearest
from engine.kernel.errors import DocumentError
from engine.learning.documents import CatalogUsed, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from engine.competency.documents import CompetencyModel
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded
    from engine.learning.documents import Catalog
    from engine.learning.skill_graph import SkillGraph

NOT_IN_CATALOG = Code(
    "MODEL-TARGET-001",
    "`{competency}` has a target, and no catalog knows this competency",
    "`{competency}` 有目标，但没有目录含有该胜任力",
    "add it to a catalog first, or delete the target",
    "请先在目录中补上，或删除该目标",
)
TWO_TARGETS = Code(
    "MODEL-TARGET-002",
    "the models `{first}` and `{second}` of the role `{role}` ask different levels of `{competency}`",
    "岗位 `{role}` 的模型 `{first}` 与 `{second}` 对 `{competency}` 的目标不同",
    "let one of them say it",
    "请只在其中一个写明",
)


def with_model_targets(graph: SkillGraph, models: Iterable[Loaded[CompetencyModel]]) -> SkillGraph:
    """Put the targets of competency models in place of the catalog's, competency by competency.

    Models for demonstration have no say. Raises DocumentError where two models of a role differ.
    """
    said: dict[tuple[str, str], tuple[Target, str]] = {}
    used: dict[str, tuple[CatalogUsed, ...]] = {}
    for loaded in models:
        stated = [t for t in _stated(loaded.document) if t.competency in graph.competencies]
        for target in stated:
            key = (target.role, target.competency)
            known, by = said.setdefault(key, (target, loaded.document.id))
            if known != target:
                names = {"role": target.role, "first": by, "second": loaded.document.id}
                found = TWO_TARGETS.at(None, competency=target.competency, **names)
                raise DocumentError([found])
        if stated:
            document = loaded.document
            model = CatalogUsed(id=document.id, version=document.version, hash=loaded.hash)
            used[document.role] = (*used.get(document.role, ()), model)
    if not said:
        return graph
    targets = {role: {t.competency: t for t in listed} for role, listed in graph.targets.items()}
    for (role, competency), (target, _) in said.items():
        targets.setdefault(role, {})[competency] = target
    whole = {role: tuple(listed.values()) for role, listed in targets.items()}
    return replace(graph, targets=whole, models=used)


def check_model_targets(
    loaded: Loaded[CompetencyModel], catalogs: Collection[Loaded[Catalog]]
) -> Iterator[Diagnostic]:
    """Find targets of competencies that none of the catalogs knows; without a catalog there is nothing to know."""
    if not catalogs or not any(_stated(loaded.document)):
        return
    known = {n.id for c in catalogs for n in c.document.nodes if n.kind == "competency"}
    for index, competency in enumerate(loaded.document.competencies):
        if competency.target is not None and competency.id not in known:
            place = loaded.span("competencies", index, "target")
            near = nearest(competency.id, known)
            yield NOT_IN_CATALOG.at(place, competency=competency.id, near=near)


def _stated(model: CompetencyModel) -> Iterator[Target]:
    for competency in model.competencies if model.use is None else ():
        if (target := competency.target) is not None:
            yield Target(
                role=model.role,
                competency=competency.id,
                level=target.level,
                priority=target.priority,
            )
