"""The report on what items add: gains, every test, and proposals in words that claim no effect."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from engine.kernel.decimals import decimal_text
from engine.kernel.documents import Count, Flag, Identifier, Name, Number, Shape, Text
from engine.learning.documents import CatalogUsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.analysis.outcomes import Outcome
    from engine.kernel.diagnostics import Lang
    from engine.learning.skill_graph import SkillGraph


FEW_OTHERS = 5
"""With fewer people who did not complete an item there is nothing to compare with."""

_CENT = Decimal("0.01")


class ItemGain(Shape):
    """The share of the remaining distance that an item closes, with its 90 % interval.

    `rated` is what the catalog says; `expert`: outcomes are too few, and the rating stands.
    """

    item: Identifier
    name: Text
    competency: Name
    competency_name: Text
    basis: Literal["expert", "outcomes"]
    completed: Count
    others: Count
    rated: Number
    gain: Number
    low: Number
    high: Number
    label: Text


class ItemTest(Shape):
    """One test that was run, whatever came of it; `gates` are what kept it from a proposal.

    `mandatory`: the difference of the outcome with completion, everything else held. `rerate`: the
    difference of the gain, in logs, from what the catalog says.
    """

    item: Identifier
    kind: Literal["mandatory", "rerate"]
    outcome: Literal["performance", "post"]
    completed: Count
    others: Count
    raw_r: Number | None
    partial_r: Number | None
    difference: Number | None
    low: Number | None
    high: Number | None
    p: Number
    p_holm: Number
    robust_low: Number | None
    e_value: Number | None
    gates: tuple[str, ...]
    raised: Flag


class EffectProposal(Shape):
    """A change that a person may look into; nothing in the program carries it out."""

    kind: Literal["mandatory", "rerate"]
    status: Literal["proposed"]
    item: Identifier
    name: Text
    says: Text
    caveats: tuple[Text, ...]
    hours: Number
    cost: Number
    currency: str
    not_completed: Count
    languages: tuple[str, ...]
    without_access: tuple[str, ...]


class EffectReport(Shape):
    """What outcomes say of items: gains, the log of all tests, proposals."""

    schema_version: Literal["1"]
    kind: Literal["effect_report"]
    catalog: CatalogUsed
    gains: tuple[ItemGain, ...]
    tests: tuple[ItemTest, ...]
    proposals: tuple[EffectProposal, ...]


def describe_gain(  # noqa: PLR0913 - each is a part of the answer
    graph: SkillGraph,
    item: str,
    competency: str,
    *,
    basis: Literal["expert", "outcomes"],
    counts: tuple[int, int, int],
    gains: Sequence[Decimal],
) -> ItemGain:
    """Write a gain with its label; `counts` are completed, others and the least that is asked for."""
    completed, others, least = counts
    rated, gain, low, high = gains
    label = Text(
        zh=f"专家估计：完成者 {completed} 人，少于 {least} 人",
        en=f"an expert's estimate: {completed} completed it, fewer than {least}",
    )
    if basis == "outcomes":
        label = Text(
            zh=f"依据结果：完成者 {completed} 人，其他 {others} 人",
            en=f"from outcomes: {completed} completed it, {others} did not",
        )
    if basis == "outcomes" and others < FEW_OTHERS:
        label = Text(
            zh=f"{label.zh}；没有可比的人，随时间的变化也算在内",
            en=f"{label.en}; nobody to compare with, so what time alone brings counts too",
        )
    return ItemGain(
        item=item,
        name=graph.items[item].name,
        competency=competency,
        competency_name=graph.names[competency],
        basis=basis,
        completed=completed,
        others=others,
        rated=rated,
        gain=gain,
        low=low,
        high=high,
        label=label,
    )


def propose(
    graph: SkillGraph, test: ItemTest, gain: ItemGain, outcomes: Iterable[Outcome]
) -> EffectProposal:
    """Write a proposal: what was seen, what speaks against it, what it would cost, who lacks access."""
    rows = list(outcomes)
    described = graph.items[test.item]
    return EffectProposal(
        kind=test.kind,
        status="proposed",
        item=test.item,
        name=described.name,
        says=_mandatory(test, gain) if test.kind == "mandatory" else _rerate(test, gain),
        caveats=_CAVEATS[test.kind],
        hours=described.hours,
        cost=described.cost,
        currency=graph.currency,
        not_completed=sum(not row.completed for row in rows),
        languages=described.language,
        without_access=tuple(_without(rows)),
    )


_MEASURES = {"performance": ("绩效", "performance"), "post": ("之后得分", "the score after")}


def _mandatory(test: ItemTest, gain: ItemGain) -> Text:
    zh, en = _MEASURES[test.outcome]
    low, high = _shown(test.low), _shown(test.high)
    return Text(
        zh=f"考虑设为必修：在之前得分、工龄、经理与地点相同时，完成《{gain.name.zh}》与{zh}高 {_shown(test.difference)} 相关"
        f"（95% 区间 {low} 到 {high}；完成 {test.completed} 人，其他 {test.others} 人）",
        en=f"consider making it mandatory: with prior score, tenure, manager and site held, completing {gain.name.en} is "
        f"associated with {_shown(test.difference)} more of {en} (95 % interval {low} to {high}; {test.completed} completed it, {test.others} did not)",
    )


def _rerate(test: ItemTest, gain: ItemGain) -> Text:
    rated, now, low, high = map(_shown, (gain.rated, gain.gain, gain.low, gain.high))
    return Text(
        zh=f"考虑重估：目录写明对{gain.competency_name.zh}的增益为 {rated}，结果与 {now}（90% 区间 {low} 到 {high}）相符；"
        f"完成 {test.completed} 人，其他 {test.others} 人",
        en=f"consider another rating: the catalog says a gain of {rated} in {gain.competency_name.en}, and outcomes are "
        f"associated with {now} (90 % interval {low} to {high}); {test.completed} completed it, {test.others} did not",
    )


def _shown(number: Decimal | None) -> str:
    """Write a figure with two places: the report has more, and they say nothing."""
    return "–" if number is None else decimal_text(number.quantize(_CENT))


_SEEN_ONLY = Text(
    zh="这是观察到的关联，不证明效果：谁完成并非随机决定",
    en="this was observed, and is no proof of an effect: who completed it was not drawn by lot",
)
_CAVEATS: dict[str, tuple[Text, ...]] = {
    "mandatory": (
        _SEEN_ONLY,
        Text(
            zh="更好的依据是分批开课：同等优先的学员由抽签决定先后",
            en="a staggered start says more: among learners of equal priority a lot decides who begins first",
        ),
        Text(
            zh="设为必修前，先确认人人都能参加",
            en="before it is made mandatory, see that everybody can take it",
        ),
    ),
    "rerate": (
        _SEEN_ONLY,
        Text(
            zh="新的增益只在发布新的目录版本后生效",
            en="another gain counts only once a new version of the catalog is published",
        ),
    ),
}


def _without(rows: Sequence[Outcome]) -> Iterator[str]:
    """Name the sites at which people are and nobody completed the item."""
    sites = {row.site for row in rows if row.site is not None}
    yield from sorted(sites - {row.site for row in rows if row.completed})


# --- in words ------------------------------------------------------------------------------------

_KINDS = {
    "mandatory": ("与结果的关联", "association"),
    "rerate": ("增益与目录不同", "gain unlike rated"),
}
_GATES = {
    "too_few_completed": ("完成者太少", "too few completed it"),
    "too_few_others": ("未完成者太少", "too few did not"),
    "not_identified": ("数据分不出", "the data cannot tell"),
    "not_significant": ("经 Holm 校正后不显著", "not significant by Holm"),
    "not_positive": ("不是正向", "not for the better"),
    "not_on_target": (
        "所教胜任力没有相应提高",
        "the competency that it teaches did not rise with it",
    ),
    "not_robust": ("若之前得分有误差，关联消失", "it may be prior ability measured with error"),
    "not_stable": ("去掉某个经理或地点后变号", "its sign hangs on one manager or site"),
}


def explain_effects(report: EffectReport, lang: Lang) -> str:
    """Write a report as lines: gains, every test with what kept it back, proposals with caveats."""
    return "\n".join(_lines(report, lang))


def _lines(report: EffectReport, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    if not report.gains:
        yield "没有结果数据" if zh else "there are no outcomes"
        return
    names = {gain.item: f"《{gain.name.zh}》" if zh else gain.name.en for gain in report.gains}
    yield (
        "增益（所弥合的剩余差距之比，90% 区间）："
        if zh
        else "gains (share of the remaining distance, 90 % interval):"
    )
    for gain in report.gains:
        numbers = [_shown(n) for n in (gain.gain, gain.low, gain.high, gain.rated)]
        figures = (
            f"{numbers[0]}（{numbers[1]} 到 {numbers[2]}），目录 {numbers[3]}"
            if zh
            else f"{numbers[0]} ({numbers[1]} to {numbers[2]}), rated {numbers[3]}"
        )
        yield f"  {names[gain.item]}{'：' if zh else ': '}{figures} – {gain.label[lang]}"
    yield f"共做 {len(report.tests)} 项检验：" if zh else f"tests run, {len(report.tests)} in all:"
    for test in report.tests:
        yield f"  {names[test.item]} · {_test(test, lang)}"
    if not report.proposals:
        yield "没有建议" if zh else "no proposals"
    for proposal in report.proposals:
        yield from _proposal(proposal, lang)


def _test(test: ItemTest, lang: Lang) -> str:
    zh = lang == "zh"
    head = _KINDS[test.kind][0 if zh else 1]
    gates = [_GATES[gate][0 if zh else 1] for gate in test.gates]
    outcome = (
        ("提出建议" if zh else "raises a proposal")
        if test.raised
        else ("；" if zh else "; ").join(gates)
    )
    if test.difference is None:
        return f"{head}{'：' if zh else ': '}{outcome}"
    figures = (
        f"{_shown(test.difference)} [{_shown(test.low)}, {_shown(test.high)}], p {_p(test.p_holm)}"
    )
    if test.raw_r is not None and test.partial_r is not None:
        figures += (
            f", r = {_shown(test.raw_r)}, {'偏' if zh else 'partial '}r = {_shown(test.partial_r)}"
        )
    return f"{head} {figures}{'：' if zh else ': '}{outcome}"


def _p(number: Decimal) -> str:
    """Write a p-value that was rounded: nothing is impossible."""
    return f"= {decimal_text(number)}" if number else "< 0.0001"


def _proposal(proposal: EffectProposal, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    yield f"{'建议' if zh else 'proposal'}{'：' if zh else ': '}{proposal.says[lang]}"
    hours, cost = decimal_text(proposal.hours), f"{decimal_text(proposal.cost)} {proposal.currency}"
    count, languages = proposal.not_completed, ", ".join(proposal.languages)
    yield (
        f"  每人 {hours} 小时、{cost}；尚未完成 {count} 人；授课语言 {languages}"
        if zh
        else f"  {hours} hours and {cost} each; {count} have not completed it; taught in {languages}"
    )
    if proposal.without_access:
        sites = ("、" if zh else ", ").join(proposal.without_access)
        yield f"  无人完成的地点：{sites}" if zh else f"  sites where nobody completed it: {sites}"
    yield from (
        f"  {'注意' if zh else 'note'}{'：' if zh else ': '}{c[lang]}" for c in proposal.caveats
    )
