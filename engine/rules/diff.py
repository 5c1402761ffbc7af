"""What changed in meaning between two versions of a rule set: texts that read alike count as the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.parser import parse_expression, parse_unary_tests
from engine.kernel.edits import Edit, diff_documents

if TYPE_CHECKING:
    from engine.rules.documents import RuleSet


def diff_rule_sets(before: RuleSet, after: RuleSet) -> list[Edit]:
    """List what differs between two versions of a rule set, cell by cell."""
    return diff_documents(before, after, same=reads_alike)


def reads_alike(before: str, after: str) -> bool:
    """Whether two texts are the same expression or cell, laid out differently."""
    for parse in (parse_expression, parse_unary_tests):
        one, _ = parse(before)
        other, _ = parse(after)
        if one is not None and other is not None:
            return one == other
    return before == after
