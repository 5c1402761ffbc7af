"""The competency model as people write it, and the profile as it is answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from engine.jurisdictions.documents import Modality
from engine.kernel.canonical import ContentHash
from engine.kernel.decimals import decimal_text
from engine.kernel.diagnostics import Code, nearest
from engine.kernel.documents import (
    MISSING_KEY,
    NOT_ONE_OF,
    Count,
    Document,
    Expression,
    Fault,
    Flag,
    Identifier,
    Name,
    Number,
    ReasonId,
    RejectedError,
    SemVer,
    Shape,
    Text,
    reject,
)

OUT_OF_RANGE = Code(
    "COMP-VALUE-001",
    "`{text}` is outside {range}",
    "`{text}` 不在 {range} 之内",
    "a round bracket excludes its end, a square one includes it",
    "圆括号不含端点，方括号含端点",
)
TOO_LONG = Code(
    "COMP-VALUE-002",
    "this word has {size} signs, and 1 to {limit} are allowed",
    "该词有 {size} 个字符，应为 1 到 {limit} 个",
    "shorten it",
    "请缩短",
)


def _within(low: str, high: str, ends: str = "[]") -> AfterValidator:
    """Make a check that a number lies between `low` and `high`; `ends` is the pair of brackets."""
    least, most = Decimal(low), Decimal(high)

    def check(number: Decimal) -> Decimal:
        low_end, high_end = ends[0] == "(" and number == least, ends[1] == ")" and number == most
        if number < least or number > most or low_end or high_end:
            shown = f"{ends[0]}{low}..{high}{ends[1]}"
            raise reject(OUT_OF_RANGE, text=decimal_text(Decimal(number)), range=shown)
        return number

    return AfterValidator(check)


_LONGEST_WORD = 40


def _word(text: str) -> str:
    if not 0 < len(text.strip()) <= _LONGEST_WORD:
        raise reject(TOO_LONG, size=len(text.strip()), limit=_LONGEST_WORD)
    return text


Score: TypeAlias = Annotated[Number, _within("0", "100")]
Share: TypeAlias = Annotated[Number, _within("0", "100", "(]")]
Points: TypeAlias = Annotated[Number, _within("-100", "100")]
Confidence: TypeAlias = Annotated[Number, _within("0", "1")]
Distance: TypeAlias = Annotated[Count, _within("0", "200")]
"""A number of code points."""
Digits: TypeAlias = Annotated[Count, _within("0", "12")]
AtLeast: TypeAlias = Annotated[Count, _within("1", "20")]
Word: TypeAlias = Annotated[str, AfterValidator(_word)]
"""A word or phrase to look for; `…` in it stands for a few other signs."""

Language: TypeAlias = Literal["zh", "en"]
State: TypeAlias = Literal["found", "not_found"]


class _Keyed(Shape):
    """A part whose YAML keys may be Python's own words, such as `from` and `except`."""

    model_config = ConfigDict(serialize_by_alias=True)


# --- the model, as it is written -----------------------------------------------------------------


class Band(_Keyed):
    """A named level from `from` to where the next begins; some read as strong or weak."""

    id: Name
    source: Score = Field(alias="from")
    title: Text
    reads: Literal["gap", "strength"] | None = None


class Weight(Shape):
    """What a competency weighs of 100; a data-derived weight names the hash of its evidence."""

    value: Share
    provenance: Literal["human_set", "data_derived"]
    evidence: str | None = None


class Negation(_Keyed):
    """Words that take back what stands near them, and phrases that only look as if they did.

    `before` and `after` are how many signs may lie between; without `after` only before counts.
    """

    cues: tuple[Word, ...]
    exceptions: tuple[Word, ...] = Field(default=(), alias="except")
    before: Distance
    after: Distance | None = None


class MentionRules(Shape):
    """How answers are read: a find's confidence, the widest `…`, what ends a clause, negation."""

    confidence: Confidence
    gap: Distance
    breaks: tuple[Word, ...] = ()
    negation: dict[Language, Negation]


class AmountWords(Shape):
    """What makes an amount an achievement; without verbs it stands before the object."""

    verbs: tuple[Word, ...] = ()
    objects: tuple[Word, ...]


class Amount(Shape):
    """A percentage or multiple of `at_least` percent, its words `within` so many signs."""

    at_least: Number
    within: Distance
    words: dict[Language, AmountWords]


class Indicator(Shape):
    """An observable sign; with keywords or an amount, it is looked for in answers."""

    title: Text
    modality: Modality
    questions: tuple[Name, ...] = ()
    keywords: dict[Language, tuple[Word, ...]] | None = None
    amount: Amount | None = None


class PointLine(Shape):
    """Points that are given once when the indicator is in that state."""

    id: ReasonId
    indicator: Name
    when: State
    points: Points


class _Part(Shape):
    """What the parts of a competency have in common."""

    share: Share
    if_missing: Literal["not_assessed", "share_out"] = "not_assessed"


class PointsPart(_Part):
    """`start` plus the points of the lines that apply, held within 0..100."""

    method: Literal["points"]
    start: Score
    points: tuple[PointLine, ...]


class RatingPart(_Part):
    """What people rated, each through the scale; fewer than `at_least` raters is missing."""

    method: Literal["rating"]
    rating: Name
    scale: Name
    take: Literal["mean", "median", "min"]
    at_least: AtLeast = 1


class MeasurePart(_Part):
    """One number 0..100 from outside, such as a test or a work sample."""

    method: Literal["measure"]
    measure: Name


class ExpressionPart(_Part):
    """FEEL over `found(id)`, `rating(id)` and `measure(id)`: the counted exit."""

    method: Literal["expression"]
    value: Expression
    scale: Name | None = None


METHODS = {
    "points": "PointsPart",
    "rating": "RatingPart",
    "measure": "MeasurePart",
    "expression": "ExpressionPart",
}


def _method_of(value: object) -> object:
    return value.get("method") if isinstance(value, dict) else getattr(value, "method", None)


def _has_method(value: object) -> object:
    """Refuse an unknown method in the owner's words, before pydantic names its own classes."""
    method = _method_of(value)
    if isinstance(value, dict) and method is None:
        raise RejectedError([Fault(MISSING_KEY, args={"key": "method"})])
    if isinstance(value, dict) and method not in METHODS:
        known = ", ".join(f"`{name}`" for name in METHODS)
        near = nearest(str(method), METHODS)
        fault = Fault(NOT_ONE_OF, args={"text": str(method), "known": known}, near=near)
        raise RejectedError([fault], "method")
    return value


Part: TypeAlias = Annotated[
    Annotated[
        Annotated[PointsPart, Tag("PointsPart")]
        | Annotated[RatingPart, Tag("RatingPart")]
        | Annotated[MeasurePart, Tag("MeasurePart")]
        | Annotated[ExpressionPart, Tag("ExpressionPart")],
        Discriminator(lambda value: METHODS.get(str(_method_of(value)), "PointsPart")),
    ],
    BeforeValidator(_has_method),
]


class RoleTarget(Shape):
    """The level that a role is to reach by learning; priority 1 is closed before 2."""

    level: Annotated[Number, _within("0", "100", "()")]
    priority: Annotated[Count, _within("1", "9")] = 1


class Competency(Shape):
    """One thing that a role needs: its weight, what is too little, its target, how it is scored."""

    id: Name
    title: Text
    weight: Weight
    floor: Score | None = None
    target: RoleTarget | None = None
    job_analysis: str | None = None
    anchors: dict[str, Text] | None = None
    parts: tuple[Part, ...]


class CompetencyModel(Document):
    """What a role needs and how evidence becomes scores (`rule-language` section 7)."""

    kind: Literal["competency_model"]
    role: Identifier
    evidence_from: Identifier
    use: Literal["demonstration"] | None = None
    jurisdictions: tuple[Identifier, ...]
    min_confidence: Confidence
    discrepant_above: Score
    digits: Digits
    bands: tuple[Band, ...]
    scales: dict[Name, dict[str, Score]] = Field(default_factory=dict)
    mentions: MentionRules | None = None
    indicators: dict[Name, Indicator]
    competencies: tuple[Competency, ...]
    note: str | None = None


# --- what is known about one person --------------------------------------------------------------


class Extractor(Shape):
    """The program that made an observation."""

    name: str
    version: str


class Mention(Shape):
    """An indicator's words in an answer; `start` and `end` count its code points."""

    indicator: Name
    question: Name
    quote: str
    start: Count
    end: Count
    negated: Flag
    confidence: Confidence
    extractor: Extractor


class SignalSource(Shape):
    """A measurement that evidence rests on."""

    kind: Literal["signal"] = "signal"
    name: Name
    value: Number
    unit: str
    modality: Modality
    question: Name | None = None
    confidence: Confidence


class MentionSource(Shape):
    """The words of an answer that evidence rests on."""

    kind: Literal["mention"] = "mention"
    question: Name
    quote: str
    start: Count
    end: Count
    negated: Flag
    confidence: Confidence
    extractor: Extractor


class SoughtSource(Shape):
    """A question that was put and answered, in which an indicator was looked for."""

    kind: Literal["sought"] = "sought"
    question: Name


class MeasureSource(Shape):
    """A measure from outside that evidence rests on."""

    kind: Literal["measure"] = "measure"
    measure: Name
    value: Score
    source: str


Source: TypeAlias = SignalSource | MentionSource | SoughtSource | MeasureSource


class Evidence(Shape):
    """An indicator that was found, or looked for and not found, by a rule and from its sources."""

    indicator: Name
    state: State
    confidence: Confidence
    rule: str
    clause: str
    sources: tuple[Source, ...] = ()


class Rating(Shape):
    """The level that one person gave a competency, on a scale of the model."""

    competency: Name
    rating: Name
    rater: str
    level: str


class Measure(Shape):
    """A number 0..100 about one person, and who says so."""

    measure: Name
    value: Score
    source: str


# --- the profile, as it is answered --------------------------------------------------------------

Missing: TypeAlias = Literal["no_evidence", "too_few_ratings", "no_measure"]


class LineReason(Shape):
    """One line of points: whether it applied, and the evidence for it."""

    id: ReasonId
    indicator: Name
    title: Text
    when: State
    points: Points
    applied: Flag
    evidence: tuple[Evidence, ...]


class RatingReason(Shape):
    """One rater's level and what it is worth on the scale."""

    rater: str
    level: str
    score: Score


class PartReason(Shape):
    """How one part came to its score; `share_used` is its share after others were shared out."""

    method: Literal["points", "rating", "measure", "expression"]
    share: Share
    share_used: Number | None
    score: Number | None
    missing: Missing | None = None
    start: Score | None = None
    lines: tuple[LineReason, ...] = ()
    ratings: tuple[RatingReason, ...] = ()
    take: Literal["mean", "median", "min"] | None = None
    at_least: Count | None = None
    measure: Measure | None = None
    expression: str | None = None


class CompetencyScore(Shape):
    """A competency's score and its reasons; no score is not assessed, which is not zero."""

    id: Name
    title: Text
    weight: Number
    score: Number | None
    shown: str | None
    band: Name | None
    floor: Score | None
    below_floor: Flag
    discrepant: Flag
    parts: tuple[PartReason, ...]


class ModelUsed(Shape):
    """The competency model that a profile was made with."""

    id: Identifier
    version: SemVer
    hash: ContentHash


class CandidateProfile(Shape):
    """One person's scores read against one model; `overall` needs everything assessed."""

    schema_version: Literal["1"] = "1"
    kind: Literal["candidate_profile"] = "candidate_profile"
    model: ModelUsed
    role: Identifier
    use: Literal["demonstration"] | None
    competencies: tuple[CompetencyScore, ...]
    overall: Number | None
    shown: str | None
    assessed: Flag
    not_assessed: tuple[Name, ...]
    strengths: tuple[Name, ...]
    gaps: tuple[Name, ...]
    below_floor: tuple[Name, ...]
    discrepant: Flag
    min_confidence: Number | None
    weak_evidence: tuple[Evidence, ...]
    unread_evidence: tuple[Evidence, ...]
