"""Every diagnostic of results and outcomes, drawn in both languages from a source that has the fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import engine.analysis
import engine.learning.results
from engine.analysis.outcomes import read_outcomes
from engine.kernel.errors import DocumentError, EvaluationError
from engine.learning.results.follow_up import FollowUpRules, follow_up
from engine.learning.results.ledger import collect
from engine.learning.results.reading import names_of
from engine.learning.results.tables import read_table
from engine.learning.results.xapi import read_xapi
from tests.support.catalogs import shipped_graph, small_graph
from tests.support.follow_ups import (
    NOW,
    booking,
    content,
    enrolment,
    followed,
    result,
    rules,
    sales_plan,
)
from tests.support.golden import GOLDEN, assert_golden, codes_of, rendered
from tests.support.rule_sets import compiled
from tests.unit.learning.results.test_follow_up import ALERTS
from tests.unit.learning.results.test_reading import statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernel.diagnostics import Diagnostic

CODES = {
    code.id: code
    for package in (engine.learning.results, engine.analysis)
    for code in codes_of(package).values()
    if code.id.startswith(("RESULT-", "OUTCOME-"))
}
NAMES = names_of(shipped_graph())
KNOWN = names_of(shipped_graph(), known=frozenset({"P-1"}))
HEAD = "learner,item,completion,at\n"
RATED = "learner,item,rating,at\n"
OUT = "learner,item,completed,pre,post\nP-1,C101,yes,70,80\n"
TABLES = {
    "RESULT-CSV-001": "learner,item\n",
    "RESULT-CSV-002": "learner,item,at,completness\n",
    "RESULT-CSV-003": "learner,item,at,at\n",
    "RESULT-CSV-004": HEAD + "P-1,C101,80\n",
    "RESULT-CSV-005": HEAD + 'P-1,"C101,80,2026-03-01\n',
    "RESULT-CSV-006": HEAD + "P-1,C101,,2026-03-01\n",
    "RESULT-NAME-001": HEAD + "P-1,C1O1,80,2026-03-01\n",
    "RESULT-NAME-002": HEAD + "P-2,C101,80,2026-03-01\n",
    "RESULT-VALUE-001": HEAD + f"{'P' * 201},C101,80,2026-03-01\n",
    "RESULT-VALUE-002": RATED + "P-1,C101,6,2026-03-01\n",
}
OUTCOMES = {
    "OUTCOME-001": OUT + "P-1,C101,no,70,80\n",
    "OUTCOME-002": OUT + "P-2,C101,no,70,\n",
}
STATEMENTS = {
    "RESULT-XAPI-001": statement(verb=None),
    "RESULT-XAPI-002": statement(actor={"mbox": "mailto:li@lms.example"}),
    "RESULT-XAPI-003": statement(result={"score": {"scaled": 1.5}}),
}


def _spoilt() -> object:
    spoilt = FollowUpRules(compiled(ALERTS), rules().escalation, rules().adaptation)
    results = collect([result("fmcg-negotiation", "2026-07-30", completion=60)])
    return follow_up(content().graph(NOW), sales_plan(), enrolment(), results, spoilt, NOW)


EXAMS = [result("fmcg-negotiation", "2026-07-30", exam=exam) for exam in (60, 80)]
MISSPELT = enrolment(booking("fmcg-negotiaton", "2026-07-01", "2026-08-01"))
BACKWARDS = enrolment(booking("fmcg-negotiation", "2026-08-01", "2026-07-01"))
SPECIAL: dict[str, Callable[[], object]] = {
    "RESULT-CONFLICT-001": lambda: collect(EXAMS),
    "RESULT-CONFLICT-002": lambda: collect([EXAMS[0], EXAMS[1].model_copy(update={"id": "other"})]),
    "RESULT-PLAN-001": lambda: follow_up(
        small_graph(), sales_plan(), enrolment(), collect([]), rules(), NOW
    ),
    "RESULT-PLAN-002": lambda: followed([], MISSPELT),
    "RESULT-PLAN-003": lambda: followed([], BACKWARDS),
    "RESULT-RULES-001": _spoilt,
}
SIZES = {
    "RESULT-SIZE-001": ("MAX_SIZE", 10),
    "RESULT-SIZE-002": ("MAX_ROWS", 0),
}


def fault(code: str) -> tuple[Diagnostic, str]:
    source = TABLES.get(code) or OUTCOMES.get(code) or ""
    if code in STATEMENTS:
        source = json.dumps(STATEMENTS[code])
    if code in SIZES:
        source = HEAD + "P-1,C101,80,2026-03-01\n"
    try:
        if code in SPECIAL:
            SPECIAL[code]()
        elif code in STATEMENTS:
            read_xapi(source, NAMES, "results.jsonl")
        elif code in OUTCOMES:
            read_outcomes(source, NAMES, "outcomes.csv")
        else:
            read_table(source, KNOWN if code == "RESULT-NAME-002" else NAMES, "results.csv")
    except DocumentError as error:
        return error.diagnostics[0], source
    except EvaluationError as error:
        return error.fault, source
    pytest.fail(f"{code} is not found")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_its_text(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if code in SIZES:
        name, most = SIZES[code]
        monkeypatch.setattr(f"engine.learning.results.cells.{name}", most)
    found, source = fault(code)
    assert found.code.id == code
    assert_golden(f"diagnostics/{code}.txt", rendered(found, source))


def test_no_golden_text_is_left_over() -> None:
    kept = {path.stem for path in (GOLDEN / "diagnostics").glob("*.txt")}
    assert {one for one in kept if one.startswith(("RESULT-", "OUTCOME-"))} == set(CODES)
