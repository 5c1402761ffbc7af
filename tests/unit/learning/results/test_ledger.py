"""Results put together: the same twice is nothing new, two truths are a conflict, order is nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.errors import DocumentError
from engine.learning.results.ledger import Ledger, collect
from tests.support.follow_ups import LEARNER, NOW, booking, enrolment, followed, result

if TYPE_CHECKING:
    from engine.learning.results.documents import LearningResult

ITEMS = ["product-knowledge", "customer-empathy", "fmcg-negotiation"]


def conflict(*results: LearningResult, before: Ledger | None = None) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        collect(results, before)
    assert all(d.message("zh") for d in caught.value.diagnostics)
    return [f"{d.code.id} {d.message()}" for d in caught.value.diagnostics]


def test_the_same_again_changes_nothing_also_under_another_id() -> None:
    one = result(ITEMS[0], "2026-03-01", exam=80)
    again = one.model_copy(update={"id": "z-9"})
    first = collect([one])
    assert collect([one, one], first) == collect([again], first) == first


def test_two_contents_of_one_id_are_named() -> None:
    one, other = (result(ITEMS[0], "2026-03-01", exam=exam) for exam in (80, 60))
    [found] = conflict(one, before=collect([other]))
    assert found.startswith("RESULT-CONFLICT-001 the result `product-knowledge@2026-03-01`")
    assert "exam 80" in found
    assert "exam 60" in found


def test_two_values_of_one_time_and_source_are_named() -> None:
    one = result(ITEMS[0], "2026-03-01", exam=80)
    other = result(ITEMS[0], "2026-03-01", exam=60, id="other")
    [found] = conflict(one, other)
    assert found == (
        "RESULT-CONFLICT-002 `other` and `product-knowledge@2026-03-01` give the exam of `product-knowledge` "
        f"for `{LEARNER}` at 2026-03-01T10:00:00+00:00 as 60 and 80"
    )


def test_other_figures_sources_and_times_are_no_conflict() -> None:
    first = result(ITEMS[0], "2026-03-01", exam=80)
    others = [
        result(ITEMS[0], "2026-03-01", completion=50, id="b"),
        result(ITEMS[0], "2026-03-01", exam=60, id="c", source="paper"),
        result(ITEMS[0], "2026-03-02", exam=60),
        result(ITEMS[0], "2026-03-01", exam=60, id="d", learner="P-2"),
    ]
    ledger = collect([first, *others])
    assert len(ledger.results) == 5
    assert ledger.learners() == ("P-2", LEARNER)
    assert len(ledger.of(LEARNER, dt.datetime(2026, 3, 2, tzinfo=dt.UTC))) == 3


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[list[LearningResult], list[LearningResult]]:
    figures: dict[tuple[str, int], dict[str, Any]] = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(ITEMS), st.integers(1, 28)),
            st.fixed_dictionaries(
                {},
                optional={
                    "completion": st.sampled_from([20, 79, 80, 100]),
                    "exam": st.sampled_from([50, 69, 70, 90]),
                    "rating": st.integers(1, 5),
                },
            ),
            max_size=8,
        )
    )
    made = [result(item, f"2026-08-{day:02}", **said) for (item, day), said in figures.items()]
    repeated = draw(st.lists(st.sampled_from(made), max_size=3)) if made else []
    return made, draw(st.permutations([*made, *repeated]))


@settings(max_examples=25, deadline=None)
@given(shuffled())
def test_the_order_in_which_results_come_in_is_nothing(
    both: tuple[list[LearningResult], list[LearningResult]],
) -> None:
    enrolled = enrolment(*(booking(item, "2026-08-01", "2026-08-20") for item in ITEMS))
    straight, mixed = (followed(results, enrolled, NOW).document for results in both)
    assert straight == mixed


@settings(max_examples=25, deadline=None)
@given(shuffled())
def test_results_may_come_in_parts(
    both: tuple[list[LearningResult], list[LearningResult]],
) -> None:
    whole, mixed = both
    half = len(mixed) // 2
    assert collect(mixed[:half], collect(mixed[half:])) == collect(whole)
