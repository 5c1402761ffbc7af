"""`published.lock`: what a line says, and that a line can be read back."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.content import read_content
from engine.lock import LockLine, check_lock, parse_lock, unlocked
from tests.support.rule_sets import text_of

SMALL = text_of("decisions:\n  out: {type: number, value: a}\n")
SHOWN = SMALL.replace("clause:", "use: demonstration\nclause:").replace("id: small", "id: shown")
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DOCUMENTS = list(read_content({"rules/a.yaml": SMALL, "rules/b.yaml": SHOWN}).documents())


def test_what_is_not_locked_yet_gets_a_line_and_demonstrations_none() -> None:
    (line,) = unlocked((), DOCUMENTS, NOW)
    assert (line.kind, line.id, line.version, line.recorded) == ("rule_set", "small", "1.0.0", NOW)
    assert unlocked([line], DOCUMENTS, NOW) == []
    again, found = parse_lock(f"# kept\n\n{line}\n")
    assert found == []
    assert [str(one) for one in again] == [str(line)]
    assert again[0].span is not None
    assert again[0].span.line == 3
    assert check_lock(again, DOCUMENTS) == []


@pytest.mark.parametrize(
    "line",
    [
        "rule_set small 1.0.0",
        "rule_set small 1.0 {hash} 2026-03-01T00:00:00+00:00",
        "rule_set small 1.0.0 {hash} 2026-03-01T00:00:00",
        "rule_set small 1.0.0 {hash} yesterday",
        "rule_set small 1.0.0 sha256:00 2026-03-01T00:00:00+00:00",
    ],
)
def test_lines_that_are_none(line: str) -> None:
    lines, (found,) = parse_lock(line.format(hash=DOCUMENTS[0].hash), "published.lock")
    assert lines == ()
    assert (found.code.id, str(found.span)) == ("LOCK-001", "published.lock:1:1")


def test_each_line_is_told_once() -> None:
    line = unlocked((), DOCUMENTS, NOW)[0]
    changed = LockLine(line.kind, line.id, line.version, line.hash[:-1] + "x", NOW)  # type: ignore[arg-type]
    gone = LockLine("rule_set", "gone", "1.0.0", line.hash, NOW)
    found = check_lock([changed, line, gone], DOCUMENTS)
    assert [d.code.id for d in found] == ["LOCK-002", "LOCK-004", "LOCK-003"]
