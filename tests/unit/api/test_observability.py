"""Logs: every line is JSON, and none holds a person or a secret."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.rates import Rate, origin_of
from api.observability import Figures, logger, redact, set_up_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

ID_NUMBER, PHONE, NAME = "11010519491231002X", "13812345678", "张伟"
KEY = "evh_0a1b2c3d_abcDEF-123_xyz"


@pytest.fixture
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = before, level
    logging.raiseExceptions = True


def test_no_line_holds_a_person_or_a_secret(
    as_before: None, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs()
    logger().info(
        "told", candidate=NAME, name=NAME, inputs={"x": NAME}, note=f"id {ID_NUMBER}", key=KEY
    )
    logger().warning(
        "nested", of=[{"phone": PHONE, "more": f"call {PHONE}"}], header=f"Bearer {KEY}"
    )
    logging.getLogger("library").warning("mail a.b@example.org, %s", KEY)
    logging.getLogger("library").error("postgresql://me:hush@host/name")
    try:
        int(f"{NAME} {ID_NUMBER}")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(lines) == 5
    assert lines[-1]["error"] == "ValueError"
    assert "test_observability.py" in lines[-1]["where"][-1]
    text = json.dumps(lines, ensure_ascii=False)
    for hidden in (ID_NUMBER, PHONE, NAME, KEY, "hush", "example.org"):
        assert hidden not in text
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)


@settings(max_examples=50)
@given(
    before=st.text(alphabet="ab 张：,", max_size=8),
    number=st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True),
)
def test_an_id_number_is_hidden_wherever_it_stands(before: str, number: str) -> None:
    assert number not in str(
        redact(None, "", {"event": f"{before}{number}", "x": [before + number]})
    )


def test_a_caller_over_the_rate_waits_and_others_do_not() -> None:
    rate = Rate(2, 2)
    assert [rate.allows("a", 0.0) for _ in range(3)] == [True, True, False]
    assert rate.allows("b", 0.0)
    assert [rate.allows("a", 0.5), rate.allows("a", 0.6)] == [True, False]
    assert [rate.allows("a", 99.0) for _ in range(3)] == [True, True, False]
    for one in range(10_050):
        rate.allows(str(one), 100.0)
    assert len(rate._left) == 10_000


def test_what_is_given_back_is_no_more_than_there_was() -> None:
    rate = Rate(0, 2)
    rate.gives_back("a", 0.0)
    assert [rate.allows("a", 0.0) for _ in range(3)] == [True, True, False]
    rate.gives_back("a", 0.0)
    assert [rate.allows("a", 0.0), rate.has_left("a", 0.0)] == [True, False]


def test_addresses_of_one_network_are_one_caller() -> None:
    assert len({origin_of(f"2001:db8:0:7:{n:x}::1") for n in range(100)}) == 1
    assert origin_of("2001:db8:0:8::1") != origin_of("2001:db8:0:7::1")
    assert origin_of("fe80::1%eth0") == origin_of("fe80::2%eth0") == "fe80::/64"
    assert origin_of("testclient") == "testclient"


def test_the_figures_are_what_a_monitor_reads() -> None:
    figures = Figures(lambda: 7)
    figures.requests.labels("GET", "/v1/decisions", 200).inc()
    told = figures.text().decode()
    assert "evenhand_writer_waiting 7.0" in told
    assert 'evenhand_requests_total{method="GET",route="/v1/decisions",status="200"} 1.0' in told
