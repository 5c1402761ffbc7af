"""A competency model to its compiled form, with every finding at its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.competency.documents import (
    CompetencyModel,
    ExpressionPart,
    MeasurePart,
    PointsPart,
    RatingPart,
)
from engine.feel import ir
from engine.feel.checker import check_value
from engine.feel.parser import parse_expression
from engine.feel.scope import FunctionSymbol, Scope
from engine.feel.types import BOOLEAN, NUMBER, StringType
from engine.jurisdictions.merge import NO_LAW, blocked
from engine.kernel.decimals import decimal_text, from_fraction
from engine.kernel.diagnostics import Code, has_errors, in_order, nearest
from engine.kernel.errors import DocumentError
from engine.kernel.source import Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from engine.competency.documents import Competency, Part
    from engine.jurisdictions.merge import Law
    from engine.kernel.canonical import ContentHash
    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Fault, Loaded

WEIGHTS = Code(
    "COMP-SUM-001",
    "the weights sum to {total}, not 100",
    "权重之和为 {total}，不是 100",
    "change them so that they sum to exactly 100",
    "请调整，使其之和恰为 100",
)
WEIGHTS_RESCALE = Code(
    "COMP-SUM-004",
    "the weights sum to {total}, not 100",
    "权重之和为 {total}，不是 100",
    "to keep `{kept}` at {weight}, multiply the others by {factor}: {others}",
    "若 `{kept}` 保持 {weight}，请将其余各项乘以 {factor}：{others}",
)
SHARES = Code(
    "COMP-SUM-002",
    "the shares of `{id}` sum to {total}, not 100",
    "`{id}` 的各部分占比之和为 {total}，不是 100",
    "change them so that they sum to exactly 100",
    "请调整，使其之和恰为 100",
)
NO_EVIDENCE = Code(
    "COMP-WEIGHT-001",
    "the data-derived weight of `{id}` names no evidence",
    "`{id}` 的权重由数据得出，但没有写明依据",
    "add `evidence:` with the hash of its file",
    "请加上 `evidence:` 及其文件的哈希",
)
DUPLICATE = Code(
    "COMP-ID-001",
    "the id `{id}` stands twice",
    "编号 `{id}` 出现两次",
    "give each its own id",
    "请各用一个编号",
)
UNKNOWN_INDICATOR = Code(
    "COMP-ID-002",
    "there is no indicator `{id}`",
    "没有指标 `{id}`",
    "declare it under `indicators`; known there: {known}",
    "请在 `indicators` 中声明；已有：{known}",
)
UNKNOWN_SCALE = Code(
    "COMP-ID-003",
    "there is no scale `{id}`",
    "没有量表 `{id}`",
    "known here: {known}",
    "此处可用：{known}",
)
NO_SCALE = Code(
    "COMP-ID-005",
    "`rating` needs a scale, and this part names none",
    "`rating` 需要量表，而该部分没有指定",
    "add `scale:`",
    "请加上 `scale:`",
)
NOT_DERIVED = Code(
    "COMP-ID-004",
    "`{inference}` never derives evidence of `{id}`",
    "`{inference}` 从不推出 `{id}` 的证据",
    "add the indicator to its `derives`, or delete it here; derived there: {known}",
    "请把该指标加入其 `derives`，或在此删除；其推出：{known}",
)
FIRST_BAND = Code(
    "COMP-BAND-001",
    "the first band starts at {text}, not at 0",
    "第一个等级从 {text} 开始，而不是 0",
    "write `from: 0`: every score needs a band",
    "请写 `from: 0`：每个分数都须有等级",
)
BAND_ORDER = Code(
    "COMP-BAND-002",
    "the band `{id}` starts at {text}, not above the one before",
    "等级 `{id}` 从 {text} 开始，不高于前一等级",
    "order the bands upwards; a band ends where the next starts",
    "请按从低到高排列；每个等级止于下一等级的起点",
)
EMPTY = Code(
    "COMP-SUM-003", "`{key}` is empty", "`{key}` 为空", "give at least one", "请至少给出一项"
)
NO_MENTION_RULES = Code(
    "COMP-MENTION-001",
    "`{id}` is looked for in answers, and the model has no `mentions`",
    "`{id}` 需在回答中查找，但模型没有 `mentions`",
    "add `mentions:` with confidence, gap and negation",
    "请加上 `mentions:`，写明置信度、间隔与否定词",
)
NOT_TEXT = Code(
    "COMP-MENTION-002",
    "`{id}` has words to look for and is of modality `{modality}`",
    "`{id}` 带有查找词，但方式为 `{modality}`",
    "words are found in answers: write `modality: text`",
    "词语出自回答：请写 `modality: text`",
)
BLOCKED = Code(
    "COMP-LAW-001",
    "`{id}` rests on `{modality}`, which {jurisdiction} blocks: {cites}",
    "`{id}` 依据 `{modality}`，而 {jurisdiction} 禁止：{cites}",
    "delete the indicator; only a model with `use: demonstration` may name it",
    "请删除该指标；只有标明 `use: demonstration` 的模型可以保留",
)

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A model ready to score with; `expressions` are by competency and part."""

    document: CompetencyModel
    hash: ContentHash
    expressions: Mapping[tuple[str, int], ir.Ir] = field(default_factory=dict)


def compile_model(
    loaded: Loaded[CompetencyModel], law: Law = NO_LAW, derived: Collection[str] | None = None
) -> CompiledModel:
    """Compile a model; raises DocumentError with every finding, see `check_model`."""
    compiled, found = _compile(loaded, law, derived)
    if has_errors(found):
        raise DocumentError(found)
    return compiled


def check_model(
    loaded: Loaded[CompetencyModel], law: Law = NO_LAW, derived: Collection[str] | None = None
) -> list[Diagnostic]:
    """Give every finding about a model, in the order of its text.

    `law` is that of its jurisdictions; `derived` are the indicators that the inference it reads
    from can derive evidence of, where that is known.
    """
    return _compile(loaded, law, derived)[1]


def _compile(
    loaded: Loaded[CompetencyModel], law: Law, derived: Collection[str] | None
) -> tuple[CompiledModel, list[Diagnostic]]:
    model = loaded.document
    found = [
        *_check_weights(loaded),
        *_check_bands(loaded),
        *_check_ids(loaded),
        *_check_indicators(loaded, law, derived),
    ]
    expressions: dict[tuple[str, int], ir.Ir] = {}
    for index, competency in enumerate(model.competencies):
        found += _check_shares(loaded, index, competency)
        for place, part in enumerate(competency.parts):
            found += _check_part(loaded, (index, place), part)
            if isinstance(part, ExpressionPart):
                made, faults = _expression(loaded, (index, place), part)
                found += faults
                if made is not None:
                    expressions[competency.id, place] = made
    return CompiledModel(model, loaded.hash, expressions), in_order(found)


# --- sums ----------------------------------------------------------------------------------------


def _check_weights(loaded: Loaded[CompetencyModel]) -> Iterator[Diagnostic]:
    """Weights sum to exactly 100; where one of them explains the difference, offer the others."""
    competencies = loaded.document.competencies
    weights = [Fraction(competency.weight.value) for competency in competencies]
    total = sum(weights, Fraction())
    for index, competency in enumerate(competencies):
        if competency.weight.provenance == "data_derived" and not competency.weight.evidence:
            yield NO_EVIDENCE.at(loaded.span("competencies", index, "weight"), id=competency.id)
    if not competencies:
        yield EMPTY.at(loaded.span("competencies"), key="competencies")
    elif total != HUNDRED:
        shown = _shown(total)
        kept = _kept(weights)
        if kept is None:
            yield WEIGHTS.at(loaded.span("competencies"), total=shown)
            return
        index, factor = kept
        others = ", ".join(
            f"`{one.id}` {_shown(weight * factor)}"
            for place, (one, weight) in enumerate(zip(competencies, weights, strict=True))
            if place != index
        )
        yield WEIGHTS_RESCALE.at(
            loaded.span("competencies", index, "weight", "value"),
            total=shown,
            kept=competencies[index].id,
            weight=_shown(weights[index]),
            factor=f"{factor.numerator}/{factor.denominator}",
            others=others,
        )


def _kept(weights: Sequence[Fraction]) -> tuple[int, Fraction] | None:
    """Find the weight that was probably changed, and the factor that brings the others to 100.

    It is one beside which they stay finite decimals; of several, that of the simplest factor.
    """
    candidates = []
    for index, weight in enumerate(weights):
        others = sum(weights, Fraction()) - weight
        if not 0 < weight < HUNDRED or others <= 0:
            continue
        factor = (HUNDRED - weight) / others
        scaled = [one * factor for place, one in enumerate(weights) if place != index]
        if all(Fraction(from_fraction(one)) == one for one in scaled):
            candidates.append((factor.denominator, index, factor))
    if not candidates:
        return None
    _, index, factor = min(candidates)
    return index, factor


def _check_shares(
    loaded: Loaded[CompetencyModel], index: int, competency: Competency
) -> Iterator[Diagnostic]:
    total = sum((Fraction(part.share) for part in competency.parts), Fraction())
    if not competency.parts:
        yield EMPTY.at(loaded.span("competencies", index, "parts"), key="parts")
    elif total != HUNDRED:
        span = loaded.span("competencies", index, "parts", 0, "share")
        yield SHARES.at(span, id=competency.id, total=_shown(total))


def _shown(number: Fraction) -> str:
    return decimal_text(from_fraction(number))


# --- bands, ids, names ---------------------------------------------------------------------------


def _check_bands(loaded: Loaded[CompetencyModel]) -> Iterator[Diagnostic]:
    bands = loaded.document.bands
    if not bands:
        yield EMPTY.at(loaded.span("bands"), key="bands")
        return
    if bands[0].source != 0:
        span = loaded.span("bands", 0, "from")
        yield FIRST_BAND.at(span, text=decimal_text(bands[0].source))
    for index in range(1, len(bands)):
        if bands[index].source <= bands[index - 1].source:
            text = decimal_text(bands[index].source)
            yield BAND_ORDER.at(loaded.span("bands", index, "from"), id=bands[index].id, text=text)


def _check_ids(loaded: Loaded[CompetencyModel]) -> Iterator[Diagnostic]:
    """Ids of bands and competencies are unique, and those of point lines within a competency."""
    model = loaded.document
    yield from _repeated(
        loaded, [(band.id, ("bands", index, "id")) for index, band in enumerate(model.bands)]
    )
    yield from _repeated(
        loaded,
        [(one.id, ("competencies", index, "id")) for index, one in enumerate(model.competencies)],
    )
    for index, competency in enumerate(model.competencies):
        lines = [
            (line.id, ("competencies", index, "parts", place, "points", row, "id"))
            for place, part in enumerate(competency.parts)
            if isinstance(part, PointsPart)
            for row, line in enumerate(part.points)
        ]
        yield from _repeated(loaded, lines)


def _repeated(
    loaded: Loaded[CompetencyModel], ids: Iterable[tuple[str, tuple[str | int, ...]]]
) -> Iterator[Diagnostic]:
    seen = set()
    for name, path in ids:
        if name in seen:
            yield DUPLICATE.at(loaded.span(*path), id=name)
        seen.add(name)


def _check_indicators(
    loaded: Loaded[CompetencyModel], law: Law, derived: Collection[str] | None
) -> Iterator[Diagnostic]:
    model = loaded.document
    for name, indicator in model.indicators.items():
        span = loaded.span("indicators", name)
        if indicator.keywords or indicator.amount:
            if model.mentions is None:
                yield NO_MENTION_RULES.at(span, id=name)
            if indicator.modality != "text":
                place = loaded.span("indicators", name, "modality")
                yield NOT_TEXT.at(place, id=name, modality=indicator.modality)
        if derived is not None and name not in derived:
            near, known = nearest(name, derived), _listed(derived)
            yield NOT_DERIVED.at(
                span, id=name, inference=model.evidence_from, near=near, known=known
            )
        for ground in blocked(law, indicator.modality)[:1] if model.use is None else ():
            yield BLOCKED.at(
                loaded.span("indicators", name, "modality"),
                id=name,
                modality=indicator.modality,
                jurisdiction=f"`{ground.jurisdiction}`",
                cites=ground.cites,
            )


def _check_part(
    loaded: Loaded[CompetencyModel], where: tuple[int, int], part: Part
) -> Iterator[Diagnostic]:
    """The names that a part uses are there."""
    model, path = loaded.document, ("competencies", where[0], "parts", where[1])
    match part:
        case PointsPart():
            for row, line in enumerate(part.points):
                if line.indicator not in model.indicators:
                    span = loaded.span(*path, "points", row, "indicator")
                    near, known = (
                        nearest(line.indicator, model.indicators),
                        _listed(model.indicators),
                    )
                    yield UNKNOWN_INDICATOR.at(span, id=line.indicator, near=near, known=known)
        case RatingPart(scale=scale) | ExpressionPart(scale=scale):
            if scale is not None and scale not in model.scales:
                near, known = nearest(scale, model.scales), _listed(model.scales)
                yield UNKNOWN_SCALE.at(
                    loaded.span(*path, "scale"), id=scale, near=near, known=known
                )
        case MeasurePart():
            pass


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


# --- expressions ---------------------------------------------------------------------------------


def _expression(
    loaded: Loaded[CompetencyModel], where: tuple[int, int], part: ExpressionPart
) -> tuple[ir.Ir | None, list[Diagnostic]]:
    """Compile FEEL over what is known of a person; `found` takes the model's indicators alone."""
    indicators = StringType(tuple(loaded.document.indicators))
    scope = Scope(
        functions={
            "found": FunctionSymbol((("indicator", indicators),), BOOLEAN),
            "rating": FunctionSymbol((("rating", StringType()),), NUMBER),
            "measure": FunctionSymbol((("measure", StringType()),), NUMBER),
        }
    )
    path = ("competencies", where[0], "parts", where[1], "value")
    node, faults = parse_expression(part.value)
    if node is None:
        return None, _placed(loaded, path, faults)
    made, more = check_value(node, NUMBER, scope)
    found = _placed(loaded, path, [*faults, *more])
    rates = any(isinstance(one, ir.Invoke) and one.function == "rating" for one in ir.walk(made))
    if rates and part.scale is None:
        found.append(NO_SCALE.at(loaded.span(*path)))
    return made, found


def _placed(
    loaded: Loaded[CompetencyModel], path: tuple[str | int, ...], faults: Iterable[Fault]
) -> list[Diagnostic]:
    """Give faults inside the text at `path` their places."""
    node, found = loaded.node(*path), []
    for fault in faults:
        span = loaded.span(*path)
        if isinstance(node, Scalar):
            span = node.span_at(fault.start, len(node.text) if fault.end is None else fault.end)
        found.append(fault.code.at(span, near=fault.near, **fault.args))
    return found
