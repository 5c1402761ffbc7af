"""The command line as its users type it: texts, JSON, exit codes, and what it says about wrong use."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from api.cli import app
from api.folder import STARTER

ROOT = Path(__file__).parents[3]
SALES = str(ROOT / "examples" / "interviews" / "article-sales.json")
CASE = {"assessed": True, "band_min": 8000, "band_max": 10000}


def run(*arguments: str, stdin: str = "", code: int = 0) -> str:
    """Run a command in English and give what it printed; the exit code must be the one expected."""
    language = () if "--lang" in arguments else ("--lang", "en")
    result = CliRunner().invoke(app, [*arguments, *language], input=stdin, env={"COLUMNS": "160"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def decided(overall: str | None, *, code: int = 0, **more: object) -> dict[str, Any]:
    """Decide an offer by JSON; the score is written as digits, not as a float."""
    given = json.dumps({**CASE, **more})
    if overall is not None:
        given = given[:-1] + f', "overall": {overall}}}'
    answer = run("decide", "offer@1.0.0", "--inputs", "-", "--json", stdin=given, code=code)
    read: dict[str, Any] = json.loads(answer)
    return read


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the shipped content that a test may spoil.

    The largest rule set is left out: to check it takes longer than all others, and no test spoils it.
    """
    left_out = "background-check"
    for name in ("rules", "competency_models", "catalog", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(left_out))
    lines = (ROOT / "published.lock").read_text("utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if f" {left_out} " not in line)
    (tmp_path / "published.lock").write_text(kept, "utf-8")
    return tmp_path


# --- decide ------------------------------------------------------------------------------------


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
def test_decide_gives_the_salary(overall: str, salary: str) -> None:
    answer = decided(overall)
    assert answer["status"] == "decided"
    assert answer["outcomes"] == {"outcome": "offer", "base_salary": salary}
    assert answer["reasons"][0]["code"] == "SCORE-MET"
    assert answer["used"][0]["id"] == "offer"
    assert answer["used"][0]["hash"].startswith("sha256:")


def test_decide_keeps_every_digit() -> None:
    answer = decided("79.999999999999999999")
    assert answer["outcomes"] == {"outcome": "human_review"}


def test_decide_says_what_is_missing() -> None:
    answer = decided(None)
    assert (answer["status"], answer["missing"], answer["outcomes"]) == (
        "incomplete",
        ["overall"],
        {},
    )


def test_decide_out_of_range_is_an_error() -> None:
    answer = decided("100.01", code=1)
    assert answer["status"] == "error"
    assert answer["faults"][0]["code"] == "INPUT-003"


def test_decide_has_exactly_the_keys_that_are_published() -> None:
    keys = {"status", "outcomes", "reasons", "obligations", "used", "missing", "trace"}
    assert set(decided("80")) == keys


@pytest.mark.parametrize("stdin", ["{", "[1]", "null", '{"overall": NaN}', ""])
def test_decide_answers_a_system_with_one_object_whatever_it_sent(stdin: str) -> None:
    answer = json.loads(
        run("decide", "offer@1.0.0", "--inputs", "-", "--json", stdin=stdin, code=1)
    )
    assert (answer["status"], answer["outcomes"]) == ("error", {})
    assert answer["faults"][0]["code"]


def test_decide_by_a_changed_published_file_is_refused(content: Path) -> None:
    path = content / "rules" / "offer" / "1.0.0.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 80,", "value: 81,"), "utf-8")
    for reference in ("offer", "offer@1.0.0"):
        told = run(
            "decide", reference, "--inputs", "-", "--content", str(content), stdin="{}", code=1
        )
        assert "LOCK-002" in told


def test_decide_when_nothing_is_in_force_lists_the_versions() -> None:
    told = run("decide", "offer", "--as-of", "2020-01-01", "--inputs", "-", stdin="{}", code=2)
    assert "1.0.0 from 2026-01-01" in told


def test_decide_reads_yaml_and_tells_a_person(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("overall: 87.30\nassessed: true\nband_min: 8000\nband_max: 10000.00\n", "utf-8")
    told = run("decide", "offer@1.0.0", "--inputs", str(path), "--lang", "zh")
    assert "9460.00" in told
    assert "胜任力得分达到录用线" in told


def test_decide_shows_missing_and_faults_to_a_person() -> None:
    assert "missing: overall" in run(
        "decide", "offer@1.0.0", "--inputs", "-", stdin=json.dumps(CASE)
    )
    wrong = json.dumps({**CASE, "overall": 120, "below_flor": []})
    told = run("decide", "offer@1.0.0", "--inputs", "-", stdin=wrong, code=1)
    assert "INPUT-001" in told
    assert "did you mean `below_floor`?" in told
    assert "INPUT-003" in told


def test_decide_by_date_chooses_the_version_in_force() -> None:
    run("decide", "offer", "--as-of", "2026-02-01", "--inputs", "-", stdin=json.dumps(CASE))
    told = run("decide", "offer", "--as-of", "2025-12-31", "--inputs", "-", stdin="{}", code=2)
    assert "in force" in told


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (("offer@9.9.9", "--inputs", "-"), "{}", "9.9.9"),
        (("ofer", "--inputs", "-"), "{}", "offer"),
        (("offer", "--inputs", "nowhere.json"), "", "nowhere.json"),
        (("offer", "--inputs", "-", "--as-of", "yesterday"), "{}", "yesterday"),
        (("offer", "--inputs", "-", "--content", "/nowhere"), "{}", "/nowhere"),
        (("offer",), "", "--inputs"),
    ],
)
def test_wrong_use_ends_with_2(arguments: tuple[str, ...], stdin: str, told: str) -> None:
    assert told in run("decide", *arguments, stdin=stdin, code=2)


@pytest.mark.parametrize(
    ("stdin", "code"),
    [
        ("{", "JSON-001"),
        ('{"overall": NaN}', "JSON-002"),
        ('{"overall": 1, "overall": 2}', "JSON-003"),
        ("[" * 100_000, "JSON-001"),
        ("[1]", "DOC-TYPE-001"),
    ],
)
def test_bad_json_is_a_finding(stdin: str, code: str) -> None:
    assert code in run("decide", "offer@1.0.0", "--inputs", "-", stdin=stdin, code=1)


def test_too_large_and_binary_inputs_are_wrong_use(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.json", tmp_path / "binary.json"
    large.write_bytes(b" " * ((1 << 20) + 1))
    binary.write_bytes(b"\xff\xfe\x00")
    assert "1 MiB" in run("decide", "offer@1.0.0", "--inputs", str(large), code=2)
    assert "UTF-8" in run("decide", "offer@1.0.0", "--inputs", str(binary), code=2)


# --- evaluate, explain, plan, demo ---------------------------------------------------------------


def test_evaluate_chooses_the_model_in_force() -> None:
    first = json.loads(run("evaluate", SALES, "--as-of", "2026-06-30", "--json"))
    assert first["profile"]["shown"] == "80.0000"
    assert first["decision"]["outcomes"] == {"outcome": "offer", "base_salary": "8000.00"}
    second = json.loads(run("evaluate", SALES, "--as-of", "2026-07-31", "--json"))
    assert second["profile"]["shown"] == "78.7500"
    assert second["decision"]["outcomes"] == {"outcome": "human_review"}


def test_evaluate_without_a_band_is_incomplete() -> None:
    told = run("evaluate", SALES, "--as-of", "2026-06-30", "--region", "nowhere")
    assert "missing: band_max, band_min" in told


def test_evaluate_tells_a_person_in_both_languages() -> None:
    assert "signals not used: 5 × face_expression" in run(
        "evaluate", SALES, "--as-of", "2026-06-30"
    )
    assert "未使用的信号" in run("evaluate", SALES, "--as-of", "2026-06-30", "--lang", "zh")


def test_explain_an_interview_names_one_change_a_competency() -> None:
    told = run("explain", SALES, "--model", "sales-rep-fmcg@1.1.0", "--as-of", "2026-07-31")
    changes = told[told.index("what would have changed") :]
    order = ["94.09", "74.17", "75.72", "92.15"]
    assert [changes.index(score) for score in order] == sorted(changes.index(s) for s in order)
    data = json.loads(
        run("explain", SALES, "--model", "sales-rep-fmcg@1.1.0", "--as-of", "2026-07-31", "--json")
    )
    assert [c["after"] for c in data["counterfactuals"]] == order
    zh = run(
        "explain", SALES, "--model", "sales-rep-fmcg@1.1.0", "--as-of", "2026-07-31", "--lang", "zh"
    )
    assert "执行力 90 → 94.09" in zh


def test_explain_a_rule_set() -> None:
    given = json.dumps({**CASE, "overall": 78.75})
    told = run("explain", "offer@1.0.0", "--inputs", "-", stdin=given)
    assert "78.75 → 80" in told
    data = json.loads(run("explain", "offer@1.0.0", "--inputs", "-", "--json", stdin=given))
    assert data["counterfactuals"][0]["to"] == "80"
    wrong = json.dumps({**CASE, "overall": 101})
    run("explain", "offer@1.0.0", "--inputs", "-", stdin=wrong, code=1)


def test_explain_a_rule_set_in_plain_words() -> None:
    told = run("explain", "offer@1.0.0", "--lang", "zh")
    assert told.startswith("# 录用与定薪\n")
    assert "按顺序，第一条符合的规则决定" in told
    both = json.loads(run("explain", "offer@1.0.0", "--json"))
    assert both["zh"] == told
    assert "the first rule that fits decides" in both["en"]
    assert "nobody" in run("explain", "nobody@1.0.0", code=2)


def test_plan_for_scores(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text(
        '{"customer_orientation": 70, "negotiation": 70, "resilience": 85, "execution": 90}',
        "utf-8",
    )
    told = run("plan", "--role", "sales-rep-fmcg", "--scores", str(scores), "--lang", "zh")
    steps = [line for line in told.split("\n") if line[:1].isdigit()]
    names = ["产品知识", "客户同理与需求挖掘", "快消品谈判技巧实战", "谈判角色扮演"]
    assert [name in step for name, step in zip(names, steps, strict=True)] == [True] * 4
    given = ("--role", "sales-rep-fmcg", "--scores", str(scores), "--json")
    data = json.loads(run("plan", *given, "--passed", "fmcg-negotiation"))
    assert "fmcg-negotiation" not in [step["item"] for step in data["steps"]]
    assert "not a number" in run("plan", "--role", "x", "--scores", "-", stdin='{"a": "b"}', code=2)
    assert "budget" in run("plan", *given, "--budget", "much", code=2)
    run("plan", "--role", "nobody", "--scores", str(scores), code=1)


def test_plan_at_once_and_then_proved(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"negotiation": 70}', "utf-8")
    given = ("plan", "--role", "sales-rep-fmcg", "--scores", str(scores), "--anytime")
    first, last = (json.loads(line) for line in run(*given, "--json").splitlines())
    assert (first["proved"], last["proved"], last["remaining"]) == (False, True, None)
    told = run(*given, "--lang", "en", "--time-limit", "60")
    assert told.index("not proved to be the best") < told.index("proved: no plan is better")
    assert "已证明：没有更好的计划" in run(*given, "--lang", "zh", "--node-limit", "1000")


def test_plan_with_wishes_and_what_is_refused_of_them(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"negotiation": 70}', "utf-8")
    given = ("plan", "--role", "sales-rep-fmcg", "--scores", str(scores))
    made = json.loads(
        run(*given, "--with", "ws-negotiation-roleplay", "--without", "coach-negotiation", "--json")
    )
    assert (made["forced"], made["excluded"]) == (
        ["ws-negotiation-roleplay"],
        ["coach-negotiation"],
    )
    assert "ws-negotiation-roleplay" in [step["item"] for step in made["steps"]]
    assert "PLAN-INPUT-006" in run(
        *given, "--with", "excel-advanced", "--without", "excel-advanced", code=1
    )
    assert "PLAN-INPUT-009" in run(*given, "--time-limit", "0", code=1)
    assert "not a number of seconds" in run(*given, "--time-limit", "soon", code=2)
    assert "--weeks" in run(*given, "--weeks", "0", code=2)


def test_plan_with_the_next_best(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"negotiation": 70}', "utf-8")
    given = ("plan", "--role", "sales-rep-fmcg", "--scores", str(scores), "--alternatives", "2")
    told = run(*given, "--lang", "en").splitlines()[-3:]
    assert told[0] == "the next best:"
    assert all(
        "without Negotiation role-play workshop, +7 h, −600 CNY" in line for line in told[1:]
    )
    assert "改选《谈判一对一辅导》" in run(*given, "--lang", "zh")
    data = json.loads(run(*given, "--json"))
    assert data["plan"]["proved"]
    assert [other["hours"] for other in data["choices"]["others"]] == ["7", "7"]
    run(*given, "--anytime", code=2)
    run(*given[:-1], "100", code=2)
    against = run(*given[:-2], "--why-not", "coach-negotiation", "--lang", "en")
    assert "One-to-one negotiation coaching: +7 h, −600 CNY" in against
    assert "did you mean" in run(
        *given[:-2], "--why-not", "coach-negotiatio", "--lang", "en", code=1
    )


def test_plan_of_nothing_assessed_says_so() -> None:
    told = run("plan", "--role", "sales-rep-fmcg", "--scores", "-", stdin="{}")
    assert "the rest was not assessed" in told


def test_plan_within_too_little_is_told(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"negotiation": 40}', "utf-8")
    given = ("plan", "--role", "sales-rep-fmcg", "--scores", str(scores), "--json")
    answer = CliRunner().invoke(
        app, [*given, "--budget", "0", "--hours-per-week", "1", "--weeks", "1"]
    )
    assert json.loads(answer.output)["status"] in {"partial", "infeasible"}
    assert json.loads(answer.output)["binding"]


@pytest.mark.parametrize(
    ("lang", "texts"),
    [
        ("zh", ["客户导向 70.0000", "执行力 90.0000", "皱眉 5 次", "完成120%销售目标", "80.0000", "8000.00", "78.7500", "94.09", "快消品谈判技巧实战", "20 课时", "Excel高级函数与数据可视化", "15 课时"]),
        ("en", ["Customer orientation 70.0000", "Execution 90.0000", "Frowns five times", "80.0000", "8000.00", "78.7500", "94.09", "FMCG negotiation in practice", "20 lessons", "15 lessons", "every week"]),
    ],
)  # fmt: skip
def test_demo_tells_the_story(lang: str, texts: list[str]) -> None:
    told = run("demo", "--lang", lang)
    places = [told.index(text) for text in texts]
    assert len(places) == len(texts)
    assert told.count("\n    -10 ") == 3


def test_demo_as_json() -> None:
    data = json.loads(run("demo", "--json"))
    assert data["v1_0_0"]["decision"]["outcomes"]["base_salary"] == "8000.00"
    assert data["v1_1_0"]["profile"]["shown"] == "78.7500"
    assert [c["after"] for c in data["counterfactuals"]] == ["94.09", "74.17", "75.72", "92.15"]


def test_demo_needs_the_examples(content: Path) -> None:
    shutil.rmtree(content / "examples")
    assert "shipped content" in run("demo", "--content", str(content), code=2)


# --- check, test, fmt, schema, lock --------------------------------------------------------------


def spoil(content: Path, *changes: tuple[str, str], version: str = "1.9.0") -> Path:
    """Write a draft of the offer with changes that are faults."""
    text = (content / "rules" / "offer" / "1.0.0.yaml").read_text("utf-8")
    text = text.replace("version: 1.0.0", f"version: {version}").replace(
        "2026-01-01T", "2027-01-01T"
    )
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = content / "rules" / "offer" / f"{version}.yaml"
    path.write_text(text, "utf-8")
    return path


def test_check_shipped_content_is_clean() -> None:
    assert "0 errors" in run("check")


def test_check_in_every_format(content: Path) -> None:
    path = spoil(content, ("interpolate(overall,", "interpolate(overal,"))
    told = run("check", "--content", str(content), code=1)
    assert "rules/offer/1.9.0.yaml" in told
    assert "did you mean `overall`?" in told
    assert "1 errors" in told
    zh = run("check", str(path), "--content", str(content), "--lang", "zh", code=1)
    assert "未知名称 `overal`" in zh
    (found,) = json.loads(
        run("check", str(path), "--content", str(content), "--format", "json", code=1)
    )
    assert found["code"] == "FEEL-NAME-001"
    assert found["line"] > 1
    github = run("check", "--content", str(content), "--format", "github", code=1)
    assert github.startswith("::error file=rules/offer/1.9.0.yaml,line=")
    sarif = json.loads(
        run("check", str(path), "--content", str(content), "--format", "sarif", code=1)
    )
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "FEEL-NAME-001"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == found["line"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("owner: hr-policy", "owner： hr-policy", "write `:`"),
        ("{value: 80,   unit", "{value: 80，   unit", "write `,`"),
        ("|| offer        | SCORE-MET", "|| offer        ｜ SCORE-MET", "write `|`"),
        ("| >= line  ", "| ≥ line   ", "write `>=`"),
        ('range: "[0..100]"', 'range: "[100..0]"', "RULE-INPUT-001"),
        ("| false    |", "| False    |", "did you mean `false`?"),
        ("owner: hr-policy", "owner:", "YAML-KEY-003"),
    ],
)
@pytest.mark.slow
def test_check_tells_one_slip_once_and_what_to_do(
    content: Path, old: str, new: str, told: str
) -> None:
    spoil(content, (old, new))
    found = run("check", "--content", str(content), code=1)
    assert told in found
    assert "1 errors" in found


def test_check_a_file_outside_the_content(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("kind: rule_sett\n", "utf-8")
    assert "did you mean `rule_set`?" in run("check", str(path), code=1)
    assert "1.0.0.yaml" in run("check", "nowhere/1.0.0.yaml", code=2)


def test_check_files_that_are_no_text(content: Path) -> None:
    (content / "rules" / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (content / "rules" / "large.yaml").write_bytes(b"#" * ((1 << 20) + 1))
    told = run("check", "--content", str(content), code=1)
    assert "FILE-001" in told
    assert "FILE-002" in told


def test_check_finds_a_changed_published_file(content: Path) -> None:
    path = content / "rules" / "offer" / "1.0.0.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 80,", "value: 81,"), "utf-8")
    told = run("check", "--content", str(content), code=1)
    assert told.count("LOCK-002") == 1
    assert "undo the change" in told


@pytest.mark.slow
def test_test_runs_the_cases(content: Path) -> None:
    assert " 0 failed" in run("test", "--quick")
    assert "个通过" in run("test", "--quick", "--lang", "zh")
    results = json.loads(run("test", "--quick", "--json"))
    assert len(results) > 50
    assert all(result["passed"] for result in results)
    cases = content / "rules" / "offer" / "cases.yaml"
    cases.write_text(
        "schema_version: '1'\nkind: cases\nof: offer\nversions: [1.0.0]\n"
        "defaults: {inputs: {assessed: true, band_min: 8000, band_max: 10000}}\n"
        "cases:\n  - {id: wrong, inputs: {overall: 80}, expect: {outcome: hold, base_salary: 8000.0}}\n",
        "utf-8",
    )
    told = run("test", str(cases), "--content", str(content), code=1)
    assert "✗ offer@1.0.0 wrong" in told
    assert "outcome: expected hold, got offer" in told
    assert "1 cases of 1 versions: 0 passed, 1 failed" in told


ONE_CASE = """\
schema_version: "1"
kind: cases
of: offer
versions: [1.0.0]
defaults: {as_of: 2026-03-01T09:00:00+08:00, inputs: {assessed: true, band_min: 8000, band_max: 10000}}
cases:
  - {id: line, inputs: {overall: 80}, expect: {outcome: offer, base_salary: 8000}}
"""


def test_check_counts_notes_apart(content: Path) -> None:
    path = content / "rules" / "learnt.yaml"
    shipped = (content / "rules" / "training-effect" / "1.0.0.yaml").read_text("utf-8")
    learnt = shipped.replace("provenance: human_set", "provenance: data_derived", 1)
    path.write_text(learnt.replace("id: training-effect", "id: learnt"), "utf-8")
    told = run("check", str(path), "--content", str(content))
    assert "note LAW-DATA-001: `completion_weight` is derived from data" in told
    assert "1 files: 0 errors, 1 warnings, 1 notes" in told


def test_test_measures_cases_and_suggests_those_that_are_missing(content: Path) -> None:
    path = content / "rules" / "offer" / "cases.yaml"
    path.write_text(ONE_CASE, "utf-8")
    asked = ("test", str(path), "--content", str(content))
    assert "faults noticed" not in run(*asked, "--quick")
    told = run(*asked)
    assert "offer@1.0.0: rows 1/7, branches 1/2, bounds " in told
    wanted = (
        "rules/offer/1.0.0.yaml:45:11: no case notices if the row `P08` of `outcome` is left out"
    )
    assert wanted not in told
    assert "41:29: no case notices if `> 0` becomes `>= 0` in row `P04`" not in told
    assert "no case notices if the parameter `cap` becomes 91 instead of 90" in told
    assert "若参数 `cap` 由 90 变为 91，没有案例会发现" in run(*asked, "--lang", "zh")
    result, measured = json.loads(run(*asked, "--json"))
    assert (result["case"], result["passed"], measured["passed"]) == ("line", True, True)
    mutants = measured["measured"]["mutants"]
    assert mutants["total"] == mutants["noticed"] + mutants["equivalent"] + len(
        mutants["survivors"]
    )
    assert {"code", "at", "zh", "en", "inputs"} == set(mutants["survivors"][0])
    assert measured["measured"]["rows"]["total"] == 7


@pytest.mark.slow
def test_what_is_suggested_passes_and_counts_once_it_is_confirmed(content: Path) -> None:
    path = content / "rules" / "offer" / "cases.yaml"
    path.write_text(ONE_CASE, "utf-8")
    asked = ("test", str(path), "--content", str(content))

    def survivors() -> int:
        *_, measured = json.loads(run(*asked, "--json"))
        return len(measured["measured"]["mutants"]["survivors"])

    before = survivors()
    suggested = run(*asked, "--suggest")
    assert suggested == run(*asked, "--suggest")
    assert "# no case notices if the parameter `cap` becomes 91 instead of 90" in suggested
    path.write_text(ONE_CASE + suggested.partition("cases:\n")[2], "utf-8")
    assert " 0 failed" in run(*asked)
    assert survivors() == before
    path.write_text(path.read_text("utf-8").replace("    confirm: true\n", ""), "utf-8")
    assert survivors() == 0
    assert "no case to suggest" in run(*asked, "--suggest")


def test_check_finds_names_in_cases_that_would_test_nothing(content: Path) -> None:
    path = content / "rules" / "offer" / "cases.yaml"
    path.write_text(
        "schema_version: '1'\nkind: cases\nof: offer\ncases:\n"
        "  - {id: a, inputs: {overal: 84}, expect: {outcom: offer}, hit: {outcome: P08}}\n",
        "utf-8",
    )
    told = run("check", "--content", str(content), code=1)
    assert told.count("CASE-001") == 2
    assert "did you mean `overall`?" in told
    assert "did you mean `outcome`?" in told


def test_fmt_aligns_and_changes_nothing_else(content: Path) -> None:
    assert run("fmt", "--check") == ""
    path = content / "rules" / "offer" / "1.0.0.yaml"
    tidy = path.read_text("utf-8")
    untidy = re.sub(r"\| P04 +\| - +\|", "|P04|-|", tidy)
    assert untidy != tidy
    path.write_text(untidy, "utf-8")
    assert "would change" in run("fmt", "--check", "--content", str(content), code=1)
    assert "tidied" in run("fmt", "--content", str(content))
    assert path.read_text("utf-8") == tidy
    run("fmt", str(path), "--check")


def test_schema_describes_the_shipped_documents(content: Path) -> None:
    assert run("schema", "--check") == ""
    (content / "rules" / "schema.json").unlink(missing_ok=True)
    assert "out of date" in run("schema", "--check", "--content", str(content), code=1)
    assert "written" in run("schema", "--content", str(content))
    run("schema", "--check", "--content", str(content))
    schema = json.loads((content / "rules" / "schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"kind": "rule_set", "colour": "red"}, schema)


def test_lock_records_new_versions_once(content: Path) -> None:
    spoil(content, ("value: 80, ", "value: 82, "))
    assert run("lock", "--content", str(content)) == "rule_set offer 1.9.0\n"
    assert run("lock", "--content", str(content)) == ""
    lines = (content / "published.lock").read_text("utf-8").split("\n")
    assert lines[-2].startswith("rule_set offer 1.9.0 sha256:")
    spoil(content, ("interpolate(overall,", "interpolate(overal,"), version="1.9.1")
    run("lock", "--content", str(content), code=1)


def test_lock_leaves_the_shipped_content_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.folder.default_folder", lambda: STARTER)
    assert "--content" in run("lock", code=2)


def test_lock_starts_a_file_of_its_own(content: Path) -> None:
    (content / "published.lock").unlink()
    run("lock", "--content", str(content))
    text = (content / "published.lock").read_text("utf-8")
    assert text.startswith("# Published versions")
    assert "article-replica" not in text
    assert "0 errors" in run("check", "--content", str(content))


def test_help_is_in_both_languages() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "检查文件" in result.output
    assert CliRunner().invoke(app, ["nonsense"]).exit_code == 2


@pytest.mark.parametrize("name", ["skills.yaml", "items/sales.yaml"])
def test_a_file_of_a_catalog_is_checked_with_the_others(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    file = tmp_path / "catalog" / "1.0.0" / name
    check = ["check", str(file), "--content", str(ROOT), "--lang", "en", "--format", "json"]
    assert CliRunner().invoke(app, check).exit_code == 0
    text = file.read_text("utf-8")
    file.write_text(text.replace("product_knowledge,", "product_knowledg,", 1), "utf-8")
    result = CliRunner().invoke(app, check)
    assert result.exit_code == 1
    assert {found["path"] for found in json.loads(result.stdout)} == {file.as_posix()}


# --- pictures of a plan ----------------------------------------------------------------------------


def test_a_plan_is_drawn_and_written_as_a_page(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"negotiation": 70}', "utf-8")
    svg, page = tmp_path / "p.svg", tmp_path / "p.html"
    asked = ("plan", "--role", "sales-rep-fmcg", "--scores", str(scores))
    told = run(*asked, "--svg", str(svg), "--html", str(page))
    assert (str(svg) in told, str(page) in told) == (True, True)
    assert "hour 0" in svg.read_text("utf-8")
    assert "Considered and not chosen" in page.read_text("utf-8")
    run(*asked, "--svg", str(svg), "--schedule", "--start", "2026-12-07", "--hours-per-week", "10")
    assert "2026-12-07" in svg.read_text("utf-8")
    assert "one plan after another" in run(*asked, "--svg", str(svg), "--anytime", code=2)


def test_a_plan_says_why_not_and_what_would_help(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"negotiation": 70, "customer_orientation": 70}', "utf-8")
    asked = ("plan", "--role", "sales-rep-fmcg", "--scores", str(scores))
    assert "Accompanied customer visits: +2 h, −150 CNY" in run(*asked, "--why")
    assert "enough by itself: the budget 100 → 300" in run(*asked, "--budget", "100")
    assert "choices" not in run(*asked, "--budget", "100", "--json")
    assert json.loads(run(*asked, "--why", "--json"))["choices"]["rejected"]


def test_the_reference_names_every_command() -> None:
    reference = (ROOT / "docs/reference/command-line.md").read_text("utf-8")
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        for one in [f"{name} {each}" for each in inner] if inner else [name]:
            assert f"`{one}" in reference, one
