"""The probation result from its training part, and the way back from it to the evidence."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from engine.learning.results.documents import Link, ProbationRecord, identity_of
from engine.learning.results.explain import (
    WORDS,
    explain_follow_up,
    explain_probation,
    explain_proposal,
)
from engine.learning.results.probation import assess_probation, evidence_of
from engine.learning.results.replan import replan
from tests.support.follow_ups import (
    NOW,
    booking,
    content,
    enrolment,
    followed,
    result,
    rules,
    sales_plan,
)
from tests.support.golden import assert_golden
from tests.support.interviews import story

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.kernel.diagnostics import Lang
    from engine.learning.results.documents import LearningResult
    from engine.learning.results.follow_up import Followed

COURSE = "fmcg-negotiation"
BOOKED = enrolment(
    booking("product-knowledge", "2026-07-01", "2026-07-14"),
    booking(COURSE, "2026-07-20", "2026-08-16"),
    booking("ws-negotiation-roleplay", "2026-12-12", "2026-12-12"),
    pauses=[{"because": "approved_leave", "starts": "2026-08-16", "ends": "2026-08-20"}],
)
RESULTS = [
    result("product-knowledge", "2026-07-10", completion=80, exam=75),
    result("customer-empathy", "2026-07-20", completion=100, exam=66),
    result("customer-empathy", "2026-07-24", exam=85),
    result(COURSE, "2026-08-14", completion=100, exam="69.9"),
    result(COURSE, "2026-08-26", exam="65"),
    result(COURSE, "2026-08-28", rating=4, text="谈判技巧有明显提升"),
]


@cache
def evidence() -> tuple[Link, ...]:
    return evidence_of(story("article-sales", "sales-rep-fmcg").evaluation.profile, "int-2026-0001")


def assessed(known: Followed, performance: str | None = "80", **more: Any) -> ProbationRecord:  # noqa: ANN401
    read = content()
    effect, probation = (read.rule_set(name, NOW) for name in ("training-effect", "probation"))
    given = None if performance is None else Decimal(performance)
    return assess_probation(known, sales_plan(), effect, probation, given, **more)


def complete(**figures: Any) -> list[LearningResult]:  # noqa: ANN401 - figures of a result
    steps = [step.item for step in sales_plan().steps]
    return [result(item, "2026-08-10", completion=100, **figures) for item in steps]


# --- R40 -------------------------------------------------------------------------------------


def test_the_article_score_is_exact() -> None:
    """100 %, 85 and a rating of 4 give 88.5; with a performance of 80 that is 82.55."""
    made = assessed(followed(complete(exam=85, rating=4)))
    assert (made.completion, made.exam, made.mentor_rating) == (
        Decimal(100),
        Decimal(85),
        Decimal(4),
    )
    assert (made.training_effect, made.score) == (Decimal("88.5"), Decimal("82.55"))
    assert (made.status, made.outcome) == ("decided", "confirm")


def test_what_has_no_result_counts_as_nothing_done() -> None:
    made = assessed(followed([*complete()[:1], result(COURSE, "2026-08-10", exam=81, rating=3)]))
    assert (made.completion, made.exam) == (Decimal(25), Decimal(81))


@pytest.mark.parametrize(
    ("results", "performance", "missing"),
    [
        (complete(exam=85, rating=4), None, ("performance",)),
        (complete(exam=85), "80", ("mentor_rating",)),
        (complete(rating=4, text="85 分"), "80", ("exam",)),
        ([], "80", ("completion", "exam", "mentor_rating")),
    ],
)
def test_a_missing_part_is_for_a_person(
    results: Iterable[LearningResult], performance: str | None, missing: tuple[str, ...]
) -> None:
    made = assessed(followed(results), performance)
    assert (made.status, made.score, made.outcome) == ("incomplete", None, None)
    assert made.missing == missing
    assert explain_probation(made, "en").startswith("probation: ")
    assert "由人决定" in explain_probation(made, "zh")


# --- R43 -------------------------------------------------------------------------------------


def test_one_walks_back_from_the_result_to_the_evidence() -> None:
    known = followed(RESULTS, BOOKED)
    made = assessed(known, evidence=evidence())
    links = {f"{link.kind}:{link.id}": link for link in made.way_back}
    by_hash = {f"{link.kind}:{link.hash}": link for link in made.way_back}
    top = next(link for link in made.way_back if link.kind == "follow_up")
    assert top.hash == made.follow_up == identity_of(known.document)
    assert links["plan:sales-rep-fmcg"].hash == made.plan == identity_of(sales_plan())

    def walk(link: Link) -> set[str]:
        there = [links.get(name) or by_hash.get(name) for name in link.rests_on]
        return {link.kind}.union(*(walk(one) for one in there if one))

    assert walk(top) >= {"follow_up", "alert", "learning_result", "plan", "weakness", "evidence"}
    for link in made.way_back:
        for name in link.rests_on:
            known_ends = {"item", "profile", "interview"}
            assert name in links or name in by_hash or name.partition(":")[0] in known_ends, name


def test_every_hash_names_the_document_it_stands_for() -> None:
    known = followed(RESULTS, BOOKED)
    hashes = {link.hash for link in assessed(known).way_back if link.kind == "learning_result"}
    assert hashes == {identity_of(one) for one in RESULTS}
    rested = {hash_ for alert in known.document.alerts for hash_ in alert.rests_on}
    assert rested <= hashes


# --- in words --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_in_words(lang: Lang) -> None:
    known = followed(RESULTS, BOOKED)
    assert_golden(f"results/follow-up.{lang}.txt", explain_follow_up(known.document, lang) + "\n")
    paused = dt.datetime(2026, 8, 18, tzinfo=dt.UTC)
    idle = followed(
        [*RESULTS[:1], result("stress-review", "2026-08-01", completion=5)], BOOKED, paused
    )
    assert_golden(f"results/paused.{lang}.txt", explain_follow_up(idle.document, lang) + "\n")
    made = replan(content().graph(NOW), sales_plan(), BOOKED, known)
    assert_golden(f"results/proposal.{lang}.txt", explain_proposal(made, lang) + "\n")
    record = assessed(known, evidence=evidence())
    # The names of documents change with every key that one of them gains.
    told = re.sub(r"sha256:[0-9a-f]+", "sha256:…", explain_probation(record, lang))
    assert_golden(f"results/probation.{lang}.txt", told + "\n")


def test_every_word_of_the_shipped_rules_has_its_text() -> None:
    types = rules().escalation.types
    members = {
        member
        for type_ in ("alert", "task", "proposal", "pause")
        for field in types[type_].fields
        for member in field.members or ()
    }
    assert members <= set(WORDS)
