"""Small catalogs for tests: data with the header filled in, loaded and compiled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.kernel.documents import load_data
from engine.kernel.errors import DocumentError
from engine.learning.catalog import load_catalog
from engine.learning.documents import Catalog
from engine.learning.skill_graph import check_catalog, compile_catalog

if TYPE_CHECKING:
    from engine.kernel.documents import Loaded
    from engine.learning.skill_graph import SkillGraph

SHIPPED = Path(__file__).resolve().parents[2] / "catalog" / "1.0.0"


def text(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def node(name: str, kind: str = "skill") -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": text(name)}


def part(source: str, to: str, weight: str = "1") -> dict[str, Any]:
    return {"type": "part_of", "from": source, "to": to, "weight": weight}


def teaches(skill: str, gain: str, max_level: str | None = None) -> dict[str, Any]:
    taught = {"skill": skill, "gain": gain, "evidence": "expert", "prior_n": "8"}
    return taught | ({"max_level": max_level} if max_level else {})


def item(name: str, *taught: dict[str, Any], **keys: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML data
    head = {"id": name, "code": name.upper(), "kind": "course", "name": text(name)}
    rest = {"modality": "online", "language": ["zh"], "hours": "4", "cost": "0"}
    return {**head, **rest, "teaches": list(taught), **keys}


def target(competency: str, level: str = "80", priority: str = "1") -> dict[str, Any]:
    return {"role": "seller", "competency": competency, "level": level, "priority": priority}


def catalog_data(**sections: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML data
    """Give a catalog of one competency `talk` with the one skill `listen`, but for `sections`."""
    head = {
        "schema_version": "1",
        "kind": "catalog",
        "id": "small",
        "version": "1.0.0",
        "title": text("small"),
        "owner": "hr",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "HR-1",
        "currency": "CNY",
        "provenance": "human_set",
    }
    graph = {
        "nodes": [node("talk", "competency"), node("listen")],
        "edges": [part("listen", "talk")],
        "targets": [target("talk")],
        "items": [item("course", teaches("listen", "0.4"))],
    }
    return {**head, **graph, **sections}


def loaded_catalog(**sections: Any) -> Loaded[Catalog]:  # noqa: ANN401 - YAML data
    loaded, found = load_data(Catalog, catalog_data(**sections))
    if loaded is None:
        raise DocumentError(found)
    return loaded


def small_graph(**sections: Any) -> SkillGraph:  # noqa: ANN401 - YAML data
    return compile_catalog(loaded_catalog(**sections))


def findings(**sections: Any) -> list[str]:  # noqa: ANN401 - YAML data
    """Say in English what the checker finds in a small catalog."""
    return [f"{d.code.id} {d.message()}" for d in check_catalog(loaded_catalog(**sections))]


def shipped_files() -> dict[str, str]:
    return {
        path.relative_to(SHIPPED).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(SHIPPED.rglob("*.yaml"))
    }


def shipped_graph() -> SkillGraph:
    return compile_catalog(load_catalog(shipped_files()))
