"""The door of forward chaining: typed facts in; derived facts, a complete trace, a digest out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.chaining import durable, reference
from engine.chaining.program import Fact, plain_number
from engine.kernel.canonical import ContentHash, canonical_json, content_hash
from engine.kernel.decimals import decimal_text, fits, parse_number
from engine.kernel.diagnostics import Code, Diagnostic, Severity, nearest
from engine.kernel.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.chaining.memory import Firing, Memory
    from engine.chaining.program import CompiledInference, FactType, Field, Value

MAX_TEXT = 4_096

UNKNOWN_TYPE = Code(
    "CHAIN-FACT-001",
    "`{name}` is not a fact that may be given",
    "`{name}` 不是可以给出的事实",
    "known here: {known}",
    "此处可用：{known}",
)
UNKNOWN_FIELD = Code(
    "CHAIN-FACT-002",
    "a `{type}` has no field `{name}`",
    "`{type}` 没有字段 `{name}`",
    "known here: {known}",
    "此处可用：{known}",
)
MISSING_FIELD = Code(
    "CHAIN-FACT-003",
    "a `{type}` lacks its field `{name}`",
    "`{type}` 缺少字段 `{name}`",
    "a fact has all its fields; leave the whole fact out when one is not known",
    "事实须具备全部字段；有字段未知时请不要给出该事实",
)
WRONG_KIND = Code(
    "CHAIN-FACT-004",
    "`{name}` of a `{type}` must be a {wanted}, not {found}",
    "`{type}` 的 `{name}` 应为 {wanted}，而不是 {found}",
    "give a number as digits or decimal text, a truth value as true or false",
    "数字请用数字或十进制文字，真假值请用 true 或 false",
)
NOT_A_MEMBER = Code(
    "CHAIN-FACT-005",
    "`{value}` is not one of the values of `{name}`: {known}",
    "`{value}` 不是 `{name}` 的可选值：{known}",
    "choose one of them",
    "请从中选择",
)
OUT_OF_RANGE = Code(
    "CHAIN-FACT-006",
    "`{value}` lies outside the range {range} of `{name}`",
    "`{value}` 超出 `{name}` 的范围 {range}",
    "correct the fact",
    "请更正该事实",
)
TOO_LONG = Code(
    "CHAIN-FACT-007",
    "the text of `{name}` has more than {limit} bytes",
    "`{name}` 的文字超过 {limit} 字节",
    "shorten it, or give a key to it",
    "请缩短，或改用编号",
)
NOT_A_LIST_OF_FACTS = Code(
    "CHAIN-FACT-008",
    "`{type}` needs a list of facts with named fields",
    "`{type}` 应为带字段名的事实列表",
    "write [{{name: value}}, …]",
    "请写成 [{{名称: 值}}, …]",
)
BROKEN = Code(
    "CHAIN-RUN-002",
    "the durable-rules executor failed ({problem}); the reference chainer answered",
    "durable-rules 执行器出错（{problem}）；已由参考执行器作答",
    "report it with the rule set's hash",
    "请连同规则集的哈希一并报告",
    severity=Severity.WARNING,
)
ABSENT = Code(
    "CHAIN-RUN-003",
    "durable-rules is not installed here; the reference chainer answered",
    "此处未安装 durable-rules；已由参考执行器作答",
    "install it with a C compiler at hand; the answer is the same",
    "可在有 C 编译器的环境中安装；结果相同",
    severity=Severity.NOTE,
)

ExecutorName: TypeAlias = Literal["durable", "reference"]
Facts: TypeAlias = "Mapping[str, Iterable[Mapping[str, object]]] | Iterable[Fact]"


@dataclass(frozen=True, slots=True)
class Inferred:
    """What follows: derived facts and every firing, sorted; who found it, and who could not.

    `digest` names rule set, derived facts and firings; it is the same from either executor.
    """

    derived: tuple[Fact, ...]
    firings: tuple[Firing, ...]
    executor: ExecutorName
    digest: ContentHash
    fault: Diagnostic | None = None


def infer(
    compiled: CompiledInference,
    facts: Facts,
    *,
    executor: Literal["auto", "durable", "reference"] = "auto",
) -> Inferred:
    """Derive all that follows from facts; raises EvaluationError for a fact that the types refuse.

    Facts are `{type: [{field: value}]}` or facts; a fact given twice counts once. Numbers are
    Decimal, int or decimal text.
    """
    given = read_facts(compiled, facts)
    if executor == "reference":
        return _answer(compiled, reference.chain(compiled, given), "reference")
    if not durable.AVAILABLE:
        return _answer(compiled, reference.chain(compiled, given), "reference", ABSENT.at(None))
    try:
        memory = durable.chain(compiled, given)
    except EvaluationError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever breaks in there must not cost the answer
        fault = BROKEN.at(None, problem=f"{type(error).__name__}: {error}")
        return _answer(compiled, reference.chain(compiled, given), "reference", fault)
    return _answer(compiled, memory, "durable")


def _answer(
    compiled: CompiledInference,
    memory: Memory,
    executor: ExecutorName,
    fault: Diagnostic | None = None,
) -> Inferred:
    derived = tuple(fact for fact in memory.all_facts() if compiled.types[fact.type].derived)
    firings = tuple(
        firing for _, firing in sorted(memory.firings.items(), key=lambda item: item[0])
    )
    said = {
        "rule_set": compiled.hash,
        "derived": [_plain(fact) for fact in derived],
        "firings": [
            {
                "rule": firing.rule,
                "matched": {variable: _plain(fact) for variable, fact in firing.matched},
                "derived": [_plain(fact) for fact in firing.derived],
            }
            for firing in firings
        ],
    }
    return Inferred(derived, firings, executor, content_hash(canonical_json(said)), fault)


def _plain(fact: Fact) -> dict[str, object]:
    values = {
        name: decimal_text(value) if isinstance(value, Decimal) else value
        for name, value in fact.as_dict().items()
    }
    return {"type": fact.type, "fields": values}


# --- reading facts -----------------------------------------------------------------------------


def read_facts(compiled: CompiledInference, facts: Facts) -> tuple[Fact, ...]:
    """Read and check given facts, drop repetitions and sort them; raises EvaluationError."""
    pairs: list[tuple[str, Mapping[str, object]]] = []
    if isinstance(facts, Mapping):
        for name, listed in facts.items():
            for fields in [listed] if isinstance(listed, str | Mapping) else listed:
                if fields is listed or not isinstance(fields, Mapping):
                    raise _refused(NOT_A_LIST_OF_FACTS, type=name)
                pairs.append((name, fields))
    else:
        pairs = [(fact.type, fact.as_dict()) for fact in facts]
    known = {name: type_ for name, type_ in compiled.types.items() if not type_.derived}
    read = set()
    for name, fields in pairs:
        if name not in known:
            raise _refused(UNKNOWN_TYPE, near=nearest(name, known), name=name, known=_listed(known))
        read.add(_read_fact(known[name], fields))
    return tuple(sorted(read))


def _read_fact(type_: FactType, fields: Mapping[str, object]) -> Fact:
    for name in fields:
        if name not in type_.names:
            near, known = nearest(str(name), type_.names), _listed(type_.names)
            raise _refused(UNKNOWN_FIELD, near=near, type=type_.name, name=name, known=known)
    for name in type_.names:
        if name not in fields or fields[name] is None:
            raise _refused(MISSING_FIELD, type=type_.name, name=name)
    values = tuple(_read_value(type_, field, fields[field.name]) for field in type_.fields)
    return Fact(type_.name, values, type_.names)


def _read_value(type_: FactType, field: Field, value: object) -> Value:
    read = _as_kind(field, value)
    if read is None:
        found = f"`{value}`" if isinstance(value, str) else type(value).__name__
        raise _refused(
            WRONG_KIND, type=type_.name, name=field.name, wanted=field.kind, found=found[:80]
        )
    if isinstance(read, Decimal) and field.bounds and not field.bounds.hold(read):
        shown = decimal_text(read)
        raise _refused(OUT_OF_RANGE, name=field.name, value=shown, range=field.bounds)
    if isinstance(read, str) and field.members is not None and read not in field.members:
        near, known = nearest(read, field.members), _listed(field.members)
        raise _refused(NOT_A_MEMBER, near=near, name=field.name, value=read[:80], known=known)
    if isinstance(read, str) and len(read.encode()) > MAX_TEXT:
        raise _refused(TOO_LONG, name=field.name, limit=MAX_TEXT)
    return read


def _as_kind(field: Field, value: object) -> Value | None:
    """Read a value as its declared kind; None when it is another. `80.0` becomes `80`."""
    if field.kind == "boolean":
        return value if isinstance(value, bool) else None
    if field.kind == "string":
        is_text = isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)
        return str(value) if is_text else None
    number = parse_number(value) if isinstance(value, str) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
    return plain_number(number) if number is not None and fits(number) else None


def _refused(code: Code, *, near: str | None = None, **args: object) -> EvaluationError:
    return EvaluationError(code.at(None, near=near, **args))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
