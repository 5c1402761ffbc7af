"""Syntax tree to typed IR: names, types, units and absence, with all findings at once.

`strict` is the meaning of authored rules: a missing value must be guarded before it is compared, units
must agree, nothing is converted by itself. `dmn` is the standard's: every type is open until it runs.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, cast

from engine.feel import ir, tree, types
from engine.feel.builtins import FUNCTIONS, OPERATORS, STANDARD_FUNCTIONS, STANDARD_OPERATORS
from engine.feel.builtins.calling import (
    WRONG_NUMBER,
    fits_names,
    function_value,
    in_parameter_order,
)
from engine.feel.builtins.temporal import literal, standard_literal
from engine.feel.matching import (
    SOME_VALUE,
    UNGUARDED,
    WRONG_ARGUMENT,
    WRONG_COUNT,
    WRONG_PARAMETER,
    accepts_all,
    argument_fault,
    count_fault,
    entry_type,
    interpolation_fault,
    member_fault,
    named_type,
    number_types,
    operand_fault,
    reversed_faults,
    shown,
    signature_for,
    unit_fault,
    value_faults,
    without_unit,
)
from engine.feel.parser import MAX_DEPTH, TOO_NESTED
from engine.feel.scope import Scope, Symbol, calls_value, facts_of, path_of
from engine.feel.types import (
    ANY,
    BOOLEAN,
    NULL,
    ContextType,
    ListType,
    NumberType,
    RangeType,
    StringType,
    Type,
)
from engine.feel.values import NoValueError, Value, type_of
from engine.kernel.diagnostics import Code, Phrase, nearest
from engine.kernel.documents import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.feel.builtins.registry import Builtin

UNKNOWN_NAME = Code(
    "FEEL-NAME-001",
    "the name `{name}` is not known",
    "未知名称 `{name}`",
    "known here: {known}",
    "此处可用：{known}",
)
UNKNOWN_FUNCTION = Code(
    "FEEL-NAME-002",
    "there is no function `{name}`",
    "没有函数 `{name}`",
    "check the name",
    "请检查名称",
)
NO_SPACES = Code(
    "FEEL-NAME-004",
    "a bare word here must be one of {known}",
    "此处的裸词须为 {known} 之一",
    "write one of them; another text stands in double quotes",
    "请从中选择；其他文字请用双引号",
)
NOT_BOOLEAN = Code(
    "FEEL-TYPE-005",
    "a condition must be true or false, and this is {given}",
    "条件须为真或假，而这里是 {given}",
    "write a comparison, such as `x >= 80`",
    "请写成比较，例如 `x >= 80`",
)
BRANCHES = Code(
    "FEEL-TYPE-006",
    "the branches have different types: {yes} and {no}",
    "两个分支类型不同：{yes} 与 {no}",
    "give both the same type",
    "请使两者类型相同",
)
NOT_A_LIST = Code(
    "FEEL-TYPE-007",
    "expected a list here, and this is {given}",
    "此处应为列表，而这里是 {given}",
    "write `[…]`",
    "请写成 `[…]`",
)
NOT_APPLICABLE = Code(
    "FEEL-NULL-002",
    "`{name}` does not always apply here",
    "`{name}` 在此处不一定适用",
    "give the reader the same `only_if`, or test `is applicable({name})` first",
    "请使用相同的 `only_if`，或先判断 `is applicable({name})`",
)
ENTRY_TWICE = Code(
    "FEEL-NAME-005",
    "the entry `{name}` stands twice in one context",
    "条目 `{name}` 在同一上下文中出现两次",
    "keep one",
    "请保留一个",
)
NOT_ALLOWED = Code(
    "FEEL-STRICT-001",
    "`{what}` is not allowed in rules",
    "规则中不允许使用 `{what}`",
    "{instead}",
    "{instead}",
)
TEST_TYPE = Code(
    "FEEL-TYPE-009",
    "this test is about {test}, and the column holds {column}",
    "该测试针对 {test}，而本列是 {column}",
    "write a value of the column's type",
    "请写该列类型的值",
)
NOT_A_FUNCTION = Code(
    "FEEL-TYPE-010",
    "this is not a function",
    "这不是函数",
    "call a function by its name",
    "请用名称调用函数",
)
BAD_LITERAL = Code("FEEL-TYPE-011", "{problem}", "{problem}", "correct the text", "请更正")

_AS_INPUT = Phrase("the time is an input: use `as_of`", "时间是输入：请用 `as_of`")
_RUN_TIME_ONLY = frozenset({"now", "today"})


def check_expression(node: tree.Node, scope: Scope) -> tuple[ir.Ir, list[Fault]]:
    """Give the typed form of an expression; use it only if there are no faults."""
    checker = _Checker()
    try:
        return checker.check(node, scope), checker.faults
    except RecursionError:  # the caller stands deep already
        checker.fault(TOO_NESTED, node, limit=MAX_DEPTH)
        return ir.Constant(None), checker.faults


def check_unary_tests(
    tests: tree.UnaryTests, column: Type, scope: Scope
) -> tuple[ir.Ir, list[Fault]]:
    """Give the condition about `?`, a value of type `column`, that a cell stands for.

    A missing value fits only `-` and tests that name `null`, and never what `not(…)` leaves over.
    """
    checker = _Checker()
    return checker.cell(tests, column, scope), checker.faults


def check_value(node: tree.Node, wanted: Type, scope: Scope) -> tuple[ir.Ir, list[Fault]]:
    """Check an expression that must give a value of type `wanted`; bare words are members of it."""
    checker = _Checker()
    made = checker.check(_members_quoted(node, wanted, checker), scope)
    return made, [*checker.faults, *value_faults(made, wanted)]


def _members_quoted(node: tree.Node, wanted: Type, checker: _Checker) -> tree.Node:
    """Read a bare word as a member of the type, where the type has members."""
    inner = types.without_null(wanted)
    if (
        not isinstance(inner, StringType)
        or inner.members is None
        or not isinstance(node, tree.Name)
    ):
        return node
    if node.name == "?":
        return node
    if node.name not in inner.members:
        known = ", ".join(f"`{m}`" for m in inner.members)
        checker.fault(NO_SPACES, node, near=nearest(node.name, inner.members), known=known)
        # Told once: a member stands in for the rest of the check.
        return tree.Literal(next(iter(inner.members), ""), start=node.start, end=node.end)
    return tree.Literal(node.name, start=node.start, end=node.end)


class _Checker:
    """Walks one tree and collects its faults; a faulty part gets the type `any`, so that it is told once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(
        self, code: Code, node: tree.Node | ir.Ir, *, near: str | None = None, **args: object
    ) -> None:
        self.faults.append(
            Fault(code, node.start, node.end, {k: str(v) for k, v in args.items()}, near)
        )

    def check(self, node: tree.Node, scope: Scope) -> ir.Ir:
        return _CHECKS[type(node)](self, node, scope)

    def _place(self, node: tree.Node) -> tree.Place:
        return {"start": node.start, "end": node.end}

    def _void(self, node: tree.Node) -> ir.Ir:
        return ir.Constant(None, type=ANY, **self._place(node))

    def _without_value(
        self, code: Code, node: tree.Node, scope: Scope, *, near: str | None = None, **args: object
    ) -> ir.Ir:
        """Report a part that has no value; in `dmn` mode the cause is told where it runs."""
        if scope.mode == "strict":
            self.fault(code, node, near=near, **args)
            return self._void(node)
        told = tuple((name, str(value)) for name, value in args.items())
        return ir.Void(code, told, type=ANY, **self._place(node))

    # --- values --------------------------------------------------------------------------------

    def literal(self, node: tree.Literal, scope: Scope) -> ir.Ir:
        return ir.Constant(node.value, type=_constant_type(node.value, scope), **self._place(node))

    def at_literal(self, node: tree.AtLiteral, scope: Scope) -> ir.Ir:
        try:
            read = literal if scope.mode == "strict" else standard_literal
            value = read(node.text)
        except NoValueError as error:
            said = error.code.at(None, **error.args_)
            problem = Phrase(said.message("en"), said.message("zh"))
            return self._without_value(BAD_LITERAL, node, scope, problem=problem)
        return ir.Constant(value, type=_constant_type(value, scope), **self._place(node))

    def name(self, node: tree.Name, scope: Scope) -> ir.Ir:
        place = self._place(node)
        if scope.item is not None and node.name not in {*scope.inner, "?"}:
            return self._in_filter(node, scope.item, scope)
        symbol = scope.names.get(node.name)
        if symbol is None:
            return self._unknown(node, scope)
        if symbol.constant is not None:
            return replace(symbol.constant, **place)
        type_ = symbol.type
        if types.is_nullable(type_) and ("defined", node.name) in scope.known:
            type_ = types.without_null(type_)
        known = ("applicable", node.name) in scope.known
        if not known and not all(("true", c) in scope.known for c in symbol.conditions):
            self.fault(NOT_APPLICABLE, node, name=node.name)
        return ir.Read(node.name, symbol.local, type=type_, **place)

    def _in_filter(self, node: tree.Name, item: ir.Read, scope: Scope) -> ir.Ir:
        """Inside a filter a bare name is first an entry of the item, then what it is outside."""
        place = self._place(node)
        inner = types.without_null(item.type)
        outside = replace(cast("Scope", scope.outer), known=scope.known)
        entry = inner.field(node.name) if isinstance(inner, ContextType) else None
        if entry is not None:
            if types.is_nullable(entry) and ("defined", node.name) in scope.known:
                entry = types.without_null(entry)
            return ir.Entry(item, node.name, type=entry, **place)
        is_open = inner == ANY or (isinstance(inner, ContextType) and inner.fields is None)
        if node.name == "item":
            type_ = inner if ("defined", "item") in scope.known else item.type
            whole = ir.Read(item.name, local=True, type=type_, **place)
            if scope.mode == "strict" or not is_open:
                return whole
            return ir.Entry(item, "item", whole, type=ANY, **place)
        if not is_open:
            return self.name(node, outside)
        known = scope.mode == "dmn" or node.name in outside.names or outside.item is not None
        outer = self.name(node, outside) if known else None
        return ir.Entry(item, node.name, outer, type=ANY, **place)

    def _unknown(self, node: tree.Name, scope: Scope) -> ir.Ir:
        if scope.mode == "dmn":
            if node.name in STANDARD_FUNCTIONS:
                return ir.Constant(
                    function_value(STANDARD_FUNCTIONS[node.name]), **self._place(node)
                )
            return ir.Read(node.name, type=ANY, **self._place(node))
        known = sorted(n for n in scope.names if n != "?")
        shown = ", ".join(f"`{n}`" for n in known[:12]) + (" …" if len(known) > 12 else "")  # noqa: PLR2004 - a line's worth
        near = nearest(node.name, [*known, *scope.functions, "true", "false", "null"])
        self.fault(UNKNOWN_NAME, node, near=near, name=node.name, known=shown or "-")
        return self._void(node)

    def path(self, node: tree.Path, scope: Scope) -> ir.Ir:
        base = self.check(node.base, scope)
        type_ = self._entry_type(base, node, scope)
        full = path_of(node)
        if full and types.is_nullable(type_) and ("defined", full) in scope.known:
            type_ = types.without_null(type_)
        return ir.Entry(base, node.name, type=type_, **self._place(node))

    def _entry_type(self, base: ir.Ir, node: tree.Path, scope: Scope) -> Type:
        if scope.mode == "dmn" or base.type == ANY:
            return ANY
        if types.is_nullable(base.type):
            self.fault(UNGUARDED, base, name=path_of(node.base) or SOME_VALUE)
            return ANY
        found = entry_type(base.type, node)
        if isinstance(found, Fault):
            self.faults.append(found)
            return ANY
        return found

    # --- operators -----------------------------------------------------------------------------

    def binary(self, node: tree.Binary, scope: Scope) -> ir.Ir:
        if node.op in {"and", "or"}:
            return self._logic(node, scope)
        left, right = self.check(node.left, scope), self.check(node.right, scope)
        return self._operation(node.op, left, right, node, scope)

    def _logic(self, node: tree.Binary, scope: Scope) -> ir.Ir:
        left = self.check(node.left, scope)
        right = self.check(node.right, scope.knowing(facts_of(node.left, truth=node.op == "and")))
        for side in (left, right):
            self._condition(side, scope)
        op: Literal["and", "or"] = "and" if node.op == "and" else "or"
        return ir.Logic(op, left, right, type=_open(BOOLEAN, scope), **self._place(node))

    def _condition(self, side: ir.Ir, scope: Scope) -> None:
        if scope.mode == "strict":
            if types.is_nullable(side.type) and side.type != NULL:
                self.fault(UNGUARDED, side, name=shown(side))
            elif not types.accepts(BOOLEAN, side.type):
                self.fault(NOT_BOOLEAN, side, given=types.type_text(side.type))

    def _operation(
        self, op: str, left: ir.Ir, right: ir.Ir, node: tree.Node, scope: Scope
    ) -> ir.Ir:
        place = self._place(node)
        if scope.mode == "dmn":
            return ir.Apply(STANDARD_OPERATORS[op], None, (left, right), type=ANY, **place)
        builtin = OPERATORS[op]
        if not self._guarded(op, left, right):
            return ir.Apply(builtin, None, (left, right), type=ANY, **place)
        found = signature_for(builtin, (left.type, right.type))
        if found is None or not self._comparable(op, left, right, node):
            if found is None:
                self.faults.append(operand_fault(op, left, right, node))
            return ir.Apply(
                builtin,
                None,
                (left, right),
                type=BOOLEAN if op in _BOOLEAN_OPERATORS else ANY,
                **place,
            )
        if not self._units_agree(op, left, right, node):
            return ir.Apply(builtin, None, (left, right), type=ANY, **place)
        open_ = ANY in {left.type, right.type} and len(builtin.signatures) > 1
        type_: Type | None = ANY
        if not open_ or op in _BOOLEAN_OPERATORS:
            type_ = found.type_for((left.type, right.type))
            if type_ is None:
                self.faults.append(unit_fault(op, left.type, right.type, node))
        return ir.Apply(
            builtin, None if open_ else found, (left, right), type=type_ or ANY, **place
        )

    def _guarded(self, op: str, left: ir.Ir, right: ir.Ir) -> bool:
        """Refuse a comparison of a value that may be missing; `= null` is the test for it."""
        if op in {"=", "!="} and NULL in {left.type, right.type}:
            return True
        missing = [side for side in (left, right) if types.is_nullable(side.type)]
        for side in missing:
            self.fault(UNGUARDED, side, name=shown(side))
        return not missing

    def _comparable(self, op: str, left: ir.Ir, right: ir.Ir, node: tree.Node) -> bool:
        """Refuse a comparison that cannot be true or false: of unlike kinds, or with no member in common."""
        if op not in _BOOLEAN_OPERATORS or NULL in {left.type, right.type}:
            return True
        if types.join(without_unit(left.type), without_unit(right.type)) is None:
            self.faults.append(operand_fault(op, left, right, node))
            return False
        if op in {"=", "!="}:
            self.never_equal(left, right)
        return True

    def never_equal(self, left: ir.Ir, right: ir.Ir) -> None:
        """Refuse to compare a text that is none of the members that the other side can have."""
        fault = member_fault(left, right) or member_fault(right, left)
        if fault is not None:
            self.faults.append(fault)

    def _units_agree(self, op: str, left: ir.Ir, right: ir.Ir, node: tree.Node) -> bool:
        if (
            op in {"*", "/", "**"}
            or not isinstance(left.type, NumberType)
            or not isinstance(right.type, NumberType)
        ):
            return True
        if types.accepts(left.type, right.type):
            return True
        self.faults.append(unit_fault(op, left.type, right.type, node))
        return False

    def negate(self, node: tree.Negate, scope: Scope) -> ir.Ir:
        operand = self.check(node.operand, scope)
        table = STANDARD_OPERATORS if scope.mode == "dmn" else OPERATORS
        return self._apply("-", table["negate"], (operand,), node, scope)

    def between(self, node: tree.Between, scope: Scope) -> ir.Ir:
        value = self.check(node.value, scope)
        low = self._operation(">=", value, self.check(node.low, scope), node, scope)
        high = self._operation("<=", value, self.check(node.high, scope), node, scope)
        return ir.Logic("and", low, high, type=_open(BOOLEAN, scope), **self._place(node))

    def in_(self, node: tree.In, scope: Scope) -> ir.Ir:
        value = self.check(node.value, scope)
        if types.is_nullable(value.type) and scope.mode == "strict":
            self.fault(UNGUARDED, value, name=shown(value))
            return self._void(node)
        tests = [self._test(test, value, scope) for test in node.tests]
        return self._any_of(tests, node, scope)

    def _any_of(self, tests: list[ir.Ir], node: tree.Node, scope: Scope) -> ir.Ir:
        found = tests[0]
        for test in tests[1:]:
            found = ir.Logic("or", found, test, type=_open(BOOLEAN, scope), **self._place(node))
        return found

    # --- unary tests ---------------------------------------------------------------------------

    def cell(self, tests: tree.UnaryTests, column: Type, scope: Scope) -> ir.Ir:
        place = self._place(tests)
        if not tests.tests:
            return ir.Constant(value=True, type=BOOLEAN, **place)
        present = types.without_null(column)
        inner = scope.with_local("?", present)
        value = ir.Read("?", local=True, type=present, **place)
        if scope.mode == "dmn":
            fits = self._any_of([self._test(t, value, inner) for t in tests.tests], tests, inner)
            return self._not(fits, tests) if tests.negated else fits
        made = [self._test(t, value, inner) for t in tests.tests if not _is_null(t)]
        for_null = any(_is_null(t) for t in tests.tests)
        found = self._any_of(made, tests, inner) if made else None
        if types.is_nullable(column):
            return self._with_missing(
                found, tests, column, negated=tests.negated, for_null=for_null
            )
        if found is None:  # only `null`, in a column that never misses a value
            found = ir.Constant(value=False, type=BOOLEAN, **place)
        return self._not(found, tests) if tests.negated else found

    def _with_missing(
        self,
        found: ir.Ir | None,
        tests: tree.UnaryTests,
        column: Type,
        *,
        negated: bool,
        for_null: bool,
    ) -> ir.Ir:
        """Combine a test of present values with what it says of a missing one."""
        place = self._place(tests)
        whole = ir.Read("?", local=True, type=column, **place)
        defined = ir.Apply(
            FUNCTIONS["is defined"],
            FUNCTIONS["is defined"].signatures[0],
            (whole,),
            type=BOOLEAN,
            **place,
        )
        if negated:
            return (
                defined
                if found is None
                else ir.Logic("and", defined, self._not(found, tests), type=BOOLEAN, **place)
            )
        missing = self._not(defined, tests)
        if found is None:
            return missing
        present = ir.Logic("and", defined, found, type=BOOLEAN, **place)
        return ir.Logic("or", missing, present, type=BOOLEAN, **place) if for_null else present

    def _not(self, test: ir.Ir, node: tree.Node) -> ir.Ir:
        builtin = FUNCTIONS["not"]
        signature = builtin.signatures[0] if test.type == BOOLEAN else None
        return ir.Apply(builtin, signature, (test,), type=test.type, **self._place(node))

    def _test(self, test: tree.Node, value: ir.Ir, scope: Scope) -> ir.Ir:
        """Give the condition that one test puts on `value`."""
        scope = scope if "?" in scope.names else scope.with_local("?", value.type)
        match test:
            case tree.Comparison():
                operand = self.check(_members_quoted(test.operand, value.type, self), scope)
                return self._operation(test.op, value, operand, test, scope)
            case tree.Range():
                return self._in_range(test, value, scope)
            case _:
                pass
        if any(isinstance(n, tree.Name) and n.name == "?" for n in tree.walk(test)):
            made = self.check(
                test, replace(scope, names={**scope.names, "?": Symbol(value.type, local=True)})
            )
            self._condition(made, scope)
            return made if scope.mode == "strict" else self._standard_test("?", value, made, test)
        made = self.check(_members_quoted(test, value.type, self), scope)
        if scope.mode == "dmn":
            return self._standard_test("in", value, made, test)
        if isinstance(made.type, ListType | RangeType) and (
            not isinstance(value.type, type(made.type))
            or types.join(value.type, made.type.item) is not None
        ):
            self._member_of(made, value, test)
            return ir.Apply(
                OPERATORS["in"],
                OPERATORS["in"].signatures[0],
                (value, made),
                type=BOOLEAN,
                **self._place(test),
            )
        if types.join(without_unit(value.type), without_unit(made.type)) is None:
            self.fault(
                TEST_TYPE, test, test=types.type_text(made.type), column=types.type_text(value.type)
            )
            return self._void(test)
        return self._operation("=", value, made, test, scope)

    def _standard_test(self, how: str, value: ir.Ir, made: ir.Ir, test: tree.Node) -> ir.Ir:
        return ir.Apply(STANDARD_OPERATORS[how], None, (value, made), **self._place(test))

    def _member_of(self, made: ir.Ir, value: ir.Ir, test: tree.Node) -> None:
        item = made.type.item if isinstance(made.type, ListType | RangeType) else ANY
        inner = item.item if isinstance(item, RangeType) else item
        if types.join(without_unit(value.type), without_unit(inner)) is None:
            self.fault(
                TEST_TYPE, test, test=types.type_text(made.type), column=types.type_text(value.type)
            )
        elif not types.accepts(value.type, inner) and inner != NULL:
            self.faults.append(unit_fault("in", value.type, inner, test))
        if isinstance(made, ir.MakeList):
            for item_ in made.items:
                self.never_equal(item_, value)

    def _in_range(self, test: tree.Range, value: ir.Ir, scope: Scope) -> ir.Ir:
        low, high = self.check(test.low, scope), self.check(test.high, scope)
        if scope.mode == "dmn":
            made = ir.MakeRange(
                low, high, test.low_closed, test.high_closed, type=ANY, **self._place(test)
            )
            return self._standard_test("in", value, made, test)
        self.faults += reversed_faults(test)
        above = self._operation(">=" if test.low_closed else ">", value, low, test.low, scope)
        below = self._operation("<=" if test.high_closed else "<", value, high, test.high, scope)
        return ir.Logic("and", above, below, type=BOOLEAN, **self._place(test))

    def comparison(self, node: tree.Comparison, scope: Scope) -> ir.Ir:
        """A comparison in brackets, `(< 5)`, is the range of all that fit it."""
        operand = self.check(node.operand, scope)
        closed = node.op in {"<=", ">=", "="}
        low = operand if node.op in {">", ">=", "="} else None
        high = operand if node.op in {"<", "<=", "="} else None
        return ir.MakeRange(
            low,
            high,
            closed and low is not None,
            closed and high is not None,
            type=RangeType(operand.type),
            **self._place(node),
        )

    def unary_tests(self, node: tree.UnaryTests, scope: Scope) -> ir.Ir:
        symbol = scope.names.get("?")
        return self.cell(node, symbol.type if symbol else ANY, scope)

    # --- calls ---------------------------------------------------------------------------------

    def call(self, node: tree.Call, scope: Scope) -> ir.Ir:
        function = node.function
        if isinstance(function, tree.Path) and (dotted := path_of(function)) in scope.functions:
            return self._invoke(cast("str", dotted), node, scope)
        if not isinstance(function, tree.Name):
            return self._call_value(node, scope)
        name = function.name
        if calls_value(name, scope):
            called = self._call_value(node, scope)
            if scope.mode == "strict" or name not in STANDARD_FUNCTIONS:
                return called
            # A model may have an input named `date`, and call the function all the same.
            builtin = self._builtin(name, STANDARD_FUNCTIONS[name], node, scope)
            return replace(called, otherwise=builtin)
        if (
            name == "is applicable"
            and len(node.arguments) == 1
            and isinstance(node.arguments[0], tree.Name)
        ):
            return self._is_applicable(node.arguments[0], node, scope)
        if name in scope.functions:
            return self._invoke(name, node, scope)
        if name in _RUN_TIME_ONLY:
            if scope.mode == "strict":
                self.fault(NOT_ALLOWED, function, what=f"{name}()", instead=_AS_INPUT)
                return self._void(node)
            if not node.arguments:
                return ir.Clock(name, **self._place(node))
        table = STANDARD_FUNCTIONS if scope.mode == "dmn" else FUNCTIONS
        if name not in table:
            if scope.mode == "dmn":  # an entry of an item, or a name that the caller brings
                return self._call_value(node, scope)
            near = nearest(name, [*FUNCTIONS, *scope.functions])
            self.fault(UNKNOWN_FUNCTION, function, near=near, name=name)
            return self._void(node)
        return self._builtin(name, table[name], node, scope)

    def _builtin(self, name: str, builtin: Builtin, node: tree.Call, scope: Scope) -> ir.Ir:
        arguments = tuple(self.check(a, scope) for a in node.arguments)
        return self._apply(name, builtin, arguments, node, scope, node.names)

    def _is_applicable(self, name: tree.Name, node: tree.Call, scope: Scope) -> ir.Ir:
        if name.name not in scope.names:
            return self._unknown(name, scope)
        return ir.Applicable(name.name, type=BOOLEAN, **self._place(node))

    def _invoke(self, name: str, node: tree.Call, scope: Scope) -> ir.Ir:
        symbol = scope.functions[name]
        listed = ", ".join(f"`{n}`" for n, _ in symbol.parameters)
        arguments = list(node.arguments)
        if node.names is not None:
            given = dict(zip(node.names, node.arguments, strict=True))
            for unknown in given.keys() - {n for n, _ in symbol.parameters}:
                self.fault(
                    WRONG_PARAMETER,
                    node,
                    near=nearest(unknown, [n for n, _ in symbol.parameters]),
                    function=name,
                    name=unknown,
                    parameters=listed,
                )
            arguments = [given[n] for n, _ in symbol.parameters if n in given]
        if len(arguments) != len(symbol.parameters):
            self.fault(
                WRONG_COUNT,
                node,
                function=name,
                wanted=len(symbol.parameters),
                given=len(arguments),
                parameters=listed or "-",
            )
            return self._void(node)
        made = []
        for argument, (parameter, wanted) in zip(arguments, symbol.parameters, strict=True):
            checked = self.check(_members_quoted(argument, wanted, self), scope)
            self._argument(name, parameter, wanted, checked, argument)
            made.append(checked)
        return ir.Invoke(name, tuple(made), type=symbol.result, **self._place(node))

    def _call_value(self, node: tree.Call, scope: Scope) -> ir.CallValue:
        function = self.check(node.function, scope)
        if (
            scope.mode == "strict"
            and function.type != ANY
            and not isinstance(function.type, types.FunctionType)
        ):
            self.fault(NOT_A_FUNCTION, node.function)
        arguments = tuple(self.check(a, scope) for a in node.arguments)
        type_ = function.type.result if isinstance(function.type, types.FunctionType) else ANY
        return ir.CallValue(function, arguments, node.names, type=type_, **self._place(node))

    def _apply(  # noqa: PLR0913, PLR0917 - a call is its name, function, arguments, place and scope
        self,
        name: str,
        builtin: Builtin,
        arguments: tuple[ir.Ir, ...],
        node: tree.Node,
        scope: Scope,
        names: tuple[str, ...] | None = None,
    ) -> ir.Ir:
        place = self._place(node)
        candidates = [s for s in builtin.signatures if fits_names(s, len(arguments), names)]
        if not candidates:
            if scope.mode == "strict":
                self.faults.append(count_fault(name, builtin, len(arguments), names, node))
                return self._void(node)
            return self._without_value(
                WRONG_NUMBER, node, scope, function=name, given=len(arguments)
            )
        if names is not None:
            candidates.sort(key=lambda s: names != tuple(p.name for p in s.parameters))
            missing = ir.Constant(None, type=types.NULL)
            arguments = in_parameter_order(candidates[0], arguments, names, missing)
        given = tuple(a.type for a in arguments)
        if scope.mode == "dmn":
            return ir.Apply(builtin, None, arguments, type=ANY, **place)
        found = next((s for s in candidates if accepts_all(s, given)), None)
        if found is None:
            self.faults.append(argument_fault(name, candidates, arguments))
            return ir.Apply(builtin, None, arguments, type=ANY, **place)
        if name == "interpolate" and (fault := interpolation_fault(arguments)):
            self.faults.append(fault)
            return self._void(node)
        open_ = ANY in given and len(candidates) > 1
        type_ = found.type_for(given)
        if type_ is None:
            first, last = number_types(given)
            self.faults.append(unit_fault(name, first, last, node))
        return ir.Apply(builtin, None if open_ else found, arguments, type=type_ or ANY, **place)

    def _argument(
        self, function: str, parameter: str, wanted: Type, given: ir.Ir, node: tree.Node
    ) -> None:
        if types.accepts(wanted, given.type):
            return
        if types.is_nullable(given.type) and given.type != NULL:
            self.fault(UNGUARDED, given, name=path_of(node) or SOME_VALUE)
        else:
            self.fault(
                WRONG_ARGUMENT,
                given,
                function=function,
                parameter=parameter,
                wanted=types.type_text(wanted),
                given=types.type_text(given.type),
            )

    # --- forms ---------------------------------------------------------------------------------

    def if_(self, node: tree.If, scope: Scope) -> ir.Ir:
        condition = self.check(node.condition, scope)
        self._condition(condition, scope)
        yes = self.check(node.yes, scope.knowing(facts_of(node.condition)))
        no = self.check(node.no, scope.knowing(facts_of(node.condition, truth=False)))
        joined = types.join(yes.type, no.type)
        if joined is None:
            self.fault(BRANCHES, node, yes=types.type_text(yes.type), no=types.type_text(no.type))
        type_ = _open(ANY if joined is None else joined, scope)
        return ir.If(condition, yes, no, type=type_, **self._place(node))

    def list_literal(self, node: tree.ListLiteral, scope: Scope) -> ir.Ir:
        items = tuple(self.check(item, scope) for item in node.items)
        item_type: Type = items[0].type if items else ANY
        for item in items[1:]:
            joined = types.join(item_type, item.type)
            if joined is None and types.join(without_unit(item_type), without_unit(item.type)):
                self.faults.append(unit_fault("[…]", item_type, item.type, item))
            item_type = joined or ANY
        return ir.MakeList(items, type=_open(ListType(item_type), scope), **self._place(node))

    def context_literal(self, node: tree.ContextLiteral, scope: Scope) -> ir.Ir:
        entries: list[tuple[str, ir.Ir]] = []
        for name, value in node.entries:
            # In the standard's meaning a function may call itself by the name of its entry.
            recursive = scope.mode == "dmn" and isinstance(value, tree.FunctionLiteral)
            made = self.check(value, scope.with_local(name, ANY) if recursive else scope)
            if name in dict(entries):
                void = self._without_value(ENTRY_TWICE, value, scope, name=name)
                if scope.mode == "dmn":
                    return void
            entries.append((name, made))
            scope = scope.with_local(name, made.type)
        type_ = ContextType(tuple((name, made.type) for name, made in entries))
        return ir.MakeContext(tuple(entries), type=_open(type_, scope), **self._place(node))

    def range_(self, node: tree.Range, scope: Scope) -> ir.Ir:
        low, high = self.check(node.low, scope), self.check(node.high, scope)
        item = types.join(without_unit(low.type), without_unit(high.type))
        if scope.mode == "strict" and (item is None or types.is_nullable(item)):
            self.faults.append(operand_fault("..", low, high, node))
        type_ = RangeType(types.plain_number(types.join(low.type, high.type) or ANY))
        return ir.MakeRange(
            low,
            high,
            node.low_closed,
            node.high_closed,
            type=_open(type_, scope),
            **self._place(node),
        )

    def filter_(self, node: tree.Filter, scope: Scope) -> ir.Ir:
        base = self.check(node.base, scope)
        item_type = self._items_of(base, scope)
        name = scope.item_name()
        item = ir.Read(name, local=True, type=item_type, **self._place(node.base))
        condition = self.check(node.condition, scope.within(item))
        if isinstance(condition.type, NumberType) and not ir.reads_local(condition, name):
            return ir.At(base, condition, type=types.plain_number(item_type), **self._place(node))
        self._condition(condition, scope)
        type_ = base.type if isinstance(base.type, ListType) else ListType(item_type)
        return ir.Filter(base, condition, name, type=_open(type_, scope), **self._place(node))

    def _items_of(self, base: ir.Ir, scope: Scope) -> Type:
        if isinstance(base.type, ListType):
            return base.type.item
        if scope.mode == "strict" and base.type != ANY:
            if types.is_nullable(base.type):
                self.fault(UNGUARDED, base, name=shown(base))
            else:
                self.fault(NOT_A_LIST, base, given=types.type_text(base.type))
        return ANY

    def for_(self, node: tree.For, scope: Scope) -> ir.Ir:
        iterations, inner = self._iterations(node.iterations, scope)
        named = any(iteration.name == "partial" for iteration in node.iterations)
        outer = scope.names.get("partial")  # an input or a decision of a rule set may have the name
        hidden = named or (scope.mode == "strict" and outer is not None and not outer.local)
        so_far = inner if hidden else inner.with_local("partial", ListType(ANY))
        body = self.check(node.result, so_far)
        looks_back = not hidden and ir.reads_local(body, "partial")
        type_ = _open(ListType(types.plain_number(body.type)), scope)
        return ir.Each("for", iterations, body, looks_back, type=type_, **self._place(node))

    def quantified(self, node: tree.Quantified, scope: Scope) -> ir.Ir:
        iterations, inner = self._iterations(node.iterations, scope)
        body = self.check(node.condition, inner)
        self._condition(body, scope)
        kind: Literal["some", "every"] = "some" if node.kind == "some" else "every"
        return ir.Each(kind, iterations, body, type=_open(BOOLEAN, scope), **self._place(node))

    def _iterations(
        self, found: tuple[tree.Iteration, ...], scope: Scope
    ) -> tuple[tuple[ir.Iteration, ...], Scope]:
        made = []
        for iteration in found:
            domain = self.check(iteration.domain, scope)
            counted = isinstance(domain.type, RangeType) or isinstance(domain, ir.MakeRange)
            item = (
                domain.type.item
                if isinstance(domain.type, ListType | RangeType)
                else self._items_of(domain, scope)
            )
            made.append(ir.Iteration(iteration.name, domain, counted))
            scope = scope.with_local(iteration.name, item)
        return tuple(made), scope

    def function_literal(self, node: tree.FunctionLiteral, scope: Scope) -> ir.Ir:
        if node.external:
            instead = Phrase("write the function as an expression", "请把函数写成表达式")
            return self._without_value(NOT_ALLOWED, node, scope, what="external", instead=instead)
        inner = scope
        parameters = []
        for name, type_name in node.parameters:
            type_ = named_type(type_name, scope.types) if type_name else ANY
            parameters.append((name, type_ or ANY))
            inner = inner.with_local(name, ANY if scope.mode == "dmn" else type_ or ANY)
        body = self.check(node.body, inner)
        type_ = types.FunctionType(tuple(parameters), body.type)
        names, declared = tuple(n for n, _ in parameters), tuple(t for _, t in parameters)
        # In rules the types were checked here; in the standard's meaning arguments are converted to them.
        return ir.MakeFunction(
            names, body, declared if scope.mode == "dmn" else (), type=type_, **self._place(node)
        )

    def instance_of(self, node: tree.InstanceOf, scope: Scope) -> ir.Ir:
        value = self.check(node.value, scope)
        wanted = named_type(node.type, scope.types)
        if wanted is None:
            known = "`number`, `string`, `boolean`, `date`, `list<…>`"
            return self._without_value(
                UNKNOWN_NAME, node.type, scope, name=node.type.name, known=known
            )
        return ir.InstanceOf(value, wanted, type=_open(BOOLEAN, scope), **self._place(node))


_CHECKS: dict[type, Callable[[_Checker, tree.Node, Scope], ir.Ir]] = cast(
    "dict[type, Callable[[_Checker, tree.Node, Scope], ir.Ir]]",
    {
        tree.Literal: _Checker.literal,
        tree.AtLiteral: _Checker.at_literal,
        tree.Name: _Checker.name,
        tree.Path: _Checker.path,
        tree.Binary: _Checker.binary,
        tree.Negate: _Checker.negate,
        tree.Between: _Checker.between,
        tree.In: _Checker.in_,
        tree.Call: _Checker.call,
        tree.If: _Checker.if_,
        tree.For: _Checker.for_,
        tree.Quantified: _Checker.quantified,
        tree.Filter: _Checker.filter_,
        tree.ListLiteral: _Checker.list_literal,
        tree.ContextLiteral: _Checker.context_literal,
        tree.Range: _Checker.range_,
        tree.InstanceOf: _Checker.instance_of,
        tree.FunctionLiteral: _Checker.function_literal,
        tree.Comparison: _Checker.comparison,
        tree.UnaryTests: _Checker.unary_tests,
    },
)
_BOOLEAN_OPERATORS = frozenset({"<", "<=", ">", ">=", "=", "!="})


# --- small questions ---------------------------------------------------------------------------


def _open(type_: Type, scope: Scope) -> Type:
    """In `dmn` mode every type is open until it runs."""
    return ANY if scope.mode == "dmn" else type_


def _constant_type(value: Value, scope: Scope) -> Type:
    if scope.mode == "dmn":
        return ANY
    if isinstance(value, Decimal):
        return NumberType(None, value, value, max(0, -int(value.as_tuple().exponent)))
    return StringType((value,)) if isinstance(value, str) else type_of(value)


def _is_null(node: tree.Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
