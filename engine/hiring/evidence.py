"""An interview to evidence: facts for the inference, and from each firing back to its sources."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.chaining.infer import Inferred, infer
from engine.chaining.program import Fact, plain_number
from engine.competency.documents import Evidence, MeasureSource, MentionSource, SoughtSource
from engine.competency.mentions import find_mentions, sought

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.chaining.program import CompiledInference, FactType, Value
    from engine.competency.documents import CompetencyModel, Mention, SignalSource, Source
    from engine.hiring.interview import Interview

EVIDENCE = "evidence"
"""The derived fact that a competency model reads."""

ExecutorChoice: TypeAlias = Literal["auto", "durable", "reference"]
_Offer: TypeAlias = "tuple[str, Mapping[str, object], Source | None]"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The evidence of one interview, the mentions it was looked for in, and what no rule reads."""

    evidence: tuple[Evidence, ...]
    mentions: tuple[Mention, ...]
    unread: Mapping[str, int]
    inferred: Inferred


def gather_evidence(
    inference: CompiledInference,
    model: CompetencyModel,
    interview: Interview,
    signals: Iterable[SignalSource],
    executor: ExecutorChoice = "auto",
) -> Gathered:
    """Infer the evidence that an interview gives; raises EvaluationError for facts out of range.

    `signals` are those that may be used. A fact whose type or word the inference does not declare
    is not given to it, and counted.
    """
    mentions = read_mentions(model, interview)
    sources: dict[Fact, list[Source]] = {}
    unread: dict[str, int] = defaultdict(int)
    for kind, fields, source in _offers(model, interview, mentions, signals):
        type_ = inference.types.get(kind)
        fact = None if type_ is None or type_.derived else _projected(type_, fields)
        if fact is None:
            unread[kind] += 1
            continue
        behind = sources.setdefault(fact, [])
        if source is not None and source not in behind:
            behind.append(source)
    inferred = infer(inference, tuple(sources), executor=executor)
    return Gathered(tuple(_evidence(inferred, sources)), mentions, dict(unread), inferred)


def read_mentions(model: CompetencyModel, interview: Interview) -> tuple[Mention, ...]:
    """Give the mentions that came with an interview, and those that we find in its answers."""
    ours = (
        mention
        for question in interview.questions
        if question.answer is not None
        for mention in find_mentions(model, question.id, question.answer)
    )
    return (*interview.mentions, *ours)


def _offers(
    model: CompetencyModel,
    interview: Interview,
    mentions: Iterable[Mention],
    signals: Iterable[SignalSource],
) -> Iterator[_Offer]:
    """Give everything that is known as facts with all the fields that an inference may declare."""
    for signal in signals:
        said = {**dict(signal), "question": signal.question or ""}
        yield "signal", said, signal
    for mention in mentions:
        yield "mention", dict(mention), _quoted(mention)
    for question in interview.questions:
        # An answer that was not written down was not searched: there is nothing to be missing.
        for indicator in sought(model, question.id) if question.answer is not None else ():
            fields = {"indicator": indicator, "question": question.id}
            yield "sought", fields, SoughtSource(question=question.id)
    for measure in interview.measures:
        yield "measure", dict(measure), MeasureSource(**dict(measure))
    for accommodation in interview.accommodations:
        yield "accommodation", {"covers": accommodation.covers}, None


def _quoted(mention: Mention) -> MentionSource:
    return MentionSource(
        question=mention.question,
        quote=mention.quote,
        start=mention.start,
        end=mention.end,
        negated=mention.negated,
        confidence=mention.confidence,
        extractor=mention.extractor,
    )


def _projected(type_: FactType, fields: Mapping[str, object]) -> Fact | None:
    """Make a fact of a type; None for a word that the type does not know."""
    values: dict[str, Value] = {}
    for field in type_.fields:
        value = fields.get(field.name)
        if isinstance(value, str) and field.members is not None and value not in field.members:
            return None
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            values[field.name] = plain_number(Decimal(value))
        elif isinstance(value, str | bool):
            values[field.name] = value
    return Fact.of(type_.name, **values)


def _evidence(inferred: Inferred, sources: Mapping[Fact, list[Source]]) -> Iterator[Evidence]:
    """Read each firing that derived evidence, with the sources of all the facts it rests on."""
    rests_on: dict[Fact, list[Fact]] = defaultdict(list)
    for firing in inferred.firings:
        for fact in firing.derived:
            rests_on[fact] += [matched for _, matched in firing.matched]
    for firing in inferred.firings:
        grounds = _given([fact for _, fact in firing.matched], rests_on)
        for fact in firing.derived:
            if fact.type == EVIDENCE:
                behind = [source for given in grounds for source in sources.get(given, ())]
                yield Evidence.model_validate(
                    {
                        **fact.as_dict(),
                        "rule": firing.rule,
                        "clause": firing.clause,
                        "sources": tuple(dict.fromkeys(behind)),
                    }
                )


def _given(facts: list[Fact], rests_on: Mapping[Fact, list[Fact]]) -> list[Fact]:
    """Follow derived facts back to those that were given."""
    found: dict[Fact, None] = {}
    waiting = list(reversed(facts))
    while waiting:
        fact = waiting.pop()
        if fact not in found:
            found[fact] = None
            waiting += reversed(rests_on.get(fact, []))
    return list(found)
