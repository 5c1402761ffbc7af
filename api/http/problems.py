"""Every error as a problem (RFC 9457), in the language that the caller asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

from api.services.decide import AlteredError, ErasedError, KeyReusedError, NothingLikeItError
from api.services.exceptions import ClosedError, SamePersonError
from api.services.people import HeldError, TakenError, UnknownPersonError
from api.services.publish import BlockedError, RefusedError
from engine.kernel.errors import DocumentError, EvaluationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI, Request

    from engine.kernel.diagnostics import Diagnostic, Lang

TITLES = {
    "not-found": (404, "there is nothing of that name", "没有该对象"),
    "not-valid": (422, "the request cannot be carried out as it is", "请求无法按原样执行"),
    "not-json": (400, "the body is not the JSON that is expected", "请求体不是所需的 JSON"),
    "too-large": (413, "the body is too large", "请求体过大"),
    "key-reused": (
        409,
        "this idempotency key came with another request before",
        "该幂等键此前用于另一请求",
    ),
    "erased": (410, "what this is about was erased", "相关内容已被删除"),
    "held": (409, "a legal hold forbids the erasure", "法律冻结期间不得删除"),
    "same-person": (
        403,
        "whoever asks, or has approved in another role, cannot approve",
        "申请人或已以其他角色批准的人不得批准",
    ),
    "closed": (409, "this exception waits for no such approval", "该例外不待此批准"),
    "taken": (409, "another person already has this id", "该编号已属于另一人"),
    "altered": (
        500,
        "a record does not open: it, or its key, was altered",
        "记录无法打开：记录或密钥被改动",
    ),
    "own-work": (
        403,
        "who wrote any part of a version neither approves nor waives it",
        "编写过该版本任何部分的人不能批准或豁免它",
    ),
    "stale": (
        409,
        "the version was edited meanwhile: read it again",
        "该版本已被改动：请重新阅读",
    ),
    "published": (
        409,
        "a published version never changes: write the next one",
        "已发布的版本永不改动：请写下一个版本",
    ),
    "wrong-state": (
        409,
        "the version is not in the state for this step",
        "该版本所处状态不允许此步骤",
    ),
    "not-approved": (409, "approvals are missing", "审批人数不足"),
    "no-shadow": (
        422,
        "only a rule set runs in shadow: nothing else decides by itself",
        "只有规则集可以影子运行：其他文件自己不作裁定",
    ),
    "over": (422, "that day is over already", "该期限已过"),
    "blocked": (422, "findings stand in the way", "有问题尚未解决"),
    "not-authenticated": (401, "a valid key is needed", "需要有效的密钥"),
    "not-allowed": (403, "the key may not do this", "该密钥无权执行此操作"),
}


class ProblemError(Exception):
    """Raised by a route to answer with one of the problems above."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind)
        self.kind, self.detail = kind, detail


def language_of(request: Request) -> Lang:
    """Give the language of a request's texts: Chinese where it is asked for first."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def problem(
    request: Request, kind: str, detail: str = "", found: Sequence[Diagnostic] = ()
) -> JSONResponse:
    """Make the answer for a problem; findings say where and what to do."""
    lang = language_of(request)
    status, en, zh = TITLES[kind]
    body: dict[str, object] = {
        "type": f"urn:evenhand:problem:{kind}",
        "title": zh if lang == "zh" else en,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    if found:
        body["findings"] = [
            {
                "code": one.code.id,
                "at": str(one.span) if one.span else one.where or None,
                "message": one.message(lang),
                "help": one.help(lang),
            }
            for one in found
        ]
    headers = {"www-authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004 - as RFC 9110 asks
    return JSONResponse(body, status, headers, "application/problem+json")


def add_problems(app: FastAPI) -> None:
    """Answer the errors of the layers below as problems; what is unforeseen says nothing of itself."""

    @app.exception_handler(ProblemError)
    async def _(request: Request, error: ProblemError) -> JSONResponse:
        return problem(request, error.kind, error.detail)

    @app.exception_handler(RefusedError)
    async def _(request: Request, error: RefusedError) -> JSONResponse:
        return problem(request, error.kind, error.detail)

    @app.exception_handler(BlockedError)
    async def _(request: Request, error: BlockedError) -> JSONResponse:
        return problem(request, "blocked", found=error.findings)

    @app.exception_handler(DocumentError)
    async def _(request: Request, error: DocumentError) -> JSONResponse:
        return problem(request, "not-valid", found=error.diagnostics)

    @app.exception_handler(EvaluationError)
    async def _(request: Request, error: EvaluationError) -> JSONResponse:
        return problem(request, "not-valid", found=[error.fault])

    @app.exception_handler(NotFoundError)
    async def _(request: Request, error: NotFoundError) -> JSONResponse:
        return problem(request, "not-found", f"{error.kind} {error.id}")

    @app.exception_handler(NothingLikeItError)
    async def _(request: Request, error: NothingLikeItError) -> JSONResponse:
        return problem(request, "not-found", json.dumps(str(error)))

    @app.exception_handler(UnknownPersonError)
    async def _(request: Request, _: UnknownPersonError) -> JSONResponse:
        return problem(request, "not-found")

    @app.exception_handler(SamePersonError)
    async def _(request: Request, _: SamePersonError) -> JSONResponse:
        return problem(request, "same-person")

    @app.exception_handler(ClosedError)
    async def _(request: Request, error: ClosedError) -> JSONResponse:
        return problem(request, "closed", str(error))

    @app.exception_handler(HeldError)
    async def _(request: Request, error: HeldError) -> JSONResponse:
        return problem(request, "held", str(error))

    @app.exception_handler(TakenError)
    async def _(request: Request, _: TakenError) -> JSONResponse:
        return problem(request, "taken")

    @app.exception_handler(KeyReusedError)
    async def _(request: Request, _: KeyReusedError) -> JSONResponse:
        return problem(request, "key-reused")

    @app.exception_handler(ErasedError)
    async def _(request: Request, _: ErasedError) -> JSONResponse:
        return problem(request, "erased")

    @app.exception_handler(AlteredError)
    async def _(request: Request, error: AlteredError) -> JSONResponse:
        return problem(request, "altered", str(error))
