"""On catalogs of up to 1,000 items no set is better than the plan: CP-SAT says so, in another process."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.documents import load_data
from engine.learning.documents import Catalog, PlanLimits
from engine.learning.plan import plan
from engine.learning.skill_graph import check_catalog, compile_catalog
from tests.support.plan_cases import random_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random  # noqa: TID251 - the type of what hypothesis draws

    from engine.learning.documents import LearningPlan

ORACLE = Path(__file__).resolve().parents[1] / "support" / "plan_oracle.py"


@pytest.fixture(scope="module")
def oracle() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(ORACLE)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def asked(oracle: subprocess.Popen[str], case: dict[str, Any]) -> dict[str, Any]:
    assert oracle.stdin is not None
    assert oracle.stdout is not None
    oracle.stdin.write(json.dumps(case) + "\n")
    oracle.stdin.flush()
    answer: dict[str, Any] = json.loads(oracle.stdout.readline())
    return answer


def planned(case: dict[str, Any]) -> LearningPlan | None:
    loaded, found = load_data(Catalog, case["data"])
    assert loaded is not None, found
    if any(d.is_error for d in check_catalog(loaded)):
        return None
    return plan(
        compile_catalog(loaded),
        "seller",
        {competency: Decimal(score) for competency, score in case["scores"].items()},
        limits=PlanLimits(**case["limits"]),
        passed=case["passed"],
        booked=case["booked"],
        preference=case["preference"],
    )


@pytest.mark.parametrize("size", [25, 60, 150, 1000])
@settings(max_examples=8)
@given(draw=st.randoms(use_true_random=True))
def test_no_set_is_better(oracle: subprocess.Popen[str], size: int, draw: Random) -> None:
    case = random_case(draw, size)
    made = planned(case)
    if made is None:
        return
    assert made.proved
    case["answer"] = None
    if made.status != "infeasible":
        case["answer"] = [step.item for step in made.steps]
    told = asked(oracle, case)
    assert told["better"] == "INFEASIBLE"
    if told["worth"] is not None:
        hours, cost, _, _, count = told["worth"][-5:]
        assert (hours, cost) == (made.hours * 100, made.cost * 100)
        assert count == len(made.steps)
        gaps_closed = all(value == 0 for value in told["worth"][:-5])
        assert gaps_closed == (made.status == "complete")
