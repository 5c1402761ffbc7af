"""A rule set as a text that can be printed and read out: what goes in, who decides what and by which clause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.feel import ir, types
from engine.feel.builtins.temporal import text_of
from engine.rules.compiled import REQUIRED
from engine.rules.statements import claim_text, prose_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.feel.backends.prose import Prose
    from engine.kernel.diagnostics import Lang
    from engine.rules.compiled import (
        CompiledFunction,
        CompiledInput,
        CompiledNode,
        CompiledRow,
        CompiledRuleSet,
        CompiledTable,
        Condition,
        Test,
    )

_WORDS: dict[str, tuple[str, str]] = {
    "version": (
        "版本 {0}，自 {1} 起生效。负责人：{2}。依据制度条款：{3}。",
        "Version {0}, in force from {1}. Owner: {2}. It implements clause {3} of the policy.",
    ),
    "until": ("至 {0} 止。", "Until {0}."),
    "demonstration": (
        "仅供演示，不得用于真实决定。",
        "A demonstration, not to be used for a real decision.",
    ),
    "inputs": ("依据的信息", "What it looks at"),
    "params": ("规定的数值", "The numbers it is set to"),
    "assume": ("前提", "What it takes for granted"),
    "functions": ("计算方法", "How amounts are worked out"),
    "decisions": ("决定", "What it decides"),
    "guarantees": ("保证", "What it guarantees"),
    "required": ("必填", "required"),
    "nullable": ("可以缺失", "may be missing"),
    "default": ("缺省为{0}", "{0} when not given"),
    "range": ("取值 {0}", "within {0}"),
    "members": ("可为 {0}", "one of {0}"),
    "places": ("最多 {0} 位小数", "at most {0} decimal places"),
    "source": ("来自 {0}", "from {0}"),
    "human_set": ("由人设定", "set by people"),
    "data_derived": ("由数据得出", "derived from data"),
    "only": ("仅当{0}时适用。", "Only where {0}."),
    "value": ("取{0}。", "It is {0}."),
    "unique": (
        "以下各条中恰有一条符合，由它决定：",
        "Exactly one of these rules fits, and it decides:",
    ),
    "any": (
        "以下各条中凡符合者结论一致：",
        "Of these rules, all that fit say the same:",
    ),
    "first": ("按顺序，第一条符合的规则决定：", "In this order, the first rule that fits decides:"),
    "priority": (
        "符合的规则中，按 {0} 的次序取最优先者：",
        "Of the rules that fit, the one that comes first in {0} decides:",
    ),
    "rule_order": (
        "列出所有符合的规则，按此顺序：",
        "All rules that fit are listed, in this order:",
    ),
    "output_order": (
        "列出所有符合的规则，按 {0} 的次序：",
        "All rules that fit are listed, in the order {0}:",
    ),
    "collect": ("列出所有符合的规则：", "All rules that fit are listed:"),
    "sum": ("所有符合的规则相加：", "The rules that fit are added up:"),
    "count": ("计算符合的规则条数：", "The rules that fit are counted:"),
    "min": ("取符合的规则中最小者：", "The smallest of the rules that fit is taken:"),
    "max": ("取符合的规则中最大者：", "The largest of the rules that fit is taken:"),
    "row": ("若{0}：{1}", "If {0}: {1}"),
    "always": ("其余情况：{0}", "In all other cases: {0}"),
    "default_row": ("没有一条符合时：{0}", "Where no rule fits: {0}"),
    "gives": ("{0}为{1}", "{0} is {1}"),
    "because": ("原因“{0}”", "because “{0}”"),
    "obliges": ("须办理 {0}", "which obliges to {0}"),
    "clause": ("（条款 {0}）", " (clause {0})"),
    "and": ("，且", ", and "),
    "stop": ("。", "."),
    "comma": ("，", ", "),
    "semicolon": ("；", "; "),
    "list": ("、", ", "),
    "parameters": ("{0}（由{1}计算）", "{0} (from {1})"),
}


def rule_set_text(rule_set: CompiledRuleSet, lang: Lang) -> str:
    """Write a rule set in plain sentences, as Markdown that reads well as it is."""
    return "\n".join(_Writer(rule_set, lang).lines()) + "\n"


def cell_clause(prose: Prose, condition: Condition, test: Test) -> str:
    """Write what one cell asks of its column."""
    return prose.about(prose.value(condition.value)).clause(test.condition)


class _Writer:
    """Writes one rule set."""

    def __init__(self, rule_set: CompiledRuleSet, lang: Lang) -> None:
        self.rule_set, self.lang = rule_set, lang
        self.document = rule_set.document
        self.prose = prose_of(rule_set, lang)

    def say(self, word: str, *parts: str) -> str:
        return _WORDS[word][0 if self.lang == "zh" else 1].format(*parts)

    def name(self, name: str) -> str:
        return self.prose.labels.get(name, name)

    def lines(self) -> Iterator[str]:
        document = self.document
        yield f"# {document.title[self.lang]}"
        yield ""
        head = self.say(
            "version",
            document.version,
            document.effective_from.isoformat(),
            document.owner,
            document.clause or "–",
        )
        if document.effective_to is not None:
            head += self._gap() + self.say("until", document.effective_to.isoformat())
        if document.use is not None:
            head += self._gap() + self.say("demonstration")
        yield head
        yield from self._section("inputs", map(self._input, self._inputs()))
        yield from self._section("params", map(self._param, document.params))
        assumed = (self.prose.clause(a) + self.say("stop") for a, _ in self.rule_set.assumptions)
        yield from self._section("assume", assumed)
        own = [f for f in self.rule_set.functions if "." not in f.name]
        if own:
            yield from ("", f"## {self.say('functions')}")
            for function in own:
                yield from self._function(function)
        yield from ("", f"## {self.say('decisions')}")
        for node in self.rule_set.decisions:
            yield from self._decision(node)
        claims = (
            f"{c.id}: {claim_text(c, self.rule_set, self.lang)}{self.say('stop')}"
            for c in self.rule_set.claims
        )
        yield from self._section("guarantees", claims)

    def _gap(self) -> str:
        return "" if self.lang == "zh" else " "

    def _section(self, word: str, items: Iterator[str]) -> Iterator[str]:
        listed = [*items]
        if listed:
            yield from ("", f"## {self.say(word)}", "")
            yield from (f"- {item}" for item in listed)

    # --- what goes in --------------------------------------------------------------------------

    def _inputs(self) -> list[CompiledInput]:
        known = {i.name: i for i in self.rule_set.inputs}
        return [known[name] for name in self.document.inputs]

    def _input(self, declared: CompiledInput) -> str:
        field, said = declared.field, []
        if field.unit is not None:
            said.append(field.unit)
        if declared.range is not None:
            said.append(self.say("range", text_of(declared.range)))
        if declared.members is not None:
            said.append(self.say("members", self.say("list").join(declared.members)))
        if field.scale is not None:
            said.append(self.say("places", str(field.scale)))
        if types.is_nullable(declared.type):
            said.append(self.say("nullable"))
        elif declared.default is REQUIRED:
            said.append(self.say("required"))
        if field.default is not None:
            said.append(self.say("default", self.prose.constant(declared.default)))
        if field.source is not None:
            said.append(self.say("source", field.source))
        told = self.say("semicolon").join(said)
        return f"**{self.name(declared.name)}** (`{declared.name}`): {told}{self.say('stop')}"

    def _param(self, name: str) -> str:
        field = self.document.params[name]
        value = self.prose.constant(self.rule_set.parameters[name].value)
        unit = f" {field.unit}" if field.unit else ""
        provenance = self.say(field.provenance)
        joint = self.say("comma")
        return (
            f"**{self.name(name)}** (`{name}`): {value}{unit}{joint}{provenance}{self.say('stop')}"
        )

    # --- what is decided -----------------------------------------------------------------------

    def _function(self, function: CompiledFunction) -> Iterator[str]:
        names = self.say("list").join(self.name(n) for n, _ in function.parameters)
        yield from ("", f"### {self.say('parameters', self.name(function.name), names)}", "")
        yield from self._body(function.node)

    def _decision(self, node: CompiledNode) -> Iterator[str]:
        document = self.document.decisions[node.name]
        unit = f" ({document.unit})" if document.unit else ""
        clause = self.say("clause", document.clause) if document.clause else ""
        yield from ("", f"### {self.name(node.name)}{unit}{clause}", "")
        if node.only_if is not None:
            yield from (self.say("only", self.prose.clause(node.only_if)), "")
        yield from self._body(node)

    def _body(self, node: CompiledNode) -> Iterator[str]:
        if node.table is None:
            if node.value is not None:
                yield self.say("value", self.prose.value(node.value))
            return
        yield self._policy(node.table)
        yield ""
        for place, row in enumerate(node.table.rows, 1):
            yield f"{place}. `{row.id}` {self._row(node.table, row)}"
        if node.table.default is not None:
            given = self._given(node.table, node.table.default)
            yield f"- {self.say('default_row', given)}{self.say('stop')}"

    def _policy(self, table: CompiledTable) -> str:
        order = self.say("list").join(map(self.prose.constant, table.priority))
        return self.say(table.aggregate or table.hit_policy, order)

    def _row(self, table: CompiledTable, row: CompiledRow) -> str:
        asked = [
            cell_clause(self.prose, condition, test)
            for condition, test in zip(table.conditions, row.tests, strict=True)
            if not test.any
        ]
        given = self._given(table, row)
        told = (
            self.say("row", self.say("and").join(asked), given)
            if asked
            else self.say("always", given)
        )
        clause = self.say("clause", row.clause) if row.clause else ""
        return f"{told}{clause}{self.say('stop')}"

    def _given(self, table: CompiledTable, row: CompiledRow) -> str:
        said = [
            self.say("gives", self.name(output.name), self._cell(cell))
            for output, cell in zip(table.outputs, row.outputs, strict=True)
        ]
        said += [self.say("because", self._reason(code)) for code in row.reasons]
        if row.obligations:
            said.append(self.say("obliges", self.say("list").join(row.obligations)))
        return self.say("comma").join(said)

    def _reason(self, code: str) -> str:
        """Write a reason's text, with the names of the values that will stand in it."""
        text = self.rule_set.reasons[code][self.lang]
        return re.sub(r"\{([^{}]*)\}", lambda m: f"[{self.name(m[1])}]", text)

    def _cell(self, cell: ir.Ir) -> str:
        if isinstance(cell, ir.Constant) and isinstance(cell.value, str):
            return f"`{cell.value}`"
        return self.prose.value(cell)
