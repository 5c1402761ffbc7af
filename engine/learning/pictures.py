"""A plan as one SVG picture: gaps with their targets, the order in time, and the paths through the graph."""

from __future__ import annotations

import datetime as dt
import html
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.learning.explain import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.kernel.diagnostics import Lang
    from engine.learning.choices import Rejected
    from engine.learning.documents import LearningPlan, PlannedGap
    from engine.learning.schedule.documents import Schedule

WIDTH = 960
_LABEL, _BAR = 230, 540
_ROW, _HEADING = 34, 44
_BOX, _TALL, _GAP = 218, 42, 14

INK, SOFT, LINE, FAINT = "#1c2430", "#5b6675", "#d7dce3", "#f1f3f6"
LIT, LIT_FILL, BELOW, REACHED = "#1f5fc4", "#e8f0fe", "#d97d27", "#2e9d5b"

_WORDS = {
    "title": ("培养计划", "Learning plan"),
    "gaps": ("差距与目标", "Gaps and targets"),
    "time": ("时间安排", "In time"),
    "graph": ("为什么是这些：经由图谱的路径", "Why these: the paths through the graph"),
    "hours": ("第 {n} 小时", "hour {n}"),
    "target": ("目标", "target"),
    "grey": ("灰色：考虑过而未选", "grey: considered and not chosen"),
    "none": ("没有低于目标的胜任力", "nothing is below its target"),
}


@dataclass(frozen=True, slots=True)
class TimeBar:
    """When one step takes place, from `start` to `end` on the axis of the picture."""

    item: str
    start: Decimal
    end: Decimal


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The bars of a plan and what its marks say: pairs of a place and a text."""

    bars: tuple[TimeBar, ...]
    marks: tuple[tuple[Decimal, str], ...]
    end: Decimal


def draw_plan(
    plan: LearningPlan,
    lang: Lang,
    *,
    rejected: Sequence[Rejected] = (),
    time: TimeAxis | None = None,
) -> str:
    """Draw a plan; without an axis of its own, time is counted in hours, a step after the other."""
    gaps, top = _gaps(plan, lang, 0)
    timeline, top = _timeline(plan, time or in_hours(plan, lang), lang, top)
    graph, top = _graph(plan, rejected, lang, top)
    body = "\n".join((*gaps, *timeline, *graph))
    title = plan_title(plan, lang)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'aria-label="{as_markup(title)}" font-family="system-ui, \'Noto Sans CJK SC\', sans-serif" '
        f'font-size="13" fill="{INK}">\n<title>{as_markup(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def plan_title(plan: LearningPlan, lang: Lang) -> str:
    """Give the title of a plan's picture or page."""
    return f"{say('title', lang)}{'：' if lang == 'zh' else ': '}{plan.role}"


# What XML 1.0 (section 2.2) has no place for, also not as a reference.
_NO_SIGN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_markup(text: str) -> str:
    """Write a text so that it is one in SVG and HTML, whatever is in it."""
    return html.escape(_NO_SIGN.sub("\ufffd", text))


def say(word: str, lang: Lang) -> str:
    """Give a word of the pictures in the language."""
    zh, en = _WORDS[word]
    return zh if lang == "zh" else en


def in_hours(plan: LearningPlan, lang: Lang) -> TimeAxis:
    """Lay the steps one after another on an axis of hours."""
    bars, at = [], Decimal(0)
    for step in plan.steps:
        bars.append(TimeBar(step.item, at, at + step.hours))
        at += step.hours
    apart = max(1, int(at) // 6)
    marks = range(0, int(at) + 1, apart)
    said = say("hours", lang)
    return TimeAxis(
        tuple(bars), tuple((Decimal(n), said.format(n=n)) for n in marks), max(at, Decimal(1))
    )


def in_days(schedule: Schedule) -> TimeAxis:
    """Lay the steps on an axis of days, marked at the Mondays of some weeks."""
    first = min(step.first for step in schedule.steps)
    end = max(step.last for step in schedule.steps) + _DAY
    bars = tuple(
        TimeBar(step.item, _days(first, step.first), _days(first, step.last + _DAY))
        for step in schedule.steps
    )
    weeks = [week.monday for week in schedule.weeks if week.monday >= first]
    apart = max(1, -(-len(weeks) // 6))
    marks = tuple((_days(first, day), day.isoformat()) for day in weeks[::apart])
    return TimeAxis(bars, marks, _days(first, end))


_DAY = dt.timedelta(days=1)


def _days(first: dt.date, day: dt.date) -> Decimal:
    return Decimal((day - first).days)


# --- gaps ---------------------------------------------------------------------------------------

Part = tuple[list[str], int]


def _heading(text: str, top: int) -> str:
    return f'<text x="0" y="{top + 28}" font-size="16" font-weight="600">{as_markup(text)}</text>'


def _gaps(plan: LearningPlan, lang: Lang, top: int) -> Part:
    parts, y = [_heading(say("gaps", lang), top)], top + _HEADING
    for gap in plan.gaps:
        parts += _gap(gap, lang, y)
        y += _ROW
    if not plan.gaps:
        parts.append(
            f'<text x="0" y="{y + 18}" fill="{SOFT}">{as_markup(say("none", lang))}</text>'
        )
        y += _ROW
    return parts, y + 8


def _gap(gap: PlannedGap, lang: Lang, y: int) -> Iterator[str]:
    before, after, target = (_along(n, Decimal(100)) for n in (gap.score, gap.after, gap.target))
    levels = f"{shown(gap.score)} → {shown(gap.after)} / {shown(gap.target)}"
    yield f"<g><title>{as_markup(f'{gap.name[lang]} {levels}')}</title>"
    yield _label(gap.name[lang], y)
    yield _bar(_LABEL, y, _BAR, FAINT)
    yield _bar(_LABEL, y, after, REACHED if gap.closed else LIT)
    yield _bar(_LABEL, y, before, BELOW)
    mark = _LABEL + target
    yield f'<path d="M{mark} {y + 3}v22" stroke="{INK}" stroke-width="2.5"/>'
    yield f'<text x="{WIDTH}" y="{y + 19}" text-anchor="end">{as_markup(levels)}</text></g>'


def _along(value: Decimal, end: Decimal) -> int:
    return int(value * _BAR / end)


def _bar(x: int, y: int, width: int, fill: str) -> str:
    return f'<rect x="{x}" y="{y + 9}" width="{max(width, 0)}" height="10" rx="5" fill="{fill}"/>'


def _label(text: str, y: int) -> str:
    [line] = _fitted(text, _LABEL - 14, 1)
    return f'<text x="0" y="{y + 19}">{as_markup(line)}</text>'


# --- time ---------------------------------------------------------------------------------------


def _timeline(plan: LearningPlan, time: TimeAxis, lang: Lang, top: int) -> Part:
    if not plan.steps:
        return [], top
    parts, y = [_heading(say("time", lang), top)], top + _HEADING
    bottom = y + 24 + _ROW * len(plan.steps)
    for place, text in time.marks:
        x = _LABEL + _along(place, time.end)
        parts.append(f'<path d="M{x} {y + 20}V{bottom}" stroke="{LINE}"/>')
        parts.append(
            f'<text x="{x}" y="{y + 12}" font-size="11" fill="{SOFT}">{as_markup(text)}</text>'
        )
    names = {step.item: step.name[lang] for step in plan.steps}
    for row, bar in enumerate(time.bars):
        line = y + 24 + row * _ROW
        start, end = _along(bar.start, time.end), _along(bar.end, time.end)
        parts.append(
            f"<g><title>{as_markup(names[bar.item])}</title>{_label(names[bar.item], line)}"
        )
        parts.append(_bar(_LABEL + start, line, max(end - start, 4), LIT) + "</g>")
    return parts, bottom + 8


# --- graph --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Drawing:
    """Where the boxes stand: by column, each with its text and whether it is lit."""

    columns: list[list[str]]
    names: dict[str, str]
    lit: set[str]
    edges: dict[tuple[str, str], bool]
    notes: dict[str, str]

    def add(self, column: int, key: str, name: str, *, lit: bool) -> None:
        while len(self.columns) <= column:
            self.columns.append([])
        if key not in self.names:
            self.names[key] = name
            self.columns[column].append(key)
        if lit:
            self.lit.add(key)

    def join(self, start: str, end: str, *, lit: bool) -> None:
        self.edges[start, end] = self.edges.get((start, end), False) or lit


def _graph(plan: LearningPlan, rejected: Sequence[Rejected], lang: Lang, top: int) -> Part:
    if not plan.steps and not rejected:
        return [], top + 8
    drawing = _Drawing([[], [], []], {}, set(), {}, {})
    _lit(drawing, plan, lang)
    _grey(drawing, rejected, lang)
    parts, y = [_heading(say("graph", lang), top)], top + _HEADING
    places = _places(drawing, y)
    for (start, end), lit in sorted(drawing.edges.items(), key=lambda edge: edge[1]):
        if start in places and end in places:
            parts.append(_edge(places[start], places[end], lit=lit))
    parts += (_box(drawing, key, place) for key, place in places.items())
    bottom = max(py for _, py in places.values()) + _TALL
    if rejected:
        parts.append(
            f'<text x="0" y="{bottom + 24}" font-size="11" fill="{SOFT}">{as_markup(say("grey", lang))}</text>'
        )
    return parts, bottom + 36


def _key(kind: str, node: str) -> str:
    return f"{kind} {node}"


def _lit(drawing: _Drawing, plan: LearningPlan, lang: Lang) -> None:
    """Put in the steps, and the way from each over skills up to what it closes."""
    deepest = max(
        (len(lift.path) for step in plan.steps for c in step.closes for lift in c.lifts), default=3
    )
    last = max(deepest - 1, 2)
    for step in plan.steps:
        item = _key("item", step.item)
        drawing.add(0, item, step.name[lang], lit=True)
        drawing.notes[item] = f"{decimal_text(step.hours)} h"
        for closes in step.closes:
            for lift in closes.lifts:
                before = item
                for depth, node in enumerate(lift.path[1:], 1):
                    top = depth == len(lift.path) - 1
                    key = _key("node", node.id)
                    drawing.add(last if top else depth, key, node.name[lang], lit=True)
                    drawing.join(before, key, lit=True)
                    before = key
        for later in step.needed_by:
            drawing.join(item, _key("item", later.id), lit=True)
    for gap in plan.gaps:
        key = _key("node", gap.competency)
        drawing.add(last, key, gap.name[lang], lit=gap.closed)
        drawing.notes[key] = f"{shown(gap.score)} → {shown(gap.after)}"


def _grey(drawing: _Drawing, rejected: Iterable[Rejected], lang: Lang) -> None:
    for one in rejected:
        item = _key("item", one.item)
        drawing.add(0, item, one.name[lang], lit=False)
        for skill in one.teaches:
            key = _key("node", skill.id)
            drawing.add(1, key, skill.name[lang], lit=False)
            drawing.join(item, key, lit=False)


Place = tuple[int, int]


def _places(drawing: _Drawing, top: int) -> dict[str, Place]:
    """Spread the columns over the width, and each column's boxes over the height of the tallest."""
    columns = [column for column in drawing.columns if column]
    tallest = max(len(column) for column in columns)
    height = tallest * (_TALL + _GAP)
    apart = (WIDTH - _BOX) // max(len(columns) - 1, 1)
    places: dict[str, Place] = {}
    for number, column in enumerate(columns):
        slot = height // len(column)
        for row, key in enumerate(column):
            places[key] = number * apart, top + row * slot + (slot - _TALL) // 2
    return places


def _edge(start: Place, end: Place, *, lit: bool) -> str:
    colour, width = (LIT, 2) if lit else (LINE, 1.5)
    (x1, y1), (x2, y2) = start, end
    y1, y2 = y1 + _TALL // 2, y2 + _TALL // 2
    if x1 == x2:  # what comes first stands in the same column: a bow at its right side
        x = x1 + _BOX
        way = f"M{x} {y1}C{x + 26} {y1} {x + 26} {y2} {x} {y2}"
        return f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="4 3"/>'
    x1 += _BOX
    bend = (x2 - x1) // 2
    way = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _box(drawing: _Drawing, key: str, place: Place) -> str:
    (x, y), lit, name = place, key in drawing.lit, drawing.names[key]
    stroke, fill, ink = (LIT, LIT_FILL, INK) if lit else (LINE, FAINT, SOFT)
    note = drawing.notes.get(key, "")
    lines = [*_fitted(name, _BOX - 20, 1 if note else 2), *([note] if note else [])]
    first = y + _TALL // 2 + 5 - 8 * (len(lines) - 1)
    texts = "".join(
        f'<text x="{x + _BOX // 2}" y="{first + 16 * n}" text-anchor="middle" fill="{ink}" '
        f'font-size="{11 if note and n == len(lines) - 1 else 13}">{as_markup(line)}</text>'
        for n, line in enumerate(lines)
    )
    return (
        f"<g><title>{as_markup(name)}</title>"
        f'<rect x="{x}" y="{y}" width="{_BOX}" height="{_TALL}" rx="8" fill="{fill}" stroke="{stroke}"/>{texts}</g>'
    )


def _fitted(text: str, width: int, most: int) -> list[str]:
    """Break a text into at most so many lines of a width, by how wide its signs are drawn; `…` where it ends."""
    lines: list[str] = [""]
    used = 0
    words = _words(text)
    for at, word in enumerate(words):
        wide = sum(map(_wide, word))
        if used and used + wide > width:
            if len(lines) == most or wide > width:
                lines[-1] = f"{lines[-1].rstrip()}…"
                break
            lines.append("")
            used = 0
            if word == " ":
                continue
        if wide > width:
            lines[-1] += f"{word[: max(1, width // 9)]}…"
            break
        lines[-1] += word
        used += wide
        if at == len(words) - 1:
            break
    return lines


def _words(text: str) -> list[str]:
    """Divide a text where a line may break: at spaces, and between Chinese signs."""
    words: list[str] = []
    for sign in text:
        if (
            words
            and sign != " "
            and words[-1] != " "
            and _wide(sign) < _FULL
            and _wide(words[-1][-1]) < _FULL
        ):
            words[-1] += sign
        else:
            words.append(sign)
    return words


_FULL, _HALF = 13, 7


def _wide(sign: str) -> int:
    return _FULL if unicodedata.east_asian_width(sign) in {"W", "F"} else _HALF
