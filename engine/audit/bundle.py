"""A log on its own, a line a thing: what an outsider needs to verify it without the service."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.audit.checkpoint import open_checkpoint, parse_verifier
from engine.audit.verify import LogCheck, read_leaf
from engine.kernel.diagnostics import Code, Span
from engine.kernel.errors import DocumentError, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.audit.checkpoint import Checkpoint, Verifier

FORMAT = "evenhand log 1"
_HEX = re.compile("(?:[0-9a-f]{2})*")
_ENTRY = {"place", "leaf"}
_FORMS = (
    {"head"},
    {"end"},
    _ENTRY,
    {*_ENTRY, "hash"},
    {*_ENTRY, "salt", "body"},
    {*_ENTRY, "hash", "salt", "body"},
)
MOST_LINE = 1 << 23
"""How many characters one line may have."""

BAD_LINE = Code(
    "AUDIT-BUNDLE-001",
    "line {line} is no line of a log bundle",
    "第 {line} 行不是日志包的内容",
    "export the log again",
    "请重新导出日志",
)
CUT_OFF = Code(
    "AUDIT-BUNDLE-002",
    "the bundle has no end, or other numbers than its end says",
    "日志包没有结尾，或数目与结尾所述不符",
    "lines are missing: export the log again",
    "缺少行：请重新导出日志",
)
OTHER_KEY = Code(
    "AUDIT-BUNDLE-003",
    "the bundle names another key than the one it is verified with",
    "日志包所载的密钥与核验所用的不同",
    "ask which of the two is the service's, by another way than the bundle",
    "请通过日志包以外的途径确认哪个是服务的密钥",
)


@dataclass(slots=True)
class Verdict:
    """What a bundle was found to be."""

    check: LogCheck
    name: str = ""
    key_was_given: bool = False
    heads: int = 0
    waiting: list[str] = field(default_factory=list)
    """The subjects of entries that have no place yet."""
    stated: dict[str, int] | None = None
    """The numbers that its last line says."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.check.found


def head_line(verifier: Verifier) -> str:
    """Write the first line: the format, and the key that is only good if it is known otherwise."""
    return _line({"format": FORMAT, "key": str(verifier)})


def checkpoint_line(text: str) -> str:
    """Write a signed head."""
    return _line({"head": text})


def entry_line(
    place: int | None, leaf: bytes, stored: bytes | None, shown: tuple[bytes, bytes] | None = None
) -> str:
    """Write an entry with its hash in the tree; `shown` are the salt and the body behind its digest."""
    line: dict[str, object] = {"place": place, "leaf": leaf.decode("utf-8", "replace")}
    if stored is not None:
        line["hash"] = stored.hex()
    if shown is not None:
        line |= {"salt": shown[0].hex(), "body": shown[1].decode()}
    return _line(line)


def end_line(heads: int, entries: int, waiting: int) -> str:
    """Write the last line."""
    return _line({"end": {"heads": heads, "entries": entries, "waiting": waiting}})


def verify_bundle(
    lines: Iterable[str], key: Verifier | None = None, anchors: Iterable[str] = ()
) -> Verdict:
    """Verify a bundle with nothing but itself, the key, and heads that were kept elsewhere.

    Without a key the one in the bundle is used, and the verdict says so: then nothing shows who
    signed. Raises DocumentError for what is no bundle, EvaluationError for an anchor that is none.
    """
    numbered = enumerate(lines, 1)
    number, first = next(numbered, (1, ""))
    head = _read(first, number)
    if head.get("format") != FORMAT:
        raise _bad(number)
    named = parse_verifier(_text(head, "key", number))
    verifier = key or named
    verdict = Verdict(LogCheck(), verifier.name, key is not None)
    if str(verifier) != str(named):
        verdict.check.tell(OTHER_KEY.at(None))
    verdict.check.expect([open_checkpoint(text, verifier) for text in anchors], verifier.name)
    for number, text in numbered:
        if verdict.stated is not None:
            raise _bad(number)
        _take(verdict, verifier, _read(text, number), number)
    verdict.check.finish(needs_head=True)
    ended = {
        "heads": verdict.heads,
        "entries": verdict.check.entries,
        "waiting": len(verdict.waiting),
    }
    if verdict.stated != ended:
        verdict.check.tell(CUT_OFF.at(_span(number)))
    return verdict


def _take(verdict: Verdict, verifier: Verifier, line: Mapping[str, object], number: int) -> None:
    check = verdict.check
    if line.keys() not in _FORMS:
        raise _bad(number)
    match line:
        case {"head": str(text)}:
            verdict.heads += 1
            check.expect(_signed(check, text, verifier), verifier.name)
        case {"place": None, "leaf": str(text)}:
            entry = read_leaf(_raw(text))
            verdict.waiting.append("?" if entry is None else entry.subject)
        case {"place": int(place), "leaf": str(text)} if place is not True and place is not False:
            entry, _ = check.add(place, _raw(text), _hex(line, "hash", number))
            if entry is not None and "body" in line:
                salt = _hex(line, "salt", number) or b""
                check.body(entry, salt, _raw(_text(line, "body", number)))
        case {"end": dict(end)}:
            verdict.stated = {str(name): count for name, count in end.items()}
        case _:
            raise _bad(number)


def _signed(check: LogCheck, text: str, verifier: Verifier) -> Iterator[Checkpoint]:
    try:
        yield open_checkpoint(text, verifier)
    except EvaluationError as error:
        check.tell(error.fault)


def _line(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _read(text: str, number: int) -> dict[str, object]:
    """Read a line as a JSON object; raises DocumentError."""
    try:
        line = json.loads(text) if len(text) <= MOST_LINE else None
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise _bad(number)
    return line


def _text(line: Mapping[str, object], name: str, number: int) -> str:
    found = line.get(name)
    if not isinstance(found, str):
        raise _bad(number)
    return found


def _raw(text: str) -> bytes:
    """Give the bytes of a text; half a pair of code units, which no entry has, stays what it is."""
    return text.encode("utf-8", "surrogatepass")


def _hex(line: Mapping[str, object], name: str, number: int) -> bytes | None:
    if name not in line:
        return None
    text = _text(line, name, number)
    if not _HEX.fullmatch(text):
        raise _bad(number)
    return bytes.fromhex(text)


def _bad(number: int) -> DocumentError:
    return DocumentError([BAD_LINE.at(_span(number), line=number)])


def _span(number: int) -> Span:
    """Say which line; whoever has the file knows its name."""
    return Span("", number, 1, number, 2)
