"""FEEL text to a syntax tree: precedence climbing over the text itself, since names depend on the scope.

DMN 1.5, 10.3.1.2 gives the grammar. A name may contain spaces (`string length`); which names do is
known from the built-ins and, in `dmn` mode, from the scope, so the longest known name wins.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from decimal import Decimal, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.feel import tree
from engine.kernel.decimals import CONTEXT, fits, parse_number
from engine.kernel.diagnostics import Code, Phrase
from engine.kernel.documents import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Mode: TypeAlias = Literal["strict", "dmn"]

MAX_LENGTH = 20_000
MAX_NESTING = 60
MAX_DEPTH = 200

EXPECTED = Code(
    "FEEL-SYNTAX-001",
    "expected {wanted}, found {found}",
    "此处应为 {wanted}，却是 {found}",
    "complete the expression here, or delete what does not belong",
    "请在此处补全表达式，或删除多余的内容",
)
FULL_WIDTH = Code(
    "FEEL-SYNTAX-002",
    "`{sign}` looks like `{ascii}` and is another sign",
    "`{sign}` 看似 `{ascii}`，却是另一个符号",
    "write `{ascii}`",
    "请改用半角 `{ascii}`",
)
UNKNOWN_SIGN = Code(
    "FEEL-SYNTAX-003",
    "`{sign}` has no meaning here",
    "`{sign}` 在此处没有意义",
    "delete it, or put a text in double quotes",
    "请删除；文字请用双引号",
)
OPEN_STRING = Code(
    "FEEL-SYNTAX-004",
    "this text has no closing quote",
    "这段文字缺少结束引号",
    'end it with `"`',
    '请以 `"` 结束',
)
BAD_ESCAPE = Code(
    "FEEL-SYNTAX-005",
    "`{escape}` is not an escape sign",
    "`{escape}` 不是转义符",
    'use `\\\\`, `\\"`, `\\n`, `\\t`, `\\r` or `\\u0041`',
    '请用 `\\\\`、`\\"`、`\\n`、`\\t`、`\\r` 或 `\\u0041`',
)
BAD_NUMBER = Code(
    "FEEL-SYNTAX-006",
    "`{text}` is not a number",
    "`{text}` 不是数字",
    "write digits with an optional point, at most 34: no `010`, `1e3`, `1_000`",
    "请写数字，可带小数点，最多 34 位；不可写 `010`、`1e3`、`1_000`",
)
TOO_LONG = Code(
    "FEEL-BOUND-001",
    "the expression has {size} characters, more than {limit}",
    "表达式有 {size} 个字符，超过 {limit}",
    "split it into several decisions",
    "请拆成几个决策",
)
TOO_NESTED = Code(
    "FEEL-BOUND-002",
    "the expression is nested more than {limit} deep",
    "表达式嵌套超过 {limit} 层",
    "split it into several decisions",
    "请拆成几个决策",
)
NAME_NOT_NFC = Code(
    "FEEL-SYNTAX-007",
    "the name `{name}` is not in Unicode normal form NFC",
    "名称 `{name}` 不是 Unicode NFC 规范形式",
    "type it again",
    "请重新输入",
)
SINGLE_QUOTE = Code(
    "FEEL-SYNTAX-008",
    "a text stands in double quotes",
    "文字要用双引号",
    'write `"{text}"`',
    '请写 `"{text}"`',
)
DOUBLE_EQUALS = Code(
    "FEEL-SYNTAX-009",
    "`{sign}` is not an operator",
    "`{sign}` 不是运算符",
    "write `{instead}`",
    "请写 `{instead}`",
)

KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "not",
        "between",
        "instance",
        "of",
        "function",
        "external",
        "true",
        "false",
        "null",
    ]
)
_NOT_A_START = KEYWORDS - {"not", "of", "external"}

PROPERTIES = ("time offset", "start included", "end included")
"""Properties of built-in values whose names have a space."""

_FULL_WIDTH = dict(
    zip(
        "｜＞＜＝，（）［］｛｝＋－＊／：；！？．“”‘’、。—–−０１２３４５６７８９",
        "|><=,()[]{}+-*/:;!?.\"\"'',.---0123456789",
        strict=True,
    )
)
_WRONG_OPERATORS = {
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "==": "=",
    "&&": "and",
    "||": "or",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
}
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_STANDARD_NUMBER = re.compile(rf"-?{_NUMBER.pattern}")
"""In the standard the sign is part of the number (rule 37); in a rule it is the operator, to the same end."""
_EXPONENT = re.compile(r"[eE][+-]?[0-9]+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*|\?")
_W = r"\w\u00b7\u200c\u200d\u203f\u2040\u2070-\u218f\U00010000-\U000effff"
"""The signs of a name in the standard (rules 30 and 31); a rule's names have those of Python."""
_STANDARD_IDENTIFIER = re.compile(rf"(?!\d)[{_W}][{_W}]*|\?")
_WORDS = re.compile(rf"[{_W}]+")
_SPACE = re.compile(r"(?:[\s\u180e\u200b\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_COMPARE = ("<=", ">=", "!=", "<", ">", "=")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


_END, _VALUE = Phrase("the end", "结尾"), Phrase("a value", "值")
_ENTRY, _TYPE = Phrase("the name of an entry", "条目名称"), Phrase("a type", "类型")
_NAMED = Phrase("a named argument, as the ones before", "与前面一样的命名参数")


class _StopError(Exception):
    """Ends the parse at the first thing that cannot be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


def parse_expression(
    text: str, *, names: Iterable[str] = (), mode: Mode = "strict"
) -> tuple[tree.Node | None, list[Fault]]:
    """Read one expression; `names` are the names in scope that contain spaces or signs."""
    return _parse(text, names, mode, lambda parser: parser.expression())


def parse_unary_tests(
    text: str, *, names: Iterable[str] = (), mode: Mode = "strict"
) -> tuple[tree.UnaryTests | None, list[Fault]]:
    """Read the unary tests of a table cell (grammar rule 17): `-`, `not(…)` or a list of tests."""
    node, faults = _parse(text, names, mode, lambda parser: parser.unary_tests())
    return (node if isinstance(node, tree.UnaryTests) else None), faults


def _parse(
    text: str, names: Iterable[str], mode: Mode, read: Callable[[_Parser], tree.Node]
) -> tuple[tree.Node | None, list[Fault]]:
    if len(text) > MAX_LENGTH:
        return None, [Fault(TOO_LONG, 0, 1, {"size": str(len(text)), "limit": str(MAX_LENGTH)})]
    parser = _Parser(text, names, mode)
    try:
        node = read(parser)
        parser.finish()
    except _StopError as stop:
        return None, [stop.fault]
    except RecursionError:  # the caller stands deep already
        return None, [_nested(0, len(text), MAX_NESTING)]
    if _depth(node) > MAX_DEPTH:
        return None, [_nested(0, len(text), MAX_DEPTH)]
    return node, []


def _nested(start: int, end: int, limit: int) -> Fault:
    return Fault(TOO_NESTED, start, end, {"limit": str(limit)})


def _depth(node: tree.Node) -> int:
    """Measure without recursion, so that a long chain of operators is refused and not a crash later."""
    deepest, stack = 0, [(node, 1)]
    while stack:
        found, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in tree.children(found))
    return deepest


class _Parser:
    """Reads one text from left to right; `position` is the next sign that was not read."""

    def __init__(self, text: str, names: Iterable[str], mode: Mode) -> None:
        self.text = text
        self.mode = mode
        self.identifier = _IDENTIFIER if mode == "strict" else _STANDARD_IDENTIFIER
        self.number = _NUMBER if mode == "strict" else _STANDARD_NUMBER
        self.position = 0
        self.nesting = 0
        self.spaced = _with_names(names)
        self._skip()

    # --- reading signs -------------------------------------------------------------------------

    def _skip(self) -> None:
        if match := _SPACE.match(self.text, self.position):
            self.position = match.end()

    def _at(self, sign: str) -> bool:
        return self.text.startswith(sign, self.position)

    def _take(self, sign: str) -> bool:
        if not self._at(sign):
            return False
        self.position += len(sign)
        self._skip()
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            self._stop(f"`{sign}`")

    def _word(self) -> str | None:
        match = self.identifier.match(self.text, self.position)
        return match.group() if match else None

    def _at_word(self, word: str) -> bool:
        return self._word() == word

    def _take_word(self, word: str) -> bool:
        return self._at_word(word) and self._take(word)

    def _need_word(self, word: str) -> None:
        if not self._take_word(word):
            self._stop(f"`{word}`")

    def _stop(self, wanted: str) -> None:
        """End the parse here; looks first whether the sign found is one that people mix up."""
        start = self.position
        rest = self.text[start:]
        if not rest:
            raise _StopError(
                Fault(EXPECTED, max(0, start - 1), start, {"wanted": wanted, "found": _END})
            )
        for wrong, right in _WRONG_OPERATORS.items():
            before = self.text[: start + 1].rstrip()
            if rest.startswith(wrong) or (before.endswith(wrong) and len(wrong) == 2):  # noqa: PLR2004
                place = start if rest.startswith(wrong) else len(before) - 2
                raise _StopError(
                    Fault(
                        DOUBLE_EQUALS, place, place + len(wrong), {"sign": wrong, "instead": right}
                    )
                )
        sign = rest[0]
        if sign in _FULL_WIDTH:
            raise _StopError(
                Fault(FULL_WIDTH, start, start + 1, {"sign": sign, "ascii": _FULL_WIDTH[sign]})
            )
        if unicodedata.combining(sign):
            name = re.search(r"\w*$", self.text[:start])
            first = name.start() if name else start
            text = self.text[first : start + 1]
            raise _StopError(Fault(NAME_NOT_NFC, first, start + 1, {"name": text}))
        if match := re.match(r"'([^']*)'", rest):
            raise _StopError(Fault(SINGLE_QUOTE, start, start + match.end(), {"text": match[1]}))
        word = re.match(r"\w+", rest)
        found = word.group() if word else sign
        if word is None and sign not in '()[]{}<>=!+-*/.,:?"|-':
            raise _StopError(Fault(UNKNOWN_SIGN, start, start + 1, {"sign": sign}))
        raise _StopError(
            Fault(EXPECTED, start, start + len(found), {"wanted": wanted, "found": f"`{found}`"})
        )

    def finish(self) -> None:
        """Refuse whatever is left over."""
        if self.position < len(self.text):
            self._stop(_END)

    def _from(self, start: int) -> tree.Place:
        """Give the stretch from `start` to the last sign read, without the space after it."""
        return {"start": start, "end": max(start, len(self.text[: self.position].rstrip()))}

    # --- names ---------------------------------------------------------------------------------

    def _name(self, wanted: str) -> str:
        """Read the longest known name here, else one identifier."""
        if spaced := self._spaced_name():
            return spaced
        word = self._word()
        if word is None:
            self._stop(wanted)
        name = str(word)
        if not unicodedata.is_normalized("NFC", name):
            end = self.position + len(name)
            raise _StopError(Fault(NAME_NOT_NFC, self.position, end, {"name": name}))
        self._take(name)
        return name

    def _spaced_name(self) -> str | None:
        word = _WORDS.match(self.text, self.position, self.position + 80)
        for name, pattern in self.spaced.get(word.group() if word else "", ()):
            if match := pattern.match(self.text, self.position):
                self.position = match.end()
                self._skip()
                return name
        return None

    def _declare(self, name: str) -> None:
        """Let a name with spaces, such as a context key, be read from here on."""
        if not _IDENTIFIER.fullmatch(name):
            first = _first_word(name)
            listed = [*self.spaced.get(first, ()), (name, _name_pattern(name))]
            self.spaced[first] = tuple(sorted(set(listed), key=lambda pair: -len(pair[0])))

    def _new_name(self, stop: str, wanted: str) -> str:
        """Read a name that is being given: an identifier or, in `dmn` mode, all up to `stop`."""
        start = self.position
        if self.mode == "dmn" and (
            match := re.compile(
                rf"(?!\d)[{_W}?][^,(){{}}\[\]\"]{{0,200}}?(?=\s{{0,20}}(?:{stop}))"
            ).match(self.text, start)
        ):
            name = re.sub(r"\s+", " ", match.group().strip())
            self.position = match.end()
            self._skip()
            self._declare(name)
            return name
        return self._name(wanted)

    # --- expressions ---------------------------------------------------------------------------

    def expression(self) -> tree.Node:
        """Read an expression of the lowest precedence."""
        self._deeper()
        node = self._binary(0)
        self.nesting -= 1
        return node

    def _deeper(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise _StopError(_nested(self.position, self.position + 1, MAX_NESTING))

    def _binary(self, level: int) -> tree.Node:
        """Read operators of at least `level`; all are left-associative (10.3.1.2, rules 4 and 49–51)."""
        start = self.position
        left = self._unary()
        while (found := self._operator()) and found[1] >= level:
            operator, precedence = found
            if precedence == _COMPARISON:
                left = self._comparison(operator, left, start)
                continue
            self._take(operator)
            right = self._binary(precedence + 1)
            left = tree.Binary(operator, left, right, **self._from(start))
        return left

    def _operator(self) -> tuple[str, int] | None:
        word = self._word()
        if word in _WORD_OPERATORS:
            return word, _WORD_OPERATORS[word]
        for sign, precedence in _SIGN_OPERATORS:
            if self._at(sign) and not (sign == "=" and self._at("==")):
                return sign, precedence
        return None

    def _comparison(self, operator: str, left: tree.Node, start: int) -> tree.Node:
        if operator == "between":
            self._take_word("between")
            low = self._binary(_COMPARISON + 1)
            self._need_word("and")
            high = self._binary(_COMPARISON + 1)
            return tree.Between(left, low, high, **self._from(start))
        if operator == "in":
            self._take_word("in")
            return tree.In(left, self._in_tests(), **self._from(start))
        self._take(operator)
        right = self._binary(_COMPARISON + 1)
        return tree.Binary(operator, left, right, **self._from(start))

    def _in_tests(self) -> tuple[tree.Node, ...]:
        """Read what stands after `in`: a test, a range, or tests in brackets.

        A range with an open start shows only after its first value, so the two are read as one.
        """
        start = self.position
        if not self._at("("):
            return (self._test(_COMPARISON + 1),)
        self._deeper()
        self._take("(")
        first = self._test(0)
        if self._at("..") and not isinstance(first, tree.Comparison):
            tests: tuple[tree.Node, ...] = (self._range(first, start),)
        else:
            tests = self._more_tests(first)
            self._need(")")
        self.nesting -= 1
        return tests

    def _unary(self) -> tree.Node:
        start = self.position
        if self._at("-") and not self.number.match(self.text, start):
            self._deeper()
            self._take("-")
            operand = self._unary()
            self.nesting -= 1
            if isinstance(operand, tree.Literal) and isinstance(operand.value, Decimal):
                return tree.Literal(-operand.value, **self._from(start))
            return tree.Negate(operand, **self._from(start))
        return self._instance()

    def _instance(self) -> tree.Node:
        start = self.position
        node = self._postfix()
        while self._at_word("instance"):
            self._take_word("instance")
            self._need_word("of")
            node = tree.InstanceOf(node, self._type(), **self._from(start))
        return node

    def _postfix(self) -> tree.Node:
        start = self.position
        node = self._primary()
        while True:
            if self._at("."):
                if self._at(".."):
                    return node
                self._take(".")
                node = tree.Path(node, self._name(_ENTRY), **self._from(start))
            elif self._at("[") and not self._closes_range():
                self._take("[")
                condition = self.expression()
                self._need("]")
                node = tree.Filter(node, condition, **self._from(start))
            elif self._at("("):
                node = self._call(node, start)
            else:
                return node

    def _closes_range(self) -> bool:
        """Whether `[` here ends a range with an open end, `1..5[`: nothing that can be a filter follows."""
        rest = self.text[self.position + 1 :].lstrip()
        return not rest or rest[0] in ",)]}" or rest.startswith(("then ", "return ", "and ", "or "))

    def _call(self, function: tree.Node, start: int) -> tree.Node:
        self._take("(")
        names: list[str] = []
        arguments: list[tree.Node] = []
        while not self._at(")"):
            if len(names) == len(arguments) and (name := self._argument_name()):
                names.append(name)
            elif names:
                self._stop(_NAMED)
            arguments.append(self.expression())
            if not self._take(","):
                break
        self._need(")")
        return tree.Call(function, tuple(arguments), tuple(names) or None, **self._from(start))

    def _argument_name(self) -> str | None:
        match = re.compile(r"([^\W\d][\w /.'*+-]*+)\s*+:").match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        self._skip()
        return re.sub(r"\s+", " ", match[1].strip())

    # --- primaries -----------------------------------------------------------------------------

    def _primary(self) -> tree.Node:
        start = self.position
        if match := self.number.match(self.text, start):
            return self._number(match)
        if self._at('"'):
            return tree.Literal(self._string(), **self._from(start))
        if self._at("@"):
            self._take("@")
            if not self._at('"'):
                self._stop('`"`')
            return tree.AtLiteral(self._string(), **self._from(start))
        if self._at("(") or self._at("[") or self._at("]"):
            return self._bracket()
        if self._at("{"):
            return self._context()
        word = self._word()
        if word in _FORMS and not self._spaced_follows():
            return _FORMS[word](self)
        if word is not None and word in _LITERALS and not self._spaced_follows():
            self._take(word)
            return tree.Literal(_LITERALS[word], **self._from(start))
        if word in _NOT_A_START and not self._spaced_follows():
            self._stop(_VALUE)
        return tree.Name(self._name(_VALUE), **self._from(start))

    def _spaced_follows(self) -> bool:
        """Whether a known name with spaces starts here, although its first word is a keyword."""
        mark = self.position
        found = self._spaced_name() is not None
        self.position = mark
        return found

    def _number(self, match: re.Match[str]) -> tree.Node:
        start, end = match.span()
        exponent = _EXPONENT.match(self.text, end)
        if exponent and self.mode == "dmn":
            end = exponent.end()
        tail = re.compile(r"\w*").match(self.text, end)
        text = self.text[start:end] + (tail.group() if tail else "")
        number = _dmn_number(text) if self.mode == "dmn" else parse_number(text)
        if number is None:
            raise _StopError(Fault(BAD_NUMBER, start, start + len(text), {"text": text[:40]}))
        self.position = end
        self._skip()
        return tree.Literal(number, **self._from(start))

    def _string(self) -> str:
        start = self.position
        match = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(self.text, start)
        if match is None:
            raise _StopError(Fault(OPEN_STRING, start, len(self.text)))
        self.position = match.end()
        self._skip()
        return (
            re.sub(
                r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)",
                lambda m: self._escape(m, start),
                match[1],
                flags=re.DOTALL,
            )
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
        )

    def _escape(self, match: re.Match[str], start: int) -> str:
        sign = match[1]
        if sign[0] in "uU" and len(sign) > 1:
            point = int(sign[1:], 16)
            if point <= 0x10FFFF:  # noqa: PLR2004 - the last code point of Unicode
                return chr(point)
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if self.mode == "dmn":
            return match.group()
        place = start + 1 + match.start()
        raise _StopError(Fault(BAD_ESCAPE, place, place + 2, {"escape": f"\\{sign}"}))

    def _bracket(self) -> tree.Node:
        """Read `(…)`, a list, or a range: which one shows after the first value."""
        start = self.position
        opening = self.text[start]
        self._take(opening)
        if opening == "[" and self._take("]"):
            return tree.ListLiteral((), **self._from(start))
        if opening == "(" and not self._at("!=") and (operator := self._compare_sign()):
            operand = self._binary(_COMPARISON + 1)
            self._need(")")
            return tree.Comparison(operator, operand, **self._from(start))
        first = self.expression()
        if self._at(".."):
            return self._range(first, start)
        if opening == "(":
            self._need(")")
            return first
        if opening == "]":
            self._stop("`..`")
        items = [first]
        while self._take(","):
            items.append(self.expression())
        self._need("]")
        return tree.ListLiteral(tuple(items), **self._from(start))

    def _range(self, low: tree.Node, start: int) -> tree.Node:
        """Read on from `..`; the bracket at `start` opened it."""
        self._take("..")
        high = self.expression()
        closing = self.text[self.position : self.position + 1]
        if closing not in {")", "]", "["}:
            self._stop(Phrase("`)` or `]`", "`)` 或 `]`"))
        self._take(closing)
        return tree.Range(low, high, self.text[start] == "[", closing == "]", **self._from(start))

    def _context(self) -> tree.Node:
        start = self.position
        self._take("{")
        entries: list[tuple[str, tree.Node]] = []
        while not self._at("}"):
            key = self._string() if self._at('"') else self._new_name(":", _ENTRY)
            self._declare(key)
            self._need(":")
            entries.append((key, self.expression()))
            if not self._take(","):
                break
        self._need("}")
        return tree.ContextLiteral(tuple(entries), **self._from(start))

    def _if(self) -> tree.Node:
        start = self.position
        self._take_word("if")
        condition = self.expression()
        self._need_word("then")
        yes = self.expression()
        self._need_word("else")
        return tree.If(condition, yes, self.expression(), **self._from(start))

    def _for(self) -> tree.Node:
        start = self.position
        self._take_word("for")
        iterations = self._iterations()
        self._need_word("return")
        return tree.For(iterations, self.expression(), **self._from(start))

    def _quantified(self) -> tree.Node:
        start = self.position
        kind = str(self._word())
        self._take_word(kind)
        iterations = self._iterations()
        self._need_word("satisfies")
        return tree.Quantified(kind, iterations, self.expression(), **self._from(start))

    def _iterations(self) -> tuple[tree.Iteration, ...]:
        found = []
        while True:
            start = self.position
            name = self._new_name(r"\sin\b", Phrase("a name for the items", "各项的名称"))
            self._need_word("in")
            domain = self.expression()
            if self._take(".."):
                domain = tree.Range(domain, self.expression(), **self._from(domain.start))
            found.append(tree.Iteration(name, domain, **self._from(start)))
            if not self._take(","):
                return tuple(found)

    def _function(self) -> tree.Node:
        start = self.position
        self._take_word("function")
        self._need("(")
        parameters: list[tuple[str, tree.TypeName | None]] = []
        while not self._at(")"):
            name = self._new_name("[:,)]", Phrase("a parameter", "参数"))
            parameters.append((name, self._type() if self._take(":") else None))
            if not self._take(","):
                break
        self._need(")")
        external = self._take_word("external")
        return tree.FunctionLiteral(
            tuple(parameters), self.expression(), external, **self._from(start)
        )

    def _type(self) -> tree.TypeName:
        start = self.position
        name = next((n for n in _TYPE_NAMES if self._take_type(n)), None) or self._name(_TYPE)
        while self._at(".") and not self._at(".."):
            self._take(".")
            name += "." + self._name(_TYPE)
        arguments: list[tuple[str, tree.TypeName]] = []
        if self._take("<"):
            while not self._at(">"):
                label = ""
                if name == "context":
                    label = self._new_name(":", _ENTRY)
                    self._need(":")
                arguments.append((label, self._type()))
                if not self._take(","):
                    break
            self._need(">")
            if name == "function" and self._take("->"):
                arguments.append(("->", self._type()))
        return tree.TypeName(name, tuple(arguments), **self._from(start))

    def _take_type(self, name: str) -> bool:
        match = re.compile(re.sub(" ", r"\\s+", name) + r"\b").match(self.text, self.position)
        if match:
            self.position = match.end()
            self._skip()
        return bool(match)

    # --- unary tests ---------------------------------------------------------------------------

    def unary_tests(self) -> tree.UnaryTests:
        """Read a cell: `-`, `not(…)` around the whole, or a list of tests."""
        start = self.position
        if self.text[start:].strip() == "-":
            self._take("-")
            return tree.UnaryTests((), **self._from(start))
        if self._at_word("not"):
            self._take_word("not")
            if self._take("("):
                try:
                    tests = self._tests()
                    self._need(")")
                    self.finish()
                except _StopError as stop:
                    self.position, self.nesting = start, 0
                    return self._tests_after(stop, start)
                return tree.UnaryTests(tests, negated=True, **self._from(start))
            self.position = start
        return tree.UnaryTests(self._tests(), **self._from(start))

    def _tests_after(self, stop: _StopError, start: int) -> tree.UnaryTests:
        """Read a cell that only starts with `not(…)`; of two failures the one further on is told."""
        try:
            tests = self._tests()
            self.finish()
        except _StopError as second:
            raise (stop if stop.fault.start >= second.fault.start else second) from None
        return tree.UnaryTests(tests, **self._from(start))

    def _tests(self) -> tuple[tree.Node, ...]:
        return self._more_tests(self._test(0))

    def _more_tests(self, first: tree.Node) -> tuple[tree.Node, ...]:
        tests = [first]
        while self._take(","):
            tests.append(self._test(0))
        return tuple(tests)

    def _compare_sign(self) -> str | None:
        sign = next((s for s in _COMPARE if self._at(s)), None)
        if sign and not (sign == "=" and self._at("==")) and not (sign == "<" and self._at("<>")):
            self._take(sign)
            return sign
        return None

    def _test(self, level: int) -> tree.Node:
        start = self.position
        if operator := self._compare_sign():
            return tree.Comparison(operator, self._binary(_COMPARISON + 1), **self._from(start))
        return self._binary(level) if level else self.expression()


_COMPARISON = 3
_WORD_OPERATORS = {"or": 1, "and": 2, "between": _COMPARISON, "in": _COMPARISON}
_SIGN_OPERATORS = (
    *((sign, _COMPARISON) for sign in _COMPARE),
    ("+", 4),
    ("-", 4),
    ("**", 6),
    ("*", 5),
    ("/", 5),
)
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_FORMS: dict[str | None, Callable[[_Parser], tree.Node]] = {
    "if": _Parser._if,  # noqa: SLF001 - the table of forms belongs to the class
    "for": _Parser._for,  # noqa: SLF001
    "some": _Parser._quantified,  # noqa: SLF001
    "every": _Parser._quantified,  # noqa: SLF001
    "function": _Parser._function,  # noqa: SLF001
}
_TYPE_NAMES = (
    "years and months duration",
    "days and time duration",
    "year month duration",
    "day time duration",
    "date and time",
    "function",
)
_BUILTIN_NAMES = (
    "date and time", "years and months duration", "day of year", "day of week", "month of year",
    "week of year", "string length", "upper case", "lower case", "substring before",
    "substring after", "starts with", "ends with", "string join", "list contains", "list replace",
    "insert before", "index of", "distinct values", "round up", "round down", "round half up",
    "round half down", "get value", "get entries", "context put", "context merge", "met by",
    "overlaps before", "overlaps after", "finished by", "started by", "start included",
    "is defined", "is applicable",
)  # fmt: skip
"""Every built-in function whose name has a space."""


def _dmn_number(text: str) -> Decimal | None:
    """Read a number as the standard does: any digits and an exponent, rounded to what a number can hold."""
    try:
        number = CONTEXT.create_decimal(text)
    except (Overflow, InvalidOperation):
        return None
    return number if fits(number) else None


def _first_word(name: str) -> str:
    match = _WORDS.match(name)
    return match.group() if match else ""


def _name_pattern(name: str) -> re.Pattern[str]:
    """Match a name whatever the white space between its parts, and not as the start of a longer word."""
    text, last = "", ""
    for part in re.findall(rf"[{_W}]+|[^{_W}\s]", name):
        both_words = bool(_WORDS.match(last) and _WORDS.match(part))
        text += (r"\s+" if both_words else r"\s*" if last else "") + re.escape(part)
        last = part
    return re.compile(text + (rf"(?![{_W}])" if _WORDS.match(last) else ""))


def _with_names(names: Iterable[str]) -> dict[str, tuple[tuple[str, re.Pattern[str]], ...]]:
    """Index the built-in names and those in scope; without any in scope, the index made once serves."""
    given = tuple(names)
    return dict(_by_first_word((*given, *_ALWAYS)) if given else _INDEX)


@functools.lru_cache(maxsize=64)
def _by_first_word(names: tuple[str, ...]) -> dict[str, tuple[tuple[str, re.Pattern[str]], ...]]:
    """Index the names that an identifier cannot be by their first word, longest first."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        if not _IDENTIFIER.fullmatch(name):
            found.setdefault(_first_word(name), []).append(name)
    return {
        first: tuple((n, _name_pattern(n)) for n in sorted(listed, key=len, reverse=True))
        for first, listed in found.items()
    }


_ALWAYS = (*PROPERTIES, *_BUILTIN_NAMES)
_INDEX = _by_first_word(_ALWAYS)
