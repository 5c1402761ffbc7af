"""The guards around durable-rules: each test names the faults, by number, that it holds off.

What could take the process down runs in one of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.chaining import durable, memory
from engine.chaining.alternatives import alternatives, ways
from engine.chaining.compiler import check_inference
from engine.chaining.infer import infer
from engine.chaining.memory import Memory
from engine.kernel.diagnostics import LANGS
from tests.support.inferences import HEAD, compiled, load
from tests.support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.chaining.infer import Inferred
    from engine.chaining.program import CompiledInference, CompiledRule, Fact

pytestmark = pytest.mark.skipif(not durable.AVAILABLE, reason="durable-rules is not here")


def answer(text: str | CompiledInference, facts: Mapping[str, list[dict[str, object]]]) -> Inferred:
    """Infer by durable-rules, and hold it to the reference chainer."""
    inference = compiled(text) if isinstance(text, str) else text
    found = infer(inference, facts, executor="durable")
    assert found.fault is None
    assert found.executor == "durable"
    assert found.digest == infer(inference, facts, executor="reference").digest
    return found


def in_a_process_of_its_own(code: str) -> str:
    """Run code that might crash; gives what it printed."""
    command = [sys.executable, "-X", "faulthandler", "-"]
    done = subprocess.run(
        command, cwd=ROOT, input=code, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr[-2000:]}"
    return done.stdout.strip()


def inference(facts: str, *rules: str, fields: str = "{n: {type: number}}") -> str:
    """Write a document whose rules derive `out`."""
    listed = "\n".join(
        f"  - {{id: R{place}, clause: T, {rule}, then: {{out: {{rule: R{place}}}}}}}"
        for place, rule in enumerate(rules)
    )
    given = ", ".join(f"{name}: {fields}" for name in facts.split())
    return f"facts: {{{given}}}\nderives: {{out: {{rule: {{type: string}}}}}}\nrules:\n{listed}\n"


def limits(text: str) -> list[str]:
    """Give the codes of the limits that a document passes."""
    found = check_inference(load(HEAD + text))
    assert all(one.message(lang) and one.help(lang) for lang in LANGS for one in found)
    return [one.code.id for one in found]


SIMPLE = inference("a b", "when: {x: {fact: a, where: n >= 80}}")
UNEQUAL = 'when: {x: {fact: a}, y: {fact: b, where: "n != x.n"}}'
JOINED = inference("a b", UNEQUAL)


# --- sessions ----------------------------------------------------------------------------------


def test_a_run_inside_a_run_shares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """[1] [6] Each run has a loaded rule set, and so a live session, to itself."""
    rules = compiled(JOINED)
    inner: list[Inferred] = []
    fire = Memory.fire

    def fire_and_infer(self: Memory, rule: CompiledRule, bound: Mapping[str, Fact]) -> list[Fact]:
        if not inner:
            inner.append(infer(rules, {}, executor="reference"))
            inner[0] = infer(rules, {"a": [{"n": 5}], "b": [{"n": 6}]}, executor="durable")
        return fire(self, rule, bound)

    infer(rules, {}, executor="durable")  # loaded, and waiting for whoever comes first
    monkeypatch.setattr(Memory, "fire", fire_and_infer)
    outer = infer(rules, {"a": [{"n": 1}], "b": [{"n": 2}]}, executor="durable")
    assert outer.fault is inner[0].fault is None
    assert [firing.matched[0][1]["n"] for firing in outer.firings] == [1]
    assert [firing.matched[0][1]["n"] for firing in inner[0].firings] == [5]


def test_thousands_of_sessions_and_no_thread() -> None:
    """[4] [5] [6] [20] [21] Sessions that fire, that fire nothing, and that stop half way."""
    printed = in_a_process_of_its_own(f"""
import sys, threading
from engine.chaining import memory
from engine.chaining.infer import infer
from engine.kernel.errors import EvaluationError
from tests.support.inferences import compiled
simple, joined = compiled({SIMPLE!r}), compiled({JOINED!r})
memory.MAX_FIRINGS = 8
answers, stopped = set(), 0
for n in range(2_500):
    answers.add(infer(simple, {{"a": [{{"n": 79}}, {{"n": 80}}][: n % 3]}}).executor)
    facts = {{"a": [{{"n": i}} for i in range(n % 4)], "b": [{{"n": i}} for i in range(n % 5)]}}
    try:
        answers.add(infer(joined, facts).executor)
    except EvaluationError:
        stopped += 1
print(answers, stopped > 100, threading.active_count(), "durable" in sys.modules)
""")
    assert printed == "{'durable'} True 1 False"


def test_a_loaded_rule_set_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = compiled(SIMPLE)
    assert answer(rules, {"a": [{"n": 80}]}).firings
    monkeypatch.delattr(durable, "_load")
    assert answer(rules, {"a": [{"n": 80}]}).firings


def test_rule_sets_come_and_go() -> None:
    """A loaded rule set is freed with what it was compiled from."""
    printed = in_a_process_of_its_own(f"""
import gc
from engine.chaining import durable, memory
from engine.chaining.infer import infer
from tests.support.inferences import compiled
for n in range(300):
    assert infer(compiled({JOINED!r}), {{"a": [{{"n": n}}], "b": [{{"n": 0}}]}}).fault is None
gc.collect()
print(len(durable._idle))
""")
    assert printed == "0"


def test_comparisons_that_fail_last_do_not_read_on() -> None:
    """[35] Without the guard this crashes after some thirty sizes of rule set."""
    texts = [inference("a b", *[UNEQUAL] * count) for count in range(20, 60, 2)]
    printed = in_a_process_of_its_own(f"""
from engine.chaining.infer import infer
from tests.support.inferences import compiled
facts = {{"a": [{{"n": 1}}, {{"n": 2}}], "b": [{{"n": 1}}, {{"n": 2}}, {{"n": 3}}]}}
print(sum(len(infer(compiled(text), facts).firings) for text in {texts!r}))
""")
    assert printed == str(4 * sum(range(20, 60, 2)))


def test_a_comparison_that_holds_ends_each_row() -> None:
    """[35] [7] [14] The type comes first, and whatever joins ends in what cannot fail."""
    for pattern in (row for rule in written(JOINED).values() for row in rule["all"]):
        ((_, row),) = pattern.items()
        assert list(row["$and"][0]) == ["t"]
        joins = [test for test in row["$and"] if "v0" in json.dumps(test)]
        assert not joins or row["$and"][-1] == {"z": {"v0": "z"}}
        assert len(joins) != 1


def written(text: str) -> dict[str, Any]:
    """Give the definition that the core is given for a document of one stratum."""
    given: list[str] = []

    class Core:
        """Stands in for the core while a rule set is loaded."""

        @staticmethod
        def create_ruleset(_name: str, definition: str) -> int:
            given.append(definition)
            return 0

        @staticmethod
        def delete_ruleset(_handle: int) -> None:
            """Free nothing."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "core", Core)
        durable._load(compiled(text))
    definition: dict[str, Any] = json.loads(given[0])
    return definition


# --- what is the same and what is not ----------------------------------------------------------


def test_names_of_ours_are_told_apart() -> None:
    """[1] [2] [3] The core compares names by a 32-bit hash; a clash among ours would be found."""
    durable._check_names()
    assert durable.collisions(["costarring", "other", "liquid"]) == [("costarring", "liquid")]
    assert durable.collisions(["declinate", "macallums", "altarage", "zinke"]) == [
        ("declinate", "macallums"),
        ("altarage", "zinke"),
    ]


def test_a_clash_of_names_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """[3] A name of the core that is one of ours stops the executor, not the answer."""
    monkeypatch.setattr(durable, "_ZERO", "sid")
    durable._check_names.cache_clear()
    found = infer(compiled(SIMPLE), {"a": [{"n": 80}]}, executor="durable")
    durable._check_names.cache_clear()
    assert found.executor == "reference"
    assert found.fault is not None
    assert "sid" in found.fault.message()
    assert len(found.firings) == 1


def test_fields_with_one_hash_and_with_words_of_the_core() -> None:
    """[3] Names in a document never reach the core."""
    names = ("costarring", "liquid", "id", "sid", "t", "z")
    fields = "{" + ", ".join(f"{name}: {{type: number}}" for name in names) + "}"
    where = " and ".join(f"{name} = {value}" for value, name in enumerate(names))
    text = inference("a", f'when: {{x: {{fact: a, where: "{where}"}}}}', fields=fields)
    right: dict[str, object] = {name: value for value, name in enumerate(names)}
    wrong = [right | {name: 9} for name in names]
    assert len(answer(text, {"a": [right, *wrong]}).firings) == 1


def test_every_fact_counts() -> None:
    """[2] [22] Two thousand facts, none taken for another, each met by both of two rules."""
    text = inference("a b", "when: {x: {fact: a}}", "when: {x: {fact: a, where: n >= 0}}")
    assert len(answer(text, {"a": [{"n": n} for n in range(1_998)]}).firings) == 2 * 1_998


TYPED = "{n: {type: number}, s: {type: string}, b: {type: boolean}}"


def test_kinds_of_values_do_not_mix() -> None:
    """[2] [16] The text 5, the number 5 and 5.0; true, 1 and the text true."""
    text = inference(
        "a",
        'when: {x: {fact: a, where: s = "5"}}',
        "when: {x: {fact: a, where: n = 5}}",
        "when: {x: {fact: a, where: b}}",
        "when: {x: {fact: a, where: n = 1}}",
        """when: {x: {fact: a, where: 's in ["", "NaN"]'}}""",
        fields=TYPED,
    )
    facts: list[dict[str, object]] = [
        {"n": "5.0", "s": "true", "b": False},
        {"n": 0, "s": "5", "b": False},
        {"n": 1, "s": "NaN", "b": True},
        {"n": 9, "s": "", "b": False},
    ]
    rules = [firing.rule for firing in answer(text, {"a": facts}).firings]
    assert rules == ["R0", "R1", "R2", "R3", "R4", "R4"]


def test_long_texts_and_hard_numbers_keep_their_identity() -> None:
    """[18] [19] Texts with one beginning, numbers past eight bytes and past four places."""
    text = inference(
        "a b",
        'when: {x: {fact: a}, y: {fact: b, where: "s = x.s"}}',
        'when: {x: {fact: a}, y: {fact: b, where: "n = x.n"}}',
        'when: {x: {fact: a, where: "n > 9007199254740992"}}',
        'when: {x: {fact: a, where: "n > 0.00000001"}}',
        fields=TYPED,
    )
    long = "x" * 4_095
    facts: dict[str, list[dict[str, object]]] = {
        "a": [
            {"n": "9007199254740993", "s": long + "a", "b": True},
            {"n": "0.000000010", "s": 'quoted "\\', "b": True},
            {"n": Decimal("-1e-300"), "s": "\x00", "b": True},
        ],
        "b": [
            {"n": "9007199254740992", "s": long + "b", "b": True},
            {"n": "0.00000001", "s": 'quoted "', "b": True},
            {"n": 0, "s": "", "b": True},
        ],
    }
    assert [firing.rule for firing in answer(text, facts).firings] == ["R1", "R2", "R3"]


def test_one_fact_is_never_two_variables() -> None:
    """Two variables of a type are two facts; both ways round are two firings."""
    text = inference("a", "when: {x: {fact: a}, y: {fact: a}}")
    assert answer(text, {"a": [{"n": 1}]}).firings == ()
    assert len(answer(text, {"a": [{"n": 1}, {"n": 2}, {"n": 2}]}).firings) == 2


# --- rules -------------------------------------------------------------------------------------


def test_either_side_of_an_or_is_one_firing(monkeypatch: pytest.MonkeyPatch) -> None:
    """[25] Split into alternatives; a fact that meets several fires once."""
    where = '"n > 1 or n > 2 or n in [3, 4]"'
    text = inference("a", f"when: {{x: {{fact: a, where: {where}}}}}")
    (rule,) = compiled(text).rules
    assert ways(rule) == len(list(alternatives(rule))) == 4
    monkeypatch.setattr(memory, "MAX_FIRINGS", 1)
    assert len(answer(text, {"a": [{"n": 3}, {"n": 1}]}).firings) == 1


def test_what_contradicts_itself_never_fires() -> None:
    text = inference("a", 'when: {x: {fact: a, where: "n = 1 and n = 2"}}', "when: {x: {fact: a}}")
    assert [firing.rule for firing in answer(text, {"a": [{"n": 1}]}).firings] == ["R1"]


def test_priorities_are_one_to_n() -> None:
    """[24] The opening comes first, then each alternative with a priority of its own."""
    text = inference("a", *(f"when: {{x: {{fact: a, where: n > {n}}}}}" for n in range(9)))
    assert sorted(rule["pri"] for rule in written(text).values()) == list(range(1, 11))


def test_absence_is_judged_when_it_is_complete() -> None:
    """[15] What a lower stratum derives last still forbids."""
    text = """
facts: {a: {n: {type: number}}}
derives: {b: {n: {type: number}}, c: {n: {type: number}}}
rules:
  - id: A
    clause: T
    when: {x: {fact: a}}
    unless: {y: {fact: b, where: n = x.n}}
    then: {c: {n: = x.n}}
  - {id: B, clause: T, when: {x: {fact: a, where: n > 1}, y: {fact: b}}, then: {b: {n: = x.n}}}
  - {id: C, clause: T, when: {x: {fact: a, where: n = 1}}, then: {b: {n: = x.n}}}
"""
    found = answer(text, {"a": [{"n": n} for n in (0, 1, 2)]})
    assert [fact["n"] for fact in found.derived if fact.type == "c"] == [0]


def test_rules_that_feed_themselves_end() -> None:
    """[29] Reachability over a ring, which goes on only as long as something is new."""
    text = """
facts: {edge: {from: {type: number}, to: {type: number}}}
derives: {way: {from: {type: number}, to: {type: number}}}
rules:
  - {id: A, clause: T, when: {e: {fact: edge}}, then: {way: {from: = e.from, to: = e.to}}}
  - id: B
    clause: T
    when: {e: {fact: edge}, w: {fact: way, where: from = e.to}}
    then: {way: {from: = e.from, to: = w.to}}
"""
    ring: list[dict[str, object]] = [{"from": n, "to": (n + 1) % 20} for n in range(20)]
    assert len(answer(text, {"edge": ring}).derived) == 400


def test_an_empty_rule_set_and_unwanted_facts() -> None:
    """[13] [14] Nothing to assert, and nothing that wants what is there."""
    assert (
        answer(
            "facts: {a: {n: {type: number}}}\nderives: {b: {n: {type: number}}}\nrules: []\n",
            {"a": [{"n": 1}]},
        ).firings
        == ()
    )
    assert answer(SIMPLE, {"b": [{"n": 80}], "a": []}).firings == ()


@pytest.mark.parametrize("error", [RuntimeError("inside"), MemoryError()])
def test_what_breaks_inside_comes_out(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """[20] An exception while a rule fires is reported, and the reference answers."""
    fire = Memory.fire
    faults = [error]

    def break_once(self: Memory, rule: CompiledRule, bound: Mapping[str, Fact]) -> list[Fact]:
        if faults:
            raise faults.pop()
        return fire(self, rule, bound)

    monkeypatch.setattr(Memory, "fire", break_once)
    rules = compiled(SIMPLE)
    found = infer(rules, {"a": [{"n": 80}]})
    assert found.executor == "reference"
    assert found.fault is not None
    assert type(error).__name__ in found.fault.message()
    assert len(found.firings) == 1
    assert infer(rules, {"a": [{"n": 80}]}).executor == "durable"


def test_an_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """[20] Ctrl-C ends the run."""

    def interrupt(*_: object) -> list[Fact]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Memory, "fire", interrupt)
    with pytest.raises(KeyboardInterrupt):
        infer(compiled(SIMPLE), {"a": [{"n": 80}]})


@pytest.mark.parametrize(
    "broken",
    [
        {"assert_event": lambda *_: (1, 1)},
        {"start_action_for_state": lambda *_: None},
        {"assert_fact": lambda *_: (2, 1)},
    ],
)
def test_a_core_that_behaves_otherwise_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, broken: dict[str, Callable[..., object]]
) -> None:
    """[2] [4] A session that is not new, or a fact taken for another, is a fault and no answer."""
    real = vars(durable)["core"]

    class Core:
        """The core with one call that goes wrong."""

        def __getattr__(self, name: str) -> object:
            return broken.get(name) or getattr(real, name)

    monkeypatch.setattr(durable, "core", Core())
    found = infer(compiled(SIMPLE), {"a": [{"n": 80}]})
    assert found.executor == "reference"
    assert found.fault is not None
    assert "DurableError" in found.fault.message()
    assert len(found.firings) == 1


# --- limits ------------------------------------------------------------------------------------


def test_patterns_of_a_rule() -> None:
    """[10] Eight facts at once work; nine are refused."""
    names = "a b c d e f g h"
    when = ", ".join(
        f'x{place}: {{fact: {name}, where: "n = x{place - 1}.n"}}'
        if place
        else f"x0: {{fact: {name}}}"
        for place, name in enumerate(names.split())
    )
    facts: dict[str, list[dict[str, object]]] = {
        name: [{"n": 1}, {"n": 2}] for name in names.split()
    }
    assert len(answer(inference(names, f"when: {{{when}}}"), facts).firings) == 2
    more = inference(names + " i", f"when: {{{when}, x8: {{fact: i}}}}")
    assert limits(more) == ["CHAIN-BOUND-003"]


def test_fields_of_a_type() -> None:
    """[11] Sixty-four fields work; more are refused."""
    for count, found in ((64, []), (65, ["CHAIN-BOUND-002"])):
        fields = "{" + ", ".join(f"n{place}: {{type: number}}" for place in range(count)) + "}"
        where = " and ".join(f"n{place} = {place}" for place in range(24))
        text = inference("a", f'when: {{x: {{fact: a, where: "{where}"}}}}', fields=fields)
        assert limits(text) == found
        if not found:
            right: dict[str, object] = {f"n{place}": place for place in range(count)}
            facts = [right, right | {"n63": 0}, right | {"n23": 0}]
            assert len(answer(text, {"a": facts}).firings) == 2


def test_types_of_a_document() -> None:
    names = [f"a{place}" for place in range(60)]
    assert limits(inference(" ".join(names[:59]), "when: {x: {fact: a0}}")) == []
    assert limits(inference(" ".join(names), "when: {x: {fact: a0}}")) == ["CHAIN-BOUND-001"]


@pytest.mark.parametrize("joined", [False, True])
def test_patterns_that_one_fact_meets(joined: bool) -> None:
    """[7] [9] Sixty at once work; more are refused, unless they ask the same."""
    other = ", y: {fact: b, where: n = x.n}" if joined else ""
    looks = [f"when: {{x: {{fact: a, where: n > {n}}}{other}}}" for n in range(61)]
    facts: dict[str, list[dict[str, object]]] = {"a": [{"n": 99}], "b": [{"n": 99}]}
    assert len(answer(inference("a b", *looks[:60]), facts).firings) == 60
    assert limits(inference("a b", *looks)) == ["CHAIN-BOUND-007"] * (1 + joined)


def test_patterns_that_ask_the_same() -> None:
    """[8] Two hundred work; more are refused."""
    looks = ["when: {x: {fact: a, where: n > 0}}"] * 200
    assert len(answer(inference("a", *looks), {"a": [{"n": 99}]}).firings) == 200
    assert limits(inference("a", *looks, looks[0])) == ["CHAIN-BOUND-006"]


def test_patterns_of_a_type() -> None:
    """[7] [9] Two hundred work when a field tells them apart, wherever it stands in the text."""
    rules = [f'when: {{x: {{fact: a, where: "m > {n} and n = {n}"}}}}' for n in range(150)]
    rules += [f'when: {{x: {{fact: a, where: "n > {n}"}}}}' for n in range(50)]
    fields = "{m: {type: number}, n: {type: number}}"
    facts: list[dict[str, object]] = [{"m": 999, "n": n} for n in (0, 75, 149)]
    found = answer(inference("a", *rules, fields=fields), {"a": facts})
    assert len(found.firings) == 3 + 50 + 50
    assert limits(inference("a", *rules, rules[0], fields=fields)) == ["CHAIN-BOUND-006"]


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (" or ".join(f"n = {n}" for n in range(60)), []),
        (" or ".join(f"n = {n}" for n in range(65)), ["CHAIN-BOUND-004"]),
        ("(n = 1 or n = 2)" + " and (m = 1 or m = 2)" * 6, ["CHAIN-BOUND-004"]),
        (" and ".join(f"n > {n}" for n in range(24)), []),
        (" and ".join(f"n > {n}" for n in range(25)), ["CHAIN-BOUND-005"]),
    ],
)
def test_tests_of_a_pattern(where: str, code: list[str]) -> None:
    fields = "{m: {type: number}, n: {type: number}}"
    text = inference("a", f'when: {{x: {{fact: a, where: "{where}"}}}}', fields=fields)
    assert limits(text) == code
    if not code:
        assert len(answer(text, {"a": [{"m": 1, "n": 59}]}).firings) == 1


def test_alternatives_of_a_document() -> None:
    where = " or ".join(f"n = {n}" for n in range(50))
    names = " ".join(f"a{place}" for place in range(41))
    rules = [f'when: {{x: {{fact: {name}, where: "{where}"}}}}' for name in names.split()]
    assert limits(inference(names, *rules[:40])) == []
    assert limits(inference(names, *rules)) == ["CHAIN-BOUND-008"]
