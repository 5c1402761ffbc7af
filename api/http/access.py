"""Who may call which route: every route names its scope, and there is none without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends, Request

from api.http.problems import ProblemError
from api.services.access import Caller, find_caller

if TYPE_CHECKING:
    from api.services.platform import Platform

SCOPES = {
    "decide": "decide cases and record them",
    "read": "read recorded decisions",
    "audit": "read the log, prove and replay",
    "author": "write drafts of documents and submit them",
    "approve": "approve, reject and waive what others wrote",
    "publish": "publish, suspend and resume documents, and run them in shadow",
    "people": "keep external ids, export, hold and erase people",
    "sensitive": "read inputs in the clear; every reading is logged",
    "demographics": "write what people declare of themselves, and count outcomes by it",
}


def platform_of(request: Request) -> Platform:
    """Give the open parts of the service."""
    found: Platform = request.app.state.platform
    return found


class Needs:
    """The dependency that lets only callers with one of these scopes through."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    def __call__(self, request: Request) -> Caller:
        """Find the caller by the bearer key; raises ProblemError."""
        authorization = request.headers.get("authorization", "")
        caller = find_caller(platform_of(request), authorization)
        if caller is None:
            raise ProblemError("not-authenticated")
        if caller.scopes.isdisjoint(self.scopes):
            raise ProblemError("not-allowed", f"scope {' / '.join(self.scopes)}")
        return caller


CanDecide, CanRead, CanAudit = (Depends(Needs(scope)) for scope in ("decide", "read", "audit"))
CanAuthor, CanApprove, CanPublish = (Depends(Needs(s)) for s in ("author", "approve", "publish"))
TakesBack = Depends(Needs("author", "publish"))
CanSeeDrafts = Depends(Needs("author", "approve", "publish", "audit"))
ManagesPeople, SeesGroups = (Depends(Needs(scope)) for scope in ("people", "demographics"))
