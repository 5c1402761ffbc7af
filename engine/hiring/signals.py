"""Which signals may be used, and what is computed from them before any rule sees them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.competency.documents import SignalSource
from engine.jurisdictions.merge import blocked, blocked_signal
from engine.kernel.decimals import from_fraction
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.chaining.program import CompiledInference
    from engine.hiring.interview import Signal
    from engine.jurisdictions.merge import Ground, Law
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded
    from engine.rules.documents import RuleSet

BLOCKED = Code(
    "LAW-SIGNAL-001",
    "rule `{rule}` reads `{modality}`, which `{jurisdiction}` blocks: {cites}",
    "规则 `{rule}` 读取 `{modality}`，而 `{jurisdiction}` 禁止：{cites}",
    "delete the rule; only a rule set with `use: demonstration` may read it",
    "请删除该规则；只有标明 `use: demonstration` 的规则集可以读取",
)


BLOCKED_NAME = Code(
    "LAW-SIGNAL-002",
    "rule `{rule}` asks for the signal `{name}`, which `{jurisdiction}` blocks: {cites}",
    "规则 `{rule}` 使用信号 `{name}`，而 `{jurisdiction}` 禁止：{cites}",
    "delete the rule; only a rule set with `use: demonstration` may read it",
    "请删除该规则；只有标明 `use: demonstration` 的规则集可以读取",
)
BLOCKED_INPUT = Code(
    "LAW-SIGNAL-003",
    "the input `{name}` is a signal that `{jurisdiction}` blocks: {cites}",
    "输入 `{name}` 是 `{jurisdiction}` 禁止的信号：{cites}",
    "delete the input; only a rule set with `use: demonstration` may have it",
    "请删除该输入；只有标明 `use: demonstration` 的规则集可以使用",
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Signals of one modality that were not used, and the law that says so."""

    modality: str
    count: int
    names: tuple[str, ...]
    grounds: tuple[Ground, ...]


def check_modalities(inference: CompiledInference, law: Law) -> list[Diagnostic]:
    """Find the rules of an inference that read a modality, or a signal by name, which the law blocks."""
    modalities = [
        BLOCKED.at(
            mention.span,
            rule=mention.rule,
            modality=mention.value,
            jurisdiction=ground.jurisdiction,
            cites=ground.cites,
        )
        for mention in inference.mentions
        if mention.field == "modality"
        for ground in blocked(law, str(mention.value))[:1]
    ]
    names = [
        BLOCKED_NAME.at(
            mention.span,
            rule=mention.rule,
            name=mention.value,
            jurisdiction=ground.jurisdiction,
            cites=ground.cites,
        )
        for mention in inference.mentions
        if mention.field == "name"
        for ground in blocked_signal(law, str(mention.value))[:1]
    ]
    return [*modalities, *names]


def check_signal_inputs(rule_set: Loaded[RuleSet], law: Law) -> list[Diagnostic]:
    """Find the inputs of a rule set that are signals which the law blocks."""
    return [
        BLOCKED_INPUT.at(
            rule_set.span("inputs", name),
            name=name,
            jurisdiction=ground.jurisdiction,
            cites=ground.cites,
        )
        for name in rule_set.document.inputs
        for ground in blocked_signal(law, name)[:1]
    ]


def drop_blocked(
    signals: Iterable[Signal], law: Law
) -> tuple[tuple[Signal, ...], tuple[Dropped, ...]]:
    """Set aside the signals of blocked modalities, counted by modality."""
    kept: list[Signal] = []
    dropped: dict[str, list[Signal]] = defaultdict(list)
    for signal in signals:
        if blocked(law, signal.modality):
            dropped[signal.modality].append(signal)
        else:
            kept.append(signal)
    return tuple(kept), tuple(
        Dropped(
            modality,
            len(group),
            tuple(sorted({signal.name for signal in group})),
            blocked(law, modality),
        )
        for modality, group in sorted(dropped.items())
    )


def measured(signals: Iterable[Signal]) -> tuple[SignalSource, ...]:
    """Give the signals as rules read them, with what has to be computed first.

    Signals in unit `event` are counted by question: `frown` becomes `frown_count`. A signal with
    a baseline also gives `<name>_change`, the ratio by which it differs from that.
    """
    found: list[SignalSource] = []
    events: dict[tuple[str, str, str], list[Signal]] = defaultdict(list)
    for signal in signals:
        if signal.unit == "event":
            events[signal.name, signal.modality, signal.question or ""].append(signal)
            continue
        source = _as_source(signal)
        found.append(source)
        if signal.baseline is not None:
            change = Fraction(signal.value) / Fraction(signal.baseline) - 1
            said = {
                "name": f"{signal.name}_change",
                "value": from_fraction(change),
                "unit": "ratio",
            }
            found.append(source.model_copy(update=said))
    for group in events.values():
        count = sum(Fraction(signal.value) for signal in group)
        said = {
            "name": f"{group[0].name}_count",
            "value": from_fraction(Fraction(count)),
            "confidence": min(signal.confidence for signal in group),
        }
        found.append(_as_source(group[0]).model_copy(update=said))
    return tuple(found)


def _as_source(signal: Signal) -> SignalSource:
    return SignalSource(
        name=signal.name,
        value=signal.value,
        unit=signal.unit,
        modality=signal.modality,
        question=signal.question,
        confidence=signal.confidence,
    )
