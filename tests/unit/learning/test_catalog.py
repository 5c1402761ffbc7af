"""Reading the files of a catalog version as one whole: identity, places, and what is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.kernel.canonical import content_hash
from engine.kernel.documents import load_data
from engine.kernel.errors import DocumentError
from engine.kernel.source import plain, read_yaml
from engine.learning.catalog import load_catalog
from engine.learning.documents import Catalog
from engine.learning.skill_graph import check_catalog
from tests.support.catalogs import shipped_files

HEAD = """\
schema_version: "1"
kind: catalog
id: small
version: 1.0.0
title: {zh: 小, en: small}
owner: hr
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-1
currency: CNY
provenance: human_set
files: [items/a.yaml, items/b.yaml]
nodes:
  - {id: talk, kind: competency, name: {zh: 说, en: Talk}}
targets:
  - {role: seller, competency: talk, level: 80, priority: 1}
"""
PART = """\
schema_version: "1"
kind: catalog_part
of: small
items:
  - id: ID
    code: C1
    kind: course
    name: {zh: 课, en: Course}
    modality: online
    language: [zh]
    hours: 4
    cost: "10.00"
    teaches:
      - {skill: talk, gain: 0.40, evidence: expert, prior_n: 8}
    pass: {completion: ">= 80"}
"""


def files(**changed: str) -> dict[str, str]:
    whole = {
        "skills.yaml": HEAD,
        "items/a.yaml": PART.replace("ID", "course-a"),
        "items/b.yaml": PART.replace("ID", "course-b"),
    }
    names = {"head": "skills.yaml", "a": "items/a.yaml", "b": "items/b.yaml"}
    return whole | {names[key]: text for key, text in changed.items()}


def refused(given: dict[str, str]) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_catalog(given, folder="catalog/1.0.0")
    return [f"{d.span}: {d.code.id}" for d in caught.value.diagnostics]


def test_the_whole_has_the_items_in_the_order_of_files() -> None:
    whole = load_catalog(files())
    assert [item.id for item in whole.document.items] == ["course-a", "course-b"]
    assert whole.document.items[0].cost == Decimal(10)
    assert whole.hash == content_hash(whole.canonical)


def test_the_order_of_files_is_inside_the_identity_and_layout_is_not() -> None:
    base = load_catalog(files()).hash
    turned = HEAD.replace("[items/a.yaml, items/b.yaml]", "[items/b.yaml, items/a.yaml]")
    assert load_catalog(files(head=turned)).hash != base
    commented = files(head="# a remark\n" + HEAD)
    commented["items/a.yaml"] = commented["items/a.yaml"].replace('"10.00"', "10")
    assert load_catalog(commented).hash == base
    dearer = files(b=PART.replace("ID", "course-b").replace("10.00", "11.00"))
    assert load_catalog(dearer).hash != base


def test_the_canonical_bytes_read_back_as_the_same_document() -> None:
    whole = load_catalog(shipped_files())
    again, found = load_data(Catalog, json.loads(whole.canonical, parse_float=Decimal))
    assert not found
    assert again is not None
    assert (again.document, again.hash) == (whole.document, whole.hash)


def test_a_finding_about_an_item_is_placed_in_its_own_file() -> None:
    astray = PART.replace("ID", "course-b").replace("skill: talk", "skill: tolk")
    whole = load_catalog(files(b=astray), folder="catalog/1.0.0")
    [found] = check_catalog(whole)
    assert (str(found.span), found.near) == ("catalog/1.0.0/items/b.yaml:14:17", "talk")


def test_a_catalog_may_hold_its_items_itself() -> None:
    items = PART.replace("ID", "course-a").split("of: small\n")[1]
    alone = HEAD.replace("files: [items/a.yaml, items/b.yaml]\n", "") + items
    whole = load_catalog({"skills.yaml": alone})
    assert [item.id for item in whole.document.items] == ["course-a"]


def as_json(yaml_part: str) -> str:
    node, _ = read_yaml(yaml_part)
    assert node is not None
    return json.dumps(plain(node), ensure_ascii=False)


def written_by_a_program(**changed: str) -> dict[str, str]:
    """The same catalog with its second part in JSON, as far as it is not changed."""
    head = HEAD.replace("items/b.yaml", "items/b.json")
    whole = files(head=head)
    part = as_json(whole.pop("items/b.yaml"))
    return {**whole, "items/b.json": part} | changed


def test_a_part_in_json_says_the_same() -> None:
    whole = load_catalog(written_by_a_program())
    assert whole.document.items == load_catalog(files()).document.items
    assert b'"items/b.json"' in whole.canonical


def test_a_part_may_hold_nodes_and_edges() -> None:
    more = PART.split("items:", maxsplit=1)[0] + (
        "nodes: [{id: listen, kind: skill, name: {zh: 听, en: Listen}}]\n"
        "edges: [{type: part_of, from: listen, to: talk, weight: 1}]\n"
    )
    for part in ({"items/b.yaml": more}, {"items/b.yaml": as_json(more)}):
        whole = load_catalog(files() | part)
        assert [node.id for node in whole.document.nodes] == ["talk", "listen"]
        assert [edge.source for edge in whole.document.edges] == ["listen"]
        assert check_catalog(whole) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "catalog/1.0.0/items/b.json:1:2: JSON-001"),
        ('{"of": "a", "of": "b"}', "catalog/1.0.0/items/b.json:1:1: JSON-003"),
        ("[" * 100_000, "catalog/1.0.0/items/b.json:1:1: JSON-001"),
        ("[1]", "catalog/1.0.0/items/b.json:1:1: DOC-TYPE-001"),
    ],
)
def test_bad_json_is_refused_in_its_place(text: str, expected: str) -> None:
    assert refused(written_by_a_program(**{"items/b.json": text})) == [expected]


def test_a_fault_in_json_says_which_value_it_is_about() -> None:
    text = as_json(PART.replace("ID", "course-b")).replace('"0.40"', '"much"')
    with pytest.raises(DocumentError) as caught:
        load_catalog(written_by_a_program(**{"items/b.json": text}))
    [found] = caught.value.diagnostics
    assert (found.code.id, found.where) == ("DOC-TYPE-005", "items[0].teaches[0].gain")


def test_a_name_of_nothing_in_json_is_placed_in_its_file() -> None:
    text = as_json(PART.replace("ID", "course-b").replace("skill: talk", "skill: tolk"))
    whole = load_catalog(written_by_a_program(**{"items/b.json": text}), folder="catalog/1.0.0")
    [found] = check_catalog(whole)
    assert str(found.span) == "catalog/1.0.0/items/b.json:1:1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["catalog/1.0.0/skills.yaml:1:1: CAT-FILE-001"]),
        (
            {k: v for k, v in files().items() if k != "items/b.yaml"},
            ["catalog/1.0.0/skills.yaml:11:23: CAT-FILE-002"],
        ),
        (
            files() | {"items/c.yaml": PART.replace("ID", "c")},
            ["catalog/1.0.0/items/c.yaml:1:1: CAT-FILE-003"],
        ),
        (
            files(head=HEAD.replace("items/b.yaml]", "items/b.yaml, items/a.yaml]")),
            ["catalog/1.0.0/skills.yaml:11:37: CAT-FILE-004"],
        ),
        (
            files(a=PART.replace("ID", "x").replace("of: small", "of: other")),
            ["catalog/1.0.0/items/a.yaml:3:5: CAT-FILE-005"],
        ),
        (files(head="a: b: c"), ["catalog/1.0.0/skills.yaml:1:5: YAML-SYNTAX-001"]),
        (files(a="a: b: c"), ["catalog/1.0.0/items/a.yaml:1:5: YAML-SYNTAX-001"]),
        (
            files(a=PART.replace("ID", "x").replace("hours: 4", "hours: 0")),
            ["catalog/1.0.0/items/a.yaml:11:12: CAT-VALUE-001"],
        ),
    ],
)
def test_what_is_refused(given: dict[str, str], expected: list[str]) -> None:
    assert refused(given) == expected


def test_findings_of_all_files_come_at_once() -> None:
    bad = PART.replace("ID", "x")
    given = files(
        head=HEAD.replace("priority: 1", "priority: 0"),
        a=bad.replace("gain: 0.40", "gain: 1"),
        b=bad.replace('">= 80"', '"at least 80"').replace('"10.00"', '"0.001"'),
    )
    assert refused(given) == [
        "catalog/1.0.0/items/a.yaml:14:29: CAT-VALUE-001",
        "catalog/1.0.0/items/b.yaml:12:11: CAT-VALUE-002",
        "catalog/1.0.0/items/b.yaml:15:24: CAT-VALUE-003",
        "catalog/1.0.0/skills.yaml:15:59: CAT-VALUE-001",
    ]
