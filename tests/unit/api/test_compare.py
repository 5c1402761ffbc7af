"""`prove` and `diff` as their users type them: tables, examples, exit codes, JSON and annotations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.rule_sets import shipped
from tests.unit.api.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path

PAY = "round half up(interpolate(overall, line, band_min, cap, band_max), 2)"


def draft(tmp_path: Path, *changes: tuple[str, str], version: str = "9.0.0") -> str:
    """Lay a changed offer beside a copy of its cases; gives the folder."""
    text = shipped("rules/offer/1.0.0.yaml").replace("version: 1.0.0", f"version: {version}")
    text = text.replace("2026-01-01T00:00:00+08:00", "2030-01-01T00:00:00+08:00")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder = tmp_path / "rules" / "offer"
    folder.mkdir(parents=True)
    (folder / f"{version}.yaml").write_text(text, "utf-8")
    (folder / "1.0.0.yaml").write_text(shipped("rules/offer/1.0.0.yaml"), "utf-8")
    (folder / "cases.yaml").write_text(shipped("rules/offer/cases.yaml"), "utf-8")
    return str(tmp_path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_proved_is_a_table(lang: str) -> None:
    printed = run("prove", "offer@1.0.0", "--lang", lang)
    assert printed.count("已证明" if lang == "zh" else "proved") == 3
    assert "Base salary (base_salary)" in printed or "基本月薪 (base_salary)" in printed


def test_what_is_refuted_shows_two_people_and_exits_with_1(tmp_path: Path) -> None:
    falling = "if overall < 85 then 9000 else 8000"
    printed = run("prove", "offer@9.0.0", "--content", draft(tmp_path, (PAY, falling)), code=1)
    assert "refuted" in printed
    low, high = (line for line in printed.splitlines() if line.strip().startswith("overall = "))
    assert "base_salary = 9000.00" in low
    assert "base_salary = 8000.00" in high


def test_proofs_as_json(tmp_path: Path) -> None:
    falling = "if overall < 85 then 9000 else 8000"
    folder = draft(tmp_path, (PAY, falling))
    told = json.loads(run("prove", "offer@9.0.0", "--content", folder, "--json", code=1))
    verdicts = {g["id"]: g["verdict"] for g in told["guarantees"]}
    assert verdicts == {"G1": "refuted", "G2": "proved", "G3": "refuted"}
    refuted = told["guarantees"][0]
    assert [case["outcomes"]["base_salary"] for case in refuted["example"]] == [
        "9000.00",
        "8000.00",
    ]
    assert all(g["seconds"] >= 0 for g in told["guarantees"])


def test_a_rule_set_without_guarantees_says_so() -> None:
    assert "no guarantees" in run("prove", "training-adaptation@1.0.0")


def test_a_model_through_the_offer() -> None:
    printed = run("diff", "sales-rep-fmcg@1.0.0", "1.1.0")
    assert "customer_orientation · weight · value: 20 → 30" in printed
    assert "Outcome (outcome): can get worse" in printed
    assert "the most it rises by is 500 (proved)" in printed
    assert "the most it falls by is 750 (proved)" in printed


def test_a_higher_line_takes_offers_away_and_gives_none(tmp_path: Path) -> None:
    folder = draft(tmp_path, ("line:      {value: 80,", "line:      {value: 82,"))
    told = json.loads(
        run("diff", "offer@1.0.0", "9.0.0", "--content", folder, "--format", "json",
            "--set", "band_min=8000", "--set", "band_max=10000")
    )  # fmt: skip
    assert {
        "kind": "changed",
        "path": ["params", "line", "value"],
        "before": "80",
        "after": "82",
    } in told["edits"]
    verdicts = {(i["output"], i["direction"]): i["verdict"] for i in told["impacts"]}
    assert verdicts["outcome", "gain"] == "impossible"
    assert verdicts["outcome", "loss"] == "shown"
    assert verdicts["base_salary", "gain"] == "impossible"
    cut = next(
        i for i in told["impacts"] if (i["output"], i["direction"]) == ("base_salary", "loss")
    )
    assert (cut["most"], cut["bound"]) == ("400.00", "400.00")


def test_markdown_and_annotations() -> None:
    markdown = run("diff", "sales-rep-fmcg@1.0.0", "1.1.0", "--format", "markdown")
    assert markdown.startswith("### `sales-rep-fmcg@1.0.0` → `sales-rep-fmcg@1.1.0`")
    assert "customer\\_orientation" in markdown
    notes = run("diff", "sales-rep-fmcg@1.0.0", "1.1.0", "--format", "github").splitlines()
    assert all(note.startswith(("::notice ", "::warning ")) for note in notes)
    assert any(note.startswith("::warning ") and "can get worse" in note for note in notes)


def test_other_documents_are_compared_by_their_texts() -> None:
    printed = run("diff", "interview-evidence@1.0.0", "interview-evidence@1.0.0")
    assert "nothing changed" in printed


def test_wrong_use() -> None:
    assert "there is no document `nobody`" in run("diff", "nobody@1.0.0", "1.1.0", code=2)
    assert "write NAME=VALUE" in run(
        "diff", "sales-rep-fmcg@1.0.0", "1.1.0", "--set", "pay=3", code=2
    )
    run("diff", "sales-rep-fmcg@1.0.0", "1.1.0", "--set", "band_min=much", code=1)
