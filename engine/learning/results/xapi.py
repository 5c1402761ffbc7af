"""xAPI statements (IEEE 9274.1.1) to learning results: an array, one object, or one a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from engine.kernel.decimals import CONTEXT, fits
from engine.kernel.diagnostics import Code, Diagnostic, Span
from engine.kernel.errors import DocumentError
from engine.kernel.json_text import read_json
from engine.learning.results.reading import (
    MAX_FINDINGS,
    MAX_ROWS,
    MAX_SIZE,
    TOO_LARGE,
    TOO_MANY,
    read_row,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.learning.results.documents import LearningResult
    from engine.learning.results.reading import Names

NOT_A_STATEMENT = Code(
    "RESULT-XAPI-001",
    "this is not a statement: `{part}` is missing or not of the right kind",
    "这不是一条 xAPI 语句：`{part}` 缺失或类型不对",
    "a statement has `actor`, `verb` and `object`; give it also `id` and `timestamp`",
    "语句须有 `actor`、`verb` 和 `object`；还请写明 `id` 和 `timestamp`",
)
NO_ACCOUNT = Code(
    "RESULT-XAPI-002",
    "the actor has no account, and a mail address is not taken for an id",
    "执行者没有账户，且邮箱地址不作为编号",
    "send `actor.account` with `homePage` and `name`",
    "请发送带有 `homePage` 和 `name` 的 `actor.account`",
)
BAD_SCORE = Code(
    "RESULT-XAPI-003",
    "the score `{score}` is not within {low} to {high}",
    "得分 `{score}` 不在 {low} 到 {high} 之间",
    "`scaled` lies from -1 to 1, `raw` from `min` to `max`",
    "`scaled` 介于 -1 与 1 之间，`raw` 介于 `min` 与 `max` 之间",
)

_HUNDRED = Decimal(100)
_FINEST = Decimal("0.0001")
_VERBS: Mapping[str, Mapping[str, object]] = {
    "completed": {"completion": _HUNDRED},
    "passed": {"success": True},
    "failed": {"success": False},
}
_PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
_LONG_SECONDS = re.compile(r"(\.\d{6})\d+")


def read_xapi(text: str, names: Names, path: str = "") -> tuple[LearningResult, ...]:
    """Read statements; raises DocumentError with every finding at its line or index.

    `score.scaled` becomes a percentage, below 0 it is 0; without it, `raw` counts between `min`
    and `max`. A statement that another one voids is left out. What says nothing about completion,
    success or score is passed over.
    """
    if len(text) > MAX_SIZE:
        place = Span(path, 1, 1, 1, 1)
        raise DocumentError([TOO_LARGE.at(place, size=len(text), limit=MAX_SIZE)])
    rows: list[tuple[str, LearningResult]] = []
    voided: set[str] = set()
    found: list[Diagnostic] = []
    for number, (statement, span, where) in enumerate(_statements(text, path)):
        if number >= MAX_ROWS:
            raise DocumentError([TOO_MANY.at(span, limit=MAX_ROWS)])
        read = _read(statement, names, span, where)
        if isinstance(read, list):
            found += read
        elif isinstance(read, str):
            voided.add(read)
        elif read is not None:
            rows.append((read.id, read))
        if len(found) >= MAX_FINDINGS:
            break
    if found:
        raise DocumentError(found)
    return tuple(result for id_, result in rows if id_ not in voided)


def _statements(text: str, path: str) -> Iterator[tuple[object, Span, str]]:
    """Give each statement with its place: a line, or an index of the array."""
    if text.lstrip().startswith("["):
        listed = read_json(text, path)
        assert isinstance(listed, list)  # noqa: S101 - it begins with a bracket
        place = Span(path, 1, 1, 1, 1)
        yield from ((statement, place, f"[{n}]") for n, statement in enumerate(listed))
        return
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if lines and lines[0][1].strip() == "{":
        # One object over several lines, as a person writes it.
        yield read_json(text, path), Span(path, lines[0][0], 1, lines[0][0], 2), ""
        return
    for number, line in lines:
        span = Span(path, number, 1, number, len(line) + 1)
        try:
            yield read_json(line, path), span, ""
        except DocumentError as error:
            raise DocumentError([_on_line(d, number) for d in error.diagnostics]) from None


def _on_line(found: Diagnostic, number: int) -> Diagnostic:
    span = found.span
    at = Span(span.path, number, span.column, number, span.end_column) if span else None
    return Diagnostic(found.code, at, found.args, found.near, found.where)


def _read(
    statement: object, names: Names, span: Span, where: str
) -> LearningResult | list[Diagnostic] | str | None:
    """Read one statement: a result, its findings, the id that it voids, or nothing of use."""
    try:
        verb = str(_part(statement, "verb", "id")).rstrip("/").rpartition("/")[2]
        if verb == "voided":
            return str(_part(statement, "object", "id"))
        data = _figures(statement, verb)
        if data is None:
            return None
        account = _maybe(statement, "actor", "account")
        if account is None:
            return [Diagnostic(NO_ACCOUNT, span, {}, None, where)]
        stamp = _maybe(statement, "timestamp") or _maybe(statement, "stored") or ""
        data |= {
            "learner": _part(statement, "actor", "account", "name"),
            "item": _part(statement, "object", "id"),
            "at": _LONG_SECONDS.sub(r"\1", str(stamp)),
            "source": _maybe(statement, "actor", "account", "homePage") or "xapi",
        }
        if (id_ := _maybe(statement, "id")) is not None:
            data["id"] = id_
    except _StatementError as error:
        return [Diagnostic(error.code, span, error.args_, None, where)]
    return read_row(data, names, span, where)


class _StatementError(Exception):
    """Raised inside for one fault of one statement."""

    def __init__(self, code: Code, **args: str) -> None:
        super().__init__(code.id)
        self.code, self.args_ = code, args


def _part(statement: object, *keys: str) -> object:
    found = _maybe(statement, *keys)
    if not isinstance(found, str) or not found:
        raise _StatementError(NOT_A_STATEMENT, part=".".join(keys))
    return found


def _maybe(statement: object, *keys: str) -> object:
    """Follow keys into a statement; None where one is not there."""
    here = statement
    for key in keys:
        if not isinstance(here, Mapping):
            raise _StatementError(NOT_A_STATEMENT, part=key)
        here = here.get(key)
        if here is None:
            return None
    return here


def _figures(statement: object, verb: str) -> dict[str, object] | None:
    """Take what a statement says of completion, success and score; None if nothing."""
    said: dict[str, object] = {**_VERBS.get(verb, {})}
    result = _maybe(statement, "result")
    if result is not None:
        if _maybe(result, "completion") is True:
            said["completion"] = _HUNDRED
        progress = _maybe(result, "extensions", _PROGRESS)
        if progress is not None and "completion" not in said:
            said["completion"] = progress
        success = _maybe(result, "success")
        if success is not None:
            said["success"] = success
        score = _maybe(result, "score")
        if score is not None and (exam := _percent(score)) is not None:
            said["exam"] = exam
    return said or None


def _percent(score: object) -> Decimal | None:
    """Give a score as a percentage, rounded down to four places so that no line is crossed."""
    scaled = _number(score, "scaled")
    if scaled is not None:
        if not -1 <= scaled <= 1:
            raise _StatementError(BAD_SCORE, score=str(scaled), low="-1", high="1")
        share = max(scaled, Decimal(0))
    else:
        raw, low, high = (_number(score, key) for key in ("raw", "min", "max"))
        if raw is None or low is None or high is None:
            return None
        if not low <= raw <= high or low == high:
            raise _StatementError(BAD_SCORE, score=str(raw), low=str(low), high=str(high))
        share = CONTEXT.divide(raw - low, high - low)
    return CONTEXT.multiply(share, _HUNDRED).quantize(_FINEST, ROUND_FLOOR)


def _number(score: object, key: str) -> Decimal | None:
    value = _maybe(score, key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not fits(Decimal(value)):
        raise _StatementError(NOT_A_STATEMENT, part=f"result.score.{key}")
    return Decimal(value)
