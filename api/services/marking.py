"""Inputs as a record keeps them: numbers as texts, and both marked, so that each comes back as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def marked(value: Any) -> Any:  # noqa: ANN401 - JSON data
    """Write numbers as texts, which keeps every digit, and mark both, so that each comes back as it was."""
    match value:
        case dict():
            return {key: marked(one) for key, one in value.items()}
        case list() | tuple():
            return [marked(one) for one in value]
        case str():
            return f"s{value}"
        case bool() | None:
            return value
        case _:
            return f"n{value}"


def unmarked(value: Any) -> Any:  # noqa: ANN401 - JSON data
    """Give the inputs of a body as they came."""
    match value:
        case dict():
            return {key: unmarked(one) for key, one in value.items()}
        case list():
            return [unmarked(one) for one in value]
        case str():
            return _number(value[1:]) if value.startswith("n") else value[1:]
        case _:
            return value


def _number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)
