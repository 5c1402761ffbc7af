"""The catalog as people write it, and the learning plan as it is answered."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from engine.kernel.canonical import ContentHash
from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code
from engine.kernel.documents import (
    NOT_ONE_OF,
    Count,
    Day,
    Document,
    Flag,
    Identifier,
    Name,
    Number,
    SemVer,
    Shape,
    Text,
    reject,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OUT_OF_RANGE = Code(
    "CAT-VALUE-001",
    "`{text}` is outside {range}",
    "`{text}` 不在 {range} 之内",
    "a round bracket excludes its end, a square one includes it",
    "圆括号不含端点，方括号含端点",
)
TOO_FINE = Code(
    "CAT-VALUE-002",
    "`{text}` has more than {places} decimal places",
    "`{text}` 的小数位多于 {places} 位",
    "round it",
    "请四舍五入",
)
NOT_A_THRESHOLD = Code(
    "CAT-VALUE-003",
    "`{text}` is not a comparison with one number",
    "`{text}` 不是与一个数的比较",
    "write it like `>= 80`",
    "请写成类似 `>= 80` 的形式",
)


def _within(low: str, high: str, *, ends: str, places: int) -> AfterValidator:
    """Make a check that a number lies between `low` and `high`; `ends` is the pair of brackets."""
    least, most = Decimal(low), Decimal(high)
    shown = f"{ends[0]}{low}..{high}{ends[1]}"

    def check(number: Decimal) -> Decimal:
        outside = number < least or number > most
        on_open_end = (ends[0] == "(" and number == least) or (ends[1] == ")" and number == most)
        if outside or on_open_end:
            raise reject(OUT_OF_RANGE, text=decimal_text(number), range=shown)
        if len(decimal_text(number).partition(".")[2]) > places:
            raise reject(TOO_FINE, text=decimal_text(number), places=places)
        return number

    return AfterValidator(check)


def _whole(low: int, high: int) -> AfterValidator:
    """Make a check that a whole number lies between `low` and `high`, both included."""

    def check(number: int) -> int:
        if not low <= number <= high:
            raise reject(OUT_OF_RANGE, text=number, range=f"[{low}..{high}]")
        return number

    return AfterValidator(check)


def _threshold() -> Callable[[str], str]:
    pattern = re.compile(r"(>=|<=|>|<|=) ?(0|[1-9][0-9]*)(\.[0-9]+)?")

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise reject(NOT_A_THRESHOLD, text=text[:80])
        return text

    return check


Gain: TypeAlias = Annotated[Number, _within("0", "1", ends="()", places=4)]
"""The share of the remaining distance to 100 that an item closes."""
PartWeight: TypeAlias = Annotated[Number, _within("0", "1", ends="(]", places=4)]
Level: TypeAlias = Annotated[Number, _within("0", "100", ends="()", places=4)]
"""A level to be reached: above 0 and below 100, for no share of a distance ever gets to its end."""
Ceiling: TypeAlias = Annotated[Number, _within("0", "100", ends="(]", places=4)]
Percent: TypeAlias = Annotated[Number, _within("0", "100", ends="[]", places=4)]
Hours: TypeAlias = Annotated[Number, _within("0", "10000", ends="(]", places=2)]
Amount: TypeAlias = Annotated[Number, _within("0", "1000000", ends="[]", places=2)]
Positive: TypeAlias = Annotated[Count, _whole(1, 1000)]
Priority: TypeAlias = Annotated[Count, _whole(1, 9)]
Threshold: TypeAlias = Annotated[str, AfterValidator(_threshold())]
"""A comparison such as `>= 80`."""

ItemKind: TypeAlias = Literal[
    "course", "workshop", "mentoring", "coaching", "resource", "assignment"
]
Modality: TypeAlias = Literal["online", "offline", "blended", "mentoring"]
Format: TypeAlias = Literal["video", "mindmap", "reading", "live", "practice"]


class _Keyed(Shape):
    """A part whose YAML keys may be Python's own words, such as `from` and `pass`."""

    model_config = ConfigDict(serialize_by_alias=True)


# --- the catalog, as it is written ---------------------------------------------------------------


class ItemNeed(Shape):
    """Another item comes first: passed, or at least `completion` percent of it done (0: begun)."""

    item: Identifier
    completion: Percent | None = None


class SkillNeed(Shape):
    """A skill is there at `level` or above."""

    skill: Name
    level: Level


def _need_tag(value: object) -> str:
    if isinstance(value, Shape):
        return type(value).__name__
    return "SkillNeed" if isinstance(value, dict) and "skill" in value else "ItemNeed"


Need: TypeAlias = Annotated[
    Annotated[ItemNeed, Tag("ItemNeed")] | Annotated[SkillNeed, Tag("SkillNeed")],
    Discriminator(_need_tag),
]


class Needs(Shape):
    """What comes first: every one of `all`, and one of `any` where it is given."""

    all: tuple[Need, ...] = ()
    any: tuple[Need, ...] = ()


class Node(Shape):
    """A competency or a skill; `align` names it in outside frameworks."""

    id: Name
    kind: Literal["competency", "skill"]
    name: Text
    align: dict[str, str] | None = None


_EDGES = {"part_of": "PartOf", "requires": "Requires", "related": "Related"}


def _edge_kind(value: object) -> object:
    """Name every kind of edge where one is none of them: it is read as the first."""
    if value not in _EDGES:
        known = ", ".join(f"`{kind}`" for kind in _EDGES)
        raise reject(NOT_ONE_OF, text=value, known=known)
    return value


class PartOf(_Keyed):
    """The skill `from` makes up the share `weight` of `to`."""

    type: Annotated[Literal["part_of"], BeforeValidator(_edge_kind)]
    source: Name = Field(alias="from")
    to: Name
    weight: PartWeight


class Requires(_Keyed):
    """Whatever teaches the skill `from` needs the skills and items named here first."""

    type: Literal["requires"]
    source: Name = Field(alias="from")
    all: tuple[Need, ...] = ()
    any: tuple[Need, ...] = ()


class Related(_Keyed):
    """Two skills touch each other; this never constrains a plan."""

    type: Literal["related"]
    source: Name = Field(alias="from")
    to: Name


def _edge_tag(value: object) -> str:
    if isinstance(value, Shape):
        return type(value).__name__
    kind = value.get("type") if isinstance(value, dict) else None
    return _EDGES.get(str(kind), "PartOf")


Edge: TypeAlias = Annotated[
    Annotated[PartOf, Tag("PartOf")]
    | Annotated[Requires, Tag("Requires")]
    | Annotated[Related, Tag("Related")],
    Discriminator(_edge_tag),
]


class Target(Shape):
    """The level that `role` asks of a competency; priority 1 is closed before 2."""

    role: Identifier
    competency: Name
    level: Level
    priority: Priority


class Mandatory(Shape):
    """Everybody in `role` takes `item`, because `clause` says so."""

    role: Identifier
    item: Identifier
    clause: str


class Mentor(Shape):
    """A person who mentors, and how many learners they take a week."""

    person: Identifier
    slots_per_week: Positive


class MentorPool(Shape):
    """The mentors of one subject, in the order in which they are asked."""

    id: Identifier
    kind: Literal["mentor_pool"]
    name: Text
    members: tuple[Mentor, ...]


class Bundle(Shape):
    """Items that belong together on a page; a plan is free to take some of them.

    With `together` it takes all of them or none; `cost` is the price of all, instead of the sum.
    What the person has passed already is neither asked for nor charged again: the rest costs its
    own sum, or `cost` where that is less.
    """

    id: Identifier
    name: Text
    items: tuple[Identifier, ...]
    together: Flag = False
    cost: Amount | None = None


class Preference(Shape):
    """A way of learning that a person may state, and the modalities and formats that suit it."""

    id: Identifier
    name: Text
    suits: tuple[Modality | Format, ...]


class Teaches(Shape):
    """How far an item brings a skill: `gain` of the remaining distance, never above `max_level`."""

    skill: Name
    gain: Gain
    max_level: Ceiling | None = None
    evidence: Literal["expert", "outcomes"]
    prior_n: Positive


class Session(Shape):
    """One date of an item, and how many can come."""

    date: Day
    site: str
    seats: Positive


class Cadence(Shape):
    """A rhythm: so many times, one every so often, so many hours each."""

    every: Literal["workday", "week", "fortnight", "month"]
    times: Positive
    hours: Hours


class PassMark(Shape):
    """When an item counts as passed."""

    completion: Threshold | None = None
    exam: Threshold | None = None


class MentorSource(Shape):
    """The pool from which a mentor comes."""

    pool: Identifier


class Adaptation(Shape):
    """An item that is added when the results of this one fulfil every threshold given."""

    completion: Threshold | None = None
    exam: Threshold | None = None
    add: Identifier
    clause: str


class LearningItem(_Keyed):
    """Something that can be learned from: what it teaches, what it takes, what it needs first."""

    id: Identifier
    code: str
    kind: ItemKind
    name: Text
    modality: Modality
    language: tuple[str, ...]
    hours: Hours
    lessons: Positive | None = None
    days: Hours | None = None
    sessions: tuple[Session, ...] = ()
    cadence: Cadence | None = None
    cost: Amount
    formats: tuple[Format, ...] = ()
    variant: Identifier | None = None
    focus: Text | None = None
    teaches: tuple[Teaches, ...]
    requires: Needs = Needs()
    pass_mark: PassMark | None = Field(default=None, alias="pass")
    on_fail: tuple[Identifier, ...] = ()
    adapt: tuple[Adaptation, ...] = ()
    mentors: MentorSource | None = None


class Catalog(Document):
    """A catalog as one whole: the skill graph, and the items of `files` in that order."""

    kind: Literal["catalog"]
    currency: str
    provenance: Literal["human_set", "data_derived"]
    files: tuple[str, ...] = ()
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    targets: tuple[Target, ...]
    mandatory: tuple[Mandatory, ...] = ()
    resources: tuple[MentorPool, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    preferences: tuple[Preference, ...] = ()
    items: tuple[LearningItem, ...] = ()


class CatalogPart(Shape):
    """A file that belongs to the catalog `of`: items, and nodes and edges where its graph is large."""

    schema_version: Literal["1"]
    kind: Literal["catalog_part"]
    of: Identifier
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    items: tuple[LearningItem, ...] = ()


# --- the plan, as it is answered -----------------------------------------------------------------


class PlanLimits(Shape):
    """What a plan may take: money, hours a week, weeks, and the languages the person learns in."""

    budget: Amount | None = None
    hours_a_week: Hours | None = None
    weeks: Positive | None = None
    languages: tuple[str, ...] | None = None


class CatalogUsed(Shape):
    """The catalog version that a plan was made from."""

    id: Identifier
    version: SemVer
    hash: ContentHash


class Gap(Shape):
    """A competency below its target, before any plan."""

    competency: Name
    name: Text
    score: Number
    target: Number
    distance: Number
    priority: Count


class SkillShort(Shape):
    """A skill that the plan leaves below the target of its competency."""

    skill: Name
    name: Text
    after: Number


class PlannedGap(Gap):
    """A gap with the level that the plan brings the competency to; closed if no skill is short."""

    after: Number
    closed: bool
    short: tuple[SkillShort, ...]


class GraphNode(Shape):
    """A stop on a path of the graph: an item, a skill or a competency."""

    id: str
    name: Text


class SkillLift(Shape):
    """How far one item lifts one skill, and the path from the item to the competency."""

    skill: Name
    before: Number
    after: Number
    path: tuple[GraphNode, ...]


class Closes(Shape):
    """How far one item lifts one weak competency, after the steps before it."""

    competency: Name
    name: Text
    before: Number
    after: Number
    target: Number
    lifts: tuple[SkillLift, ...]


class Unconfirmed(Shape):
    """A prerequisite that no score speaks of: somebody asks before the step begins."""

    skill: Name
    name: Text
    level: Number


class StepFacts(Shape):
    """One item of a plan and what put it there."""

    item: Identifier
    code: str
    kind: ItemKind
    name: Text
    modality: Modality
    lessons: Count | None
    days: Number | None
    cadence: Cadence | None
    hours: Number
    cost: Number
    focus: Text | None
    mandatory: str | None
    closes: tuple[Closes, ...]
    after: tuple[GraphNode, ...]
    needed_by: tuple[GraphNode, ...]
    mentor: Identifier | None
    flags: tuple[Literal["no_mentor"], ...]
    confirm: tuple[Unconfirmed, ...]
    on_fail: tuple[Identifier, ...]
    adapt: tuple[Adaptation, ...]


class PlanStep(StepFacts):
    """One item of a plan with its reason in words."""

    reason: Text


Limit: TypeAlias = Literal["budget", "hours", "weeks", "languages", "wishes", "catalog"]


class NotAssessed(Shape):
    """A competency of the role that has no score; it is neither a gap nor a zero."""

    competency: Name
    name: Text


class PlannedBundle(Shape):
    """A bundle that a plan takes at its price, and what that saves against the sum of its items."""

    id: Identifier
    name: Text
    cost: Number
    saved: Number


Objective: TypeAlias = Literal["unmet", "hours", "cost", "booked", "preference", "items", "order"]
"""What a plan makes least, in this order; `unmet` once for each priority, in milli-nats."""


class RemainingGap(Shape):
    """How far from proved: of the first objective without a proof, its value and a proven bound."""

    objective: Objective
    priority: Count | None
    value: Number
    bound: Number


class LearningPlan(Shape):
    """The plan for one person: it closes every gap (`complete`), not all (`partial`) or none.

    `models` are the versions of competency models whose targets stood in place of the catalog's.
    """

    schema_version: Literal["1"]
    kind: Literal["learning_plan"]
    catalog: CatalogUsed
    models: tuple[CatalogUsed, ...] = ()
    role: Identifier
    status: Literal["complete", "partial", "infeasible"]
    proved: bool
    remaining: RemainingGap | None = None
    gaps: tuple[PlannedGap, ...]
    not_assessed: tuple[NotAssessed, ...]
    steps: tuple[PlanStep, ...]
    bundles: tuple[PlannedBundle, ...] = ()
    hours: Number
    cost: Number
    currency: str
    binding: tuple[Limit, ...]
    limits: PlanLimits
    passed: tuple[Identifier, ...]
    booked: tuple[Identifier, ...]
    preference: Identifier | None
    forced: tuple[Identifier, ...] = ()
    excluded: tuple[Identifier, ...] = ()
