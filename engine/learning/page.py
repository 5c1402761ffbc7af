"""A plan as one self-contained HTML page: the picture, the steps with their reasons, what was not chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.decimals import decimal_text
from engine.learning.choices_text import explain_choices, explain_rejected
from engine.learning.explain import explain_plan
from engine.learning.pictures import as_markup, draw_plan, plan_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.diagnostics import Lang
    from engine.learning.choices import PlanChoices
    from engine.learning.documents import LearningPlan
    from engine.learning.pictures import TimeAxis

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1c2430; background: #fff;
  font: 1rem/1.6 system-ui, "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
.picture { overflow-x: auto; } svg { width: 100%; min-width: 40rem; height: auto; }
ol { padding-left: 1.5rem; } li { margin: 0 0 .75rem; } li b { display: block; }
code { overflow-wrap: anywhere; } .soft { color: #5b6675; } dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
@media print { .picture { overflow: visible; } svg { min-width: 0; } }
"""
_WORDS = {
    "steps": ("步骤", "Steps"),
    "status": ("概要", "In short"),
    "rejected": ("考虑过而未选", "Considered and not chosen"),
    "made": ("依据", "Made from"),
}


def plan_page(
    plan: LearningPlan,
    lang: Lang,
    *,
    choices: PlanChoices | None = None,
    time: TimeAxis | None = None,
) -> str:
    """Write a page that needs nothing but itself: no script, no request; it prints and fits a phone."""
    return "\n".join(_page(plan, lang, choices, time)) + "\n"


def _page(
    plan: LearningPlan, lang: Lang, choices: PlanChoices | None, time: TimeAxis | None
) -> Iterator[str]:
    title = plan_title(plan, lang)
    yield f'<!doctype html>\n<html lang="{"zh-Hans" if lang == "zh" else "en"}">\n<head>'
    yield '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{as_markup(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{as_markup(title)}</h1>"
    used = f"{plan.catalog.id}@{plan.catalog.version} {plan.catalog.hash}"
    yield f'<p class="soft">{_say("made", lang)}: <code>{as_markup(used)}</code></p>'
    yield f"<h2>{_say('status', lang)}</h2>"
    yield f"<p>{'<br>'.join(map(as_markup, _summary(plan, lang)))}</p>"
    rejected = choices.rejected if choices else ()
    picture = draw_plan(plan, lang, rejected=rejected, time=time)
    yield f'<div class="picture" tabindex="0">\n{picture}</div>'
    yield from _steps(plan, lang)
    if choices and rejected:
        yield f"<h2>{_say('rejected', lang)}</h2>\n<dl>"
        for one in rejected:
            why = explain_rejected(one, choices.currency, lang)
            yield f"<dt>{as_markup(one.name[lang])}</dt><dd>{as_markup(why)}</dd>"
        yield "</dl>"
    if choices:
        rest = explain_choices(choices.model_copy(update={"rejected": ()}), lang)
        yield "".join(f"<p>{as_markup(line)}</p>" for line in rest.splitlines())
    yield "</main>\n</body>\n</html>"


def _say(word: str, lang: Lang) -> str:
    zh, en = _WORDS[word]
    return zh if lang == "zh" else en


def _summary(plan: LearningPlan, lang: Lang) -> list[str]:
    """Give the lines of the plan's text that are not about a step."""
    return explain_plan(plan.model_copy(update={"steps": ()}), lang).splitlines()


def _steps(plan: LearningPlan, lang: Lang) -> Iterator[str]:
    if not plan.steps:
        return
    hours = "小时" if lang == "zh" else "h"
    yield f"<h2>{_say('steps', lang)}</h2>\n<ol>"
    for step in plan.steps:
        facts = f"{decimal_text(step.hours)} {hours} · {decimal_text(step.cost)} {plan.currency}"
        yield (
            f"<li><b>{as_markup(step.name[lang])}</b>"
            f'<span class="soft">{as_markup(facts)}</span><br>{as_markup(step.reason[lang])}</li>'
        )
    yield "</ol>"
