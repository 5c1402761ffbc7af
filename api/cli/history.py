"""The command that brings decisions and people of before in: `import history`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.exchange import imports
from api.cli.shared import (
    FINDINGS,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    print_json,
    read_argument,
    show_findings,
    wrong_use,
)
from api.cli.trust import ByOption, actor, counting, opened

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.sheets import Sheet

_MOST_BYTES = 64 * 2**20
_MOST_SHOWN = 100


def add_to(_: typer.Typer) -> None:
    """Add the command to the group `import`."""
    imports.command("history")(import_history)


@ending
def import_history(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx table. · CSV 或 Excel 表格")
    ],
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="NAME",
            help="The system it comes from: ids are told apart by it. · 来源系统",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look, and write nothing. · 只检查，不写入")
    ] = False,
    by: ByOption = None,
    json_: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Bring in decisions or people of before; with one faulty row nothing is written. · 导入历史裁定与人员"""
    from api.services.history import Source, bring_in
    from engine.hiring.history import read_history
    from engine.kernel.diagnostics import in_order

    if not 1 <= len(source.strip()) <= 40:  # noqa: PLR2004 - a short name
        wrong_use("`--source` has 1 to 40 characters", "`--source` 为 1 至 40 个字符")
    zh = lang == "zh"
    sheets, found = _sheets(file)
    counts: dict[str, int] = {}
    with opened() as platform:
        read = [(sheet, read_history(sheet)) for sheet in sheets]
        rows = sum(len(one.decisions) + len(one.people) for _, one in read)
        wrong = bool(found) or any(one.found for _, one in read)
        with counting(2 * rows, "导入" if zh else "Importing") as advance:
            for keeps in (False,) if dry_run or wrong else (False, True):
                counts, faults = {}, []
                for sheet, history in read:
                    now = dt.datetime.now(dt.UTC)
                    origin = Source(source.strip(), sheet.name, actor(by), now)
                    brought = bring_in(platform, history, origin, keeps=keeps, on_rows=advance)
                    faults += brought.found
                    for state, count in brought.counts.items():
                        counts[state] = counts.get(state, 0) + count
                if faults:
                    found += faults
                    break
    _tell(counts, in_order(found), dry_run, lang, json_)


def _sheets(file: Path) -> tuple[list[Sheet], list[Diagnostic]]:
    from api.spreadsheet import MOST_BYTES, read_workbook
    from engine.learning.exchange.tables import read_csv

    if file.suffix.lower() == ".xlsx":
        if not file.is_file():
            wrong_use(f"there is no file `{file}`", f"没有文件 `{file}`")
        with file.open("rb") as stream:
            sheets, found = read_workbook(stream.read(MOST_BYTES + 1), str(file), dates=True)
        return [sheet for sheet in sheets if sheet.rows], list(found)
    sheet, faults = read_csv(read_argument(str(file), _MOST_BYTES), str(file))
    return [sheet], list(faults)


def _tell(
    counts: dict[str, int], found: list[Diagnostic], dry_run: bool, lang: str, json_: bool
) -> None:
    zh, written = lang == "zh", not dry_run and not found
    if json_:
        faults = [
            {
                "code": one.code.id,
                "at": str(one.span) if one.span else None,
                "message": one.message(as_lang(lang)),
                "help": one.help(as_lang(lang)),
            }
            for one in found
        ]
        print_json({"written": written, "rows": counts, "found": faults})
    else:
        words = {
            "new": ("new", "新增"),
            "known": ("known from before", "此前已导入"),
            "erased": ("erased since, and left out", "人员已删除，略去"),
        }
        for state, told in words.items():
            if counts.get(state):
                print(f"{counts[state]:>8}  {told[zh]}")
        show_findings(found[:_MOST_SHOWN], {}, lang)
        if len(found) > _MOST_SHOWN:
            more = len(found) - _MOST_SHOWN
            print(f"另有 {more} 处" if zh else f"and {more} more")
        if written:
            print("已写入" if zh else "written")
        else:
            print("未写入" if zh else "nothing was written")
    if found:
        raise typer.Exit(FINDINGS)
