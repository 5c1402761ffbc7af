"""Decisions and people of before, as tables: a row a decision or a person, every fault at its cell."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Span, nearest
from engine.learning.exchange.tables import BAD_CELL, LONG_ROW, UNKNOWN_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.sheets import Sheet

NO_COLUMN = Code(
    "HISTORY-001",
    "the table of {table} has no column `{name}`",
    "{table}表缺少列 `{name}`",
    "the columns that must be there: {known}",
    "必需的列：{known}",
)
EMPTY_CELL = Code(
    "HISTORY-002",
    "the row has no `{name}`",
    "该行缺少 `{name}`",
    "fill the cell, or delete the row",
    "请填写该单元格，或删除该行",
)
TWICE = Code(
    "HISTORY-003",
    "`{text}` stands here for the second time",
    "`{text}` 在此重复出现",
    "each `{name}` stands once in a table",
    "每个 `{name}` 在表中只出现一次",
)

_INPUT, _EXTERNAL = "input.", "external."
_HEADS = {
    "id": "编号", "person": "人员", "decided_at": "裁定时间", "rule_set": "规则", "outcome": "结果",
    "version": "版本", "case": "案例", "reason": "理由",
}  # fmt: skip
_NEEDED = {
    "decisions": ("id", "person", "decided_at", "rule_set", "outcome"),
    "people": ("person",),
}
_MORE = {"decisions": ("version", "case", "reason"), "people": ()}
_LENGTHS = {"id": 120, "case": 120, "reason": 2_000, "version": 40, "outcome": 80, "rule_set": 80}
_PERSON = re.compile(r"[^:\s/]{1,64}")
_SYSTEM = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NAME = re.compile(r"[A-Za-z_一-鿿][\w.]{0,79}")
_MOST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision that was made elsewhere, with the row that says so."""

    row: int
    id: str
    person: str
    decided_at: dt.datetime
    rule_set: str
    outcome: str
    version: str
    case: str | None
    reason: str | None
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person and what other systems call them."""

    row: int
    person: str
    external: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class History:
    """What a sheet says, and what is wrong with it."""

    decisions: tuple[PastDecision, ...]
    people: tuple[KnownPerson, ...]
    found: tuple[Diagnostic, ...]


def read_history(sheet: Sheet) -> History:
    """Read a table of decisions, or of people where it has no column `outcome`; a faulty row is left out."""
    found: list[Diagnostic] = []
    heads = [_head(text) for text in sheet.rows[0]] if sheet.rows else []
    table = "decisions" if "outcome" in heads or "decided_at" in heads else "people"
    found += _missing(sheet, heads, table)
    found += _unknown(sheet, heads, table)
    decisions: list[PastDecision] = []
    people: list[KnownPerson] = []
    seen: set[str] = set()
    if found:
        return History((), (), tuple(found))
    for number, cells in enumerate(sheet.rows[1:], 2):
        if not any(text.strip() for text in cells):
            continue
        row = {
            head: (text.strip(), Span(sheet.name, number, at, number, at + 1))
            for at, (head, text) in enumerate(zip(heads, cells, strict=False), 1)
        }
        faults = list(_faults(sheet, number, row, table))
        if any(text.strip() for text in cells[len(heads) :]):
            at = len(heads) + 1
            faults.append(LONG_ROW.at(Span(sheet.name, number, at, number, at + 1)))
        name = _NEEDED[table][0]
        key, span = row.get(name, ("", None))
        if key and key in seen:
            faults.append(TWICE.at(span, text=key[:80], name=name))
        seen.add(key)
        found += faults
        if faults:
            continue
        given = {head: text for head, (text, _) in row.items()}
        if table == "people":
            people.append(KnownPerson(number, given["person"], _under(given, _EXTERNAL)))
        else:
            decisions.append(_decision(number, given))
    return History(tuple(decisions), tuple(people), tuple(found))


def _head(text: str) -> str:
    given = text.strip()
    return next((name for name, zh in _HEADS.items() if zh == given), given)


def _missing(sheet: Sheet, heads: Sequence[str], table: str) -> Iterator[Diagnostic]:
    known = ", ".join(f"`{name}`" for name in _NEEDED[table])
    for name in _NEEDED[table]:
        if name not in heads:
            span = Span(sheet.name, 1, 1, 1, 2)
            yield NO_COLUMN.at(span, table=table, name=name, known=known)


def _unknown(sheet: Sheet, heads: Sequence[str], table: str) -> Iterator[Diagnostic]:
    known = (*_NEEDED[table], *_MORE[table])
    prefix, form = (_INPUT, _NAME) if table == "decisions" else (_EXTERNAL, _SYSTEM)
    listed = ", ".join(f"`{name}`" for name in (*known, f"{prefix}…"))
    for at, head in enumerate(heads, 1):
        span = Span(sheet.name, 1, at, 1, at + 1)
        if head and heads.index(head) != at - 1:
            yield TWICE.at(span, text=head[:80], name=head[:80])
        elif not (
            head in known or (head.startswith(prefix) and form.fullmatch(head[len(prefix) :]))
        ):
            near = nearest(head, known)
            yield UNKNOWN_COLUMN.at(span, table=table, name=head[:80], known=listed, near=near)


def _faults(
    sheet: Sheet, number: int, row: Mapping[str, tuple[str, Span]], table: str
) -> Iterator[Diagnostic]:
    for name in _NEEDED[table]:
        text, span = row.get(name, ("", Span(sheet.name, number, 1, number, 2)))
        if not text:
            yield EMPTY_CELL.at(span, name=name)
    for name, (text, span) in row.items():
        example = _wrong(name, text) if text else None
        if example is not None:
            yield BAD_CELL.at(span, text=text[:80], name=name, example=example)


def _wrong(name: str, text: str) -> str | None:
    """Give an example of what a cell should be, where it is something else."""
    if name == "person":
        return None if _PERSON.fullmatch(text) else "p-1042"
    if name == "decided_at":
        return None if past_instant(text) else "2024-05-31T09:00:00+08:00"
    if len(text) > _LENGTHS.get(name, 200 if name.startswith(_EXTERNAL) else _MOST_TEXT):
        return text[:20]
    return None


def past_instant(text: str) -> dt.datetime | None:
    """Read a day, which is its first instant in UTC, or a date-time with an offset; None for anything else."""
    try:
        when = dt.datetime.fromisoformat(text)
        day = dt.date.fromisoformat(text) if len(text) <= len("2024-05-31") else None
    except ValueError:
        return None
    if when.tzinfo is None:
        return None if day is None else when.replace(tzinfo=dt.UTC)
    try:
        return when.astimezone(dt.UTC)
    except OverflowError:
        return None


def _decision(number: int, given: Mapping[str, str]) -> PastDecision:
    when = past_instant(given["decided_at"])
    if when is None:
        raise AssertionError("a row is made of cells that were looked at")
    return PastDecision(
        row=number,
        id=given["id"],
        person=given["person"],
        decided_at=when,
        rule_set=given["rule_set"],
        outcome=given["outcome"],
        version=given.get("version") or "-",
        case=given.get("case") or None,
        reason=given.get("reason") or None,
        inputs=_under(given, _INPUT),
    )


def _under(given: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): text
        for name, text in given.items()
        if name.startswith(prefix) and text
    }
