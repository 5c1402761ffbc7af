"""Decisions, profiles and plans as tables and lines for a terminal, in zh and en."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.cli.shared import as_lang
from engine.competency.documents import MeasureSource, MentionSource, SignalSource
from engine.rules.decision import plain_json
from engine.rules.documents import RuleSet
from engine.rules.explain import status_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.competency.documents import CompetencyScore, LineReason, PartReason, Source
    from engine.dmn.decide import CompiledModel
    from engine.hiring.counterfactual import Counterfactual
    from engine.hiring.evaluation import Evaluation, Materials
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.decision import Decision

WORDS = {
    "status": ("状态", "status"),
    "outcomes": ("结果", "outcomes"),
    "reasons": ("原因", "reasons"),
    "missing": ("缺少", "missing"),
    "faults": ("错误", "faults"),
    "used": ("依据", "used"),
    "competency": ("胜任力", "competency"),
    "weight": ("权重", "weight"),
    "score": ("得分", "score"),
    "band": ("等级", "band"),
    "overall": ("总分", "overall"),
    "why": ("依据", "why"),
    "dropped": ("未使用的信号", "signals not used"),
    "changes": ("怎样会改变结果", "what would have changed the outcome"),
    "demonstration": (
        "仅供演示：不得用于真实决定",
        "demonstration: not to be used for a real decision",
    ),
    "not assessed": ("未评估", "not assessed"),
    "rating": ("评分", "ratings"),
    "points": ("计分", "points"),
    "measure": ("测量", "measure"),
    "expression": ("表达式", "expression"),
    "start": ("起点", "from"),
    "not_found": ("未出现：", "not found: "),
}


def say(word: str, lang: str) -> str:
    """Give a word in the language."""
    zh, en = WORDS[word]
    return zh if lang == "zh" else en


def console() -> Console:
    """Make a console that does not guess at emoji or highlight numbers."""
    return Console(emoji=False, highlight=False, soft_wrap=True)


def show_decision(decision: Decision, rule_set: CompiledRuleSet | CompiledModel, lang: str) -> None:
    """Print one decision."""
    document = rule_set.document
    out = console()
    title = document.title.zh if lang == "zh" else document.title.en
    out.print(f"[bold]{escape(title)}[/bold] · {document.id}@{document.version}")
    _decision_lines(out, decision, rule_set, lang)


def _decision_lines(
    out: Console, decision: Decision, rule_set: CompiledRuleSet | CompiledModel, lang: str
) -> None:
    document = rule_set.document
    out.print(f"{say('status', lang)}: {status_text(decision.status, as_lang(lang))}")
    for name, value in decision.outcomes.items():
        label = document.decisions[name].label if isinstance(document, RuleSet) else None
        told = name if label is None else f"{label[as_lang(lang)]} ({name})"
        out.print(f"  {escape(told)} = [bold]{escape(_shown(value))}[/bold]")
    if decision.missing:
        out.print(f"{say('missing', lang)}: {escape(', '.join(decision.missing))}")
    for fault in decision.faults:
        out.print(f"{fault.code.id}: {escape(fault.message('zh' if lang == 'zh' else 'en'))}")
        if advice := fault.help(as_lang(lang)):
            out.print(f"  {escape(advice)}")
    for reason in decision.reasons:
        text = reason.zh if lang == "zh" else reason.en
        out.print(
            f"{say('reasons', lang)}: {escape(text)} ({reason.code}, {escape(reason.clause)})"
        )
    for used in decision.used:
        out.print(f"{say('used', lang)}: {used.id}@{used.version} {used.hash[:19]}…", style="dim")


def _shown(value: object) -> str:
    data = plain_json(value)
    if isinstance(data, list):
        return ", ".join(map(str, data)) or "–"
    return str(data)


def show_evaluation(
    evaluation: Evaluation, materials: Materials, lang: str, *, full: bool = False
) -> None:
    """Print an evaluated interview: profile, decision, plan; `full` adds where each score comes from."""
    from engine.learning.explain import explain_plan

    out = console()
    model = materials.model.document
    title = model.title.zh if lang == "zh" else model.title.en
    out.print(
        f"[bold]{escape(title)}[/bold] · {model.id}@{model.version} · {escape(evaluation.interview)}"
    )
    if evaluation.demonstration:
        out.print(say("demonstration", lang), style="yellow")
    if full:
        for competency in evaluation.profile.competencies:
            show_reasons(out, competency, lang)
    show_profile_and_decision(evaluation, materials, lang)
    out.print()
    out.print(escape(explain_plan(evaluation.plan, as_lang(lang))))


def show_profile_and_decision(evaluation: Evaluation, materials: Materials, lang: str) -> None:
    """Print the scores, the signals that were not used, and the decision."""
    out = console()
    _profile_table(out, evaluation, materials, lang)
    for one in evaluation.dropped:
        cites = "; ".join(f"{g.jurisdiction}: {g.cites}" for g in one.grounds)
        out.print(f"{say('dropped', lang)}: {one.count} × {one.modality} ({escape(cites)})")
    _decision_lines(out, evaluation.decision, materials.rule_set, lang)


def _profile_table(out: Console, evaluation: Evaluation, materials: Materials, lang: str) -> None:
    bands = {band.id: band.title for band in materials.model.document.bands}
    table = Table(show_edge=False, pad_edge=False)
    for word, right in (("competency", False), ("weight", True), ("score", True), ("band", False)):
        table.add_column(say(word, lang), justify="right" if right else "left")
    for one in evaluation.profile.competencies:
        name = one.title.zh if lang == "zh" else one.title.en
        band = bands[one.band][lang] if one.band else "–"  # type: ignore[index]
        table.add_row(name, format(one.weight, "f"), one.shown or say("not assessed", lang), band)
    table.add_section()
    table.add_row(
        say("overall", lang), "", evaluation.profile.shown or say("not assessed", lang), ""
    )
    out.print(table)


def show_reasons(out: Console, competency: CompetencyScore, lang: str) -> None:
    """Print where a competency's score comes from, part by part."""
    name = competency.title.zh if lang == "zh" else competency.title.en
    out.print(f"{escape(name)} {competency.shown or say('not assessed', lang)}")
    for part in competency.parts:
        for line in part_lines(part, lang):
            out.print(f"  {escape(line)}")


def part_lines(part: PartReason, lang: str) -> list[str]:
    """Tell how one part came to its score."""
    value = "–" if part.score is None else format(part.score, "f")
    start = "" if part.start is None else f"  ({say('start', lang)} {format(part.start, 'f')})"
    lines = [f"{format(part.share, 'f')} % {say(part.method, lang)}: {value}{start}"]
    lines += [f"  {_line_text(line, lang)}" for line in part.lines if line.applied]
    lines += [
        f"  {rating.rater}: {rating.level} → {format(rating.score, 'f')}" for rating in part.ratings
    ]
    if part.measure is not None:
        lines.append(f"  {part.measure.measure}: {format(part.measure.value, 'f')}")
    return lines


def _line_text(line: LineReason, lang: str) -> str:
    title = line.title.zh if lang == "zh" else line.title.en
    sources = dict.fromkeys(source_text(s) for e in line.evidence for s in e.sources)
    absent = say("not_found", lang) if line.when == "not_found" else ""
    return f"{format(line.points, '+f')} {absent}{title}" + "".join(f" [{s}]" for s in sources)


def source_text(source: Source) -> str:
    """Say where a piece of evidence comes from: words with their place, a signal, a measure, a question."""
    match source:
        case MentionSource():
            return f"{source.question}:{source.start}–{source.end} “{source.quote}”"
        case SignalSource():
            return f"{source.name} = {format(source.value, 'f')} {source.unit}"
        case MeasureSource():
            return f"{source.measure} = {format(source.value, 'f')}"
        case _:
            pass
    return source.question


def show_counterfactuals(changes: Sequence[Counterfactual], lang: str) -> None:
    """Print what would have changed the outcome."""
    if changes:
        out = console()
        out.print(f"\n[bold]{say('changes', lang)}[/bold]")
        for change in changes:
            out.print(f"  {escape(change.text.zh if lang == 'zh' else change.text.en)}")
