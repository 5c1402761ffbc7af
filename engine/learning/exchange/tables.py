"""A catalog as tables of text, for spreadsheets and CSV: a row an item, a skill, a target or a rule."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.kernel.diagnostics import Code, Diagnostic, Span, nearest
from engine.kernel.source import Data
from engine.kernel.source import Mapping as MapNode
from engine.learning.exchange import cells
from engine.learning.exchange.cells import TEXT, TEXTS, Form
from engine.rules.sheets import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.kernel.diagnostics import Lang
    from engine.kernel.source import Node
    from engine.learning.documents import Catalog

NOT_A_TABLE = Code(
    "EXCHANGE-001",
    "the first row names no column of a catalog table",
    "首行没有目录表的列名",
    "an exported catalog shows the columns: `id`, `name_zh`, `teaches` and so on",
    "导出一个目录即可看到列名：`编号`、`中文名称`、`讲授` 等",
)
UNKNOWN_COLUMN = Code(
    "EXCHANGE-002",
    "the table `{table}` has no column `{name}`",
    "表 `{table}` 没有列 `{name}`",
    "known columns: {known}",
    "可用的列：{known}",
)
BAD_CELL = Code(
    "EXCHANGE-003",
    "`{text}` is not written as the column `{name}` wants it",
    "`{text}` 不符合列 `{name}` 的写法",
    "write it like `{example}`",
    "请写成类似 `{example}` 的形式",
)
BROKEN_CSV = Code(
    "EXCHANGE-004",
    "the line cannot be read as comma-separated values",
    "该行无法按逗号分隔值读取",
    "close every double quote, and save as CSV in UTF-8",
    "请补全双引号，并以 UTF-8 的 CSV 保存",
)
LONG_ROW = Code(
    "EXCHANGE-005",
    "the row has more cells than there are columns",
    "该行的单元格多于列数",
    "put a text with commas in double quotes",
    "含逗号的文字请加双引号",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head in English and Chinese, where its value stands in an entry, its form."""

    en: str
    zh: str
    path: tuple[str, ...]
    form: Form = TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, the section of the catalog that it holds, what names an entry of it."""

    name: str
    section: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that a row says, with the place of each of its cells."""

    section: str
    data: dict[str, Any]
    node: Node


_NAMES = (
    Column("name_zh", "中文名称", ("name", "zh")),
    Column("name_en", "英文名称", ("name", "en")),
)
_NEEDS = (
    Column("requires_all", "全部前置", ("requires", "all"), cells.NEEDS),
    Column("requires_any", "任一前置", ("requires", "any"), cells.NEEDS),
)
_ID = Column("id", "编号", ("id",))
ITEMS = Table(
    "items",
    "items",
    ("id",),
    (
        _ID,
        Column("code", "代码", ("code",)),
        Column("kind", "类型", ("kind",)),
        *_NAMES,
        Column("modality", "方式", ("modality",)),
        Column("language", "语言", ("language",), TEXTS),
        Column("hours", "小时", ("hours",)),
        Column("lessons", "课时", ("lessons",)),
        Column("days", "天数", ("days",)),
        Column("cost", "费用", ("cost",)),
        Column("teaches", "讲授", ("teaches",), cells.TEACHES),
        *_NEEDS,
        Column("pass_completion", "完成要求", ("pass", "completion")),
        Column("pass_exam", "考试要求", ("pass", "exam")),
        Column("on_fail", "未通过时", ("on_fail",), TEXTS),
        Column("adapt", "调整", ("adapt",), cells.ADAPTATIONS),
        Column("cadence", "周期", ("cadence",), cells.CADENCE),
        Column("sessions", "场次", ("sessions",), cells.SESSIONS),
        Column("mentors", "导师库", ("mentors", "pool")),
        Column("formats", "形式", ("formats",), TEXTS),
        Column("variant", "同一内容", ("variant",)),
        Column("focus_zh", "中文重点", ("focus", "zh")),
        Column("focus_en", "英文重点", ("focus", "en")),
    ),
)
SKILLS = Table(
    "skills",
    "nodes",
    ("id",),
    (
        _ID,
        Column("kind", "类型", ("kind",)),
        *_NAMES,
        Column("part_of", "组成", ("part_of",), cells.SHARES),
        *_NEEDS,
        Column("related", "相关", ("related",), TEXTS),
        Column("align", "对照", ("align",), cells.ALIGNED),
    ),
)
TARGETS = Table(
    "targets",
    "targets",
    ("role", "competency"),
    (
        Column("role", "岗位", ("role",)),
        Column("competency", "胜任力", ("competency",)),
        Column("level", "目标", ("level",)),
        Column("priority", "优先级", ("priority",)),
    ),
)
MANDATORY = Table(
    "mandatory",
    "mandatory",
    ("role", "item"),
    (
        Column("role", "岗位", ("role",)),
        Column("item", "条目", ("item",)),
        Column("clause", "条款", ("clause",)),
    ),
)
MENTORS = Table(
    "mentors",
    "resources",
    ("id",),
    (_ID, *_NAMES, Column("members", "导师", ("members",), cells.MENTORS)),
)
TABLES = (ITEMS, SKILLS, TARGETS, MANDATORY, MENTORS)
"""What a workbook holds, a sheet each; bundles and preferences stay as they are."""


# --- in ------------------------------------------------------------------------------------------


def read_csv(text: str, path: str = "") -> tuple[Sheet, list[Diagnostic]]:
    """Read comma, semicolon or tab separated values (RFC 4180) as a sheet whose name is `path`."""
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows: list[tuple[str, ...]] = []
    # Only line feeds end a line here: a text may hold what Unicode calls a separator.
    reader = csv.reader(
        (f"{line}\n" for line in text.split("\n")), delimiter=delimiter, strict=True
    )
    try:
        rows += (tuple(row) for row in reader)
        while rows and not any(rows[-1]):
            rows.pop()
    except csv.Error:
        line = max(reader.line_num, 1)
        return Sheet(path, tuple(rows)), [BROKEN_CSV.at(Span(path, line, 1, line, 2))]
    return Sheet(path, tuple(rows)), []


def table_of(sheet: Sheet) -> Table | None:
    """Find the table that a sheet holds: by its name, else by the heads of its columns."""
    for table in TABLES:
        if sheet.name == table.name:
            return table
    heads = {text.strip() for text in sheet.rows[0]} if sheet.rows else set()
    known = [(len(heads & {h for c in t.columns for h in (c.en, c.zh)}), t) for t in TABLES]
    most, found = max(known, key=lambda pair: pair[0])
    return found if most > 1 else None


def read_sheet(sheet: Sheet, table: Table) -> tuple[list[Entry], list[Diagnostic]]:
    """Read the rows of a sheet as entries of a catalog; each finding is placed at its cell."""
    columns, found = _heads(sheet, table)
    entries: list[Entry] = []
    for number, row in enumerate(sheet.rows[1:], 2):
        if not any(text.strip() for text in row):
            continue
        if any(text.strip() for text in row[len(columns) :]):
            found.append(LONG_ROW.at(_cell(sheet, number, len(columns) + 1)))
        grown: dict[str, Any] = {}
        for at, (column, text) in enumerate(zip(columns, row, strict=False), 1):
            if column is None or not text.strip():
                continue
            span, value = _cell(sheet, number, at), column.form.read(text)
            if value is None:
                shown = {"text": text[:80], "name": column.en, "example": column.form.example}
                found.append(BAD_CELL.at(span, **shown))
            else:
                _grow(grown, column.path, Data(value, span))
        entries += _entries(table, _tree(grown, _cell(sheet, number, 1)))
    return entries, found


def _cell(sheet: Sheet, row: int, column: int) -> Span:
    return Span(sheet.name, row, column, row, column + 1)


def _heads(sheet: Sheet, table: Table) -> tuple[list[Column | None], list[Diagnostic]]:
    known = {head: column for column in table.columns for head in (column.en, column.zh)}
    columns, found = [], []
    for at, text in enumerate(sheet.rows[0], 1):
        head = text.strip()
        columns.append(known.get(head))
        if head and head not in known:
            listed = ", ".join(f"`{column.en}`" for column in table.columns)
            near = nearest(head, known)
            span = _cell(sheet, 1, at)
            found.append(
                UNKNOWN_COLUMN.at(span, table=table.name, name=head[:80], known=listed, near=near)
            )
    return columns, found


def _grow(into: dict[str, Any], path: tuple[str, ...], leaf: Data) -> None:
    for step in path[:-1]:
        into = into.setdefault(step, {})
    into[path[-1]] = leaf


def _tree(grown: dict[str, Any], span: Span) -> MapNode:
    """Turn nested dicts of placed values into a tree; a map is placed where its first value is."""
    entries: dict[str, Node] = {
        key: _tree(value, _first(value)) if isinstance(value, dict) else value
        for key, value in grown.items()
    }
    return MapNode(entries, {key: node.span for key, node in entries.items()}, span)


def _first(grown: Mapping[str, Data]) -> Span:
    return next(iter(grown.values())).span


def _entries(table: Table, row: MapNode) -> Iterator[Entry]:
    """Give the entries that a row stands for: a skill's row also says the edges that leave it."""
    entries, keys = dict(row.entries), dict(row.keys)
    edges: list[Node] = []
    if table is MENTORS:
        entries["kind"] = Data("mentor_pool", row.span)
    if table is SKILLS:
        apart = {name: entries.pop(name, None) for name in ("part_of", "requires", "related")}
        edges = list(_edges(entries.get("id"), apart))
        if isinstance(aligned := entries.get("align"), Data) and isinstance(aligned.value, list):
            pairs = {pair["in_"]: pair["as_"] for pair in aligned.value}
            entries["align"] = Data(pairs, aligned.span)
    whole = MapNode(entries, {key: keys.get(key, row.span) for key in entries}, row.span)
    yield Entry(table.section, _plain(whole), whole)
    yield from (Entry("edges", _plain(edge), edge) for edge in edges)


def _plain(node: Node) -> Any:  # noqa: ANN401 - YAML data
    if isinstance(node, MapNode):
        return {key: _plain(value) for key, value in node.entries.items()}
    return node.value if isinstance(node, Data) else None


def _edges(id_: Node | None, apart: Mapping[str, Node | None]) -> Iterator[Node]:
    source = id_.value if isinstance(id_, Data) else ""
    parts, related, needs = apart["part_of"], apart["related"], apart["requires"]
    if isinstance(parts, Data) and isinstance(parts.value, list):
        for share in parts.value:
            yield Data({"type": "part_of", "from": source, **share}, parts.span)
    if isinstance(needs, MapNode):
        first = next(iter(needs.entries.values())).span
        yield Data({"type": "requires", "from": source, **_plain(needs)}, first)
    if isinstance(related, Data) and isinstance(related.value, list):
        for other in related.value:
            yield Data({"type": "related", "from": source, "to": other}, related.span)


# --- out -----------------------------------------------------------------------------------------


def to_sheets(catalog: Catalog, lang: Lang = "en") -> list[Sheet]:
    """Write a catalog as sheets, a table each; reading them gives the same catalog."""
    return [Sheet(table.name, _rows(catalog, table, lang)) for table in TABLES]


def write_csv(sheet: Sheet) -> str:
    """Write a sheet as comma-separated values (RFC 4180), with the mark that spreadsheets look for."""
    lines = _Lines(["\ufeff"])
    csv.writer(lines).writerows(sheet.rows)
    return "".join(lines.texts)


@dataclass(slots=True)
class _Lines:
    """Where csv writes to: there are no files here."""

    texts: list[str]

    def write(self, text: str) -> None:
        self.texts.append(text)


def _rows(catalog: Catalog, table: Table, lang: Lang) -> tuple[tuple[str, ...], ...]:
    head = tuple(column.zh if lang == "zh" else column.en for column in table.columns)
    return (head, *(_row(entry, table) for entry in _written(catalog, table)))


def _row(entry: Mapping[str, Any], table: Table) -> tuple[str, ...]:
    cells_: list[str] = []
    for column in table.columns:
        value: Any = entry
        for step in column.path:
            value = value.get(step) if isinstance(value, dict) else None
        cells_.append("" if value is None else column.form.write(value))
    return tuple(cells_)


def _written(catalog: Catalog, table: Table) -> list[dict[str, Any]]:
    """Give the entries of a table as data; a skill has the edges that leave it."""
    data = catalog.model_dump(mode="json", exclude_unset=True, by_alias=True)
    entries: list[dict[str, Any]] = data.get(table.section, [])
    if table is not SKILLS:
        return entries
    edges: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for edge in data.get("edges", []):
        edges.setdefault((edge["from"], edge["type"]), []).append(edge)
    return [{**node, **_leaving(node["id"], edges), **_aligned(node)} for node in entries]


def _leaving(
    id_: str, edges: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if parts := edges.get((id_, "part_of")):
        found["part_of"] = parts
    if needs := edges.get((id_, "requires")):
        found["requires"] = {k: v for k, v in needs[0].items() if k in {"all", "any"}}
    if related := edges.get((id_, "related")):
        found["related"] = [edge["to"] for edge in related]
    return found


def _aligned(node: Mapping[str, Any]) -> dict[str, Any]:
    pairs = node.get("align")
    return {"align": [{"in_": k, "as_": v} for k, v in pairs.items()]} if pairs else {}
