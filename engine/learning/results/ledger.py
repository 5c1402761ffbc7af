"""Results put together: repetitions fall away, conflicts are named, and order does not matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Phrase
from engine.kernel.errors import DocumentError
from engine.learning.results.documents import identity_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from engine.kernel.diagnostics import Diagnostic
    from engine.learning.results.documents import LearningResult

SAME_ID = Code(
    "RESULT-CONFLICT-001",
    "the result `{id}` stands here twice with different contents: {one}, and {other}",
    "结果 `{id}` 出现两次且内容不同：{one}，与 {other}",
    "delete the wrong one; a correction needs an id of its own and a later time",
    "请删除错误的一条；更正须用新编号和更晚的时间",
)
SAME_PLACE = Code(
    "RESULT-CONFLICT-002",
    "`{one}` and `{other}` give the {figure} of `{item}` for `{learner}` at {at} as {value} and {otherwise}",
    "`{one}` 与 `{other}` 对 `{learner}` 的 `{item}` 在 {at} 的{figure_zh}分别给出 {value} 和 {otherwise}",
    "one source says one thing at one time: delete the wrong one",
    "同一来源在同一时间只能有一个值：请删除错误的一条",
)

_FIGURES = {
    "completion": "完成率",
    "exam": "考试成绩",
    "success": "是否通过",
    "rating": "评级",
    "text": "评语",
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """Results without repetitions, in one order whatever order they came in: time, source, id."""

    results: tuple[LearningResult, ...]

    def of(self, learner: str, until: dt.datetime | None = None) -> tuple[LearningResult, ...]:
        """List the results of one learner, those after `until` left out."""
        return tuple(
            one
            for one in self.results
            if one.learner == learner and (until is None or one.at <= until)
        )

    def learners(self) -> tuple[str, ...]:
        """List the learners that results speak of."""
        return tuple(sorted({one.learner for one in self.results}))


def collect(results: Iterable[LearningResult], before: Ledger | None = None) -> Ledger:
    """Put results together with those from `before`; raises DocumentError naming both of each conflict.

    The same result given again changes nothing, also under another id.
    """
    told = sorted([*(before.results if before else ()), *results], key=_order)
    found = [*_same_id(told), *_same_place(told)]
    if found:
        raise DocumentError(found)
    kept: dict[tuple[object, ...], LearningResult] = {}
    for one in told:
        kept.setdefault((one.learner, one.item, one.source, one.at, *_said(one)), one)
    return Ledger(tuple(kept.values()))


def _order(one: LearningResult) -> tuple[dt.datetime, str, str, str]:
    return one.at, one.source, one.id, identity_of(one)


def _said(one: LearningResult) -> tuple[object, ...]:
    return tuple(getattr(one, figure) for figure in _FIGURES)


def _same_id(told: list[LearningResult]) -> Iterator[Diagnostic]:
    first: dict[str, LearningResult] = {}
    for one in told:
        other = first.setdefault(one.id, one)
        if identity_of(other) != identity_of(one):
            yield SAME_ID.at(None, id=one.id, one=_shown(other), other=_shown(one))


def _same_place(told: list[LearningResult]) -> Iterator[Diagnostic]:
    first: dict[tuple[object, ...], tuple[LearningResult, object]] = {}
    for one in told:
        for figure, figure_zh in _FIGURES.items():
            value = getattr(one, figure)
            if value is None:
                continue
            place = (one.learner, one.item, one.source, one.at, figure)
            other, otherwise = first.setdefault(place, (one, value))
            if otherwise != value and other.id != one.id:
                yield SAME_PLACE.at(
                    None,
                    one=other.id,
                    other=one.id,
                    figure=figure,
                    figure_zh=figure_zh,
                    item=one.item,
                    learner=one.learner,
                    at=one.at.isoformat(),
                    value=str(otherwise)[:80],
                    otherwise=str(value)[:80],
                )


def _shown(one: LearningResult) -> Phrase:
    head = f"{one.learner} {one.item} {one.at.isoformat()}"
    said = {
        names: str(getattr(one, names[0]))[:40]
        for names in _FIGURES.items()
        if getattr(one, names[0]) is not None
    }
    en = ", ".join(f"{names[0]} {value}" for names, value in said.items())
    zh = "，".join(f"{names[1]} {value}" for names, value in said.items())
    return Phrase(f"{head} {en}", f"{head} {zh}")
