"""Plans in words: every kind of line, in both languages, and levels never rounded up."""

from __future__ import annotations

from decimal import Decimal

from engine.learning.documents import LearningPlan, PlanLimits
from engine.learning.explain import explain_plan, shown
from engine.learning.plan import plan
from tests.support.catalogs import item, node, part, small_graph, target, teaches, text


def made(**given: object) -> LearningPlan:
    pool = {"id": "people", "kind": "mentor_pool", "name": text("people")}
    members = [{"person": "m-1", "slots_per_week": "1"}]
    rhythm = {"every": "fortnight", "times": "2", "hours": "2"}
    graph = small_graph(
        nodes=[
            node("talk", "competency"),
            node("lead", "competency"),
            node("listen"),
            node("read"),
        ],
        edges=[part("listen", "talk")],
        targets=[target("talk"), target("lead")],
        items=[
            item(
                "mentored",
                teaches("listen", "0.2"),
                kind="mentoring",
                modality="mentoring",
                cadence=rhythm,
                cost="12.50",
                mentors={"pool": "people"},
                focus=text("asking"),
                requires={"all": [{"skill": "read", "level": "60"}, {"item": "day"}]},
            ),
            item("day", teaches("read", "0.2"), modality="offline", days="0.5"),
            item("visit", teaches("lead", "0.1"), modality="blended", hours="1"),
        ],
        resources=[{**pool, "members": members}],
        mandatory=[{"role": "seller", "item": "visit", "clause": "HR-2.1"}],
    )
    return plan(graph, "seller", {"talk": Decimal(70)}, **given)  # type: ignore[arg-type]


def test_in_english() -> None:
    assert explain_plan(made(), "en").splitlines() == [
        "seller: not every gap can be closed",
        "  talk 70 → 76 (target 80); still short: listen 76",
        "1. visit · blended · 1 hour",
        "   mandatory under HR-2.1",
        "2. day · offline · 0.5 days",
        "   comes before mentored",
        "3. mentored · mentoring · every two weeks, 2 times",
        "   talk 70 → 76 (target 80)",
        "   by mentored → listen → talk: 70 → 76",
        "   focus: asking",
        "   mentor: m-1",
        "   confirm before it begins: read at 60 (not assessed)",
        "in all: 9 hours, 12.5 CNY",
        "what binds: what the catalog offers",
        "not assessed: lead",
    ]


def test_in_chinese() -> None:
    full = made(mentor_load={"m-1": 1}).model_copy(update={"proved": False})
    assert explain_plan(full, "zh").splitlines() == [
        "seller：部分差距无法弥合",
        "  talk 70 → 76（目标 80），仍不足：listen 76",
        "1. 《visit》 · 线上线下结合 · 1 小时",
        "   必修（HR-2.1）",
        "2. 《day》 · 线下 · 0.5 天",
        "   是《mentored》的前置",
        "3. 《mentored》 · 导师带教 · 每两周 1 次，共 2 次",
        "   talk 70 → 76（目标 80）",
        "   路径 mentored → listen → talk：70 → 76",
        "   重点：asking",
        "   暂无可用导师",
        "   开始前请确认read达到 60（未评估）",
        "合计：9 小时，12.5 CNY",
        "受限于：现有目录",
        "未评估：lead",
        "未能证明最优",
    ]


def test_an_infeasible_plan_names_the_limit_and_has_no_steps() -> None:
    tight = made(limits=PlanLimits(hours_a_week=Decimal("0.5"), weeks=1))
    assert explain_plan(tight, "en").splitlines() == [
        "seller: no plan is feasible",
        "  talk 70 → 70 (target 80); still short: listen 70",
        "what binds: the hours a week, the deadline, what the catalog offers",
        "not assessed: lead",
    ]


def test_nothing_below_its_target_is_said_so() -> None:
    graph = small_graph()
    fine = plan(graph, "seller", {"talk": Decimal(80)})
    assert explain_plan(fine, "en") == "seller: nothing is below its target"
    assert explain_plan(fine, "zh") == "seller：没有低于目标的胜任力"


def test_a_level_is_never_shown_across_a_line() -> None:
    assert shown(Decimal("79.999999")) == "79.99"
    assert shown(Decimal("80.00")) == "80"
