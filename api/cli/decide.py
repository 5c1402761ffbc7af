"""The commands that decide: `decide`, `evaluate` and `explain`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    read_argument,
    read_object,
    wrong_use,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.content import Content
    from engine.dmn.decide import CompiledModel
    from engine.hiring.evaluation import Materials
    from engine.hiring.interview import Interview
    from engine.rules.compiled import CompiledRuleSet

InputsOption = Annotated[
    str,
    typer.Option(
        "--inputs",
        metavar="FILE",
        help="The case as JSON (or .yaml); - is standard input. · 输入文件",
    ),
]
BandsOption = Annotated[
    Path | None,
    typer.Option(
        "--bands",
        metavar="FILE",
        help="Salary bands; the shipped examples, when left out. · 薪资区间",
    ),
]
RegionOption = Annotated[
    str, typer.Option("--region", help="The region whose salary band counts. · 地区")
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="ID[@VERSION]",
        help="Another competency model than the interview names. · 胜任力模型",
    ),
]
RulesOption = Annotated[
    str, typer.Option("--rules", metavar="ID[@VERSION]", help="The rule set that decides. · 规则集")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (decide, evaluate, explain):
        app.command()(command)


@ending
def decide(
    rule_set: Annotated[
        str,
        typer.Argument(
            metavar="RULE_SET|MODEL[@VERSION]", help="Which rules or DMN model decide. · 规则集"
        ),
    ],
    inputs: InputsOption,
    decision: Annotated[
        list[str] | None,
        typer.Option(
            "--decision",
            metavar="NAME",
            help="A decision of a DMN model to answer with; its document's, when left out. · 模型中的决策",
        ),
    ] = None,
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Decide one case. Exits 1 when the status is `error`. · 对一个案例作出决定"""
    from api.cli.show import show_decision
    from engine.dmn.decide import decide as decide_by_model
    from engine.kernel.errors import DocumentError
    from engine.rules.decision import Decision, decision_json
    from engine.rules.evaluate import decide as decide_case

    read, when = load(content), moment(as_of)
    compiled: CompiledRuleSet | CompiledModel | None = None
    try:
        if _is_model(read, rule_set):
            compiled = read.dmn_model(rule_set, when)
            answer = decide_by_model(compiled, read_object(inputs), decision or (), now=when)
        else:
            if decision:
                wrong_use(
                    "--decision is for a DMN model: a rule set answers with all its decisions",
                    "--decision 只用于 DMN 模型：规则集给出全部决定",
                )
            compiled = read.rule_set(rule_set, when)
            answer = decide_case(compiled, _typed(compiled, inputs))
    except DocumentError as error:
        if not json or compiled is None:
            raise
        # A system reads one object from us, whatever it sent.
        answer = Decision("error", {}, (), (), compiled.used, faults=error.diagnostics)
    if json:
        print_json(decision_json(answer))
    else:
        show_decision(answer, compiled, lang)
    if answer.status == "error":
        raise typer.Exit(FINDINGS)


def _is_model(content: Content, reference: str) -> bool:
    """Whether a reference is to a DMN model, and not to a rule set of the same name."""
    id_ = reference.partition("@")[0]
    return id_ in content.ids("dmn_model") and id_ not in content.ids("rule_set")


def _typed(compiled: CompiledRuleSet, name: str) -> Mapping[str, object]:
    """Read the inputs of a case; YAML's texts are read by the types of the inputs."""
    from engine.rules.cases import typed_inputs

    data = read_object(name)
    return typed_inputs(compiled, data) if name.endswith((".yaml", ".yml")) else data


@ending
def evaluate(
    interview: Annotated[
        str,
        typer.Argument(
            metavar="INTERVIEW.json", help="The interview; - is standard input. · 面试文件"
        ),
    ],
    model: ModelOption = None,
    rules: RulesOption = "offer",
    bands: BandsOption = None,
    region: RegionOption = "national",
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Evaluate an interview whole: profile, decision, plan. · 完整评估一次面试"""
    from api.cli.show import show_evaluation
    from engine.hiring.evaluation import evaluate_interview, evaluation_json

    read, materials, given = prepare(load(content), interview, model, rules, bands, region, as_of)
    evaluation = evaluate_interview(read, materials, given)
    if json:
        print_json(evaluation_json(evaluation))
    else:
        show_evaluation(evaluation, materials, lang)
    if evaluation.decision.status == "error":
        raise typer.Exit(FINDINGS)


def prepare(
    content: Content,
    name: str,
    model: str | None,
    rules: str,
    bands: Path | None,
    region: str,
    as_of: str | None,
) -> tuple[Interview, Materials, dict[str, object]]:
    """Read an interview and choose the documents that it is evaluated by, as of one instant."""
    from api.services.materials import materials_of
    from engine.hiring.interview import parse_interview

    interview = parse_interview(read_argument(name), name)
    when = moment(as_of)
    materials = materials_of(
        content, model or interview.model, rules, interview.jurisdictions, when
    )
    return interview, materials, band_inputs(bands, interview.role, region, when)


def band_inputs(path: Path | None, role: str, region: str, when: dt.datetime) -> dict[str, object]:
    """Find the salary band of a role and region that holds at `when`; none leaves the inputs out."""
    from api.bands import find_band, read_bands

    band = find_band(read_bands(path), role, region, when.date())
    return {} if band is None else {"band_min": band.low, "band_max": band.high}


@ending
def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="RULE_SET[@VERSION]|INTERVIEW.json",
            help="What to explain. · 要解释的规则集或面试",
        ),
    ],
    inputs: Annotated[
        str | None,
        typer.Option("--inputs", metavar="FILE", help="The case, for a rule set. · 输入文件"),
    ] = None,
    model: ModelOption = None,
    rules: RulesOption = "offer",
    bands: BandsOption = None,
    region: RegionOption = "national",
    as_of: AsOfOption = None,
    content: ContentOption = None,
    json: JsonOption = False,
    lang: LangOption = ...,  # type: ignore[assignment]
) -> None:
    """Explain a decision in full; without a case, the rule set itself in plain words. · 解释一个决定或规则集"""
    if inputs is not None:
        _explain_rule_set(load(content), subject, inputs, moment(as_of), lang, json=json)
    elif subject == "-" or subject.endswith(".json") or Path(subject).is_file():
        _explain_interview(
            load(content), subject, model, rules, bands, region, as_of, lang, json=json
        )
    else:
        _tell_rule_set(load(content), subject, moment(as_of), lang, json=json)


def _tell_rule_set(
    content: Content, reference: str, when: dt.datetime, lang: str, *, json: bool
) -> None:
    """Print a rule set in plain words, as Markdown that can be printed."""
    from engine.rules.prose import rule_set_text

    compiled = content.rule_set(reference, when)
    if json:
        print_json({"zh": rule_set_text(compiled, "zh"), "en": rule_set_text(compiled, "en")})
    else:
        print(rule_set_text(compiled, as_lang(lang)), end="")


def _explain_rule_set(
    content: Content, reference: str, inputs: str, when: dt.datetime, lang: str, *, json: bool
) -> None:
    from engine.rules.explain import explain as explain_case
    from engine.rules.explain import explanation_json, explanation_text

    compiled = content.rule_set(reference, when)
    explanation = explain_case(compiled, _typed(compiled, inputs))
    if json:
        print_json(explanation_json(explanation))
    else:
        print(explanation_text(explanation, compiled, as_lang(lang)))
    if explanation.decision.status == "error":
        raise typer.Exit(FINDINGS)


def _explain_interview(
    content: Content,
    name: str,
    model: str | None,
    rules: str,
    bands: Path | None,
    region: str,
    as_of: str | None,
    lang: str,
    *,
    json: bool,
) -> None:
    from api.cli.show import show_counterfactuals, show_evaluation
    from engine.hiring.counterfactual import find_counterfactuals
    from engine.hiring.evaluation import evaluate_interview, evaluation_json

    interview, materials, given = prepare(content, name, model, rules, bands, region, as_of)
    evaluation = evaluate_interview(interview, materials, given)
    changes = find_counterfactuals(evaluation, materials, given)
    if json:
        print_json(
            {
                **evaluation_json(evaluation),
                "counterfactuals": [c.model_dump(mode="json") for c in changes],
            }
        )
        return
    show_evaluation(evaluation, materials, lang, full=True)
    show_counterfactuals(changes, lang)
