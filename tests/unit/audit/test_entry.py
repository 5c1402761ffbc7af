"""The page about the log names every kind of entry, and no other."""

from __future__ import annotations

import re
from typing import get_args

from engine.audit.entry import EntryKind
from tests.support.source import ROOT


def test_the_page_names_every_kind_of_entry() -> None:
    page, _, _ = (ROOT / "docs/reference/log.md").read_text("utf-8").partition("\n## ")
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(get_args(EntryKind))
