"""import(export(x)) = x, by the sheets alone: whatever a rule set holds comes back with the same identity."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from engine.kernel.documents import Loaded, load_data
from engine.rules.documents import RuleSet
from engine.rules.sheets import from_sheets, to_sheets
from tests.property.test_writing import SHIPPED
from tests.support import programs


def again(loaded: Loaded[RuleSet]) -> None:
    read = from_sheets(to_sheets(loaded.document, loaded.hash))
    assert read.found == []
    back, found = load_data(RuleSet, read.data)
    assert back is not None, found
    assert back.hash == loaded.hash
    assert read.base == {"base_version": loaded.document.version, "base_hash": loaded.hash}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped(name: str) -> None:
    again(SHIPPED[name])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(programs.rule_sets())
def test_any_rule_set(data: dict[str, Any]) -> None:
    loaded, found = load_data(RuleSet, data)
    assert loaded is not None, found
    again(loaded)
