"""Answers to mentions: keywords and amounts with their places, and whether they are taken back.

What is looked for is written in the competency model. All matching is by plain search in the
clause around a word, so that no document and no answer can make it slow.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.competency.amounts import find_amounts
from engine.competency.documents import Extractor, Mention

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.competency.documents import (
        Amount,
        AmountWords,
        CompetencyModel,
        Indicator,
        MentionRules,
        Negation,
    )

EXTRACTOR = Extractor(name="evenhand-text", version="1")
"""Who found the mentions of this module; the version rises when its finds change."""

# A clause ends at a mark of punctuation, but not at a comma or point between digits.
_MARKS = re.compile(r"[。;!?、\n…—:]|[.,](?!\d)|(?<!\d)[.,]")


class Stretch(NamedTuple):
    """Code points of a text, the end exclusive."""

    start: int
    end: int


class _Hit(NamedTuple):
    """A find: all that it spans, and the words in it that were looked for."""

    span: Stretch
    pieces: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """An answer with its folded form, sign by sign, and its clauses."""

    original: str
    folded: str
    clauses: tuple[Stretch, ...]


def find_mentions(model: CompetencyModel, question: str, answer: str) -> tuple[Mention, ...]:
    """Find what an answer says of the model's indicators, in the order of the text."""
    rules = model.mentions
    if rules is None:
        return ()
    text = _read(answer, rules)
    found = []
    for name in sought(model, question):
        for clause, hit in _hits(text, model.indicators[name], rules):
            found.append(
                Mention(
                    indicator=name,
                    question=question,
                    quote=answer[hit.span.start : hit.span.end],
                    start=hit.span.start,
                    end=hit.span.end,
                    negated=_is_negated(text, clause, hit, rules),
                    confidence=rules.confidence,
                    extractor=EXTRACTOR,
                )
            )
    return tuple(sorted(found, key=lambda mention: (mention.start, mention.end, mention.indicator)))


def sought(model: CompetencyModel, question: str) -> tuple[str, ...]:
    """Give the indicators that are looked for in the answer to a question."""
    return tuple(
        name
        for name, indicator in model.indicators.items()
        if (indicator.keywords or indicator.amount)
        and (not indicator.questions or question in indicator.questions)
    )


# --- reading -------------------------------------------------------------------------------------


def _fold(text: str) -> str:
    """Make forms of one sign the same, one for one, so that places stay what they are."""
    return "".join(_fold_sign(sign) for sign in text)


def _fold_sign(sign: str) -> str:
    if sign == "’":
        return "'"
    folded = unicodedata.normalize("NFKC", sign).casefold()
    return folded if len(folded) == 1 else sign


def _read(answer: str, rules: MentionRules) -> _Text:
    folded = _fold(answer)
    ends = {Stretch(match.start(), match.end()) for match in _MARKS.finditer(folded)}
    whole = Stretch(0, len(folded))
    for word in rules.breaks:
        ends.update(_occurrences(folded, _fold(word), whole))
    clauses, start = [], 0
    for end in sorted(ends):
        clauses.append(Stretch(start, max(start, end.start)))
        start = max(start, end.end)
    clauses.append(Stretch(start, len(folded)))
    return _Text(answer, folded, tuple(clause for clause in clauses if clause.start < clause.end))


def _occurrences(folded: str, word: str, within: Stretch) -> Iterator[Stretch]:
    """Find a word in a stretch; Latin words stand alone, Chinese ones anywhere."""
    at = folded.find(word, within.start, within.end)
    while at != -1:
        end = at + len(word)
        if _is_edge(folded, at) and _is_edge(folded, end):
            yield Stretch(at, end)
        at = folded.find(word, at + 1, within.end)


def _is_edge(folded: str, at: int) -> bool:
    """Whether a word can begin or end here: not between two Latin letters or digits."""
    return not (0 < at < len(folded) and _is_latin(folded[at - 1]) and _is_latin(folded[at]))


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _distance(one: Stretch, other: Stretch) -> int:
    return max(one.start - other.end, other.start - one.end, 0)


# --- finding -------------------------------------------------------------------------------------


def _hits(text: _Text, indicator: Indicator, rules: MentionRules) -> Iterator[tuple[Stretch, _Hit]]:
    """Find one indicator, clause by clause; of finds that overlap the longest stays."""
    for clause in text.clauses:
        found = list(_keyword_hits(text.folded, clause, indicator, rules.gap))
        if indicator.amount is not None:
            found += _amount_hits(text.folded, clause, indicator.amount)
        kept: list[_Hit] = []
        for hit in sorted(found, key=lambda one: (one.span.start - one.span.end, one.span)):
            if all(
                hit.span.end <= one.span.start or one.span.end <= hit.span.start for one in kept
            ):
                kept.append(hit)
        yield from ((clause, hit) for hit in kept)


def _keyword_hits(folded: str, clause: Stretch, indicator: Indicator, gap: int) -> Iterator[_Hit]:
    for words in (indicator.keywords or {}).values():
        for word in words:
            parts = [part.strip() for part in _fold(word).split("…") if part.strip()]
            for first in _occurrences(folded, parts[0], clause) if parts else ():
                pieces = _follow(folded, clause, [first], parts[1:], gap)
                if pieces:
                    yield _Hit(Stretch(first.start, pieces[-1].end), tuple(pieces))


def _follow(
    folded: str, clause: Stretch, pieces: list[Stretch], parts: list[str], gap: int
) -> list[Stretch]:
    """Find the other parts of a keyword, each at most `gap` signs after the one before."""
    for part in parts:
        start = pieces[-1].end
        reach = Stretch(start, min(clause.end, start + gap + len(part)))
        found = next(_occurrences(folded, part, reach), None)
        if found is None:
            return []
        pieces = [*pieces, found]
    return pieces


def _amount_hits(folded: str, clause: Stretch, amount: Amount) -> Iterator[_Hit]:
    """Find amounts that are enough; a verb, or else an object, has the amount nearest to it."""
    amounts = {
        Stretch(found.start + clause.start, found.end + clause.start): found.percent
        for found in find_amounts(folded[clause.start : clause.end])
    }
    for words in amount.words.values():
        for pieces in _said_of(folded, clause, words, list(amounts), amount.within):
            if any(amounts.get(piece, 0) >= amount.at_least for piece in pieces):
                span = Stretch(min(pieces).start, max(piece.end for piece in pieces))
                yield _Hit(span, pieces)


def _said_of(
    folded: str, clause: Stretch, words: AmountWords, amounts: list[Stretch], within: int
) -> Iterator[tuple[Stretch, ...]]:
    """Pair amounts with the words that make them an achievement."""
    objects = _all(folded, words.objects, clause)
    if not words.verbs:
        for goal in objects:
            before = [one for one in amounts if one.end <= goal.start]
            nearest = _nearest(goal, before, within)
            if nearest is not None:
                yield (nearest, goal)
        return
    for verb in _all(folded, words.verbs, clause):
        nearest = _nearest(verb, amounts, within)
        named = None if nearest is None else _nearest(nearest, objects, within)
        if nearest is not None and named is not None:
            yield (verb, nearest, named)


def _all(folded: str, words: Iterable[str], clause: Stretch) -> list[Stretch]:
    return [place for word in words for place in _occurrences(folded, _fold(word), clause)]


def _nearest(to: Stretch, among: Iterable[Stretch], within: int) -> Stretch | None:
    """Find the nearest stretch; of two as near, the one that comes after."""
    near = [one for one in among if _distance(to, one) <= within]
    return min(near, key=lambda one: (_distance(to, one), one.start < to.start), default=None)


# --- negation ------------------------------------------------------------------------------------


def _is_negated(text: _Text, clause: Stretch, hit: _Hit, rules: MentionRules) -> bool:
    """Whether a cue stands near a find in its clause, other than as part of a word looked for."""
    for negation in rules.negation.values():
        exceptions = _all(text.folded, negation.exceptions, clause)
        for cue in _all(text.folded, negation.cues, clause):
            near = _is_near(cue, hit.span, negation)
            within_a_word = any(one.start <= cue.start and cue.end <= one.end for one in hit.pieces)
            harmless = any(cue.start < one.end and one.start < cue.end for one in exceptions)
            if near and not within_a_word and not harmless:
                return True
    return False


def _is_near(cue: Stretch, span: Stretch, negation: Negation) -> bool:
    """Whether a cue stands in a find, or close enough before or after it."""
    if cue.start < span.end:
        return span.start - cue.end <= negation.before
    return negation.after is not None and cue.start - span.end <= negation.after
