"""The mistakes that people make first: each gives one readable finding, in its place, with advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.folder import read_folder
from engine.content import check_content, read_content
from engine.kernel.diagnostics import render
from tests.support.golden import assert_golden
from tests.support.source import ROOT

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic

FILES = {
    path: text for path, text in read_folder(ROOT).files.items() if "/background-check/" not in path
}
"""What is shipped, without the largest rule set: to check it takes longer than all others, and no mistake is made there."""
OFFER = "rules/offer/1.0.0.yaml"
MODEL = "competency_models/sales-rep-fmcg/1.0.0.yaml"
PAY = "round half up(interpolate(overall, line, band_min, cap, band_max), 2)"

CIRCLE = """
  bonus: {type: number, unit: CNY/month, value: total / 10}
  total: {type: number, unit: CNY/month, value: bonus * 10}

reasons:"""
MISTAKES: dict[str, tuple[str, str, str, bool]] = {
    "a-weight-of-30": (
        MODEL,
        "weight: {value: 20, provenance: human_set}",
        "weight: {value: 30, provenance: human_set}",
        False,
    ),
    "a-cycle-of-decisions": (
        OFFER,
        "\nreasons:",
        CIRCLE,
        False,
    ),
    "salary-plus-score": (OFFER, PAY, "band_min + overall", False),
    "an-unquoted-comparison": (OFFER, '  - "band_min <= band_max"', "  - >= 80", False),
    "a-misspelt-name": (OFFER, PAY, PAY.replace("overall", "overal"), False),
    "a-changed-published-file": (OFFER, "{value: 80, ", "{value: 81, ", True),
}
"""A shipped file, what stands in it, what is written instead, and whether it is published."""


def mistake(name: str) -> tuple[str, str, list[Diagnostic]]:
    """Make a mistake in a draft, or in a published file, and check the folder."""
    path, before, after, published = MISTAKES[name]
    assert before in FILES[path]
    changed = {**FILES, path: FILES[path].replace(before, after, 1)}
    base = {k: v for k, v in FILES.items() if k != "published.lock"}
    lines = [
        f"{d.document.kind} {d.document.id} {d.document.version} {d.hash} 2026-01-01T00:00:00+00:00"
        for d in read_content(base).documents()
        if d.path == path and published
    ]
    return (
        path,
        changed[path],
        check_content(read_content({**changed, "published.lock": "\n".join(lines)})),
    )


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_a_mistake_gives_one_readable_finding(name: str) -> None:
    path, text, found = mistake(name)
    (one,) = (d for d in found if d.is_error)
    assert one.span is not None
    assert one.span.path == path
    assert one.help("zh")
    assert one.help("en")
    told = "\n\n".join(render(one, text.split("\n"), lang) for lang in ("en", "zh")) + "\n"
    assert_golden(f"errors/{name}.txt", told)


def test_without_a_mistake_nothing_is_found() -> None:
    texts = {k: v for k, v in FILES.items() if k != "published.lock"}
    assert not [d for d in check_content(read_content(texts)) if d.is_error]
