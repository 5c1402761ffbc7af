"""Functions of contexts (DMN 1.5, 10.3.4.11)."""

from __future__ import annotations

from engine.feel.builtins.registry import signature
from engine.feel.types import ANY, STRING, ContextType, ListType
from engine.feel.values import NoValueError, Value
from engine.kernel.diagnostics import Code

NO_ENTRY = Code(
    "FEEL-EVAL-040",
    "there is no entry `{name}`",
    "没有条目 `{name}`",
    "check the name",
    "请检查名称",
)
BAD_ENTRY = Code(
    "FEEL-EVAL-041",
    "an entry needs a text `key` and a `value`",
    "条目须有文字 `key` 和 `value`",
    'write `{{key: "a", value: 1}}`',
    '请写成 `{{key: "a", value: 1}}`',
)


def _value(context: dict[str, Value], key: str) -> Value:
    if key not in context:
        raise NoValueError(NO_ENTRY, name=key)
    return context[key]


def _value_at(context: dict[str, Value], keys: tuple[Value, ...]) -> Value:
    """Go down through nested contexts."""
    found: Value = context
    for name in keys:
        if not isinstance(found, dict) or not isinstance(name, str):
            raise NoValueError(NO_ENTRY, name=name)
        found = _value(found, name)
    return found


def _entries(context: dict[str, Value]) -> tuple[Value, ...]:
    return tuple({"key": key, "value": value} for key, value in context.items())


def _context(entries: tuple[Value, ...]) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for entry in entries:
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get("key"), str)
            or "value" not in entry
            or entry["key"] in made
        ):
            raise NoValueError(BAD_ENTRY)
        made[entry["key"]] = entry["value"]
    return made


def _put(context: dict[str, Value], keys: Value, value: Value) -> dict[str, Value]:
    """Set an entry; a list of keys goes down through nested contexts."""
    path = keys if isinstance(keys, tuple) else (keys,)
    if not path or not all(isinstance(key, str) for key in path):
        raise NoValueError(BAD_ENTRY)
    first, rest = str(path[0]), path[1:]
    if rest:
        inner = context.get(first, {})
        if not isinstance(inner, dict):
            raise NoValueError(NO_ENTRY, name=first)
        value = _put(inner, rest, value)
    return {**context, first: value}


def _merge(contexts: tuple[Value, ...]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for context in contexts:
        if not isinstance(context, dict):
            raise NoValueError(BAD_ENTRY)
        merged |= context
    return merged


_CONTEXT = ContextType()
_ENTRY = ContextType((("key", STRING), ("value", ANY)))
BUILTINS = {
    "get value": (
        signature("m: context, key: string", ANY, _value),
        signature("m: context, keys: list<string>", ANY, _value_at),
    ),
    "get entries": signature("m: context", ListType(_ENTRY), _entries),
    "context": signature("entries: list", _CONTEXT, _context),
    "context put": (
        signature("context: context, key: string, value: any", _CONTEXT, _put),
        signature("context: context, keys: list<string>, value: any", _CONTEXT, _put),
    ),
    "context merge": signature("contexts: list", _CONTEXT, _merge),
}
"""The functions of contexts by name."""
