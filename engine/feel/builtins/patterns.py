r"""The regular expressions of XPath (F&O 3.1, 5.6), which FEEL's text functions use, in bounded time.

A pattern is compiled to a small program whose threads run side by side over the text, so that no pattern
can make the search explode: its time is at most the length of the program times that of the text, and
that product is bounded. Back-references (`\1`) cannot be run so: they go one way after the other, as Perl
does, and stop at the same bound.
"""

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
MAX_PATTERN, MAX_TEXT, MAX_RESULT = 1_000, 10_000, 2_000_000
_MAX_PROGRAM, _MAX_STEPS, _MAX_NESTING = 2_000, 1_000_000, 50

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
_EMPTY = Phrase("it fits an empty text", "它能匹配空文字")
_REPLACEMENT = Phrase(
    "`$` needs a group number; write `\\$` and `\\\\` for the signs",
    "`$` 后须为分组编号；符号本身请写 `\\$` 和 `\\\\`",
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: its program, how many groups it has, and whether it refers back to one."""

    source: str
    program: tuple[Step, ...]
    groups: int
    refers_back: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Where a match lies: the positions at which it and its groups start and end, -1 when a group is unused."""

    places: tuple[int, ...]

    @property
    def start(self) -> int:
        """The position of its first sign."""
        return self.places[0]

    @property
    def end(self) -> int:
        """The position after its last sign."""
        return self.places[1]

    def group(self, text: str, number: int) -> str:
        """The text of a group; an unused one is empty."""
        start, end = self.places[2 * number : 2 * number + 2]
        return text[start:end] if end >= 0 else ""


def matches(text: str, pattern: str, flags: str = "") -> bool:
    """Whether any part of `text` fits `pattern`."""
    return _search(_compiled(pattern, flags), text, 0, _Meter(text)) is not None


def replace(text: str, pattern: str, replacement: str, flags: str = "") -> str:
    """Put `replacement`, with `$1` for a group, in the place of each part of `text` that fits."""
    compiled = _never_empty(pattern, flags)
    template = _template(replacement, compiled.groups, quoted="q" in flags)
    parts, last, size = [], 0, len(text)
    for match in _every(compiled, text):
        parts.append(text[last : match.start])
        put = [p if isinstance(p, str) else match.group(text, p) for p in template]
        size += sum(map(len, put))
        if size > MAX_RESULT:
            raise _too_long()
        parts += put
        last = match.end
    return "".join([*parts, text[last:]])


def split(text: str, delimiter: str) -> tuple[str, ...]:
    """Split `text` at each part that fits the pattern `delimiter`."""
    parts, last = [], 0
    for match in _every(_never_empty(delimiter, ""), text):
        parts.append(text[last : match.start])
        last = match.end
    return (*parts, text[last:])


def _never_empty(pattern: str, flags: str) -> Pattern:
    compiled = _compiled(pattern, flags)
    if _search(compiled, "", 0, _Meter("")) is not None:
        raise _bad(pattern, _EMPTY)
    return compiled


def _bad(pattern: str, problem: Phrase) -> NoValueError:
    return NoValueError(BAD_PATTERN, pattern=pattern[:80], problem=problem)


def _too_long() -> NoValueError:
    return NoValueError(PATTERN_TOO_LONG, pattern=MAX_PATTERN, text=MAX_TEXT)


def _template(replacement: str, groups: int, *, quoted: bool) -> list[str | int]:
    """Read a replacement: texts and the numbers of groups; the longest number of a group there is wins."""
    if quoted:
        return [replacement]
    found: list[str | int] = []
    for plain, escaped, digits, _ in re.findall(
        r"([^\\$]+)|\\([\\$])|\$([0-9]+)|([\\$])", replacement
    ):
        if plain or escaped:
            found.append(plain or escaped)
        elif digits:
            size = len(digits[:3])
            while size > 1 and int(digits[:size]) > groups:
                size -= 1
            number = int(digits[:size])
            found += [number if number <= groups else "", digits[size:]]
        else:
            raise _bad(replacement, _REPLACEMENT)
    return found


# --- running -----------------------------------------------------------------------------------


class _Meter:
    """Counts the steps of one call, so that it ends."""

    __slots__ = ("left",)

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise _too_long()
        self.left = _MAX_STEPS

    def take(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise _too_long()


def _every(pattern: Pattern, text: str) -> list[Match]:
    meter, found, position = _Meter(text), [], 0
    while (match := _search(pattern, text, position, meter)) is not None:
        found.append(match)
        position = match.end if match.end > match.start else match.end + 1
        if position > len(text):
            break
    return found


def _search(pattern: Pattern, text: str, start: int, meter: _Meter) -> Match | None:
    """Find the first match from `start` on; of several there, the one that Perl's rules prefer."""
    if pattern.refers_back:
        tried = (_try(pattern, text, at, meter) for at in range(start, len(text) + 1))
        return next((match for match in tried if match is not None), None)
    program = pattern.program
    best: tuple[int, ...] | None = None
    threads: list[tuple[int, tuple[int, ...]]] = []
    for position in range(start, len(text) + 1):
        seen: set[int] = set()
        ready: list[tuple[int, tuple[int, ...]]] = []
        for place, saved in threads:
            _follow(program, place, saved, position, text, seen, ready)
        if best is None:
            unused = (-1,) * (2 * pattern.groups + 2)
            _follow(program, 0, unused, position, text, seen, ready)
        meter.take(len(seen) + 1)
        threads = []
        sign = text[position : position + 1]
        for place, saved in ready:
            kind, target, _, test = program[place]
            if kind == "match":
                best = saved
                break  # the threads after it are less preferred
            if sign and test is not None and test(sign):
                threads.append((target, saved))
        if not threads and best is not None:
            break
    return None if best is None else Match(best)


def _try(pattern: Pattern, text: str, start: int, meter: _Meter) -> Match | None:
    """Go through the program from one position, the preferred way first, and back where it ends."""
    stack = [(0, start, (-1,) * (2 * pattern.groups + 2))]
    seen = set()
    while stack:
        state = stack.pop()
        meter.take(4)  # a state is kept, and so costs more than a step of the threads
        if state in seen:
            continue
        seen.add(state)
        place, position, saved = state
        kind, first, second, test = pattern.program[place]
        match kind:
            case "match":
                return Match(saved)
            case "split":
                stack += [(second, position, saved), (first, position, saved)]
            case "save":
                kept = (*saved[:second], position, *saved[second + 1 :])
                stack.append((first, position, kept))
            case "back":
                wanted = Match(saved).group(text, second)
                if text.startswith(wanted, position):
                    stack.append((first, position + len(wanted), saved))
            case "char":
                if position < len(text) and test is not None and test(text[position]):
                    stack.append((first, position + 1, saved))
            case _:
                if _at_edge(kind, text, position, several=bool(second)):
                    stack.append((first, position, saved))
    return None


def _at_edge(kind: str, text: str, position: int, *, several: bool) -> bool:
    """Whether a text, or one of its lines, starts or ends here; a line end at the very end starts no line."""
    if kind == "bol":
        after = text[position - 1 : position] == "\n" and position < len(text)
        return position == 0 or (several and after)
    return position == len(text) or (several and text[position] == "\n")


def _follow(  # noqa: PLR0913, PLR0917 - a thread, where it stands, and what it adds to
    program: tuple[Step, ...],
    place: int,
    saved: tuple[int, ...],
    position: int,
    text: str,
    seen: set[int],
    ready: list[tuple[int, tuple[int, ...]]],
) -> None:
    """Go from `place` to every step that waits for a sign, the preferred way first."""
    stack = [(place, saved)]
    while stack:
        here, kept = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        kind, first, second, _ = program[here]
        match kind:
            case "split":
                stack += [(second, kept), (first, kept)]
            case "save":
                stack.append((first, (*kept[:second], position, *kept[second + 1 :])))
            case "bol" | "eol":
                if _at_edge(kind, text, position, several=bool(second)):
                    stack.append((first, kept))
            case _:
                ready.append((here, kept))


# --- compiling ---------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str, flags: str) -> Pattern:
    if set(flags) - set("smixq"):
        raise _bad(flags, _UNKNOWN_FLAG)
    if len(pattern) > MAX_PATTERN:
        raise _too_long()
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
                raise _bad(self.source, _BRACKET)
        self._write(_Group(part, 0))
        self._add("match")
        refers_back = any(kind == "back" for kind, *_ in self.program)
        return Pattern(self.source, tuple(self.program), self.groups, refers_back)

    # Writing: parts become steps in the order of the text.

    def _add(self, kind: str, first: int = 0, second: int = 0, test: Test | None = None) -> int:
        if len(self.program) >= _MAX_PROGRAM:
            raise _too_long()
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
            raise _bad(self.source, _UNFINISHED)
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
            raise _too_long()
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
            raise _bad(self.source, _COUNT)
        self.position = found.end()
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if most is not None and most < least:
            raise _bad(self.source, _COUNT)
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
                raise _bad(self.source, _NOTHING)
            case "]" | "}":
                raise _bad(self.source, _BRACKET)
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
            raise _bad(self.source, _BACK)
        self.position += len(digits)
        return _Back(int(digits))

    def _group(self) -> _Part:
        if self._take("?:"):
            part = self._either()
        elif self._at("?"):
            raise _bad(self.source, _NOTHING)
        else:
            self.groups += 1
            number = self.groups
            part = _Group(self._either(), number)
            self.closed.add(number)
        if not self._take(")"):
            raise _bad(self.source, _BRACKET)
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
        raise _bad(self.source, _BACK if sign.isdigit() else _ESCAPE)

    def _class(self) -> Test:
        """Read `[…]`, with ranges, a leading `^`, and a class taken away at the end: `[a-z-[aeiou]]`."""
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise _too_long()
        negative = self._take("^")
        tests: list[Test] = []
        without: Test | None = None
        while True:
            if self._take("-["):
                without = self._class()
                if not self._take("]"):
                    raise _bad(self.source, _BRACKET)
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
            raise _bad(self.source, _BRACKET)
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
            raise _bad(self.source, _RANGE)
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
