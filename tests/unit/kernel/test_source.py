"""Reading YAML: any text ends soon, with a document or with findings that have a place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.kernel.documents import Document, load_tree
from engine.kernel.source import (
    MAX_BYTES,
    Mapping,
    Scalar,
    descend,
    key_span_of,
    plain,
    read_yaml,
    span_of,
)

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = [
    path.read_text("utf-8")
    for folder in ("rules", "competency_models", "catalog")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
]


def codes(text: str) -> list[str]:
    _, found = read_yaml(text, "f.yaml")
    return [f"{d.code.id}@{d.span.line}:{d.span.column}" for d in found if d.span]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n", []),
        (
            "a: >= 80\nb: [80..90)\nc: 1\nd: -\n",
            ["YAML-SYNTAX-002@1:4", "YAML-SYNTAX-002@2:4", "YAML-SYNTAX-002@4:4"],
        ),
        ("a:\n  - > 80 # note\n", ["YAML-SYNTAX-002@2:5"]),
        ("a: 'x\n", ["YAML-SYNTAX-001@2:1"]),
        ("a: [1, 2\nb: 3\n", ["YAML-SYNTAX-002@1:4"]),
        ("  a: 1\n b: 2\n", ["YAML-SYNTAX-001@2:2"]),
        ("a: &x 1\nb: *x\n", ["YAML-SYNTAX-003@1:4", "YAML-SYNTAX-003@1:4"]),
        ("<<: {a: 1}\n", []),
        ("a: !!int 5\n", ["YAML-SYNTAX-004@1:4"]),
        ("&k a: 1\n", ["YAML-KEY-002@1:1"]),
        ("? |\n  a\n: 1\n", ["YAML-KEY-002@1:3"]),
        ("a: *b\n", ["YAML-SYNTAX-002@1:4"]),
        ('a: "\\u2028"\n', ["YAML-SIGN-001@1:4"]),
        ('"\\ud800": 1\n', ["YAML-SIGN-001@1:1"]),
        ("a: x\rb\n", ["YAML-SIGN-001@1:5"]),
        ("a: \u202eb\nb: \x85c\n", ["YAML-SIGN-001@1:4", "YAML-SIGN-001@2:4"]),
        ("a: {b: 1,c}\n", ["YAML-KEY-004@1:10"]),
        ("a: |\n  \tx\n", ["YAML-SIGN-002@2:3"]),
        ("%YAML 9\n", ["YAML-SYNTAX-001@1:8"]),
        ("@a", ["YAML-SYNTAX-002@1:1"]),
    ],
)
def test_findings_have_their_places(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_scalars_stay_text() -> None:
    tree, found = read_yaml("a: 0.10\nb: yes\nc: 2026-01-01\nd: |\n  x\n  y\ne: [1, {f: '2'}]\n")
    assert not found
    assert tree is not None
    assert plain(tree) == {
        "a": "0.10",
        "b": "yes",
        "c": "2026-01-01",
        "d": "x\ny\n",
        "e": ["1", {"f": "2"}],
    }


def test_the_way_through_a_tree() -> None:
    tree, _ = read_yaml("a:\n  b: [x, {c: 1}]\n", "f")
    assert plain(descend(tree, ("a", "b", 1, "c"))) == "1"  # type: ignore[arg-type]
    assert descend(tree, ("a", "b", 5)) is None
    assert descend(tree, ("a", 0)) is None
    assert str(span_of(tree, ("a", "b", 1, "c"))) == "f:2:14"
    assert str(span_of(tree, ("a", "b"))) == "f:2:3"
    assert str(span_of(tree, ("a", "missing"))) == "f:1:1"
    assert str(span_of(tree, ("a", "b", 1, "z"))) == "f:2:10"
    assert str(span_of(tree, ("nowhere",))) == "f:1:1"
    assert str(key_span_of(tree, ("a", "b"))) == "f:2:3"
    assert key_span_of(tree, ()) is None
    assert span_of(None, ("a",)) is None


@given(
    st.lists(st.text("ab客户😀| >=80", min_size=1, max_size=12), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_places_in_a_literal_are_exact(lines: list[str], indent: int) -> None:
    """Every code point of a literal is found again in the source, at its line and column."""
    lines = ["x" + line.rstrip() for line in lines]
    source = "key: |\n" + "\n".join(" " * indent + line for line in lines) + "\n"
    tree, found = read_yaml(source)
    assert not found
    assert isinstance(tree, Mapping)
    node = tree.entries["key"]
    assert isinstance(node, Scalar)
    rows = source.split("\n")
    for offset, sign in enumerate(node.text):
        if sign != "\n":
            span = node.span_at(offset, offset + 1)
            assert rows[span.line - 1][span.column - 1] == sign


SIZE = 300_000
PATHOLOGICAL = {
    name: text[: MAX_BYTES - 10]
    for name, text in {
        "brackets": "[" * SIZE,
        "braces": "{" * SIZE,
        "dashes": "- " * SIZE,
        "colons": ": " * SIZE,
        "double quotes": '"' * SIZE,
        "single quotes": "'" * SIZE,
        "backslashes": 'a: "' + "\\" * SIZE,
        "question marks": "? " * SIZE,
        "anchors": "&a " * SIZE,
        "aliases": "*a " * SIZE,
        "tags": "!a " * SIZE,
        "documents": "---\n" * 150_000,
        "cells": "k: >= 80\n" * 100_000,
        "items": "a: [" + "x," * SIZE,
        "keys": "".join(f"k{i}:\n" for i in range(100_000)),
        "comments": "#\n" * SIZE,
        "nulls": "\0" * SIZE,
        "bombs": "a: &a [x,x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(5_000)),
        "late faults": "".join(f"k{i}: v\n" for i in range(20_000)) + "k: >= 80\n" * 200,
    }.items()
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_large_nonsense_ends(name: str) -> None:
    node, found = read_yaml(PATHOLOGICAL[name], "f.yaml")
    assert found or node is not None
    assert all(d.span for d in found)


def _mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        end = min(len(text), place + draw(st.integers(0, 40)))
        middle = draw(
            st.sampled_from(
                [
                    "",
                    "\t",
                    "[",
                    "{",
                    "- ",
                    ": ",
                    ">= 80",
                    '"',
                    "'",
                    "\n",
                    "&a ",
                    "*a",
                    "!x ",
                    "|",
                    "#",
                    "\u2028",
                    "\r",
                    "客",
                    "e\u0301",
                    "? ",
                ]
            )
            | st.just(text[place:end] * 2)
            | st.text(max_size=3)
        )
        text = text[:place] + middle + text[end:]
    return text


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.composite(_mutated)())
def test_mutated_content_is_a_document_or_has_located_findings(text: str) -> None:
    tree, found = read_yaml(text, "f.yaml")
    assert tree is not None or found
    lines = text.split("\n")
    if tree is not None:
        loaded, more = load_tree(Document, tree, "f.yaml")
        found += more
        assert loaded is not None or found
    for diagnostic in found:
        assert diagnostic.span is not None
        assert 1 <= diagnostic.span.line <= len(lines) + 1
        assert re.match(r"[A-Z]+-", diagnostic.code.id)
        assert diagnostic.message("zh")
