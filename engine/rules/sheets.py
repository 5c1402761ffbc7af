"""A rule set as the sheets of a workbook and back: what a policy owner edits without YAML, with nothing lost.

A cell that is left empty is a key that is absent. Expressions stand as they are; lists are written `a; b`;
what would be misread so is written as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.kernel.diagnostics import Code, Diagnostic, Span, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.kernel.canonical import ContentHash
    from engine.rules.documents import RuleSet

MISSING_SHEET = Code(
    "SHEET-001",
    "the sheet `{name}` is missing",
    "缺少工作表 `{name}`",
    "export the rule set again, and edit that file",
    "请重新导出规则集并编辑该文件",
)
UNKNOWN_HEAD = Code(
    "SHEET-002",
    "`{name}` is no column of this sheet",
    "`{name}` 不是此工作表的列",
    "columns are: {known}",
    "可用的列：{known}",
)
NAME_TWICE = Code(
    "SHEET-003",
    "`{name}` stands twice in this sheet",
    "`{name}` 在此工作表中出现两次",
    "keep one of the rows",
    "请只保留一行",
)
NO_BAR = Code(
    "SHEET-004",
    "the head of a table needs `id` first and one `||` between conditions and outputs",
    "表头首列须为 `id`，条件与输出之间须有一个 `||`",
    "put them back where they were",
    "请恢复原位",
)
BAD_LIST = Code(
    "SHEET-005",
    "this starts like JSON and cannot be read as such",
    "此内容以 JSON 形式开头，却无法读取",
    "write `a; b`, or correct the quotes and brackets",
    "请写成 `甲; 乙`，或更正引号与括号",
)
NO_NAME = Code(
    "SHEET-006",
    "this row has no `{missing}`",
    "该行缺少 `{missing}`",
    "fill it in, or clear the row",
    "请填写，或清空该行",
)
NO_TABLE = Code(
    "SHEET-007",
    "there is no sheet `{name}`, which holds the table of `{decision}`",
    "没有工作表 `{name}`，它应包含 `{decision}` 的表格",
    "write the sheet's name as it stands on its tab",
    "请填写工作表标签上的名称",
)

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a document."""
Place: TypeAlias = tuple[str, int, int]
"""A sheet, and a row and column of it, from 1."""
Cells: TypeAlias = tuple[tuple[str, ...], ...]
"""Rows of texts; an empty text is an empty cell."""

_QUANTITY = ("type", "unit", "one_of", "ranked", "label.zh", "label.en")
COLUMNS: dict[str, tuple[str, ...]] = {
    "inputs": ("name", *_QUANTITY, "range", "scale", "default", "nullable", "source"),
    "params": ("name", *_QUANTITY, "value", "provenance", "evidence"),
    "functions": (
        *("name", *_QUANTITY, "params", "value"),
        *("hit_policy", "aggregate", "priority", "table"),
    ),
    "decisions": (
        *("name", *_QUANTITY, "digits", "nullable", "clause", "only_if", "value"),
        *("hit_policy", "aggregate", "priority", "default", "table"),
    ),
    "outputs": ("decision", "name", *_QUANTITY, "digits", "nullable", "priority"),
    "reasons": ("code", "zh", "en"),
    "guarantees": (
        *("id", "always", "never_decreases", "never_worse", "independent_of"),
        *("unchanged_from", "when_rises", "of"),
    ),
}
SECTIONS = tuple(COLUMNS)
"""The sheets that every workbook has besides `rule_set` and its tables."""
ABOUT = "rule_set"
BASE = ("base_version", "base_hash")
"""What the sheet `rule_set` says of the version that was exported."""
BAR = "||"
"""The head of the column between the conditions and the outputs of a table."""

_EXPRESSIONS = frozenset({"range", "value", "only_if", "always", "assume"})
_LISTS = frozenset({"one_of", "ranked", "priority", "jurisdictions", "empty"})
_DATA = frozenset({"default", "params", "uses"})
_HEAD = (
    "schema_version",
    "kind",
    "id",
    "version",
    "title.zh",
    "title.en",
    "owner",
    "effective_from",
)
_HEAD_MORE = ("effective_to", "clause", "feel", "use", "jurisdictions", "uses")
_LONGEST_NAME = 31
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows, the first of them its head."""

    name: str
    rows: Cells


@dataclass(slots=True)
class Read:
    """What sheets say: the document's data, where each value of it stood, and what could not be read."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)

    def fault(self, code: Code, place: Place, **args: str) -> None:
        """Note what is wrong at a cell."""
        sheet, row, column = place
        near = nearest(args["name"], args["known"].split(", ")) if "known" in args else None
        told = {k: v if k != "known" else _listed(v) for k, v in args.items()}
        self.found.append(code.at(Span(sheet, row, column, row, column + 1), near=near, **told))


def _listed(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A part of the document being read: its data, and the path that leads to it."""

    data: dict[str, Any]
    path: Path

    def put(self, read: Read, column: str, value: object, place: Place) -> None:
        """Set what a column says, and remember where it stood."""
        outer, _, inner = column.partition(".")
        if inner:
            self.data.setdefault(outer, {})[inner] = value
            read.places[(*self.path, outer, inner)] = place
            read.places.setdefault((*self.path, outer), place)
        else:
            self.data[outer] = value
            read.places[(*self.path, outer)] = place


# --- to sheets -----------------------------------------------------------------------------------


def to_sheets(document: RuleSet, base: ContentHash) -> tuple[Sheet, ...]:
    """Lay a rule set out as sheets; `base` is the hash of the version that is laid out."""
    data: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    names = _table_names(data)
    sheets = [Sheet(ABOUT, tuple(_about(data, base)))]
    sheets += [Sheet(section, tuple(_section(data, section, names))) for section in SECTIONS]
    for section in ("functions", "decisions"):
        for name, node in data.get(section, {}).items():
            if "rows" in node:
                sheets.append(Sheet(names[section, name], tuple(_table(node))))
    return tuple(sheets)


def _about(data: Mapping[str, Any], base: str) -> Iterator[tuple[str, ...]]:
    yield ("key", "value")
    yield (BASE[0], str(data["version"]))
    yield (BASE[1], base)
    for key in (*_HEAD, *_HEAD_MORE):
        value = _taken(data, key)
        if value is not None:
            yield (key, _cell(key, value))
    yield from (("assume", _cell("assume", text)) for text in data.get("assume", ()))
    empty = [key for key in ("assume", *SECTIONS) if key in data and not data[key]]
    if empty:
        yield ("empty", _cell("empty", empty))


def _section(
    data: Mapping[str, Any], section: str, names: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, ...]]:
    columns = COLUMNS[section]
    yield columns
    for entry in _entries(data, section):
        sheet = names.get((section, str(entry.get("name"))))
        known = {**entry, "table": sheet} if sheet and "rows" in entry else entry
        yield tuple(
            "" if (value := _taken(known, column)) is None else _cell(column, value)
            for column in columns
        )


def _entries(data: Mapping[str, Any], section: str) -> Iterator[dict[str, Any]]:
    """Give the entries of a section as flat maps, their names among them."""
    if section == "outputs":
        for decision, node in data.get("decisions", {}).items():
            for name, output in (node.get("outputs") or {}).items():
                yield {"decision": decision, "name": name, **output}
    elif section == "guarantees":
        yield from data.get(section, ())
    else:
        key = COLUMNS[section][0]
        for name, entry in data.get(section, {}).items():
            yield {key: name, **entry}


def _taken(entry: Mapping[str, Any], column: str) -> object:
    outer, _, inner = column.partition(".")
    value = entry.get(outer)
    return value.get(inner) if inner and isinstance(value, Mapping) else value


def _cell(column: str, value: object) -> str:
    """Write a value so that it is read back as the same."""
    if column in _EXPRESSIONS and isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and column in _LISTS:
        texts = [str(item) for item in value]
        joined = "; ".join(texts)
        if texts and [t.strip() for t in joined.split(";")] == texts and not _is_quoted(joined):
            return joined
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        text = str(value)
        plain = text == text.strip() and text and not _is_quoted(text) and not _NO_XML.search(text)
        return text if plain else json.dumps(text, ensure_ascii=bool(_NO_XML.search(text)))
    return json.dumps(value, ensure_ascii=False)


def _is_quoted(text: str) -> bool:
    return text[:1] in {'"', "[", "{"}


def _table(node: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    columns = node["columns"]
    yield ("id", *columns["when"], BAR, *columns["then"])
    for row in node["rows"]:
        yield (row["id"], *row["when"], "", *row["then"])


def _table_names(data: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Name the sheet of each table after its decision, in the letters and length that a sheet may have."""
    found: dict[tuple[str, str], str] = {}
    taken = {ABOUT, *SECTIONS, "lists"}
    for section in ("functions", "decisions"):
        for name, node in data.get(section, {}).items():
            if "rows" not in node:
                continue
            base = re.sub(r"[\\/*?:\[\]']", "_", name)[: _LONGEST_NAME - 4]
            number, sheet = 1, base
            while sheet.lower() in {t.lower() for t in taken}:
                number += 1
                sheet = f"{base} {number}"
            taken.add(sheet)
            found[section, name] = sheet
    return found


# --- from sheets ---------------------------------------------------------------------------------


def from_sheets(sheets: Sequence[Sheet]) -> Read:
    """Read sheets back as the data of a rule set."""
    read, known = Read(), {sheet.name: sheet for sheet in sheets}
    for name in (ABOUT, *SECTIONS):
        if name not in known:
            read.fault(MISSING_SHEET, (name, 1, 1), name=name)
    if ABOUT in known:
        _read_about(read, known[ABOUT])
    for section in SECTIONS:
        if section in known:
            _read_section(read, known[section], known)
    return read


def _read_about(read: Read, sheet: Sheet) -> None:
    keys = (*BASE, *_HEAD, *_HEAD_MORE, "assume", "empty")
    for number, row in enumerate(sheet.rows[1:], 2):
        key, text = row[0].strip(), row[1] if len(row) > 1 else ""
        if not key or not text.strip():
            continue
        if key in BASE:
            read.base[key] = text.strip()
        elif key not in keys:
            read.fault(UNKNOWN_HEAD, (sheet.name, number, 1), name=key, known=", ".join(keys))
        else:
            place = (sheet.name, number, 2)
            value = _value(read, key, text, place)
            if key == "empty":
                for empty in value if isinstance(value, list) else ():
                    read.data.setdefault(empty, [] if empty in {"assume", "guarantees"} else {})
            elif key == "assume":
                listed = read.data.setdefault("assume", [])
                read.places["assume", len(listed)] = place
                listed.append(value)
            else:
                _Entry(read.data, ()).put(read, key, value, place)


def _value(read: Read, column: str, text: str, place: Place) -> object:
    """Read what a cell says, by the column that it stands in."""
    bare = text.strip()
    if column in _EXPRESSIONS and (column, place[0]) != ("value", "params"):
        return text.strip(" \t\r")
    if _is_quoted(bare):
        try:
            return json.loads(bare, parse_float=str, parse_int=str)
        except ValueError:
            read.fault(BAD_LIST, place)
            return bare
    if column in _LISTS:
        return [part.strip() for part in bare.split(";")]
    return bare


def _read_section(read: Read, sheet: Sheet, known: Mapping[str, Sheet]) -> None:
    columns = _columns_of(read, sheet)
    key = COLUMNS[sheet.name][0]
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(sheet.rows[1:], 2):
        cells = {c: (row[place], place + 1) for c, place in columns.items() if place < len(row)}
        filled = {c: cell for c, cell in cells.items() if cell[0].strip()}
        if not filled:
            continue
        named = [filled[c][0].strip() if c in filled else "" for c in ("decision", "name")]
        name = filled[key][0].strip() if key in filled else ""
        if not name or (sheet.name == "outputs" and not named[1]):
            missing = key if not name else "name"
            place = (sheet.name, number, columns.get(missing, 0) + 1)
            read.fault(NO_NAME, place, missing=missing)
            continue
        identity = (name, named[1] if sheet.name == "outputs" else "")
        if identity in seen:
            told = " · ".join(filter(None, identity))
            read.fault(NAME_TWICE, (sheet.name, number, filled[key][1]), name=told)
            continue
        seen.add(identity)
        _read_entry(read, sheet, number, filled, known)


def _read_entry(
    read: Read,
    sheet: Sheet,
    number: int,
    filled: Mapping[str, tuple[str, int]],
    known: Mapping[str, Sheet],
) -> None:
    section, key = sheet.name, COLUMNS[sheet.name][0]
    entry: dict[str, Any] = {}
    name = filled[key][0].strip()
    first = (section, number, filled[key][1])
    match section:
        case "guarantees":
            listed: list[Any] = read.data.setdefault(section, [])
            path: Path = (section, len(listed))
            listed.append(entry)
        case "outputs":
            path = ("decisions", name, "outputs", filled["name"][0].strip())
            decision = read.data.setdefault("decisions", {}).setdefault(name, {})
            decision.setdefault("outputs", {})[path[-1]] = entry
        case _:
            path = (section, name)
            read.data.setdefault(section, {})[name] = entry
    read.places[path] = first
    made = _Entry(entry, path)
    for column, (text, place) in filled.items():
        if column == "table":
            _read_table(read, made, text.strip(), known, (section, number, place))
        elif column not in {"name", "decision", "code"}:
            value = _value(read, column, text, (section, number, place))
            made.put(read, column, value, (section, number, place))


def _columns_of(read: Read, sheet: Sheet) -> dict[str, int]:
    """Find the columns of a sheet by their heads, wherever they were moved to."""
    columns = COLUMNS[sheet.name]
    found: dict[str, int] = {}
    for place, head in enumerate(sheet.rows[0] if sheet.rows else ()):
        name = head.strip()
        if name in columns and name not in found:
            found[name] = place
        elif name:
            code = NAME_TWICE if name in found else UNKNOWN_HEAD
            known = {} if name in found else {"known": ", ".join(columns)}
            read.fault(code, (sheet.name, 1, place + 1), name=name, **known)
    return found


def _read_table(
    read: Read, entry: _Entry, name: str, known: Mapping[str, Sheet], place: Place
) -> None:
    sheet = known.get(name)
    if sheet is None:
        read.fault(NO_TABLE, place, name=name, decision=str(entry.path[-1]))
        return
    head = [h.strip() for h in (sheet.rows[0] if sheet.rows else ())]
    while head and not head[-1]:
        head.pop()
    if head[:1] != ["id"] or head.count(BAR) != 1:
        read.fault(NO_BAR, (sheet.name, 1, 1))
        return
    bar = head.index(BAR)
    sides: dict[int, Path] = {c: ("when", c - 1) for c in range(1, bar)}
    sides |= {c: ("then", c - bar - 1) for c in range(bar + 1, len(head))}
    entry.data["columns"] = {"when": head[1:bar], "then": head[bar + 1 :]}
    rows = entry.data["rows"] = []
    read.places[(*entry.path, "columns")] = (sheet.name, 1, 1)
    for column, side in sides.items():
        read.places[(*entry.path, "columns", *side)] = (sheet.name, 1, column + 1)
    for number, row in enumerate(sheet.rows[1:], 2):
        cells = [c.strip() for c in row[: len(head)]] + [""] * (len(head) - len(row))
        if any(cells) and not cells[0]:
            read.fault(NO_NAME, (sheet.name, number, 1), missing="id")
        elif any(cells):
            here: Path = (*entry.path, "rows", len(rows))
            # A cell that was emptied asks for nothing: `-` says so.
            filled = [cell or "-" for cell in cells]
            rows.append({"id": filled[0], "when": filled[1:bar], "then": filled[bar + 1 :]})
            read.places[here] = read.places[(*here, "id")] = (sheet.name, number, 1)
            for column, side in sides.items():
                read.places[(*here, *side)] = (sheet.name, number, column + 1)
