"""A folder and the registry come to say the same, and neither overwrites what the other has not seen."""

from __future__ import annotations

import pytest

from engine.content import read_content
from engine.kernel.errors import DocumentError
from engine.lock import LOCK_NAME
from engine.publishing.draft import digest_of, files_of
from engine.publishing.mirror import Held, plan_pull, plan_push, wanted
from tests.support.registry import rule_set

CASES = "rules/line/cases.yaml"
FIRST = rule_set("1.0.0", line="60", start="2026-01-01T00:00:00+00:00")
SECOND = rule_set()


def held(files: dict[str, str], *, is_published: bool = True, approvals: int = 0) -> Held:
    """What the registry holds of the version in these files."""
    (loaded,) = read_content(files).documents()
    one = loaded.document
    name = (one.kind, one.id, one.version)
    lock = f"{' '.join(name)} {loaded.hash} 2026-02-01T00:00:00+00:00"
    own = files_of(files, loaded.path)
    return Held(name, loaded.hash, digest_of(own), is_published, approvals, own, lock)


def test_a_push_says_what_is_new_edited_or_refused() -> None:
    folder = {**FIRST, **SECOND, LOCK_NAME: ""}
    first, second = held(FIRST), held(SECOND, is_published=False, approvals=1)
    assert [one.action for one in plan_push(folder, ())] == ["new", "new"]
    assert [one.action for one in plan_push(folder, (first, second))] == ["same", "same"]
    edited = {**folder, **rule_set(line="85")}
    pushed = plan_push(edited, (first, second))
    assert [(one.action, one.voids) for one in pushed] == [("same", 0), ("edited", 1)]
    path = "rules/line/1.0.0.yaml"
    for text, action in (
        (f"# said\n{FIRST[path]}", "form"),
        (FIRST[path].replace("60", "61"), "changed"),
    ):
        assert plan_push({**FIRST, path: text}, (first,))[0].action == action
    demonstration = {path: FIRST[path].replace('feel: "1"', 'feel: "1"\nuse: demonstration')}
    assert plan_push(demonstration, ()) == []
    with pytest.raises(DocumentError):
        plan_push({path: "a: ["}, ())


def test_a_pull_writes_what_is_published_and_its_lock() -> None:
    registry = [held(FIRST), held(SECOND)]
    names = [one.name for one in registry]
    assert wanted({}, registry) == names
    pulled = plan_pull({}, registry)
    assert {path: pulled.writes[path] for path in (*FIRST, *SECOND)} == {**FIRST, **SECOND}
    assert pulled.writes[LOCK_NAME].count("\n") == 3
    assert wanted(pulled.writes, registry) == []
    assert plan_pull(pulled.writes, registry).writes == {}
    # A folder that has one of them gets the other, and one line.
    begun = dict(pulled.writes)
    del begun["rules/line/1.1.0.yaml"]
    begun[LOCK_NAME] = begun[LOCK_NAME].rsplit("\n", 2)[0] + "\n"
    assert wanted(begun, registry) == names
    assert plan_pull(begun, registry).writes == {
        path: pulled.writes[path] for path in ("rules/line/1.1.0.yaml", LOCK_NAME)
    }


def test_a_pull_keeps_what_the_registry_has_not_seen() -> None:
    registry = [held(FIRST), held({**SECOND, CASES: SECOND[CASES] + "# more\n"})]
    whole = dict(plan_pull({}, registry).writes)
    assert whole[CASES].endswith("# more\n")
    # An older text of the registry is brought up to date; one of somebody's own is kept.
    assert plan_pull({**whole, CASES: FIRST[CASES]}, registry).writes == {CASES: whole[CASES]}
    own = plan_pull({**whole, CASES: whole[CASES] + "# mine\n"}, registry)
    assert (own.writes, own.kept) == ({}, (CASES,))
    path = "rules/line/1.0.0.yaml"
    spoilt = plan_pull({**whole, path: whole[path].replace("60", "61")}, registry)
    assert (spoilt.writes, spoilt.changed) == ({}, (registry[0].name,))
