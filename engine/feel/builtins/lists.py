"""Functions of lists (DMN 1.5, 10.3.4.4); positions count from 1, or back from -1."""

from __future__ import annotations

import functools
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import types
from engine.feel.builtins.numbers import without_unit
from engine.feel.builtins.operators import TEMPORAL, compare, guarded, same
from engine.feel.builtins.registry import signature
from engine.feel.builtins.strings import BAD_POSITION, whole
from engine.feel.chronology import key
from engine.feel.types import ANY, BOOLEAN, NUMBER, ListType, NumberType, Type
from engine.feel.values import Function, NoValueError, Range, Value, bounded, call, kind_of
from engine.kernel.diagnostics import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

EMPTY_LIST = Code(
    "FEEL-EVAL-030",
    "`{function}` has no value for an empty list",
    "`{function}` 对空列表没有值",
    "test `count(…) > 0` first",
    "请先判断 `count(…) > 0`",
)
LIST_TOO_LONG = Code(
    "FEEL-BOUND-020",
    "a list may have at most {limit} items",
    "列表最多 {limit} 项",
    "shorten it",
    "请缩短",
)
MAX_ITEMS = 100_000


def _of(name: str, run: Callable[[tuple[Value, ...]], Value]) -> Callable[..., Value]:
    def call(items: tuple[Value, ...]) -> Value:
        if not items:
            raise NoValueError(EMPTY_LIST, function=name)
        return run(items)

    return guarded(call)


def _bounded(items: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(items) > MAX_ITEMS:
        raise NoValueError(LIST_TOO_LONG, limit=MAX_ITEMS)
    return items


def _sum(numbers: tuple[Decimal, ...]) -> Decimal:
    return sum(numbers, Decimal(0))


def _mean(numbers: tuple[Decimal, ...]) -> Decimal:
    return _sum(numbers) / len(numbers)


def _median(numbers: tuple[Decimal, ...]) -> Decimal:
    ordered, middle = sorted(numbers), len(numbers) // 2
    return ordered[middle] if len(numbers) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _stddev(numbers: tuple[Decimal, ...]) -> Decimal:
    if len(numbers) == 1:
        raise NoValueError(EMPTY_LIST, function="stddev")
    mean = _mean(numbers)
    return (_sum(tuple((n - mean) ** 2 for n in numbers)) / (len(numbers) - 1)).sqrt()


def _mode(numbers: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    counts = Counter(numbers)
    most = max(counts.values(), default=0)
    return tuple(sorted(n for n, count in counts.items() if count == most))


def _product(numbers: tuple[Decimal, ...]) -> Decimal:
    return functools.reduce(lambda a, b: a * b, numbers, Decimal(1))


def _least(sign: int) -> Callable[[tuple[Value, ...]], Value]:
    def find(items: tuple[Value, ...]) -> Value:
        return functools.reduce(lambda a, b: a if sign * compare(a, b) <= 0 else b, items)

    return find


def _holds(items: tuple[Value, ...], element: Value) -> bool:
    return any(same(item, element) for item in items)


def _distinct(items: tuple[Value, ...]) -> tuple[Value, ...]:
    """Keep the first of equal items."""
    bounded(items)
    first: dict[object, Value] = {}
    for item in items:
        first.setdefault(_hashed(item), item)
    return tuple(first.values())


def _hashed(item: Value) -> object:
    """Give something that can be hashed and is the same for equal items alone."""
    kind = kind_of(item)
    match item:
        case tuple():
            return (kind, *(_hashed(inner) for inner in item))
        case dict():
            return (kind, frozenset((name, _hashed(inner)) for name, inner in item.items()))
        case Range():
            ends = _hashed(item.low), _hashed(item.high)
            return (kind, ends, item.low_closed, item.high_closed)
        case _:
            pass
    return (kind, key(item) if kind in TEMPORAL else item)


def _flatten(items: tuple[Value, ...]) -> tuple[Value, ...]:
    """Take lists in lists apart, without recursion and within the bound."""
    bounded(items)
    leaves: list[Value] = []
    stack: list[Iterator[Value]] = [iter(items)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, tuple):
                stack.append(iter(item))
                break
            leaves.append(item)
            if len(leaves) > MAX_ITEMS:
                raise NoValueError(LIST_TOO_LONG, limit=MAX_ITEMS)
        else:
            stack.pop()
    return tuple(leaves)


def _index(items: tuple[Value, ...], position: Decimal) -> int:
    """Turn a position into an index."""
    place = whole(position)
    if place == 0 or abs(place) > len(items):
        raise NoValueError(BAD_POSITION, position=place)
    return place - 1 if place > 0 else len(items) + place


def _sublist(
    items: tuple[Value, ...], start: Decimal, length: Decimal | None = None
) -> tuple[Value, ...]:
    first = _index(items, start)
    if length is None:
        return items[first:]
    count = whole(length)
    if count < 1 or first + count > len(items):
        raise NoValueError(BAD_POSITION, position=count)
    return items[first : first + count]


def _insert(items: tuple[Value, ...], position: Decimal, item: Value) -> tuple[Value, ...]:
    index = _index(items, position)
    return (*items[:index], item, *items[index:])


def _remove(items: tuple[Value, ...], position: Decimal) -> tuple[Value, ...]:
    index = _index(items, position)
    return items[:index] + items[index + 1 :]


def _list_replace(
    items: tuple[Value, ...], where: Decimal | Function, new: Value
) -> tuple[Value, ...]:
    if isinstance(where, Function):
        return tuple(new if call(where, (item, new)) is True else item for item in items)
    index = _index(items, where)
    return (*items[:index], new, *items[index + 1 :])


def _index_of(items: tuple[Value, ...], match: Value) -> tuple[Decimal, ...]:
    return tuple(Decimal(i) for i, item in enumerate(items, 1) if same(item, match))


def _sort(items: tuple[Value, ...], precedes: Function | None = None) -> tuple[Value, ...]:
    if precedes is None:
        return tuple(sorted(items, key=functools.cmp_to_key(compare)))

    def order(a: Value, b: Value) -> int:
        if call(precedes, (a, b)) is True:
            return -1
        return 1 if call(precedes, (b, a)) is True else 0

    return tuple(sorted(items, key=functools.cmp_to_key(order)))


def item_at(items: tuple[Value, ...], position: Value) -> Value:
    """The item at a position; there is none outside the list, and none where it is no number."""
    if not isinstance(position, Decimal):
        raise NoValueError(BAD_POSITION, position=position)
    return items[_index(items, position)]


def _all(*lists: tuple[Value, ...]) -> tuple[Value, ...]:
    return _bounded(tuple(item for items in lists for item in items))


# --- the types of results ----------------------------------------------------------------------


def _joined(found: Iterable[Type]) -> Type | None:
    """Join the types of items: of unlike kinds to any; None when they are numbers of unlike units."""
    joined: Type | None = None
    for item in found:
        both = item if joined is None else types.join(joined, item)
        if both is None:
            numbers = isinstance(joined, NumberType) and isinstance(item, NumberType)
            return None if numbers else ANY
        joined = both
    return ANY if joined is None else joined


def _item(arguments: tuple[Type, ...]) -> Type | None:
    """The type of one item of a list, or of one of several arguments."""
    found = _joined(a.item if isinstance(a, ListType) else a for a in arguments)
    return None if found is None else types.plain_number(found)


def _first_list(arguments: tuple[Type, ...]) -> Type:
    return arguments[0] if isinstance(arguments[0], ListType) else ListType(ANY)


def _list_of(found: Type | None) -> Type | None:
    return None if found is None else ListType(found)


def _joined_list(arguments: tuple[Type, ...]) -> Type | None:
    return _list_of(_joined(a.item if isinstance(a, ListType) else ANY for a in arguments))


def _with_item(arguments: tuple[Type, ...]) -> Type | None:
    """The type of a list that takes in the last arguments."""
    first = arguments[0]
    added = arguments[1:] if len(arguments) < 3 else arguments[2:]  # noqa: PLR2004 - list, position, item
    return _list_of(_joined((first.item if isinstance(first, ListType) else ANY, *added)))


def _appended(arguments: tuple[Type, ...]) -> Type | None:
    return _with_item((arguments[0], ANY, *arguments[1:]))


def _number_of(arguments: tuple[Type, ...]) -> Type | None:
    item = _item(arguments)
    return item if item is None or isinstance(item, NumberType) else NUMBER


def _numbers_of(arguments: tuple[Type, ...]) -> Type | None:
    return _list_of(_number_of(arguments))


def _aggregate(
    name: str, run: Callable[[tuple[Decimal, ...]], Value], result: object = _number_of
) -> tuple[object, ...]:
    call = _of(name, run)  # type: ignore[arg-type]
    return (
        signature("list: list<number>", result, call),  # type: ignore[arg-type]
        signature("list: number…", result, lambda *numbers: call(numbers)),  # type: ignore[arg-type]
    )


def _extreme(name: str, sign: int) -> tuple[object, ...]:
    call = _of(name, _least(sign))
    return (
        signature("list: list", _item, call),
        signature("list: comparable…", _item, lambda *items: call(items)),
    )


_COUNT = NumberType(None, Decimal(0), Decimal(MAX_ITEMS), 0)
BUILTINS = {
    "list contains": signature("list: list, element: any", BOOLEAN, _holds),
    "list replace": (
        signature("list: list, position: number, newItem: any", _with_item, _list_replace),
        signature("list: list, match: function, newItem: any", _with_item, _list_replace),
    ),
    "count": signature(
        "list: list", _COUNT, lambda items: Decimal(len(items)), "Decimal(len({0}))"
    ),
    "min": _extreme("min", 1),
    "max": _extreme("max", -1),
    "sum": (
        signature("list: list<number>", _number_of, guarded(_sum)),
        signature("list: number…", _number_of, guarded(lambda *numbers: _sum(numbers))),
    ),
    "mean": _aggregate("mean", _mean),
    "median": _aggregate("median", _median),
    "stddev": _aggregate("stddev", _stddev),
    "product": _aggregate("product", _product, without_unit),
    "mode": (
        signature("list: list<number>", _numbers_of, _mode),
        signature("list: number…", _numbers_of, lambda *numbers: _mode(numbers)),
    ),
    "append": signature(
        "list: list, item: any…", _appended, lambda items, *more: _bounded((*items, *more))
    ),
    "concatenate": signature("list: list…", _joined_list, _all),
    "union": signature("list: list…", _joined_list, lambda *lists: _distinct(_all(*lists))),
    "insert before": signature("list: list, position: number, newItem: any", _with_item, _insert),
    "remove": signature("list: list, position: number", _first_list, _remove),
    "reverse": signature("list: list", _first_list, lambda items: items[::-1]),
    "index of": signature("list: list, match: any", ListType(NUMBER), _index_of),
    "distinct values": signature("list: list", _first_list, _distinct),
    "flatten": signature("list: list", ListType(ANY), _flatten),
    "sublist": signature(
        "list: list, start position: number, length: number = all", _first_list, _sublist
    ),
    "sort": (
        signature("list: list", _first_list, _sort),
        signature("list: list, precedes: function", _first_list, _sort),
    ),
}
"""The functions of lists by name."""

STANDARD = {"sum": _aggregate("sum", _sum)}
"""The function that has no value for an empty list in the standard."""
