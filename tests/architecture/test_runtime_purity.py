"""A decision touches nothing while it is made: not a file, not a socket, not a process."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import engine
from tests.support.purity import TouchedTheWorldError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

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
