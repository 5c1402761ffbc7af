"""A DMN model as a document of this folder: the head that every document has, and the XML as it was brought in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from engine.kernel.documents import Document

if TYPE_CHECKING:
    from collections.abc import Mapping


class DmnDocument(Document):
    """A DMN model with the models that it imports; `decisions` are those that it answers with, all when left out."""

    kind: Literal["dmn_model"]
    xml: str
    imports: dict[str, str] = Field(default_factory=dict)
    decisions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What a document needs beside the model: its name, its owner, and from when it holds."""

    id: str
    owner: str
    clause: str
    effective_from: str
    version: str = "1.0.0"


def write_document(head: Head, title: str, xml: str, imports: Mapping[str, str]) -> str:
    """Write the YAML text of a document that holds a model and those it imports, by namespace."""
    lines = [*head_lines("dmn_model", head, title), "xml: |", *_literal(xml, "  ")]
    if imports:
        lines.append("imports:")
    for namespace, text in imports.items():
        lines += [f"  {quoted(namespace)}: |", *_literal(text, "    ")]
    return "\n".join(lines) + "\n"


def head_lines(kind: str, head: Head, title: str) -> list[str]:
    """Write the head that every document has."""
    said = quoted(title)
    return [
        'schema_version: "1"',
        f"kind: {kind}",
        f"id: {head.id}",
        f"version: {head.version}",
        f"title: {{zh: {said}, en: {said}}}",
        f"owner: {quoted(head.owner)}",
        f"effective_from: {head.effective_from}",
        f"clause: {quoted(head.clause)}",
    ]


def quoted(text: str) -> str:
    """Write a text for YAML in double quotes, on one line."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _literal(xml: str, indent: str) -> list[str]:
    """Lay XML out as a literal block; a sign that the reader of documents refuses becomes its number."""
    text = xml.lstrip("\ufeff \t\r\n").replace("\r\n", "\n").replace("\r", "\n").expandtabs(2)
    safe = _REFUSED.sub(lambda match: f"&#x{ord(match.group()):X};", text)
    return [f"{indent}{line}".rstrip() for line in safe.rstrip("\n").split("\n")]


_REFUSED = re.compile("[\x85\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def document_id(name: str) -> str:
    """Make the id of a document of a model's name: `kebab-case`, or `model` where no letter is left."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join(words)[:60].strip("-") or "model"
