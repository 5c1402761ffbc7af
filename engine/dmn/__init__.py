"""DMN models in and out: the standard's decision models (1.1 to 1.5) on the same FEEL as the rule sets."""

from __future__ import annotations

from engine.dmn.model import DmnModel, Result, load

__all__ = ["DmnModel", "Result", "load"]
