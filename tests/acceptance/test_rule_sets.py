"""The shipped rule sets give the article's figures, and their cases notice when a rule changes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from api.folder import read_folder
from engine.cases import run_cases
from engine.chaining.cases import typed_facts
from engine.chaining.infer import infer
from engine.content import Content, read_content
from engine.kernel.documents import Loaded
from engine.kernel.json_text import read_json
from engine.rules.cases import cases_of, run_case
from engine.rules.compiler import compile_rule_set
from engine.rules.decision import plain_json
from engine.rules.evaluate import decide
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.cases import Case
    from engine.rules.compiled import CompiledRow, CompiledRuleSet
    from engine.rules.decision import Decision
    from engine.rules.documents import RuleSet

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
FILES = read_folder(ROOT).files
CASED = ("rule_set", "inference", "competency_model")


@cache
def content() -> Content:
    """Read the shipped content."""
    return read_content(FILES)


def rule_sets() -> list[Loaded[RuleSet]]:
    """List every version of every shipped rule set."""
    return [one for one in content().documents() if one.document.kind == "rule_set"]


def compiled(id_: str) -> CompiledRuleSet:
    """Compile a shipped rule set."""
    return content().rule_set(f"{id_}@1.0.0", NOW)


def cases(id_: str, version: str) -> Iterator[Case]:
    """Give the shipped cases of one version."""
    for file in content().cases:
        if file.document.of == id_:
            yield from (c for c in cases_of(file.document) if version in (c.versions or (version,)))


def decided(id_: str, **inputs: object) -> Decision:
    """Decide by a shipped rule set."""
    return decide(compiled(id_), inputs)


def outcomes(id_: str, **inputs: object) -> dict[str, Any]:
    """Decide by a shipped rule set and write what came out as the command line does."""
    decision = decided(id_, **inputs)
    assert decision.status == "decided", decision
    return {name: plain_json(value) for name, value in decision.outcomes.items()}


def rows_of(rule_set: CompiledRuleSet) -> list[tuple[str, CompiledRow]]:
    """List the rows of every table of a rule set, by decision."""
    return [(n.name, row) for n in rule_set.decisions if n.table for row in n.table.rows]


# --- the article's figures ---------------------------------------------------------------------

BAND = {"assessed": True, "band_min": "8000", "band_max": "10000"}


@pytest.mark.parametrize(
    ("overall", "salary"),
    [
        ("80", "8000.00"),
        ("85", "9000.00"),
        ("87.3", "9460.00"),
        ("89.999", "9999.80"),
        ("90", "10000.00"),
        ("97", "10000.00"),
    ],
)
def test_the_salary_follows_the_score(overall: str, salary: str) -> None:
    assert outcomes("offer", overall=overall, **BAND) == {"outcome": "offer", "base_salary": salary}


def test_no_offer_below_the_line_by_however_little() -> None:
    answer = outcomes("offer", overall="79.999999999999999999", **BAND)
    assert answer == {"outcome": "human_review"}


def test_an_absent_score_is_incomplete_and_one_above_a_hundred_an_error() -> None:
    assert decided("offer", **BAND)[:2] == ("incomplete", {})
    assert decided("offer", **BAND).missing == ("overall",)
    assert decided("offer", overall="100.01", **BAND).status == "error"


def test_probation_is_three_tenths_training_and_seven_tenths_performance() -> None:
    effect = outcomes("training-effect", completion=100, exam=85, mentor_rating=4)
    assert effect == {"training_effect": "88.50"}
    answer = outcomes("probation", performance=80, **effect)
    assert answer == {"score": "82.550", "outcome": "confirm"}


@pytest.mark.parametrize("missing", ["training_effect", "performance"])
def test_either_part_of_probation_missing_is_no_score(missing: str) -> None:
    inputs = {"training_effect": "88.5", "performance": 80}
    del inputs[missing]
    decision = decided("probation", **inputs)
    assert (decision.status, decision.missing) == ("incomplete", (missing,))


@pytest.mark.parametrize(
    ("completion", "exam", "alerts"),
    [
        ("80", "70", []),
        ("79.99", "95", ["low_completion"]),
        ("100", "69.9", ["low_exam"]),
        ("100", None, []),
    ],
)
def test_training_alerts(completion: str, exam: str | None, alerts: list[str]) -> None:
    answer = outcomes("training-alerts", completion=completion, exam=exam)
    assert (answer["alert"], answer["alerts"]) == (bool(alerts), alerts)


def test_eighty_percent_adapts_the_plan_and_is_no_alert() -> None:
    inputs = {"completion": 80}
    assert outcomes("training-alerts", exam=None, **inputs)["alert"] is False
    answer = outcomes("training-adaptation", course="product-knowledge", **inputs)
    assert answer == {"add": ["product-case-analysis"]}
    known = {item.id for item in content().graph(NOW).items.values()}
    assert {"product-knowledge", "product-case-analysis"} <= known


def test_an_alert_becomes_a_fact_of_the_escalation() -> None:
    alerts = outcomes("training-alerts", completion="79.99", exam="69.9")["alerts"]
    escalation = content().inference("training-escalation@1.0.0", NOW)
    facts = {"finding": [{"course": "negotiation", "alert": name} for name in alerts]}
    derived = infer(escalation, typed_facts(escalation, facts)).derived
    assert "urgent" in {fact["level"] for fact in derived if fact.type == "alert"}


def test_the_bonus_stands_beside_the_base() -> None:
    answer = outcomes("bonus", role="sales-rep-fmcg", base_salary="8000.00")
    assert (answer["target_bonus"], answer["target_total"]) == ("2400.00", "10400.00")


def test_benefits_are_those_of_the_fixture() -> None:
    fixture: Any = read_json((ROOT / "examples/benefits.json").read_text("utf-8"))
    for allowance in fixture["allowances"]:
        answer = outcomes("benefits", city=allowance["city"], base_salary=9000)
        of_city = [dict(rate) for rate in fixture["rates"] if rate["city"] == allowance["city"]]
        for rate in of_city:
            del rate["city"], rate["effective_from"]
        assert of_city
        assert answer["rates"] == of_city
        assert answer["allowance"] == allowance["amount"]


def test_an_unknown_city_is_blocked_with_the_reason() -> None:
    decision = decided("benefits", city="Atlantis", base_salary=9000)
    assert decision.outcomes["outcome"] == "blocked"
    (reason,) = decision.reasons
    assert reason.code == "CITY-UNKNOWN"
    assert "Atlantis" in reason.zh
    assert "Atlantis" in reason.en


def test_a_silent_vendor_is_never_clear() -> None:
    given = {"role": "sales-rep-fmcg", "consent_background_check": True, "offer_signed": True}
    for hours in (0, 48, 49, 100_000):
        answer = outcomes("background-check", silent_hours=hours, **given)
        assert answer["outcome"] == ("pending" if hours <= 48 else "pending_escalate")


# --- the content as a whole --------------------------------------------------------------------


def test_no_rule_declines() -> None:
    for loaded in rule_sets():
        rule_set = content().compile_rule_set(loaded)
        for _, row in rows_of(rule_set):
            assert "decline_by_person" not in [getattr(o, "value", None) for o in row.outputs]


def test_every_row_cites_a_clause_of_its_rule_set() -> None:
    for loaded in rule_sets():
        for _, row in rows_of(content().compile_rule_set(loaded)):
            assert row.clause
            assert row.clause.startswith(f"{loaded.document.clause.split('.')[0]}.")


def test_every_versioned_document_that_decides_has_cases() -> None:
    for loaded in content().documents():
        if loaded.document.kind in CASED:
            assert list(cases(loaded.document.id, loaded.document.version)), loaded.path


def test_every_shipped_case_passes() -> None:
    results = [result for file in content().cases for result in run_cases(content(), file, NOW)]
    assert results
    assert [result for result in results if not result.passed] == []
    assert [found for found in content().found if found.is_error] == []


def noticed(loaded: Loaded[RuleSet], **changes: object) -> bool:
    """Say whether a case fails when the document is changed."""
    document = loaded.document
    altered = document.model_copy(update=changes)
    rule_set = compile_rule_set(Loaded(altered, loaded.canonical, loaded.hash, loaded.path))
    results = [run_case(rule_set, case) for case in cases(document.id, document.version)]
    return not all(result.passed for result in results)


@pytest.mark.parametrize("loaded", rule_sets(), ids=lambda one: one.document.id)
def test_a_case_notices_every_row_that_is_gone(loaded: Loaded[RuleSet]) -> None:
    decisions = loaded.document.decisions
    for name, decision in decisions.items():
        for gone in decision.rows or ():
            left = tuple(row for row in decision.rows or () if row is not gone)
            shorter = decision.model_copy(update={"rows": left})
            assert noticed(loaded, decisions={**decisions, name: shorter}), gone.id


@pytest.mark.parametrize("id_", content().ids("inference"))
def test_every_rule_of_an_inference_fires_in_a_case(id_: str) -> None:
    inference = content().inference(f"{id_}@1.0.0", NOW)
    fired = {
        firing.rule
        for case in cases(id_, "1.0.0")
        for firing in infer(inference, typed_facts(inference, case.inputs)).firings
    }
    assert fired == {rule.id for rule in inference.rules}


PARAMETERS = [(one, name) for one in rule_sets() for name in one.document.params]


@pytest.mark.parametrize(("loaded", "name"), PARAMETERS, ids=lambda x: getattr(x, "path", x))
@pytest.mark.parametrize("step", [1, -1])
def test_a_case_notices_every_changed_parameter(
    loaded: Loaded[RuleSet], name: str, step: int
) -> None:
    document = loaded.document
    old = Decimal(document.params[name].value)
    last_place = old.as_tuple().exponent
    assert isinstance(last_place, int)
    value = str(old + Decimal(step).scaleb(last_place))
    changed = document.params[name].model_copy(update={"value": value})
    assert noticed(loaded, params={**document.params, name: changed})
