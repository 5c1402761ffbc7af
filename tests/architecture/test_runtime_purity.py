"""A decision touches nothing while it is made: not a file, not a socket, not a process."""

from __future__ import annotations

import datetime as dt
import socket
import sqlite3
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import engine
from api.folder import read_folder
from engine.feel import evaluate
from engine.hiring.evaluation import evaluate_interview
from engine.kernel.errors import EvaluationError
from engine.rules.evaluate import interpret
from engine.rules.explain import explain, explanation_text
from tests.support.interviews import BAND, story
from tests.support.purity import TouchedTheWorldError
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from engine.content import Content

    Net = Callable[[], AbstractContextManager[None]]

DOOR = ("parse", "check", "decide", "explain", "recommend")


def test_the_door_has_what_a_decision_needs() -> None:
    missing = [name for name in DOOR if not callable(getattr(engine, name, None))]
    assert not missing, f"`engine` does not offer {', '.join(missing)}"


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda: Path(__file__).read_text("utf-8"), id="open"),
        pytest.param(lambda: list(Path(__file__).parent.iterdir()), id="list"),
        pytest.param(lambda: socket.create_connection(("127.0.0.1", 9)), id="connect"),
        pytest.param(lambda: sqlite3.connect(":memory:"), id="database"),
        pytest.param(lambda: subprocess.run([sys.executable, "-V"], check=True), id="spawn"),
    ],
)
def test_the_net_holds(purity_net: Net, touch: Callable[[], object]) -> None:
    with pytest.raises(TouchedTheWorldError), purity_net():
        touch()


def test_the_net_lets_thought_pass(purity_net: Net) -> None:
    with purity_net():
        assert eval(compile("sum(range(5))", "<generated>", "eval")) == 10  # noqa: S307


def test_the_net_is_drawn_in_again(purity_net: Net) -> None:
    with purity_net():
        pass
    assert Path(__file__).read_text("utf-8")


def test_the_net_watches_one_thread(purity_net: Net) -> None:
    started, cast, read = threading.Event(), threading.Event(), list[str]()

    def elsewhere() -> None:
        started.set()
        cast.wait(5)
        read.append(Path(__file__).read_text("utf-8"))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    started.wait(5)
    with purity_net():
        cast.set()
        thread.join(5)
    assert read


# --- the shipped content, decided inside the net --------------------------------------------------

AT = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
CASE = {"overall": "87.3", "assessed": True, "band_min": 8000, "band_max": 10000}


@cache
def content() -> Content:
    """Read the shipped content, outside the net: a file is read."""
    return engine.parse(read_folder(ROOT).files)


def test_parse_and_check_touch_nothing(purity_net: Net) -> None:
    texts = {"rules/offer/1.0.0.yaml": read_folder(ROOT).files["rules/offer/1.0.0.yaml"]}
    engine.check(
        engine.parse(texts)
    )  # what is imported when it is first needed is read from the disk
    with purity_net():
        assert not [d for d in engine.check(engine.parse(texts)) if d.is_error]


@pytest.mark.parametrize(
    "case", [CASE, {}, {**CASE, "overall": "x"}], ids=["whole", "empty", "bad"]
)
def test_a_decision_touches_nothing(purity_net: Net, case: dict[str, object]) -> None:
    offer = content().rule_set("offer@1.0.0", AT)
    explain(offer, case)
    with purity_net():
        decided = engine.decide(offer, case)
        assert interpret(offer, case) == decided
        assert explanation_text(explain(offer, case), offer, "zh")


def test_an_evaluation_and_a_plan_touch_nothing(purity_net: Net) -> None:
    told = story("article-sales", "sales-rep-fmcg")
    assert evaluate_interview(told.interview, told.materials, BAND) == told.evaluation
    with purity_net():
        found = evaluate_interview(told.interview, told.materials, BAND)
    assert found == told.evaluation
    assert found.plan is not None


def test_a_named_zone_is_refused_in_rules_before_it_is_read(purity_net: Net) -> None:
    """The standard's meaning reads each zone once, from the package; rules read none, not even to refuse it."""
    with purity_net(), pytest.raises(EvaluationError, match="FEEL-EVAL-063"):
        evaluate('time("10:00:00@Asia/Kathmandu")')
    there = '@"2026-01-31T10:00:00@Asia/Kathmandu".time offset'
    assert evaluate(there, mode="dmn") == dt.timedelta(hours=5, minutes=45)
    with purity_net():
        assert evaluate(there, mode="dmn") == dt.timedelta(hours=5, minutes=45)
