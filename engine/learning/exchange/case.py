"""CASE 1.1 frameworks (1EdTech: Competencies and Academic Standards Exchange) as JSON, in and out."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from engine.kernel.diagnostics import Code, Span
from engine.kernel.errors import DocumentError
from engine.kernel.json_text import MAX_WRITTEN, read_json
from engine.learning.documents import PartOf, Related, Requires, SkillNeed
from engine.learning.exchange.framework import Concept, Framework
from engine.learning.exchange.moodle import lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.kernel.diagnostics import Diagnostic, Lang
    from engine.learning.documents import Catalog

NOT_CASE = Code(
    "EXCHANGE-030",
    "the JSON has no `{key}`: it is no CASE package",
    "JSON 中没有 `{key}`：不是 CASE 框架包",
    "export the whole package (CFPackage)",
    "请导出完整的 CFPackage",
)
NO_IDENTIFIER = Code(
    "EXCHANGE-031",
    "entry {number} of `{section}` has no `{key}`",
    "`{section}` 的第 {number} 项没有 `{key}`",
    "export the package again",
    "请重新导出该框架包",
)

_PARENT = {"isChildOf": False, "isPartOf": False, "isParentOf": True}
"""How a whole is told, and whether the association says it the other way round."""
_RELATED = frozenset({"isRelatedTo", "isPeerOf"})


def read_case(text: str, path: str = "", lang: Lang = "en") -> Framework:
    """Read a package (CFPackage); its names are in the language of each item, else in `lang`."""
    framework = Framework("case")
    top = Span(path, 1, 1, 1, 2)
    try:
        data = read_json(text, path, MAX_WRITTEN)
    except DocumentError as error:
        framework.found += error.diagnostics
        return framework
    package = data.get("CFPackage", data) if isinstance(data, dict) else {}
    items = package.get("CFItems") if isinstance(package, dict) else None
    if not isinstance(items, list):
        framework.found.append(NOT_CASE.at(top, key="CFItems"))
        return framework
    document = _map(package.get("CFDocument"))
    framework.title = str(document.get("title", ""))
    links = _associations(package.get("CFAssociations"), framework, top)
    for number, item in enumerate(map(_map, items), 1):
        key, name = item.get("identifier"), _statement(item)
        if not isinstance(key, str) or not key or not name:
            missing = "fullStatement" if isinstance(key, str) and key else "identifier"
            said = {"number": str(number), "section": "CFItems", "key": missing}
            framework.found.append(NO_IDENTIFIER.at(top, **said))
            continue
        zh = str(item.get("language", lang)).lower().startswith("zh")
        parents, before, related = (
            tuple(o for o in links.get((kind, key), ()) if o != document.get("identifier"))
            for kind in ("parent", "before", "related")
        )
        names = (name, "") if zh else ("", name)
        code = str(item.get("humanCodingScheme") or "")
        framework.add(Concept(key, *names, top, parents, before, related, code))
    return framework


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _statement(item: Mapping[str, Any]) -> str:
    """Give what an item is called: its short form where it has one."""
    said = item.get("abbreviatedStatement") or item.get("fullStatement") or ""
    return " ".join(str(said).split())


def _associations(
    listed: object, framework: Framework, top: Span
) -> dict[tuple[str, str], list[str]]:
    """Give by kind and item the keys of what it hangs together with."""
    found: dict[tuple[str, str], list[str]] = {}
    for number, one in enumerate(map(_map, listed if isinstance(listed, list) else ()), 1):
        kind = one.get("associationType")
        origin, end = (
            _map(one.get(side)).get("identifier")
            for side in ("originNodeURI", "destinationNodeURI")
        )
        if not isinstance(origin, str) or not isinstance(end, str):
            said = {"number": str(number), "section": "CFAssociations", "key": "originNodeURI"}
            framework.found.append(NO_IDENTIFIER.at(top, **said))
        elif kind in _PARENT:
            part, whole = (end, origin) if _PARENT[kind] else (origin, end)
            found.setdefault(("parent", part), []).append(whole)
        elif kind == "precedes":
            found.setdefault(("before", end), []).append(origin)
        elif kind in _RELATED:
            found.setdefault(("related", origin), []).append(end)
    return found


def write_case(catalog: Catalog, lang: Lang = "en") -> tuple[str, list[Diagnostic]]:
    """Write the skill graph as a CASE 1.1 package, and say what CASE cannot carry.

    Identifiers are made from the catalog's id and the node's (RFC 9562, version 5): the same node
    has the same one in every version.
    """
    changed = catalog.effective_from.isoformat()
    document = _link(catalog, "", catalog.title[lang])
    names = {"": catalog.title[lang], **{node.id: node.name[lang] for node in catalog.nodes}}
    package = {
        "CFDocument": {
            **document,
            "creator": catalog.owner,
            "lastChangeDateTime": changed,
            "language": lang,
            "version": catalog.version,
            "caseVersion": "1.1",
        },
        "CFItems": [
            {
                **{k: v for k, v in _link(catalog, node.id, "").items() if k != "title"},
                "CFDocumentURI": document,
                "fullStatement": node.name[lang],
                "humanCodingScheme": node.id,
                "CFItemType": node.kind,
                "language": lang,
                "lastChangeDateTime": changed,
            }
            for node in catalog.nodes
        ],
        "CFAssociations": [
            {
                **{k: v for k, v in _link(catalog, f"{kind} {a} {b}", "").items() if k != "title"},
                "CFDocumentURI": document,
                "associationType": kind,
                "originNodeURI": _link(catalog, a, names[a]),
                "destinationNodeURI": _link(catalog, b, names[b]),
                "lastChangeDateTime": changed,
            }
            for kind, a, b in _relations(catalog)
        ],
    }
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n", list(_lost(catalog))


def _link(catalog: Catalog, name: str, title: str) -> dict[str, str]:
    made = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:evenhand:{catalog.id}:{name}")
    return {"title": title, "identifier": str(made), "uri": f"urn:uuid:{made}"}


def _relations(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """List the associations: parts under wholes, tops under the document, order, what is related."""
    inside = {edge.source for edge in catalog.edges if isinstance(edge, PartOf)}
    yield from (("isChildOf", node.id, "") for node in catalog.nodes if node.id not in inside)
    for edge in catalog.edges:
        match edge:
            case PartOf():
                yield "isChildOf", edge.source, edge.to
            case Related():
                yield "isRelatedTo", edge.source, edge.to
            case Requires():
                for need in edge.all:
                    if isinstance(need, SkillNeed):
                        yield "precedes", need.skill, edge.source


def _lost(catalog: Catalog) -> Iterator[Diagnostic]:
    needs = [edge for edge in catalog.edges if isinstance(edge, Requires)]
    levels = [e.source for e in needs for n in (*e.all, *e.any) if isinstance(n, SkillNeed)]
    items = [e.source for e in needs for n in e.all if not isinstance(n, SkillNeed)]
    uneven = [e.source for e in catalog.edges if isinstance(e, PartOf) and e.weight != 1]
    targets = [f"{t.role}: {t.competency}" for t in catalog.targets]
    yield from lost("CASE", "weights", "权重", uneven)
    yield from lost("CASE", "the levels of prerequisites", "前置要求的水平", levels)
    yield from lost(
        "CASE",
        "alternatives among prerequisites",
        "前置要求的替代",
        [e.source for e in needs if e.any],
    )
    yield from lost("CASE", "items as prerequisites", "以条目为前置", items)
    yield from lost("CASE", "targets of roles", "岗位目标", targets)
    yield from lost("CASE", "learning items", "学习条目", [item.id for item in catalog.items])
