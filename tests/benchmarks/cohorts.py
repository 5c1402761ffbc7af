"""How a cohort of 200 and of 1,000 hires is planned over 24 weeks, with 1.3 times the demand that there is supply."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections import Counter
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING, Any

from engine.kernel.documents import load_data
from engine.learning.cohort.documents import Cohort, CohortPlan, Waiting
from engine.learning.cohort.make import plan_cohort
from engine.learning.documents import Catalog
from engine.learning.plan import plan
from engine.learning.schedule.working_days import WorkingDays
from engine.learning.skill_graph import SkillGraph, compile_catalog
from tests.benchmarks.timing import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WEEKS = 24
START = dt.date(2026, 9, 7)
DEMAND = Decimal("1.3")
"""How much more is asked for, by each hire's own best plan, than there is in 24 weeks."""
ROLES, EACH = 3, 4


def catalog_data(slots: Mapping[str, int], seats: int) -> dict[str, Any]:
    """Give a catalog of three roles with four competencies each.

    A competency of two skills can be closed by a course and mentoring, by the course and a dated
    workshop, or by more hours alone; mentoring and workshops serve two neighbouring competencies.
    """
    nodes: list[dict[str, Any]] = []
    edges, targets, items = [], [], []
    for n in range(ROLES * EACH):
        nodes.append(_node(f"c{n}", "competency"))
        targets.append(
            {"role": f"role{n // EACH}", "competency": f"c{n}", "level": "80", "priority": "1"}
        )
        for part in "ab":
            nodes.append(_node(f"c{n}{part}", "skill"))
            edges.append({"type": "part_of", "from": f"c{n}{part}", "to": f"c{n}", "weight": "0.5"})
        near = n // EACH * EACH + (n + 1) % EACH
        items += _items(n, near)
    return {
        "schema_version": "1",
        "kind": "catalog",
        "id": "cohort-bench",
        "version": "1.0.0",
        "title": {"zh": "基准", "en": "bench"},
        "owner": "bench",
        "effective_from": "2026-01-01T00:00:00+08:00",
        "clause": "-",
        "currency": "CNY",
        "provenance": "human_set",
        "nodes": nodes,
        "edges": edges,
        "targets": targets,
        "resources": [
            {
                "id": f"pool{n}",
                "kind": "mentor_pool",
                "name": _text(f"pool{n}"),
                "members": [
                    {"person": f"m{n}", "slots_per_week": str(slots.get(f"pool{n}", 1000))}
                ],
            }
            for n in range(ROLES * 2)
        ],
        "items": [_seated(item, seats) for item in items],
    }


def _items(n: int, near: int) -> list[dict[str, Any]]:
    draw = random.Random(n)  # noqa: S311 - a fixed seed: the same catalog each time
    pool = f"pool{n // 2}"
    both = [f"c{n}a", f"c{n}b"]
    weeks = draw.choice([3, 4, 6])
    sessions = [
        {
            "date": (START + dt.timedelta(days=7 * w + 5)).isoformat(),
            "site": "Shanghai",
            "seats": "1",
        }
        for w in range(2 + n % 3, WEEKS, 5)
    ]
    return [
        _item(f"course{n}", "6", dict.fromkeys(both, "0.30")),
        _item(
            f"mentor{n}",
            str(weeks * 2),
            dict.fromkeys(both, "0.45") | {f"c{near}a": "0.25"},
            cadence={"every": "week", "times": str(weeks), "hours": "2"},
            mentors={"pool": pool},
            kind="mentoring",
        ),
        _item(
            f"shop{n}",
            "4",
            dict.fromkeys(both, "0.35") | {f"c{near}b": "0.35"},
            sessions=sessions,
            kind="workshop",
            requires={"all": [{"item": f"course{n}", "completion": "50"}]},
        ),
        _item(f"reader{n}", "40", dict.fromkeys(both, "0.50")),
    ]


def _seated(item: dict[str, Any], seats: int) -> dict[str, Any]:
    return {
        **item,
        **(
            {"sessions": [{**s, "seats": str(seats)} for s in item["sessions"]]}
            if "sessions" in item
            else {}
        ),
    }


def _text(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def _node(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": _text(name)}


def _item(name: str, hours: str, gains: Mapping[str, str], **keys: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML data
    return {
        "id": name,
        "code": name.upper(),
        "kind": "course",
        "name": _text(name),
        "modality": "online",
        "language": ["zh"],
        "hours": hours,
        "cost": "0",
        "teaches": [
            {"skill": skill, "gain": gain, "evidence": "expert", "prior_n": "8"}
            for skill, gain in gains.items()
        ],
        **keys,
    }


def _graph(slots: Mapping[str, int], seats: int) -> SkillGraph:
    loaded, found = load_data(Catalog, catalog_data(slots, seats))
    assert loaded is not None, found
    return compile_catalog(loaded)


def cohort_case(hires: int, seed: int = 7) -> tuple[SkillGraph, Cohort, dict[str, Waiting]]:
    """Draw hires of three roles with two or three weak competencies, and supply short by DEMAND."""
    draw = random.Random(seed)  # noqa: S311 - a fixed seed: the same people each time
    people = []
    for n in range(hires):
        role = draw.randrange(ROLES)
        weak = draw.sample(range(role * EACH, (role + 1) * EACH), draw.choice([2, 2, 3]))
        people.append(
            {
                "id": f"H-{n:04}",
                "role": f"role{role}",
                "scores": {f"c{c}": str(draw.randint(58, 74)) for c in weak},
                "arrival": (START + dt.timedelta(days=7 * draw.randrange(8))).isoformat(),
                "hours_a_week": draw.choice(["4", "6", "8"]),
                "priority": str(draw.randint(1, 5)),
            }
        )
    cohort = Cohort.model_validate({"schema_version": "1", "kind": "cohort", "hires": people})
    free = _graph({}, 1000)
    asked: Counter[str] = Counter()
    for hire in cohort.hires:
        for step in plan(free, hire.role, hire.scores).steps:
            source = free.items[step.item].mentors
            if source and step.cadence:
                asked[source.pool] += step.cadence.times
            elif free.items[step.item].sessions:
                asked["seats"] += 1
    slots = {pool: max(1, ceil(n / (DEMAND * WEEKS))) for pool, n in asked.items()}
    dates = sum(len(item.sessions) for item in free.items.values())
    seats = max(1, ceil(asked["seats"] / (DEMAND * dates)))
    waiting = {
        h.id: Waiting(weight=h.priority, weight_past_limit=h.priority, limit=WEEKS)
        for h in cohort.hires
    }
    return _graph(slots, seats), cohort, waiting


def planned(hires: int) -> tuple[CohortPlan, float]:
    """Plan one cohort; gives the plan and the seconds it took."""
    graph, cohort, waiting = cohort_case(hires)
    begun = time.perf_counter()
    made = plan_cohort(
        graph, cohort, waiting, start=START, weeks=WEEKS, worked=WorkingDays(), bottlenecks=0
    )
    return made, time.perf_counter() - begun


def cohort_figures() -> Iterator[Figure]:
    """Plan both cohorts."""
    taken = {}
    for hires in (200, 1_000):
        made, seconds = planned(hires)
        weeks = made.aims[1]
        taken[hires] = seconds
        yield Figure(f"cohort.{hires}.seconds", seconds, "s")
        yield Figure(f"cohort.{hires}.proven", float(made.proved), "")
        yield Figure(f"cohort.{hires}.gap_percent", float(max(aim.gap for aim in made.aims)), "%")
        gain = 1 - weeks.value / weeks.arrival_order
        yield Figure(f"cohort.{hires}.gain_over_greedy", gain, "", "arrival order")
    yield Figure("cohort.time_1000_vs_200", taken[1_000] / taken[200], "×")
