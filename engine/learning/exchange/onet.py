"""O*NET's ratings of skills for occupations, taken over through an explicit alignment."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from engine.kernel.decimals import decimal_text, parse_number
from engine.kernel.diagnostics import Code, Severity, Span
from engine.kernel.source import Data
from engine.learning.exchange.framework import NO_COLUMNS, read_alignment
from engine.learning.exchange.merging import KEPT
from engine.learning.exchange.tables import Entry, read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.diagnostics import Diagnostic

NOT_RATED = Code(
    "EXCHANGE-051",
    "`{occupation}` has no usable rating of `{element}`",
    "`{occupation}` 没有 `{element}` 的可用评级",
    "O*NET marks it as not relevant or to be suppressed, or does not list it",
    "O*NET 标注其不相关或应略去，或未列出",
    Severity.WARNING,
)
BAD_RATING = Code(
    "EXCHANGE-052",
    "`{text}` is no rating between {low} and {high}",
    "`{text}` 不是 {low} 到 {high} 之间的评级",
    "take the file as O*NET gives it",
    "请使用 O*NET 原始文件",
)

_COLUMNS = ("O*NET-SOC Code", "Element ID", "Scale ID", "Data Value")
_RANGE = {"LV": (Decimal(0), Decimal(7)), "IM": (Decimal(1), Decimal(5))}
"""The scales: level 0 to 7, importance 1 to 5."""
_TENTH = Decimal("0.1")
_VERY, _RATHER = Decimal(4), Decimal(3)


def read_onet(
    ratings: str,
    alignment: str,
    occupations: Mapping[str, str],
    base: Mapping[str, Any],
    paths: tuple[str, str] = ("", ""),
) -> tuple[list[Entry], list[Diagnostic]]:
    """Turn the ratings of occupations (by code: our role) into alignments and targets of a catalog.

    `alignment` is a table of `element_id` and `node`. A level of 0 to 7 becomes 0 to 100; what is
    rated 4 or more in importance has priority 1, from 3 on 2, else 3. A target that the catalog
    has already is kept, and the difference told.
    """
    nodes = {n["id"]: n for n in base.get("nodes", ()) if n["kind"] == "competency"}
    aligned, found = read_alignment(alignment, paths[1], nodes, "element_id")
    rated, more = _rated(ratings, paths[0], set(occupations))
    found += more
    entries = []
    for element, (name, span) in aligned.items():
        whole = {**nodes[name], "align": {**(nodes[name].get("align") or {}), "onet": element}}
        entries.append(Entry("nodes", whole, Data(whole, span)))
    own = {(t["role"], t["competency"]): t for t in base.get("targets", ())}
    for code, role in occupations.items():
        for element, (node, _) in aligned.items():
            level, importance = (rated.get((code, element, scale)) for scale in ("LV", "IM"))
            if level is None or importance is None or not level[0]:
                found.append(NOT_RATED.at(None, occupation=code, element=element))
                continue
            target = _target(role, node, level[0], importance[0])
            known = own.get((role, node))
            if known is None:
                entries.append(Entry("targets", target, Data(target, level[1])))
            elif {key: str(value) for key, value in known.items()} != target:
                said = {"own": str(known["level"]), "other": target["level"]}
                found.append(KEPT.at(level[1], name=f"{role}, {node}", **said))
    return entries, found


def _target(role: str, node: str, level: Decimal, importance: Decimal) -> dict[str, str]:
    share = (level * 100 / _RANGE["LV"][1]).quantize(_TENTH, ROUND_HALF_UP)
    priority = "1" if importance >= _VERY else "2" if importance >= _RATHER else "3"
    asked = decimal_text(min(share, Decimal("99.9")))
    return {"role": role, "competency": node, "level": asked, "priority": priority}


Rated = dict[tuple[str, str, str], tuple[Decimal, Span]]


def _rated(text: str, path: str, codes: set[str]) -> tuple[Rated, list[Diagnostic]]:
    """Read the ratings of some occupations by code, element and scale; what is suppressed is left out."""
    sheet, found = read_csv(text, path)
    heads = [head.strip() for head in sheet.rows[0]] if sheet.rows else []
    for name in _COLUMNS:
        if name not in heads:
            span = Span(path, 1, 1, 1, 2)
            return {}, [*found, NO_COLUMNS.at(span, name=name, format="O*NET")]
    rated: Rated = {}
    for number, row in enumerate(sheet.rows[1:], 2):
        cells = dict(zip(heads, (cell.strip() for cell in row), strict=False))
        scale = cells.get("Scale ID", "")
        if cells.get("O*NET-SOC Code") not in codes or scale not in _RANGE:
            continue
        if cells.get("Recommend Suppress") == "Y" or cells.get("Not Relevant") == "Y":
            continue
        at = heads.index("Data Value") + 1
        span, (low, high) = Span(path, number, at, number, at + 1), _RANGE[scale]
        value = parse_number(cells["Data Value"])
        if value is None or not low <= value <= high:
            shown = {"low": decimal_text(low), "high": decimal_text(high)}
            found.append(BAD_RATING.at(span, text=cells["Data Value"][:80], **shown))
            continue
        rated[cells["O*NET-SOC Code"], cells["Element ID"], scale] = value, span
    return rated, found
