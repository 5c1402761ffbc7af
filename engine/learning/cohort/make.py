"""The plan of a cohort: options from the single planner, one master over all hires, answered whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from engine.kernel.canonical import canonical_json, content_hash
from engine.kernel.diagnostics import Code, Phrase
from engine.kernel.errors import DocumentError
from engine.learning.cohort.arrival import in_arrival_order
from engine.learning.cohort.bottlenecks import find_bottlenecks, pool_weeks
from engine.learning.cohort.days import Laid, days_of
from engine.learning.cohort.documents import CohortPlan, HireGap, HirePlan, PlacedItem, Reached
from engine.learning.cohort.groups import AIMS, NEVER, Group, make_group
from engine.learning.cohort.master import Master
from engine.learning.cohort.options import ItemSet, OptionMaker
from engine.learning.cohort.placements import Supply
from engine.learning.documents import PlanLimits
from engine.learning.schedule.make import check_day
from engine.learning.schedule.working_days import DAY, UNITS, WorkingDays, monday_of
from engine.learning.situation import describe_situation

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from engine.learning.cohort.documents import Aim, Cohort, Hire, RulesUsed, Waiting
    from engine.learning.cohort.groups import Choice
    from engine.learning.cohort.master import Answer
    from engine.learning.cohort.placements import Ways
    from engine.learning.documents import Gap, LearningItem
    from engine.learning.planner.problem import Situation
    from engine.learning.skill_graph import SkillGraph

HIRE_TWICE = Code(
    "COHORT-INPUT-001",
    "the hire `{id}` stands twice in the cohort",
    "入职者 `{id}` 在名单中出现两次",
    "keep one",
    "请保留一个",
)
NO_HIRES = Code(
    "COHORT-INPUT-002",
    "the cohort has no hires",
    "名单中没有入职者",
    "give at least one",
    "请至少给出一人",
)
TOO_MANY = Code(
    "COHORT-INPUT-003",
    "the cohort has {count} hires; it may have {most}",
    "名单有 {count} 人；最多 {most} 人",
    "plan it in parts",
    "请分批规划",
)
WEEKS_RANGE = Code(
    "COHORT-INPUT-004",
    "{count} weeks are asked for; it may be 1 to {most}",
    "要求 {count} 周；应为 1 到 {most} 周",
    "give the weeks to plan for",
    "请给出要规划的周数",
)
ABOUT_HIRE = Code(
    "COHORT-INPUT-005",
    "of the hire `{id}`: {problem}",
    "入职者 `{id}`：{problem}",
    "correct this hire",
    "请更正该入职者",
)

MOST_HIRES, MOST_WEEKS = 5_000, 52
_AIMS: tuple[Aim, ...] = ("unmet", "weeks")


@dataclass(frozen=True, slots=True)
class Progress:
    """What a long calculation asks and tells: how much time is left, and what it is at."""

    told: Callable[[str], None] = lambda _: None
    seconds_left: Callable[[], float] | None = None


@dataclass(slots=True)
class _Case:
    """The cohort as it is worked on."""

    graph: SkillGraph
    cohort: Cohort
    waiting: Mapping[str, Waiting]
    supply: Supply
    first: dt.date
    groups: list[Group]
    dated: tuple[LearningItem, ...]
    gaps: dict[int, tuple[Gap, ...]]
    options: int = 0
    left_out: int = 0


def plan_cohort(  # noqa: PLR0913 - each is a fact about the weeks that stands by itself
    graph: SkillGraph,
    cohort: Cohort,
    waiting: Mapping[str, Waiting],
    *,
    start: dt.date,
    weeks: int,
    worked: WorkingDays,
    rules: RulesUsed | None = None,
    bottlenecks: int = 3,
    progress: Progress | None = None,
) -> CohortPlan:
    """Plan all hires over `weeks` weeks from the week of `start`, sharing mentors and seats.

    Least first: unmet gaps, then weeks to target, each weighted by what `waiting` says of the
    hire. Equal hires are served by arrival, then id.
    Raises DocumentError for a cohort that makes no sense.
    """
    progress = progress or Progress()
    _check(cohort, start, weeks)
    monday = monday_of(start)
    supply = Supply(graph.items, graph.pools, monday, weeks, worked)
    dated = tuple(item for item in graph.items.values() if item.sessions)
    case = _Case(graph, cohort, waiting, supply, start, [], dated, {})
    _gather(case, progress)
    master = Master(case.groups, supply.capacity, progress.seconds_left, progress.told)
    order = _arrivals(case)
    first = in_arrival_order(master, order)
    answer = master.solve(first)
    served = _served(case, answer)
    arrived = [_value(master, first, aim) for aim in range(AIMS)]
    aims = tuple(_reached(aim, answer, n, arrived[n]) for n, aim in enumerate(_AIMS))
    return CohortPlan(
        schema_version="1",
        kind="cohort_plan",
        catalog=graph.used,
        rules=rules,
        cohort=content_hash(canonical_json(cohort.model_dump(mode="json"))),
        start=monday,
        weeks=weeks,
        proved=all(aim.proved for aim in aims),
        aims=aims,
        hires=tuple(
            _hire_plan(case, number, *served[number]) for number in range(len(cohort.hires))
        ),
        pools=tuple(pool_weeks(supply, answer)),
        bottlenecks=tuple(find_bottlenecks(graph, supply, master, answer, bottlenecks)),
        options=case.options,
        options_left_out=case.left_out,
    )


def _check(cohort: Cohort, start: dt.date, weeks: int) -> None:
    found = list(check_day(start))
    if not cohort.hires:
        found.append(NO_HIRES.at(None))
    if len(cohort.hires) > MOST_HIRES:
        found.append(TOO_MANY.at(None, count=len(cohort.hires), most=MOST_HIRES))
    if not 1 <= weeks <= MOST_WEEKS:
        found.append(WEEKS_RANGE.at(None, count=weeks, most=MOST_WEEKS))
    counted = Counter(hire.id for hire in cohort.hires)
    found += [HIRE_TWICE.at(None, id=id_) for id_, times in counted.items() if times > 1]
    if found:
        raise DocumentError(found)


# --- groups ---------------------------------------------------------------------------------------


def _gather(case: _Case, progress: Progress) -> None:
    """Put equal hires together and find the ways of each group."""
    alike: dict[object, list[int]] = {}
    situations: dict[int, Situation] = {}
    for number in sorted(range(len(case.cohort.hires)), key=lambda n: _turn(case.cohort.hires[n])):
        hire = case.cohort.hires[number]
        situations[number] = _situation(case, hire)
        case.gaps[number] = situations[number].gaps
        said = case.waiting[hire.id]
        key = (_likeness(case, hire), said.weight, said.weight_past_limit, said.limit)
        alike.setdefault(key, []).append(number)
    maker = OptionMaker(case.graph)
    for done, numbers in enumerate(alike.values()):
        progress.told(f"options 方案 · {done + 1}/{len(alike)}")
        hire = case.cohort.hires[numbers[0]]
        said = case.waiting[hire.id]
        sets, dropped = maker.options(situations[numbers[0]])
        found = []
        for items in sets:
            ways = case.supply.ways(
                items.steps, _from(case, hire), int(hire.hours_a_week * UNITS), hire.site
            )
            dropped += not ways.whole
            found.append((items, ways))
        case.left_out += dropped * len(numbers)
        if not any(len(ways.ends) for _, ways in found):
            found.append(_nothing(case, situations[numbers[0]], hire))
        case.options += len(found) * len(numbers)
        case.groups.append(
            make_group(
                numbers,
                case.supply.week_of(_from(case, hire)),
                weeks=case.supply.weeks,
                waiting=said,
                found=found,
            )
        )


def _turn(hire: Hire) -> tuple[dt.date, str]:
    """Give the documented order in which equal hires are served: arrival, then id."""
    return hire.arrival, hire.id


def _from(case: _Case, hire: Hire) -> dt.date:
    return min(max(hire.arrival, case.first), case.supply.until + DAY)


def _likeness(case: _Case, hire: Hire) -> object:
    """Give all of a hire that decides what is planned; two with the same are equal."""
    own = hire.model_dump(exclude={"id", "arrival", "priority", "weeks_waited", "probation_ends"})
    return _from(case, hire), canonical_json({k: str(v) for k, v in own.items()})


def _situation(case: _Case, hire: Hire) -> Situation:
    """Describe a hire to the planner; sessions out of reach are ruled out with their items."""
    out = {
        item.id
        for item in case.dated
        if not any(_attends(case, hire, s.site, s.date) for s in item.sessions)
    }
    try:
        situation = describe_situation(
            case.graph,
            hire.role,
            hire.scores,
            limits=PlanLimits(budget=hire.budget, languages=hire.languages),
            passed=hire.passed,
        )
    except DocumentError as error:
        raise DocumentError(
            [
                ABOUT_HIRE.at(None, id=hire.id, problem=Phrase(d.message("en"), d.message("zh")))
                for d in error.diagnostics
            ]
        ) from None
    return replace(situation, excluded=frozenset(out - set(situation.mandatory)))


def _attends(case: _Case, hire: Hire, site: str, day: dt.date) -> bool:
    return _from(case, hire) <= day and hire.site in {None, site}


def _nothing(case: _Case, situation: Situation, hire: Hire) -> tuple[ItemSet, Ways]:
    """Give the way of a hire for whom not even what is mandatory has a place."""
    items = ItemSet((), tuple(() for _ in situation.gaps), Decimal(0), Decimal(0))
    return items, case.supply.ways((), _from(case, hire), int(hire.hours_a_week * UNITS), hire.site)


def _arrivals(case: _Case) -> list[int]:
    """List the group of each hire in the order of arrival, then id."""
    group_of = {number: at for at, group in enumerate(case.groups) for number in group.hires}
    hires = case.cohort.hires
    return [group_of[number] for number in sorted(group_of, key=lambda n: _turn(hires[n]))]


# --- the answer -----------------------------------------------------------------------------------


def _value(master: Master, taken: Counter[int], aim: int) -> int:
    return sum(master.columns[at].costs[aim] * times for at, times in taken.items())


def _reached(aim: Aim, answer: Answer, number: int, arrived: int) -> Reached:
    value, bound = answer.aims[number].value, answer.aims[number].bound
    gap = Decimal(0)
    if value > bound:
        share = Decimal(100) * (value - bound) / value
        gap = share.quantize(Decimal("0.01"), ROUND_CEILING)
    return Reached(
        aim=aim, value=value, bound=bound, gap=gap, proved=value == bound, arrival_order=arrived
    )


def _served(case: _Case, answer: Answer) -> dict[int, tuple[Group, Choice, int]]:
    """Give each hire a column of the group: the earliest ones to those whose turn is first."""
    served: dict[int, tuple[Group, Choice, int]] = {}
    for at, group in enumerate(case.groups):
        own = [(column, n) for column, n in answer.taken if column.group == at]
        own.sort(key=lambda taken: (taken[0].costs, taken[0].choice, taken[0].way))
        ways = [column for column, times in own for _ in range(times)]
        for number, column in zip(group.hires, ways, strict=True):
            served[number] = group, group.choices[column.choice], column.way
    return served


def _hire_plan(case: _Case, number: int, group: Group, choice: Choice, way: int) -> HirePlan:
    hire = case.cohort.hires[number]
    said = case.waiting[hire.id]
    closed = [int(week) for week in choice.closed[:, way]]
    return HirePlan(
        hire=hire.id,
        role=hire.role,
        arrival_week=group.arrival + 1,
        waiting=said,
        gaps=tuple(
            _gap(gap, group, n, closed[n], said.limit) for n, gap in enumerate(case.gaps[number])
        ),
        items=tuple(
            sorted(_items(case, hire, choice, way), key=lambda i: (i.first_week, i.last_week))
        ),
        alike=tuple(case.cohort.hires[n].id for n in group.hires) if len(group.hires) > 1 else (),
    )


def _gap(gap: Gap, group: Group, number: int, closed: int, limit: int) -> HireGap:
    alone, met = group.alone[number], closed != NEVER
    return HireGap(
        competency=gap.competency,
        name=gap.name,
        week=closed + 1 if met else None,
        alone=alone + 1 if alone != NEVER else None,
        waits=max(0, closed - alone) if met and alone != NEVER else None,
        overdue=met and closed - alone > limit,
        reachable=group.reachable[number],
    )


def _items(case: _Case, hire: Hire, choice: Choice, way: int) -> Iterator[PlacedItem]:
    ways, names = choice.ways, choice.items.items
    starts = {
        names[step]: ways.tables[k].starts[ways.starts[way, k]]
        for k, step in enumerate(ways.shared)
    }
    laid = Laid(
        steps=choice.items.steps,
        starts=starts,
        begins={id_: int(ways.begins[way, step]) for step, id_ in enumerate(names)},
        ends={id_: int(ways.ends[way, step]) for step, id_ in enumerate(names)},
        arrival=_from(case, hire),
        limit=int(hire.hours_a_week * UNITS),
        site=hire.site,
    )
    days = days_of(case.supply, laid)
    for step, id_ in enumerate(names):
        item = case.graph.items[id_]
        session = starts[id_].session if id_ in starts else None
        yield PlacedItem(
            item=id_,
            name=item.name,
            first_week=int(ways.begins[way, step]) + 1,
            last_week=int(ways.ends[way, step]) + 1,
            hours=item.hours,
            pool=item.mentors.pool if item.mentors else None,
            session=session[0] if session else None,
            site=session[1] if session else None,
            meetings=days.get(id_, ()),
        )
