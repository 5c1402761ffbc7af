"""Plans: the exact one for scores, and one proposed anew from what was learned."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.http.access import CanPlan, answer, platform_of
from api.http.answers import PlanAnswer, ProposalAnswer
from api.http.bodies import PlanRequest, ReplanRequest, moment, parse, read_raw
from api.http.documented import OF_A_BODY, OF_A_RECORD, answers, body_of
from api.http.problems import ProblemError, language_of
from api.services.plan import Results, draw_plan, plan_again
from engine.rules.inputs import read_number

router = APIRouter(prefix="/v1", tags=["plans"], dependencies=[CanPlan])


@router.post(
    "/plans",
    response_model=PlanAnswer,
    responses=answers(*OF_A_RECORD, *OF_A_BODY),
    openapi_extra=body_of(PlanRequest),
)
async def post_plan(request: Request) -> JSONResponse:
    """Make the exact plan for a role and scores. Nothing is kept."""
    platform = platform_of(request)
    asked = parse(await read_raw(request, platform.settings.max_body_bytes), PlanRequest)
    scores = {name: _score(name, value) for name, value in asked.scores.items()}
    sets = ("passed", "booked", "forced", "excluded")
    facts = {name: frozenset(getattr(asked, name)) for name in sets}

    def work() -> dict[str, object]:
        return draw_plan(
            platform,
            asked.role,
            scores,
            moment(asked.as_of) or dt.datetime.now(dt.UTC),
            language_of(request),
            limits=asked.limits,
            asked={**facts, "preference": asked.preference},
            seconds=Decimal(asked.seconds),
            why=asked.why,
        )

    return answer(request, await run_in_threadpool(work))


@router.post(
    "/plans/replan",
    response_model=ProposalAnswer,
    responses=answers(*OF_A_RECORD, *OF_A_BODY),
    openapi_extra=body_of(ReplanRequest),
)
async def post_replan(request: Request) -> JSONResponse:
    """Propose a plan anew with the least disturbance of what is booked. A person accepts; nothing is kept."""
    platform = platform_of(request)
    asked = parse(await read_raw(request, platform.settings.max_body_bytes), ReplanRequest)
    of = asked.decision or asked.plan
    if of is None or (asked.decision and asked.plan):
        raise ProblemError("not-json", "decision | plan")
    made = await run_in_threadpool(
        plan_again,
        platform,
        of,
        asked.enrolment,
        Results(asked.xapi, asked.csv),
        asked.limits,
        moment(asked.as_of) or dt.datetime.now(dt.UTC),
        language_of(request),
    )
    return answer(request, made)


def _score(name: str, value: object) -> Decimal:
    number = read_number(value)
    if number is None:
        raise ProblemError("not-json", f"scores.{name[:80]}")
    return number
