"""Versions of documents: drafts, approvals, publication, shadow and the stop button, for every kind of document alike."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.convertors import StringConvertor, register_url_convertor

from api.http.access import (
    CanApprove,
    CanAudit,
    CanAuthor,
    CanCheck,
    CanPublish,
    CanSeeDrafts,
    TakesBack,
    platform_of,
)
from api.http.answers import (
    AgreementAnswer,
    DecidedPage,
    DifferenceAnswer,
    HistoryPage,
    InForceAnswer,
    StopAnswer,
    VersionAnswer,
    VersionPage,
)
from api.http.bodies import RequestBody, body_as, moment
from api.http.documented import answers, body_of
from api.http.once import Once
from api.http.problems import ProblemError, language_of
from api.services import publish as steps
from api.services import versions as views
from api.services.access import Caller
from api.services.publish import Act, Version
from api.services.versions import Page

COLLECTIONS = {
    "rule-sets": "rule_set",
    "inferences": "inference",
    "competency-models": "competency_model",
    "catalogs": "catalog",
    "policies": "policy",
    "jurisdictions": "jurisdiction",
    "dmn-models": "dmn_model",
}
"""The kinds of documents, by their names in addresses."""


class _Collection(StringConvertor):
    regex = "|".join(COLLECTIONS)

    def convert(self, value: str) -> str:
        """Give the kind of a collection."""
        return COLLECTIONS[value]


register_url_convertor("collection", _Collection())
router = APIRouter(prefix="/v1", tags=["publishing"], responses=answers("not-found"))
_STEP = answers(
    "not-found",
    "too-large",
    "own-work",
    "others-work",
    "stale",
    "published",
    "wrong-state",
    "not-approved",
    "no-shadow",
    "over",
    "blocked",
    "key-reused",
)
"""What a step of a version may be answered with."""

_Kind = Annotated[
    str, Path(description="The kind of document.", json_schema_extra={"enum": [*COLLECTIONS]})
]
_Id = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]*$", max_length=80)]
_Version = Annotated[str, Path(pattern=r"^\d{1,9}\.\d{1,9}\.\d{1,9}$")]
_Limit = Annotated[int, Query(ge=1, le=1000)]
_AFTER = "`next` of the page before"


def _named(kind: _Kind, id_: _Id, version: _Version) -> Version:
    return Version(kind, id_, version)


def _numbered(
    after: Annotated[str, Query(pattern="^[0-9]{0,18}$", description=_AFTER)] = "",
    limit: _Limit = 100,
) -> Page:
    return Page(limit, after)


def _by_id(
    after: Annotated[str, Query(pattern="^[0-9a-f]{0,32}$", description=_AFTER)] = "",
    limit: _Limit = 100,
) -> Page:
    return Page(limit, after)


_Name = Annotated[Version, Depends(_named)]
_Numbered = Annotated[Page, Depends(_numbered)]
_ById = Annotated[Page, Depends(_by_id)]
_ONE = "/{kind:collection}/{id_}/{version}"


# Texts for people: no database keeps the sign NUL, and no reader sees the others.
_PRINTED = r"^[^\x00-\x08\x0b-\x1f]*$"


class Body(RequestBody):
    """What every step carries: why."""

    reason: str = Field(
        "", max_length=2000, pattern=_PRINTED, examples=["the board's line of June"]
    )


class Said(Body):
    """A step that nobody takes without a reason."""

    reason: str = Field(
        min_length=1, max_length=2000, pattern=_PRINTED, examples=["read against HR-POL-07"]
    )


class Draft(Body):
    """The files of one version by path, as they lie in a folder of content."""

    files: dict[Annotated[str, Field(max_length=200)], str] = Field(
        min_length=1,
        max_length=20_000,
        examples=[{"rules/offer/1.2.0.yaml": "…", "rules/offer/cases.yaml": "…"}],
    )


class Approval(Said):
    """An approval names what was read: the `digest` of the files, or the `hash` of the document."""

    digest: str = Field(pattern="^sha256:[0-9a-f]{64}$", examples=[f"sha256:{'0' * 64}"])


class Waiver(Said):
    """What may pass though it is not proved: a guarantee's id or a table's name, until an instant."""

    what: str = Field(min_length=1, max_length=120, pattern=_PRINTED, examples=["G2"])
    until: str = Field(
        max_length=40, description="RFC 3339", examples=["2027-01-31T00:00:00+08:00"]
    )


class Assessment(Body):
    """Where an assessment of the impact is kept."""

    kept_at: str = Field(
        min_length=1, max_length=500, pattern=_PRINTED, examples=["dpia/2026-11/offer"]
    )


class ShadowSwitch(Body):
    """Whether the version is to run in shadow."""

    runs: bool = Field(examples=[True])


def _act(caller: Caller, body: Body) -> Act:
    now = dt.datetime.now(dt.UTC)
    return Act(caller.client, now, body.reason, "publish" in caller.scopes)


# --- looking -------------------------------------------------------------------------------------


@router.get("/{kind:collection}", dependencies=[CanSeeDrafts], response_model=VersionPage)
def list_versions(request: Request, kind: _Kind, page: _Numbered) -> JSONResponse:
    """List the versions of all documents of a kind, with their states."""
    now = dt.datetime.now(dt.UTC)
    return JSONResponse(views.versions(platform_of(request), kind, None, page, now))


@router.get("/{kind:collection}/{id_}", dependencies=[CanSeeDrafts], response_model=VersionPage)
def list_versions_of(request: Request, kind: _Kind, id_: _Id, page: _Numbered) -> JSONResponse:
    """List the versions of one document, with their states."""
    now = dt.datetime.now(dt.UTC)
    return JSONResponse(views.versions(platform_of(request), kind, id_, page, now))


@router.get(
    "/{kind:collection}/{id_}/in-force", dependencies=[CanSeeDrafts], response_model=InForceAnswer
)
def get_in_force(
    request: Request,
    kind: _Kind,
    id_: _Id,
    as_of: Annotated[str | None, Query(max_length=40)] = None,
    known_at: Annotated[str | None, Query(max_length=40)] = None,
) -> JSONResponse:
    """Say which version was in force at `as_of`, as it was known at `known_at`."""
    when = moment(as_of, "as_of") or dt.datetime.now(dt.UTC)
    known = moment(known_at, "known_at") or dt.datetime.now(dt.UTC)
    return JSONResponse(views.in_force(platform_of(request), kind, id_, when, known))


@router.get(
    "/{kind:collection}/{id_}/history", dependencies=[CanSeeDrafts], response_model=HistoryPage
)
def get_history(
    request: Request,
    kind: _Kind,
    id_: _Id,
    page: _ById,
    version: Annotated[str | None, Query(max_length=40, pattern=_PRINTED)] = None,
) -> JSONResponse:
    """List every step: who drafted, approved, published, stopped what, when and why."""
    return JSONResponse(views.history(platform_of(request), kind, id_, version, page))


@router.get(
    "/{kind:collection}/{id_}/diff", dependencies=[CanSeeDrafts], response_model=DifferenceAnswer
)
def get_difference(
    request: Request,
    kind: _Kind,
    id_: _Id,
    before: Annotated[str, Query(max_length=40, pattern=_PRINTED)],
    after: Annotated[str, Query(max_length=40, pattern=_PRINTED)],
) -> JSONResponse:
    """Compare two versions in words: what changed, and of a rule set who can gain and lose."""
    names = (Version(kind, id_, before), Version(kind, id_, after))
    return JSONResponse(views.difference(platform_of(request), *names, language_of(request)))


@router.get(_ONE, dependencies=[CanSeeDrafts], response_model=VersionAnswer)
def get_version(request: Request, name: _Name) -> JSONResponse:
    """Give a version: its files, its state, who wrote and who approved it."""
    now = dt.datetime.now(dt.UTC)
    return JSONResponse(views.version(platform_of(request), name, now))


@router.get(f"{_ONE}/decisions", dependencies=[CanAudit], response_model=DecidedPage)
def get_decisions(
    request: Request,
    name: _Name,
    page: _ById,
) -> JSONResponse:
    """List the decisions that a version of a rule set made."""
    if name.kind != "rule_set":
        raise ProblemError("not-found", "decisions")
    return JSONResponse(views.decisions(platform_of(request), name, page))


@router.get(f"{_ONE}/agreement", dependencies=[CanSeeDrafts], response_model=AgreementAnswer)
def get_agreement(request: Request, name: _Name, page: _ById) -> JSONResponse:
    """Report how a version in shadow agrees with the one in force, and which decisions differ, by pages."""
    return JSONResponse(views.agreement(platform_of(request), name, page))


def _step(body: type[RequestBody], made: type[BaseModel] = VersionAnswer) -> dict[str, Any]:
    """Describe a step: its body, what it gives, and what it may be refused with."""
    return {"openapi_extra": body_of(body), "responses": _STEP, "response_model": made}


# --- writing -------------------------------------------------------------------------------------


@router.put(_ONE, **_step(Draft))
def put_draft(
    request: Request,
    caller: Annotated[Caller, CanAuthor],
    body: Annotated[Draft, body_as(Draft, is_draft=True)],
    name: _Name,
) -> JSONResponse:
    """Write a draft or edit one; an edit voids its approvals. The same files again change nothing."""
    return JSONResponse(steps.draft(platform_of(request), name, body.files, _act(caller, body)))


@router.post(f"{_ONE}/check", **_step(Body))
def check_version(
    caller: Annotated[Caller, CanCheck],
    body: Annotated[Body, body_as(Body)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Look at a version as if it were published: findings, cases, proofs, and how many must approve."""
    return JSONResponse(steps.check(platform, name, _act(caller, body)))


@router.post(f"{_ONE}/submit", **_step(Body))
def submit_version(
    caller: Annotated[Caller, CanAuthor],
    body: Annotated[Body, body_as(Body)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Hand a draft to those who approve; findings that stand in the way are the answer."""
    return JSONResponse(steps.submit(platform, name, _act(caller, body)))


@router.post(f"{_ONE}/withdraw", **_step(Body))
def withdraw_version(
    caller: Annotated[Caller, TakesBack],
    body: Annotated[Body, body_as(Body)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Take a submitted version back to be a draft; its approvals are void."""
    return JSONResponse(steps.withdraw(platform, name, _act(caller, body)))


@router.post(f"{_ONE}/discard", **_step(Said))
def discard_version(
    caller: Annotated[Caller, TakesBack],
    body: Annotated[Said, body_as(Said)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Discard a draft; its history stays, and writing it again brings it back."""
    return JSONResponse(steps.discard(platform, name, _act(caller, body)))


@router.post(f"{_ONE}/approve", **_step(Approval))
def approve_version(
    caller: Annotated[Caller, CanApprove],
    body: Annotated[Approval, body_as(Approval)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Approve a version by the digest or hash of what was read; its authors cannot."""
    act = _act(caller, body)
    return JSONResponse(steps.approve(platform, name, body.digest, act))


@router.post(f"{_ONE}/reject", **_step(Said))
def reject_version(
    caller: Annotated[Caller, CanApprove],
    body: Annotated[Said, body_as(Said)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Give a submitted version back to its author."""
    return JSONResponse(steps.reject(platform, name, _act(caller, body)))


@router.post(f"{_ONE}/waive", **_step(Waiver))
def waive_finding(
    caller: Annotated[Caller, CanApprove],
    body: Annotated[Waiver, body_as(Waiver)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Let a guarantee or table that is not proved pass, by name, with a reason, until an instant."""
    until = moment(body.until, "until")
    act = _act(caller, body)
    return JSONResponse(steps.waive(platform, name, body.what, until or act.at, act))


@router.post(f"{_ONE}/assess", **_step(Assessment))
def assess_version(
    caller: Annotated[Caller, CanAuthor],
    body: Annotated[Assessment, body_as(Assessment)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Record that the impact of a version was assessed, and where that is kept."""
    act = _act(caller, body)
    return JSONResponse(steps.assess(platform, name, body.kept_at, act))


@router.post(f"{_ONE}/publish", **_step(Body))
def publish_version(
    caller: Annotated[Caller, CanPublish],
    body: Annotated[Body, body_as(Body)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Publish an approved version: it is in force from its `effective_from` on, and never changes."""
    return JSONResponse(steps.publish(platform, name, _act(caller, body)))


@router.post(f"{_ONE}/shadow", **_step(ShadowSwitch))
def shadow_version(
    caller: Annotated[Caller, CanPublish],
    body: Annotated[ShadowSwitch, body_as(ShadowSwitch)],
    name: _Name,
    platform: Once,
) -> JSONResponse:
    """Let a version run beside the one in force, recorded and without effect, or end that."""
    act = _act(caller, body)
    return JSONResponse(steps.shadow(platform, name, act, runs=body.runs))


@router.post("/{kind:collection}/{id_}/suspend", **_step(Said, StopAnswer))
def suspend_document(
    caller: Annotated[Caller, CanPublish],
    body: Annotated[Said, body_as(Said)],
    kind: _Kind,
    id_: _Id,
    platform: Once,
) -> JSONResponse:
    """Stop a document: from the next decision on, what rests on it goes to a person."""
    return JSONResponse(steps.suspend(platform, kind, id_, _act(caller, body)))


@router.post("/{kind:collection}/{id_}/resume", **_step(Said, StopAnswer))
def resume_document(
    caller: Annotated[Caller, CanPublish],
    body: Annotated[Said, body_as(Said)],
    kind: _Kind,
    id_: _Id,
    platform: Once,
) -> JSONResponse:
    """Let a stopped document decide again."""
    return JSONResponse(steps.resume(platform, kind, id_, _act(caller, body)))
