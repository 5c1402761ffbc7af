"""On tiny random cohorts the plan equals the best of every way that every hire could go, tried one by one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning.cohort.documents import Cohort, CohortPlan, Waiting
from engine.learning.cohort.make import plan_cohort
from engine.learning.schedule.working_days import WorkingDays
from tests.support.catalogs import item, node, part, small_graph, target, teaches

if TYPE_CHECKING:
    from collections.abc import Iterator

MONDAY = dt.date(2026, 11, 30)
SKILLS = {"talk": "listen", "lead": "brief"}
Outcome = tuple[int, int, tuple[tuple[str, int], ...]]
"""Weighted gaps left open, weighted weeks, and the slots that are taken."""


@st.composite
def items(draw: st.DrawFn) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for n in range(draw(st.integers(2, 4))):
        skills = draw(st.lists(st.sampled_from(["listen", "brief"]), min_size=1, unique=True))
        taught = [teaches(s, draw(st.sampled_from(["0.2", "0.35", "0.5"]))) for s in skills]
        # No two sets of items have the same hours, so that it is certain which one is kept.
        hours = Decimal(draw(st.sampled_from([2, 4, 6]))) + Decimal(2**n) / 100
        keys: dict[str, Any] = {"hours": str(hours)}
        kind = draw(st.sampled_from(["alone", "mentored", "mentored", "session"]))
        if kind == "mentored":
            times = draw(st.integers(1, 2))
            keys |= {
                "cadence": {"every": "week", "times": str(times), "hours": "2"},
                "hours": str(2 * times),
                "mentors": {"pool": "few"},
            }
        elif kind == "session":
            weeks = draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True))
            keys["sessions"] = [
                {
                    "date": (MONDAY + dt.timedelta(days=7 * w + 2)).isoformat(),
                    "site": draw(st.sampled_from(["Here", "There"])),
                    "seats": "1",
                }
                for w in weeks
            ]
        if n and draw(st.integers(0, 2)) == 0:
            keys["requires"] = {"all": [{"item": f"i{draw(st.integers(0, n - 1))}"}]}
        if draw(st.integers(0, 4)) == 0:
            keys["language"] = ["en"]
        made.append(item(f"i{n}", *taught, **keys))
    return made


HIRES = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.just("seller"),
            "scores": st.dictionaries(
                st.sampled_from(list(SKILLS)), st.sampled_from(["60", "72", "85"]), min_size=1
            ),
            "arrival": st.sampled_from(["2026-11-30", "2026-12-07"]),
            "hours_a_week": st.sampled_from(["2", "4"]),
            "languages": st.sampled_from([["zh"], ["zh", "en"]]),
            "site": st.sampled_from([None, "Here"]),
        }
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(items(), HIRES, st.integers(2, 4), st.lists(st.integers(1, 3), min_size=3, max_size=3))
def test_a_cohort_is_the_best_of_all_ways(
    made: list[dict[str, Any]], people: list[dict[str, Any]], weeks: int, weights: list[int]
) -> None:
    mentors = [{"person": "m", "slots_per_week": "1"}]
    name = {"zh": "few", "en": "few"}
    graph = small_graph(
        nodes=[
            node("talk", "competency"),
            node("listen"),
            node("lead", "competency"),
            node("brief"),
        ],
        edges=[part("listen", "talk"), part("brief", "lead")],
        targets=[target("talk"), target("lead")],
        items=made,
        resources=[{"id": "few", "kind": "mentor_pool", "name": name, "members": mentors}],
    )
    data = [{"id": f"h{n}", **each} for n, each in enumerate(people)]
    cohort = Cohort.model_validate({"schema_version": "1", "kind": "cohort", "hires": data})
    waiting = {
        hire.id: Waiting(weight=weights[n], weight_past_limit=weights[n], limit=9)
        for n, hire in enumerate(cohort.hires)
    }
    found = plan_cohort(
        graph, cohort, waiting, start=MONDAY, weeks=weeks, worked=WorkingDays(), bottlenecks=1
    )
    assert found.proved
    ways = [
        set(_outcomes(each, {i["id"]: i for i in made}, weeks, waiting[each["id"]].weight))
        for each in data
    ]
    best = min(_together(ways), default=None)
    assert best is not None
    assert tuple(aim.value for aim in found.aims) == best
    assert all(aim.value <= aim.arrival_order or aim.aim == "weeks" for aim in found.aims)
    _within_supply(found)
    _days_are_those_of_the_weeks(found, cohort)


def _within_supply(found: CohortPlan) -> None:
    seats: Counter[object] = Counter()
    for hire in found.hires:
        seats.update((i.item, i.session) for i in hire.items if i.session)
    assert all(count == 1 for count in seats.values())
    assert all(week.taken <= week.slots for week in found.pools)


def _days_are_those_of_the_weeks(found: CohortPlan, cohort: Cohort) -> None:
    for hire, plan in zip(cohort.hires, found.hires, strict=True):
        hours: Counter[int] = Counter()
        for each in plan.items:
            weeks = [(m.date - MONDAY).days // 7 + 1 for m in each.meetings]
            assert weeks
            assert each.first_week <= min(weeks)
            assert max(weeks) <= each.last_week
            assert sum(m.hours for m in each.meetings) == each.hours
            assert all(m.date >= hire.arrival for m in each.meetings)
            for week, meeting in zip(weeks, each.meetings, strict=True):
                hours[week] += int(meeting.hours * 100)
        assert all(units <= hire.hours_a_week * 100 for units in hours.values())


def _together(ways: list[set[Outcome]]) -> Iterator[tuple[int, int]]:
    """Give what every combination costs that takes no slot twice: each pool and session has one."""
    for chosen in product(*ways):
        slots = Counter(slot for _, _, taken in chosen for slot in taken)
        if not slots or max(slots.values()) == 1:
            yield sum(w[0] for w in chosen), sum(w[1] for w in chosen)


# --- one hire, by the author's data alone ---------------------------------------------------------


def _outcomes(
    hire: dict[str, Any], known: dict[str, dict[str, Any]], weeks: int, weight: int
) -> Iterator[Outcome]:
    arrival = (dt.date.fromisoformat(hire["arrival"]) - MONDAY).days // 7
    usable = [i for i, each in known.items() if set(each["language"]) & set(hire["languages"])]
    gaps = {c: Fraction(s) for c, s in hire["scores"].items() if Fraction(s) < 80}
    # What no set of items closes counts for nothing, whoever waits.
    sets = [
        chosen
        for size in range(len(usable) + 1)
        for chosen in combinations(usable, size)
        if all(need in chosen for i in chosen for need in _needs(known[i]))
    ]
    dated = {i: [*_dates(known[i], hire, arrival, 52)] for i in known if "sessions" in known[i]}
    reach = [s for s in sets if all(dated[i] for i in s if i in dated)]
    gaps = {c: s for c, s in gaps.items() if any(_closes(c, s, chosen, known) for chosen in reach)}
    for chosen in _kept(sets, gaps, known):
        shared = [i for i in chosen if "sessions" in known[i] or "cadence" in known[i]]
        starts = [
            [*_dates(known[i], hire, arrival, weeks)]
            if "sessions" in known[i]
            else [(w, int(known[i]["cadence"]["times"])) for w in range(arrival, weeks)]
            for i in shared
        ]
        for at in product(*starts):
            begin = {i: week for i, (week, _) in zip(shared, at, strict=True)}
            end = {i: week + times - 1 for i, (week, times) in zip(shared, at, strict=True)}
            for order in permutations([i for i in chosen if i not in shared]):
                ends = _filled(
                    order, known, begin, end, (arrival, weeks, 100 * int(hire["hours_a_week"]))
                )
                if ends is not None:
                    yield _cost(gaps, known, begin, ends, (arrival, weeks, weight))


def _kept(
    sets: list[tuple[str, ...]], gaps: dict[str, Fraction], known: dict[str, dict[str, Any]]
) -> list[tuple[str, ...]]:
    """Leave out sets with something that no gap needs; of those that share the same, keep the shortest."""
    closed = {s: {c for c, score in gaps.items() if _closes(c, score, s, known)} for s in sets}
    least = [s for s in sets if not any(set(t) < set(s) and closed[s] <= closed[t] for t in sets)]
    best: dict[object, tuple[str, ...]] = {}
    for s in sorted(least, key=lambda s: sum(Decimal(known[i]["hours"]) for i in s)):
        shared = frozenset(i for i in s if known[i].keys() & {"sessions", "mentors"})
        best.setdefault((shared, frozenset(closed[s])), s)
    return list(best.values())


def _needs(each: dict[str, Any]) -> list[str]:
    return [need["item"] for need in each.get("requires", {}).get("all", [])]


def _dates(
    each: dict[str, Any], hire: dict[str, Any], arrival: int, weeks: int
) -> Iterator[tuple[int, int]]:
    for session in each["sessions"]:
        week = (dt.date.fromisoformat(session["date"]) - MONDAY).days // 7
        if arrival <= week < weeks and hire["site"] in {None, session["site"]}:
            yield week, 1


def _units(each: dict[str, Any]) -> int:
    return int(Decimal(each["hours"]) * 100)


def _filled(
    order: tuple[str, ...],
    known: dict[str, dict[str, Any]],
    begin: dict[str, int],
    end: dict[str, int],
    frame: tuple[int, int, int],
) -> dict[str, int] | None:
    """Give the last week of everything, or None where something is too early, too much or too late."""
    arrival, weeks, limit = frame
    left = [0 if w < arrival else limit for w in range(weeks)]
    ends = dict(end)
    for i, first in begin.items():
        hours = 200 if "cadence" in known[i] else _units(known[i])
        for week in range(first, end[i] + 1):
            if week >= weeks or left[week] < hours:
                return None
            left[week] -= hours
    for i in order:
        if any(need not in ends for need in _needs(known[i])):
            return None
        ready = max((ends[n] + (n in begin) for n in _needs(known[i])), default=arrival)
        hours = _units(known[i])
        for week in range(ready, weeks):
            taken = min(hours, left[week])
            left[week] -= taken
            hours -= taken
            if not hours:
                ends[i] = week
                break
        if i not in ends:
            return None
    if any(ends[need] >= first for i, first in begin.items() for need in _needs(known[i])):
        return None
    return ends


def _closes(
    competency: str, score: Fraction, chosen: tuple[str, ...], known: dict[str, dict[str, Any]]
) -> bool:
    left = 100 - score
    for i in chosen:
        for taught in known[i]["teaches"]:
            if taught["skill"] == SKILLS[competency]:
                left *= 1 - Fraction(Decimal(taught["gain"]))
    return 100 - left >= 80


def _cost(
    gaps: dict[str, Fraction],
    known: dict[str, dict[str, Any]],
    begin: dict[str, int],
    ends: dict[str, int],
    frame: tuple[int, int, int],
) -> Outcome:
    arrival, weeks, weight = frame
    unmet = total = 0
    for competency, score in gaps.items():
        closing = [
            week
            for week in range(weeks)
            if _closes(competency, score, tuple(i for i in ends if ends[i] <= week), known)
        ]
        unmet += weight * (not closing)
        total += weight * (min(closing, default=weeks) + 1 - arrival)
    slots = [
        ("few", week)
        for i in begin
        if "cadence" in known[i]
        for week in range(begin[i], ends[i] + 1)
    ]
    slots += [(i, begin[i]) for i in begin if "sessions" in known[i]]
    return unmet, total, tuple(sorted(slots))
