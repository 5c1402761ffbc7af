"""Where a name is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.editing.hover import find_name
from engine.editing.places import find_place
from engine.editing.words import word_at

if TYPE_CHECKING:
    from engine.editing.names import Documents
    from engine.kernel.diagnostics import Span


def find_definition(
    text: str, line: int, column: int, documents: Documents | None = None
) -> Span | None:
    """Find the declaration of the name at a position; a span without a path lies in the text itself."""
    place = find_place(text, line, column)
    if place is None or place.form == "key":
        return None
    word = word_at(place.text, place.offset, coded=place.form == "coded")
    if word is None:
        return None
    found = find_name(place, word.text, documents or {}, quoted=word.quoted)
    return found.span if found is not None else None
