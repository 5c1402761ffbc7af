"""Every error as a problem (RFC 9457), in the language that the caller asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.services.access import WrongGrantsError
from api.services.decide import AlteredError, ErasedError, KeyReusedError, NothingLikeItError
from api.services.demographics import NoVaultError
from api.services.exceptions import ClosedError, SamePersonError
from api.services.people import HeldError, TakenError, UnknownPersonError
from api.services.publish import BlockedError, RefusedError
from api.services.sign_in import NotSignedInError, ProviderError, WeakPasswordError
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
    "no-vault": (
        503,
        "nothing says by which role the vault of demographics is reached: EVENHAND_VAULT_URL",
        "未设置访问人口统计保险库的角色：EVENHAND_VAULT_URL",
    ),
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
    "others-work": (
        403,
        "only who wrote some part of a version, or may publish, withdraws or discards it",
        "只有编写过该版本或有权发布者可以撤回或弃置它",
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
        "only a rule set, a competency model or an inference runs in shadow",
        "只有规则集、胜任力模型和推理规则可以影子运行",
    ),
    "over": (422, "that day is over already", "该期限已过"),
    "blocked": (422, "findings stand in the way", "有问题尚未解决"),
    "no-such-method": (405, "this address knows no such method", "该地址不支持此方法"),
    "too-many": (429, "too many requests; try again later", "请求过多，请稍后再试"),
    "unforeseen": (500, "something went wrong here; it is in the log", "服务内部出错，已记入日志"),
    "not-authenticated": (
        401,
        "a valid key, token or session is needed",
        "需要有效的密钥、令牌或会话",
    ),
    "not-allowed": (403, "the caller may not do this", "调用者无权执行此操作"),
    "not-signed-in": (
        401,
        "the sign-in did not succeed: begin again",
        "登录未成功：请重新开始",
    ),
    "forged": (
        403,
        "a change by session has to come from a page of this service",
        "通过会话的更改必须来自本服务的页面",
    ),
    "weak-password": (
        422,
        "a password has 12 to 200 characters, and is neither the name nor the one before",
        "密码须为 12 至 200 个字符，且不同于姓名和原密码",
    ),
    "wrong-grants": (422, "there is no such scope or role", "没有该权限或角色"),
}


# As RFC 9110 and RFC 6585 ask.
_HEADERS = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "1"}}
_OF_HTTP = {404: "not-found", 405: "no-such-method"}


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
    body = problem_body(language_of(request), kind, detail, found)
    status = TITLES[kind][0]
    return JSONResponse(body, status, _HEADERS.get(status), "application/problem+json")


def problem_body(
    lang: Lang, kind: str, detail: str = "", found: Sequence[Diagnostic] = ()
) -> dict[str, object]:
    """Say a problem as data (RFC 9457)."""
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
    return body


def told(error: Exception) -> tuple[str, str, Sequence[Diagnostic]]:
    """Give kind, detail and findings of an error of the layers below; raises what is none of them."""
    match error:
        case ProblemError():
            return error.kind, error.detail, ()
        case DocumentError():
            return "not-valid", "", error.diagnostics
        case EvaluationError():
            return "not-valid", "", (error.fault,)
        case NotFoundError():
            return "not-found", f"{error.kind} {error.id}", ()
        case NothingLikeItError():
            return "not-found", json.dumps(str(error)), ()
        case KeyReusedError():
            return "key-reused", "", ()
        case ErasedError():
            return "erased", "", ()
        case AlteredError():
            return "altered", str(error), ()
        case RefusedError():
            return error.kind, error.detail, ()
        case BlockedError():
            return "blocked", "", error.findings
        case UnknownPersonError():
            return "not-found", "", ()
        case SamePersonError():
            return "same-person", "", ()
        case ClosedError():
            return "closed", str(error), ()
        case NoVaultError():
            return "no-vault", "", ()
        case HeldError():
            return "held", str(error), ()
        case NotSignedInError() | ProviderError():
            # Why is for the log: to whoever guesses, every reason is the same.
            return "not-signed-in", "", ()
        case WeakPasswordError():
            return "weak-password", "", ()
        case WrongGrantsError():
            return "wrong-grants", str(error), ()
        case TakenError():
            return "taken", "", ()
        case _:
            raise error


TOLD = (
    ProblemError,
    DocumentError,
    EvaluationError,
    NotFoundError,
    NothingLikeItError,
    KeyReusedError,
    ErasedError,
    AlteredError,
    RefusedError,
    BlockedError,
    UnknownPersonError,
    SamePersonError,
    ClosedError,
    HeldError,
    NoVaultError,
    TakenError,
    NotSignedInError,
    ProviderError,
    WeakPasswordError,
    WrongGrantsError,
)
"""The errors that are answered as problems."""


def add_problems(app: FastAPI) -> None:
    """Answer the errors of the layers below as problems; what is unforeseen is answered by `Guard`."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        return problem(request, *told(error))

    for known in TOLD:
        app.add_exception_handler(known, answer)

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> JSONResponse:
        # Where, and what the framework says of it; never what came in.
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        return problem(request, "not-valid", "; ".join(wrong))

    @app.exception_handler(ClientDisconnect)
    async def _(request: Request, _: ClientDisconnect) -> JSONResponse:
        # Nobody hears it: it is for the figures, where it is no fault of ours.
        return problem(request, "not-json")

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> JSONResponse:
        answered = problem(request, _OF_HTTP.get(error.status_code, "not-valid"))
        answered.headers.update(error.headers or {})
        return answered
