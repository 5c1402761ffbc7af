"""The typed form as plain sentences, zh and en: what a condition asks and how a value comes about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from engine.feel import ir
from engine.feel.backends.python import fold
from engine.feel.builtins.temporal import text_of
from engine.feel.types import BOOLEAN
from engine.feel.values import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.feel.values import Value
    from engine.kernel.diagnostics import Lang

_Pair = tuple[str, str]
"""A pattern in Chinese and in English."""

_COMPARED: dict[str, _Pair] = {
    ">=": ("{0}不低于{1}", "{0} is at least {1}"),
    ">": ("{0}高于{1}", "{0} is above {1}"),
    "<": ("{0}低于{1}", "{0} is below {1}"),
    "<=": ("{0}不高于{1}", "{0} is at most {1}"),
    "=": ("{0}为{1}", "{0} is {1}"),
    "!=": ("{0}不为{1}", "{0} is not {1}"),
}
_BETWEEN: dict[tuple[bool, bool], _Pair] = {
    (True, True): ("{0}在{1}到{2}之间（含两端）", "{0} is from {1} to {2}"),
    (True, False): ("{0}不低于{1}且低于{2}", "{0} is at least {1} and below {2}"),
    (False, True): ("{0}高于{1}且不高于{2}", "{0} is above {1} and at most {2}"),
    (False, False): ("{0}高于{1}且低于{2}", "{0} is above {1} and below {2}"),
}
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷", "**": "^"}
_CALLS: dict[str, _Pair] = {
    "count": ("{0}的个数", "the number of {0}"),
    "sum": ("{0}之和", "the sum of {0}"),
    "mean": ("{0}的平均", "the mean of {0}"),
    "min": ("{0}中的最小者", "the smallest of {0}"),
    "max": ("{0}中的最大者", "the largest of {0}"),
    "abs": ("{0}的绝对值", "the size of {0}"),
    "negate": ("负的{0}", "minus {0}"),
    "floor": ("{0}（向下取整）", "{0} rounded down"),
    "ceiling": ("{0}（向上取整）", "{0} rounded up to a whole"),
    "string length": ("{0}的字数", "the length of {0}"),
}
_ROUNDED: dict[str, _Pair] = {
    "round half up": ("{0}，四舍五入到 {1} 位小数", "{0}, rounded half up to {1} decimal places"),
    "round half down": (
        "{0}，五舍六入到 {1} 位小数",
        "{0}, rounded half down to {1} decimal places",
    ),
    "round up": (
        "{0}，向远离零的方向取到 {1} 位小数",
        "{0}, rounded away from zero to {1} decimal places",
    ),
    "round down": (
        "{0}，向零的方向取到 {1} 位小数",
        "{0}, rounded towards zero to {1} decimal places",
    ),
    "floor": ("{0}，向下取到 {1} 位小数", "{0}, rounded down to {1} decimal places"),
    "ceiling": ("{0}，向上取到 {1} 位小数", "{0}, rounded up to {1} decimal places"),
    "decimal": (
        "{0}，按银行家舍入取到 {1} 位小数",
        "{0}, rounded half to even to {1} decimal places",
    ),
}
_LINE: _Pair = (
    "{0}在直线上对应的值：{1} 时为 {2}，{3} 时为 {4}，两端之外不再变化",
    "the value at {0} on the straight line from {2} (at {1}) to {4} (at {3}), level beyond both ends",
)
_CLAUSES: dict[str, _Pair] = {
    "list contains": ("{0}包含{1}", "{0} contains {1}"),
    "contains": ("{0}中出现{1}", "{0} has {1} in it"),
    "starts with": ("{0}以{1}开头", "{0} starts with {1}"),
    "ends with": ("{0}以{1}结尾", "{0} ends with {1}"),
    "matches": ("{0}符合模式{1}", "{0} matches the pattern {1}"),
    "is defined": ("{0}已知", "{0} is known"),
}
_EACH: dict[str, _Pair] = {
    "for": ("对{0}，{1}", "for {0}: {1}"),
    "some": ("{0}中至少有一个：{1}", "for at least one {0}: {1}"),
    "every": ("{0}都满足：{1}", "for every {0}: {1}"),
}
_IN: _Pair = ("{1}中的每个 {0}", "{0} in {1}")
_WORDS: dict[str, _Pair] = {
    "true": ("是", "yes"),
    "false": ("否", "no"),
    "null": ("缺失", "missing"),
    "and": ("，且", ", and "),
    "or": ("，或", ", or "),
    "list": ("、", ", "),
    "one of": ("{0}为{1}之一", "{0} is one of {1}"),
    "none of": ("{0}不是{1}中的任何一个", "{0} is none of {1}"),
    "missing": ("{0}缺失", "{0} is missing"),
    "not": ("并非（{0}）", "not ({0})"),
    "if": ("若{0}则为{1}，否则为{2}", "{1} if {0}, otherwise {2}"),
    "of": ("{1}的 {0}", "{0} of {1}"),
    "those": ("{0}中满足“{1}”者", "those of {0} for which {1}"),
    "at": ("{0}的第 {1} 项", "item {1} of {0}"),
    "applies": ("{0}适用", "{0} applies"),
    "any": ("{0}不限", "{0} does not matter"),
    "item": ("该项", "the item"),
    "kind": ("{0}是{1}", "{0} is a {1}"),
    "nothing": ("空", "none"),
}


@dataclass(frozen=True, slots=True)
class Prose:
    """Writes expressions as sentences; `labels` says what people call a name."""

    lang: Lang
    labels: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    """What `?` stands for in the cell at hand."""

    def about(self, subject: str) -> Prose:
        """Write the cells of a column that is about `subject`."""
        return Prose(self.lang, self.labels, subject)

    def _say(self, pair: _Pair, *parts: str) -> str:
        return pair[0 if self.lang == "zh" else 1].format(*parts)

    def word(self, name: str, *parts: str) -> str:
        """Say one of the words that sentences are made of."""
        return self._say(_WORDS[name], *parts)

    # --- values --------------------------------------------------------------------------------

    def value(self, node: ir.Ir) -> str:
        """Write an expression as what it comes to."""
        if node.type == BOOLEAN and not isinstance(node, ir.Constant | ir.Read):
            return self.clause(node)
        return _VALUES[type(node)](self, node) if type(node) in _VALUES else self._fallback(node)

    def _fallback(self, node: ir.Ir) -> str:
        parts = ", ".join(self.value(child) for child in ir.children(node))
        return f"{type(node).__name__.lower()}({parts})"

    def constant(self, value: Value) -> str:
        """Write a known value."""
        match value:
            case bool() | None:
                return self.word({True: "true", False: "false", None: "null"}[value])
            case str():
                return f"“{value}”"
            case tuple():
                return self.word("list").join(map(self.constant, value)) or self.word("nothing")
            case _:
                pass
        return text_of(value)

    def _constant(self, node: ir.Constant) -> str:
        text = self.constant(node.value)
        if node.name is None:
            return text
        return (
            f"{self.labels.get(node.name, node.name)}（{text}）"
            if self.lang == "zh"
            else (f"{self.labels.get(node.name, node.name)} ({text})")
        )

    def _read(self, node: ir.Read) -> str:
        if node.local and node.name == "?":
            return self.subject
        if node.local and node.name == "item":
            return self.word("item")
        return self.labels.get(node.name, node.name)

    def _apply(self, node: ir.Apply) -> str:
        name = node.builtin.name
        parts = [self.value(a) for a in node.arguments]
        if name in _SIGNS:
            sides = [self._grouped(a) for a in node.arguments]
            return f" {_SIGNS[name]} ".join(sides)
        if name == "interpolate":
            return self._say(_LINE, *parts)
        if name in _ROUNDED and len(parts) > 1:
            return self._say(_ROUNDED[name], *parts)
        if name in _CALLS:
            return self._say(_CALLS[name], self.word("list").join(parts))
        return f"{name}({', '.join(parts)})"

    def _grouped(self, node: ir.Ir) -> str:
        text = self.value(node)
        inner = isinstance(node, ir.Apply) and node.builtin.name in _SIGNS
        return f"({text})" if inner or isinstance(node, ir.If) else text

    def _if(self, node: ir.If) -> str:
        yes, no = self.value(node.yes), self.value(node.no)
        return self.word("if", self.clause(node.condition), yes, no)

    def _list(self, node: ir.MakeList) -> str:
        return self.word("list").join(map(self.value, node.items)) or self.word("nothing")

    def _context(self, node: ir.MakeContext) -> str:
        return "{" + ", ".join(f"{name}: {self.value(v)}" for name, v in node.entries) + "}"

    def _range(self, node: ir.MakeRange) -> str:
        ends = ["" if e is None else self.value(e) for e in (node.low, node.high)]
        opening, closing = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
        return f"{opening}{ends[0]}..{ends[1]}{closing}"

    def _entry(self, node: ir.Entry) -> str:
        name = self.labels.get(node.name, node.name)
        return self.word("of", name, self.value(node.base))

    def _filter(self, node: ir.Filter) -> str:
        return self.word("those", self.value(node.base), self.clause(node.condition))

    def _at(self, node: ir.At) -> str:
        return self.word("at", self.value(node.base), self.value(node.position))

    def _each(self, node: ir.Each) -> str:
        runs = [self._say(_IN, i.name, self.value(i.domain)) for i in node.iterations]
        body = self.value(node.body) if node.kind == "for" else self.clause(node.body)
        return self._say(_EACH[node.kind], self.word("list").join(runs), body)

    def _invoke(self, node: ir.Invoke) -> str:
        parts = ", ".join(map(self.value, node.arguments))
        return f"{self.labels.get(node.function, node.function)}({parts})"

    # --- conditions ----------------------------------------------------------------------------

    def clause(self, node: ir.Ir) -> str:
        """Write a condition as a clause."""
        match node:
            case ir.Constant(value=True):
                return self.word("any", self.subject) if self.subject else self.word("true")
            case ir.Logic():
                return self._logic(node)
            case ir.Apply() if node.builtin.name in _COMPARED:
                return self._compared(node)
            case ir.Apply() if node.builtin.name == "in":
                return self._in(node.arguments[0], node.arguments[1])
            case ir.Apply() if node.builtin.name == "not":
                return self._not(node.arguments[0])
            case ir.Apply() if node.builtin.name in _CLAUSES:
                parts = [self.value(a) for a in node.arguments]
                return self._say(_CLAUSES[node.builtin.name], *parts)
            case ir.Applicable():
                return self.word("applies", self.labels.get(node.name, node.name))
            case ir.Each():
                return self._each(node)
            case ir.If():
                return self._if(node)
            case _:
                pass
        return self._say(_COMPARED["="], self.value(node), self.word("true"))

    def _logic(self, node: ir.Logic) -> str:
        sides = [s for s in _sides(node, node.op) if not _is_guard(s)] or [node.right]
        if node.op == "and" and (between := self._between(sides)):
            return between
        if node.op == "or" and (listed := _equals_of(sides)):
            values = self.word("list").join(self.value(v) for v in listed[1])
            return self.word("one of", self.value(listed[0]), values)
        clauses = []
        for side in sides:
            text = self.clause(side)
            mixed = isinstance(side, ir.Logic) and side.op != node.op and len(sides) > 1
            clauses.append(f"({text})" if mixed else text)
        return self.word(node.op).join(clauses)

    def _between(self, sides: Sequence[ir.Ir]) -> str | None:
        """Join two comparisons of one value into a range."""
        match sides:
            case [
                ir.Apply(arguments=(value, low)) as first,
                ir.Apply(arguments=(other, high)) as last,
            ]:
                ops = first.builtin.name, last.builtin.name
                if ops[0] in {">=", ">"} and ops[1] in {"<=", "<"} and value == other:
                    said = _BETWEEN[ops[0] == ">=", ops[1] == "<="]
                    return self._say(said, self.value(value), self.value(low), self.value(high))
            case _:
                pass
        return None

    def _compared(self, node: ir.Apply) -> str:
        left, right = node.arguments
        for one, other in ((left, right), (right, left)):
            if isinstance(one, ir.Constant) and one.value is None:
                text = self.word("missing", self.value(other))
                return text if node.builtin.name == "=" else self.word("not", text)
        return self._say(_COMPARED[node.builtin.name], self.value(left), self.value(right))

    def _in(self, value: ir.Ir, tests: ir.Ir) -> str:
        subject = self.value(value)
        if isinstance(tests, ir.MakeRange) and tests.low is not None and tests.high is not None:
            ends = self.value(tests.low), self.value(tests.high)
            return self._say(_BETWEEN[tests.low_closed, tests.high_closed], subject, *ends)
        if isinstance(tests, ir.MakeList):
            return self._one_of(subject, value, tests.items)
        known = fold(tests) if ir.is_constant(tests) else None
        if known is not None and isinstance(known.value, Range):
            range_ = known.value
            if range_.low is not None and range_.high is not None:
                ends = self.constant(range_.low), self.constant(range_.high)
                return self._say(_BETWEEN[range_.low_closed, range_.high_closed], subject, *ends)
        return self.word("one of", subject, self.value(tests))

    def _one_of(self, subject: str, value: ir.Ir, tests: Sequence[ir.Ir]) -> str:
        plain = [t for t in tests if not isinstance(t, ir.MakeRange)]
        clauses = [self._in(value, t) for t in tests if isinstance(t, ir.MakeRange)]
        if len(plain) == 1:
            clauses.append(self._say(_COMPARED["="], subject, self.value(plain[0])))
        elif plain:
            listed = self.word("list").join(map(self.value, plain))
            clauses.append(self.word("one of", subject, listed))
        return self.word("or").join(clauses)

    def _not(self, node: ir.Ir) -> str:
        match node:
            case ir.Apply(arguments=(left, right)) if node.builtin.name in _OPPOSITE:
                said = _COMPARED[_OPPOSITE[node.builtin.name]]
                return self._say(said, self.value(left), self.value(right))
            case ir.Apply(arguments=(value,)) if _is_guard(node):
                return self.word("missing", self.value(value))
            case ir.Logic(op="or") if listed := _equals_of(_sides(node, "or")):
                values = self.word("list").join(self.value(v) for v in listed[1])
                return self.word("none of", self.value(listed[0]), values)
            case ir.Read():
                return self._say(_COMPARED["="], self.value(node), self.word("false"))
            case _:
                pass
        return self.word("not", self.clause(node))


_OPPOSITE = {"=": "!=", "!=": "="}


def _sides(node: ir.Ir, op: str) -> list[ir.Ir]:
    """The conditions that a chain of one operator joins."""
    if isinstance(node, ir.Logic) and node.op == op:
        return [*_sides(node.left, op), *_sides(node.right, op)]
    return [node]


def _equals_of(sides: Sequence[ir.Ir]) -> tuple[ir.Ir, list[ir.Ir]] | None:
    """The value and what it may be, where all that is asked is whether it is one of several."""
    found: list[ir.Ir] = []
    subject: ir.Ir | None = None
    for side in sides:
        if not isinstance(side, ir.Apply) or side.builtin.name != "=":
            return None
        value, other = side.arguments
        if subject is not None and value != subject:
            return None
        subject = value
        found.append(other)
    return (subject, found) if subject is not None and len(found) > 1 else None


def _is_guard(node: ir.Ir) -> bool:
    """Whether a condition only says that a value is there, which the one beside it takes for granted."""
    return isinstance(node, ir.Apply) and node.builtin.name == "is defined"


_VALUES: dict[type, Callable[[Prose, ir.Ir], str]] = cast(
    "dict[type, Callable[[Prose, ir.Ir], str]]",
    {
        ir.Constant: Prose._constant,  # noqa: SLF001 - the table of forms belongs to the class
        ir.Read: Prose._read,  # noqa: SLF001
        ir.Apply: Prose._apply,  # noqa: SLF001
        ir.If: Prose._if,  # noqa: SLF001
        ir.MakeList: Prose._list,  # noqa: SLF001
        ir.MakeContext: Prose._context,  # noqa: SLF001
        ir.MakeRange: Prose._range,  # noqa: SLF001
        ir.Entry: Prose._entry,  # noqa: SLF001
        ir.Filter: Prose._filter,  # noqa: SLF001
        ir.At: Prose._at,  # noqa: SLF001
        ir.Each: Prose._each,  # noqa: SLF001
        ir.Invoke: Prose._invoke,  # noqa: SLF001
    },
)
