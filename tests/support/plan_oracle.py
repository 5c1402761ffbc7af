"""A second solver's word on plans, in a process of its own: `python plan_oracle.py` answers line by line.

It reads what the author wrote and nothing of the engine, models it for CP-SAT in another way (order
and weeks are variables, not cuts) and says of an answer whether it may be taken, what it is worth,
and which set is better. Levels are logarithms of twelve places here: no case may hang on less.
"""

from __future__ import annotations

import json
import math
import sys
from fractions import Fraction
from typing import Any

from ortools.sat.python import cp_model

FINE = 10**12
TOLERANCE = 1000
SECONDS = 120


def fine(ratio: Fraction) -> int:
    return round(FINE * (math.log(ratio.numerator) - math.log(ratio.denominator)))


class Oracle:
    """One case as a model; every list of terms is over the items that are not owned."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case, data = case, case["data"]
        self.all = {each["id"]: each for each in data["items"]}
        self.owned = set().union(*(self.same(i) for i in case["passed"]))
        self.items = {i: each for i, each in self.all.items() if i not in self.owned}
        self.below: dict[str, list[tuple[str, Fraction]]] = {}
        for edge in data["edges"]:
            self.below.setdefault(edge["to"], []).append((edge["from"], Fraction(edge["weight"])))
        self.start = {
            skill: Fraction(score)
            for competency, score in case["scores"].items()
            for skill, _ in self.below[competency]
        }
        self.teaching: dict[str, list[tuple[str, Fraction, Fraction]]] = {}
        for i, each in self.items.items():
            for t in each["teaches"]:
                gain = 1 - Fraction(t["gain"]), Fraction(t.get("max_level", 100))
                self.teaching.setdefault(t["skill"], []).append((i, *gain))
        self.model = m = cp_model.CpModel()
        self.weeks = case["limits"].get("weeks")
        self.x = {i: m.new_bool_var(i) for i in self.items}
        self.rank = {i: m.new_int_var(0, len(self.items), i) for i in self.items}
        self.time = {i: m.new_int_var(0, 2000, i) for i in self.items}
        for i in self.items:
            self.needs(i)
            m.add(sum(self.x[o] for o in self.same(i) if o in self.x) <= 1)
            if self.weeks is not None:
                most = 2 * int(self.weeks)
                m.add(self.time[i] + self.length(i) <= most).only_enforce_if(self.x[i])
        for rule in data["mandatory"]:
            if rule["item"] not in self.owned:
                m.add_bool_or(self.x[i] for i in self.same(rule["item"]))
        self.values = [*self.unmet(), *self.wishes()]

    def same(self, i: str) -> set[str]:
        variant = self.all[i].get("variant")
        return {
            o for o in self.all if o == i or (variant and self.all[o].get("variant") == variant)
        }

    def length(self, i: str) -> int:
        """Half weeks: nothing here is finer."""
        return 2 * int(self.all[i].get("cadence", {}).get("times", 0))

    def needs(self, i: str) -> None:
        requires = self.items[i].get("requires", {})
        groups = [[need] for need in requires.get("all", [])]
        groups += [requires["any"]] if requires.get("any") else []
        for group in groups:
            ways = [way for need in group for way in self.ways(i, need)]
            if not any(way is True for way in ways):
                self.model.add_bool_or(ways).only_enforce_if(self.x[i])

    def ways(self, i: str, need: dict[str, str]) -> list[Any]:
        """Give literals, one of which must hold; True where it holds already."""
        if "item" in need:
            if self.same(need["item"]) & self.owned:
                return [True]
            half = "completion" in need
            return [self.before(o, i, half=half) for o in sorted(self.same(need["item"])) if o != i]
        skill, level = need["skill"], Fraction(need["level"])
        if skill not in self.start or self.start[skill] >= level:
            return [True]
        reached = self.model.new_bool_var("")
        arcs = {o: self.before(o, i, half=False) for o, *_ in self.gains(skill) if o != i}
        for floor in self.floors(skill, level):
            terms = [
                fine(1 / left) * arcs[o]
                for o, left, top in self.gains(skill)
                if top > floor and o != i
            ]
            least = fine((100 - floor) / (100 - level)) - TOLERANCE
            self.model.add(sum(terms) >= least).only_enforce_if(reached)
        return [reached]

    def before(self, first: str, then: str, *, half: bool) -> Any:  # noqa: ANN401 - a literal of CP-SAT
        arc, m = self.model.new_bool_var(""), self.model
        m.add_implication(arc, self.x[first])
        m.add(self.rank[first] + 1 <= self.rank[then]).only_enforce_if(arc)
        length = self.length(first) // 2 if half else self.length(first)
        m.add(self.time[first] + length <= self.time[then]).only_enforce_if(arc)
        return arc

    def gains(self, skill: str) -> list[tuple[str, Fraction, Fraction]]:
        return [gain for gain in self.teaching.get(skill, []) if gain[2] > self.start[skill]]

    def floors(self, skill: str, level: Fraction) -> set[Fraction]:
        start = self.start[skill]
        return {start} | {top for _, _, top in self.gains(skill) if top < level}

    def unmet(self) -> list[Any]:
        """Give the weighted shortfall of each priority, in ten-thousandths of milli-nats."""
        found: dict[str, list[Any]] = {}
        for target in self.case["data"]["targets"]:
            competency, goal = target["competency"], Fraction(target["level"])
            if competency not in self.case["scores"]:
                continue
            if Fraction(self.case["scores"][competency]) >= goal:
                continue
            for skill, weight in self.below[competency]:
                terms = found.setdefault(target["priority"], [])
                terms.append(int(weight * 10_000) * self.short(skill, goal))
        return [sum(found[priority]) for priority in sorted(found)]

    def short(self, skill: str, goal: Fraction) -> Any:  # noqa: ANN401 - a variable of CP-SAT
        m = self.model
        short, reached = m.new_int_var(0, 10**6, ""), m.new_bool_var("")
        m.add(short >= 1).only_enforce_if(~reached)
        for floor in self.floors(skill, goal):
            gains = [(o, left) for o, left, top in self.gains(skill) if top > floor]
            ratio = (100 - floor) / (100 - goal)
            way = math.floor(1000 * math.log(ratio))
            m.add(short >= way - sum(math.ceil(-1000 * math.log(g)) * self.x[o] for o, g in gains))
            closed = sum(fine(1 / left) * self.x[o] for o, left in gains)
            m.add(closed >= fine(ratio) - TOLERANCE).only_enforce_if(reached)
        return short

    def wishes(self) -> list[Any]:
        m, limits, x = self.model, self.case["limits"], self.x
        hours = sum(int(Fraction(self.items[i]["hours"]) * 100) * x[i] for i in x)
        cost = sum(int(Fraction(self.items[i]["cost"]) * 100) * x[i] for i in x)
        for bundle in self.case["data"]["bundles"]:
            left = [i for i in bundle["items"] if i in x]
            if "together" in bundle:
                for i in left:
                    m.add(x[i] == x[left[0]])
            if "cost" in bundle and left:
                alone = sum(Fraction(self.items[i]["cost"]) for i in left)
                whole = m.new_bool_var("")
                m.add_bool_and(x[i] for i in left).only_enforce_if(whole)
                cost -= max(0, int((alone - Fraction(bundle["cost"])) * 100)) * whole
        if "budget" in limits:
            m.add(cost <= int(Fraction(limits["budget"]) * 100))
        if "hours_a_week" in limits and "weeks" in limits:
            m.add(hours <= int(Fraction(limits["hours_a_week"]) * 100) * int(limits["weeks"]))
        booked = -sum(x[i] for i in self.case["booked"] if i in x)
        disliked = [x[i] for i in x if self.items[i]["modality"] != "offline"]
        wished = sum(disliked) if self.case["preference"] else 0
        return [hours, cost, booked, wished, sum(x.values())]

    # --- what is asked ---------------------------------------------------------------------------

    def solve(self) -> tuple[str, cp_model.CpSolver]:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = SECONDS
        solver.parameters.num_workers = 1
        return solver.status_name(solver.solve(self.model)), solver

    def best_worth(self, chosen: list[str]) -> list[int] | None:
        """Give what a set is worth, None if it may not be taken."""
        kept = self.model.clone()
        for i, taken in self.x.items():
            self.model.add(taken == (i in chosen))
        worth: list[int] = []
        for value in self.values:
            self.model.minimize(value)
            status, solver = self.solve()
            if status != "OPTIMAL":
                return None
            worth.append(round(solver.objective_value))
            self.model.add(value <= worth[-1])
        self.model = kept
        return worth

    def better(self, chosen: list[str], worth: list[int]) -> str:
        """Say whether some set is better: less of one value and no more of those before, or first by ids."""
        m, less = self.model, []
        same = m.new_constant(1)
        for value, most in zip(self.values, worth, strict=True):
            here, same_too = m.new_bool_var(""), m.new_bool_var("")
            m.add_implication(here, same)
            m.add_implication(same_too, same)
            m.add(value <= most - 1).only_enforce_if(here)
            m.add(value <= most).only_enforce_if(same_too)
            less.append(here)
            same = same_too
        for i in sorted(self.x):
            same_too = m.new_bool_var("")
            m.add_implication(same_too, same)
            if i in chosen:
                m.add_implication(same_too, self.x[i])
            else:
                first = m.new_bool_var("")
                m.add_implication(first, same)
                m.add_implication(first, self.x[i])
                m.add_implication(same_too, ~self.x[i])
                less.append(first)
            same = same_too
        m.add_bool_or(less)
        return self.solve()[0]


def answer(case: dict[str, Any]) -> dict[str, Any]:
    oracle = Oracle(case)
    if case["answer"] is None:
        return {"worth": None, "better": oracle.solve()[0]}
    worth = oracle.best_worth(case["answer"])
    if worth is None:
        return {"worth": None, "better": "the answer may not be taken"}
    return {"worth": worth, "better": Oracle(case).better(case["answer"], worth)}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
