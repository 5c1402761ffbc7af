"""Typed form to Python source, compiled once: the fast path, which must agree with the interpreter.

The code knows only values, not places: when it raises, the interpreter is asked for the fault. This is
the one module that compiles and runs generated source; no text of an author reaches it unparsed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, cast

from engine.feel import ir, types
from engine.feel.backends import interpreter
from engine.feel.builtins.calling import call_builtin, call_signature
from engine.feel.builtins.lists import item_at
from engine.feel.builtins.operators import compare
from engine.feel.values import (
    NOT_APPLICABLE,
    Function,
    NoValueError,
    Range,
    Value,
    call,
    is_instance,
)
from engine.kernel.decimals import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.feel.types import Type


def entry_or(base: Value, name: str, otherwise: Callable[[], Value]) -> Value:
    """Find an entry of a context, or what the name means outside it."""
    return base[name] if isinstance(base, dict) and name in base else otherwise()


def condition(value: Value) -> bool:
    """Accept only true and false."""
    if value is True or value is False:
        return bool(value)
    raise NoValueError(interpreter.NOT_A_CONDITION, given="missing")


def looking_back(
    run: interpreter.Run, items: Iterable[tuple[Value, ...]], body: Callable[..., Value]
) -> tuple[Value, ...]:
    """Give the results of an iteration whose body is given those so far."""
    results: list[Value] = []
    for item in items:
        run.look_back(len(results))
        results.append(body(tuple(results), *item))
    return tuple(results)


_SUPPORT: dict[str, object] = {
    "Decimal": Decimal,
    "NOT_APPLICABLE": NOT_APPLICABLE,
    "Range": Range,
    "Function": Function,
    "call_builtin": call_builtin,
    "call_signature": call_signature,
    "entry_of": interpreter.entry_of,
    "domain_items": interpreter.domain_items,
    "is_instance": is_instance,
    "Run": interpreter.Run,
    "item_at": item_at,
    "call_value": call,
    "entry_or": entry_or,
    "condition": condition,
    "looking_back": looking_back,
}


@dataclass(slots=True)
class Module:
    """Generated source in the making: its lines and the objects that they name."""

    lines: list[str] = field(default_factory=list)
    objects: dict[str, object] = field(default_factory=lambda: dict(_SUPPORT))
    _names: dict[tuple[type, str | int], str] = field(default_factory=dict)
    locals: int = 0

    def keep(self, value: object, prefix: str = "k") -> str:
        """Give an object a name that the source can use."""
        # Equal values of one kind share a name; 1 and true, alone or in a list, are equal and not alike.
        plain = isinstance(value, Decimal | str)
        key = (type(value), str(value) if plain else id(value))
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = f"{prefix}{len(self._names)}"
            self.objects[known] = value
        return known

    def fresh(self, prefix: str = "x") -> str:
        """Make a local name that nothing else has."""
        self.locals += 1
        return f"{prefix}_{self.locals}"

    def assemble(self) -> dict[str, object]:
        """Compile and run the source; gives its names."""
        namespace = dict(self.objects)
        exec(compile("\n".join(self.lines) + "\n", "<rules>", "exec"), namespace)
        return namespace


@dataclass(frozen=True, slots=True)
class Names:
    """How the source calls the names of an expression, the functions, and the counter of steps."""

    variables: Mapping[str, str]
    functions: Mapping[str, str] = field(default_factory=dict)
    meter: str = "Run()"

    def binding(self, **local: str) -> Names:
        """Add local names."""
        return replace(self, variables={**self.variables, **local})


def emit(node: ir.Ir, names: Names, module: Module) -> str:
    """Write `node` as one Python expression in brackets; raises KeyError for a name that is not given."""
    if not isinstance(node, ir.Constant) and ir.is_constant(node):
        folded = fold(node)
        if folded is not None:
            return _constant(folded, names, module)
    return _EMITS[type(node)](node, names, module)


def fold(node: ir.Ir) -> ir.Constant | None:
    """Evaluate a node that depends on nothing; None when it has no value, so that it faults where it runs."""
    if isinstance(node, ir.Constant):
        return node
    with localcontext(CONTEXT):
        try:
            value = interpreter.evaluate_ir(node, {})
        except NoValueError:
            return None
    return ir.Constant(value, type=node.type, start=node.start, end=node.end)


def _constant(node: ir.Constant, _names: Names, module: Module) -> str:
    if node.value is None or isinstance(node.value, bool):
        return repr(node.value)
    return module.keep(node.value)


def _read(node: ir.Read, names: Names, _module: Module) -> str:
    return names.variables[node.name]


def _applicable(node: ir.Applicable, names: Names, _module: Module) -> str:
    return f"({names.variables[node.name]} is not NOT_APPLICABLE)"


def _apply(node: ir.Apply, names: Names, module: Module) -> str:
    arguments = [emit(a, names, module) for a in node.arguments]
    if node.signature is None:
        return f"call_builtin({module.keep(node.builtin, 'b')}, [{', '.join(arguments)}])"
    if any(_is_open(a.type) for a in node.arguments) and not _takes_anything(node):
        builtin, signature = module.keep(node.builtin, "b"), module.keep(node.signature, "s")
        return f"call_signature({builtin}, {signature}, [{', '.join(arguments)}])"
    if node.signature.inline is not None:
        return node.signature.inline.format(*arguments)
    if node.signature.prepare is not None and all(ir.is_constant(a) for a in node.arguments[1:]):
        known = [fold(a) for a in node.arguments[1:]]
        prepared = node.signature.prepare(*(k.value for k in known if k is not None))
        return f"{module.keep(prepared, 'f')}({arguments[0]})"
    # Faults are the interpreter's to tell: the bare function is called, without the guard around it.
    run = getattr(node.signature.run, "__wrapped__", node.signature.run)
    return f"{module.keep(run, 'f')}({', '.join(arguments)})"


def _takes_anything(node: ir.Apply) -> bool:
    return node.signature is not None and all(p.kind == "any" for p in node.signature.parameters)


def _is_open(type_: Type) -> bool:
    """Whether a value of this type must be looked at when it runs."""
    match type_:
        case types.ListType() | types.RangeType():
            return _is_open(type_.item)
        case types.NullableType():
            return True
        case _:
            pass
    return type_ == types.ANY


def _flag(node: ir.Ir, names: Names, module: Module) -> str:
    text = emit(node, names, module)
    return text if node.type == types.BOOLEAN else f"condition({text})"


def _logic(node: ir.Logic, names: Names, module: Module) -> str:
    return f"({_flag(node.left, names, module)} {node.op} {_flag(node.right, names, module)})"


def _if(node: ir.If, names: Names, module: Module) -> str:
    yes, no = emit(node.yes, names, module), emit(node.no, names, module)
    return f"({yes} if {_flag(node.condition, names, module)} else {no})"


def _list(node: ir.MakeList, names: Names, module: Module) -> str:
    return "(" + "".join(f"{emit(item, names, module)}, " for item in node.items) + ")"


def _context(node: ir.MakeContext, names: Names, module: Module) -> str:
    """Nest a lambda an entry, so that later entries see the earlier ones."""
    made: list[tuple[str, str, str]] = []
    for name, value in node.entries:
        variable = module.fresh("e")
        made.append((variable, emit(value, names, module), name))
        names = names.binding(**{name: variable})
    body = "{" + ", ".join(f"{name!r}: {variable}" for variable, _, name in made) + "}"
    for variable, value_text, _ in reversed(made):
        body = f"(lambda {variable}: {body})({value_text})"
    return body


def _range(node: ir.MakeRange, names: Names, module: Module) -> str:
    low = "None" if node.low is None else emit(node.low, names, module)
    high = "None" if node.high is None else emit(node.high, names, module)
    return (
        f"{module.keep(_ordered_range, 'f')}({low}, {high}, {node.low_closed}, {node.high_closed})"
    )


def _ordered_range(low: Value, high: Value, low_closed: bool, high_closed: bool) -> Range:  # noqa: FBT001 - generated calls
    if low is not None and high is not None:
        compare(low, high)
    return Range(low, high, low_closed, high_closed)


def _entry(node: ir.Entry, names: Names, module: Module) -> str:
    base = emit(node.base, names, module)
    if node.otherwise is not None:
        return f"entry_or({base}, {node.name!r}, lambda: {emit(node.otherwise, names, module)})"
    if isinstance(node.base.type, types.ContextType) and node.base.type.fields is not None:
        return f"{base}[{node.name!r}]"
    return f"entry_of({base}, {node.name!r})"


def _filter(node: ir.Filter, names: Names, module: Module) -> str:
    item = module.fresh("i")
    fits = _flag(node.condition, names.binding(**{node.item: item}), module)
    return f"tuple([{item} for {item} in domain_items({emit(node.base, names, module)}, {names.meter}) if {fits}])"


def _at(node: ir.At, names: Names, module: Module) -> str:
    return f"item_at({emit(node.base, names, module)}, {emit(node.position, names, module)})"


def _each(node: ir.Each, names: Names, module: Module) -> str:
    loops = []
    for iteration in node.iterations:
        variable = module.fresh("i")
        domain = emit(iteration.domain, names, module)
        loops.append(f"for {variable} in domain_items({domain}, {names.meter})")
        names = names.binding(**{iteration.name: variable})
    if node.looks_back:
        variables = [names.variables[i.name] for i in node.iterations]
        results = module.fresh("p")
        body = emit(node.body, names.binding(partial=results), module)
        items = f"(({''.join(f'{v}, ' for v in variables)}) {' '.join(loops)})"
        return f"looking_back({names.meter}, {items}, lambda {', '.join([results, *variables])}: {body})"
    if node.kind == "for":
        return f"tuple([{emit(node.body, names, module)} {' '.join(loops)}])"
    quantifier = "any" if node.kind == "some" else "all"
    return f"{quantifier}({_flag(node.body, names, module)} {' '.join(loops)})"


def _instance_of(node: ir.InstanceOf, names: Names, module: Module) -> str:
    return f"is_instance({emit(node.value, names, module)}, {module.keep(node.wanted, 't')})"


def _invoke(node: ir.Invoke, names: Names, module: Module) -> str:
    return f"{names.functions[node.function]}({', '.join(emit(a, names, module) for a in node.arguments)})"


def _function(node: ir.MakeFunction, names: Names, module: Module) -> str:
    local = {name: module.fresh("p") for name in node.parameters}
    body = emit(node.body, names.binding(**local), module)
    made = f"Function({node.parameters!r}, {module.keep(_metered, 'f')}({names.meter}, lambda {', '.join(local.values())}: {body}))"
    # The values are bound now: a loop around the function goes on and changes its own names.
    used = {n.name for n in ir.walk(node.body) if isinstance(n, ir.Read)} - {*node.parameters}
    bound = ", ".join(sorted({names.variables[n] for n in used if n in names.variables}))
    return f"(lambda {bound}: {made})({bound})" if bound else made


def _metered(run: interpreter.Run, call: Callable[..., Value]) -> Callable[..., Value]:
    def counted(*arguments: Value) -> Value:
        with run.call():
            return call(*arguments)

    return counted


def _call_value(node: ir.CallValue, names: Names, module: Module) -> str:
    arguments = "".join(f"{emit(a, names, module)}, " for a in node.arguments)
    return f"call_value({emit(node.function, names, module)}, ({arguments}), {node.names!r})"


_EMITS: dict[type, Callable[[ir.Ir, Names, Module], str]] = cast(
    "dict[type, Callable[[ir.Ir, Names, Module], str]]",
    {
        ir.Constant: _constant,
        ir.Read: _read,
        ir.Applicable: _applicable,
        ir.Apply: _apply,
        ir.Logic: _logic,
        ir.If: _if,
        ir.MakeList: _list,
        ir.MakeContext: _context,
        ir.MakeRange: _range,
        ir.Entry: _entry,
        ir.Filter: _filter,
        ir.At: _at,
        ir.Each: _each,
        ir.InstanceOf: _instance_of,
        ir.Invoke: _invoke,
        ir.MakeFunction: _function,
        ir.CallValue: _call_value,
    },
)


def compile_expression(node: ir.Ir, parameters: tuple[str, ...]) -> Callable[..., Value]:
    """Compile one expression to a function of its names; the caller sets the decimal context."""
    module = Module()
    variables = {name: f"v{index}" for index, name in enumerate(parameters)}
    body = emit(node, Names(variables, meter="meter"), module)
    module.lines = [
        f"def expression({', '.join(variables.values())}):",
        "    meter = Run()",
        f"    return {body}",
    ]
    return cast("Callable[..., Value]", module.assemble()["expression"])
