"""The commands that look before anyone is decided about: `prove` and `diff`."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.shared import (
    FINDINGS,
    AsOfOption,
    ContentOption,
    JsonOption,
    LangOption,
    as_lang,
    ending,
    load,
    moment,
    print_json,
    progress_line,
    wrong_use,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from engine.content import Content
    from engine.feel.values import Value
    from engine.kernel.diagnostics import Lang
    from engine.kernel.edits import Edit
    from engine.rules.compiled import CompiledInput, CompiledRuleSet
    from engine.rules.impact import Compared, Impact
    from engine.rules.prove import Proof


class DiffFormat(StrEnum):
    """How a comparison is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"
    github = "github"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(prove)
    app.command()(diff)


# --- prove ---------------------------------------------------------------------------------------


@ending
def prove(
    rule_set: Annotated[
        str, typer.Argument(metavar="RULE_SET[@VERSION]", help="Whose guarantees. · 规则集")
    ],
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Prove the guarantees, or show a case against each. Exits 1 unless all are proved. · 证明保证"""
    from engine.publishing.proofs import prove_in, typical_of

    read, when = load(content), moment(as_of)
    compiled = read.rule_set(rule_set, when)
    typical = typical_of(read, compiled)
    proofs: list[tuple[Proof, float]] = []
    with progress_line() as progress:
        task = progress.add_task("", total=len(compiled.claims))
        for claim in compiled.claims:
            progress.update(task, description=claim.id)
            start = time.perf_counter()
            proofs.append((prove_in(read, compiled, claim, when, typical), _since(start)))
            progress.advance(task)
    if json:
        print_json(_proofs_json(compiled, proofs))
    else:
        _show_proofs(compiled, proofs, as_lang(lang))
    if any(proof.verdict != "proved" for proof, _ in proofs):
        raise typer.Exit(FINDINGS)


def _since(start: float) -> float:
    return time.perf_counter() - start


def _show_proofs(
    compiled: CompiledRuleSet, proofs: Sequence[tuple[Proof, float]], lang: Lang
) -> None:
    from api.cli.show import console
    from engine.rules.statements import claim_text, example_lines, verdict_text

    out, document = console(), compiled.document
    out.print(f"[bold]{escape(document.title[lang])}[/bold] · {document.id}@{document.version}")
    if not proofs:
        out.print("没有声明任何保证" if lang == "zh" else "no guarantees are declared")
        return
    table = Table(box=None, pad_edge=False)
    heads = (
        ("编号", "保证", "结论", "用时") if lang == "zh" else ("id", "guarantee", "verdict", "time")
    )
    for head in heads:
        table.add_column(head, overflow="fold")
    for proof, seconds in proofs:
        told = verdict_text(proof.verdict, lang)
        style = {"proved": "green", "refuted": "red"}.get(proof.verdict, "yellow")
        statement = escape(claim_text(proof.claim, compiled, lang))
        table.add_row(proof.claim.id, statement, f"[{style}]{told}[/]", f"{seconds:.2f} s")
    out.print(table)
    for proof, _ in proofs:
        if proof.verdict == "proved":
            continue
        out.print(f"\n[bold]{proof.claim.id}[/bold] {verdict_text(proof.verdict, lang)}")
        for line in example_lines(proof.example, lang) if proof.example else ():
            out.print(f"  {escape(line)}")
        for stop in proof.stops:
            out.print(f"  {stop.span or ''} {escape(stop.message(lang))}")


def _proofs_json(
    compiled: CompiledRuleSet, proofs: Sequence[tuple[Proof, float]]
) -> dict[str, object]:
    from engine.rules.statements import claim_text, shown_json

    document = compiled.document
    return {
        "rule_set": document.id,
        "version": document.version,
        "hash": compiled.loaded.hash,
        "guarantees": [
            {
                "id": proof.claim.id,
                "kind": proof.claim.kind,
                "zh": claim_text(proof.claim, compiled, "zh"),
                "en": claim_text(proof.claim, compiled, "en"),
                "verdict": proof.verdict,
                "seconds": round(seconds, 3),
                "example": [shown_json(shown) for shown in proof.example],
                "stops": [
                    {
                        "at": str(s.span) if s.span else None,
                        "en": s.message("en"),
                        "zh": s.message("zh"),
                    }
                    for s in proof.stops
                ],
            }
            for proof, seconds in proofs
        ],
    }


# --- diff ----------------------------------------------------------------------------------------


@ending
def diff(
    before: Annotated[str, typer.Argument(metavar="ID@VERSION", help="What it was. · 旧版本")],
    after: Annotated[str, typer.Argument(metavar="[ID@]VERSION", help="What it becomes. · 新版本")],
    rules: Annotated[
        str,
        typer.Option(
            "--rules",
            metavar="ID[@VERSION]",
            help="For a competency model: the rule set that reads its scores. · 读取得分的规则集",
        ),
    ] = "offer",
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Look only at cases with this input. · 固定某个输入"
        ),
    ] = None,
    bands: Annotated[
        Path | None,
        typer.Option(
            "--bands",
            metavar="FILE",
            help="For a competency model: salary bands; the shipped examples, when left out. · 薪资区间",
        ),
    ] = None,
    region: Annotated[
        str, typer.Option("--region", help="The region whose salary band counts. · 地区")
    ] = "national",
    form: Annotated[
        DiffFormat, typer.Option("--format", help="How it is printed. · 输出格式")
    ] = DiffFormat.text,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Compare two versions in meaning: what changed, who can gain and who can lose. · 比较两个版本"""
    from engine.kernel.edits import diff_documents
    from engine.publishing.proofs import typical_of
    from engine.rules.diff import diff_rule_sets
    from engine.rules.impact import find_impacts

    read, when = load(content), moment(as_of)
    if "@" not in after:
        after = f"{before.partition('@')[0]}@{after}"
    kind = _kind_of(read, before)
    first, second = (read.find(kind, reference, when).document for reference in (before, after))
    edits = (diff_rule_sets if kind == "rule_set" else diff_documents)(first, second)
    impacts: list[Impact] = []
    compiled: CompiledRuleSet | None = None
    if kind in {"rule_set", "competency_model"}:
        reference = after if kind == "rule_set" else rules
        compiled = read.rule_set(reference, when)
        fixed = _given(compiled, given or ())
        if kind == "competency_model":
            fixed = {**_band(compiled, bands, second.role, region, when), **fixed}
        with progress_line() as progress:
            progress.add_task(f"{before} → {after}")
            compared = _compared(read, kind, before, after, compiled, fixed, when)
            impacts = [*find_impacts(compared, typical_of(read, compiled))]
    _print_diff(_Found(before, after, compiled, edits, impacts), form, as_lang(lang))


class _Found:
    """A comparison ready to be printed."""

    def __init__(
        self,
        before: str,
        after: str,
        compiled: CompiledRuleSet | None,
        edits: Sequence[Edit],
        impacts: Sequence[Impact],
    ) -> None:
        self.before, self.after, self.compiled = before, after, compiled
        self.edits, self.impacts = edits, impacts


def _kind_of(content: Content, reference: str) -> str:
    id_ = reference.partition("@")[0]
    found = [kind for kind, known in content.versions if known == id_]
    if not found:
        known = sorted({id_ for _, id_ in content.versions})
        wrong_use(
            f"there is no document `{id_}`; known: {', '.join(known)}",
            f"没有文件 `{id_}`；已有：{', '.join(known)}",
        )
    return found[0]


def _given(compiled: CompiledRuleSet, settings: Sequence[str]) -> dict[str, Value]:
    """Read `--set` by the types of the inputs; raises EvaluationError for a value that does not fit."""
    from engine.kernel.errors import DocumentError
    from engine.rules.cases import typed_inputs
    from engine.rules.inputs import check_input

    known: dict[str, CompiledInput] = {i.name: i for i in compiled.inputs}
    made: dict[str, Value] = {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign or name not in known:
            wrong_use(
                f"`--set {setting}`: write NAME=VALUE; inputs are {', '.join(sorted(known))}",
                f"`--set {setting}`：请写作 名称=值；输入有：{', '.join(sorted(known))}",
            )
        found: list[Any] = []
        made[name] = check_input(known[name], typed_inputs(compiled, {name: text})[name], found)
        if found:
            raise DocumentError(found)
    return made


def _band(
    compiled: CompiledRuleSet, bands: Path | None, role: str, region: str, when: dt.datetime
) -> dict[str, Value]:
    """The salary band of the model's role, where the rule set reads one."""
    from api.cli.decide import band_inputs

    known = {i.name for i in compiled.inputs}
    found = band_inputs(bands, role, region, when)
    return {name: value for name, value in found.items() if name in known}


def _compared(
    content: Content,
    kind: str,
    before: str,
    after: str,
    compiled: CompiledRuleSet,
    given: Mapping[str, Value],
    when: dt.datetime,
) -> Compared:
    from engine.analysis.models import ModelPair
    from engine.rules.pairs import Pair

    if kind == "rule_set":
        return Pair(content.rule_set(before, when), compiled, given=given)
    models = [content.model(reference, when).document for reference in (before, after)]
    return ModelPair(models[0], models[1], compiled, given)


def _print_diff(found: _Found, form: DiffFormat, lang: Lang) -> None:
    from engine.rules.statements import edit_json, impact_json

    match form:
        case DiffFormat.json:
            print_json(
                {
                    "before": found.before,
                    "after": found.after,
                    "edits": [edit_json(edit) for edit in found.edits],
                    "impacts": [impact_json(impact) for impact in found.impacts],
                }
            )
        case DiffFormat.markdown:
            print("\n".join(_markdown(found, lang)))
        case DiffFormat.github:
            print("\n".join(_annotations(found, lang)))
        case DiffFormat.text:
            print("\n".join(_text(found, lang)))


def _words(lang: Lang) -> tuple[str, str, str]:
    if lang == "zh":
        return "改动", "影响", "没有改动"
    return "what changed", "who gains, who loses", "nothing changed"


def _text(found: _Found, lang: Lang) -> list[str]:
    from engine.rules.statements import edit_text, impact_lines

    changed, impact_word, nothing = _words(lang)
    lines = [f"{found.before} → {found.after}", "", f"{changed}:"]
    lines += [f"  {edit_text(edit, lang)}" for edit in found.edits] or [f"  {nothing}"]
    if found.compiled is not None:
        lines += ["", f"{impact_word}:"]
        for impact in found.impacts:
            lines += [f"  {line}" for line in impact_lines(impact, found.compiled, lang)]
    return lines


def _markdown(found: _Found, lang: Lang) -> list[str]:
    from engine.rules.statements import edit_text, impact_lines

    changed, impact_word, nothing = _words(lang)
    lines = [f"### `{found.before}` → `{found.after}`", "", f"**{changed}**", ""]
    lines += [f"- {_cell(edit_text(edit, lang))}" for edit in found.edits] or [f"- {nothing}"]
    if found.compiled is not None:
        lines += ["", f"**{impact_word}**", ""]
        for impact in found.impacts:
            head, *rest = impact_lines(impact, found.compiled, lang)
            lines += [f"- {_cell(head)}", *(f"  - {_cell(line.strip())}" for line in rest)]
    return lines


def _cell(text: str) -> str:
    """Keep Markdown from reading a rule's own signs."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, "\\" + sign)
    return text


def _annotations(found: _Found, lang: Lang) -> list[str]:
    from api.cli.findings import escaped
    from engine.rules.statements import edit_text, impact_lines

    title = f"{found.before} → {found.after}"
    lines = [f"::notice title={title}::{escaped(edit_text(e, lang))}" for e in found.edits]
    for impact in found.impacts if found.compiled is not None else ():
        level = (
            "warning" if impact.direction == "loss" and impact.verdict != "impossible" else "notice"
        )
        told = "\n".join(impact_lines(impact, found.compiled, lang))  # type: ignore[arg-type]
        lines.append(f"::{level} title={title}::{escaped(told)}")
    return lines
