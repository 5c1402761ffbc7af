"""What a checker says about a text: a code, a place, a message and what to do, in zh and en."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


class Severity(StrEnum):
    """How bad a diagnostic is; only errors stop a document from being used."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text; lines and columns are 1-based and count code points, the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        """Give `path:line:column`, the form that editors jump to."""
        return f"{self.path}:{self.line}:{self.column}"


class Phrase(str):
    """An argument of a message that is said differently in Chinese; as a text it is the English one."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Say the same in both languages."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __str__(self) -> str:
        """Stay a phrase, so that no step on the way to the message loses the Chinese."""
        return self


def _said(template: str, args: Mapping[str, str], lang: Lang) -> str:
    if lang == "zh":
        args = {k: v.zh if isinstance(v, Phrase) else v for k, v in args.items()}
    return template.format_map(args)


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of diagnostic: a stable id and its texts, whose `{names}` are filled by `at`."""

    id: str
    en: str
    zh: str
    help_en: str = ""
    help_zh: str = ""
    severity: Severity = Severity.ERROR

    def at(self, span: Span | None, /, *, near: str | None = None, **args: object) -> Diagnostic:
        """Make a diagnostic of this kind at `span`; `near` is a name to offer as did-you-mean."""
        return Diagnostic(self, span, {k: str(v) for k, v in args.items()}, near)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in a document; a value, never raised by itself."""

    code: Code
    span: Span | None
    args: Mapping[str, str] = field(default_factory=dict)
    near: str | None = None
    where: str = ""
    """The way to the value, `inputs.a.type`, in data that has no lines to point at."""

    @property
    def severity(self) -> Severity:
        """The severity of the code."""
        return self.code.severity

    @property
    def is_error(self) -> bool:
        """Whether this finding stops the document from being used."""
        return self.code.severity is Severity.ERROR

    def message(self, lang: Lang = "en") -> str:
        """Say what is wrong, in one line without a full stop."""
        text = _said(self.code.zh if lang == "zh" else self.code.en, self.args, lang)
        if not self.where:
            return text
        return f"{text}（位于 `{self.where}`）" if lang == "zh" else f"{text} (at `{self.where}`)"

    def help(self, lang: Lang = "en") -> str:
        """Say what to do, or nothing."""
        template = self.code.help_zh if lang == "zh" else self.code.help_en
        parts = [_said(template, self.args, lang)] if template else []
        if self.near:
            parts.insert(
                0, f"是否指 `{self.near}`？" if lang == "zh" else f"did you mean `{self.near}`?"
            )
        return " ".join(parts)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that `name` was most likely meant to be, or None."""
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of the findings is an error."""
    return any(d.is_error for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort findings by place, then code, and drop repetitions."""
    unique = {(d.span, d.code.id, d.message()): d for d in diagnostics}
    nowhere = Span("", 0, 0, 0, 0)
    return sorted(unique.values(), key=lambda d: (d.span or nowhere, d.code.id, d.message()))


def width(text: str) -> int:
    """Count the columns that `text` takes on a terminal; East Asian wide signs take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


_SEVERITY_ZH = {Severity.ERROR: "错误", Severity.WARNING: "警告", Severity.NOTE: "提示"}


_LONGEST_LINE = 200


def render(diagnostic: Diagnostic, lines: Sequence[str] = (), lang: Lang = "en") -> str:
    """Draw one finding with its source line and a caret; `lines` is the whole text it was found in."""
    span = diagnostic.span
    severity = _SEVERITY_ZH[diagnostic.severity] if lang == "zh" else str(diagnostic.severity)
    where = f"{span}: " if span else ""
    drawn = [f"{where}{severity} {diagnostic.code.id}: {diagnostic.message(lang)}"]
    if span and 0 < span.line <= len(lines):
        text = lines[span.line - 1]
        end = span.end_column if span.end_line == span.line else len(text) + 1
        first = max(0, span.column - 1 - _LONGEST_LINE // 2)
        shown = text[first : first + _LONGEST_LINE]
        gutter = " " * len(str(span.line))
        before, marked = (
            shown[: span.column - 1 - first],
            shown[span.column - 1 - first : end - 1 - first],
        )
        pad = "".join("\t" if c == "\t" else " " * width(c) for c in before)
        drawn.append(f"  {span.line} | {shown}")
        drawn.append(f"  {gutter} | {pad}{'^' * max(1, width(marked))}")
    if advice := diagnostic.help(lang):
        drawn.append(f"  {'办法' if lang == 'zh' else 'help'}: {advice}")
    return "\n".join(drawn)
