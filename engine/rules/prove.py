"""The guarantees of a rule set proved or refuted: over every case in range, and not only those tried.

A proof rests on laws that hold of the engine's own arithmetic; an example against a guarantee is decided
by the engine before it is shown. What is neither is said to be not proved, with the expression that stops it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.feel import ir
from engine.feel.backends.interpreter import FaultError, evaluate_ir
from engine.feel.backends.solver import EFFORT, Number, ask, implies
from engine.feel.values import NOT_APPLICABLE
from engine.kernel.decimals import CONTEXT
from engine.kernel.diagnostics import Code, Severity
from engine.rules.answers import Measure, measure_symbol, measure_value, output_named, there
from engine.rules.examples import readable, search
from engine.rules.explanation import expressions_of
from engine.rules.inputs import read_inputs
from engine.rules.pairs import Pair, Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.feel.backends.solver import Flag
    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.compiled import Claim, CompiledRuleSet
    from engine.rules.decision import Decision
    from engine.rules.examples import Inputs

STOPS_PROOF = Code(
    "RULE-PROOF-001",
    "`{text}` is known to the solver only by its laws, and they do not settle this",
    "求解器只知道 `{text}` 的若干性质，不足以判定",
    "multiply and divide by constants, give inputs a `range` and a `scale`, or state the guarantee for a part",
    "请改为乘除常量，为输入写明 `range` 与 `scale`，或只对其中一部分作出保证",
    Severity.WARNING,
)

_MANY_ROWS = 50
"""From so many rows on, a rising table is asked about row by row."""

Verdict: TypeAlias = Literal["proved", "refuted", "not_proved"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a guarantee: an example has one case or two; `stops` says what a proof failed at."""

    claim: Claim
    verdict: Verdict
    example: tuple[Shown, ...] = ()
    stops: tuple[Diagnostic, ...] = ()


def prove_claim(
    rule_set: CompiledRuleSet,
    claim: Claim,
    other: CompiledRuleSet | None = None,
    typical: Sequence[Inputs] = (),
) -> Proof:
    """Prove or refute one guarantee.

    `other` is the version that `unchanged_from` names; `typical` are inputs that examples should look like.
    """
    question = _QUESTIONS[claim.kind](rule_set, claim, other)
    return Proof(claim, "not_proved") if question is None else _answer(claim, question, typical)


def equivalent(
    first: CompiledRuleSet, second: CompiledRuleSet, *, effort: int = EFFORT
) -> bool | None:
    """Whether two rule sets decide the same cases, and alike, reasons too; None when that is not known."""
    names = [d.name for d in first.decisions]
    if names != [d.name for d in second.decisions]:
        return False
    pair = Pair(first, second)
    alike = pair.both([f(n) for n in names for f in (pair.same_outcome, pair.same_told)])
    one, other = pair.decided

    def differs(example: Inputs) -> bool:
        left, right = (_told(shown.decision) for shown in pair.shown(example))
        return left != right

    goal = pair.both([one == other, implies(one, alike)])
    asked = ask(pair.world, goal, accept=differs, effort=effort)
    return {"holds": True, "fails": False, "unknown": None}[asked.verdict]


def _told(decision: Decision) -> object:
    return decision.status, decision.outcomes, decision.reasons, decision.obligations


# --- questions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Question:
    """A guarantee as a question: what must hold, where, and how an example against it is recognised."""

    pair: Pair
    goal: Flag
    assuming: Sequence[Flag]
    refuted_by: Callable[[Shown, Shown], bool]
    single: bool = False
    cases: Sequence[Flag] = ()
    unsaid: Sequence[ir.Ir] = ()
    """The parts of the guarantee's own text that the solver knows only by their laws."""


def _answer(claim: Claim, question: _Question, typical: Sequence[Inputs]) -> Proof:
    pair = question.pair

    def shows(example: Inputs) -> bool:
        return question.refuted_by(*pair.shown(example))

    asked = ask(pair.world, question.goal, question.assuming, accept=shows, cases=question.cases)
    if asked.verdict == "holds":
        return Proof(claim, "proved")
    fields = pair.fields()
    example = asked.example or search(fields, shows, typical)
    if example is None:
        return Proof(claim, "not_proved", (), _stops(claim, question))
    shown = pair.shown(readable(example, fields, shows, typical))
    return Proof(claim, "refuted", shown[:1] if question.single else shown)


def _stops(claim: Claim, question: _Question) -> tuple[Diagnostic, ...]:
    """Name the expressions behind a guarantee that the solver knows only by their laws, each once."""
    pair = question.pair
    parts = [(claim.fragment, node) for node in question.unsaid]
    for rule_set, encoded in zip(pair.rule_sets, (pair.left, pair.right), strict=True):
        for name in ("", *_behind(claim, rule_set)):
            parts += encoded.unsaid.get(name, ())
    found: dict[str, Diagnostic] = {}
    for fragment, node in parts:
        text = fragment.text[node.start : node.end] or fragment.text
        span = fragment.place(node.start, node.end)
        found.setdefault(f"{span}", STOPS_PROOF.at(span, text=text))
    return tuple(found.values())


def _behind(claim: Claim, rule_set: CompiledRuleSet) -> list[str]:
    """The decisions that a guarantee is about, and those that they use in their turn."""
    nodes = {node.name: node for node in rule_set.decisions}
    if claim.always is not None:
        left = [*ir.reads(claim.always)]
    elif claim.kind in {"never_decreases", "never_worse"}:
        left = [output_named(rule_set, claim.subject)[0].name]
    else:
        left = [output_named(rule_set, claim.about)[0].name] if claim.about else [*nodes]
    behind: dict[str, None] = {}
    while left:
        name = left.pop()
        if name in nodes and name not in behind:
            behind[name] = None
            left += [n for e in expressions_of(nodes[name]) for n in ir.reads(e)]
    return [name for name in nodes if name in behind]


def _always(
    rule_set: CompiledRuleSet, claim: Claim, _other: CompiledRuleSet | None
) -> _Question | None:
    """A condition on inputs and decisions, wherever the decisions that it names apply."""
    if claim.always is None:
        return None
    pair = Pair(rule_set, rule_set)
    encoder = pair.left.encoder
    encoder.required.clear()
    encoder.unsaid.clear()
    goal = encoder.condition(claim.always)
    assuming = [*pair.decided, *encoder.required]
    always = claim.always

    def refuted(shown: Shown, _: Shown) -> bool:
        return holds(rule_set, always, shown) is False

    return _Question(pair, goal, assuming, refuted, single=True, unsaid=encoder.unsaid)


def _rising(
    rule_set: CompiledRuleSet, claim: Claim, _other: CompiledRuleSet | None
) -> _Question | None:
    """A number or rank that does not fall when an input rises and all else is equal."""
    pair = Pair(rule_set, rule_set, {claim.about or ""})
    node, output = output_named(rule_set, claim.subject)
    ranked = output.members or () if claim.kind == "never_worse" else None
    measure = Measure(node, output, ranked)
    low_flags, low = there(pair.left.inputs[claim.about or ""])
    high_flags, high = there(pair.right.inputs[claim.about or ""])
    before, after = (measure_symbol(encoded, measure) for encoded in (pair.left, pair.right))
    if before is None or after is None:
        return None
    if not isinstance(low, Number) or not isinstance(high, Number):
        return None
    assuming = [
        *pair.decided,
        *low_flags,
        *high_flags,
        *before[0],
        *after[0],
        low.term < high.term,
    ]

    def refuted(one: Shown, two: Shown) -> bool:
        rises = [s.inputs[claim.about or ""] for s in (one, two)]
        if not all(isinstance(v, Decimal) for v in rises) or not rises[0] < rises[1]:  # type: ignore[operator]
            return False
        first, second = (measure_value(s.decision, measure) for s in (one, two))
        return first is not None and second is not None and first > second

    cases = pair.right.outcomes[node.name].cases
    few = () if len(cases) < _MANY_ROWS else cases
    return _Question(pair, before[1].term <= after[1].term, assuming, refuted, cases=few)


def _independent(
    rule_set: CompiledRuleSet, claim: Claim, _other: CompiledRuleSet | None
) -> _Question | None:
    """Answers that stay the same, whatever one input is."""
    pair = Pair(rule_set, rule_set, {claim.subject})
    return _unchanged(pair, claim)


def _unchanged_from(
    rule_set: CompiledRuleSet, claim: Claim, other: CompiledRuleSet | None
) -> _Question | None:
    """Answers that are those of an earlier version."""
    if other is None:
        return None
    known = {d.name for d in other.decisions}
    if not {d.name for d in rule_set.decisions} & known:
        return None
    return _unchanged(Pair(other, rule_set), claim)


def _unchanged(pair: Pair, claim: Claim) -> _Question | None:
    shared = pair.left.outcomes.keys() & pair.right.outcomes.keys()
    names = [n for n in pair.right.outcomes if n in shared]
    if claim.about is not None:
        node, _ = output_named(pair.second, claim.about)
        names = [n for n in names if n == node.name]
    questions = [pair.same_outcome] if claim.about else [pair.same_outcome, pair.same_told]
    goal = pair.both([question(name) for name in names for question in questions])

    def refuted(one: Shown, two: Shown) -> bool:
        if one.decision.status != "decided" or two.decision.status != "decided":
            return False
        mine, yours = one.decision.outcomes, two.decision.outcomes
        if any(mine.get(n) != yours.get(n) for n in names):
            return True
        codes = [[r.code for r in s.decision.reasons] for s in (one, two)]
        return claim.about is None and codes[0] != codes[1]

    return _Question(pair, goal, pair.decided, refuted)


_QUESTIONS: dict[
    str, Callable[[CompiledRuleSet, Claim, CompiledRuleSet | None], _Question | None]
] = {
    "always": _always,
    "never_decreases": _rising,
    "never_worse": _rising,
    "independent_of": _independent,
    "unchanged_from": _unchanged_from,
}


# --- answers -----------------------------------------------------------------------------------


def holds(rule_set: CompiledRuleSet, always: ir.Ir, shown: Shown) -> bool | None:
    """Whether a condition holds of an answer; None where it says nothing of it."""
    if shown.decision.status != "decided":
        return None
    with localcontext(CONTEXT):
        values, _, _ = read_inputs(rule_set.inputs, shown.inputs)
        applied = {d.name: NOT_APPLICABLE for d in rule_set.decisions}
        try:
            return evaluate_ir(always, {**values, **applied, **shown.decision.outcomes}) is True
        except FaultError:
            return None
