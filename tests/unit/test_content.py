"""A folder as one value: what is in force when, what uses what, and files laid over it."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.cases import run_cases
from engine.content import Content, check_content, read_content, read_document
from engine.kernel.errors import DocumentError, NotFoundError
from engine.rules.evaluate import decide
from tests.support.rule_sets import HEAD, text_of

TIER = "functions:\n  tier: {{type: number, params: {{n: {{type: number}}}}, value: n * {}}}\n"
ONE = "decisions:\n  out: {type: number, value: a}\n"
EARLY, LATE = dt.datetime(2026, 2, 1, tzinfo=dt.UTC), dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
NOON = "2026-06-01T00:00:00+08:00"


def pay(version: str, factor: int, start: str = "2026-01-01T00:00:00+08:00") -> str:
    """A version of the used rule set."""
    return (
        text_of(TIER.format(factor) + ONE)
        .replace("id: small", "id: pay")
        .replace("version: 1.0.0", f"version: {version}")
        .replace("2026-01-01T00:00:00+08:00", start)
    )


USER = text_of("uses: {p: pay}\ndecisions:\n  out: {type: number, value: p.tier(a)}\n")


def folder(**texts: str) -> Content:
    """Read rule sets, each published: the word before `_at_` is its id, what follows when it was recorded."""
    files = {f"rules/{name}.yaml": text for name, text in texts.items()}
    content = read_content(files)
    lines = [
        f"{d.document.kind} {d.document.id} {d.document.version} {d.hash} 2026-01-01T00:00:00+00:00"
        for d in content.documents()
    ]
    return read_content({**files, "published.lock": "\n".join(lines)})


TWO = folder(user=USER, old=pay("1.0.0", 2), new=pay("2.0.0", 3, NOON))


def test_what_is_used_is_what_is_in_force_when_it_decides() -> None:
    for as_of, value in ((EARLY, 20), (LATE, 30), (EARLY, 20)):
        rule_set = TWO.rule_set("small", as_of)
        assert decide(rule_set, {"a": 10}).outcomes == {"out": value}
        assert [used.version for used in rule_set.used] == ["1.0.0", f"{value // 10 - 1}.0.0"]
    assert TWO.rule_set("small", EARLY) is TWO.rule_set("small", EARLY)


def test_a_use_is_checked_against_every_version_to_come() -> None:
    broken = pay("2.0.0", 3, NOON).replace("tier:", "grade:")
    found = check_content(folder(user=USER, old=pay("1.0.0", 2), new=broken))
    assert [d.code.id for d in found if d.is_error] == ["FEEL-NAME-001"]
    assert not [d for d in check_content(TWO) if d.is_error]


def test_a_circle_of_uses_ends() -> None:
    left = USER.replace("uses: {p: pay}", "uses: {p: right}").replace("id: small", "id: left")
    right = USER.replace("uses: {p: pay}", "uses: {p: left}").replace("id: small", "id: right")
    with pytest.raises(DocumentError) as caught:
        folder(left=left, right=right).rule_set("left", EARLY)
    assert caught.value.diagnostics[0].code.id == "CONTENT-007"


def test_two_times() -> None:
    files = {"rules/a.yaml": pay("1.0.0", 1), "rules/b.yaml": pay("1.1.0", 2, NOON)}
    hashes = {d.document.version: d.hash for d in read_content(files).documents()}
    lock = (
        f"rule_set pay 1.0.0 {hashes['1.0.0']} 2026-01-01T00:00:00+00:00\n"
        f"rule_set pay 1.1.0 {hashes['1.1.0']} 2026-07-01T00:00:00+00:00\n"
    )
    content = read_content({**files, "published.lock": lock})
    july, august = (dt.datetime(2026, month, 2, tzinfo=dt.UTC) for month in (6, 8))

    def version(as_of: dt.datetime, known_at: dt.datetime | None = None) -> str:
        return str(content.in_force("rule_set", "pay", as_of, known_at).document.version)

    assert version(EARLY) == "1.0.0"
    assert version(LATE) == "1.1.0"
    # Asked as it was known before 1.1.0 was recorded, the earlier version was in force.
    assert version(LATE, july) == "1.0.0"
    assert version(LATE, august) == "1.1.0"
    for early in (dt.datetime(2025, 1, 1, tzinfo=dt.UTC),):
        with pytest.raises(NotFoundError):
            version(early)
        with pytest.raises(NotFoundError):
            version(LATE, early)


def test_the_instant_itself_is_in_force_and_the_end_is_not() -> None:
    text = pay("1.0.0", 1).replace("clause:", f"effective_to: {NOON}\nclause:")
    content = folder(pay=text)
    noon = dt.datetime.fromisoformat(NOON)
    start = dt.datetime.fromisoformat("2026-01-01T00:00:00+08:00")
    assert content.in_force("rule_set", "pay", start).document.id == "pay"
    with pytest.raises(NotFoundError):
        content.in_force("rule_set", "pay", start - dt.timedelta(seconds=1))
    assert content.in_force("rule_set", "pay", noon - dt.timedelta(seconds=1)).document.id == "pay"
    with pytest.raises(NotFoundError):
        content.in_force("rule_set", "pay", noon)


def test_drafts_are_found_by_version_only() -> None:
    content = read_content({"rules/a.yaml": pay("1.0.0", 1)})
    assert content.find("rule_set", "pay@1.0.0", EARLY).document.version == "1.0.0"
    for wanted in ("pay", "pay@2.0.0", "pya"):
        with pytest.raises(NotFoundError):
            content.find("rule_set", wanted, EARLY)


def test_the_same_instant_in_another_zone_is_the_same() -> None:
    content = folder(a=pay("1.0.0", 1), b=pay("1.1.0", 2, "2025-12-31T16:00:00Z"))
    assert [d.code.id for d in check_content(content) if d.is_error] == ["CONTENT-003"]


def test_a_file_laid_over_is_checked_against_the_folder() -> None:
    content = folder(pay=pay("1.0.0", 1))
    content.lay_over(read_content({"/elsewhere/pay.yaml": pay("1.0.0", 9)}))
    (found,) = (d for d in check_content(content) if d.is_error)
    assert (found.code.id, found.span and found.span.path) == ("LOCK-002", "/elsewhere/pay.yaml")


def test_the_same_lock_laid_over_says_nothing_new() -> None:
    content = folder(pay=pay("1.0.0", 1))
    again = folder(pay=pay("1.0.0", 1))
    content.lay_over(again)
    assert not [d for d in check_content(content) if d.is_error]
    content.lay_over(read_content({"rules/more.yaml": pay("1.1.0", 1, NOON)}))
    assert [d.document.version for d in content.documents()] == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["YAML-SYNTAX-005"]),
        ("- a\n", ["DOC-TYPE-001"]),
        ("a: 1\n", ["DOC-KEY-001"]),
        ("kind: [rule_set]\n", ["CONTENT-001"]),
        (HEAD, ["DOC-KEY-001", "DOC-KEY-001"]),
    ],
)
def test_texts_that_are_no_documents(text: str, codes: list[str]) -> None:
    loaded, found = read_document(text, "x.yaml")
    assert loaded is None
    assert [d.code.id for d in found] == codes


def test_what_cannot_be_read_is_told_there_and_nowhere_else() -> None:
    cases = 'schema_version: "1"\nkind: cases\nof: pay\ncases: []\n'
    line = f"rule_set pay 1.0.0 sha256:{'0' * 64} 2026-01-01T00:00:00+00:00"
    files = {
        "rules/pay/1.0.0.yaml": pay("1.0.0", 1).replace("owner:", "ownr:"),
        "rules/pay/cases.yaml": cases,
        "rules/small/1.0.0.yaml": USER,
        "published.lock": line,
    }
    found = check_content(read_content(files))
    assert {d.span.path for d in found if d.span} == {"rules/pay/1.0.0.yaml"}


def test_cases_of_nothing() -> None:
    cases = 'schema_version: "1"\nkind: cases\nof: pya\ncases: []\n'
    (found,) = check_content(read_content({"rules/pay/cases.yaml": cases}))
    assert found.code.id == "CONTENT-005"


def test_cases_that_cannot_run_say_why() -> None:
    cases = (
        'schema_version: "1"\nkind: cases\nof: {}\n'
        "cases:\n  - {{id: one, inputs: {{a: 10}}, expect: {{out: 10}}}}\n"
        "  - {{id: two, versions: [9.0.0], inputs: {{a: 1}}}}\n"
    )
    content = folder(pay=pay("1.0.0", 1))
    laid = read_content(
        {"rules/pay/cases.yaml": cases.format("pay"), "rules/x/cases.yaml": cases.format("nobody")}
    )
    content.lay_over(laid)
    told = {
        (result.of, result.case): [(d.key, d.actual) for d in result.differences]
        for file in content.cases
        for result in run_cases(content, file, LATE)
    }
    assert told == {
        ("pay", "one"): [],
        ("pay", "two"): [("run", "no rule set `pay` (9.0.0)")],
        ("nobody", "one"): [("of", "absent")],
        ("nobody", "two"): [("of", "absent")],
    }


def test_a_catalog_that_cannot_be_read_is_told() -> None:
    content = read_content({"catalog/1.0.0/skills.yaml": "kind: catalog\n"})
    assert content.found
    assert all(d.span and d.span.path == "catalog/1.0.0/skills.yaml" for d in content.found)
