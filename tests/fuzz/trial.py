"""One trial: a text is refused with findings that lie in it, or it is a document that can be used."""

from __future__ import annotations

import datetime as dt
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.content import check_document, read_content, read_document
from engine.dmn.export import export_rule_set
from engine.formatting import format_document
from engine.kernel.cases import CaseFile
from engine.kernel.diagnostics import has_errors, render
from engine.kernel.errors import DocumentError, NotFoundError
from engine.rules.cases import cases_of, check_cases, check_grid, typed_inputs
from engine.rules.documents import RuleSet
from engine.rules.evaluate import decide
from engine.rules.prose import rule_set_text
from tests.fuzz.documents import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Diagnostic
    from engine.kernel.documents import Loaded

LIMIT = 60
"""Seconds that one document may take: many times what the slowest needs on a loaded machine."""

CONTENT = read_content(FILES)
CATALOG = {path: text for path, text in FILES.items() if path.startswith("catalog/")}
AS_OF = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)


class TooSlowError(Exception):
    """A document took longer than it may."""


@contextmanager
def watched(seconds: int = LIMIT) -> Iterator[None]:
    """End the block with TooSlowError where it takes too long."""

    def ring(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run_trial(path: str, text: str) -> str:
    """Read, check and use a text that stands at `path`; says what became of it, or raises."""
    if path in CATALOG:
        content = read_content({**CATALOG, path: text})
        found = list(content.found)
        for each in content.documents():
            found += check_document(content, each)
        _look(found, {**CATALOG, path: text})
        return "refused" if has_errors(found) else "valid"
    loaded, found = read_document(text, path)
    if loaded is not None:
        found += _check(loaded)
    _look(found, {path: text})
    assert format_document(format_document(text)) == format_document(text)
    if loaded is None or has_errors(found):
        assert found, "refused without a finding"
        return "refused"
    if isinstance(loaded.document, RuleSet):
        _use(loaded)
    return "valid"


def _check(loaded: Loaded[Any]) -> list[Diagnostic]:
    if not isinstance(loaded.document, CaseFile):
        return check_document(CONTENT, loaded)
    of = CONTENT.versions.get(("rule_set", loaded.document.of), [])
    cases_of(loaded.document)
    return check_grid(loaded) + (check_cases(loaded, [v.document for v in of]) if of else [])


def _look(found: list[Diagnostic], texts: dict[str, str]) -> None:
    """Hold every finding against the text it is about, in both languages."""
    for one in found:
        assert one.span is not None, one
        lines = texts[one.span.path].split("\n")
        assert 1 <= one.span.line <= len(lines) + 1, one
        here = lines[one.span.line - 1] if one.span.line <= len(lines) else ""
        assert 1 <= one.span.column <= len(here) + 2, one
        for lang in ("zh", "en"):
            assert one.message(lang)
            render(one, lines, lang)


def _use(loaded: Loaded[RuleSet]) -> None:
    """Compile a valid rule set, decide about the shipped cases, write it as prose and as DMN."""
    try:
        rules = CONTENT.compile_rule_set(loaded)
    except (DocumentError, NotFoundError) as error:
        msg = f"checked and not compiled: {error}"
        raise AssertionError(msg) from error
    given = [
        case.inputs
        for file in CONTENT.cases
        if file.document.of == loaded.document.id
        for case in cases_of(file.document)
    ]
    for inputs in ({}, *given[:5]):
        decide(rules, typed_inputs(rules, inputs))
    for lang in ("zh", "en"):
        assert rule_set_text(rules, lang)
    assert export_rule_set(rules).xml
