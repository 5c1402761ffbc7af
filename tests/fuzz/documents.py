"""Faulty documents: shipped ones changed at random, spliced and cut, and maps of known keys."""

from __future__ import annotations

import json
import random  # noqa: TID251 - seeded by what hypothesis draws, so that it replays
import re
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from api.folder import read_folder
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {path: text for path, text in read_folder(ROOT).files.items() if path.endswith(".yaml")}
SMALL = sorted(FILES, key=lambda path: (len(FILES[path]), path))
KEYS = sorted({key for text in FILES.values() for key in re.findall(r"(\w+):", text)})
SIGNS = list(
    "\t\r\x00\x07\x85\u00a0\u200b\u2028\ufeff\ud800：，｜“”（－—e\u0301𝟙🙂{}[]|>&*!%@`'\"#-?:,=<~"
)
WORDS = [
    "null", "true", "- ", "-", "||", "|", "[1..0]", "not(", "if", "then", "else", "==", "1e9", "0.1.2", "∞",
    "9" * 40, "-0", "''", '""', "{a: &x 1, b: *x}", "!!python/object:os.system", "---", "...", "<<: *a",
    "2026-02-30T25:00:00+08:00", "(" * 80, "[" * 80, "for i in 1..10 ** 9 return i", "10 ** 999999",
    "some x in [1] satisfies x > 0", "function(x) x", "a.b.c", "CNY/month", "<<<<<<< HEAD", "，", "：",
]  # fmt: skip


def _byte(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    sign = chance.choice([*SIGNS, chr(chance.randrange(0x20, 0x3000))])
    return text[:at] + sign + text[at + chance.randrange(3) :]


def _line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = " " * chance.randrange(9) + lines[at].lstrip()
        case 4:
            lines[at] += chance.choice(["\r", " ", " #", ":", ",", "}", "]"])
        case _:
            lines[at : at + 3] = [" ".join(lines[at : at + 3])]
    return "\n".join(lines)


def _token(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"[\w.]+|[^\w\s]+", text))
    if not found:
        return text
    place, other = chance.choice(found), chance.choice(found)
    new = chance.choice([other[0], chance.choice(WORDS), "", place[0] * 2, place[0][:-1]])
    return text[: place.start()] + new + text[place.end() :]


def _cell(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"(?<=\| )[^|\n]+(?= \|)|\"[^\"\n]*\"", text))
    if not found:
        return _token(text, chance)
    place, other = chance.choice(found), chance.choice(found)
    cell = place[0].strip()
    new = chance.choice(
        [other[0], chance.choice(WORDS), "", f"not({cell})", f"{cell}, {cell}", f"> {cell}"]
    )
    return text[: place.start()] + new + text[place.end() :]


def _number(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"\d+", text))
    if not found:
        return text
    place = chance.choice(found)
    new = chance.choice(
        ["0", "-1", "9" * chance.randrange(1, 60), "0.0000001", "1e400", "007", "1.0.0"]
    )
    return text[: place.start()] + new + text[place.end() :]


def _structure(text: str, chance: random.Random) -> str:
    """Nest, widen or rename what stands under a key."""
    found = list(re.finditer(r"^( *)(\w+):(.*)$", text, re.MULTILINE))
    if not found:
        return text
    place, other = chance.choice(found), chance.choice(found)
    indent, key, rest = place.groups()
    deep = chance.choice([3, 40, 200])
    new = chance.choice(
        [
            f"{indent}{other[2]}:{rest}",
            f"{indent}{key}:{other[3]}",
            f"{indent}{chance.choice(KEYS)}:{rest}",
            f"{indent}{key}: {'[' * deep}{']' * deep}",
            f"{indent}{key}: {'{a: ' * deep}1{'}' * deep}",
            f"{indent}{key}:\n{indent}  {other[2]}:{other[3]}",
        ]
    )
    return text[: place.start()] + new + text[place.end() :]


def _cut(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _splice(text: str, chance: random.Random) -> str:
    other = FILES[chance.choice(SMALL)].split("\n")
    lines = text.split("\n")
    return "\n".join(
        lines[: chance.randrange(len(lines) + 1)] + other[chance.randrange(len(other)) :]
    )


def _huge(text: str, chance: random.Random) -> str:
    """Draw one row of a table many times, as a spreadsheet does."""
    rows = list(re.finditer(r"^ *\| (\w+) .*$", text, re.MULTILINE))
    if not rows:
        return _line(text, chance)
    place, many = chance.choice(rows), chance.choice([3, 30, 300])
    own = chance.random() < 0.5
    drawn = [place[0].replace(place[1], f"{place[1]}{i if own else ''}", 1) for i in range(many)]
    return text[: place.end()] + "\n" + "\n".join(drawn) + text[place.end() :]


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _byte, _line, _token, _token, _cell, _cell, _number, _structure, _cut, _splice, _huge,
)  # fmt: skip


def mutated(seed: int) -> tuple[str, str]:
    """Change a shipped file in one to four ways; gives its path and the new text."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    # The short ones more often: a document costs as much time as it is long.
    path = SMALL[int(len(SMALL) * chance.random() ** 2)]
    text = FILES[path]
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        text = chance.choice(MUTATIONS)(text, chance)
    return path, text


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.sampled_from(WORDS),
    st.text(max_size=12),
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)


@st.composite
def made(draw: st.DrawFn) -> tuple[str, str]:
    """Write a tree of known keys under the head of a kind of document; JSON is YAML, nearly."""
    path = draw(st.sampled_from(SMALL))
    head: dict[str, Any] = dict(re.findall(r"^(\w+): ([^{\[\n]+)$", FILES[path], re.MULTILINE))
    head |= {"schema_version": "1", "title": {"zh": "甲", "en": "A"}}
    head |= draw(st.dictionaries(st.sampled_from(KEYS), trees, max_size=6))
    return path, json.dumps(
        head, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )


documents = st.one_of(
    st.integers(0, 2**64).map(mutated),
    st.integers(0, 2**64).map(mutated),
    st.integers(0, 2**64).map(mutated),
    made(),
    st.tuples(st.sampled_from(SMALL), st.text(max_size=300)),
)
"""Paths of shipped files with the texts that stand there instead."""
