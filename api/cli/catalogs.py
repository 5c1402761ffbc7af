"""The commands that bring catalogs and frameworks in and out: tables, Moodle, CASE, ESCO, O*NET."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.exchange import exports, imports, replace_file, show_cells
from api.cli.shared import (
    FINDINGS,
    AsOfOption,
    ContentOption,
    LangOption,
    as_lang,
    ending,
    load,
    moment,
    read_argument,
    show_findings,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.content import Content
    from engine.kernel.diagnostics import Diagnostic
    from engine.learning.documents import Catalog
    from engine.learning.exchange.framework import Framework
    from engine.learning.exchange.merging import Changes, Draft
    from engine.learning.exchange.tables import Entry
    from engine.rules.sheets import Sheet


class Outside(StrEnum):
    """The frameworks that are read."""

    moodle = "moodle"
    case = "case"
    esco = "esco"


class Written(StrEnum):
    """The forms that a catalog is written in."""

    xlsx = "xlsx"
    csv = "csv"
    case = "case"
    moodle = "moodle"


FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="The files. · 输入文件", show_default=False)
]
ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FOLDER",
        help="The content folder to write the new version into; a dry run, when left out. · 写入的内容目录；省略即试运行",
    ),
]
NewOption = Annotated[
    str | None,
    typer.Option(
        "--new",
        metavar="ID",
        help="Begin a catalog of this id instead of a next version of the one there is. · 新建目录",
    ),
]
VersionOption = Annotated[
    str | None,
    typer.Option(
        "--version",
        metavar="X.Y.Z",
        help="The version to write; the next minor one, when left out. · 写入的版本",
    ),
]
OwnerOption = Annotated[str, typer.Option("--owner", help="Who owns a new catalog. · 负责人")]
WholeOption = Annotated[
    bool,
    typer.Option(
        "--whole",
        help="The tables are the whole: what they do not name any more is left out. · 表格即全部内容",
    ),
]


def add_to(_: typer.Typer) -> None:
    """Add the commands to the groups `import` and `export`."""
    imports.command("catalog")(import_catalog)
    imports.command("framework")(import_framework)
    imports.command("onet")(import_onet)
    exports.command("catalog")(export_catalog)


@ending
def import_catalog(
    files: FilesArgument,
    to: ToOption = None,
    new: NewOption = None,
    version: VersionOption = None,
    owner: OwnerOption = "training",
    whole: WholeOption = False,
    effective_from: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Bring items, skills and targets in from CSV or a workbook. Exits 1 when a row is faulty. · 导入目录表"""
    from engine.kernel.diagnostics import has_errors
    from engine.learning.exchange.merging import edges_leaving, merge_entries
    from engine.learning.exchange.tables import NOT_A_TABLE, read_sheet, table_of

    base, before = _base(content, new, version, owner, effective_from)
    entries: list[Entry] = []
    found: list[Diagnostic] = []
    for sheet in [sheet for file in files for sheet in _sheets(file, found)]:
        table = table_of(sheet)
        if table is None:
            found.append(NOT_A_TABLE.at(_top(sheet.name)))
            continue
        more, faults = read_sheet(sheet, table)
        entries += more
        found += faults
    nodes = {entry.data.get("id", "") for entry in entries if entry.section == "nodes"}
    gone = edges_leaving(base, nodes)
    draft = merge_entries(base, entries, before=before, gone=gone, whole=whole)
    found += draft.found
    _mark(files, found, lang)
    if has_errors(found) or draft.loaded is None:
        raise typer.Exit(FINDINGS)
    _finish(draft, to, lang)


@ending
def import_framework(
    source: Annotated[Outside, typer.Argument(help="Where it comes from. · 来源")],
    files: FilesArgument,
    under: Annotated[
        list[str] | None,
        typer.Option(
            "--under", metavar="KEY", help="Only these and what is below. · 仅导入其下内容"
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            metavar="N",
            help="Take what comes first as a prerequisite at this level. · 以此水平作为前置要求",
        ),
    ] = None,
    alignment: Annotated[
        Path | None,
        typer.Option(
            "--alignment",
            metavar="FILE",
            help="CSV of `key` and `node`: what is ours already. · 对照表（CSV）",
        ),
    ] = None,
    to: ToOption = None,
    new: NewOption = None,
    version: VersionOption = None,
    owner: OwnerOption = "training",
    effective_from: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Bring a framework of competencies in; what was aligned before keeps its id. · 导入能力框架"""
    from engine.kernel.diagnostics import has_errors
    from engine.learning.exchange.framework import part_below, read_alignment, take_over
    from engine.learning.exchange.merging import merge_entries

    base, before = _base(content, new, version, owner, effective_from)
    framework = part_below(_framework(source, files, lang), under or ())
    aligned: dict[str, str] = {}
    if alignment is not None:
        nodes = [node["id"] for node in base["nodes"]]
        read, found = read_alignment(_text(alignment), str(alignment), nodes)
        framework.found += found
        aligned = {key: node for key, (node, _) in read.items()}
    taken = take_over(framework, base, level=level, aligned=aligned)
    draft = merge_entries(base, taken.entries, before=before, gone=taken.gone)
    found = [*taken.found, *draft.found]
    show_findings(found, {}, lang)
    if has_errors(found) or draft.loaded is None:
        raise typer.Exit(FINDINGS)
    _finish(draft, to, lang)


@ending
def import_onet(
    ratings: Annotated[Path, typer.Argument(metavar="RATINGS", help="O*NET's Skills.txt. · 评级")],
    alignment: Annotated[
        Path,
        typer.Option(
            "--alignment", metavar="FILE", help="CSV of `element_id` and `node`. · 对照表（CSV）"
        ),
    ],
    occupation: Annotated[
        list[str],
        typer.Option(
            "--occupation",
            metavar="CODE=ROLE",
            help="An occupation and our role for it, as 41-4012.00=sales-rep. · 职业代码=岗位",
        ),
    ],
    to: ToOption = None,
    version: VersionOption = None,
    effective_from: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Take over O*NET's levels as targets of roles, through an explicit alignment. · 导入 O*NET 评级"""
    from engine.kernel.diagnostics import has_errors
    from engine.learning.exchange.merging import merge_entries
    from engine.learning.exchange.onet import read_onet

    base, before = _base(content, None, version, "", effective_from)
    roles = dict(_pair(text) for text in occupation)
    paths = str(ratings), str(alignment)
    entries, found = read_onet(_text(ratings), _text(alignment), roles, base, paths)
    draft = merge_entries(base, entries, before=before)
    found += draft.found
    show_findings(found, {}, lang)
    if has_errors(found) or draft.loaded is None:
        raise typer.Exit(FINDINGS)
    _finish(draft, to, lang)


@ending
def export_catalog(
    form: Annotated[Written, typer.Option("--as", help="The form. · 格式")] = Written.xlsx,
    catalog: Annotated[
        str | None, typer.Option("--catalog", metavar="ID[@VERSION]", help="Which. · 目录")
    ] = None,
    table: Annotated[
        str, typer.Option("--table", help="Which table, as CSV. · 导出哪张表（CSV）")
    ] = "items",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The file. · 输出文件"),
    ] = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write a catalog for others, and say what the form cannot carry. · 导出目录"""
    from api.spreadsheet import write_workbook
    from engine.learning.exchange.case import write_case
    from engine.learning.exchange.moodle import write_moodle
    from engine.learning.exchange.tables import to_sheets, write_csv

    chosen = as_lang(lang)
    read = load(content)
    document = read.find("catalog", catalog or _only(read), moment(as_of)).document
    name = f"{document.id}-{document.version}"
    found: list[Diagnostic] = []
    sheets = {sheet.name: sheet for sheet in to_sheets(document, chosen)}
    if table not in sheets:
        wrong_use(
            f"there is no table `{table}`; known: {', '.join(sheets)}",
            f"没有表 `{table}`；已有：{', '.join(sheets)}",
        )
    if form is Written.xlsx:
        raw = write_workbook(list(sheets.values()), {})
    elif form is Written.csv:
        raw, name = write_csv(sheets[table]).encode(), f"{name}-{table}"
    else:
        write = write_case if form is Written.case else write_moodle
        text, found = write(document, chosen)
        raw, name = text.encode(), f"{name}-{form.value}"
    ending_ = {Written.case: "json", Written.moodle: "csv"}.get(form, form.value)
    path = output or Path(f"{name}.{ending_}")
    if path.exists():
        wrong_use(f"`{path}` is there already", f"`{path}` 已存在")
    show_findings(found, {}, lang)
    replace_file(path, raw)
    print(path)


# --- what they share ---------------------------------------------------------------------------


def _only(read: Content) -> str:
    known = read.ids("catalog")
    return known[0] if known else "catalog"


def _base(
    content: Path | None, new: str | None, version: str | None, owner: str, when: str | None
) -> tuple[dict[str, Any], Catalog | None]:
    """Give the data that an import builds on: the latest version there is, or the head of a new catalog."""
    from engine.learning.exchange.merging import Head, base_data

    start = moment(when).replace(microsecond=0)
    if new is not None:
        head = Head(new, version or "1.0.0", new, owner, "-", start.isoformat())
        return head.data(), None
    read = load(content)
    known = read.versions.get(("catalog", _only(read)), [])
    if not known:
        wrong_use(
            "there is no catalog yet: begin one with --new ID", "尚无目录：请用 --new 编号 新建"
        )
    before: Catalog = known[-1].document
    major, minor, _ = map(int, before.version.split("."))
    return base_data(before, version or f"{major}.{minor + 1}.0", start.isoformat()), before


def _top(path: str) -> Any:  # noqa: ANN401 - the engine is imported when a command runs
    from engine.kernel.diagnostics import Span

    return Span(path, 1, 1, 1, 2)


def _text(path: Path) -> str:
    """Read a text that a program wrote: of at most 64 MiB."""
    from engine.kernel.json_text import MAX_WRITTEN

    return read_argument(str(path), MAX_WRITTEN)


def _sheets(path: Path, found: list[Diagnostic]) -> list[Sheet]:
    """Read the tables of a file: the sheets of a workbook, or the one of a CSV."""
    from api.spreadsheet import MOST_BYTES, read_workbook
    from engine.learning.exchange.tables import read_csv

    if path.suffix == ".xlsx":
        if not path.is_file():
            wrong_use(f"there is no file `{path}`", f"没有文件 `{path}`")
        with path.open("rb") as stream:
            sheets, faults = read_workbook(stream.read(MOST_BYTES + 1), str(path))
        found += faults
        return [sheet for sheet in sheets if sheet.rows]
    sheet, faults = read_csv(_text(path), str(path))
    found += faults
    return [] if faults else [sheet]


def _mark(files: Sequence[Path], found: list[Diagnostic], lang: str) -> None:
    """Show findings: in the cells of a workbook, else by file, row and column."""
    from api.spreadsheet import MOST_BYTES, mark_workbook

    books = [file for file in files if file.suffix == ".xlsx"]
    for book in books:
        raw = book.read_bytes()[: MOST_BYTES + 1]
        replace_file(book, mark_workbook(raw, str(book), found))
    if books:
        show_cells(found, books[0], lang)
    else:
        show_findings(found, {}, lang)


def _framework(source: Outside, files: Sequence[Path], lang: str) -> Framework:
    from engine.learning.exchange.case import read_case
    from engine.learning.exchange.esco import read_esco
    from engine.learning.exchange.moodle import read_moodle

    texts = {str(path): _text(path) for path in files}
    if source is Outside.esco:
        return read_esco(texts, as_lang(lang))
    if len(texts) != 1:
        wrong_use(f"a framework of {source.value} is one file", f"{source.value} 的框架是一个文件")
    [(path, text)] = texts.items()
    read = read_moodle if source is Outside.moodle else read_case
    return read(text, path, as_lang(lang))


def _pair(text: str) -> tuple[str, str]:
    code, sign, role = text.partition("=")
    if not sign or not code or not role:
        wrong_use(f"`{text}` is not written as CODE=ROLE", f"`{text}` 未写作 CODE=ROLE")
    return code, role


def _finish(draft: Draft, to: Path | None, lang: str) -> None:
    """Say what a draft changes, and write it as a folder that is there whole or not at all."""
    from engine.learning.exchange.merging import catalog_files

    assert draft.loaded is not None  # noqa: S101 - the callers have looked
    document = draft.loaded.document
    for line in _told(draft.changes, lang):
        print(line, file=sys.stderr)
    if to is None:
        zh = "试运行，未写入；用 --to 指定内容目录"
        print(zh if lang == "zh" else "a dry run: nothing was written; name a folder with --to")
        return
    place = to / "catalog" / document.version
    if place.exists():
        wrong_use(
            f"`{place}` is there already; name another version with --version",
            f"`{place}` 已存在；请用 --version 指定另一版本",
        )
    draft_place = place.with_name(f".{place.name}.part")
    shutil.rmtree(draft_place, ignore_errors=True)
    for name, text in catalog_files(document).items():
        path = draft_place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    draft_place.rename(place)
    print(place)


_SECTIONS = {
    "nodes": ("技能与胜任力", "skills and competencies"),
    "edges": ("关系", "relations"),
    "targets": ("岗位目标", "targets"),
    "mandatory": ("必修", "mandatory items"),
    "resources": ("导师库", "mentor pools"),
    "bundles": ("组合", "bundles"),
    "preferences": ("偏好", "preferences"),
    "items": ("条目", "items"),
}


def _told(changes: Iterable[Changes], lang: str) -> Iterable[str]:
    """Tell the changes of each section, with the first few names."""
    for one in changes:
        zh, en = _SECTIONS[one.section]
        new, changed, gone = (_names(names) for names in (one.new, one.changed, one.gone))
        if lang == "zh":
            yield f"{zh}：新增 {new}，修改 {changed}，删除 {gone}，不变 {one.same}"
        else:
            yield f"{en}: {new} new, {changed} changed, {gone} gone, {one.same} the same"


def _names(names: Sequence[str]) -> str:
    if not names:
        return "0"
    more = ", …" if len(names) > 3 else ""  # noqa: PLR2004 - a line's worth
    return f"{len(names)} ({', '.join(names[:3])}{more})"
