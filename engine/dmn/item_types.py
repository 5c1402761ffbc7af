"""Item definitions as types of values: what conforms to them, and the conversions of 10.3.2.9.4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.builtins.temporal import text_of
from engine.feel.values import Function, Value, given_as, is_instance, kind_of, midnight
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.dmn.elements import FeelText, ItemDefinition

    Fits = Callable[[FeelText, Value], bool]

UNKNOWN_TYPE = Code(
    "DMN-TYPE-001",
    "there is no type `{name}`",
    "没有类型 `{name}`",
    "define it as an item definition, or correct the reference",
    "请定义该类型，或更正引用",
)
NOT_OF_TYPE = Code(
    "DMN-TYPE-002",
    "{given} does not conform to the type `{name}`",
    "{given} 不符合类型 `{name}`",
    "correct the value or the type; until then it counts as null",
    "请更正该值或类型；在此之前按 null 处理",
)
MAX_DEPTH = 50
_SHOWN = 60


def as_given(value: Value) -> str:
    """Write a value for a message: itself where it is short and plain, else its kind."""
    plain = value is not None and not isinstance(value, tuple | dict | Function)
    text = text_of(value) if plain else ""
    return f"`{text}`" if plain and len(text) <= _SHOWN else given_as(value)


_ANY = types.ANY
_BUILT_IN: dict[str, types.Type] = {
    **{n: t for n in ("number", "string", "boolean", "date", "time") if (t := types.parse_type(n))},
    "date and time": types.DATE_TIME,
    "days and time duration": types.DAYS,
    "years and months duration": types.MONTHS,
    # The names that DMN 1.1 and XML Schema have for them.
    "dateTime": types.DATE_TIME,
    "dayTimeDuration": types.DAYS,
    "yearMonthDuration": types.MONTHS,
    "Any": _ANY,
    "context": types.ContextType(),
    "list": types.ListType(_ANY),
    "function": types.FunctionType(None, _ANY),
    "range": types.RangeType(_ANY),
}


@dataclass(slots=True, eq=False)
class ItemType:
    """A type of values: one of FEEL's, a structure, a collection or a function, with its constraints.

    Its parts are filled in after it is made, so that a type can contain itself.
    """

    name: str
    simple: types.Type = _ANY
    components: Mapping[str, ItemType] | None = None
    item: ItemType | None = None
    alias: ItemType | None = None
    parameters: tuple[ItemType, ...] | None = None
    result: ItemType | None = None
    tests: tuple[FeelText, ...] = ()

    @property
    def is_collection(self) -> bool:
        """Whether its values are lists."""
        if self.alias is not None:
            return self.alias.is_collection
        return self.item is not None or isinstance(self.simple, types.ListType)

    @property
    def is_date_time(self) -> bool:
        """Whether its values are dates with times."""
        return self.alias.is_date_time if self.alias else self.simple == types.DATE_TIME


@dataclass(slots=True)
class Types:
    """The types of one model by name; those of imported models stand behind the import's name."""

    definitions: Mapping[str, ItemDefinition]
    imported: Mapping[str, Types] = field(default_factory=dict)
    _made: dict[str, ItemType] = field(default_factory=dict)

    def find(self, name: str) -> ItemType | None:
        """Find a type; None when there is none of that name."""
        if name in self._made:
            return self._made[name]
        if name in self.definitions:
            return self._from(self.definitions[name], name)
        if name in _BUILT_IN:
            made = self._made[name] = ItemType(name, _BUILT_IN[name])
            return made
        for alias, other in self.imported.items():
            inner = name.removeprefix(f"{alias}.") if alias else name
            if (inner != name or not alias) and (found := other.find(inner)) is not None:
                return found
        return None

    def feel_types(self) -> Iterator[tuple[str, types.Type]]:
        """Give the types as FEEL names them in `instance of` and before parameters."""
        for name in self.definitions:
            found = self.find(name)
            yield name, types.ANY if found is None else feel_type(found)
        for alias, other in self.imported.items():
            for name, type_ in other.feel_types():
                yield (f"{alias}.{name}" if alias else name), type_

    def _from(self, definition: ItemDefinition, name: str = "") -> ItemType:
        """Make the type of a definition; a collection is a list of what is defined otherwise."""
        whole = ItemType(definition.name)
        if name:
            self._made[name] = whole
        inner = ItemType(definition.name) if definition.collection else whole
        if definition.parameters is not None:
            inner.parameters = tuple(
                self._reference(p.type_ref) or ItemType("Any") for p in definition.parameters
            )
            inner.result = self._reference(definition.type_ref)
        elif definition.components:
            inner.components = {c.name: self._from(c) for c in definition.components}
        else:
            inner.alias = self._reference(definition.type_ref)
        if definition.allowed is not None:
            inner.tests = (definition.allowed,)
        if definition.collection:
            whole.item = inner
        if definition.constraint is not None:
            whole.tests = (*whole.tests, definition.constraint)
        return whole

    def _reference(self, name: str | None) -> ItemType | None:
        return None if name is None else self.find(name)


def feel_type(type_: ItemType, depth: int = 0) -> types.Type:
    """Give the form of a type as FEEL's own; its constraints, and what lies too deep, are left open."""
    if depth > _LOOKED_INTO:
        return _ANY
    if type_.alias is not None:
        return feel_type(type_.alias, depth + 1)
    if type_.item is not None:
        return types.ListType(feel_type(type_.item, depth + 1))
    if type_.components is not None:
        fields = ((n, feel_type(c, depth + 1)) for n, c in type_.components.items())
        return types.ContextType(tuple(fields))
    if type_.parameters is not None:
        parameters = tuple(("", feel_type(p, depth + 1)) for p in type_.parameters)
        result = _ANY if type_.result is None else feel_type(type_.result, depth + 1)
        return types.FunctionType(parameters, result)
    return type_.simple


_LOOKED_INTO = 5


def conforms(value: Value, type_: ItemType, fits: Fits, depth: int = 0) -> bool:
    """Whether a value is of a type; null is of every one."""
    if value is None:
        return True
    if depth > MAX_DEPTH or not _has_form(value, type_, fits, depth + 1):
        return False
    return all(fits(test, value) for test in type_.tests)


def _has_form(value: Value, type_: ItemType, fits: Fits, depth: int) -> bool:
    if type_.alias is not None:
        return conforms(value, type_.alias, fits, depth)
    if type_.item is not None:
        return isinstance(value, tuple) and all(conforms(v, type_.item, fits, depth) for v in value)
    if type_.components is not None:
        return isinstance(value, dict) and all(
            name in value and conforms(value[name], inner, fits, depth)
            for name, inner in type_.components.items()
        )
    if type_.parameters is not None:
        return isinstance(value, Function) and len(value.parameters) == len(type_.parameters)
    return type_.simple == _ANY or is_instance(value, type_.simple)


def converted(value: Value, type_: ItemType, fits: Fits) -> tuple[Value, bool]:
    """Convert a value to a type as 10.3.2.9.4 does; the second part says whether it conforms then."""
    if conforms(value, type_, fits):
        return value, True
    tries: list[Value] = []
    if type_.is_collection and not isinstance(value, tuple):
        tries.append((value,))
    elif isinstance(value, tuple) and len(value) == 1:
        tries.append(value[0])
    if type_.is_date_time and kind_of(value) == "date":
        tries.append(midnight(value))
    for candidate in tries:
        if conforms(candidate, type_, fits):
            return candidate, True
    return None, False


def completed(value: Value, type_: ItemType, depth: int = 0) -> Value:
    """Give an input the components that it leaves out: what is missing is null."""
    if depth > MAX_DEPTH:
        return value
    if type_.alias is not None:
        return completed(value, type_.alias, depth + 1)
    if type_.item is not None and isinstance(value, tuple):
        return tuple(completed(v, type_.item, depth + 1) for v in value)
    if type_.components is not None and isinstance(value, dict):
        missing: dict[str, Value] = dict.fromkeys(type_.components.keys() - value.keys())
        return {
            **{
                k: completed(v, type_.components[k], depth + 1) if k in type_.components else v
                for k, v in value.items()
            },
            **missing,
        }
    return value
