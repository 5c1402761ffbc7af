"""Plans under way for tests: learners on the shipped catalog, and random ones who failed one item."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from api.folder import default_folder, read_folder
from engine.content import Content, read_content
from engine.kernel.documents import load_data
from engine.learning.documents import Catalog
from engine.learning.plan import plan
from engine.learning.results.documents import Booking, Enrolment, LearningResult
from engine.learning.results.follow_up import FollowUpRules, follow_up
from engine.learning.results.ledger import collect
from engine.learning.results.replan import replan
from engine.learning.skill_graph import compile_catalog
from tests.benchmarks.catalogs import catalog_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.learning.documents import LearningPlan
    from engine.learning.results.documents import PlanProposal
    from engine.learning.results.follow_up import Followed
    from engine.learning.skill_graph import SkillGraph

NOW = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
LEARNER = "cand-7f3a91"
SALES = {"customer_orientation": 70, "negotiation": 70, "resilience": 85, "execution": 90}


@cache
def content() -> Content:
    return read_content(read_folder(default_folder()).files)


@cache
def rules() -> FollowUpRules:
    read = content()
    return FollowUpRules(
        read.rule_set("training-alerts", NOW),
        read.inference("training-escalation", NOW),
        read.rule_set("training-adaptation", NOW),
    )


@cache
def sales_plan() -> LearningPlan:
    scores = {competency: Decimal(score) for competency, score in SALES.items()}
    return plan(content().graph(NOW), "sales-rep-fmcg", scores)


def result(item: str, day: str, **figures: Any) -> LearningResult:  # noqa: ANN401 - figures of a result
    """One result of the learner, at ten in the morning of a day."""
    at = f"{day}T10:00:00+00:00"
    data = {"id": f"{item}@{day}", "learner": LEARNER, "item": item, "at": at, "source": "lms"}
    return LearningResult.model_validate({**data, **figures})


def booking(item: str, starts: str, due: str) -> Booking:
    return Booking.model_validate({"item": item, "starts": starts, "due": due})


def enrolment(*booked: Booking, **more: Any) -> Enrolment:  # noqa: ANN401 - keys of the document
    head = {"schema_version": "1", "kind": "enrolment", "learner": LEARNER}
    return Enrolment.model_validate({**head, "booked": booked, **more})


def followed(
    results: Iterable[LearningResult],
    enrolled: Enrolment | None = None,
    as_of: dt.datetime = NOW,
    **more: Any,  # noqa: ANN401 - options of `follow_up`
) -> Followed:
    """Follow the article's sales plan up."""
    ledger = collect(results)
    graph = content().graph(NOW)
    return follow_up(graph, sales_plan(), enrolled or enrolment(), ledger, rules(), as_of, **more)


# --- random learners -----------------------------------------------------------------------------

ITEMS, SKILLS = 200, 280


@cache
def random_graph(seed: int = 5) -> SkillGraph:
    """A synthetic catalog whose items can be failed, most with another that helps then."""
    data = catalog_data(ITEMS, SKILLS, seed)
    draw = np.random.default_rng(seed)
    teaching: dict[str, list[str]] = {}
    for item in data["items"]:
        for taught in item["teaches"]:
            teaching.setdefault(taught["skill"], []).append(item["id"])
    for item in data["items"]:
        item["pass"] = {"completion": ">= 80", "exam": ">= 70"}
        others = [o for o in teaching[item["teaches"][0]["skill"]] if o != item["id"]]
        if others and draw.random() < 0.7:
            item["on_fail"] = [others[draw.integers(len(others))]]
    loaded, found = load_data(Catalog, data)
    assert loaded is not None, found
    return compile_catalog(loaded)


@dataclass(frozen=True, slots=True)
class Case:
    """A random learner who passed some items of a plan that is booked whole, and failed the next."""

    plan: LearningPlan
    enrolment: Enrolment
    followed: Followed
    proposal: PlanProposal
    free: PlanProposal

    def equal_gap(self) -> bool:
        """Whether the plan that keeps what is booked leaves no more open than the one that is free."""
        kept, free = (
            [(gap.competency, [(s.skill, s.after) for s in gap.short]) for gap in made.plan.gaps]
            for made in (self.proposal, self.free)
        )
        return kept == free

    def free_changes(self) -> int:
        """Count the booked items that the free plan would have dropped."""
        there = {step.item for step in self.free.plan.steps}
        ahead = {one.item for one in (*self.proposal.kept, *self.proposal.dropped) if one.booked}
        return len(ahead - there)


def random_case(seed: int) -> Case | None:
    """Make a learner and plan anew for them, with what is booked and freely; None without a plan to fail in."""
    draw = np.random.default_rng(seed)
    graph = random_graph()
    roles = sorted(graph.targets)
    role = roles[draw.integers(len(roles))]
    order = draw.permutation(len(graph.targets[role]))[: draw.integers(2, 5)]
    asked = [graph.targets[role][n].competency for n in order]
    scores = {competency: Decimal(int(draw.integers(55, 76))) for competency in asked}
    made = plan(graph, role, scores)
    if len(made.steps) < 2:
        return None
    at = int(draw.integers(len(made.steps) - 1))
    results = [
        result(step.item, "2026-08-01", completion=100, exam=int(draw.integers(78, 93)))
        for step in made.steps[:at]
    ]
    results.append(
        result(made.steps[at].item, "2026-08-20", completion=90, exam=int(draw.integers(55, 70)))
    )
    booked = [booking(step.item, "2026-07-01", "2026-08-25") for step in made.steps[: at + 1]]
    booked += [booking(step.item, "2026-10-01", "2026-11-01") for step in made.steps[at + 1 :]]
    enrolled = enrolment(*booked)
    known = follow_up(graph, made, enrolled, collect(results), rules(), NOW)
    proposal = replan(graph, made, enrolled, known)
    free = replan(graph, made, enrolment(), known)
    return Case(made, enrolled, known, proposal, free)
