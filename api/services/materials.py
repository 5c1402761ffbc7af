"""The documents that one interview is evaluated by, found in the content by name and date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.hiring.evaluation import Materials

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from engine.content import Content


def materials_of(  # noqa: PLR0913 - each is named by itself
    content: Content,
    model: str,
    rules: str,
    jurisdictions: Iterable[str],
    when: dt.datetime,
    *,
    inference: str | None = None,
    catalog: str | None = None,
) -> Materials:
    """Find a model and rule set (`id` or `id@version`), with the inference and catalog that go with them.

    Raises NotFoundError and DocumentError.
    """
    compiled = content.model(model, when)
    # An inference and rules for demonstration are not published: the model's own version is asked for by name.
    source = inference or _reference(content, "inference", compiled.document.evidence_from)
    return Materials(
        compiled,
        content.inference(source, when),
        content.rule_set(rules, when),
        content.graph(when, catalog),
        content.law(jurisdictions, when),
    )


def _reference(content: Content, kind: str, id_: str) -> str:
    """Name the only version of a document that is never published, a demonstration."""
    versions = content.versions.get((kind, id_), [])
    if versions and all(getattr(v.document, "use", None) == "demonstration" for v in versions):
        return f"{id_}@{versions[-1].document.version}"
    return id_
