r"""The regular expressions of XPath (F&O 3.1, 5.6), which FEEL's text functions use, in bounded time.

A pattern is compiled to a small program whose threads run side by side over the text, so that no pattern
can make the search explode: its time is at most the length of the program times that of the text, and
that product is bounded. Back-references (`\1`) cannot be run so: they go one way after the other, as Perl
does, and stop at the same bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.feel.builtins.pattern_programs import (
    MAX_TEXT,
    Pattern,
    Step,
    bad_pattern,
    compiled,
    too_long,
)
from engine.kernel.diagnostics import Phrase

MAX_RESULT = 2_000_000
_MAX_STEPS = 1_000_000

_EMPTY = Phrase("it fits an empty text", "它能匹配空文字")
_REPLACEMENT = Phrase(
    "`$` needs a group number; write `\\$` and `\\\\` for the signs",
    "`$` 后须为分组编号；符号本身请写 `\\$` 和 `\\\\`",
)


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
    return _search(compiled(pattern, flags), text, 0, _Meter(text)) is not None


def replace(text: str, pattern: str, replacement: str, flags: str = "") -> str:
    """Put `replacement`, with `$1` for a group, in the place of each part of `text` that fits."""
    made = _never_empty(pattern, flags)
    template = _template(replacement, made.groups, quoted="q" in flags)
    parts, last, size = [], 0, len(text)
    for match in _every(made, text):
        parts.append(text[last : match.start])
        put = [p if isinstance(p, str) else match.group(text, p) for p in template]
        size += sum(map(len, put))
        if size > MAX_RESULT:
            raise too_long()
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
    made = compiled(pattern, flags)
    if _search(made, "", 0, _Meter("")) is not None:
        raise bad_pattern(pattern, _EMPTY)
    return made


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
            raise bad_pattern(replacement, _REPLACEMENT)
    return found


# --- running -----------------------------------------------------------------------------------


class _Meter:
    """Counts the steps of one call, so that it ends."""

    __slots__ = ("left",)

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise too_long()
        self.left = _MAX_STEPS

    def take(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise too_long()


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
