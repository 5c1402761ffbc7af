"""What every test session shares: how hypothesis searches, and the net around evaluation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.purity import PurityNet

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

# A program of its own: OR-Tools and HiGHS cannot be loaded in one process.
collect_ignore = ["support/plan_oracle.py"]

# `ci` draws the same examples each time: a red run is red again on the next machine.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# `dev` searches anew each time and remembers what it found.
settings.register_profile("dev", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))


@pytest.fixture(scope="session")
def purity_net() -> Callable[[], AbstractContextManager[None]]:
    """Give the net: `with purity_net(): ...` fails if the block touches the world."""
    return PurityNet().cast
