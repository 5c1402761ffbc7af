"""The two doors to the registry: the data folder of this machine, or a service by its address."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from api.cli.shared import wrong_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from api.services.platform import Platform
    from engine.publishing.mirror import Name

_A_PAGE = 500
_SECONDS = 120
_LONGEST_NAME, _LONGEST_TEXT = 64, 2000


class ProblemError(Exception):
    """A step that is refused: `kind` as the service names it, `title` where the service said it itself."""

    def __init__(
        self, kind: str, detail: str = "", title: str = "", findings: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(kind)
        self.kind, self.detail, self.title, self.findings = kind, detail, title, findings


class Registry(Protocol):
    """What the commands ask of the registry; each answer is the JSON that the service gives."""

    def versions(self, id_: str | None = None) -> list[dict[str, Any]]:
        """List all versions, or those of one id, without their files."""

    def version(self, name: Name) -> dict[str, Any]:
        """Give one version with its files."""

    def draft(self, name: Name, files: Mapping[str, str], reason: str) -> dict[str, Any]:
        """Write a draft."""

    def step(self, name: Name, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take a step with a version."""

    def stop(self, kind: str, id_: str, verb: str, reason: str) -> dict[str, Any]:
        """Suspend or resume a document."""

    def history(self, kind: str, id_: str, version: str | None) -> dict[str, Any]:
        """List the steps of a document."""

    def agreement(self, name: Name) -> dict[str, Any]:
        """Report how a shadow agrees, with all decisions that differ."""


@contextlib.contextmanager
def open_registry(
    url: str | None, key: str | None, by: str | None, lang: str
) -> Iterator[Registry]:
    """Open the registry at `url`, or that of the data folder as `by`."""
    if url is not None:
        if not key:
            wrong_use(
                "a service asks for a key: set EVENHAND_KEY", "服务需要密钥：请设置 EVENHAND_KEY"
            )
        if not _is_address(url):
            wrong_use(
                f"`{url}` is no address: write https://…", f"`{url}` 不是地址：请写作 https://…"
            )
        remote = _Remote(url.rstrip("/"), key, lang)
        remote.greet()
        yield remote
        return
    if not by or not by.strip() or len(by) > _LONGEST_NAME:
        wrong_use(
            f"say who you are: --by NAME, of at most {_LONGEST_NAME} signs",
            f"请说明操作人：--by 名称，至多 {_LONGEST_NAME} 个字符",
        )
    from api.services.platform import opened
    from api.settings import Settings
    from api.store.registry import revision_of

    settings = Settings()
    if settings.database_url is None and not (settings.data_dir / "evenhand.sqlite").exists():
        wrong_use(
            f"there is no registry in `{settings.data_dir}`: `evenhand serve` makes one; "
            "EVENHAND_DATA_DIR names another folder, --url a service",
            f"`{settings.data_dir}` 中没有注册库：`evenhand serve` 会建立；"
            "EVENHAND_DATA_DIR 指明另一目录，--url 指明服务",
        )
    with opened(settings) as platform:
        with platform.engine.connect() as connection:
            is_begun = revision_of(connection) > 0
        if not is_begun:
            wrong_use(
                "the registry has not begun: `evenhand serve` publishes its content at the first start",
                "注册库尚未开始：`evenhand serve` 首次启动时发布其内容",
            )
        yield _Local(platform, by.strip())


def _is_address(url: str) -> bool:
    """Whether a text is the address of a service."""
    try:
        read = urllib.parse.urlsplit(url)
        return read.scheme in {"http", "https"} and bool(read.hostname) and read.port != 0
    except ValueError:
        return False


def bounded(body: dict[str, Any]) -> dict[str, Any]:
    """Refuse texts that are too long, or that hold signs which nobody sees."""
    for name, text in body.items():
        if isinstance(text, str) and (len(text) > _LONGEST_TEXT or "\0" in text):
            wrong_use(
                f"the {name} is longer than {_LONGEST_TEXT} signs, or not plain text",
                f"{name} 超过 {_LONGEST_TEXT} 个字符，或不是纯文本",
            )
    return body


@dataclass(frozen=True, slots=True)
class _Local:
    """The registry in the data folder; who works there could write to the database as well."""

    platform: Platform
    by: str

    def _now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def versions(self, id_: str | None = None) -> list[dict[str, Any]]:
        from api.services.versions import Page, versions

        now = self._now()
        found = _whole(
            "versions", lambda at: versions(self.platform, None, id_, Page(_A_PAGE, at), now)
        )
        return list(found["versions"])

    def version(self, name: Name) -> dict[str, Any]:
        from api.services.publish import Version
        from api.services.versions import version

        return version(self.platform, Version(*name), self._now())

    def draft(self, name: Name, files: Mapping[str, str], reason: str) -> dict[str, Any]:
        from api.services.publish import Act, Version, draft

        act = Act(self.by, self._now(), reason)
        return _told(lambda: draft(self.platform, Version(*name), files, act))

    def step(self, name: Name, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        from api.services import publish as steps

        act = steps.Act(self.by, self._now(), body.get("reason", ""), may_publish=True)
        one, platform = steps.Version(*name), self.platform
        match verb:
            case "approve":
                return _told(lambda: steps.approve(platform, one, body["digest"], act))
            case "shadow":
                return _told(lambda: steps.shadow(platform, one, act, runs=body["runs"]))
            case "waive":
                until = dt.datetime.fromisoformat(body["until"])
                return _told(lambda: steps.waive(platform, one, body["what"], until, act))
            case "assess":
                return _told(lambda: steps.assess(platform, one, body["kept_at"], act))
            case _:
                take = {
                    "check": steps.check,
                    "submit": steps.submit,
                    "withdraw": steps.withdraw,
                    "discard": steps.discard,
                    "reject": steps.reject,
                    "publish": steps.publish,
                }[verb]
                return _told(lambda: take(platform, one, act))

    def stop(self, kind: str, id_: str, verb: str, reason: str) -> dict[str, Any]:
        from api.services import publish as steps

        take = {"suspend": steps.suspend, "resume": steps.resume}[verb]
        return take(self.platform, kind, id_, steps.Act(self.by, self._now(), reason))

    def history(self, kind: str, id_: str, version: str | None) -> dict[str, Any]:
        from api.services.versions import Page, history

        return _whole(
            "history", lambda at: history(self.platform, kind, id_, version, Page(_A_PAGE, at))
        )

    def agreement(self, name: Name) -> dict[str, Any]:
        from api.services.publish import Version
        from api.services.versions import Page, agreement

        version = Version(*name)
        return _whole("differing", lambda at: agreement(self.platform, version, Page(_A_PAGE, at)))


def _whole(part: str, ask: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Ask for a list from its beginning to its end: the answer has all of its `part`."""
    answer = page = ask("")
    while page["next"] is not None:
        page = ask(page["next"])
        answer[part] += page[part]
    return {**answer, "next": None}


def _told(take: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Take a step; what is refused is a problem, as the service would answer it."""
    from api.services.publish import BlockedError, RefusedError
    from api.services.versions import finding_json

    try:
        return take()
    except RefusedError as error:
        raise ProblemError(error.kind, error.detail) from None
    except BlockedError as error:
        raise ProblemError(
            "blocked", findings=tuple(finding_json(one) for one in error.findings)
        ) from None


@dataclass(frozen=True, slots=True)
class _Remote:
    """The registry of a service, over its API."""

    url: str
    key: str
    lang: str

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the scheme is looked at where it is opened
            f"{self.url}/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {
                "authorization": f"Bearer {self.key}",
                "accept-language": self.lang,
                "content-type": "application/json",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - (see above)
                read: dict[str, Any] = json.load(answer)
                return read
        except urllib.error.HTTPError as error:
            raise _problem_of(error) from None
        except ValueError:
            self._is_none()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "reason", error)
            wrong_use(f"no answer from `{self.url}`: {why}", f"`{self.url}` 没有应答：{why}")

    def _is_none(self) -> NoReturn:
        wrong_use(
            f"`{self.url}` is no Evenhand service: give its address as it is reached, without /v1 or a page",
            f"`{self.url}` 不是 Evenhand 服务：请给出服务本身的地址，不带 /v1 或页面路径",
        )

    def greet(self) -> None:
        """Look whether there is a service that knows the key: elsewhere, too, there may be nothing of a name."""
        try:
            if "scopes" not in self._ask("GET", "session"):
                self._is_none()
        except ProblemError as error:
            if error.kind in {"not-found", "no-answer"}:
                self._is_none()
            raise

    def _pages(self, path: str, **query: str) -> Callable[[str], dict[str, Any]]:
        def ask(after: str) -> dict[str, Any]:
            asked = {**query, "limit": str(_A_PAGE), "after": after}
            return self._ask("GET", f"{path}?{urllib.parse.urlencode(asked)}")

        return ask

    def versions(self, id_: str | None = None) -> list[dict[str, Any]]:
        from api.http.publishing import COLLECTIONS

        found: list[dict[str, Any]] = []
        for kind in COLLECTIONS.values():
            path = _address(kind) if id_ is None else _address(kind, id_)
            try:
                found += _whole("versions", self._pages(path))["versions"]
            except ProblemError as error:
                if id_ is None or error.kind != "not-found":
                    raise
        return found

    def version(self, name: Name) -> dict[str, Any]:
        return self._ask("GET", _address(*name))

    def draft(self, name: Name, files: Mapping[str, str], reason: str) -> dict[str, Any]:
        return self._ask("PUT", _address(*name), {"files": dict(files), "reason": reason})

    def step(self, name: Name, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", f"{_address(*name)}/{verb}", body)

    def stop(self, kind: str, id_: str, verb: str, reason: str) -> dict[str, Any]:
        return self._ask("POST", f"{_address(kind, id_)}/{verb}", {"reason": reason})

    def history(self, kind: str, id_: str, version: str | None) -> dict[str, Any]:
        only = {"version": version} if version else {}
        asked = self._pages(f"{_address(kind, id_)}/history", **only)
        return _whole("history", asked)

    def agreement(self, name: Name) -> dict[str, Any]:
        return _whole("differing", self._pages(f"{_address(*name)}/agreement"))


def _address(kind: str, *rest: str) -> str:
    from api.http.publishing import COLLECTIONS

    collection = next(name for name, one in COLLECTIONS.items() if one == kind)
    return "/".join((collection, *(urllib.parse.quote(step, safe="") for step in rest)))


def _problem_of(error: urllib.error.HTTPError) -> ProblemError:
    """Read what the service says against a step; what is no problem of its own is told by its status."""
    try:
        read = json.load(error)
        kind = str(read["type"]).rpartition(":")[2]
        findings = tuple(
            {
                **one,
                "zh": one["message"],
                "en": one["message"],
                "help_zh": one["help"],
                "help_en": one["help"],
            }
            for one in read.get("findings", ())
        )
        return ProblemError(kind, str(read.get("detail", "")), str(read["title"]), findings)
    except (ValueError, KeyError, TypeError):
        return ProblemError("no-answer", f"HTTP {error.code}", f"HTTP {error.code}")
