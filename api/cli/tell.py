"""The command `demo`: the article's story, told with the shipped content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from api.cli.shared import (
    ContentOption,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    load,
    print_json,
    wrong_use,
)

if TYPE_CHECKING:
    from pathlib import Path

    from engine.content import Content
    from engine.hiring.evaluation import Evaluation, Materials

_STORY = {
    "title": (
        "持衡：一次面试，从信号到决定与培养计划",
        "Evenhand: one interview, from signals to a decision and a plan",
    ),
    "replica": (
        "1. 文章自己的打分（复现，仅供演示）",
        "1. The article's own scoring (a replica, for demonstration only)",
    ),
    "first": (
        "2. 合规模型 1.0.0：结构化评分与文字证据",
        "2. The compliant model 1.0.0: structured ratings and evidence in words",
    ),
    "second": (
        "3. 客户导向权重 20 → 30 之后（1.1.0）：同一个人",
        "3. After customer orientation weighs 30 instead of 20 (1.1.0): the same person",
    ),
    "plan": ("4. 同一个人的培养计划", "4. The same person's plan"),
    "analyst": ("5. 市场分析专员，数据分析 65", "5. A marketing analyst with data analysis at 65"),
    "next": ("接着试试：", "Try next:"),
}
_SHOWN = ("customer_orientation", "execution")


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(demo)


@ending
def demo(
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Tell the article's story with the shipped content. · 演示"""
    from api.cli.show import console, show_counterfactuals, show_profile_and_decision
    from engine.hiring.counterfactual import find_counterfactuals
    from engine.hiring.evaluation import evaluation_json
    from engine.learning.explain import explain_plan

    read = load(content)
    replica, _, _ = _evaluated(
        read, content, "article-sales", "article-replica@1.0.0", "2026-06-30"
    )
    first, materials, _ = _evaluated(
        read, content, "article-sales", "sales-rep-fmcg@1.0.0", "2026-06-30"
    )
    second, later, given = _evaluated(
        read, content, "article-sales", "sales-rep-fmcg@1.1.0", "2026-07-31"
    )
    analyst, _, _ = _evaluated(
        read, content, "article-marketing", "marketing-analyst@1.0.0", "2026-06-30"
    )
    changes = find_counterfactuals(second, later, given)
    if json:
        told = {"replica": replica, "v1_0_0": first, "v1_1_0": second, "analyst": analyst}
        data = {name: evaluation_json(evaluation) for name, evaluation in told.items()}
        print_json({**data, "counterfactuals": [c.model_dump(mode="json") for c in changes]})
        return
    out = console()
    chosen = as_lang(lang)
    out.print(f"[bold]{_say('title', lang)}[/bold]")
    _heading("replica", lang)
    _tell_replica(replica, lang)
    _heading("first", lang)
    show_profile_and_decision(first, materials, lang)
    _heading("second", lang)
    show_profile_and_decision(second, later, lang)
    show_counterfactuals(changes, lang)
    _heading("plan", lang)
    out.print(escape(explain_plan(first.plan, chosen)))
    _heading("analyst", lang)
    out.print(escape(explain_plan(analyst.plan, chosen)))
    _heading("next", lang)
    out.print(
        "  evenhand explain examples/interviews/article-sales.json --model sales-rep-fmcg@1.1.0"
    )
    out.print(
        '  echo \'{"overall": 87.3, "assessed": true, "band_min": 8000, "band_max": 10000}\' | evenhand decide offer --inputs -'
    )


def _say(word: str, lang: str) -> str:
    zh, en = _STORY[word]
    return zh if lang == "zh" else en


def _heading(word: str, lang: str) -> None:
    from api.cli.show import console

    console().print(f"\n[bold cyan]{_say(word, lang)}[/bold cyan]")


def _evaluated(
    content: Content, folder: Path | None, interview: str, model: str, as_of: str
) -> tuple[Evaluation, Materials, dict[str, object]]:
    """Evaluate one of the shipped interviews."""
    from api.cli.decide import prepare
    from api.folder import default_folder
    from engine.hiring.evaluation import evaluate_interview

    examples = (folder or default_folder()) / "examples"
    path = examples / "interviews" / f"{interview}.json"
    if not path.is_file():
        wrong_use(
            f"the demo needs the shipped content, and `{path}` is not there",
            f"演示需要自带内容，而 `{path}` 不存在",
        )
    read, materials, given = prepare(
        content, str(path), model, "offer@1.0.0", examples / "salary-bands.json", "national", as_of
    )
    return evaluate_interview(read, materials, given), materials, given


def _tell_replica(replica: Evaluation, lang: str) -> None:
    from api.cli.show import console, say, show_reasons

    out = console()
    out.print(say("demonstration", lang), style="yellow")
    for competency in replica.profile.competencies:
        if competency.id in _SHOWN:
            show_reasons(out, competency, lang)
