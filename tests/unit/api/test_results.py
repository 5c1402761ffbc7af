"""`results`, `replan` and `effects` as their users type them, with files on the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "results"
TABLE, STATEMENTS = EXAMPLES / "article-sales.csv", EXAMPLES / "article-sales.xapi.jsonl"
ENROLMENT = EXAMPLES / "article-sales-enrolment.json"
OUTCOMES = EXAMPLES / "outcomes-simulated.csv"
AS_OF = ("--as-of", "2026-08-17")


def run(*arguments: str | Path, stdin: str = "", code: int = 0, lang: str = "en") -> str:
    """Run a command and give what it printed; the exit code must be the one expected."""
    given = [*map(str, arguments), "--lang", lang]
    result = CliRunner().invoke(app, given, input=stdin, env={"COLUMNS": "160"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The article's interview, evaluated, as a file."""
    path = tmp_path_factory.mktemp("evaluated") / "evaluation.json"
    interview = ROOT / "examples" / "interviews" / "article-sales.json"
    path.write_text(run("evaluate", interview, "--json", "--as-of", "2026-06-30"), "utf-8")
    return path


def read(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text)
    return data


def test_results_in_both_languages(evaluation: Path) -> None:
    given = ("results", evaluation, "--csv", TABLE, "--enrolment", ENROLMENT, *AS_OF)
    told = run(*given)
    assert "FMCG negotiation in practice: failed (completion 100%, exam 69.9" in told
    assert "alert: FMCG negotiation in practice low exam score" in told
    assert "added: Product case analysis" in told
    assert "预警：《快消品谈判技巧实战》" in run(*given, lang="zh")


def test_statements_and_a_table_together(evaluation: Path) -> None:
    given = ("--xapi", STATEMENTS, "--csv", TABLE, "--learner", "cand-7f3a91", *AS_OF)
    answer = read(run("results", evaluation, *given, "--json"))
    states = {state["item"]: state for state in answer["follow_up"]["states"]}
    assert states["customer-empathy"]["status"] == "passed"
    assert len(states["customer-empathy"]["rests_on"]) == 2
    assert answer["follow_up"]["undated"] == ["fmcg-negotiation"]
    assert "probation" not in answer


def test_the_probation_with_its_way_back(evaluation: Path) -> None:
    given = ("results", evaluation, "--csv", TABLE, "--enrolment", ENROLMENT, *AS_OF)
    told = run(*given, "--performance", "80", "--criteria-disclosed")
    assert "probation: " in told
    assert "evidence negotiation/rater-1" in told
    record = read(run(*given, "--performance", "80", "--json"))["probation"]
    assert record["status"] == "decided"
    assert {link["kind"] for link in record["way_back"]} >= {"alert", "weakness", "evidence"}
    assert "probation: performance missing" in run(*given, "--performance", "-")
    assert "is not a number" in run(*given, "--performance", "high", code=2)


def test_replan_and_replan_again(evaluation: Path, tmp_path: Path) -> None:
    given = ("--csv", TABLE, "--enrolment", ENROLMENT, *AS_OF)
    told = run("replan", evaluation, *given)
    assert "plan version 2 as proposed" in told
    assert "kept: Negotiation role-play workshop, booked" in told
    assert "changes to what is booked: 0" in told
    proposal = tmp_path / "proposal.json"
    proposal.write_text(run("replan", evaluation, *given, "--json"), "utf-8")
    again = read(
        run("replan", proposal, *given, "--weeks", "20", "--hours-per-week", "5", "--json")
    )
    assert (again["number"], again["plan"]["limits"]["weeks"]) == (3, 20)
    assert again["kept"][0]["item"] == "coach-negotiation"


def test_a_plan_as_it_was_made(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    made = run(
        "plan", "--role", "sales-rep-fmcg", "--scores", "-", "--json", stdin='{"negotiation": 70}'
    )
    plan.write_text(made, "utf-8")
    told = run("results", plan, "--csv", TABLE, *AS_OF)
    assert "Negotiation 74.71" in told
    assert "plan version 2" in run("replan", plan, "--csv", TABLE, *AS_OF)


def test_names_of_another_system(evaluation: Path, tmp_path: Path) -> None:
    results, names = tmp_path / "r.csv", tmp_path / "names.json"
    results.write_text("learner,item,exam,at\nu7,Negotiate!,80,2026-08-01\n", "utf-8")
    names.write_text(
        '{"items": {"Negotiate!": "fmcg-negotiation"}, "learners": {"u7": "P-7"}}', "utf-8"
    )
    told = run("results", evaluation, "--csv", results, "--names", names, *AS_OF)
    assert told.startswith("P-7, by 2026-08-17")
    names.write_text('{"item": {}}', "utf-8")
    assert "DOC-KEY-002" in run("results", evaluation, "--csv", results, "--names", names, code=1)


def test_a_faulty_row_is_shown_with_its_line(evaluation: Path, tmp_path: Path) -> None:
    results = tmp_path / "r.csv"
    results.write_text("learner,item,exam,at\nP-1,C1O1,80,2026-08-01\n", "utf-8")
    told = run("results", evaluation, "--csv", results, code=1)
    assert f"{results}:2:1: error RESULT-NAME-001" in told
    assert "2 | P-1,C1O1,80,2026-08-01" in told
    assert "did you mean `C101`?" in told
    assert "目录中没有条目" in run("results", evaluation, "--csv", results, code=1, lang="zh")


def test_a_conflict_is_told(evaluation: Path, tmp_path: Path) -> None:
    results = tmp_path / "r.csv"
    rows = "P-1,C101,80,2026-08-01\nP-1,C101,81,2026-08-01\n"
    results.write_text(f"learner,item,exam,at\n{rows}", "utf-8")
    assert "RESULT-CONFLICT-002" in run("results", evaluation, "--csv", results, code=1)


def test_whose_results_are_meant(evaluation: Path, tmp_path: Path) -> None:
    results = tmp_path / "r.csv"
    rows = "P-11,C101,80,2026-08-01\nQ-5,C101,81,2026-08-01\n"
    results.write_text(f"learner,item,exam,at\n{rows}", "utf-8")
    told = run("results", evaluation, "--csv", results, code=2)
    assert "name the learner by --learner; the results are of `P-11`, `Q-5`" in told
    assert "did you mean `P-11`?" in run(
        "results", evaluation, "--csv", results, "--learner", "P-12", code=2
    )
    told = run("results", evaluation, "--enrolment", ENROLMENT, "--learner", "P-1", code=2)
    assert "the enrolment is of `cand-7f3a91`" in told
    assert "of nobody" in run("results", evaluation, code=2)
    assert "请用 --learner 指明学员" in run("results", evaluation, code=2, lang="zh")
    assert "no alerts" in run("results", evaluation, "--learner", "P-1", *AS_OF)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "DOC-KEY-001"),
        ('{"kind": "evaluation"}', "DOC-TYPE-001"),
        ('{"kind": "plan_proposal"}', "DOC-KEY-001"),
        ("[1]", "DOC-TYPE-001"),
        ("no", "JSON-001"),
    ],
)
def test_what_is_no_plan(tmp_path: Path, text: str, said: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(text, "utf-8")
    for command in ("results", "replan"):
        assert said in run(command, plan, "--learner", "P-1", code=1)


def test_results_from_before_the_scores_move_no_level(evaluation: Path) -> None:
    given = ("results", evaluation, "--csv", TABLE, *AS_OF)
    late = run(*given, "--since", "2026-08-15")
    assert "Negotiation 70 (" in late
    assert "Customer empathy and needs: passed" in late
    assert "Negotiation 70 (" not in run(*given, "--since", "2026-06-30")
    assert "is not a date" in run(*given, "--since", "soon", code=2)


def test_a_plan_that_cannot_be_ends_with_a_finding(evaluation: Path) -> None:
    given = ("--learner", "P-1", "--weeks", "1", "--hours-per-week", "0.5", *AS_OF)
    assert "no plan is feasible" in run("replan", evaluation, *given, code=1)


def test_a_limit_that_is_none(evaluation: Path) -> None:
    told = run("replan", evaluation, "--learner", "P-1", "--weeks", "soon", *AS_OF, code=1)
    assert "`soon` is not a whole number" in told


def test_effects_in_both_languages() -> None:
    told = run("effects", OUTCOMES)
    assert "an expert's estimate: 12 completed it, fewer than 20" in told
    assert "tests run, 6 in all:" in told
    assert "proposal: consider making it mandatory" in told
    assert "建议：考虑设为必修" in run("effects", OUTCOMES, lang="zh")
    report = read(run("effects", OUTCOMES, "--json"))
    assert [len(report[key]) for key in ("gains", "tests", "proposals")] == [3, 6, 2]


def test_a_less_reliable_score_holds_a_proposal_back() -> None:
    report = read(run("effects", OUTCOMES, "--reliability", "0.5", "--json"))
    assert [one["kind"] for one in report["proposals"]] == ["rerate"]


@pytest.mark.parametrize("given", ["0", "1.1", "much"])
def test_a_reliability_that_is_none(given: str) -> None:
    run("effects", OUTCOMES, "--reliability", given, code=2)


def test_faulty_outcomes(tmp_path: Path) -> None:
    rows = tmp_path / "o.csv"
    rows.write_text("learner,item,completed,pre,post\nP-1,C101,yes,seventy,80\n", "utf-8")
    assert "2 | P-1,C101,yes,seventy,80" in run("effects", rows, code=1)
    rows.write_text("learner,item,completed,pre\n", "utf-8")
    assert "there are no outcomes" in run("effects", rows)
    assert "there is no file" in run("effects", tmp_path / "none.csv", code=2)
