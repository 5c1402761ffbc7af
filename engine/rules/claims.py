"""The guarantees of a rule set to claims: what is claimed, about which names, and that they can be claimed of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.checker import UNKNOWN_NAME, check_value
from engine.feel.types import BOOLEAN, NumberType
from engine.kernel.diagnostics import Code, nearest
from engine.rules.compiled import Claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.feel.scope import Scope
    from engine.rules.compiled import CompiledNode, Output
    from engine.rules.documents import Guarantee
    from engine.rules.reading import Reader

BAD_GUARANTEE = Code(
    "RULE-GUAR-001",
    "a guarantee makes one claim: always, never_decreases, never_worse, independent_of or unchanged_from",
    "一条保证只能有一个主张：always、never_decreases、never_worse、independent_of 或 unchanged_from",
    "write one of them; `when_rises` names the input",
    "请只写一个；`when_rises` 写输入名",
)
NOT_RANKED = Code(
    "RULE-GUAR-002",
    "`{name}` has no `ranked` list",
    "`{name}` 没有 `ranked` 列表",
    "list its values worst to best under `ranked`",
    "请在 `ranked` 下由差到好列出其值",
)
NOT_A_NUMBER_HERE = Code(
    "RULE-GUAR-003",
    "`{name}` is not a number",
    "`{name}` 不是数字",
    "name a decision or input that is a number",
    "请写一个数值型的决策或输入",
)
GUARANTEE_TWICE = Code(
    "RULE-GUAR-004",
    "the guarantee `{id}` stands twice",
    "保证 `{id}` 出现两次",
    "give each its own id",
    "请给每条不同的编号",
)

_KINDS = ("always", "never_decreases", "never_worse", "independent_of", "unchanged_from")
_RISING = {"never_decreases", "never_worse"}


def compile_claims(
    reader: Reader, scope: Scope, decisions: Sequence[CompiledNode]
) -> tuple[Claim, ...]:
    """Compile the guarantees; what is wrong goes to the reader."""
    made, seen = [], set()
    for index, guarantee in enumerate(reader.loaded.document.guarantees):
        if guarantee.id in seen:
            reader.report(GUARANTEE_TWICE, "guarantees", index, "id", id=guarantee.id)
        seen.add(guarantee.id)
        claim = _claim(reader, index, guarantee, scope, decisions)
        if claim is not None:
            made.append(claim)
    return tuple(made)


def _claim(
    reader: Reader,
    index: int,
    guarantee: Guarantee,
    scope: Scope,
    decisions: Sequence[CompiledNode],
) -> Claim | None:
    path = ("guarantees", index)
    given = [kind for kind in _KINDS if getattr(guarantee, kind) is not None]
    if len(given) != 1 or (given[0] in _RISING) != (guarantee.when_rises is not None):
        reader.report(BAD_GUARANTEE, *path)
        return None
    kind, subject = given[0], str(getattr(guarantee, given[0]))
    fragment = reader.fragment(subject, *path, kind)
    about = guarantee.when_rises or guarantee.of
    if kind == "always":
        parsed = reader.expression(subject, *path, kind)
        if parsed is None:
            return None
        # It is claimed wherever the decisions that it names apply.
        knowing = scope.knowing(("applicable", d.name) for d in decisions)
        made, faults = check_value(parsed[0], BOOLEAN, knowing)
        reader.faults(faults, fragment)
        return Claim(guarantee.id, kind, subject, about, made, fragment)
    outputs = {o.name: o for d in decisions for o in d.outputs}
    names = [*outputs, *(d.name for d in decisions)]
    inputs = reader.loaded.document.inputs
    known = _known(reader, guarantee.of, names, *path, "of")
    if kind == "independent_of":
        known = _known(reader, subject, inputs, *path, kind) and known
    elif kind in _RISING:
        known = _known(reader, subject, outputs, *path, kind) and known
        known = _known(reader, guarantee.when_rises, inputs, *path, "when_rises") and known
        if known:
            _check_rising(reader, guarantee, outputs[subject], scope, *path)
    return Claim(guarantee.id, kind, subject, about, None, fragment) if known else None


def _known(reader: Reader, name: str | None, known: Iterable[str], *path: str | int) -> bool:
    names = sorted(known)
    if name is None or name in names:
        return True
    listed = ", ".join(f"`{n}`" for n in names) or "-"
    reader.report(UNKNOWN_NAME, *path, near=nearest(name, names), name=name, known=listed)
    return False


def _check_rising(
    reader: Reader, guarantee: Guarantee, output: Output, scope: Scope, *path: str | int
) -> None:
    rises = guarantee.when_rises or ""
    if not _is_number(scope.names[rises].type):
        reader.report(NOT_A_NUMBER_HERE, *path, "when_rises", name=rises)
    if guarantee.never_worse is not None and not output.ranked:
        reader.report(NOT_RANKED, *path, "never_worse", name=output.name)
    if guarantee.never_decreases is not None and not _is_number(output.type):
        reader.report(NOT_A_NUMBER_HERE, *path, "never_decreases", name=output.name)


def _is_number(type_: types.Type) -> bool:
    return isinstance(types.without_null(type_), NumberType)
