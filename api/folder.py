"""A folder of content on the disk to texts by path, and back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kernel.diagnostics import Code, Diagnostic, Span
from engine.kernel.json_text import MAX_WRITTEN
from engine.kernel.source import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_UTF8 = Code(
    "FILE-001",
    "the file is not UTF-8 text",
    "文件不是 UTF-8 文本",
    "save it as UTF-8",
    "请以 UTF-8 保存",
)
TOO_LARGE = Code(
    "FILE-002",
    "the file has {size} bytes, more than {limit} MiB",
    "文件有 {size} 字节，超过 {limit} MiB",
    "split it into several documents",
    "请拆成几个文件",
)

_PLACES = ("rules", "competency_models", "catalog", "published.lock")
STARTER = Path(__file__).parent / "starter"
"""The content that an installed wheel brings along."""


@dataclass(slots=True)
class Texts:
    """The texts of a folder by path, and what could not be read as text."""

    files: dict[str, str] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)


def default_folder() -> Path:
    """The content to use when none is named: `EVENHAND_CONTENT`, this folder, the checkout, or the starter pack."""
    if named := os.environ.get("EVENHAND_CONTENT"):
        return Path(named)
    for folder in (Path.cwd(), Path(__file__).parents[1]):
        if (folder / "rules").is_dir():
            return folder
    return STARTER


def is_content_folder(path: Path) -> bool:
    """Whether a folder holds content of its own, rather than a part of one."""
    return path.is_dir() and any((path / place).exists() for place in _PLACES)


def read_folder(folder: Path) -> Texts:
    """Read the content of a folder; paths are relative to it."""
    texts = Texts()
    for place in _PLACES:
        for path in _files(folder / place):
            read_text(path, path.relative_to(folder).as_posix(), texts)
    return texts


def with_their_catalogs(paths: Iterable[Path]) -> list[Path]:
    """Put the folder of its version in the place of a file of a catalog: its files are one document."""
    whole = []
    for path in paths:
        steps = path.parts
        at = steps.index("catalog") + 2 if "catalog" in steps[:-1] else len(steps)
        whole.append(Path(*steps[:at]))
    return list(dict.fromkeys(whole))


def read_paths(paths: Iterable[Path]) -> Texts:
    """Read documents that are named one by one or by folder; paths are kept as they were given."""
    texts = Texts()
    for path in paths:
        for file in _files(path):
            read_text(file, file.as_posix(), texts)
    return texts


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(
            p
            for p in path.rglob("*")
            if p.suffix in {".yaml", ".yml"} or p.name == "published.lock" or _is_part(p)
        )
    return [path] if path.exists() else []


def _is_part(path: Path) -> bool:
    """Whether a file is a part of a catalog that a program wrote: JSON below the folder of a version."""
    steps = path.parts
    return path.suffix == ".json" and "catalog" in steps[:-2]


def read_text(path: Path, name: str, texts: Texts) -> None:
    """Read one file into `texts`, or say why it cannot be."""
    span = Span(name, 1, 1, 1, 1)
    size = path.stat().st_size
    most = MAX_WRITTEN if path.suffix == ".json" else MAX_BYTES
    if size > most:
        texts.found.append(TOO_LARGE.at(span, size=size, limit=most >> 20))
        return
    try:
        texts.files[name] = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        texts.found.append(NOT_UTF8.at(span))
