"""Example cases kept beside a document: what goes in, what is expected, and how the two are compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from engine.kernel.decimals import decimal_text, parse_number
from engine.kernel.documents import Flag, Identifier, Instant, SemVer, Shape, Text, as_text


def as_data(value: object) -> object:
    """Turn JSON's numbers, truth values and null into the texts that YAML gives, also inside lists and maps."""
    if isinstance(value, Mapping):
        return {str(key): as_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(inner) for inner in value]
    return as_text(value)


Data: TypeAlias = Annotated[
    Any,
    BeforeValidator(as_data),
    WithJsonSchema({"type": ["string", "number", "boolean", "array", "object"]}),
]
"""A value written as data: texts whose meaning the declared type gives, and lists and maps of them."""


class CaseDefaults(Shape):
    """What every case of a file starts from."""

    as_of: Instant | None = None
    inputs: dict[str, Data] = Field(default_factory=dict)


class Case(Shape):
    """One example: inputs, and the parts of the answer that are expected."""

    id: str
    title: Text | None = None
    as_of: Instant | None = None
    versions: tuple[SemVer, ...] | None = None
    inputs: dict[str, Data] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    expect: dict[str, Data] = Field(default_factory=dict)
    hit: dict[str, Data] = Field(default_factory=dict)
    confirm: Flag = False
    """Written by a program: it runs, and counts for nothing until its owner has confirmed it and deletes this."""


class CaseFile(Shape):
    """The cases of one document; `grid` is a drawn table with inputs left and expectations right of `||`."""

    schema_version: Literal["1"]
    kind: Literal["cases"]
    of: Identifier
    versions: tuple[SemVer, ...] | None = None
    defaults: CaseDefaults = CaseDefaults()
    cases: tuple[Case, ...] = ()
    grid: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of the answer that is not as expected."""

    key: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case run against one version."""

    of: str
    version: str
    case: str
    differences: tuple[Difference, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything expected came out."""
        return not self.differences


def compare_expected(
    expected: Mapping[str, object], actual: Mapping[str, object], prefix: str = ""
) -> list[Difference]:
    """List where `actual` differs from the keys that `expected` names; numbers are compared by value."""
    found = []
    for key, wanted in expected.items():
        path = f"{prefix}{key}"
        given = actual.get(key)
        if isinstance(wanted, Mapping) and isinstance(given, Mapping):
            found += compare_expected(wanted, given, f"{path}.")
        elif not _matches(wanted, given, absent=key not in actual):
            found.append(
                Difference(path, _shown(wanted), "absent" if key not in actual else _shown(given))
            )
    return found


def listed(value: object) -> object:
    """Read `a; b`, as a cell of a grid has it, as a list; `[]` is the empty one."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(";") if part.strip() not in {"", "[]"}]


def _matches(wanted: object, given: object, *, absent: bool) -> bool:
    if wanted in ("not_applicable", "absent"):
        return absent
    if absent:
        return False
    match given:
        case bool():
            return wanted == ("true" if given else "false")
        case Decimal() | int():
            return isinstance(wanted, str) and parse_number(wanted) == Decimal(given)
        case list() | tuple():
            items = listed(wanted)
            return (
                isinstance(items, list)
                and len(items) == len(given)
                and all(_matches(w, g, absent=False) for w, g in zip(items, given, strict=True))
            )
        case Mapping():
            return isinstance(wanted, Mapping) and not compare_expected(wanted, given)
        case None:
            return wanted == "null"
        case dt.datetime() | dt.date():
            return wanted == given.isoformat()
        case _:
            pass
    return wanted == str(given)


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items()) + "}"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
