"""The interview file: signals, answers, ratings and measures of one person, as they come in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, ValidationError, WithJsonSchema

from engine.competency.documents import Confidence, Extractor, Language, Measure, Mention, Rating
from engine.jurisdictions.documents import Modality
from engine.kernel.diagnostics import Code, Span, has_errors, in_order, nearest
from engine.kernel.documents import Identifier, Instant, Name, Number, Shape, reject, shape_faults
from engine.kernel.errors import DocumentError
from engine.kernel.json_text import read_json
from engine.kernel.source import read_yaml, span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.source import Node

NOT_OPAQUE = Code(
    "INTERVIEW-VALUE-001",
    "`{text}` is not an opaque id",
    "`{text}` 不是不透明的编号",
    "use 4 to 64 letters, digits, `-` and `_`, with a digit; never a name or a phone number",
    "请用 4 到 64 个字母、数字、`-` 或 `_`，且含数字；不可用姓名、证件号或电话",
)
NO_UNIT = Code(
    "INTERVIEW-VALUE-002",
    "the unit is empty",
    "单位为空",
    "write the unit of the value, such as `char/s`, `ratio`, `event`",
    "请写出数值的单位，例如 `char/s`、`ratio`、`event`",
)
NEGATIVE = Code(
    "INTERVIEW-VALUE-003",
    "`{text}` is below 0",
    "`{text}` 小于 0",
    "a time counts from the start of the interview",
    "时间从面试开始起算",
)
UNKNOWN_QUESTION = Code(
    "INTERVIEW-NAME-001",
    "there is no question `{id}` in this interview",
    "本次面试没有问题 `{id}`",
    "known here: {known}",
    "已有：{known}",
)
DUPLICATE = Code(
    "INTERVIEW-NAME-002", "`{id}` stands twice", "`{id}` 出现两次", "keep one", "请保留一个"
)
MISQUOTED = Code(
    "INTERVIEW-QUOTE-001",
    "the answer to `{question}` does not say `{quote}` at {start} to {end}",
    "对 `{question}` 的回答在 {start} 到 {end} 处并不是 `{quote}`",
    "count code points from 0, the end exclusive",
    "请按字符从 0 计数，不含末位",
)
BASELINE = Code(
    "INTERVIEW-VALUE-004",
    "a baseline must be above 0",
    "基线须大于 0",
    "leave it out when it was not measured",
    "未测量时请不要填写",
)


def _opaque(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"(?=.*[0-9])[A-Za-z0-9_-]{4,64}", value):
        raise reject(NOT_OPAQUE, text=value[:64])
    if isinstance(value, str) and re.fullmatch(r"[0-9]{11,}[Xx]?", value):
        raise reject(NOT_OPAQUE, text=value[:64])
    return value


def _unit(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise reject(NO_UNIT)
    return value


OpaqueId: TypeAlias = Annotated[
    str,
    BeforeValidator(_opaque),
    WithJsonSchema({"type": "string", "pattern": "^(?=.*[0-9])[A-Za-z0-9_-]{4,64}$"}),
]
"""An id that says nothing about the person it stands for."""
Unit: TypeAlias = Annotated[
    str, BeforeValidator(_unit), WithJsonSchema({"type": "string", "minLength": 1})
]


class Question(Shape):
    """A question that was put, and the words of the answer where they were written down."""

    id: Name
    text: str
    answer: str | None = None


class Signal(Shape):
    """A measurement; `event` signals are counted, a baseline is the person's own."""

    name: Name
    value: Number
    unit: Unit
    modality: Modality
    question: Name | None = None
    at_s: Number
    baseline: Number | None = None
    extractor: Extractor
    confidence: Confidence


class Accommodation(Shape):
    """A way of measuring that is not held against this person; never why."""

    covers: Modality


class Interview(Shape):
    """What an interview system hands over about one person."""

    schema_version: Literal["1"]
    kind: Literal["interview"]
    id: OpaqueId
    candidate: OpaqueId
    role: Identifier
    model: Identifier
    jurisdictions: tuple[Identifier, ...]
    use: Literal["demonstration"] | None = None
    language: Language
    started_at: Instant
    duration_s: Number
    dimensions: tuple[Literal["voice", "logic", "competency"], ...] = ()
    questions: tuple[Question, ...]
    signals: tuple[Signal, ...] = ()
    mentions: tuple[Mention, ...] = ()
    ratings: tuple[Rating, ...] = ()
    measures: tuple[Measure, ...] = ()
    accommodations: tuple[Accommodation, ...] = ()


# --- reading -------------------------------------------------------------------------------------


def parse_interview(text: str, path: str = "") -> Interview:
    """Read an interview from JSON text; raises DocumentError with every finding at its place."""
    data = read_json(text, path)
    try:
        return read_interview(data, path)
    except DocumentError:
        # JSON is YAML: read again, slowly, to say where.
        tree, _ = read_yaml(text, path)
        return read_interview(data, path, tree)


def read_interview(data: object, path: str = "", tree: Node | None = None) -> Interview:
    """Read an interview from JSON data with its decimals kept; raises DocumentError."""
    try:
        interview = Interview.model_validate(data)
    except ValidationError as error:
        raise DocumentError(in_order(shape_faults(Interview, error, tree, path))) from error
    found = in_order(_check(interview, path, tree))
    if has_errors(found):
        raise DocumentError(found)
    return interview


Place: TypeAlias = "Callable[..., Span | None]"


def _check(interview: Interview, path: str, tree: Node | None) -> Iterator[Diagnostic]:
    """Find what a shape cannot say: names of nothing, quotes that are not there, repetitions."""

    def at(*place: str | int) -> Span | None:
        return span_of(tree, place) or (Span(path, 1, 1, 1, 1) if path else None)

    if interview.duration_s < 0:
        yield NEGATIVE.at(at("duration_s"), text=interview.duration_s)
    yield from _check_signals(interview, at)
    yield from _check_mentions(interview, at)
    repeatable: dict[str, list[str]] = {
        "questions": [question.id for question in interview.questions],
        "ratings": [f"{one.competency}/{one.rating}/{one.rater}" for one in interview.ratings],
        "measures": [one.measure for one in interview.measures],
        "accommodations": [one.covers for one in interview.accommodations],
    }
    for section, ids in repeatable.items():
        yield from (
            DUPLICATE.at(at(section, index), id=id_)
            for index, id_ in enumerate(ids)
            if id_ in ids[:index]
        )


def _check_signals(interview: Interview, at: Place) -> Iterator[Diagnostic]:
    for index, signal in enumerate(interview.signals):
        if signal.question is not None:
            yield from _check_question(interview, signal.question, at("signals", index, "question"))
        if signal.at_s < 0:
            yield NEGATIVE.at(at("signals", index, "at_s"), text=signal.at_s)
        if signal.baseline is not None and signal.baseline <= 0:
            yield BASELINE.at(at("signals", index, "baseline"))


def _check_mentions(interview: Interview, at: Place) -> Iterator[Diagnostic]:
    answers = {question.id: question.answer or "" for question in interview.questions}
    for index, mention in enumerate(interview.mentions):
        yield from _check_question(interview, mention.question, at("mentions", index, "question"))
        if mention.question not in answers:
            continue
        said = answers[mention.question][mention.start : mention.end]
        if mention.start < 0 or not said or said != mention.quote:
            yield MISQUOTED.at(
                at("mentions", index, "quote"),
                question=mention.question,
                quote=mention.quote,
                start=mention.start,
                end=mention.end,
            )


def _check_question(interview: Interview, name: str, span: Span | None) -> Iterator[Diagnostic]:
    questions = [question.id for question in interview.questions]
    if name not in questions:
        known = ", ".join(f"`{one}`" for one in questions)
        yield UNKNOWN_QUESTION.at(span, id=name, known=known, near=nearest(name, questions))
