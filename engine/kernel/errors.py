"""The few exceptions that leave the engine's door."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.kernel.diagnostics import Diagnostic


class EngineError(Exception):
    """The base of everything the engine raises on purpose."""


class DocumentError(EngineError):
    """A document or an expression cannot be used; `diagnostics` says all that is wrong with it."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep every diagnostic, errors and warnings alike."""
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code.id}: {d.message('en')}" for d in self.diagnostics))


class EvaluationError(EngineError):
    """An evaluation has no answer: `fault` is the diagnostic that says why and where."""

    def __init__(self, fault: Diagnostic) -> None:
        """Keep the one fault that voided the evaluation."""
        self.fault = fault
        super().__init__(f"{fault.code.id}: {fault.message('en')}")


class NotFoundError(EngineError):
    """A document that was asked for by id, version or date is not there."""

    def __init__(self, kind: str, id_: str, asked: str = "", known: Iterable[str] = ()) -> None:
        """Say what was asked for and which names were known, for a did-you-mean."""
        self.kind, self.id, self.asked, self.known = kind, id_, asked, tuple(known)
        of = f" ({asked})" if asked else ""
        super().__init__(f"no {kind.replace('_', ' ')} `{id_}`{of}")


class ConflictError(EngineError):
    """Two documents claim the same place, such as one version with two contents."""
