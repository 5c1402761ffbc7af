"""What every test session shares: how hypothesis searches, and the net around evaluation."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.purity import PurityNet
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

UNTRACED = {"acceptance", "chaos", "fuzz", "property"}
"""Folders whose tests go over the same code again and again, by chance or with all that is shipped. Without tracing
they take a quarter of the time, and nothing counts as covered that only they come by."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what is long first: so no worker is left with it at the end."""
    items.sort(key=lambda item: not is_long(item))


def is_long(item: pytest.Item) -> bool:
    """Whether a test is of a folder that is long, or marked as slow."""
    folder = item.path.relative_to(ROOT).parts[1]
    return folder in UNTRACED or item.get_closest_marker("slow") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run what is long untraced.

    The mark `no_cover` of pytest-cov does not: in a worker of xdist it pauses one of two collectors, and the other goes on.
    """
    if not is_long(item):
        return (yield)
    here, threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(here)
        threading.settrace(threads)
