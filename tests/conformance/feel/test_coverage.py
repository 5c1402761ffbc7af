"""What the tables cover: each rule of the grammar, each built-in function and each name of a parameter, in both modes.

The rules are numbered as DMN 1.5, 10.3.1.2 lists them. A rule is covered by a case that has it in its tree or
its text and that has a value; a function by a case with a value, one without, and one with named parameters.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from engine.feel import tree
from engine.feel.builtins import FUNCTIONS, STANDARD_FUNCTIONS
from engine.feel.parser import parse_expression, parse_unary_tests
from tests.conformance.feel.test_tables import INPUTS, MODES, Mode, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Case(NamedTuple):
    """One line of a table in one mode: its text, its tree, and what comes out."""

    text: str
    tree: tree.Node
    expected: str

    @property
    def has_value(self) -> bool:
        return not self.expected.startswith("!") and self.expected != "null"


@cache
def cases(mode: Mode) -> tuple[Case, ...]:
    """Every line that can be read."""
    return tuple(_read(mode))


def _read(mode: Mode) -> Iterator[Case]:
    for suffix, part, parse in (
        (".feel", " | ", parse_expression),
        (".cells", " ; ", parse_unary_tests),
    ):
        for row in rows(suffix, part):
            text, in_mode, expected = row.values
            text = str(text) if suffix == ".feel" else str(text).partition(" |")[2].strip()
            node, _ = parse(text, names=INPUTS, mode=in_mode)
            if in_mode == mode and node is not None:
                yield Case(text, node, str(expected))


def has(kind: type, /, **fields: Any) -> Callable[[Case], bool]:  # noqa: ANN401 - fields of any node
    """Whether a node of a kind, with fields of these values, stands in a tree."""

    def test(case: Case) -> bool:
        return any(
            isinstance(n, kind) and all(getattr(n, k) == v for k, v in fields.items())
            for n in tree.walk(case.tree)
        )

    return test


def writes(pattern: str) -> Callable[[Case], bool]:
    """Whether the text has something that the tree no longer shows."""
    return lambda case: re.search(pattern, case.text) is not None


def several(kind: type, field: str) -> Callable[[Case], bool]:
    """Whether a node has more than one part."""
    return lambda case: any(
        isinstance(n, kind) and len(getattr(n, field)) > 1 for n in tree.walk(case.tree)
    )


def literal(*kinds: type) -> Callable[[Case], bool]:
    """Whether a literal of a kind stands in a tree."""
    return lambda case: any(
        isinstance(n, tree.Literal) and type(n.value) in kinds for n in tree.walk(case.tree)
    )


def cell(test: Callable[[tree.UnaryTests], bool]) -> Callable[[Case], bool]:
    """Whether a case is the cell of a table, of some form."""
    return lambda case: isinstance(case.tree, tree.UnaryTests) and test(case.tree)


TESTS = (tree.Comparison, tree.Range)
RULES: dict[int, tuple[str, Callable[[Case], bool]]] = {
    1: ("expression", lambda case: not isinstance(case.tree, tree.UnaryTests)),
    2: ("textual expression", lambda case: not isinstance(case.tree, tree.ListLiteral)),
    3: ("textual expressions", several(tree.ListLiteral, "items")),
    4: ("arithmetic expression", has(tree.Binary, op="+")),
    5: ("simple expression", has(tree.Name)),
    6: ("simple expressions", cell(lambda c: len(c.tests) > 1)),
    7: ("simple positive unary test", has(tree.Comparison)),
    8: ("interval", has(tree.Range)),
    9: ("open interval start", writes(r"\].*\.\..*")),
    10: ("closed interval start", has(tree.Range, low_closed=True)),
    11: ("open interval end", writes(r"\.\.[^\]]*\[")),
    12: ("closed interval end", has(tree.Range, high_closed=True)),
    13: ("simple positive unary tests", cell(lambda c: sum(isinstance(t, TESTS) for t in c.tests) > 1)),
    14: ("simple unary tests", cell(lambda c: not c.tests)),
    15: ("positive unary test", cell(lambda c: isinstance(c.tests and c.tests[0], tree.Call))),
    16: ("positive unary tests", cell(lambda c: len(c.tests) > 1 and not c.negated)),
    17: ("unary tests", cell(lambda c: c.negated and len(c.tests) > 1)),
    18: ("endpoint", lambda case: any(isinstance(n, tree.Range) and isinstance(n.low, tree.Binary) for n in tree.walk(case.tree))),
    19: ("simple value", literal(str)),
    20: ("qualified name", writes(r"[a-z]\.[a-z]+\.[a-z]")),
    21: ("addition", has(tree.Binary, op="+")),
    22: ("subtraction", has(tree.Binary, op="-")),
    23: ("multiplication", has(tree.Binary, op="*")),
    24: ("division", has(tree.Binary, op="/")),
    25: ("exponentiation", has(tree.Binary, op="**")),
    26: ("arithmetic negation", has(tree.Negate)),
    27: ("name", has(tree.Name)),
    28: ("name start", writes(r"\b[^\W\d]")),
    29: ("name part", writes(r"\b[^\W\d]+\d")),
    30: ("name start char", writes(r"\{[客_é]")),
    31: ("name part char", writes(r"\{\w+[_\d户]\w*:")),
    32: ("additional name symbols", writes(r"\{\w+ ?[-+*/.']\w+:")),
    33: ("literal", literal(type(None))),
    34: ("simple literal", literal(bool)),
    35: ("string literal", literal(str)),
    36: ("boolean literal", literal(bool)),
    37: ("numeric literal", writes(r"\d\.\d|(?<![\d\]\w])\.\d")),
    38: ("digit", writes(r"\d")),
    39: ("digits", writes(r"\d\d")),
    40: ("function invocation", has(tree.Call)),
    41: ("parameters", several(tree.Call, "arguments")),
    42: ("named parameters", writes(r"\(\w+: .*, \w+")),
    43: ("parameter name", writes(r"\(.*\w+ \w+: ")),
    44: ("positional parameters", has(tree.Call, names=None)),
    45: ("path expression", has(tree.Path)),
    46: ("for expression", several(tree.For, "iterations")),
    47: ("if expression", has(tree.If)),
    48: ("quantified expression", several(tree.Quantified, "iterations")),
    49: ("disjunction", has(tree.Binary, op="or")),
    50: ("conjunction", has(tree.Binary, op="and")),
    51: ("comparison", has(tree.Between)),
    52: ("filter expression", has(tree.Filter)),
    53: ("instance of", has(tree.InstanceOf)),
    54: ("type", has(tree.TypeName, name="list")),
    55: ("boxed expression", has(tree.ContextLiteral)),
    56: ("list", has(tree.ListLiteral)),
    57: ("function definition", has(tree.FunctionLiteral)),
    58: ("formal parameter", several(tree.FunctionLiteral, "parameters")),
    59: ("context", has(tree.ContextLiteral)),
    60: ("context entry", several(tree.ContextLiteral, "entries")),
    61: ("key", writes(r'\{"[^"]*":')),
    62: ("date time literal", writes(r"(?:date and time|date|time|duration)\(\"")),
    63: ("white space", writes(r"/\*.*\*/|\t|\u3000|\u00a0")),
    64: ("string escape sequence", writes(r"\\u[0-9a-fA-F]{4}")),
    65: ("at literal", has(tree.AtLiteral)),
    66: ("range literal", has(tree.Comparison)),
}  # fmt: skip
OF_THE_STANDARD = {32}
"""Rules that authored rules leave out: names with signs."""
CHOICES: dict[str, Callable[[Case], bool]] = {
    **{f"comparison `{op}`": has(tree.Binary, op=op) for op in ("<", "<=", ">", ">=", "=", "!=")},
    **{f"unary test `{op}`": has(tree.Comparison, op=op) for op in ("<", "<=", ">", ">=", "=", "!=")},
    "in, one test": lambda c: any(isinstance(n, tree.In) and len(n.tests) == 1 for n in tree.walk(c.tree)),
    "in, several tests": several(tree.In, "tests"),
    "some": has(tree.Quantified, kind="some"),
    "every": has(tree.Quantified, kind="every"),
    **{f"type `{name}`": has(tree.TypeName, name=name) for name in ("list", "context", "function", "range")},
}  # fmt: skip
"""Rules with several forms: each form."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("number", range(1, 67))
def test_every_rule_of_the_grammar_has_a_case(number: int, mode: Mode) -> None:
    if mode == "strict" and number in OF_THE_STANDARD:
        assert not any(c.has_value and RULES[number][1](c) for c in cases(mode))
        return
    assert any(c.has_value and RULES[number][1](c) for c in cases(mode)), RULES[number][0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CHOICES)
def test_every_form_has_a_case(name: str, mode: Mode) -> None:
    assert any(c.has_value and CHOICES[name](c) for c in cases(mode))


def calls(name: str, mode: Mode) -> list[Case]:
    """The cases that call a function."""
    return [c for c in cases(mode) if has(tree.Call, function=tree.Name(name))(c)]


TABLES = {"strict": FUNCTIONS, "dmn": STANDARD_FUNCTIONS}
ALWAYS = {"is", "is defined", "is applicable"}
"""Functions that have a value for any argument."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STANDARD_FUNCTIONS)
def test_every_function_has_cases(name: str, mode: Mode) -> None:
    found = calls(name, mode)
    assert any(c.has_value for c in found), "a value"
    assert name in ALWAYS or any(not c.has_value for c in found), "no value"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STANDARD_FUNCTIONS)
def test_every_parameter_has_been_named(name: str, mode: Mode) -> None:
    """Each way to call a function is called by the names of its parameters, where the standard names them."""
    named = {
        n
        for case in calls(name, mode)
        if case.has_value
        for node in tree.walk(case.tree)
        if isinstance(node, tree.Call) and node.function == tree.Name(name)
        for n in node.names or ()
    }
    wanted = {p.name for s in TABLES[mode][name].signatures for p in s.parameters}
    assert wanted <= named


def test_the_ruler_measures() -> None:
    """A table without its case must be seen to lack it."""
    assert not any(has(tree.Call, function=tree.Name("nothing at all"))(c) for c in cases("dmn"))
    assert not any(writes("no such text")(c) for c in cases("dmn"))
    assert list(RULES) == list(range(1, 67))
