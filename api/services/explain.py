"""Say of a recorded decision why it is so, what would have changed it, and what other inputs would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.services.asked import asked_in
from api.services.decide import open_kept
from api.services.evaluate import InterviewCase, evaluate
from engine.competency.profile import rule_inputs
from engine.learning.explain import explain_plan
from engine.rules.decision import decision_json
from engine.rules.evaluate import decide
from engine.rules.explain import explain as explain_case
from engine.rules.explain import explanation_json, explanation_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.services.asked import Asked
    from api.services.platform import Platform
    from engine.kernel.diagnostics import Lang
    from engine.rules.compiled import CompiledRuleSet
    from engine.rules.explain import Explanation


def explanation_of(platform: Platform, id_: str, lang: Lang) -> dict[str, object]:
    """Explain a record in full, as data and as text.

    Raises NothingLikeItError, ErasedError, AlteredError; DocumentError where the inputs were faulty.
    """
    case = _case_of(platform, id_)
    explanation, compiled, plan = _explained(platform, case)
    made: dict[str, object] = {
        "id": id_,
        "language": lang,
        "text": explanation_text(explanation, compiled, lang),
        "explanation": explanation_json(explanation),
    }
    return {**made, "plan": explain_plan(plan, lang)} if plan is not None else made


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
