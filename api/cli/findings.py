"""Findings as text, JSON, GitHub annotations and SARIF 2.1.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli.shared import as_lang, print_json
from engine.kernel.diagnostics import Lang, Severity, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.kernel.diagnostics import Code, Diagnostic


def print_findings(
    found: Sequence[Diagnostic], texts: Mapping[str, str], form: str, lang: str, *, count: int
) -> None:
    """Print findings in one of the forms; `count` is how many files were looked at."""
    chosen = as_lang(lang)
    match form:
        case "json":
            print_json([_as_json(one) for one in found])
        case "github":
            for one in found:
                print(_as_annotation(one, chosen))
        case "sarif":
            print_json(_as_sarif(found, chosen))
        case _:
            for one in found:
                lines = texts.get(one.span.path, "").split("\n") if one.span else []
                print(render(one, lines, chosen) + "\n")
            print(_summary(found, count, chosen))


def _summary(found: Sequence[Diagnostic], count: int, lang: Lang) -> str:
    errors = sum(one.is_error for one in found)
    notes = sum(one.severity is Severity.NOTE for one in found)
    warnings = len(found) - errors - notes
    if lang == "zh":
        also = f"，{notes} 个提示" if notes else ""
        return f"已检查 {count} 个文件：{errors} 个错误，{warnings} 个警告{also}"
    also = f", {notes} notes" if notes else ""
    return f"checked {count} files: {errors} errors, {warnings} warnings{also}"


def _as_json(one: Diagnostic) -> dict[str, object]:
    made: dict[str, object] = {"code": one.code.id, "severity": str(one.severity)}
    if one.span is not None:
        made |= {
            "path": one.span.path,
            "line": one.span.line,
            "column": one.span.column,
            "end_line": one.span.end_line,
            "end_column": one.span.end_column,
        }
    made["message"] = {lang: one.message(lang) for lang in ("zh", "en")}
    made["help"] = {lang: one.help(lang) for lang in ("zh", "en")}
    return made


def _as_annotation(one: Diagnostic, lang: Lang) -> str:
    level = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}[
        one.severity
    ]
    place = (
        f"file={escaped(one.span.path)},line={one.span.line},col={one.span.column},"
        if one.span
        else ""
    )
    told = f"{one.message(lang)} — {one.help(lang)}" if one.help(lang) else one.message(lang)
    return f"::{level} {place}title={one.code.id}::{escaped(told)}"


def escaped(text: str) -> str:
    """Escape what a workflow command would read as its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _as_sarif(found: Sequence[Diagnostic], lang: Lang) -> dict[str, object]:
    codes: dict[str, Code] = {one.code.id: one.code for one in found}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "evenhand",
                        "rules": [_sarif_rule(code, lang) for code in codes.values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(one, lang) for one in found],
            }
        ],
    }


def _sarif_rule(code: Code, lang: Lang) -> dict[str, object]:
    return {"id": code.id, "shortDescription": {"text": code.zh if lang == "zh" else code.en}}


def _sarif_result(one: Diagnostic, lang: Lang) -> dict[str, object]:
    told = " ".join(part for part in (one.message(lang), one.help(lang)) if part)
    made: dict[str, object] = {
        "ruleId": one.code.id,
        "level": str(one.severity),
        "message": {"text": told},
    }
    if one.span is not None:
        region = {
            "startLine": one.span.line,
            "startColumn": one.span.column,
            "endLine": one.span.end_line,
            "endColumn": one.span.end_column,
        }
        made["locations"] = [
            {"physicalLocation": {"artifactLocation": {"uri": one.span.path}, "region": region}}
        ]
    return made
