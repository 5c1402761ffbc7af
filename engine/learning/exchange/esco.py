"""ESCO's skills pillar from its CSV download: skills and groups, the hierarchy, and relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Span
from engine.learning.exchange.framework import Concept, Framework
from engine.learning.exchange.tables import read_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.kernel.diagnostics import Diagnostic, Lang

UNKNOWN_FILE = Code(
    "EXCHANGE-040",
    "the columns are those of no file of an ESCO download that is read here",
    "列名不属于此处可读取的 ESCO 下载文件",
    "give skills, skillGroups, broaderRelationsSkillPillar or skillSkillRelations",
    "请提供 skills、skillGroups、broaderRelationsSkillPillar 或 skillSkillRelations",
)

_CONCEPTS = ("conceptUri", "preferredLabel")
_BROADER = ("conceptUri", "broaderUri")
_RELATED = ("originalSkillUri", "relationType", "relatedSkillUri")


def read_esco(files: Mapping[str, str], lang: Lang = "en") -> Framework:
    """Read the files of one download by name, in any order; labels in another language add to the first.

    A file whose name ends in `_zh.csv` or `_en.csv` holds labels in that language, any other in
    `lang`. What is essential for a skill comes before it, what is optional is related to it.
    """
    framework = Framework("esco", "ESCO")
    labels: dict[str, dict[str, str]] = {}
    places: dict[str, Span] = {}
    links: dict[tuple[str, str], list[str]] = {}
    for path, text in files.items():
        rows, found = _rows(text, path)
        framework.found += found
        ending = path.lower().removesuffix(".csv")[-3:]
        named = {"_zh": "zh", "_en": "en"}.get(ending, lang)
        for span, row in rows:
            if _has(row, _RELATED):
                kind = "before" if row["relationType"] == "essential" else "related"
                links.setdefault((kind, row["originalSkillUri"]), []).append(row["relatedSkillUri"])
            elif _has(row, _BROADER):
                links.setdefault(("parent", row["conceptUri"]), []).append(row["broaderUri"])
            elif row.get("conceptUri"):
                places.setdefault(row["conceptUri"], span)
                labels.setdefault(row["conceptUri"], {})[named] = row["preferredLabel"].strip()
    for uri, said in labels.items():
        parents, before, related = (
            tuple(links.get((kind, uri), ())) for kind in ("parent", "before", "related")
        )
        framework.add(
            Concept(
                uri, said.get("zh", ""), said.get("en", ""), places[uri], parents, before, related
            )
        )
    return framework


def _has(row: Mapping[str, str], columns: tuple[str, ...]) -> bool:
    return all(column in row for column in columns)


def _rows(text: str, path: str) -> tuple[Iterator[tuple[Span, dict[str, str]]], list[Diagnostic]]:
    sheet, found = read_csv(text, path)
    heads = [head.strip() for head in sheet.rows[0]] if sheet.rows else []
    if not any(all(c in heads for c in known) for known in (_CONCEPTS, _BROADER, _RELATED)):
        found.append(UNKNOWN_FILE.at(Span(path, 1, 1, 1, 2)))
        return iter(()), found
    rows = (
        (Span(path, number, 1, number, 2), dict(zip(heads, row, strict=False)))
        for number, row in enumerate(sheet.rows[1:], 2)
        if len(row) == len(heads)
    )
    return rows, found
