"""The article's plans, exactly, on the shipped catalog; and the same bytes every time."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from engine.learning.catalog import load_catalog
from engine.learning.documents import LearningPlan, PlanLimits
from engine.learning.explain import explain_plan
from engine.learning.plan import plan
from engine.learning.skill_graph import compile_catalog
from tests.support.catalogs import shipped_files, shipped_graph
from tests.support.golden import UPDATE

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "plans"
GRAPH = shipped_graph()
SALES = {"customer_orientation": 70, "negotiation": 70, "resilience": 85, "execution": 90}
ANALYST = {"data_analysis": 65, "consumer_insight": 80, "report_writing": 85, "collaboration": 90}
PEOPLE = {"sales-rep-fmcg": SALES, "marketing-analyst": ANALYST}


def planned(role: str, scores: dict[str, int], **given: object) -> LearningPlan:
    exact = {competency: Decimal(score) for competency, score in scores.items()}
    return plan(GRAPH, role, exact, **given)  # type: ignore[arg-type]


def items(made: LearningPlan) -> list[str]:
    return [step.item for step in made.steps]


def test_the_sales_representative() -> None:
    made = planned("sales-rep-fmcg", SALES)
    assert (made.status, made.proved) == ("complete", True)
    assert [(s.name.zh, s.modality, s.lessons, s.days, s.mandatory) for s in made.steps] == [
        ("产品知识", "online", 8, None, "HR-POL-11.2"),
        ("客户同理与需求挖掘", "online", 10, None, None),
        ("快消品谈判技巧实战", "online", 20, None, None),
        ("谈判角色扮演工作坊", "offline", None, 1, None),
    ]
    assert [[c.competency for c in step.closes] for step in made.steps] == [
        [],
        ["customer_orientation"],
        ["negotiation"],
        ["negotiation"],
    ]
    assert made.steps[2].focus is not None
    assert made.steps[2].focus.zh == "价格谈判、异议处理"
    assert [(gap.competency, gap.closed) for gap in made.gaps] == [
        ("customer_orientation", True),
        ("negotiation", True),
    ]


def test_the_marketing_analyst() -> None:
    made = planned("marketing-analyst", ANALYST)
    assert (made.status, made.proved) == ("complete", True)
    excel, mentoring = made.steps
    assert (excel.name.zh, excel.modality, excel.lessons) == (
        "Excel高级函数与数据可视化",
        "online",
        15,
    )
    assert (mentoring.name.zh, mentoring.modality, mentoring.mentor) == (
        "市场数据报告导师带教",
        "mentoring",
        "mentor-data-1",
    )
    assert mentoring.cadence is not None
    assert (mentoring.cadence.every, mentoring.cadence.times) == ("week", 8)
    assert mentoring.focus is not None
    assert mentoring.focus.zh == "指导市场数据报告撰写"


@pytest.mark.parametrize("role", PEOPLE)
def test_each_step_says_why_it_is_there(role: str) -> None:
    for step in planned(role, PEOPLE[role]).steps:
        assert step.mandatory or step.closes or step.needed_by
        for closes in step.closes:
            assert closes.before < closes.after
            for lift in closes.lifts:
                ids = [node.id for node in lift.path]
                assert ids == [step.item, lift.skill, closes.competency]
        assert step.reason.zh
        assert step.reason.en


def test_the_course_alone_does_not_do_and_the_workshop_is_needed() -> None:
    made = planned("sales-rep-fmcg", SALES)
    course, workshop = made.steps[2:]
    assert course.closes[0].after < 80 <= workshop.closes[0].after
    assert [lift.skill for lift in workshop.closes[0].lifts][-1] == "concession_trading"
    assert [node.id for node in workshop.after] == ["fmcg-negotiation"]


def test_seventy_and_seventy_eight_differ_in_intensity() -> None:
    lighter = planned("sales-rep-fmcg", SALES | {"customer_orientation": 85, "negotiation": 78})
    assert (items(lighter), lighter.status) == (
        ["product-knowledge", "negotiation-notes-reading"],
        "complete",
    )
    assert lighter.hours < planned("sales-rep-fmcg", SALES | {"customer_orientation": 85}).hours


def test_a_passed_course_is_not_repeated() -> None:
    passed = {"product-knowledge", "fmcg-negotiation"}
    made = planned("sales-rep-fmcg", SALES, passed=passed)
    assert passed.isdisjoint(items(made))
    assert made.status == "complete"


def test_a_visual_learner_gets_the_same_content_in_another_form() -> None:
    scores = SALES | {"customer_orientation": 85, "negotiation": 78}
    plain, visual = (planned("sales-rep-fmcg", scores, preference=p) for p in (None, "visual"))
    assert items(visual) == ["product-knowledge", "negotiation-notes-video"]
    assert [gap.after for gap in visual.gaps] == [gap.after for gap in plain.gaps]


def test_product_knowledge_leads_on_to_the_case_analysis() -> None:
    [adaptation] = GRAPH.items["product-knowledge"].adapt
    assert (adaptation.completion, adaptation.add) == (">= 80", "product-case-analysis")


def test_a_limit_that_binds_is_named() -> None:
    tight = planned("sales-rep-fmcg", SALES, limits=PlanLimits(hours_a_week=Decimal(4), weeks=6))
    assert (tight.status, tight.binding) == ("partial", ("hours", "weeks"))
    assert tight.hours <= 24


@pytest.mark.parametrize("role", GRAPH.targets)
def test_nobody_above_the_floors_is_beyond_the_catalog(role: str) -> None:
    made = planned(role, {target.competency: 50 for target in GRAPH.targets[role]})
    assert (made.status, made.not_assessed) == ("complete", ())


@pytest.mark.parametrize("role", GRAPH.targets)
def test_without_gaps_only_what_is_mandatory(role: str) -> None:
    made = planned(role, {target.competency: 80 for target in GRAPH.targets[role]})
    assert set(items(made)) == set(GRAPH.mandatory.get(role, {}))


# --- the same bytes --------------------------------------------------------------------------


def turned(text: str) -> str:
    """Turn the keys of every one-line map round: `{a: 1, b: 2}` to `{b: 2, a: 1}`."""

    def turn(found: re.Match[str]) -> str:
        return "{" + ", ".join(reversed(found[1].split(", "))) + "}"

    return re.sub(r"\{([^{}\[\]\"]*)\}", turn, text)


@pytest.mark.parametrize("role", PEOPLE)
def test_the_order_of_keys_does_not_change_a_byte(role: str) -> None:
    files = {name: turned(text) for name, text in shipped_files().items()}
    assert files != shipped_files()
    graph = compile_catalog(load_catalog(files))
    scores = {competency: Decimal(s) for competency, s in reversed(PEOPLE[role].items())}
    again = plan(graph, role, scores)
    assert again.model_dump_json() == planned(role, PEOPLE[role]).model_dump_json()


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    code = (
        "from tests.acceptance.test_plans import PEOPLE, planned\n"
        "for role in PEOPLE: print(planned(role, PEOPLE[role]).model_dump_json())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
    )
    here = [planned(role, PEOPLE[role]).model_dump_json() for role in PEOPLE]
    assert told.stdout.decode().splitlines() == here


@pytest.mark.parametrize("role", PEOPLE)
def test_the_golden_plan(role: str) -> None:
    made = planned(role, PEOPLE[role])
    texts = {
        f"{role}.json": made.model_dump_json(indent=2).replace(made.catalog.hash, "HASH") + "\n",
        f"{role}.zh.txt": explain_plan(made, "zh") + "\n",
        f"{role}.en.txt": explain_plan(made, "en") + "\n",
    }
    for name, text in texts.items():
        if UPDATE:
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert (GOLDEN / name).read_text(encoding="utf-8") == text
