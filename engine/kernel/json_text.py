"""JSON text to data with its decimals kept: no floats, no repeated keys, no numbers that are none."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from engine.kernel.decimals import CONTEXT
from engine.kernel.diagnostics import Code, Phrase, Span
from engine.kernel.errors import DocumentError
from engine.kernel.source import MAX_BYTES

MAX_WRITTEN = 1 << 26
"""How many characters a text may have that a program wrote and nobody edits."""

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
LONE_HALF = Code(
    "JSON-005",
    "the text holds half of a pair of code units, which is no character",
    "文本含有不成对的代理码位，不是字符",
    "correct the `\\u` escape",
    "请更正 `\\u` 转义",
)
_HALF = re.compile("[\ud800-\udfff]")

# The library's words, and what they are in Chinese; any other is told without its own words.
_PROBLEMS = {
    "Expecting value": ("a value is expected here", "此处应为值"),
    "Expecting property name": ("a key in double quotes is expected here", "此处应为双引号中的键"),
    "Expecting ':'": ("`:` is expected here", "此处应为 `:`"),
    "Expecting ','": ("`,` is expected here", "此处应为 `,`"),
    "Unterminated string": ("this text has no closing quote", "这段文字缺少结束引号"),
    "Invalid control character": (
        "a line break or tab stands inside a text",
        "文字中含有换行或制表符",
    ),
    "Invalid \\": ("this escape is not known", "不认识的转义"),
    "Extra data": ("something stands after the end", "结尾之后还有内容"),
    "Illegal trailing comma": ("a comma stands before the end", "结尾之前多了逗号"),
}


def _problem(message: str) -> Phrase:
    found = next((said for start, said in _PROBLEMS.items() if message.startswith(start)), None)
    return Phrase(*found) if found else Phrase("it cannot be read", "无法读取")


def read_json(text: str, path: str = "", limit: int = MAX_BYTES) -> object:
    """Read JSON (RFC 8259) of at most `limit` characters; raises DocumentError."""
    if len(text) > limit:
        raise DocumentError([TOO_LARGE.at(Span(path, 1, 1, 1, 1), size=len(text), limit=limit)])

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
        read: object = json.loads(
            text, parse_float=_decimal, parse_constant=refuse, object_pairs_hook=unique
        )
        if "\\u" in text and _HALF.search(json.dumps(read, ensure_ascii=False, default=str)):
            raise DocumentError([LONE_HALF.at(Span(path, 1, 1, 1, 1))])
        return read  # noqa: TRY300 - the value is found inside, and only its reading can fail
    except json.JSONDecodeError as error:
        span = Span(path, error.lineno, error.colno, error.lineno, error.colno + 1)
        raise DocumentError([NOT_JSON.at(span, problem=_problem(error.msg))]) from None
    except RecursionError:
        raise DocumentError([NOT_JSON.at(Span(path, 1, 1, 1, 1), problem=_NESTED)]) from None
    except (ValueError, InvalidOperation):
        raise DocumentError([NOT_JSON.at(Span(path, 1, 1, 1, 1), problem=_HUGE)]) from None


_NESTED = Phrase("it is nested too deep", "嵌套过深")
_HUGE = Phrase("a number in it is too large or too small", "其中有过大或过小的数字")
_LONGEST = 6200


def _decimal(text: str) -> Decimal:
    """Read a number that can be written out: `1e999999999` as a whole number has a billion digits."""
    number = Decimal(text)
    if len(text) > _LONGEST or not CONTEXT.Etiny() <= number.adjusted() <= CONTEXT.Emax:
        raise ValueError(text[:20])
    return number
