"""A catalog as tables: nothing is lost on the way, and every fault is placed at its cell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engine.learning.catalog import load_catalog
from engine.learning.exchange.merging import (
    Draft,
    Head,
    base_data,
    catalog_files,
    edges_leaving,
    merge_entries,
)
from engine.learning.exchange.tables import (
    Entry,
    read_csv,
    read_sheet,
    table_of,
    to_sheets,
    write_csv,
)
from engine.rules.sheets import Sheet
from tests.support.catalogs import (
    catalog_data,
    item,
    loaded_catalog,
    node,
    part,
    shipped_files,
    target,
    teaches,
    text,
)

if TYPE_CHECKING:
    from engine.learning.documents import Catalog

HEAD = Head("fresh", "1.0.0", "Fresh", "hr", "HR-1", "2026-01-01T00:00:00+08:00")


def rich() -> Catalog:
    """A catalog that uses all that a table can say."""
    taught = {
        "skill": "ask",
        "gain": "0.25",
        "max_level": "85",
        "evidence": "outcomes",
        "prior_n": "31",
    }
    whole = item(
        "course",
        teaches("listen", "0.4"),
        taught,
        kind="workshop",
        days="1.5",
        lessons="12",
        formats=["video", "live"],
        variant="same",
        focus=text("focus; with a semicolon, and “quotes”"),
        sessions=[{"date": "2026-12-12", "site": "New York", "seats": "12"}],
        requires={
            "all": [{"item": "basics"}, {"item": "basics", "completion": "50"}],
            "any": [{"skill": "ask", "level": "60"}, {"item": "talking"}],
        },
        adapt=[{"completion": ">= 80", "exam": "< 70", "add": "talking", "clause": "HR 2, (a"}],
        on_fail=["basics", "talking"],
    )
    whole["pass"] = {"completion": ">= 80", "exam": ">= 70.5"}
    talking = item(
        "talking",
        teaches("probe", "0.1"),
        hours="8",
        cadence={"every": "week", "times": "8", "hours": "1"},
        mentors={"pool": "mentors"},
        language=["zh", "en"],
    )
    needs = {"type": "requires", "from": "ask", "all": [{"skill": "listen", "level": "40"}]}
    return loaded_catalog(
        nodes=[
            {**node("talk", "competency"), "align": {"esco": "http://a/b?c=d", "onet": "2.A.1.a"}},
            *(node(name) for name in ("listen", "ask", "probe")),
        ],
        edges=[
            part("listen", "talk", "0.6"),
            part("ask", "talk", "0.4"),
            part("probe", "ask"),
            needs,
            {"type": "related", "from": "probe", "to": "listen"},
        ],
        targets=[target("talk", "80.5", "2")],
        mandatory=[{"role": "seller", "item": "basics", "clause": "HR-2"}],
        resources=[
            {
                "id": "mentors",
                "kind": "mentor_pool",
                "name": text("m"),
                "members": [{"person": "p-1", "slots_per_week": "4"}],
            }
        ],
        items=[item("basics", teaches("listen", "0.2")), whole, talking],
    ).document


def back(sheets: list[Sheet], base: dict[str, Any], **options: Any) -> Draft:  # noqa: ANN401
    entries: list[Entry] = []
    for sheet in sheets:
        table = table_of(sheet)
        assert table is not None
        more, found = read_sheet(sheet, table)
        assert found == []
        entries += more
    nodes = {e.data.get("id", "") for e in entries if e.section == "nodes"}
    return merge_entries(base, entries, gone=edges_leaving(base, nodes), **options)


def shipped() -> Catalog:
    return load_catalog(shipped_files()).document


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("make", [rich, shipped])
def test_nothing_is_lost_in_tables(make: Any, lang: Any) -> None:  # noqa: ANN401
    catalog = make()
    sheets = [read_csv(write_csv(sheet), sheet.name)[0] for sheet in to_sheets(catalog, lang)]
    draft = back(sheets, HEAD.data())
    assert draft.loaded is not None, [d.message() for d in draft.found]
    for section in ("nodes", "targets", "mandatory", "resources", "items"):
        assert getattr(draft.loaded.document, section) == getattr(catalog, section)
    edges = {json.dumps(edge.model_dump(mode="json"), sort_keys=True) for edge in catalog.edges}
    again = draft.loaded.document.edges
    assert {json.dumps(edge.model_dump(mode="json"), sort_keys=True) for edge in again} == edges


def test_a_table_is_known_by_its_columns() -> None:
    for sheet in to_sheets(shipped()):
        found = table_of(Sheet("some.csv", sheet.rows))
        assert found is not None
        assert found.name == sheet.name
    assert table_of(Sheet("some.csv", (("a", "b"),))) is None
    assert table_of(Sheet("some.csv", ())) is None


def test_only_what_a_row_names_changes() -> None:
    before = shipped()
    base = base_data(before, "1.1.0", "2027-01-01T00:00:00+08:00")
    [items] = [sheet for sheet in to_sheets(before) if sheet.name == "items"]
    at = items.rows[0].index("cost")
    dearer = (*items.rows[1][:at], "512.50", *items.rows[1][at + 1 :])
    added = ("brand-new", *items.rows[2][1:])
    draft = back([Sheet("items", (items.rows[0], dearer, added))], base, before=before)
    [changes] = [c for c in draft.changes if c.section == "items"]
    assert (changes.new, changes.changed) == (("brand-new",), (items.rows[1][0],))
    assert (changes.gone, changes.same) == ((), len(before.items) - 1)
    assert draft.loaded is not None
    assert draft.loaded.document.version == "1.1.0"
    assert [i.id for i in draft.loaded.document.items][:-1] == [i.id for i in before.items]


def test_a_whole_table_leaves_out_what_it_does_not_name() -> None:
    before = shipped()
    base = base_data(before, "1.1.0", "2027-01-01T00:00:00+08:00")
    [targets] = [sheet for sheet in to_sheets(before) if sheet.name == "targets"]
    draft = back([Sheet("targets", targets.rows[:3])], base, before=before, whole=True)
    [changes] = [c for c in draft.changes if c.section == "targets"]
    assert (len(changes.gone), changes.same) == (len(before.targets) - 2, 2)


def test_a_row_of_a_skill_says_its_edges_anew() -> None:
    base = json.loads(json.dumps(catalog_data()))
    sheet = Sheet(
        "skills",
        (("id", "kind", "name_zh", "name_en", "part_of"), ("listen", "skill", "a", "a", "")),
    )
    draft = back([sheet], base)
    assert draft.loaded is not None
    assert draft.loaded.document.edges == ()


ROW = "id,code,kind,name_zh,name_en,modality,language,hours,cost,teaches\n"
GOOD = "c-1,C1,course,课,Course,online,zh,4,0,listen 0.3\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (GOOD.replace("listen 0.3", "listen lots"), ["EXCHANGE-003 2:10", "DOC-KEY-001 2:1"]),
        (GOOD.replace("4,0", "four,0"), ["DOC-TYPE-005 2:8"]),
        (GOOD.replace("listen 0.3", "lisen 0.3"), ["CAT-ID-002 2:10"]),
        (GOOD.replace("course,课", "lesson,课"), ["DOC-TYPE-009 2:3"]),
        (GOOD.replace("课", ""), ["DOC-KEY-001 2:5"]),
        (GOOD + GOOD, ["CAT-ID-001 3:1"]),
        (GOOD.replace("0.3", "0.3,more"), ["EXCHANGE-005 2:11"]),
        (GOOD.replace("listen 0.3", "listen 1.3"), ["CAT-VALUE-001 2:10"]),
    ],
)
def test_each_fault_is_placed_at_its_cell(line: str, expected: list[str]) -> None:
    sheet, _ = read_csv(ROW + line, "items.csv")
    table = table_of(sheet)
    assert table is not None
    entries, found = read_sheet(sheet, table)
    draft = merge_entries(catalog_data(), entries)
    told = [*found, *draft.found]
    assert [f"{d.code.id} {d.span.line}:{d.span.column}" for d in told if d.span] == expected
    assert {d.span.path for d in told if d.span} == {"items.csv"}


def test_a_column_nobody_knows_is_told_with_the_nearest() -> None:
    sheet, _ = read_csv(ROW.replace("cost", "costs") + GOOD, "items.csv")
    table = table_of(sheet)
    assert table is not None
    _, found = read_sheet(sheet, table)
    assert [(d.code.id, d.near, str(d.span)) for d in found] == [
        ("EXCHANGE-002", "cost", "items.csv:1:9")
    ]


def test_semicolons_tabs_and_lines_inside_a_text_are_read() -> None:
    for sign in ";\t":
        sheet, found = read_csv(f'id{sign}kind\na{sign}"b\u2028\nc"\n\n', "x.csv")
        assert (found, sheet.rows) == ([], (("id", "kind"), ("a", "b\u2028\nc")))


@pytest.mark.parametrize("broken", ['id,code\n"a,b\n', 'id\n"a"b"c\n'])
def test_a_quote_that_does_not_end_is_told_with_its_line(broken: str) -> None:
    _, [found] = read_csv(broken, "x.csv")
    assert found.code.id == "EXCHANGE-004"


def test_a_small_catalog_is_written_as_yaml_and_reads_back_the_same() -> None:
    files = catalog_files(shipped())
    assert sorted(files) == ["items/items.yaml", "skills.yaml"]
    again = load_catalog(files).document
    assert again.items == shipped().items
    assert again.model_copy(update={"files": shipped().files}) == shipped()


@pytest.mark.slow
def test_a_large_catalog_is_written_as_json_beside_a_small_head() -> None:
    skills = [f"s{n}" for n in range(3000)]
    data = catalog_data(
        nodes=[node("talk", "competency"), *map(node, skills)],
        edges=[part(s, "talk", "0.0003" if n else "0.1003") for n, s in enumerate(skills)],
        items=[item(f"i{n}", teaches(s, "0.4")) for n, s in enumerate(skills)],
    )
    draft = merge_entries(data, [])
    assert draft.loaded is not None
    files = catalog_files(draft.loaded.document)
    assert sorted(files) == [
        "items/edges.json",
        "items/items.json",
        "items/nodes.json",
        "skills.yaml",
    ]
    again = load_catalog(files).document
    assert (again.nodes, again.edges, again.items) == (
        draft.loaded.document.nodes,
        draft.loaded.document.edges,
        draft.loaded.document.items,
    )
