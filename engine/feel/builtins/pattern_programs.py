r"""The patterns of XPath (F&O 3.1, 5.6), read and written as small programs for `patterns` to run."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.feel.values import NoValueError
from engine.kernel.diagnostics import Code, Phrase

BAD_PATTERN = Code(
    "FEEL-EVAL-020",
    "`{pattern}` is not a pattern: {problem}",
    "`{pattern}` 不是正确的模式：{problem}",
    "check its brackets and signs",
    "请检查其中的括号与符号",
)
PATTERN_TOO_LONG = Code(
    "FEEL-BOUND-010",
    "the pattern or the text is too long to be searched",
    "模式或文字过长，无法搜索",
    "shorten the pattern to {pattern} signs, the text to {text}, and lower its repetitions",
    "请把模式缩短到 {pattern} 个字符、文字缩短到 {text} 个字符，并减少重复次数",
)
MAX_PATTERN, MAX_TEXT = 1_000, 10_000
_MAX_PROGRAM, _MAX_NESTING = 2_000, 50

Test: TypeAlias = Callable[[str], bool]
Step: TypeAlias = tuple[str, int, int, Test | None]
"""What a thread does: `char` test, `split` to two places, `save` a position, `bol`, `eol`, `back` or `match`."""

_UNKNOWN_FLAG = Phrase(
    "the flags are `s`, `m`, `i`, `x` and `q`", "标志只有 `s`、`m`、`i`、`x` 和 `q`"
)
_UNFINISHED = Phrase("it ends too early", "模式不完整")
_BRACKET = Phrase("a bracket is not closed, or was never opened", "括号不成对")
_NOTHING = Phrase("there is nothing to repeat", "没有可重复的内容")
_COUNT = Phrase(
    "a repetition is `{n}`, `{n,}` or `{n,m}`, n not above m",
    "重复写作 `{n}`、`{n,}` 或 `{n,m}`，n 不大于 m",
)
_ESCAPE = Phrase("this escape is not known", "不认识的转义")
_BACK = Phrase("there is no group of that number before it", "前面没有该编号的分组")
_RANGE = Phrase("a range of signs ends before it starts", "字符范围的终点小于起点")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: its program, how many groups it has, and whether it refers back to one."""

    source: str
    program: tuple[Step, ...]
    groups: int
    refers_back: bool = False


def bad_pattern(pattern: str, problem: Phrase) -> NoValueError:
    """Make the fault of a text that is no pattern."""
    return NoValueError(BAD_PATTERN, pattern=pattern[:80], problem=problem)


def too_long() -> NoValueError:
    """Make the fault of a search that would go on for too long."""
    return NoValueError(PATTERN_TOO_LONG, pattern=MAX_PATTERN, text=MAX_TEXT)


@functools.lru_cache(maxsize=256)
def compiled(pattern: str, flags: str) -> Pattern:
    """Compile a pattern; raises NoValueError when it is none, or is too long."""
    if set(flags) - set("smixq"):
        raise bad_pattern(flags, _UNKNOWN_FLAG)
    if len(pattern) > MAX_PATTERN:
        raise too_long()
    return _Compiler(pattern, flags).compile()


class _Compiler:
    """Reads a pattern and writes its program; a part is a function that writes itself before what follows."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.source = pattern
        self.flags = flags
        self.text = pattern
        if "x" in flags and "q" not in flags:
            # White space in a class stays.
            self.text = re.sub(
                r"(\\.|\[(?:\\.|[^\]\\])*\])|[ \t\n\r]+",
                lambda m: m[1] or "",
                pattern,
                flags=re.DOTALL,
            )
        self.position = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.nesting = 0
        self.program: list[Step] = []

    def compile(self) -> Pattern:
        if "q" in self.flags:
            nodes: tuple[_Part, ...] = tuple(_Sign(self._same(c)) for c in self.text)
            part: _Part = _Row(nodes)
        else:
            part = self._either()
            if self.position < len(self.text):
                raise bad_pattern(self.source, _BRACKET)
        self._write(_Group(part, 0))
        self._add("match")
        refers_back = any(kind == "back" for kind, *_ in self.program)
        return Pattern(self.source, tuple(self.program), self.groups, refers_back)

    # Writing: parts become steps in the order of the text.

    def _add(self, kind: str, first: int = 0, second: int = 0, test: Test | None = None) -> int:
        if len(self.program) >= _MAX_PROGRAM:
            raise too_long()
        self.program.append((kind, first, second, test))
        return len(self.program) - 1

    def _here(self) -> int:
        return len(self.program)

    def _set(self, place: int, first: int, second: int) -> None:
        kind, _, _, test = self.program[place]
        self.program[place] = (kind, first, second, test)

    def _write(self, part: _Part) -> None:
        match part:
            case _Sign():
                self._add("char", self._here() + 1, 0, part.test)
            case _Back():
                self._add("back", self._here() + 1, part.number)
            case _Edge():
                self._add(part.kind, self._here() + 1, int("m" in self.flags))
            case _Row():
                for inner in part.parts:
                    self._write(inner)
            case _Group():
                self._add("save", self._here() + 1, 2 * part.number)
                self._write(part.part)
                self._add("save", self._here() + 1, 2 * part.number + 1)
            case _Either():
                self._write_either(part)
            case _Repeat():
                self._write_repeat(part)

    def _write_either(self, part: _Either) -> None:
        *others, last = part.parts
        jumps = []
        for other in others:
            split = self._add("split")
            self._write(other)
            jumps.append(self._add("split"))
            self._set(split, split + 1, self._here())
        self._write(last)
        for jump in jumps:
            self._set(jump, self._here(), self._here())

    def _write_repeat(self, part: _Repeat) -> None:
        for _ in range(part.least):
            self._write(part.part)
        if part.most is None:
            split = self._add("split")
            self._write(part.part)
            self._add("split", split, split)
            self._choose(split, part)
            return
        splits = []
        for _ in range(part.most - part.least):
            splits.append(self._add("split"))
            self._write(part.part)
        for split in splits:
            self._choose(split, part)

    def _choose(self, split: int, part: _Repeat) -> None:
        inside, after = split + 1, self._here()
        self._set(split, *((after, inside) if part.reluctant else (inside, after)))

    # Reading.

    def _next(self) -> str:
        if self.position >= len(self.text):
            raise bad_pattern(self.source, _UNFINISHED)
        self.position += 1
        return self.text[self.position - 1]

    def _at(self, sign: str) -> bool:
        return self.text.startswith(sign, self.position)

    def _take(self, sign: str) -> bool:
        if self._at(sign):
            self.position += len(sign)
            return True
        return False

    def _either(self) -> _Part:
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise too_long()
        parts = [self._row()]
        while self._take("|"):
            parts.append(self._row())
        self.nesting -= 1
        return parts[0] if len(parts) == 1 else _Either(tuple(parts))

    def _row(self) -> _Part:
        parts = []
        while self.position < len(self.text) and not self._at("|") and not self._at(")"):
            parts.append(self._repeated(self._atom()))
        return _Row(tuple(parts))

    def _repeated(self, part: _Part) -> _Part:
        counts = {"?": (0, 1), "*": (0, None), "+": (1, None)}
        sign = self.text[self.position : self.position + 1]
        if sign in counts and sign:
            self.position += 1
            least, most = counts[sign]
        elif sign == "{":
            least, most = self._counts()
        else:
            return part
        return _Repeat(part, least, most, self._take("?"))

    def _counts(self) -> tuple[int, int | None]:
        found = re.compile(r"\{([0-9]{1,4})(,?)([0-9]{0,4})\}").match(self.text, self.position)
        if found is None or (found[3] and not found[2]):
            raise bad_pattern(self.source, _COUNT)
        self.position = found.end()
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if most is not None and most < least:
            raise bad_pattern(self.source, _COUNT)
        return least, most

    def _atom(self) -> _Part:
        sign = self._next()
        match sign:
            case "(":
                return self._group()
            case "[":
                return _Sign(self._class())
            case "." if "s" in self.flags:
                return _Sign(lambda _: True)
            case ".":
                return _Sign(lambda c: c not in "\n\r")
            case "^" | "$":
                return _Edge("bol" if sign == "^" else "eol")
            case "\\":
                return self._back() if self._digits() else _Sign(self._escape())
            case "?" | "*" | "+" | "{":
                raise bad_pattern(self.source, _NOTHING)
            case "]" | "}":
                raise bad_pattern(self.source, _BRACKET)
            case _:
                pass
        return _Sign(self._same(sign))

    def _digits(self) -> str:
        found = re.compile("[1-9][0-9]*").match(self.text, self.position)
        return found.group() if found else ""

    def _back(self) -> _Part:
        """Read the number of a group before: the longest that there is."""
        digits = self._digits()
        while digits and int(digits) not in self.closed:
            digits = digits[:-1]
        if not digits:
            raise bad_pattern(self.source, _BACK)
        self.position += len(digits)
        return _Back(int(digits))

    def _group(self) -> _Part:
        if self._take("?:"):
            part = self._either()
        elif self._at("?"):
            raise bad_pattern(self.source, _NOTHING)
        else:
            self.groups += 1
            number = self.groups
            part = _Group(self._either(), number)
            self.closed.add(number)
        if not self._take(")"):
            raise bad_pattern(self.source, _BRACKET)
        return part

    def _same(self, sign: str) -> Test:
        if "i" not in self.flags:
            return lambda c: c == sign
        forms = {sign, sign.lower(), sign.upper()}
        return lambda c: c in forms or c.lower() in forms

    def _escape(self) -> Test:
        sign = self._next()
        if sign in _SIGNS:
            return self._same(_SIGNS[sign])
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign.lower() in _CLASSES and sign.isupper():
            return _negated(_CLASSES[sign.lower()])
        if sign in "pP" and (
            found := re.compile(r"\{(?:Is([\w-]+)|(\w{1,2}))\}").match(self.text, self.position)
        ):
            self.position = found.end()
            test = _block(found[1]) if found[1] else _category(found[2])
            if test is not None:
                return test if sign == "p" else _negated(test)
        raise bad_pattern(self.source, _BACK if sign.isdigit() else _ESCAPE)

    def _class(self) -> Test:
        """Read `[…]`, with ranges, a leading `^`, and a class taken away at the end: `[a-z-[aeiou]]`."""
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise too_long()
        negative = self._take("^")
        tests: list[Test] = []
        without: Test | None = None
        while True:
            if self._take("-["):
                without = self._class()
                if not self._take("]"):
                    raise bad_pattern(self.source, _BRACKET)
                break
            if tests and self._take("]"):
                break
            tests.append(self._class_part())
        self.nesting -= 1
        found: Test = lambda c: any(test(c) for test in tests)  # noqa: E731 - a test like the others
        inside = _negated(found) if negative else found
        taken = without
        return inside if taken is None else lambda c: inside(c) and not taken(c)

    def _class_part(self) -> Test:
        sign = self._next()
        if sign == "[":
            raise bad_pattern(self.source, _BRACKET)
        if sign == "\\":
            following = self.text[self.position : self.position + 1]
            if following not in _SIGNS:
                return self._escape()
            sign = _SIGNS[self._next()]
        if not self._at("-") or self._at("-]") or self._at("-["):
            return self._same(sign)
        self._take("-")
        last = self._next()
        if last == "\\":
            last = _SIGNS.get(self._next(), "")
        if last < sign:
            raise bad_pattern(self.source, _RANGE)
        if "i" not in self.flags:
            return lambda c: sign <= c <= last
        return lambda c: any(len(f) == 1 and sign <= f <= last for f in (c, c.lower(), c.upper()))


@dataclass(frozen=True, slots=True)
class _Sign:
    test: Test


@dataclass(frozen=True, slots=True)
class _Back:
    number: int


@dataclass(frozen=True, slots=True)
class _Edge:
    kind: str


@dataclass(frozen=True, slots=True)
class _Row:
    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    part: _Part
    number: int


@dataclass(frozen=True, slots=True)
class _Either:
    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Part
    least: int
    most: int | None
    reluctant: bool


_Part: TypeAlias = _Sign | _Back | _Edge | _Row | _Group | _Either | _Repeat


def _negated(test: Test) -> Test:
    return lambda c: not test(c)


def _category(name: str) -> Test | None:
    """The signs of a general category of Unicode, such as `Lu`, or of a group of them, such as `L`."""
    return (lambda c: unicodedata.category(c).startswith(name)) if name in _CATEGORIES else None


def _block(name: str) -> Test | None:
    """The signs of a block of Unicode; those of scripts in use are known."""
    found = _BLOCKS.get(name)
    return None if found is None else lambda c: found[0] <= ord(c) <= found[1]


_CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
    ]
)
_BLOCKS = {
    "BasicLatin": (0x0, 0x7F),
    "Latin-1Supplement": (0x80, 0xFF),
    "LatinExtended-A": (0x100, 0x17F),
    "LatinExtended-B": (0x180, 0x24F),
    "IPAExtensions": (0x250, 0x2AF),
    "SpacingModifierLetters": (0x2B0, 0x2FF),
    "CombiningDiacriticalMarks": (0x300, 0x36F),
    "Greek": (0x370, 0x3FF),
    "GreekandCoptic": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "Armenian": (0x530, 0x58F),
    "Hebrew": (0x590, 0x5FF),
    "Arabic": (0x600, 0x6FF),
    "Devanagari": (0x900, 0x97F),
    "Thai": (0xE00, 0xE7F),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3100, 0x312F),
    "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
    "PrivateUse": (0xE000, 0xF8FF),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}


def _starts_name(sign: str) -> bool:
    return sign in "_:" or unicodedata.category(sign)[0] == "L"


_SIGNS = {sign: sign for sign in "\\|.-^?*+{}()[]$"} | {"n": "\n", "r": "\r", "t": "\t"}
_CLASSES: dict[str, Test] = {
    "s": lambda c: c in " \t\n\r",
    "d": lambda c: unicodedata.category(c) == "Nd",
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
    "i": _starts_name,
    "c": lambda c: _starts_name(c) or c in "-.·" or unicodedata.category(c) in {"Nd", "Mn", "Mc"},
}
"""The classes of XML Schema (part 2, appendix G): white space, digits, word signs, name starts, name signs."""
