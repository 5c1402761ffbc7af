"""The project's own source, as the architecture tests read it."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_NOT_CODE = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    | {tokenize.ENDMARKER}
)


@dataclass(frozen=True)
class Module:
    """One module: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, self.path)

    @cached_property
    def docstring(self) -> str | None:
        """The opening docstring, cleaned."""
        return ast.get_docstring(self.tree)

    @cached_property
    def code_lines(self) -> frozenset[int]:
        """The numbers of the lines with code: no blank lines, comments or docstrings."""
        lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type not in _NOT_CODE:
                lines.update(range(token.start[0], token.end[0] + 1))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Module | ast.ClassDef | Function):
                lines.difference_update(_docstring_lines(node))
        return frozenset(lines)

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def public_functions(self) -> Iterator[Function]:
        """Functions of the module and methods of its public classes that a caller may name."""
        bodies = [self.tree.body]
        while bodies:
            for node in bodies.pop():
                if getattr(node, "name", "_").startswith("_"):
                    continue
                if isinstance(node, ast.ClassDef):
                    bodies.append(node.body)
                elif isinstance(node, Function) and not _is_overload(node):
                    yield node

    def size(self, function: Function) -> int:
        """The code lines of one function, its nested functions included."""
        first, last = function.lineno, function.end_lineno or function.lineno
        return sum(first <= line <= last for line in self.code_lines)


def modules(*folders: str) -> list[Module]:
    """Every module under these folders of the project."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [Module(p.relative_to(ROOT).as_posix(), p.read_text("utf-8")) for p in paths]


def _docstring_lines(node: ast.Module | ast.ClassDef | Function) -> range:
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    text = node.body[0]
    return range(text.lineno, (text.end_lineno or text.lineno) + 1)


def _is_overload(function: Function) -> bool:
    return any(ast.unparse(d).endswith("overload") for d in function.decorator_list)
