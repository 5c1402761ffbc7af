"""A document that is written and read again is the same document, whatever its texts hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.folder import default_folder, read_folder
from engine.content import read_content, read_document
from engine.kernel.documents import Loaded, load_data
from engine.rules.documents import RuleSet
from engine.rules.writing import write_document
from tests.support import programs

SHIPPED = {
    f"{loaded.document.id}@{loaded.document.version}": loaded
    for loaded in read_content(read_folder(default_folder()).files).documents()
    if isinstance(loaded.document, RuleSet)
}


def again(loaded: Loaded[RuleSet]) -> None:
    data = loaded.document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    text = write_document(data)
    read, found = read_document(text, "written.yaml")
    assert read is not None, (found, text)
    assert read.hash == loaded.hash, text


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped(name: str) -> None:
    again(SHIPPED[name])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(programs.rule_sets())
def test_any_rule_set(data: dict[str, Any]) -> None:
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    again(loaded)


@settings(max_examples=300)
@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])
        | st.sampled_from("\n\t |#:'\"\\")
    )
)
def test_any_text(text: str) -> None:
    data = {**programs.HEAD, "owner": "o", "decisions": {"x": {"value": "1"}}}
    data["reasons"] = {"WHY": {"zh": text.replace("{", ""), "en": "e"}}
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    again(loaded)
