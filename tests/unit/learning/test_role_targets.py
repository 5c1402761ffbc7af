"""The targets of a role come from its competency model, from the day on which that is in force."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.folder import read_folder
from engine.content import Content, check_content, read_content
from engine.kernel.errors import DocumentError
from engine.learning.cache import PlanCache
from engine.learning.plan import plan

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic

ROOT = Path(__file__).parents[3]
FILES = read_folder(ROOT).files
NEWEST = "competency_models/sales-rep-fmcg/1.1.0.yaml"
LATER = dt.datetime(2027, 6, 1, tzinfo=dt.UTC)
ROLE = "sales-rep-fmcg"


def with_model(*, target: str, competency: str = "negotiation", **changed: str) -> Content:
    """The shipped content and one more version of the sales model, with a target for a competency."""
    text = (
        FILES[NEWEST]
        .replace("version: 1.1.0", "version: 1.3.0")
        .replace("2026-07-01T", "2027-03-01T")
        .replace(f"  - id: {competency}\n", f"  - id: {competency}\n    target: {target}\n")
    )
    for before, after in changed.items():
        text = text.replace(before, after)
    files = FILES | {"competency_models/sales-rep-fmcg/1.3.0.yaml": text}
    [loaded] = [d for d in read_content(files).documents() if d.document.version == "1.3.0"]
    line = f"competency_model {loaded.document.id} 1.3.0 {loaded.hash} 2026-11-01T00:00:00+00:00\n"
    return read_content(files | {"published.lock": FILES["published.lock"] + line})


def target_of(
    content: Content, as_of: dt.datetime, competency: str = "negotiation"
) -> tuple[Decimal, int]:
    [found] = [t for t in content.graph(as_of).targets[ROLE] if t.competency == competency]
    return found.level, found.priority


def test_the_model_in_force_says_the_level() -> None:
    content = with_model(target="{level: 87.5, priority: 3}")
    assert target_of(content, dt.datetime(2026, 12, 1, tzinfo=dt.UTC)) == (Decimal(80), 1)
    assert target_of(content, LATER) == (Decimal("87.5"), 3)
    assert target_of(content, LATER, "resilience") == (Decimal(80), 2)
    assert [(m.id, m.version) for m in content.graph(LATER).models[ROLE]] == [(ROLE, "1.3.0")]
    assert content.graph(dt.datetime(2026, 12, 1, tzinfo=dt.UTC)).models == {}


def test_a_plan_goes_by_it() -> None:
    content = with_model(target="{level: 90}")
    scores = {"negotiation": Decimal(80)}
    assert plan(content.graph(dt.datetime(2026, 12, 1, tzinfo=dt.UTC)), ROLE, scores).gaps == ()
    cache = PlanCache()
    before = plan(content.graph(dt.datetime(2026, 12, 1, tzinfo=dt.UTC)), ROLE, scores, cache=cache)
    made = plan(content.graph(LATER), ROLE, scores, cache=cache)
    [gap] = made.gaps
    assert (gap.target, gap.priority) == (Decimal(90), 1)
    assert ([m.version for m in made.models], before.models, before.gaps) == (["1.3.0"], (), ())


def found(content: Content) -> list[Diagnostic]:
    return [d for d in check_content(content) if d.is_error]


@pytest.mark.slow
def test_a_target_that_no_catalog_knows_is_found() -> None:
    assert found(with_model(target="{level: 90}")) == []
    [wrong] = found(
        with_model(
            target="{level: 90}", **{"id: negotiation\n    target": "id: haggling\n    target"}
        )
    )
    assert (wrong.code.id, wrong.span is not None) == ("MODEL-TARGET-001", True)


@pytest.mark.parametrize("level", ["0", "100", "101", "high"])
def test_a_level_outside_0_to_100_is_refused(level: str) -> None:
    files = FILES | {
        NEWEST: FILES[NEWEST].replace(
            "  - id: negotiation\n", f"  - id: negotiation\n    target: {{level: {level}}}\n"
        )
    }
    assert [d.span.line for d in read_content(files).found if d.span and d.is_error] == [141]


def test_two_models_of_a_role_must_agree() -> None:
    text = (
        FILES[NEWEST]
        .replace("id: sales-rep-fmcg", "id: other-model", 1)
        .replace("  - id: negotiation\n", "  - id: negotiation\n    target: {level: 70}\n")
    )
    one = with_model(target="{level: 90}")
    files = {**FILES, "competency_models/other-model/1.1.0.yaml": text}
    [loaded] = [d for d in read_content(files).documents() if d.document.id == "other-model"]
    line = f"competency_model other-model 1.1.0 {loaded.hash} 2026-11-01T00:00:00+00:00\n"
    other = read_content(files | {"published.lock": FILES["published.lock"] + line})
    one.lay_over(other)
    one.lock += tuple(ln for ln in other.lock if ln.id == "other-model")
    with pytest.raises(DocumentError, match="MODEL-TARGET-002"):
        one.graph(LATER)


def test_a_model_for_demonstration_has_no_say() -> None:
    content = with_model(
        target="{level: 90}", **{"clause: HR-POL-05": "clause: HR-POL-05\nuse: demonstration"}
    )
    assert target_of(content, LATER) == (Decimal(80), 1)
