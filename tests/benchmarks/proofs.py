"""How long proofs take as tables grow: pay by score steps, never falling, in its band, the same for everyone."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.kernel.documents import load_data
from engine.rules.compiler import compile_rule_set
from engine.rules.documents import RuleSet
from engine.rules.prove import prove_claim
from tests.benchmarks.timing import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.rules.compiled import CompiledRuleSet

SIZES = (50, 500, 1_000)


def stepped(count: int) -> CompiledRuleSet:
    """Compile a table of so many steps of pay, each of its own score range, for two regions."""
    step = Decimal(100) / (count // 2)
    rows = []
    for place in range(count // 2):
        low, high = step * place, step * (place + 1)
        closing = "]" if high == 100 else ")"
        for region, more in (("north", 0), ("south", 100)):
            rows.append(
                {
                    "id": f"R{place}-{region}",
                    "when": [f"[{low}..{high}{closing}", region],
                    "then": [str(8000 + 10 * place + more)],
                }
            )
    data: dict[str, Any] = {
        "schema_version": "1",
        "kind": "rule_set",
        "id": "stepped",
        "version": "1.0.0",
        "title": {"zh": "分档", "en": "steps"},
        "owner": "bench",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "-",
        "feel": "1",
        "inputs": {
            "score": {"type": "number", "range": "[0..100]", "scale": 2},
            "region": {"type": "string", "one_of": ["north", "south"]},
            "gender": {"type": "string"},
        },
        "decisions": {
            "pay": {
                "type": "number",
                "hit_policy": "unique",
                "columns": {"when": ["score", "region"], "then": ["pay"]},
                "rows": rows,
            }
        },
        "guarantees": [
            {"id": "G1", "never_decreases": "pay", "when_rises": "score"},
            {"id": "G2", "always": "pay >= 8000"},
            {"id": "G3", "independent_of": "gender"},
        ],
    }
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    return compile_rule_set(loaded)


def proof_figures() -> Iterator[Figure]:
    """Prove three guarantees of tables of each size; all of them hold."""
    for count in SIZES:
        rule_set = stepped(count)
        start = time.perf_counter()
        proofs = [prove_claim(rule_set, claim) for claim in rule_set.claims]
        yield Figure(f"prove.{count}_rows_seconds", time.perf_counter() - start, "s")
        assert [p.verdict for p in proofs] == ["proved"] * 3
