"""Running the cases of a folder: each against every version it names, or the one in force when it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.chaining.cases import run_case as run_inference_case
from engine.hiring.cases import run_case as run_model_case
from engine.kernel.cases import Case, CaseFile, CaseResult, Difference
from engine.kernel.errors import EngineError
from engine.rules.cases import cases_of, run_case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from engine.content import Content
    from engine.kernel.documents import Loaded

_KINDS = ("rule_set", "inference", "competency_model")


def run_cases(content: Content, file: Loaded[CaseFile], now: dt.datetime) -> Iterator[CaseResult]:
    """Run the cases of a file; a case without `as_of` happens at `now`."""
    of = file.document.of
    kind = next((k for k in _KINDS if (k, of) in content.versions), None)
    for case in cases_of(file.document):
        if kind is None:
            yield CaseResult(of, "-", case.id, (Difference("of", of, "absent"),))
            continue
        references = [f"{of}@{v}" for v in case.versions] if case.versions else [of]
        for reference in references:
            yield _run(content, kind, reference, case, case.as_of or now)


def _run(content: Content, kind: str, reference: str, case: Case, as_of: dt.datetime) -> CaseResult:
    try:
        loaded: Loaded[Any] = content.find(kind, reference, as_of)
        match kind:
            case "rule_set":
                return run_case(content.compile_rule_set(loaded, as_of), case)
            case "inference":
                return run_inference_case(content.inference(reference, as_of), case)
            case _:
                pass
        return run_model_case(content.model(reference, as_of), case)
    except EngineError as error:
        return CaseResult(
            reference.partition("@")[0],
            reference.partition("@")[2],
            case.id,
            (Difference("run", "an answer", str(error)),),
        )
