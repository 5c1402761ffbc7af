"""A document's data as YAML in the layout of this house: one entry a line, tables drawn, texts quoted where needed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.rules.tables import format_table, parse_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What YAML takes for itself in no place, also inside `{ }` and `[ ]`.
_PLAIN = re.compile(r"[^\W_][\w.+/-]*(?::[\w.+/-]+)*", re.ASCII)
_HAN = re.compile(r"[\u4e00-\u9fff\w]+")
_REFUSED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_ONE_LINE = frozenset(
    {"title", "label", "default", "columns", "one_of", "ranked", "priority", "jurisdictions"}
)
"""Keys whose value stands on the key's own line."""
_ENTRIES = frozenset({"inputs", "params", "reasons", "outputs", "guarantees", "rows"})
"""Keys whose value is a block of entries, each on one line."""


def write_document(data: Mapping[str, object]) -> str:
    """Write the data of a document: reading it again gives the same identity."""
    return "\n".join(_block(data, "")) + "\n"


def _block(data: Mapping[str, object], indent: str) -> Iterator[str]:
    drawn = draw_table(data.get("columns"), data.get("rows"))
    for key, value in data.items():
        if drawn is not None and key == "columns":
            continue
        if drawn is not None and key == "rows":
            yield f"{indent}table: |"
            yield from (f"{indent}  {line}" for line in drawn)
            continue
        yield from _entry(str(key), value, indent)


def _entry(key: str, value: object, indent: str) -> Iterator[str]:
    name = f"{indent}{_scalar(key)}:"
    if not isinstance(value, Mapping | list | tuple) or not value or key in _ONE_LINE:
        literal = _literal(value)
        if literal is None:
            yield f"{name} {_flow(value)}"
        else:
            yield f"{name} |"
            yield from (f"{indent}  {line}".rstrip() for line in literal)
        return
    yield name
    inner = indent + "  "
    if isinstance(value, Mapping):
        for under, item in value.items():
            if key in _ENTRIES or not isinstance(item, Mapping):
                yield f"{inner}{_scalar(str(under))}: {_flow(item)}"
            else:
                yield f"{inner}{_scalar(str(under))}:"
                yield from _block(item, inner + "  ")
    else:
        yield from (f"{inner}- {_flow(item)}" for item in value)


def _flow(value: object) -> str:
    match value:
        case Mapping():
            inner = ", ".join(f"{_scalar(str(k))}: {_flow(v)}" for k, v in value.items())
            return f"{{{inner}}}"
        case list() | tuple():
            return f"[{', '.join(map(_flow, value))}]"
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case _:
            pass
    return _scalar(str(value))


def _scalar(text: str) -> str:
    """Write a text plainly where no reader can take it for anything else, else in double quotes."""
    if _PLAIN.fullmatch(text) or _HAN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _REFUSED.sub(lambda m: f"\\u{ord(m.group()):04x}", quoted)


def _literal(value: object) -> list[str] | None:
    """The lines of a text that is best read as a block; None when it is not, or would not come back the same."""
    if not isinstance(value, str) or "\n" not in value or _REFUSED.search(value):
        return None
    lines = value.split("\n")
    if not lines[0] or lines[0][0] in " \t" or not lines[-1]:
        return None
    return None if any(line != line.rstrip() or "\t" in line for line in lines) else lines


def draw_table(columns: object, rows: object) -> list[str] | None:
    """Draw columns and rows as a table; None where the drawing would not be read back as the same."""
    if not isinstance(columns, Mapping) or not isinstance(rows, list | tuple) or not rows:
        return None
    when, then = [*map(str, columns["when"])], [*map(str, columns["then"])]
    lines = [_line("id", when, then), _line("-", ["-"] * len(when), ["-"] * len(then))]
    lines += [_line(str(r["id"]), [*map(str, r["when"])], [*map(str, r["then"])]) for r in rows]
    table, faults = parse_table("\n".join(lines))
    if table is None or faults or len(table.rows) != len(rows):
        return None
    heads = [c.text for c in table.when], [c.text for c in table.then]
    same = heads == (when, then) and all(
        (line.id.text, [c.text for c in line.when], [c.text for c in line.then])
        == (str(row["id"]), [*map(str, row["when"])], [*map(str, row["then"])])
        for line, row in zip(table.rows, rows, strict=True)
    )
    return format_table("\n".join(lines)).split("\n") if same else None


def _line(first: str, when: Sequence[str], then: Sequence[str]) -> str:
    return f"| {' | '.join([first, *when])} || {' | '.join(then)} |"
