"""The word of an expression at an offset: a name, also with its path, a built-in of several words, or a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.meanings import FUNCTIONS

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_CODE = re.compile(r"[^\s;|]+")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?')
_LONG = re.compile(
    "|".join(rf"\b{re.escape(n)}\b" for n in sorted(FUNCTIONS, key=len, reverse=True) if " " in n)
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it starts in its text; `quoted` is one between quotes, without them."""

    text: str
    start: int
    quoted: bool = False

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.start + len(self.text)


def word_at(text: str, offset: int, *, coded: bool = False) -> Word | None:
    """Find the word at an offset; in a cell of codes a word ends at `;`."""
    if coded:
        return _found(_CODE, text, offset)
    if quoted := _found(_TEXT, text, offset):
        inner = quoted.text[1:].removesuffix('"')
        return Word(inner, quoted.start + 1, quoted=True)
    return _found(_LONG, text, offset) or _found(_NAME, text, offset)


def _found(pattern: re.Pattern[str], text: str, offset: int) -> Word | None:
    for match in pattern.finditer(text):
        if match.start() <= offset <= match.end():
            return Word(match[0], match.start())
    return None


def word_before(text: str, offset: int, *, coded: bool = False) -> Word:
    """Find the beginning of a word that ends at an offset; it may be empty."""
    before = text[:offset]
    if coded:
        start = max(before.rfind(";"), before.rfind(" ")) + 1
        return Word(before[start:], start)
    if before.count('"') % 2:
        start = before.rfind('"') + 1
        return Word(before[start:], start, quoted=True)
    match = re.search(r"[\w.]*$", before)
    start = match.start() if match else offset
    return Word(before[start:], start)
