"""What access costs a request: finding the caller with and without the database, and masking an answer."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.operate import begin
from api.services.access import find_caller
from api.services.platform import open_platform
from api.services.roles import SIGHT
from api.settings import Settings
from engine.hiring.masking import masked
from tests.benchmarks.timing import Figure, seconds_per_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DECISION = {
    "id": "0" * 32,
    "decision": {
        "status": "decided",
        "outcomes": {"base_salary": "9460.00", "outcome": "offer"},
        "reasons": [{"code": "SCORE-MET", "zh": "…", "en": "…", "clause": "HR-1"}],
        "used": [{"kind": "rule_set", "id": "offer", "version": "1.0.0", "hash": "sha256:"}],
        "trace": [{"decision": "base_salary", "value": "9460.00"}] * 4,
    },
}


def access_figures() -> Iterator[Figure]:
    """Time the finding of a caller, and the mask over a decision."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        key = begin(settings, None) or ""
        platform = open_platform(settings)
        try:

            def found() -> object:
                return find_caller(platform, key, ("key",))

            def found_anew() -> object:
                platform.callers.forget()
                return found()

            yield Figure("access.caller_remembered_us", _micros(found), "µs", "within five seconds")
            yield Figure("access.caller_read_us", _micros(found_anew), "µs", "one query, SQLite")
        finally:
            platform.close()
    sight = SIGHT["auditor"]
    yield Figure("access.mask_decision_us", _micros(lambda: masked(DECISION, sight)), "µs", "")


def _micros(work: Callable[[], object]) -> float:
    return seconds_per_call(work) * 1e6


if __name__ == "__main__":
    for figure in access_figures():
        print(figure)
