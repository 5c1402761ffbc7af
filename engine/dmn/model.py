"""A DMN model that decides: decisions, functions and services by name, over plain Python values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import localcontext
from typing import TYPE_CHECKING

from engine.dmn import elements as dmn
from engine.dmn.evaluate import BoundError, Evaluation
from engine.dmn.expressions import Reader
from engine.dmn.linking import Model, link
from engine.feel import BAD_INPUT, to_feel, to_python
from engine.feel.backends.interpreter import MAX_STANDARD_CALLS, TOO_MANY_CALLS
from engine.feel.values import Function, NoValueError, Value, call
from engine.kernel.decimals import CONTEXT
from engine.kernel.errors import EvaluationError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from engine.kernel.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Result:
    """A value in plain Python, and the faults that made it, or a part of it, null."""

    value: object
    faults: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class DmnModel:
    """A model with those it imports; what was read of its texts is kept from one evaluation to the next."""

    linked: Model
    readers: Mapping[int, Reader] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.linked.definitions.name

    @property
    def namespace(self) -> str:
        """The namespace by which other models import it."""
        return self.linked.definitions.namespace

    @property
    def decisions(self) -> tuple[str, ...]:
        """The names of its decisions."""
        return self._names(dmn.Decision)

    @property
    def invocables(self) -> tuple[str, ...]:
        """The names of its business knowledge models and decision services."""
        return self._names(dmn.BusinessKnowledgeModel) + self._names(dmn.DecisionService)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its input data."""
        return self._names(dmn.InputData)

    def _names(self, class_: type[dmn.DrgElement]) -> tuple[str, ...]:
        elements = self.linked.definitions.elements.values()
        return tuple(e.name for e in elements if isinstance(e, class_))

    def evaluate(
        self,
        decision: str,
        inputs: Mapping[str, object] | None = None,
        *,
        now: dt.datetime | None = None,
    ) -> Result:
        """Evaluate a decision, found by name or id, where input data have the values of `inputs`.

        Inputs of an imported model stand in a context under the import's name; missing ones are null. `now` is what `now()` and `today()` give.

        Raises:
            NotFoundError: there is no such decision.
            EvaluationError: an input is no value of FEEL, such as a float.
        """
        found = self.linked.named(decision, dmn.Decision)
        if found is None:
            raise NotFoundError("decision", decision, known=self.decisions)
        return self._run(inputs, now, lambda run: run.element_value(*found, run.graph()))

    def invoke(
        self,
        name: str,
        inputs: Mapping[str, object] | None = None,
        *,
        now: dt.datetime | None = None,
    ) -> Result:
        """Call a decision service or business knowledge model with arguments by parameter name.

        Raises:
            NotFoundError: there is no such function.
            EvaluationError: an argument is no value of FEEL, such as a float.
        """
        service = self.linked.named(name, dmn.DecisionService)
        knowledge = self.linked.named(name, dmn.BusinessKnowledgeModel)
        if service is not None:
            return self._run(inputs, now, lambda run: _call(run.service(*service), run))
        if knowledge is not None:
            return self._run(inputs, now, lambda run: _call(run.knowledge(*knowledge), run))
        raise NotFoundError("function", name, known=self.invocables)

    def _run(
        self,
        inputs: Mapping[str, object] | None,
        now: dt.datetime | None,
        evaluate: Callable[[Evaluation], Value],
    ) -> Result:
        if inputs is not None and not isinstance(inputs, Mapping):
            raise EvaluationError(BAD_INPUT.at(None, name="inputs", given=type(inputs).__name__))
        values = {str(name): to_feel(value, str(name)) for name, value in (inputs or {}).items()}
        run = Evaluation(self.linked, self.readers, values, now)
        with localcontext(CONTEXT):
            try:
                return Result(to_python(evaluate(run)), tuple(run.faults))
            except NoValueError as error:
                run.fault(error.code, None, self.name, **error.args_)
            except BoundError:
                pass
            except RecursionError:  # the caller stands deep already
                run.fault(TOO_MANY_CALLS, None, self.name, limit=MAX_STANDARD_CALLS)
        return Result(None, tuple(run.faults))


def _call(function: Value, run: Evaluation) -> Value:
    """Call a function with the inputs that its parameters name; the others are null."""
    if not isinstance(function, Function):
        return None
    return call(function, [_argument(run, name) for name in function.parameters])


def _argument(run: Evaluation, name: str) -> Value:
    """Find an argument by its name, or by its name under that of an import."""
    if name in run.inputs:
        return run.inputs[name]
    behind = (run.inputs.get(alias) for alias, _ in run.root.imports)
    return next(
        (given[name] for given in behind if isinstance(given, dict) and name in given), None
    )


def load(
    xml: str | bytes, *, imports: Mapping[str, str | bytes] | None = None, path: str = ""
) -> DmnModel:
    """Load a DMN model (1.1 to 1.5); `imports` are other models by namespace or `locationURI`.

    Raises:
        DocumentError: a model cannot be read, is imported and not given, or they import in a circle.
    """
    linked = link(xml, imports or {}, path)
    names = frozenset().union(*(model.definitions.names for _, model in linked.models()))
    return DmnModel(
        linked,
        {id(model): Reader(names, dict(model.types.feel_types())) for _, model in linked.models()},
    )
