"""The peers: the article's decision as zen-engine, durable-rules and plain Decimal code make it."""

from __future__ import annotations

import itertools
import json
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import zen
from durable.lang import assert_fact, delete_state, m, ruleset, when_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LINE, _CAP, _NEAR, _SURE = Decimal(80), Decimal(90), Decimal(3), Decimal("0.60")
_ZERO, _ONE, _HUNDRED, _MILLION = Decimal(0), Decimal(1), Decimal(100), Decimal(1_000_000)
_CENT = Decimal("0.01")
_CONTEXT = Context(prec=34, rounding=ROUND_HALF_EVEN)
_INPUTS = {
    "overall",
    "assessed",
    "below_floor",
    "discrepant",
    "min_confidence",
    "band_min",
    "band_max",
}


def _number(given: Mapping[str, object], name: str, low: Decimal, high: Decimal) -> Decimal:
    value = given[name]
    if not isinstance(value, Decimal):
        value = Decimal(value)  # type: ignore[arg-type]
    if value != +value or not low <= value <= high:
        raise ValueError(name)
    return value


def _money(given: Mapping[str, object], name: str) -> Decimal:
    value = _number(given, name, _ZERO, _MILLION)
    if value.quantize(_CENT) != value:
        raise ValueError(name)
    return value


def by_hand(given: Mapping[str, object]) -> dict[str, object]:
    """Decide as a careful programmer would write it, with the same validation and rounding."""
    with localcontext(_CONTEXT):
        if not given.keys() <= _INPUTS:
            raise ValueError(given)
        overall = _number(given, "overall", _ZERO, _HUNDRED)
        assessed, discrepant = given["assessed"], given.get("discrepant", False)
        if not isinstance(assessed, bool) or not isinstance(discrepant, bool):
            raise TypeError(given)
        below_floor = given.get("below_floor", ())
        if not isinstance(below_floor, list | tuple) or not all(
            isinstance(name, str) for name in below_floor
        ):
            raise TypeError(given)
        confidence = (
            _number(given, "min_confidence", _ZERO, _ONE) if "min_confidence" in given else _ONE
        )
        band_min, band_max = _money(given, "band_min"), _money(given, "band_max")
        if band_min > band_max:
            raise ValueError(given)
        if not assessed:
            outcome, row, reason = "human_review", "P02", "NOT-ASSESSED"
        elif len(below_floor) > 0:
            outcome, row, reason = "human_review", "P04", "BELOW-FLOOR"
        elif discrepant:
            outcome, row, reason = "human_review", "P05", "EVIDENCE-MIXED"
        elif confidence < _SURE:
            outcome, row, reason = "human_review", "P05b", "EVIDENCE-WEAK"
        elif _LINE - _NEAR <= overall < _LINE:
            outcome, row, reason = "human_review", "P06", "NEAR-LINE"
        elif overall >= _LINE:
            outcome, row, reason = "offer", "P08", "SCORE-MET"
        else:
            outcome, row, reason = "human_review", "P99", "SCORE-BELOW-LINE"
        answer: dict[str, object] = {
            "status": "decided",
            "outcome": outcome,
            "row": row,
            "reason": reason,
        }
        if outcome == "offer":
            if overall >= _CAP:
                salary = band_max
            else:
                salary = band_min + (overall - _LINE) * (band_max - band_min) / (_CAP - _LINE)
            answer["base_salary"] = salary.quantize(_CENT, rounding=ROUND_HALF_UP)
        return answer


def zen_decision() -> Callable[[Mapping[str, object]], Any]:
    """Build the same rule set as a zen-engine decision, called from Python with its trace."""
    heads = ["assessed", "len(below_floor)", "discrepant", "min_confidence", "overall"]
    rows = [
        ("P02", ["false", "", "", "", ""], "human_review", "NOT-ASSESSED"),
        ("P04", ["", "> 0", "", "", ""], "human_review", "BELOW-FLOOR"),
        ("P05", ["", "", "true", "", ""], "human_review", "EVIDENCE-MIXED"),
        ("P05b", ["", "", "", "< 0.60", ""], "human_review", "EVIDENCE-WEAK"),
        ("P06", ["", "", "", "", "[77..80)"], "human_review", "NEAR-LINE"),
        ("P08", ["", "", "", "", ">= 80"], "offer", "SCORE-MET"),
        ("P99", ["", "", "", "", ""], "human_review", "SCORE-BELOW-LINE"),
    ]
    table = zen_table(heads, [(cells, {"outcome": o, "reason": r}) for _, cells, o, r in rows])
    salary = (
        "outcome == 'offer' ? round(overall >= 90 ? band_max : "
        "band_min + (overall - 80) * (band_max - band_min) / 10, 2) : null"
    )
    expression = {
        "id": "pay",
        "name": "pay",
        "type": "expressionNode",
        "content": {
            "expressions": [{"id": "x", "key": "base_salary", "value": salary}],
            "passThrough": True,
        },
    }
    return _zen([table, expression])


def zen_table(heads: list[str], rows: list[tuple[list[str], dict[str, str]]]) -> dict[str, Any]:
    """Write a decision table in zen-engine's format."""
    outputs = list(rows[0][1])
    return {
        "id": "table",
        "name": "table",
        "type": "decisionTableNode",
        "content": {
            "hitPolicy": "first",
            "passThrough": True,
            "inputs": [{"id": f"i{n}", "name": h, "field": h} for n, h in enumerate(heads)],
            "outputs": [{"id": f"o{n}", "name": o, "field": o} for n, o in enumerate(outputs)],
            "rules": [
                {
                    "_id": f"r{number}",
                    **{f"i{n}": cell for n, cell in enumerate(cells)},
                    **{f"o{n}": json.dumps(given[o]) for n, o in enumerate(outputs)},
                }
                for number, (cells, given) in enumerate(rows)
            ],
        },
    }


def _zen(nodes: list[dict[str, Any]]) -> Callable[[Mapping[str, object]], Any]:
    chain = [
        {"id": "in", "name": "in", "type": "inputNode"},
        *nodes,
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": f"e{n}", "type": "edge", "sourceId": a["id"], "targetId": b["id"]}
        for n, (a, b) in enumerate(itertools.pairwise(chain))
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": chain, "edges": edges}))
    return lambda given: decision.evaluate(dict(given), {"trace": True})


def zen_lookup(
    heads: list[str], rows: list[tuple[list[str], dict[str, str]]]
) -> Callable[[Mapping[str, object]], Any]:
    """Build one table as a zen-engine decision."""
    return _zen([zen_table(heads, rows)])


def durable_decision() -> Callable[[Mapping[str, object]], str]:
    """Build the rows of the offer as durable-rules of its own, called as its guide does; no pay, no trace."""
    found: list[str] = []
    with ruleset("bench_offer"):
        # Numbers are hundredths, since it compares decimals as binary floats.

        @when_all(m.assessed == False)  # type: ignore[untyped-decorator]  # noqa: E712 - the rule's own syntax
        def unassessed(_: object) -> None:
            found.append("human_review")

        @when_all((m.assessed == True) & (m.overall >= 8000))  # type: ignore[untyped-decorator]  # noqa: E712
        def met(_: object) -> None:
            found.append("offer")

        @when_all((m.assessed == True) & (m.overall < 8000))  # type: ignore[untyped-decorator]  # noqa: E712
        def below(_: object) -> None:
            found.append("human_review")

    number = 0

    def decide(given: Mapping[str, object]) -> str:
        nonlocal number
        number += 1
        found.clear()
        session = f"s{number}"
        assert_fact(
            "bench_offer",
            {
                "sid": session,
                "id": f"f{number}",
                "assessed": given["assessed"],
                "overall": int(given["overall"] * 100),  # type: ignore[operator]
            },
        )
        delete_state("bench_offer", session)
        return found[0]

    return decide
