"""The commands for those who write rules: `check`, `test`, `fmt`, `schema`, `lock` and `lsp`."""

from __future__ import annotations

import datetime as dt
import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.shared import (
    FINDINGS,
    ContentOption,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    print_json,
    show_findings,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.content import Content
    from engine.hiring.provenance import Provenance
    from engine.kernel.cases import CaseResult
    from engine.kernel.diagnostics import Diagnostic


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATHS]", help="Files or folders; all content, when left out. · 文件或目录"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (check, fmt, schema, lock, lsp):
        app.command()(command)
    app.command("test")(run_tests)


def _read(
    paths: Sequence[Path], folder: Path | None
) -> tuple[Content, Mapping[str, str], set[str] | None]:
    """Read content and the paths laid over it; gives the texts, and the names that are asked about."""
    from api.folder import (
        default_folder,
        is_content_folder,
        read_folder,
        read_paths,
        with_their_catalogs,
    )
    from engine.content import read_content

    for path in paths:
        if not path.exists():
            wrong_use(f"there is no file or folder `{path}`", f"没有文件或目录 `{path}`")
    if len(paths) == 1 and is_content_folder(paths[0]):
        folder, paths = paths[0], ()
    base = folder or default_folder()
    if not base.is_dir():
        wrong_use(f"there is no folder `{base}`", f"没有目录 `{base}`")
    texts = read_folder(base)
    given, asked = read_paths(with_their_catalogs(paths)), read_paths(paths)
    own = {(base / name).resolve(): name for name in texts.files}
    names = set(asked.files) | {d.span.path for d in asked.found if d.span}
    for name in list(given.files):
        # A file of the content itself is asked about by the name that it was given by.
        texts.files.pop(own.get(Path(name).resolve(), ""), None)
    content = read_content(texts.files)
    laid = read_content(given.files)
    content.lay_over(laid)
    content.found += [*texts.found, *given.found]
    return content, {**texts.files, **given.files}, names if paths else None


@ending
def check(
    paths: PathsArgument = None,
    form: Annotated[
        Format, typer.Option("--format", help="How findings are printed. · 输出格式")
    ] = Format.text,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Check documents: form, types, units, references, the lock. · 检查文件"""
    from api.cli.findings import print_findings
    from engine.content import check_content
    from engine.hiring.provenance import count_provenance
    from engine.kernel.diagnostics import has_errors

    read, texts, names = _read(paths or (), content)
    found = [
        d
        for d in check_content(read, names)
        if names is None or d.span is None or d.span.path in names
    ]
    print_findings(found, texts, str(form), lang, count=len(texts) if names is None else len(names))
    if form is Format.text:
        asked = (d for d in read.documents() if names is None or d.path in names)
        print(_provenance(count_provenance(asked), lang))
    if has_errors(found):
        raise typer.Exit(FINDINGS)


def _provenance(found: Provenance, lang: str) -> str:
    """Say how many numbers people set: laws on automated decisions ask whether any was learnt."""
    derived = found.data_derived
    if lang == "zh":
        likely = "很可能适用" if derived else "很可能不适用"
        return f"权重与参数：{found.human_set} 个由人设定，{derived} 个由数据得出；仅就这些而言，自动化决策的法律{likely}"
    likely = "likely apply" if derived else "likely do not apply"
    return (
        f"weights and parameters: {found.human_set} set by people, {derived} derived from data; "
        f"as far as these go, laws on automated decisions {likely}"
    )


@ending
def run_tests(
    paths: PathsArgument = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Run the cases and measure nothing. · 只运行，不度量")
    ] = False,
    suggest: Annotated[
        bool,
        typer.Option(
            "--suggest",
            help="Write cases that would notice what none notices yet, to be confirmed. · 写出待确认的案例",
        ),
    ] = False,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Run the cases kept beside the documents, and measure what they would notice. · 运行并度量案例"""
    from api.cli import measured as told
    from engine.cases import run_cases, weigh_models

    read, texts, names = _read(paths or (), content)
    broken = [
        d for d in read.found if d.is_error and (names is None or (d.span and d.span.path in names))
    ]
    files = [f for f in read.cases if names is None or f.path in names]
    now = dt.datetime.now(dt.UTC)
    results = [result for file in files for result in run_cases(read, file, now)]
    measured = [] if quick else told.measure_all(read, files, now)
    weighed = [] if quick else list(weigh_models(read, files, now))
    if json:
        more = [told.measured_json(one, results) for one in measured]
        more += [told.weighed_json(one, results) for one in weighed]
        print_json([*map(_result_json, results), *more])
    elif suggest:
        told.show_suggested(measured, lang)
    else:
        show_findings(broken, texts, lang)
        _show_results(results, lang)
        told.show_weighed(weighed, lang)
        told.show_measured(measured, lang)
    if broken or not all(result.passed for result in results):
        raise typer.Exit(FINDINGS)


def _result_json(result: CaseResult) -> dict[str, object]:
    differences = [
        {"key": d.key, "expected": d.expected, "actual": d.actual} for d in result.differences
    ]
    return {
        "of": result.of,
        "version": result.version,
        "case": result.case,
        "passed": result.passed,
        "differences": differences,
    }


def _show_results(results: Sequence[CaseResult], lang: str) -> None:
    for result in results:
        if not result.passed:
            print(f"✗ {result.of}@{result.version} {result.case}")
            for one in result.differences:
                expected, actual = ("应为", "实为") if lang == "zh" else ("expected", "got")
                print(f"    {one.key}: {expected} {one.expected}, {actual} {one.actual}")
    failed = sum(not result.passed for result in results)
    kinds = len({(result.of, result.version) for result in results})
    if lang == "zh":
        print(
            f"{len(results)} 个案例，{kinds} 个版本：{len(results) - failed} 个通过，{failed} 个未通过"
        )
    else:
        print(
            f"{len(results)} cases of {kinds} versions: {len(results) - failed} passed, {failed} failed"
        )


@ending
def fmt(
    paths: PathsArgument = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would change. · 只检查")
    ] = False,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Align the tables of documents in place. · 对齐表格"""
    from api.folder import default_folder, read_folder, read_paths
    from engine.formatting import format_document

    base = content or default_folder()
    texts = read_paths(paths) if paths else read_folder(base)
    changed = []
    for name, text in texts.files.items():
        tidy = format_document(text)
        if tidy != text:
            changed.append(name)
            if not check:
                (Path(name) if paths else base / name).write_text(tidy, "utf-8", newline="")
    verb = (
        ("需要对齐" if check else "已对齐")
        if lang == "zh"
        else ("would change" if check else "tidied")
    )
    for name in changed:
        print(f"{verb}: {name}")
    if check and changed:
        raise typer.Exit(FINDINGS)


@ending
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the files are up to date. · 只检查")
    ] = False,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Write schema.json beside the documents, for editors to complete from. · 生成 schema.json"""
    from api.folder import default_folder
    from engine.schema import SCHEMAS, make_schema

    base = content or default_folder()
    stale = []
    for place, kinds in SCHEMAS.items():
        path = base / place / "schema.json"
        text = json_module.dumps(make_schema(kinds), ensure_ascii=False, indent=2) + "\n"
        if not path.is_file() or path.read_text("utf-8") != text:
            stale.append(path)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    verb = (
        ("已过期" if check else "已生成")
        if lang == "zh"
        else ("out of date" if check else "written")
    )
    for path in stale:
        print(f"{verb}: {path}")
    if check and stale:
        raise typer.Exit(FINDINGS)


@ending
def lock(
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Record the versions that are not yet in published.lock; from then on they never change. · 锁定版本"""
    from api.folder import STARTER, default_folder
    from engine.content import check_content
    from engine.kernel.diagnostics import has_errors
    from engine.lock import LOCK_NAME, unlocked

    base = content or default_folder()
    if base == STARTER:
        wrong_use(
            "the shipped content is locked already; name a folder of your own by --content",
            "自带内容已锁定；请用 --content 指定自己的目录",
        )
    read, texts, _ = _read((), base)
    found: list[Diagnostic] = check_content(read)
    if has_errors(found):
        show_findings(found, texts, lang)
        raise typer.Exit(FINDINGS)
    lines = unlocked(read.lock, read.documents(), dt.datetime.now(dt.UTC).replace(microsecond=0))
    path = base / LOCK_NAME
    before = path.read_text("utf-8") if path.is_file() else _LOCK_HEAD
    path.write_text(before + "".join(f"{line}\n" for line in lines), "utf-8")
    for line in lines:
        print(f"{line.kind} {line.id} {line.version}")


@ending
def lsp(
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Serve an editor over standard input and output: findings, hover, completion. · 编辑器语言服务"""
    from api.lsp import make_server

    if content is not None and not content.is_dir():
        wrong_use(f"there is no folder `{content}`", f"没有目录 `{content}`")
    make_server(content, as_lang(lang)).start_io()


_LOCK_HEAD = "# Published versions: kind, id, version, hash, time recorded. A published file never changes.\n"
