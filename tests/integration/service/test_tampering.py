"""What somebody can do who may write the database but has no key, and that each of it is seen."""

# ruff: noqa: S608 - writing statements against the database is the point

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from api.services.log import bundle, examined, public_key, signed_head
from api.services.signing import sign
from api.store.drafts import COMMITTED
from api.store.events import Event, note
from api.store.examine import examine
from api.store.heads import keep_head, kept_head
from api.store.keys import AlteredError
from api.store.ledger import append, integrate
from api.store.tables import documents, publishing_events
from engine.audit.bundle import verify_bundle
from engine.audit.checkpoint import Checkpoint, parse_verifier, sign_checkpoint, verifier_of
from engine.audit.entry import LogEntry, body_digest
from engine.audit.merkle import EMPTY, Frontier, leaf_hash
from engine.kernel.canonical import canonical_json
from engine.kernel.errors import DocumentError, EvaluationError
from tests.support.lived import NOW, looked_through, spoiled

if TYPE_CHECKING:
    from api.services.platform import Platform
    from engine.audit.verify import LogCheck


@pytest.fixture
def platform(lived: Platform) -> Platform:
    return lived


def count(platform: Platform, what: str) -> int:
    with platform.engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {what}")).scalar_one())


def entries(platform: Platform) -> int:
    """How many entries there must be: one for each deed."""
    return sum(count(platform, one) for one in ("decisions", "events", "publishing_events"))


A_DECISION = "(select min(id) from decisions where person='ann')"
OTHERS = "(select min(id) from decisions where person='bo')"
ENTRY = f"(select min(id) from log_entries where subject={A_DECISION})"
KINDS = {
    "outcome": (f"update decisions set status='needs_human' where id={A_DECISION}", "STORE-003"),
    "when it was decided": ("update decisions set decided_at='2026-01-01 00:00:00' where person='ann'", "STORE-003"),
    "by which version": ("update decisions set version='9.9.9' where person='bo'", "STORE-003"),
    "by which engine": ("update decisions set engine='imported' where person='bo'", "STORE-003"),
    "whose case": ("update decisions set case_id='bo' where person='ann'", "STORE-003"),
    "whose decision": (f"update decisions set person='bo' where id={A_DECISION}", "STORE-005"),
    "body of another": (
        f"update decisions set body=(select body from decisions where id={OTHERS}) where id={A_DECISION}",
        "STORE-005",
    ),
    "body cut": (f"update decisions set body=substr(body, 1, 40) where id={A_DECISION}", "STORE-005"),
    "digest": (f"update decisions set digest='sha256:{'0' * 64}' where id={A_DECISION}", "STORE-003"),
    "row deleted": (f"delete from decisions where id={A_DECISION}", "STORE-001"),
    "row and entry deleted": (f"delete from log_entries where subject={A_DECISION}", "LOG-002"),
    "key of another": ("update people set key=(select key from people where id='bo') where id='ann'", "STORE-005"),
    "key destroyed in silence": (
        "update people set key=null, erased_at='2026-11-01 00:00:00' where id='ann'",
        "STORE-006",
    ),
    "person deleted": ("delete from people where id='ann'", "STORE-001"),
    "erased person back": (
        "update people set erased_at=null, key=(select key from people where id='bo') where id='du'",
        "STORE-007",
    ),
    "erased body back": (
        f"update decisions set body=(select body from decisions where id={OTHERS}) where person='du'",
        "STORE-007",
    ),
    "outcome of an erased record": ("update decisions set status='offer' where person='du'", "STORE-003"),
    "erasure forgotten": ("delete from events where kind='erasure'", "STORE-001"),
    "hold lifted in silence": ("update holds set lifted=id", "STORE-010"),
    "hold deleted": ("delete from holds", "STORE-010"),
    "who suspended": ("update publishing_events set who='eve' where verb='suspended'", "LOG-005"),
    "suspension forgotten": ("delete from publishing_events where verb='suspended'", "STORE-001"),
    "approver": ("update exception_approvals set approver='eve'", "STORE-011"),
    "approval deleted": ("delete from exception_approvals", "STORE-011"),
    "event of another person": ("update events set person='ann' where kind='hold'", "STORE-003"),
    "event's body": ("update events set body=substr(body, 2) where kind='hold'", "STORE-005"),
    "external id altered": ("update external_ids set external='C-3' where person='bo'", "STORE-012"),
    "external id given away": ("update external_ids set person='ann' where person='bo'", "STORE-012"),
    "external id deleted": ("delete from external_ids where person='bo'", "STORE-012"),
    "external id of an erased person deleted": ("delete from external_ids where person='du'", "STORE-012"),
    "external id without an event": ("insert into external_ids (system, external, person, at) values ('hris', '1', 'bo', '2026-11-01 00:00:00')", "STORE-002"),
    "erased external id back": ("update events set body=(select body from events where kind='link' and person='bo' limit 1) where kind='link' and person='du'", "STORE-007"),
    "link of another person": ("update events set person='du' where kind='link' and person='bo'", "STORE-"),
    "time of an erased link": ("update events set at='2026-01-01 00:00:00' where kind='link' and person='du'", "STORE-003"),
    "unlink forgotten": ("delete from events where kind='unlink'", "STORE-001"),
    "key change forgotten": ("delete from events where kind='key_change'", "STORE-001"),
    "key change altered": ("update events set body=substr(body, 2) where kind='key_change'", "STORE-005"),
    "what it began with forgotten": ("delete from publishing_events where verb='taken_over' and name='offer'", "STORE-001"),
    "who it began by": ("update publishing_events set who='eve' where verb='taken_over' and name='offer'", "LOG-005"),
    "stopped in silence": ("update documents set status='suspended' where name='offer'", "STORE-013"),
    "published in silence": ("update documents set status='published', published_at='2026-11-01 00:00:00' where version='2.0.0'", "STORE-013"),
    "approval of a version": ("update approvals set approver='eve'", "STORE-014"),
    "approval of a version deleted": ("delete from approvals", "STORE-014"),
    "step's order": ("update publishing_events set number=-number where verb='resumed'", "STORE-013"),
    "leaf": (
        f"update log_entries set leaf=(select leaf from log_entries where id={ENTRY} + 1) where id={ENTRY}",
        "LOG-001",
    ),
    "subject": (f"update log_entries set subject='x' where id={ENTRY}", "LOG-001"),
    "order": ("update log_entries set place=1000 - place where place in (2, 998)", "LOG-002"),
    "leaf's node": ("update log_nodes set digest=(select digest from log_nodes where level=0 and place=3) where level=0 and place=2", "LOG-001"),
    "inner node": ("update log_nodes set digest=(select digest from log_nodes where level=1 and place=1) where level=1 and place=0", "STORE-004"),
    "node deleted": ("delete from log_nodes where level=2 and place=1", "STORE-004"),
    "node added": ("insert into log_nodes (level, place, digest) select 9, 9, digest from log_nodes where level=0 and place=0", "STORE-004"),
    "head altered": ("update checkpoints set text=replace(text, cast(size as varchar), '5') where size=(select min(size) from checkpoints)", "CHECKPOINT-0"),
    "cut off": ("delete from log_entries where place > 8", "LOG-004"),
    "document": ("update documents set files=replace(files, '80', '70') where name='offer'", "STORE-008"),
    "document gone": ("delete from documents where name='offer'", "STORE-009"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_tampering_with_the_database_is_seen(platform: Platform, kind: str) -> None:
    statement, code = KINDS[kind]
    with spoiled(platform, statement) as connection:
        found = looked_through(platform, connection).found
    assert any(code in one.code.id for one in found), [str(one) for one in found]


UNREADABLE = {
    "sqlite": [
        f"update log_entries set leaf=cast(leaf as text) where id={ENTRY}",
        "update decisions set body=replace(body, 'a', 'b')",
        "update decisions set status=cast(x'ff' as text)",
        "update decisions set decided_at='2026-13-45 00:00:00'",
        "update people set key=replace(key, 'a', 'b')",
        "update credentials set mark='x'",
    ],
    "postgresql": [
        "update decisions set decided_at='infinity'",
        "update events set at='0044-03-15 BC'",
    ],
}
"""What one database takes, and the other does not."""


def test_what_cannot_even_be_read_is_named(platform: Platform) -> None:
    for statement in UNREADABLE[platform.engine.dialect.name]:
        with spoiled(platform, statement) as connection:
            check = looked_through(platform, connection)
        assert "AUDIT-STORE-018" in codes(check), statement


def test_a_copied_entry_is_seen(platform: Platform) -> None:
    """It could say once more what was taken back since."""
    copy = f"insert into log_entries (subject, leaf) select subject, leaf from log_entries where id={ENTRY}"
    with pytest.raises(IntegrityError), spoiled(platform, copy):
        pass
    with spoiled(platform, "drop index uq_log_entries_subject", copy) as connection:
        assert codes(looked_through(platform, connection)) == {"AUDIT-LOG-008"}
        integrate(connection)
        assert "AUDIT-LOG-008" in codes(looked_through(platform, connection))


def test_an_entry_far_away_costs_no_time(platform: Platform) -> None:
    far = f"update log_entries set place=1000000000000 where id={ENTRY}"
    with spoiled(platform, far) as connection:
        assert "AUDIT-LOG-002" in codes(looked_through(platform, connection))


def test_an_untouched_database_holds(platform: Platform) -> None:
    made = examined(platform)
    assert (made.check.found, made.waiting, made.erased) == ([], [], 3)
    assert made.check.covered == made.check.entries == entries(platform)
    # Of the decisions and of the events those that were not erased.
    kept = count(platform, "decisions") - 3
    assert made.check.bodies == kept + count(platform, "events") - 1


def test_a_forged_record_is_seen_though_it_is_logged(platform: Platform) -> None:
    """Whoever writes rows can also write an entry: what they cannot do is seal the body."""
    with spoiled(
        platform,
        "insert into decisions select 'f', case_id, person, rule_set, version, status, decided_at,"
        f" as_of, engine, digest, body from decisions where id={A_DECISION}",
    ) as connection:
        digest = connection.execute(text("select digest from decisions where id='f'")).scalar_one()
        assert "AUDIT-STORE-002" in codes(looked_through(platform, connection))
        append(connection, LogEntry(kind="decision", subject="f", time=NOW, digest=digest))
        check = looked_through(platform, connection)
        assert codes(check) == {"AUDIT-STORE-005"}


def test_a_forged_step_is_seen_though_it_is_logged(platform: Platform) -> None:
    """A publication without a second pair of eyes, with all that the database itself can be made to say."""
    with spoiled(platform) as connection:
        query = select(publishing_events).where(publishing_events.c.verb == "drafted")
        step = dict(connection.execute(query.limit(1)).mappings().one())
        step |= {"id": "f" * 32, "verb": "published", "detail": "{}"}
        said = {name: step[name] for name in COMMITTED} | {"at": step["at"].isoformat()}
        step["entry"] = body_digest(step["salt"], canonical_json(said))
        del step["number"]
        connection.execute(insert(publishing_events).values(**step))
        entry = LogEntry(
            kind="publication", subject=step["id"], time=step["at"], digest=step["entry"]
        )
        append(connection, entry)
        forced = {"status": "published", "published_at": step["at"]}
        this = documents.c.id == step["document"]
        connection.execute(update(documents).where(this).values(**forced))
        check = looked_through(platform, connection)
    assert codes(check) == {"AUDIT-STORE-003", "AUDIT-STORE-013", "AUDIT-STORE-015"}


def test_a_log_made_anew_does_not_fit_the_head_that_was_kept(platform: Platform) -> None:
    """All leaves, nodes and heads consistent with each other: the head beside the keys tells."""
    with spoiled(platform, "delete from checkpoints", "delete from log_nodes") as connection:
        rows = connection.execute(text("select id, leaf from log_entries order by place")).all()
        frontier = Frontier()
        for id_, leaf in rows:
            raw = bytes(leaf).replace(b'"previous":null', b'"previous":"sha256:' + b"0" * 64 + b'"')
            frontier, nodes = frontier.append(leaf_hash(raw))
            connection.execute(
                text("update log_entries set leaf=:r where id=:i"), {"r": raw, "i": id_}
            )
            for node in nodes:
                values = {"l": node.level, "p": node.index, "d": node.digest}
                connection.execute(text("insert into log_nodes values (:l, :p, :d)"), values)
        check = looked_through(platform, connection)
    assert codes(check) == {"AUDIT-LOG-003", "AUDIT-STORE-016"}


def test_no_head_is_signed_that_did_not_grow_from_the_last(platform: Platform) -> None:
    folder, last = platform.settings.data_dir, kept_head(platform.settings.data_dir)
    assert last is not None
    for size, root in ((entries(platform), EMPTY), (999, EMPTY)):
        head = Checkpoint(platform.settings.origin, size, root)
        keep_head(folder, sign_checkpoint(head, platform.settings.origin, platform.keys.signing))
        with pytest.raises(AlteredError):
            signed_head(platform, NOW)
        assert not sign(platform)
    keep_head(folder, last)
    assert sign(platform)


def test_entries_without_a_place_are_told_as_such(platform: Platform) -> None:
    with spoiled(platform) as connection:
        new = note(connection, Event("key_change", "ann", NOW, {}), platform.keys)
        verifier = verifier_of(platform.settings.origin, platform.keys.signing)
        made = examine(connection, platform.keys, verifier)
    assert (made.waiting, made.check.found) == ([new], [])


# --- the bundle ------------------------------------------------------------------------------------


def codes(check: LogCheck) -> set[str]:
    return {one.code.id for one in check.found}


def test_a_bundle_needs_nothing_but_itself_and_the_key(platform: Platform) -> None:
    lines = list(bundle(platform, NOW, bodies=True))
    verifier = parse_verifier(public_key(platform))
    early = json.loads(lines[1])["head"]
    verdict = verify_bundle(lines, verifier, [early])
    assert (verdict.holds, verdict.check.covered) == (True, entries(platform))
    assert verdict.check.bodies == count(platform, "decisions") - 3
    assert (verdict.key_was_given, verify_bundle(lines).key_was_given) == (True, False)
    # Erased records have entries, and no body.
    assert verdict.check.entries == entries(platform)


@pytest.mark.parametrize("way", range(9))
def test_tampering_with_a_bundle_is_seen(platform: Platform, way: int) -> None:
    lines = list(bundle(platform, NOW, bodies=True))
    size = json.loads(lines[1])["head"].split("\n")[1]
    other = 'evenhand.local/log+00000000+AAAA"}'
    first = next(n for n, line in enumerate(lines) if '\\"decision\\"' in line)
    spoilt = [
        lambda: [
            *lines[:first],
            lines[first].replace('\\"decision\\"', '\\"erasure\\"'),
            *lines[first + 1 :],
        ],
        lambda: [*lines[:first], lines[first].replace("decided", "refused"), *lines[first + 1 :]],
        lambda: [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]],
        lambda: [*lines[: first + 4], *lines[first + 5 :]],
        lambda: lines[:-1],
        lambda: [*lines[:-2], lines[-1]],
        lambda: [line for line in lines if not line.startswith('{"head"')],
        lambda: [lines[0], lines[1].replace(f"\\n{size}\\n", "\\n5\\n"), *lines[2:]],
        lambda: [lines[0].rpartition("evenhand.local")[0] + other, *lines[1:]],
    ][way]()
    key = parse_verifier(public_key(platform))
    if way == 8:
        with pytest.raises(EvaluationError, match="AUDIT-CHECKPOINT-001"):
            verify_bundle(spoilt, key)
    else:
        assert not verify_bundle(spoilt, key).holds


@pytest.mark.parametrize(
    "line", ["", "[]", "{", '{"place":true,"leaf":""}', '{"place":0,"leaf":"","hash":"x"}']
)
def test_nonsense_is_no_bundle(platform: Platform, line: str) -> None:
    head = next(bundle(platform, NOW, bodies=False))
    for lines in ([head, line], [line]):
        with pytest.raises(DocumentError, match="AUDIT-BUNDLE-001"):
            verify_bundle(lines)
    assert not verify_bundle([head, '{"place":0,"leaf":"\\ud800"}']).holds
    end = '{"end":{"heads":0,"entries":0,"waiting":0}}'
    with pytest.raises(DocumentError, match="AUDIT-BUNDLE-001"):
        verify_bundle([head, end, end])
