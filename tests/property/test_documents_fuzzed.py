"""Whatever the document: it is valid and can be used, or findings lie in its text; the short form of `make fuzz`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.documents import documents
from tests.fuzz.trial import run_trial, watched


@pytest.mark.slow
@settings(max_examples=1_000, suppress_health_check=list(HealthCheck))
@given(documents)
def test_a_faulty_document_is_refused_with_places_or_is_valid(document: tuple[str, str]) -> None:
    path, text = document
    with watched():
        assert run_trial(path, text) in {"refused", "valid"}
