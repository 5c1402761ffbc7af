"""An `inference` document to its compiled form, with every finding at its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.chaining.alternatives import (
    MAX_FIELDS,
    MAX_TYPES,
    TOO_MANY_FIELDS,
    TOO_MANY_TYPES,
    check_rule,
    check_together,
)
from engine.chaining.program import (
    Both,
    Bounds,
    CompiledInference,
    CompiledRule,
    FactType,
    Field,
    Head,
    Mention,
    Pattern,
    Ref,
    atoms,
    plain_number,
)
from engine.chaining.stratify import find_cycles, stratify
from engine.chaining.where import Constant, Located, Scope, read_operand, read_where
from engine.feel import tree
from engine.feel.parser import parse_expression
from engine.feel.types import parse_unit, unit_text
from engine.kernel.decimals import decimal_text, parse_number
from engine.kernel.diagnostics import Code, has_errors, in_order, nearest
from engine.kernel.errors import DocumentError
from engine.kernel.source import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.chaining.documents import FieldShape, Inference, InferenceRule, PatternShape
    from engine.chaining.program import Condition, Kind, Value
    from engine.kernel.diagnostics import Diagnostic, Span
    from engine.kernel.documents import Fault, Loaded

ONLY_FOR = Code(
    "CHAIN-TYPE-001",
    "`{key}` is for a {wanted}, and `{name}` is a {kind}",
    "`{key}` 只用于 {wanted}，而 `{name}` 是 {kind}",
    "delete it or change the type",
    "请删除或更改类型",
)
BAD_RANGE = Code(
    "CHAIN-TYPE-002",
    "`{text}` is not a range of two numbers",
    "`{text}` 不是两个数字之间的范围",
    'write it as `"[0..100]"`',
    '请写成 `"[0..100]"`',
)
BAD_UNIT = Code(
    "CHAIN-TYPE-003",
    "`{text}` is not a unit",
    "`{text}` 不是单位",
    "write it as `points` or `CNY/month`",
    "请写成 `points` 或 `CNY/month`",
)
NO_FIELDS = Code(
    "CHAIN-TYPE-004",
    "`{name}` has no fields",
    "`{name}` 没有字段",
    "a fact says something: give it a field",
    "事实须有内容：请给出字段",
)
GIVEN_AND_DERIVED = Code(
    "CHAIN-NAME-001",
    "`{name}` is both given and derived",
    "`{name}` 既是给出的又是推出的事实",
    "give the derived fact another name",
    "请给推出的事实另起名称",
)
FIELD_AND_PARAM = Code(
    "CHAIN-NAME-002",
    "`{name}` is both a param and a field of `{type}`",
    "`{name}` 既是参数又是 `{type}` 的字段",
    "rename the param",
    "请给参数另起名称",
)
RULE_TWICE = Code(
    "CHAIN-NAME-003",
    "the rule `{name}` stands twice",
    "规则 `{name}` 出现两次",
    "give each rule an id of its own",
    "请给每条规则各自的编号",
)
VARIABLE_TWICE = Code(
    "CHAIN-NAME-004",
    "the variable `{name}` stands in `when` and in `unless`",
    "变量 `{name}` 同时出现在 `when` 和 `unless` 中",
    "give each its own name",
    "请分别命名",
)
UNKNOWN_FACT = Code(
    "CHAIN-NAME-005",
    "`{name}` is not a fact of this document",
    "`{name}` 不是本文件的事实",
    "known here: {known}",
    "此处可用：{known}",
)
NOT_DERIVED = Code(
    "CHAIN-NAME-006",
    "`{name}` is not a derived fact of this document",
    "`{name}` 不是本文件推出的事实",
    "declare it under `derives`; known there: {known}",
    "请在 `derives` 中声明；已有：{known}",
)
NO_SUCH_FIELD = Code(
    "CHAIN-NAME-007",
    "a `{type}` has no field `{name}`",
    "`{type}` 没有字段 `{name}`",
    "known here: {known}",
    "此处可用：{known}",
)
FIELD_LEFT_OUT = Code(
    "CHAIN-THEN-001",
    "the derived `{type}` lacks its field `{name}`",
    "推出的 `{type}` 缺少字段 `{name}`",
    "give every field a value",
    "请给每个字段赋值",
)
NOTHING_LOOKED_FOR = Code(
    "CHAIN-RULE-001",
    "rule `{rule}` looks for nothing",
    "规则 `{rule}` 没有查找任何事实",
    "name at least one fact under `when`",
    "请在 `when` 中至少写出一个事实",
)
NOTHING_DERIVED = Code(
    "CHAIN-RULE-002",
    "rule `{rule}` derives nothing",
    "规则 `{rule}` 没有推出任何事实",
    "name at least one fact under `then`",
    "请在 `then` 中至少写出一个事实",
)
NO_SPACE = Code(
    "CHAIN-THEN-002",
    "`{text}` is read as a text, not as an expression",
    "`{text}` 会被读作文字，而不是表达式",
    "put a space after `=`",
    "请在 `=` 后加一个空格",
)
WRONG_KIND = Code(
    "CHAIN-THEN-003",
    "`{text}` is not a {kind}, and `{name}` needs one",
    "`{text}` 不是 {kind}，而 `{name}` 需要",
    "give a {kind}; a value of a fact is written `= variable.field`",
    "请给出 {kind}；取自事实的值请写成 `= 变量.字段`",
)
NOT_A_MEMBER = Code(
    "CHAIN-THEN-004",
    "`{name}` could become {values}, and its values are {known}",
    "`{name}` 可能成为 {values}，而它的可选值是 {known}",
    "add what is missing to `one_of`",
    "请在 `one_of` 中补上缺少的值",
)
OUT_OF_RANGE = Code(
    "CHAIN-THEN-005",
    "`{name}` could become {value}, outside its range {range}",
    "`{name}` 可能成为 {value}，超出其范围 {range}",
    "widen the range, or narrow that of the value",
    "请放宽范围，或收窄取值的范围",
)
UNITS_DIFFER = Code(
    "CHAIN-THEN-006",
    "`{name}` is in {unit}, and the value in {other}",
    "`{name}` 的单位是 {unit}，而该值的单位是 {other}",
    "take a value of the same unit",
    "请取同一单位的值",
)
NO_ORDER_OF_RULES = Code(
    "CHAIN-STRATA-001",
    "rule `{rule}` takes back its own ground: {cycle}",
    "规则 `{rule}` 否定了自己的前提：{cycle}",
    "an `unless` may only ask for facts that are complete before the rule: break the cycle",
    "`unless` 只能询问在本规则之前已完整的事实：请断开此循环",
)
NO_EVIDENCE = Code(
    "CHAIN-PARAM-001",
    "the data-derived param `{name}` names no evidence",
    "由数据得出的参数 `{name}` 没有写明依据",
    "add `evidence:` with the hash of its file",
    "请加上 `evidence:` 及其文件的哈希",
)

_PathStep = str | int


def compile_inference(loaded: Loaded[Inference]) -> CompiledInference:
    """Compile a document; raises DocumentError with every finding."""
    compiled, found = _compile(loaded)
    if compiled is None:
        raise DocumentError(found)
    return compiled


def check_inference(loaded: Loaded[Inference]) -> list[Diagnostic]:
    """Give every finding about a document, in the order of its text."""
    return _compile(loaded)[1]


@dataclass(slots=True)
class _Check:
    """What is known of a document while it is compiled."""

    loaded: Loaded[Inference]
    types: dict[str, FactType] = field(default_factory=dict)
    params: dict[str, Constant] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)

    def refuse(
        self, path: tuple[_PathStep, ...], code: Code, near: str | None = None, **args: object
    ) -> None:
        """Note a finding about the value at `path`."""
        self.found.append(code.at(self.loaded.span(*path), near=near, **args))

    def place(self, path: tuple[_PathStep, ...], start: int, end: int | None) -> Span | None:
        """Place a stretch of the text at `path`."""
        node = self.loaded.node(*path)
        if isinstance(node, Scalar):
            return node.span_at(start, len(node.text) if end is None else end)
        return self.loaded.span(*path)

    def take(self, path: tuple[_PathStep, ...], faults: list[Fault], shift: int = 0) -> None:
        """Note faults that were found inside the text at `path`, `shift` signs into it."""
        for fault in faults:
            end = None if fault.end is None else fault.end + shift
            span = self.place(path, fault.start + shift, end)
            self.found.append(fault.code.at(span, near=fault.near, **fault.args))


def _compile(loaded: Loaded[Inference]) -> tuple[CompiledInference | None, list[Diagnostic]]:
    check = _Check(loaded)
    document = loaded.document
    _read_types(check, "facts", document.facts)
    _read_types(check, "derives", document.derives)
    _read_params(check)
    rules = [_read_rule(check, index, rule) for index, rule in enumerate(document.rules)]
    _check_ids(check)
    compiled = None
    if not has_errors(check.found):
        compiled = _assemble(check, [rule for rule in rules if rule is not None])
    found = in_order(check.found)
    return (None if has_errors(found) else compiled), found


def _assemble(check: _Check, rules: list[CompiledRule]) -> CompiledInference:
    """Order the rules into strata and check what they have too much of."""
    document = check.loaded.document
    for rule in rules:
        check.take(("rules", rule.position, "id"), list(check_rule(rule)))
    for cycle in find_cycles(rules):
        path = ("rules", cycle.rule.position, "unless", cycle.variable, "fact")
        shown = " → ".join(f"`{name}`" for name in cycle.types)
        check.refuse(path, NO_ORDER_OF_RULES, rule=cycle.rule.id, cycle=shown)
    strata: tuple[tuple[CompiledRule, ...], ...] = ()
    if not has_errors(check.found):
        strata = stratify(rules, check.types)
        check.take(("rules",), list(check_together(strata)))
    mentions = tuple(check.mentions)
    return CompiledInference(
        document.id, document.version, check.loaded.hash, check.types, strata, mentions
    )


# --- types and params --------------------------------------------------------------------------


def _read_types(check: _Check, key: str, declared: dict[str, dict[str, FieldShape]]) -> None:
    for name, shapes in declared.items():
        if name in check.types:
            check.refuse((key, name), GIVEN_AND_DERIVED, name=name)
        if not shapes:
            check.refuse((key, name), NO_FIELDS, name=name)
        if len(shapes) > MAX_FIELDS:  # one of the matcher's limits, see `alternatives`
            check.refuse(
                (key, name), TOO_MANY_FIELDS, name=name, count=len(shapes), limit=MAX_FIELDS
            )
        fields = [
            _read_field(check, (key, name, field), shape) for field, shape in sorted(shapes.items())
        ]
        check.types[name] = FactType(name, tuple(fields), derived=key == "derives")
    if len(check.types) > MAX_TYPES:
        check.refuse((key,), TOO_MANY_TYPES, count=len(check.types), limit=MAX_TYPES)


def _read_field(check: _Check, path: tuple[str, str, str], shape: FieldShape) -> Field:
    name = path[-1]
    for key, value, wanted in (
        ("one_of", shape.one_of, "string"),
        ("range", shape.range, "number"),
        ("unit", shape.unit, "number"),
    ):
        if value is not None and shape.type != wanted:
            check.refuse((*path, key), ONLY_FOR, key=key, wanted=wanted, name=name, kind=shape.type)
    unit = _read_unit(check, (*path, "unit"), shape.unit)
    bounds = None
    if shape.range is not None and (bounds := _read_bounds(shape.range)) is None:
        check.refuse((*path, "range"), BAD_RANGE, text=shape.range)
    return Field(name, shape.type, shape.one_of, bounds, unit)


def _read_unit(check: _Check, path: tuple[_PathStep, ...], text: str | None) -> str:
    """Write a unit in its one form; nothing for none, and none for a number without one."""
    if text is None:
        return ""
    unit = parse_unit(text)
    if unit is None:
        check.refuse(path, BAD_UNIT, text=text)
    return unit_text(unit) if unit else ""


def _read_bounds(text: str) -> Bounds | None:
    node, _ = parse_expression(text)
    match node:
        case tree.Range(
            tree.Literal(value=Decimal() as low),
            tree.Literal(value=Decimal() as high),
            low_closed,
            high_closed,
        ) if low <= high:
            return Bounds(low, high, low_closed, high_closed)
        case _:
            return None


def _read_params(check: _Check) -> None:
    for name, param in (check.loaded.document.params or {}).items():
        unit = _read_unit(check, ("params", name, "unit"), param.unit)
        if param.provenance == "data_derived" and not param.evidence:
            check.refuse(("params", name), NO_EVIDENCE, name=name)
        for type_ in check.types.values():
            if name in type_.names:
                check.refuse(("params", name), FIELD_AND_PARAM, name=name, type=type_.name)
        check.params[name] = Constant(plain_number(param.value), unit)


# --- rules -------------------------------------------------------------------------------------


def _check_ids(check: _Check) -> None:
    seen = set()
    for index, rule in enumerate(check.loaded.document.rules):
        if rule.id in seen:
            check.refuse(("rules", index, "id"), RULE_TWICE, name=rule.id)
        seen.add(rule.id)


def _read_rule(check: _Check, index: int, rule: InferenceRule) -> CompiledRule | None:
    """Compile one rule; None where too little of it could be read."""
    path: tuple[_PathStep, ...] = ("rules", index)
    if not rule.when:
        check.refuse((*path, "when"), NOTHING_LOOKED_FOR, rule=rule.id)
    variables = _read_variables(check, (*path, "when"), rule.when)
    absent = _read_variables(check, (*path, "unless"), rule.unless or {})
    if len(variables) < len(rule.when):  # what reads the fact that is not known is told with it
        return None
    for name in sorted(variables.keys() & absent.keys()):
        check.refuse((*path, "unless", name), VARIABLE_TWICE, name=name)
    conditions = [
        condition
        for name in variables
        for condition in _read_conditions(
            check, (*path, "when", name), Scope(variables, name, check.params)
        )
    ]
    unless = tuple(
        Pattern(name, type_.name, _read_conditions(check, (*path, "unless", name), scope))
        for name, type_ in sorted(absent.items())
        for scope in [Scope({**variables, name: type_}, name, check.params)]
    )
    then = _read_heads(check, path, rule, variables)
    return CompiledRule(rule.id, rule.clause, index, _spread(variables, conditions), unless, then)


def _read_variables(
    check: _Check, path: tuple[_PathStep, ...], shapes: dict[str, PatternShape]
) -> dict[str, FactType]:
    """Find the type of each variable whose fact is known."""
    found = {}
    for name, shape in sorted(shapes.items()):
        if shape.fact in check.types:
            found[name] = check.types[shape.fact]
            continue
        near, known = nearest(shape.fact, check.types), _listed(check.types)
        check.refuse((*path, name, "fact"), UNKNOWN_FACT, near, name=shape.fact, known=known)
    return found


def _read_conditions(
    check: _Check, path: tuple[_PathStep, ...], scope: Scope
) -> tuple[Condition, ...]:
    """Read a `where` as the conditions that must all hold; none if it is not there, or faulty."""
    rule = check.loaded.document.rules[int(path[1])]
    shapes = rule.when if path[2] == "when" else rule.unless or {}
    where = shapes[str(path[3])].where
    if where is None:
        return ()
    place = (*path, "where")
    condition, reading = read_where(where, scope)
    check.take(place, reading.faults)
    for ref, value, start, end in reading.mentions:
        type_ = scope.variables[ref.variable]
        name = type_.names[ref.position]
        span = check.place(place, start, end)
        check.mentions.append(Mention(rule.id, type_.name, name, value, span))
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, Both) else (condition,)


def _spread(variables: dict[str, FactType], conditions: list[Condition]) -> tuple[Pattern, ...]:
    """Give each condition to the last, by name, of the variables that it speaks of.

    The order of keys is no part of a document's identity, so it is no part of its meaning.
    """
    own: dict[str, list[Condition]] = {name: [] for name in variables}
    for condition in conditions:
        own[max(ref.variable for atom in atoms(condition) for ref in atom.refs)].append(condition)
    return tuple(Pattern(name, variables[name].name, tuple(own[name])) for name in sorted(own))


# --- what follows ------------------------------------------------------------------------------


def _read_heads(
    check: _Check, path: tuple[_PathStep, ...], rule: InferenceRule, variables: dict[str, FactType]
) -> tuple[Head, ...]:
    then = (*path, "then")
    scope = Scope(variables, None, check.params)
    if isinstance(rule.then, dict):
        placed = [((*then, name), name, values) for name, values in rule.then.items()]
    else:
        placed = [
            ((*then, index, name), name, values)
            for index, heads in enumerate(rule.then)
            for name, values in heads.items()
        ]
    if not placed:
        check.refuse(then, NOTHING_DERIVED, rule=rule.id)
    heads = [_read_head(check, place, name, values, scope) for place, name, values in placed]
    return tuple(head for head in heads if head is not None)


def _read_head(
    check: _Check, path: tuple[_PathStep, ...], name: str, values: dict[str, str], scope: Scope
) -> Head | None:
    derived = {name: type_ for name, type_ in check.types.items() if type_.derived}
    type_ = derived.get(name)
    if type_ is None:
        check.refuse(path, NOT_DERIVED, nearest(name, derived), name=name, known=_listed(derived))
        return None
    unknown = sorted(values.keys() - set(type_.names))
    for key in unknown:
        near, known = nearest(key, type_.names), _listed(type_.names)
        check.refuse((*path, key), NO_SUCH_FIELD, near, type=name, name=key, known=known)
    # A misspelt field leaves out the one that was meant: that follows, and is not told.
    for key in sorted(set(type_.names) - values.keys())[len(unknown) :]:
        check.refuse(path, FIELD_LEFT_OUT, type=name, name=key)
    read = [
        _read_value(check, (*path, field.name), field, values[field.name], scope)
        for field in type_.fields
        if field.name in values
    ]
    present = tuple(value for value in read if value is not None)
    return Head(name, type_.names, present) if len(present) == len(type_.names) else None


def _read_value(
    check: _Check, path: tuple[_PathStep, ...], field: Field, text: str, scope: Scope
) -> Value | Ref | None:
    """Read a derived value: data of the field's type, or an expression after `= `."""
    if text.startswith("= "):
        operand, reading = read_operand(text[2:], scope)
        check.take(path, reading.faults, shift=2)
        if operand is None:
            return None
    else:
        data = _datum(field.kind, text)
        if data is None or text.startswith("="):
            code = NO_SPACE if text.startswith("=") else WRONG_KIND
            check.refuse(path, code, text=text, kind=field.kind, name=field.name)
            return None
        operand = Constant(data)
    if not _fits(check, path, field, operand):
        return None
    return operand.ref if isinstance(operand, Located) else operand.value


def _datum(kind: Kind, text: str) -> Value | None:
    match kind:
        case "string":
            return text
        case "number":
            number = parse_number(text)
            return None if number is None else plain_number(number)
        case "boolean":
            return text == "true" if text in {"true", "false"} else None


def _fits(
    check: _Check, path: tuple[_PathStep, ...], field: Field, operand: Located | Constant
) -> bool:
    """Check that whatever the value is at run time, the derived field can hold it."""
    source = operand.field if isinstance(operand, Located) else _as_field(operand)
    if source.kind != field.kind:
        text = source.name
        check.refuse(path, WRONG_KIND, text=text, kind=field.kind, name=field.name)
        return False
    if source.unit is not None and source.unit != field.unit:
        unit, other = field.unit or "no unit", source.unit or "no unit"
        check.refuse(path, UNITS_DIFFER, name=field.name, unit=unit, other=other)
        return False
    if field.members is not None:
        extra = [m for m in source.members or () if m not in field.members]
        if source.members is None or extra:
            values, known = _listed(extra) or "any text", _listed(field.members)
            check.refuse(path, NOT_A_MEMBER, name=field.name, values=values, known=known)
            return False
    if field.bounds is not None and not (source.bounds and source.bounds.within(field.bounds)):
        value = f"any number in {source.bounds}" if source.bounds else "any number"
        check.refuse(path, OUT_OF_RANGE, name=field.name, value=value, range=field.bounds)
        return False
    return True


def _as_field(constant: Constant) -> Field:
    """Describe a constant as a field that can hold nothing else."""
    match constant.value:
        case bool():
            return Field("true" if constant.value else "false", "boolean")
        case str():
            return Field(constant.value, "string", members=(constant.value,))
        case Decimal() as value:
            bounds = Bounds(value, value)
            return Field(decimal_text(value), "number", bounds=bounds, unit=constant.unit)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
