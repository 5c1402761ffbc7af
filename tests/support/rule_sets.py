"""Small rule sets written as an author would: a head that never changes, and the part that a test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.folder import default_folder
from engine.content import read_document
from engine.kernel.documents import load_text
from engine.rules.compiler import check_rule_set, compile_rule_set
from engine.rules.documents import RuleSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernel.diagnostics import Diagnostic
    from engine.rules.compiled import CompiledRuleSet

HEAD = """\
schema_version: "1"
kind: rule_set
id: small
version: 1.0.0
title: {zh: 小, en: Small}
owner: test
effective_from: 2026-01-01T00:00:00+08:00
clause: T-1
feel: "1"
"""
INPUTS = """\
inputs:
  a: {type: number, range: "[0..100]"}
  f: {type: boolean, default: false}
"""


def text_of(body: str, *, head: str = HEAD) -> str:
    """Write a rule set; a body without inputs gets a number `a` and a flag `f`."""
    return head + (body if "\ninputs:" in f"\n{body}" else INPUTS + body)


def compiled(body: str, uses: Mapping[str, CompiledRuleSet] | None = None) -> CompiledRuleSet:
    """Compile a small rule set."""
    return compile_rule_set(load_text(RuleSet, text_of(body), "small.yaml"), uses)


def findings(body: str, uses: Mapping[str, CompiledRuleSet] | None = None) -> list[Diagnostic]:
    """Find all that is wrong with a small rule set, in its form or its content."""
    loaded, found = read_document(text_of(body), "small.yaml")
    return found if loaded is None else check_rule_set(loaded, uses)


def table(head: str, *rows: str, policy: str = "first", **more: str) -> str:
    """Write a decision `out` that is a table: `head` and `rows` without their outer bars."""
    lines = [head, "-||-", *rows]
    drawn = "".join(f"      | {line} |\n" for line in lines).replace("| -||- |", "|-||-|")
    keys = {"type": "number", **more}
    declared = "".join(f"    {key}: {value}\n" for key, value in keys.items() if value)
    return f"decisions:\n  out:\n{declared}    hit_policy: {policy}\n    table: |\n{drawn}"


def shipped(path: str) -> str:
    """Read the text of a shipped document by its path in the content."""
    return (default_folder() / path).read_text("utf-8")


def compiled_text(text: str) -> CompiledRuleSet:
    """Compile a whole rule set as its author wrote it."""
    return compile_rule_set(load_text(RuleSet, text, "whole.yaml"))
