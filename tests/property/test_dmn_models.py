"""No model crashes: whatever XML and inputs come in, there is a value, or faults, or a refusal with places."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.dmn import DmnModel, load
from engine.dmn.documents import Head
from engine.dmn.translate import translate_model
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic

FOLDER = Path(__file__).parents[1] / "conformance" / "dmn"
TEXTS = {p.stem: p.read_text("utf-8") for p in sorted(FOLDER.glob("*.dmn"))}
IMPORTS = {f"{name}.dmn": text for name, text in TEXTS.items()}
HEAD = Head("m", "t", "-", "2026-01-01T00:00:00+08:00")
_TEXT = re.compile(r"(?<=<text>)[^<]*(?=</text>)")
_ATTRIBUTE = re.compile(r'(?<==")[^"]*(?=")')
_ELEMENT = re.compile(r"<(\w+)[^<>]*/>|<text>[^<]*</text>|</?\w+[^<>]*>")
_PIECES = [
    "null", "-", "?", "1", '"x"', "[1..", "not(", "a b", "d", "number", "tPerson", "#_d", "",
    "for x in 1..1000000000 return x", "((((", "{a: 1}.a", "function(x) x", "item", "partial",
    "1" * 400, "é持\u2028", "&lt;", "string(1) * 2", "true",
]  # fmt: skip


@st.composite
def broken_models(draw: st.DrawFn) -> str:
    """Take a model and put a few texts, attributes or elements in the wrong place."""
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    for _ in range(draw(st.integers(1, 4))):
        pattern = draw(st.sampled_from([_TEXT, _TEXT, _ATTRIBUTE, _ATTRIBUTE, _ELEMENT]))
        found = list(pattern.finditer(text))
        if not found:
            continue
        match = draw(st.sampled_from(found))
        other = draw(st.sampled_from(found)).group()
        instead = draw(
            st.sampled_from([other, *_PIECES])
            if pattern is not _ELEMENT
            else st.sampled_from(["", other, match.group() * 2])
        )
        text = text[: match.start()] + instead + text[match.end() :]
    return text


values = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100).map(Decimal) | st.text('ab é"', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "Age", "full name", "x-y"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def loaded(text: str | bytes) -> DmnModel | None:
    """Load a model; one that is refused says where and why."""
    found: tuple[Diagnostic, ...] = ()
    try:
        return load(text, imports=IMPORTS)
    except DocumentError as error:
        found = error.diagnostics
    assert found
    assert all(d.span is not None for d in found)
    return None


def check_whole(text: str, given_value: object) -> None:
    model = loaded(text)
    if model is None:
        return
    inputs = dict.fromkeys(model.inputs, given_value)
    for name in model.decisions:
        result = model.evaluate(name, inputs)
        assert all(d.message("zh") and d.message("en") for d in result.faults)
    for name in model.invocables:
        model.invoke(name, inputs)
    translate_model(model, HEAD)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(broken_models(), values)
def test_a_broken_model_is_refused_or_decides(text: str, given_value: object) -> None:
    check_whole(text, given_value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_torn_bytes_are_refused_or_decide(data: st.DataObject) -> None:
    raw = TEXTS[data.draw(st.sampled_from(["functions", "types", "faults"]))].encode()
    start = data.draw(st.integers(0, len(raw)))
    torn = (
        raw[:start] + data.draw(st.binary(max_size=6)) + raw[start + data.draw(st.integers(0, 9)) :]
    )
    loaded(torn)
