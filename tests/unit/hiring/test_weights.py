"""Weights that are moved by one: a case notices when the scores on either side differ and it names the sum."""

from __future__ import annotations

import datetime as dt

from api.folder import read_folder
from engine.cases import weigh_models
from engine.content import read_content
from engine.hiring.provenance import count_provenance
from engine.hiring.weights import weigh
from engine.jurisdictions.merge import NO_LAW
from engine.kernel.diagnostics import render
from engine.rules.cases import cases_of
from tests.support.golden import assert_golden
from tests.support.source import ROOT

NOW = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
FILES = read_folder(ROOT).files
CONTENT = read_content(FILES)
MODEL = CONTENT.version("competency_model", "sales-rep-fmcg", "1.0.0")
CASES = {
    case.id: case
    for file in CONTENT.cases
    if file.document.of == "sales-rep-fmcg"
    for case in cases_of(file.document)
}


def test_equal_scores_do_not_tell_weights_apart() -> None:
    """The article's person has 70 in two competencies that stand side by side."""
    found = weigh(MODEL, NO_LAW, [CASES["article"]])
    moves = {(one.args["source"], one.args["target"]) for one in found.survivors}
    pair = ("customer_orientation", "negotiation")
    assert moves == {pair, pair[::-1]}
    assert (found.total, found.noticed) == (6, 4)
    lines = FILES[MODEL.path].split("\n")
    drawn = "\n\n".join(render(found.survivors[0], lines, lang) for lang in ("en", "zh"))
    assert_golden("diagnostics/CASE-MUTANT-006.txt", drawn + "\n")


def test_different_scores_do() -> None:
    assert weigh(MODEL, NO_LAW, [CASES["four-different-scores"]]).survivors == ()


def test_a_case_that_fails_notices_nothing() -> None:
    wrong = CASES["article"].model_copy(update={"expect": {"overall": "81"}})
    assert weigh(MODEL, NO_LAW, [wrong]).noticed == 0


def test_the_cases_of_the_shipped_models_notice_every_move() -> None:
    found = list(weigh_models(CONTENT, CONTENT.cases, NOW))
    assert {one.of for one in found} == set(CONTENT.ids("competency_model"))
    assert [told for one in found for told in one.weighed.survivors] == []


def test_where_weights_come_from_is_counted() -> None:
    found = count_provenance([MODEL])
    assert (found.human_set, found.data_derived) == (4, 0)
