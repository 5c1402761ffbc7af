"""Plans over the network: the exact plan for scores, and the one that follows results."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from api.services.decide import open_kept
from engine.kernel.documents import load_data
from engine.kernel.errors import DocumentError
from engine.learning.choices import weigh_choices
from engine.learning.choices_text import explain_choices
from engine.learning.documents import LearningPlan, PlanLimits
from engine.learning.explain import explain_plan
from engine.learning.plan import plan as make_plan
from engine.learning.results.documents import Enrolment, PlanProposal
from engine.learning.results.explain import explain_proposal
from engine.learning.results.follow_up import FollowUpRules, baseline_of, follow_up
from engine.learning.results.ledger import collect
from engine.learning.results.reading import names_of
from engine.learning.results.replan import replan
from engine.learning.results.tables import read_table
from engine.learning.results.xapi import read_xapi
from engine.learning.situation import describe_situation

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from api.services.platform import Platform
    from engine.kernel.diagnostics import Lang
    from engine.kernel.documents import Shape
    from engine.learning.results.documents import Baseline

    S = TypeVar("S", bound=Shape)
else:
    S = TypeVar("S")

_REJECTED = 5


class Results(NamedTuple):
    """What was reported about learners, as the texts that other systems give: xAPI statements, CSV."""

    xapi: str = ""
    csv: str = ""


def draw_plan(  # noqa: PLR0913 - what is asked, and how it is told
    platform: Platform,
    role: str,
    scores: Mapping[str, Decimal],
    as_of: dt.datetime,
    lang: Lang,
    *,
    limits: Mapping[str, object],
    asked: Mapping[str, Any],
    seconds: Decimal,
    why: bool,
) -> dict[str, object]:
    """Make the exact plan for a role and scores, with what stood to choose where `why` is asked.

    `asked` are the other facts of `engine.learning.plan.plan`. Raises NotFoundError, DocumentError.
    """
    graph = platform.snapshot().content.graph(as_of)
    facts = {**asked, "limits": _read(PlanLimits, limits)}
    made = make_plan(graph, role, scores, **facts, seconds=seconds)
    told: dict[str, object] = {
        "plan": made.model_dump(mode="json"),
        "text": explain_plan(made, lang),
    }
    if why and made.proved:
        situation = describe_situation(graph, role, scores, **facts)
        choices = weigh_choices(situation, made, rejected=_REJECTED)
        told["choices"] = choices.model_dump(mode="json")
        told["why"] = explain_choices(choices, lang)
    return told


def plan_again(  # noqa: PLR0913, PLR0917 - what is known, and how it is told
    platform: Platform,
    of: str | Mapping[str, Any],
    enrolment: Mapping[str, Any],
    results: Results,
    limits: Mapping[str, object],
    as_of: dt.datetime,
    lang: Lang,
) -> dict[str, object]:
    """Propose a plan anew from what was learned; `of` is a recorded evaluation, a plan or a proposal.

    Raises NothingLikeItError, NotFoundError, DocumentError, EvaluationError.
    """
    content = platform.snapshot().content
    plan, number, baseline = _plan_of(platform, of)
    # A plan is followed by the catalog that it was made from, whatever is in force now.
    graph = content.graph(as_of, f"{plan.catalog.id}@{plan.catalog.version}")
    rules = FollowUpRules(
        content.rule_set("training-alerts", as_of),
        content.inference("training-escalation", as_of),
        content.rule_set("training-adaptation", as_of),
    )
    booked = _read(Enrolment, {"schema_version": "1", "kind": "enrolment", **enrolment})
    names = names_of(graph)
    ledger = collect(
        [
            *(read_xapi(results.xapi, names, "xapi") if results.xapi else ()),
            *(read_table(results.csv, names, "csv") if results.csv else ()),
        ]
    )
    followed = follow_up(graph, plan, booked, ledger, rules, as_of, baseline=baseline)
    kept = {k: v for k, v in plan.limits.model_dump(mode="json").items() if v is not None}
    proposal = replan(
        graph,
        plan,
        booked,
        followed,
        number=number + 1,
        limits=_read(PlanLimits, {**kept, **limits}),
    )
    return {
        "follow_up": followed.document.model_dump(mode="json"),
        "proposal": proposal.model_dump(mode="json"),
        "text": explain_proposal(proposal, lang),
    }


def _plan_of(platform: Platform, of: str | Mapping[str, Any]) -> tuple[LearningPlan, int, Baseline]:
    """Read a plan with its number and what it began from."""
    if isinstance(of, str):
        evaluation: Any = open_kept(platform, of).body.get("evaluation", {})
        profile = evaluation.get("profile", {}).get("competencies", ())
        plan = _read(LearningPlan, evaluation.get("plan"))
        scores = {gap.competency: gap.score for gap in plan.gaps}
        scores |= {one["id"]: Decimal(one["score"]) for one in profile if one["score"] is not None}
        return plan, 1, baseline_of(plan, scores)
    if of.get("kind") == "plan_proposal":
        proposal = _read(PlanProposal, of)
        return proposal.plan, proposal.number, proposal.baseline
    plan = _read(LearningPlan, of)
    return plan, 1, baseline_of(plan)


def _read(model: type[S], data: object) -> S:
    loaded, found = load_data(model, data)
    if loaded is None:
        raise DocumentError(found)
    return loaded.document
