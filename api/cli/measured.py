"""How good cases are, as text, as JSON, and as the cases that they lack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.cli.shared import as_lang, progress_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from engine.cases import ModelWeighed
    from engine.content import Content
    from engine.kernel.cases import CaseFile, CaseResult
    from engine.kernel.diagnostics import Diagnostic, Lang
    from engine.kernel.documents import Loaded
    from engine.rules.coverage import Share
    from engine.rules.measure import Measured, Mutation, Survivor


@dataclass(frozen=True, slots=True)
class Quality:
    """One version's cases: what they reach and what they notice."""

    measured: Measured
    mutation: Mutation
    as_of: dt.datetime

    @property
    def version(self) -> tuple[str, str]:
        """The rule set and its version."""
        document = self.measured.rule_set.document
        return document.id, document.version


def measure_all(
    content: Content, files: Sequence[Loaded[CaseFile]], now: dt.datetime
) -> list[Quality]:
    """Measure the cases of every version of a rule set, with a line that says how far that is."""
    from engine.cases import group_cases, measure_group, mutate_group

    found = []
    groups = group_cases(content, files, now)
    with progress_line() as progress:
        task = progress.add_task("", total=len(groups))
        for group in groups:
            document = group.rule_set.document
            name = f"{document.id}@{document.version}"

            def step(done: int, total: int, name: str = name) -> None:
                progress.update(task, description=f"{name} {done}/{total}")

            measured = measure_group(group)
            mutation = mutate_group(content, group, measured, step)
            found.append(Quality(measured, mutation, group.as_of))
            progress.advance(task)
    return found


def show_weighed(found: Sequence[ModelWeighed], lang: str) -> None:
    """Print a line a model, then the moves of weight that no case notices."""
    chosen = as_lang(lang)
    for one in found:
        weighed, name = one.weighed, f"{one.of}@{one.version}"
        noticed = f"{weighed.noticed}/{weighed.total}"
        print(
            f"{name}：发现权重改动 {noticed}"
            if chosen == "zh"
            else f"{name}: moves of weight noticed {noticed}"
        )
        for told in weighed.survivors:
            print(f"    {told.span}: {told.message(chosen)}")


# --- text --------------------------------------------------------------------------------------


def show_measured(found: Sequence[Quality], lang: str) -> None:
    """Print a line a version, then the rows that no case reaches and the faults that none notices."""
    chosen = as_lang(lang)
    for one in found:
        print(_line(one, chosen))
        for told in _open_ends(one):
            where = f"{told.span}: " if told.span else ""
            print(f"    {where}{told.message(chosen)}")
    if any(one.mutation.survivors for one in found):
        print(
            "办法: `evenhand test --suggest` 写出能发现这些的案例，供确认"
            if chosen == "zh"
            else "help: `evenhand test --suggest` writes cases that would notice, to be confirmed"
        )


def _line(one: Quality, lang: Lang) -> str:
    covered, mutation = one.measured.coverage, one.mutation
    rows, branches, bounds = (
        f"{share.reached}/{share.total}"
        for share in (covered.rows, covered.branches, covered.bounds)
    )
    of, version = one.version
    noticed = f"{mutation.noticed}/{mutation.total - mutation.equivalent}"
    if lang == "zh":
        return (
            f"{of}@{version}：行 {rows}，分支 {branches}，界限 {bounds}，"
            f"发现改动 {noticed}（{mutation.score}%；另有 {mutation.equivalent} 处经证明不改变结果）"
        )
    return (
        f"{of}@{version}: rows {rows}, branches {branches}, bounds {bounds}, "
        f"faults noticed {noticed} ({mutation.score} %; {mutation.equivalent} more proved to change nothing)"
    )


def _open_ends(one: Quality) -> list[Diagnostic]:
    return [*one.measured.coverage.rows.open, *(s.told for s in one.mutation.survivors)]


# --- JSON --------------------------------------------------------------------------------------


def measured_json(one: Quality, results: Iterable[CaseResult]) -> dict[str, object]:
    """Write what was measured of one version, as an item beside the results of its cases."""
    of, version = one.version
    covered, mutation = one.measured.coverage, one.mutation
    return {
        "of": of,
        "version": version,
        "passed": all(r.passed for r in results if (r.of, r.version) == (of, version)),
        "measured": {
            "rows": _share_json(covered.rows),
            "branches": _share_json(covered.branches),
            "bounds": _share_json(covered.bounds),
            "mutants": {
                "total": mutation.total,
                "noticed": mutation.noticed,
                "equivalent": mutation.equivalent,
                "score": mutation.score,
                "survivors": [_survivor_json(s) for s in mutation.survivors],
            },
        },
    }


def weighed_json(one: ModelWeighed, results: Iterable[CaseResult]) -> dict[str, object]:
    """Write what was measured of one version of a model, as an item beside the results of its cases."""
    name = (one.of, one.version)
    return {
        "of": one.of,
        "version": one.version,
        "passed": all(r.passed for r in results if (r.of, r.version) == name),
        "measured": {
            "weights": {
                "total": one.weighed.total,
                "noticed": one.weighed.noticed,
                "survivors": [_told_json(told) for told in one.weighed.survivors],
            }
        },
    }


def _share_json(share: Share) -> dict[str, object]:
    return {
        "total": share.total,
        "reached": share.reached,
        "open": [_told_json(one) for one in share.open],
    }


def _told_json(told: Diagnostic) -> dict[str, object]:
    return {
        "code": told.code.id,
        "at": str(told.span) if told.span else None,
        "zh": told.message("zh"),
        "en": told.message("en"),
    }


def _survivor_json(survivor: Survivor) -> dict[str, object]:
    from engine.rules.decision import plain_json

    inputs = survivor.inputs
    suggested = None if inputs is None else {n: plain_json(v) for n, v in inputs.items()}
    return {**_told_json(survivor.told), "inputs": suggested}


# --- suggestions -------------------------------------------------------------------------------


def show_suggested(found: Sequence[Quality], lang: str) -> None:
    """Print a file of cases a version, each with today's answer and marked `confirm`."""
    chosen = as_lang(lang)
    head = (
        "# 以下答案是规则今天给出的。逐一确认：若正确，删去 `confirm` 并移入 cases.yaml；若不正确，更正规则。"
        if chosen == "zh"
        else "# These are the answers that the rules give today. Confirm each: if it is right, delete `confirm`\n"
        "# and move it into cases.yaml; if it is not, correct the rule."
    )
    files = [text for one in found if (text := _suggested(one, chosen))]
    if not files:
        print("# 没有可建议的案例" if chosen == "zh" else "# there is no case to suggest")
        return
    print(head)
    print("---\n".join(files), end="")


def _suggested(one: Quality, lang: Lang) -> str:
    by_case: dict[str, list[Survivor]] = {}
    for survivor in one.mutation.survivors:
        if survivor.inputs is not None:
            by_case.setdefault(_yaml(survivor.inputs), []).append(survivor)
    if not by_case:
        return ""
    of, version = one.version
    lines = [
        'schema_version: "1"',
        "kind: cases",
        f"of: {of}",
        f"versions: [{version}]",
        "defaults:",
        f"  as_of: {one.as_of.isoformat()}",
        "cases:",
    ]
    for number, (inputs, survivors) in enumerate(by_case.items(), 1):
        lines += [f"  # {survivor.told.message(lang)}" for survivor in survivors]
        lines += [f"  - id: confirm-{number}", "    confirm: true", f"    inputs: {inputs}"]
        lines += [f"    {key}: {_yaml(part)}" for key, part in _expected(survivors[0]).items()]
    return "\n".join(lines) + "\n"


def _expected(survivor: Survivor) -> dict[str, Mapping[str, object]]:
    """What the decision is today: its outcomes, reasons and obligations, and the rows that hit."""
    decision = survivor.decision
    if decision is None:
        return {}
    told = {
        "reasons": tuple(reason.code for reason in decision.reasons),
        "obligations": decision.obligations,
    }
    hit = {step.decision: ";".join(step.rows) for step in decision.trace if step.rows}
    return {"expect": {"status": decision.status, **decision.outcomes, **told}, "hit": hit}


def _yaml(value: object) -> str:
    """Write data in YAML's flow form; every text stands in quotes."""
    from engine.rules.decision import plain_json

    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_yaml(inner)}" for key, inner in value.items()) + "}"
        case tuple() | list():
            return "[" + ", ".join(_yaml(item) for item in value) + "]"
        case bool() | None:
            return json.dumps(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            pass
    return str(plain_json(value))
