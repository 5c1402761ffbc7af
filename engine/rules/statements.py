"""Guarantees, examples and impacts in words, zh and en: what was claimed, and what shows otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.backends.prose import Prose
from engine.rules.decision import plain_json
from engine.rules.evaluate import shown_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.feel.values import Value
    from engine.kernel.diagnostics import Lang
    from engine.kernel.edits import Edit
    from engine.rules.compiled import Claim, CompiledRuleSet
    from engine.rules.impact import Impact
    from engine.rules.pairs import Shown

_CLAIMS = {
    "always": ("始终：{subject}", "always: {subject}"),
    "never_decreases": (
        "{about} 升高时 {subject} 不会降低",
        "{subject} never decreases when {about} rises",
    ),
    "never_worse": (
        "{about} 升高时 {subject} 不会变差",
        "{subject} is never worse when {about} rises",
    ),
    "independent_of": ("{of} 不取决于 {subject}", "{of} does not depend on {subject}"),
    "unchanged_from": ("{of} 与 {subject} 版相同", "{of} is as in version {subject}"),
}
_VERDICTS = {
    "proved": ("已证明", "proved"),
    "refuted": ("不成立", "refuted"),
    "not_proved": ("未能证明", "not proved"),
}
_EVERYTHING = ("整个答案", "the whole answer")
_REST = ("其余相同：", "the rest alike: ")
_NOTHING = ("没有结果", "no outcome")
_DIRECTIONS = {
    ("gain", "shown"): ("可能变好", "can get better"),
    ("loss", "shown"): ("可能变差", "can get worse"),
    ("gain", "impossible"): ("不可能变好（已证明）", "cannot get better (proved)"),
    ("loss", "impossible"): ("不可能变差（已证明）", "cannot get worse (proved)"),
    ("gain", "unknown"): ("能否变好：未能证明", "whether it can get better is not proved"),
    ("loss", "unknown"): ("能否变差：未能证明", "whether it can get worse is not proved"),
}
_MOST = {
    "gain": ("最多增加 {most}", "the most it rises by is {most}"),
    "loss": ("最多减少 {most}", "the most it falls by is {most}"),
}
_BOUND = ("（已证明）", " (proved)")
_OPEN = ("（已证明不超过 {bound}）", " (proved not to pass {bound})")
_LOWER = ("（可能还有更大的）", " (there may be larger ones)")
_EDITS = {
    "added": ("新增 {path}：{after}", "added {path}: {after}"),
    "removed": ("删除 {path}：{before}", "removed {path}: {before}"),
    "changed": ("{path}：{before} → {after}", "{path}: {before} → {after}"),
    "moved": ("{path} 的顺序：{before} → {after}", "order of {path}: {before} → {after}"),
}


def _in(lang: Lang, pair: tuple[str, str]) -> str:
    return pair[0] if lang == "zh" else pair[1]


def labels_of(rule_set: CompiledRuleSet, lang: Lang) -> dict[str, str]:
    """What people call the inputs, parameters, functions and decisions of a rule set."""
    document = rule_set.document
    named = {**document.params, **document.inputs, **document.functions, **document.decisions}
    for decision in document.decisions.values():
        named |= decision.outputs or {}
    return {n: field.label[lang] for n, field in named.items() if field.label is not None}


def prose_of(rule_set: CompiledRuleSet, lang: Lang) -> Prose:
    """The writer of a rule set's expressions."""
    return Prose(lang, labels_of(rule_set, lang))


def claim_text(claim: Claim, rule_set: CompiledRuleSet, lang: Lang) -> str:
    """Say a guarantee in words."""
    stated = claim.always and prose_of(rule_set, lang).clause(claim.always)
    named = {
        "subject": stated or _label(rule_set, claim.subject, lang),
        "about": _label(rule_set, claim.about or "", lang),
        "of": _label(rule_set, claim.about, lang) if claim.about else _in(lang, _EVERYTHING),
    }
    return _in(lang, _CLAIMS[claim.kind]).format(**named)


def verdict_text(verdict: str, lang: Lang) -> str:
    """Say what became of a guarantee."""
    return _in(lang, _VERDICTS[verdict])


def _label(rule_set: CompiledRuleSet, name: str, lang: Lang) -> str:
    """Name an input or decision as people know it."""
    document = rule_set.document
    label = None
    for known in (document.inputs, document.decisions):
        if name in known:
            label = known[name].label
    return name if label is None else f"{label[lang]} ({name})"


def example_lines(shown: tuple[Shown, ...], lang: Lang) -> list[str]:
    """Say an example: what differs between its cases and what each came to, then what they share."""
    shared = _shared(shown)
    lines = []
    for one in shown:
        told = [n for n in one.inputs if n not in shared] if len(shown) > 1 else []
        given = _values(((n, one.inputs[n]) for n in told), lang)
        version = f"{one.version}: " if len({s.version for s in shown}) > 1 else ""
        lines.append(f"{version}{given}{' → ' if given else ''}{outcome_text(one, lang)}")
    rest = _values(((n, v) for n, v in shown[0].inputs.items() if n in shared), lang)
    if rest:
        lines.append((_in(lang, _REST) if len(shown) > 1 else "") + rest)
    return lines


def _shared(shown: tuple[Shown, ...]) -> set[str]:
    first = shown[0].inputs
    return {n for n in first if all(s.inputs.get(n, first) == first[n] for s in shown)}


def outcome_text(shown: Shown, lang: Lang) -> str:
    """Say what a case came to."""
    outcomes = shown.decision.outcomes
    return _values(outcomes.items(), lang) or _in(lang, _NOTHING)


def _values(values: Iterable[tuple[str, Value]], lang: Lang) -> str:
    joint = "，" if lang == "zh" else ", "
    return joint.join(f"{name} = {_written(value)}" for name, value in values)


def _written(value: Value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    plain = plain_json(value)
    return plain if isinstance(plain, str) else shown_value(value)


def impact_lines(impact: Impact, rule_set: CompiledRuleSet, lang: Lang) -> list[str]:
    """Say what a change does to an output in one direction, with its example."""
    name = impact.output if impact.output != impact.decision else impact.decision
    head = f"{_label(rule_set, name, lang)}: {_in(lang, _DIRECTIONS[impact.direction, impact.verdict])}"
    if impact.most is not None:
        head += ("；" if lang == "zh" else "; ") + _most_text(impact, lang)
    lines = example_lines(impact.example, lang) if impact.example else []
    return [head, *(f"  {line}" for line in lines)]


def _most_text(impact: Impact, lang: Lang) -> str:
    text = _in(lang, _MOST[impact.direction]).format(most=shown_value(impact.most))
    if impact.bound is None:
        return text + _in(lang, _LOWER)
    if impact.bound == impact.most:
        return text + _in(lang, _BOUND)
    return text + _in(lang, _OPEN).format(bound=shown_value(impact.bound))


def edit_text(edit: Edit, lang: Lang) -> str:
    """Say what was edited at one place."""
    path = " · ".join(edit.path)
    return _in(lang, _EDITS[edit.kind]).format(path=path, before=edit.before, after=edit.after)


def shown_json(shown: Shown) -> dict[str, object]:
    """Write one case of an example as JSON data."""
    return {
        "version": shown.version,
        "inputs": _plain(shown.inputs),
        "status": shown.decision.status,
        "outcomes": _plain(shown.decision.outcomes),
        "reasons": [reason.code for reason in shown.decision.reasons],
    }


def _plain(values: Mapping[str, Value]) -> dict[str, object]:
    return {name: plain_json(value) for name, value in values.items()}


def impact_json(impact: Impact) -> dict[str, object]:
    """Write an impact as JSON data; numbers as texts."""
    return {
        "decision": impact.decision,
        "output": impact.output,
        "direction": impact.direction,
        "verdict": impact.verdict,
        "most": plain_json(impact.most),
        "bound": plain_json(impact.bound),
        "example": [shown_json(shown) for shown in impact.example],
    }


def edit_json(edit: Edit) -> dict[str, object]:
    """Write an edit as JSON data."""
    return {
        "kind": edit.kind,
        "path": list(edit.path),
        "before": edit.before,
        "after": edit.after,
    }
