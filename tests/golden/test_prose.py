"""Every shipped rule set in plain words, zh and en, as a works council would be given it."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest

from api.folder import default_folder, read_folder
from engine.content import Content, read_content
from engine.kernel.diagnostics import LANGS, Lang
from engine.rules.prose import rule_set_text
from tests.support.golden import assert_golden

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


@cache
def content() -> Content:
    return read_content(read_folder(default_folder()).files)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("id_", content().ids("rule_set"))
def test_a_rule_set_in_words(id_: str, lang: Lang) -> None:
    text = rule_set_text(content().rule_set(id_, NOW), lang)
    assert "Apply(" not in text
    assert "None" not in text
    assert_golden(f"prose/{id_}.{lang}.md", text)
