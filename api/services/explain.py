"""Say of a recorded decision why it is so, what would have changed it, and what other inputs would give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.services.asked import asked_in
from api.services.decide import NothingLikeItError, open_kept
from api.services.evaluate import InterviewCase, evaluate
from api.store.records import CLEAR
from engine.competency.profile import rule_inputs
from engine.hiring.masking import KINDS, without_numbers
from engine.learning.explain import explain_plan
from engine.rules.decision import decision_json
from engine.rules.evaluate import decide
from engine.rules.explain import explain as explain_case
from engine.rules.explain import explanation_json, explanation_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from api.services.asked import Asked
    from api.services.platform import Platform
    from engine.kernel.diagnostics import Lang
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.explain import Explanation


def explanation_of(
    platform: Platform, id_: str, lang: Lang, guarded: Collection[str] = ()
) -> dict[str, object]:
    """Explain a record in full, as data and as text; nothing is said that rests on a `guarded` field.

    Raises NothingLikeItError, ErasedError, AlteredError; DocumentError where the inputs were faulty.
    """
    case = _case_of(platform, id_)
    whole, compiled, plan = _explained(platform, case)
    explanation = _without(whole, frozenset(guarded))
    made: dict[str, object] = {
        "id": id_,
        "language": lang,
        "text": explanation_text(explanation, compiled, lang),
        "explanation": explanation_json(explanation),
    }
    return {**made, "plan": explain_plan(plan, lang)} if plan is not None else made


def own_explanation_of(platform: Platform, id_: str, lang: Lang, case: str) -> dict[str, object]:
    """Explain a record to whom it is about: what was decided, why, and what would have changed it.

    Weights, tests and what others said are left out. Raises as `explanation_of` does, and
    NothingLikeItError for a record of another case.
    """
    kept = open_kept(platform, id_)
    if kept.body[CLEAR]["case"] != case:  # type: ignore[index]  # the body repeats what is in the clear
        raise NothingLikeItError(id_)
    whole, compiled, _ = _explained(platform, asked_in(kept))
    nodes = (replace(node, read=(), heads=(), rows=(), steps=()) for node in whole.nodes)
    own = replace(whole, nodes=tuple(nodes))
    told = explanation_json(own)
    return {
        "id": id_,
        "language": lang,
        "text": explanation_text(own, compiled, lang),
        "explanation": {name: told[name] for name in _OWN},
    }


_OWN = ("status", "outcomes", "reasons", "obligations", "missing", "counterfactuals")


def _without(explanation: Explanation, guarded: frozenset[str]) -> Explanation:
    """Leave out the nodes and changes that are a guarded field, or read one, and the numbers of reasons with them."""
    nodes = tuple(
        node
        for node in explanation.nodes
        if guarded.isdisjoint({node.name, *(name for name, _ in node.read)})
    )
    changes = tuple(
        one for one in explanation.changes if guarded.isdisjoint({one.input, one.decision})
    )
    decision = explanation.decision
    if not guarded.isdisjoint({name for name, kind in KINDS.items() if kind == "pay"}):
        told = ((without_numbers(one.zh), without_numbers(one.en)) for one in decision.reasons)
        texts = zip(decision.reasons, told, strict=True)
        reasons = tuple(one._replace(zh=zh, en=en) for one, (zh, en) in texts)
        decision = decision._replace(reasons=reasons)
    return replace(explanation, decision=decision, nodes=nodes, changes=changes)


def counterfactuals_of(platform: Platform, id_: str) -> dict[str, object]:
    """List what would have given another outcome, the nearest first; raises as `explanation_of` does."""
    case = _case_of(platform, id_)
    if isinstance(case, InterviewCase):
        found = evaluate(platform.snapshot(), case, stopped=False).counterfactuals()
        return {"id": id_, "counterfactuals": found}
    explanation, _, _ = _explained(platform, case)
    return {"id": id_, "counterfactuals": explanation_json(explanation)["counterfactuals"]}


def what_if(platform: Platform, id_: str, changes: Mapping[str, Any]) -> dict[str, object]:
    """Decide a record with some of its inputs changed, and keep nothing.

    Of an interview the inputs of the profile can be changed too, such as `overall`. Raises as
    `explanation_of` does.
    """
    kept = open_kept(platform, id_)
    case = asked_in(kept)
    snapshot = platform.snapshot()
    if isinstance(case, InterviewCase):
        decision = evaluate(snapshot, case, stopped=False).decided(changes)
    else:
        decision = decide(case.compiled(snapshot.content), {**case.inputs, **changes})
    return {
        "id": id_,
        "changed": sorted(changes),
        "recorded": kept.body["decision"],
        "decision": decision_json(decision),
    }


def _case_of(platform: Platform, id_: str) -> Asked:
    return asked_in(open_kept(platform, id_))


def _explained(platform: Platform, case: Asked) -> tuple[Explanation, CompiledRuleSet, Any]:
    """Explain a case by its rule set; of an interview with its plan."""
    snapshot = platform.snapshot()
    if isinstance(case, InterviewCase):
        done = evaluate(snapshot, case, stopped=False)
        compiled = done.materials.rule_set
        asked = {declared.name for declared in compiled.inputs}
        known = {**case.inputs, **rule_inputs(done.evaluation.profile)}
        read = {name: value for name, value in known.items() if name in asked}
        return explain_case(compiled, read), compiled, done.evaluation.plan
    compiled = case.compiled(snapshot.content)
    return explain_case(compiled, case.inputs), compiled, None
