"""The commands that bring rules in from other formats, and write them out: `import` and `export`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.shared import (
    FINDINGS,
    AsOfOption,
    ContentOption,
    LangOption,
    as_lang,
    ending,
    load,
    moment,
    show_findings,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.content import Content
    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.sheets import Read

imports = typer.Typer(
    help="Bring rules, catalogs and history in from other formats. · 从其他格式导入",
    no_args_is_help=True,
)
exports = typer.Typer(
    help="Write rules, catalogs, the log or a person for others. · 导出", no_args_is_help=True
)


class Form(StrEnum):
    """What a model becomes."""

    model = "model"
    rules = "rules"


def add_to(app: typer.Typer) -> None:
    """Add the two groups to the application."""
    app.add_typer(imports, name="import")
    app.add_typer(exports, name="export")


@imports.command("dmn")
@ending
def import_dmn(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The model. · 模型文件")],
    imported: Annotated[
        list[Path] | None,
        typer.Option("--import", metavar="FILE", help="A model that it imports. · 被导入的模型"),
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            help="`model` keeps the standard's meaning, `rules` translates into a strict rule set. · 保留为模型或翻译为规则集",
        ),
    ] = Form.model,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="The content folder to write into; standard output, when left out. · 写入的内容目录",
        ),
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", help="The document's id. · 文件编号")] = None,
    owner: Annotated[str, typer.Option("--owner", help="Who owns it. · 负责人")] = "hr-policy",
    clause: Annotated[
        str, typer.Option("--clause", help="The paragraph of the policy. · 制度条款")
    ] = "-",
    effective_from: AsOfOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Bring in a DMN 1.1 to 1.5 model. Exits 1 when a part of it cannot be carried. · 导入 DMN 模型"""
    from engine.dmn import load as load_model
    from engine.dmn.documents import Head, document_id, write_document
    from engine.dmn.parser import parse_model
    from engine.dmn.translate import translate_model
    from engine.kernel.diagnostics import has_errors

    xml, others = _read(file), {path.name: _read(path) for path in imported or ()}
    by_namespace = {parse_model(text, name).namespace: text for name, text in others.items()}
    model = load_model(xml, imports={**others, **by_namespace}, path=str(file))
    head = Head(
        id_ or document_id(model.name or file.stem),
        owner,
        clause,
        moment(effective_from).replace(microsecond=0).isoformat(),
    )
    if form is Form.rules:
        text, found = translate_model(model, head)
        found += _refusals(text)
    else:
        text = write_document(head, model.name, xml, by_namespace)
        found = _refusals(text)
    show_findings(found, {str(file): xml, _DRAFT: text}, lang)
    _write(text, None if to is None else to / "rules" / head.id / f"{head.version}.yaml")
    if has_errors(found):
        raise typer.Exit(FINDINGS)


def _read(path: Path) -> str:
    """Read a model as text; the encoding that it declares counts."""
    from engine.dmn.source import MAX_BYTES, decoded

    if not path.is_file():
        wrong_use(f"there is no file `{path}`", f"没有文件 `{path}`")
    with path.open("rb") as file:
        return decoded(file.read(MAX_BYTES + 1), str(path))


def _refusals(text: str) -> list[Diagnostic]:
    """Read the document that was written as any other, so that nothing that cannot be used is written."""
    from engine.content import Content, check_document, read_document

    loaded, found = read_document(text, _DRAFT)
    return found if loaded is None else check_document(Content(), loaded)


_DRAFT = "draft.yaml"
"""What messages call the document that is being written."""


def _write(text: str, path: Path | None) -> None:
    """Write to a file that is not there yet, or to standard output."""
    if path is None:
        print(text, end="")
        return
    if path.exists():
        wrong_use(f"`{path}` is there already", f"`{path}` 已存在")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    print(path)


@exports.command("dmn")
@ending
def export_dmn(
    rule_set: Annotated[
        str, typer.Argument(metavar="RULE_SET[@VERSION]", help="Which rules. · 规则集")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file; standard output, when left out. · 输出文件",
        ),
    ] = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write a rule set as a DMN 1.5 model, and say what DMN cannot carry. · 导出为 DMN 模型"""
    from engine.dmn.export import export_rule_set
    from engine.kernel.diagnostics import has_errors

    read, when = load(content), moment(as_of)
    compiled = read.rule_set(rule_set, when)
    exported = export_rule_set(compiled, read.uses(compiled.loaded, when))
    show_findings(exported.found, {}, lang)
    _write(exported.xml, output)
    if has_errors(exported.found):
        raise typer.Exit(FINDINGS)


# --- spreadsheets --------------------------------------------------------------------------------


@exports.command("xlsx")
@ending
def export_xlsx(
    rule_set: Annotated[
        str, typer.Argument(metavar="RULE_SET[@VERSION]", help="Which rules. · 规则集")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file; ID-VERSION.xlsx here, when left out. · 输出文件",
        ),
    ] = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment] # noqa: ARG001 - errors are told in it
) -> None:
    """Write a rule set as a workbook that can be edited and brought back. · 导出为可编辑的工作簿"""
    from api.spreadsheet import write_workbook
    from engine.rules.returned import choices_of
    from engine.rules.sheets import to_sheets

    compiled = load(content).rule_set(rule_set, moment(as_of))
    document = compiled.document
    path = output or Path(f"{document.id}-{document.version}.xlsx")
    if path.exists():
        wrong_use(f"`{path}` is there already", f"`{path}` 已存在")
    sheets = to_sheets(document, compiled.loaded.hash)
    path.write_bytes(write_workbook(sheets, choices_of(document, sheets)))
    print(path)


@imports.command("xlsx")
@ending
def import_xlsx(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The edited workbook. · 工作簿")],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="The content folder to write into; standard output, when left out. · 写入的内容目录",
        ),
    ] = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Bring an edited workbook back. Faults are written into it as red cells, and it exits 1. · 导入工作簿"""
    from api.spreadsheet import MOST_BYTES, mark_workbook, read_workbook
    from engine.kernel.diagnostics import has_errors
    from engine.rules.returned import moved_to_cells
    from engine.rules.sheets import from_sheets
    from engine.rules.writing import write_document

    if not file.is_file():
        wrong_use(f"there is no file `{file}`", f"没有文件 `{file}`")
    with file.open("rb") as stream:
        raw = stream.read(MOST_BYTES + 1)
    sheets, found = read_workbook(raw, str(file))
    read = from_sheets(sheets)
    found += read.found
    text = write_document(read.data)
    known = load(to or content)
    if not has_errors(found):
        found += _edited(known, read, text)
        found = moved_to_cells(found, read, text, _DRAFT)
    replace_file(file, mark_workbook(raw, str(file), found))
    show_cells(found, file, lang)
    if has_errors(found):
        raise typer.Exit(FINDINGS)
    if not _tell_edits(known, read, text, lang):
        return
    place = None if to is None else to / "rules" / read.data["id"] / f"{read.data['version']}.yaml"
    if place is not None and place.exists():
        # The draft that it was exported from: its hash was compared before.
        replace_file(place, text.encode())
        print(place)
    else:
        _write(text, place)


def _edited(known: Content, read: Read, text: str) -> list[Diagnostic]:
    """Find what is wrong with an edited rule set: its base, its form, its content."""
    from engine.content import check_document, read_document
    from engine.rules.returned import check_base

    loaded, found = read_document(text, _DRAFT)
    if loaded is None:
        return found
    id_ = loaded.document.id
    published = {line.version for line in known.lock if (line.kind, line.id) == ("rule_set", id_)}
    based = check_base(read, loaded, known.versions.get(("rule_set", id_), []), published)
    return [*based, *check_document(known, loaded)]


def _tell_edits(known: Content, read: Read, text: str, lang: str) -> bool:
    """Say on standard error what the workbook changed; whether that is anything."""
    from engine.content import read_document
    from engine.rules.diff import diff_rule_sets
    from engine.rules.statements import edit_text

    before = known.version("rule_set", read.data["id"], read.base["base_version"])
    loaded, _ = read_document(text, _DRAFT)
    if loaded is None or loaded.hash == before.hash:
        print("没有改动" if lang == "zh" else "nothing changed", file=sys.stderr)
        return False
    for edit in diff_rule_sets(before.document, loaded.document):
        print(edit_text(edit, as_lang(lang)), file=sys.stderr)
    return True


def show_cells(found: Sequence[Diagnostic], file: Path, lang: str) -> None:
    """Print findings with the cell that each is about."""
    from api.spreadsheet import cell_name

    for one in found:
        place = f"{file} {cell_name(one.span)}" if one.span else str(file)
        print(f"{place}: {one.code.id}: {one.message(as_lang(lang))}", file=sys.stderr)
        if advice := one.help(as_lang(lang)):
            print(f"  {advice}", file=sys.stderr)


def replace_file(path: Path, raw: bytes) -> None:
    """Replace a file as a whole: whoever reads it sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(raw)
    draft.replace(path)
