"""JSON text to data with its decimals kept: no floats, no repeated keys, no numbers that are none."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from engine.kernel.diagnostics import Code, Span
from engine.kernel.errors import DocumentError
from engine.kernel.source import MAX_BYTES

NOT_JSON = Code(
    "JSON-001",
    "this is not JSON: {problem}",
    "不是合法的 JSON：{problem}",
    "check the commas, quotes and brackets before this place",
    "请检查此处之前的逗号、引号与括号",
)
NOT_FINITE = Code(
    "JSON-002", "`{text}` is not a number", "`{text}` 不是数字", "write digits", "请写数字"
)
TWICE = Code(
    "JSON-003",
    "the key `{key}` stands twice in one object",
    "键 `{key}` 在同一对象中出现两次",
    "keep one",
    "请保留一个",
)
TOO_LARGE = Code(
    "JSON-004",
    "the text has {size} characters, more than {limit}",
    "文本有 {size} 个字符，超过 {limit}",
    "split it",
    "请拆分",
)


def read_json(text: str, path: str = "") -> object:
    """Read JSON (RFC 8259); raises DocumentError."""
    if len(text) > MAX_BYTES:
        raise DocumentError([TOO_LARGE.at(Span(path, 1, 1, 1, 1), size=len(text), limit=MAX_BYTES)])

    def refuse(constant: str) -> object:
        raise DocumentError([NOT_FINITE.at(Span(path, 1, 1, 1, 1), text=constant)])

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, value in pairs:
            if key in made:
                raise DocumentError([TWICE.at(Span(path, 1, 1, 1, 1), key=key)])
            made[key] = value
        return made

    try:
        return json.loads(
            text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=unique
        )
    except json.JSONDecodeError as error:
        span = Span(path, error.lineno, error.colno, error.lineno, error.colno + 1)
        raise DocumentError([NOT_JSON.at(span, problem=error.msg)]) from None
    except (RecursionError, ValueError, InvalidOperation) as error:
        raise DocumentError(
            [NOT_JSON.at(Span(path, 1, 1, 1, 1), problem=str(error)[:100])]
        ) from None
