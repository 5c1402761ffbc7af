"""The change that a finding with a did-you-mean asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Span, nearest

if TYPE_CHECKING:
    from engine.kernel.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Fix:
    """A stretch of the text and what to write there instead."""

    span: Span
    text: str


def find_fix(diagnostic: Diagnostic, text: str) -> Fix | None:
    """Make the change that writes the name that was meant; None when it is not clear where."""
    span, near = diagnostic.span, diagnostic.near
    lines = text.split("\n")
    if span is None or near is None or span.line != span.end_line or span.line > len(lines):
        return None
    marked = lines[span.line - 1][span.column - 1 : span.end_column - 1]
    wrong = [
        name
        for name in diagnostic.args.values()
        if name and marked.count(name) == 1 and nearest(name, [near])
    ]
    if not wrong:
        return None
    start = span.column + marked.index(wrong[0])
    return Fix(Span(span.path, span.line, start, span.line, start + len(wrong[0])), near)
