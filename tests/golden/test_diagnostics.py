"""Every diagnostic of the kernel and of FEEL, drawn with its caret, in both languages."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pytest

import engine.feel
import engine.kernel
from engine.feel import evaluate, evaluate_kept, evaluate_unary, to_python
from engine.feel.backends.interpreter import FaultError, Run, evaluate_ir
from engine.feel.checker import check_expression, check_value
from engine.feel.parser import parse_expression
from engine.feel.scope import Scope, Symbol
from engine.feel.types import ANY, BOOLEAN, NumberType, StringType, parse_unit
from engine.feel.values import NOT_APPLICABLE, NoValueError
from engine.kernel.diagnostics import Diagnostic, Phrase, Span
from engine.kernel.documents import Count, Day, Document, Expression, Flag, Number, Shape, load_text
from engine.kernel.errors import DocumentError, EvaluationError
from engine.kernel.json_text import read_json
from engine.kernel.source import MAX_BYTES
from tests.conformance.feel.test_tables import INPUTS, rows
from tests.support.golden import GOLDEN, assert_golden, codes_of, rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernel.documents import Fault

CODES = codes_of(engine.kernel, engine.feel)
Found = tuple[Diagnostic, str]


def _first(run: Callable[[], object], source: str) -> Found:
    try:
        run()
    except DocumentError as error:
        return error.diagnostics[0], source
    except EvaluationError as error:
        return error.fault, source
    except NoValueError as error:
        return error.code.at(None, **error.args_), source
    pytest.fail(f"`{source[:60]}` has no fault")


class Part(Shape):
    """A part of the example."""

    at: Day | None = None


class Example(Document):
    """A document with a key of each kind."""

    kind: Literal["example"]
    amount: Number | None = None
    sure: Flag | None = None
    size: Count | None = None
    value: Expression | None = None
    part: Part | None = None
    items: tuple[Part, ...] = ()


HEAD = """schema_version: "1"
kind: example
id: golden
version: 1.0.0
title: {zh: 例, en: example}
owner: hr-policy
effective_from: 2026-01-01T00:00:00+08:00
clause: HR-1
"""
DOCUMENTS = {
    "DOC-TYPE-001": HEAD + "part: 5\n",
    "DOC-TYPE-002": HEAD + "items: 5\n",
    "DOC-TYPE-003": HEAD.replace("owner: hr-policy", "owner: [a]"),
    "DOC-TYPE-004": HEAD + "value: [0..100]\n",
    "DOC-TYPE-005": HEAD + "amount: 1e3\n",
    "DOC-TYPE-006": HEAD + "sure: yes\n",
    "DOC-TYPE-007": HEAD.replace("+08:00", ""),
    "DOC-TYPE-008": HEAD + "part: {at: 2026-02-30}\n",
    "DOC-TYPE-009": HEAD.replace("kind: example", "kind: exmaple"),
    "DOC-TYPE-011": HEAD.replace("{zh: 例, en: example}", "例"),
    "DOC-TYPE-010": HEAD + "size: 1.5\n",
    "DOC-VALUE-002": HEAD.replace("id: golden", "id: Golden Rule"),
    "DOC-KEY-001": HEAD.replace("clause: HR-1\n", ""),
    "DOC-KEY-002": HEAD + "amuont: 5\n",
    "YAML-SIZE-001": "#" * (MAX_BYTES + 1),
    "YAML-SIZE-002": "a: " + "[" * 60 + "]" * 60,
    "YAML-SIZE-003": "a: [" + "x," * 50_001 + "]",
    "YAML-SIGN-001": "客户: a\u2028b\n",
    "YAML-SIGN-002": "a:\n\tb: 1\n",
    "YAML-SIGN-003": "cafe\u0301: 1\n",
    "YAML-SIGN-004": "a: {b: 1， c: 2}\nowner： me\n",
    "YAML-SYNTAX-001": "a: b: c\n",
    "YAML-SYNTAX-002": "when: >= 80\n",
    "YAML-SYNTAX-003": "a: &x 1\n",
    "YAML-SYNTAX-004": "a: !x 1\n",
    "YAML-SYNTAX-005": "# nothing\n",
    "YAML-SYNTAX-006": "a: 1\n---\nb: 2\n",
    "YAML-SYNTAX-007": "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n",
    "YAML-KEY-001": "a: 1\na: 2\n",
    "YAML-KEY-002": "[a]: 1\n",
    "YAML-KEY-003": "a:\nb: 1\n",
    "YAML-KEY-004": "a: {en: Probes causes, offers two}\n",
    "YAML-KEY-005": "a:\n  -\n  - b\n",
}
JSON = {
    "JSON-001": '{"overall" 80}',
    "JSON-002": "[NaN]",
    "JSON-003": '{"a": 1, "a": 2}',
    "JSON-004": " " * (MAX_BYTES + 1),
    "JSON-005": r'"\ud800"',
}
MONEY, POINTS = NumberType(parse_unit("CNY/month")), NumberType(parse_unit("points"))
CONDITION = parse_expression("ok")[0]
assert CONDITION is not None
SCOPE = Scope(
    names={
        "salary": Symbol(MONEY),
        "overall": Symbol(POINTS),
        "ok": Symbol(BOOLEAN),
        "pay": Symbol(MONEY, conditions=(CONDITION,)),
        "colour": Symbol(StringType(("red", "green"))),
    }
)
STRICT = {
    "FEEL-TYPE-013": "salary in [9..5]",
    "FEEL-UNIT-001": "salary + overall",
    "FEEL-NULL-002": "if overall > 5 then pay else salary",
    "FEEL-TYPE-008": 'colour = "gren"',
    "FEEL-SYNTAX-003": "客户 § 2",
    "FEEL-SYNTAX-007": "\u212b > 1",
    "FEEL-BOUND-001": "1 + " * 5_001 + "1",
    "FEEL-BOUND-002": "(" * 61 + "1" + ")" * 61,
}
# What only the standard's meaning has, where it is kept beside a null.
KEPT = {
    "FEEL-BOUND-033": "string(for i in 1..200 return [partial[-1]])",
    "FEEL-EVAL-076": '(function(x: number) x)("a")',
    "FEEL-EVAL-077": "count(1, 2)",
    "FEEL-EVAL-078": "nothing + 1",
    "FEEL-EVAL-079": "today()",
    "FEEL-EVAL-080": "[1..nothing]",
}


def _deep(levels: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


def _shared() -> tuple[Any, ...]:
    made: tuple[Any, ...] = ()
    for _ in range(25):
        made = (made, made)
    return made


def _checked(code: str, source: str) -> Found:
    node, faults = parse_expression(source)
    if node is not None:
        _, faults = check_expression(node, SCOPE)
    return _placed(faults, code, source)


def _placed(faults: list[Fault], code: str, source: str) -> Found:
    fault = next(f for f in faults if f.code.id == code)
    end = fault.start + 1 if fault.end is None else fault.end
    span = Span("", 1, fault.start + 1, 1, end + 1)
    return fault.code.at(span, near=fault.near, **fault.args), source


def _bare_word() -> Found:
    node, _ = parse_expression("blue")
    assert node is not None
    return _placed(
        check_value(node, StringType(("red", "green")), SCOPE)[1], "FEEL-NAME-004", "blue"
    )


def _run_time(code: str, source: str, values: dict[str, Any]) -> Found:
    """Run what was checked with values that the check did not know."""
    node, _ = parse_expression(source)
    assert node is not None
    made, _ = check_expression(node, Scope(names={n: Symbol(ANY) for n in values}, mode="strict"))
    with pytest.raises(FaultError) as caught:
        evaluate_ir(made, values, Run())
    return _placed([caught.value.fault], code, source)


def _function_in_dmn() -> Found:
    source = "if 1 then 2 else 3"
    node, _ = parse_expression(source)
    assert node is not None
    made, _ = check_expression(node, Scope())
    with pytest.raises(FaultError) as caught:
        evaluate_ir(made, {}, Run())
    return _placed([caught.value.fault], "FEEL-EVAL-070", source)


WORK = "matches(text, pattern)"
LONG = "string length(s + s + s + s + s + s + s + s + s + s + s)"
SPECIAL: dict[str, Callable[[], Found]] = {
    "DOC-VALUE-001": lambda: (
        CODES["DOC-VALUE-001"].at(None, problem=Phrase("too long", "过长")),
        "",
    ),
    "FEEL-NAME-004": _bare_word,
    "FEEL-INPUT-001": lambda: _first(lambda: evaluate("x", {"x": 1.5}), "x"),
    "FEEL-INPUT-002": lambda: _first(lambda: evaluate("x", {"x": _deep(60)}), "x"),
    "FEEL-BOUND-011": lambda: _first(lambda: evaluate(LONG, {"s": "a" * 100_000}), LONG),
    "FEEL-BOUND-020": lambda: _first(
        lambda: evaluate("append(xs, 1)", {"xs": [0] * 100_000}), "append(xs, 1)"
    ),
    "FEEL-BOUND-034": lambda: _first(
        lambda: evaluate(WORK, {"text": "a" * 9_000, "pattern": "a" * 900}, mode="dmn"), WORK
    ),
    "FEEL-BOUND-032": lambda: _first(lambda: to_python(_shared()), ""),
    "FEEL-EVAL-070": _function_in_dmn,
    "FEEL-EVAL-073": lambda: _run_time("FEEL-EVAL-073", "x + 1", {"x": NOT_APPLICABLE}),
    "FEEL-EVAL-075": lambda: _run_time("FEEL-EVAL-075", "x[item > 1]", {"x": Decimal(5)}),
}
CASES: dict[str, tuple[str, bool]] = {}
for _suffix, _part in ((".feel", " | "), (".cells", " ; ")):
    for _row in rows(_suffix, _part):
        _text, _mode, _expected = _row.values
        if _mode == "strict" and str(_expected).startswith("!"):
            CASES.setdefault(str(_expected)[1:], (str(_text), _suffix == ".cells"))


@cache
def found(code: str) -> Found:
    """Find one diagnostic of this kind in a small source that has the fault."""
    if code in SPECIAL:
        return SPECIAL[code]()
    if code in DOCUMENTS:
        source = DOCUMENTS[code]
        with pytest.raises(DocumentError) as caught:
            load_text(Example, source, "example.yaml")
        return next(d for d in caught.value.diagnostics if d.code.id == code), source
    if code in JSON:
        return _first(lambda: read_json(JSON[code], "example.json"), JSON[code])
    if code in STRICT:
        return _checked(code, STRICT[code])
    if code in KEPT:
        kept = evaluate_kept(KEPT[code]).faults
        return next(d for d in kept if d.code.id == code), KEPT[code]
    text, is_cell = CASES[code]
    if is_cell:
        value, _, tests = text.partition(" |")
        return _first(lambda: evaluate_unary(tests.strip(), evaluate(value), INPUTS), tests.strip())
    return _first(lambda: evaluate(text, INPUTS), text)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_its_text(code: str) -> None:
    diagnostic, source = found(code)
    assert diagnostic.code.id == code
    assert_golden(f"diagnostics/{code}.txt", rendered(diagnostic, source))


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_chinese_text_is_chinese(code: str) -> None:
    """Outside quotes only names of the language and of this file format are left in Latin letters."""
    diagnostic, _ = found(code)
    text = re.sub(r"`[^`]*`|'[^']*'", "", f"{diagnostic.message('zh')} {diagnostic.help('zh')}")
    words = set(re.findall(r"[A-Za-z]{2,}", text))
    kept = {"YAML", "JSON", "NFC", "Unicode", "MiB", "FEEL", "Decimal", "ASCII"}
    types = {"number", "string", "boolean", "date", "and", "time", "duration", "list", "context"}
    types |= {"days", "years", "months", "range", "function", "float"}
    assert not words - kept - types, text


def test_no_golden_text_is_left_over() -> None:
    kept = {p.stem for p in (GOLDEN / "diagnostics").glob("*.txt")}
    ours = {c.partition("-")[0] for c in CODES}
    assert {k for k in kept if k.partition("-")[0] in ours} == set(CODES)
