"""YAML 1.2 text to a tree of plain texts that remember their line and column.

Scalars stay text: the declared type of a key decides later what `0.10` or `true` mean, so that no
loader can turn 79.999999999999999999 into 80. Anchors, aliases, tags and merge keys are refused.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from engine.kernel.diagnostics import Code, Diagnostic, Phrase, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.error import StreamMark
    from ruamel.yaml.nodes import Node as YamlNode

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_NODES = 50_000
_MAX_SYNTAX_FAULTS = 50

TOO_LARGE = Code(
    "YAML-SIZE-001",
    "the file has {size} bytes, more than 1 MiB",
    "文件有 {size} 字节，超过 1 MiB",
    "split it into several documents",
    "请拆成几个文件",
)
TOO_DEEP = Code(
    "YAML-SIZE-002",
    "the document is nested more than {limit} deep",
    "文件嵌套超过 {limit} 层",
    "flatten it",
    "请减少嵌套",
)
TOO_MANY = Code(
    "YAML-SIZE-003",
    "the document has more than {limit} keys and values",
    "文档的键与值超过 {limit} 个",
    "draw long tables as text, or split the document",
    "长表请画成文本表格，或拆分文档",
)
BAD_SIGN = Code(
    "YAML-SIGN-001",
    "the character {name} is not allowed here",
    "此处不允许字符 {name}",
    "delete it and type the line again",
    "请删除后重新输入这一行",
)
TAB = Code(
    "YAML-SIGN-002",
    "a tab is used for indentation",
    "缩进使用了制表符",
    "indent with spaces",
    "请用空格缩进",
)
NOT_NFC = Code(
    "YAML-SIGN-003",
    "the name `{name}` is not in Unicode normal form NFC",
    "名称 `{name}` 不是 Unicode NFC 规范形式",
    "type it again",
    "请重新输入",
)
SYNTAX = Code(
    "YAML-SYNTAX-001",
    "this is not YAML: {problem}",
    "不是合法的 YAML：{problem}",
    "check the indentation, quotes and brackets of this line and the one before",
    "请检查本行和上一行的缩进、引号与括号",
)
QUOTE_IT = Code(
    "YAML-SYNTAX-002",
    "YAML reads `{text}` as its own sign, not as text",
    "YAML 把 `{text}` 当作自己的符号，而不是文字",
    "put it in quotes: '{text}'",
    "请加引号：'{text}'",
)
ANCHOR = Code(
    "YAML-SYNTAX-003",
    "anchors and aliases are not used in these documents",
    "本类文件不使用锚点与别名",
    "write the text out",
    "请把内容写全",
)
TAG = Code(
    "YAML-SYNTAX-004",
    "YAML tags are not used in these documents",
    "本类文件不使用 YAML 标签",
    "delete the tag, or quote a text that starts with `!`",
    "请删除标签；以 `!` 开头的文字请加引号",
)
DUPLICATE_KEY = Code(
    "YAML-KEY-001",
    "the key `{key}` stands twice",
    "键 `{key}` 出现两次",
    "the first is on line {first}; keep one",
    "第一次在第 {first} 行；请保留一个",
)
KEY_TEXT = Code(
    "YAML-KEY-002",
    "a key must be a plain word",
    "键必须是普通文字",
    "quote a text that starts with a bracket",
    "以括号开头的文字请加引号",
)
NO_VALUE = Code(
    "YAML-KEY-003",
    "the key `{key}` has no value",
    "键 `{key}` 没有值",
    "give it a value or delete the line",
    "请填写值或删除该行",
)
NO_VALUE_FLOW = Code(
    "YAML-KEY-004",
    "the key `{key}` has no value",
    "键 `{key}` 没有值",
    "a comma ends a text inside {{ }}: put the text in quotes",
    "逗号会结束 {{ }} 里的文字：请给文字加引号",
)
NO_ITEM = Code(
    "YAML-KEY-005",
    "this list item is empty",
    "该列表项为空",
    "give it a value or delete it",
    "请填写值或删除",
)
WIDE_SIGN = Code(
    "YAML-SIGN-004",
    "`{sign}` is a full-width sign, which YAML does not read as its own",
    "`{sign}` 是全角符号，YAML 不把它当作自己的符号",
    "write `{ascii}`",
    "请改用半角 `{ascii}`",
)
EMPTY = Code(
    "YAML-SYNTAX-005",
    "the file is empty",
    "文件为空",
    "start with `schema_version:` and `kind:`",
    "请从 `schema_version:` 和 `kind:` 写起",
)
MERGE_MARK = Code(
    "YAML-SYNTAX-007",
    "two versions of these lines stand in the file: a merge was not finished",
    "此处并存两个版本的内容：合并尚未完成",
    "keep one version, and delete the lines of `<<<<<<<`, `=======` and `>>>>>>>`",
    "请保留一个版本，并删除 `<<<<<<<`、`=======`、`>>>>>>>` 这几行",
)
ONE_DOCUMENT = Code(
    "YAML-SYNTAX-006",
    "the file holds more than one document",
    "文件含有多个文档",
    "keep one document a file",
    "每个文件只放一个文档",
)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text in a document; `style` is YAML's: `` plain, `'` and `"` quoted, `|` literal, `>` folded.

    `comment` says that a ` #` comment follows on its line.
    """

    text: str
    span: Span
    style: str = ""
    _starts: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    _path: str = field(default="", repr=False)
    comment: bool = False

    def span_at(self, start: int, end: int) -> Span:
        """Place the code points `start` to `end` of the text in the source file."""
        if not self._starts:
            return self.span
        line, column = self._place(start)
        end_line, end_column = self._place(max(start, end))
        return Span(self._path, line, column, end_line, end_column)

    def offset_at(self, line: int, column: int) -> int | None:
        """Find the offset in the text of a place in the source file; None where it is not in the text."""
        index = line - self._starts[0][0] if self._starts else -1
        if not 0 <= index < len(self._starts) or column < self._starts[index][1]:
            return None
        lines = self.text.split("\n")
        start = sum(len(before) + 1 for before in lines[:index])
        return min(start + column - self._starts[index][1], start + len(lines[index]))

    def _place(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset]
        index = min(before.count("\n"), len(self._starts) - 1)
        line, column = self._starts[index]
        return line, column + offset - (before.rfind("\n") + 1)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A YAML list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """A YAML map; `keys` gives each key's own place."""

    entries: dict[str, Node]
    keys: dict[str, Span]
    span: Span


@dataclass(frozen=True, slots=True)
class Data:
    """A value read from JSON, which a program wrote: it has no places inside; `span` is its file's."""

    value: object
    span: Span


Node: TypeAlias = Scalar | Sequence | Mapping | Data


def plain(node: Node) -> object:
    """Strip the positions: dicts, lists and texts."""
    match node:
        case Data(value=value) | Scalar(text=value):
            return value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key: plain(value) for key, value in node.entries.items()}


def descend(node: Node | None, path: tuple[str | int, ...]) -> Node | None:
    """Follow keys and indices from `node`; None where the way ends."""
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.entries.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        elif isinstance(node, Data):
            try:
                node = Data(node.value[step], node.span)  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                return None
        else:
            return None
    return node


def key_span_of(node: Node | None, path: tuple[str | int, ...]) -> Span | None:
    """Place the key that `path` ends in."""
    above = descend(node, path[:-1]) if path else None
    return above.keys.get(str(path[-1])) if isinstance(above, Mapping) else None


def span_of(node: Node | None, path: tuple[str | int, ...]) -> Span | None:
    """Place the value at `path`, or the nearest thing above it that is there; prefers the key's own place."""
    for length in range(len(path), -1, -1):
        if length and isinstance(path[length - 1], str):
            above = descend(node, path[: length - 1])
            if (
                isinstance(above, Mapping)
                and length < len(path)
                and (key := above.keys.get(str(path[length - 1])))
            ):
                return key
        if found := descend(node, path[:length]):
            if isinstance(found, Scalar):
                return found.span
            above = descend(node, path[: length - 1]) if length else None
            if isinstance(above, Mapping) and (key := above.keys.get(str(path[length - 1]))):
                return key
            return Span(
                found.span.path,
                found.span.line,
                found.span.column,
                found.span.line,
                found.span.column + 1,
            )
    return None


def read_yaml(text: str, path: str = "") -> tuple[Node | None, list[Diagnostic]]:
    """Read one YAML document; the node is None when its syntax cannot be read. Never raises."""
    node, found = _read_once(text, path)
    return node, list(found)


@functools.lru_cache(maxsize=256)
def _read_once(text: str, path: str) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """Read a text; the trees of the last ones are kept, since reading YAML is the slowest step there is."""
    found = list(_check_signs(text, path))
    if any(d.code in {TOO_LARGE, TAB, MERGE_MARK} for d in found):
        return None, tuple(found)
    # A sign that is refused may end a line for YAML and not for us: a space stands in for it.
    reader = _Reader(path, _FORBIDDEN.sub(" ", text.replace("\r\n", "\n")).split("\n"))
    top = reader.compose()
    if top is None:  # a sign that is not allowed may be why: it is told alone
        return None, tuple(found or reader.found)
    found += reader.found
    node = reader.convert(top, 0)
    return node, (*found, *(d for d in reader.found if d not in found))


_MERGE_MARK = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_OTHER_SPACES = re.compile("[ \u3000]*[\u00a0\u2000-\u200b\u202f\u205f\u2060]")
_FORBIDDEN = re.compile(
    "[\x85\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]"
)


def _check_signs(text: str, path: str) -> Iterator[Diagnostic]:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        yield TOO_LARGE.at(Span(path, 1, 1, 1, 1), size=size)
        return
    if mark := _MERGE_MARK.search(text):
        number, end = text.count("\n", 0, mark.start()) + 1, len(mark[0].rstrip()) + 1
        yield MERGE_MARK.at(Span(path, number, 1, number, end))
        return
    for number, line in enumerate(text.split("\n"), 1):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent and line.strip():
            column = indent.index("\t") + 1
            yield TAB.at(Span(path, number, column, number, column + 1))
        spaces = _OTHER_SPACES.match(line)
        for match in (*([spaces] if spaces else ()), *_FORBIDDEN.finditer(line.removesuffix("\r"))):
            column = match.end()
            span = Span(path, number, column, number, column + 1)
            yield BAD_SIGN.at(span, name=_sign_name(match.group()[-1]))


def _sign_name(sign: str) -> str:
    name = f"U+{ord(sign):04X}"
    return Phrase(f"{name} {unicodedata.name(sign, 'control character').lower()}", name)


# What the library says, told in a person's words and in both languages; any other is told without them.
_PROBLEMS = (
    ("mapping values are not allowed", "a `:` does not fit here", "此处不能出现 `:`"),
    (
        "could not find expected ':'",
        "a `:` and a space are missing after the key",
        "键后缺少 `:` 和空格",
    ),
    ("sequence entries are not allowed", "a `- ` does not fit here", "此处不能出现 `- `"),
    ("found unexpected end of stream", "a quote is not closed", "引号未结束"),
    ("that cannot start any token", "this sign cannot start a text", "文字不能以该符号开头"),
    ("expected <block end>", "the indentation does not fit the lines above", "缩进与上文不一致"),
    ("expected ',' or", "a comma or a closing bracket is missing", "缺少逗号或右括号"),
    ("escape", "this escape is not known", "不认识的转义"),
    ("expected the node content", "a value is missing here", "此处缺少值"),
    (
        "expected '<document start>'",
        "something stands after the end of the text",
        "结尾之后还有内容",
    ),
    ("alias", "an alias has no anchor", "别名没有对应的锚点"),
    ("indentation", "the indentation does not fit", "缩进有误"),
)


def _problem(words: str) -> Phrase:
    for part, en, zh in _PROBLEMS:
        if part in words:
            return Phrase(en, zh)
    return Phrase("it cannot be read", "无法读取")


_LOOKS_LIKE_A_CELL = re.compile(
    r"^(?P<head>\s*(?:-\s+)?(?:[^\s:#'\"][^:#]*:\s+|-\s+))(?P<cell>(?:[<>]=?.*|[\[\(\]].*|-|!.*|[@`%&*|].*))$"
)


_ASCII = dict(zip("：，｛｝［］“”\u3000", ':,{}[]"" ', strict=True))
_WIDE_SIGNS = re.compile("“[^“”]*”|[：，｛｝［］“”]|^\u3000+")  # quotes in pairs, where they are
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class _Yaml(YAML):
    """The library's reader without its search for plug-ins, which looks at the disk."""

    def official_plug_ins(self) -> list[str]:
        return []


class _TooMuchError(Exception):
    """Ends the reading of a document that is too deep or has too many parts."""

    def __init__(self, code: Code, limit: int, mark: StreamMark) -> None:
        super().__init__()
        self.code, self.limit, self.mark = code, limit, mark


class _BoundedComposer(Composer):
    """Counts nodes and depth while it composes, so that a large text ends soon."""

    def __init__(self, loader: YAML | None = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False  # anchors are refused anyhow
        self.nodes = self.level = 0

    def compose_node(self, parent: YamlNode | None, index: object) -> YamlNode | None:
        """Compose one node within the bounds."""
        mark = self.parser.peek_event().start_mark
        self.nodes += 1
        self.level += 1
        if self.nodes > MAX_NODES:
            raise _TooMuchError(TOO_MANY, MAX_NODES, mark)
        if self.level > MAX_DEPTH + 1:
            raise _TooMuchError(TOO_DEEP, MAX_DEPTH, mark)
        node: YamlNode | None = super().compose_node(parent, index)
        self.level -= 1
        return node


class _Reader:
    """Composes one text; a line that YAML takes for its own signs is reported, blanked and read on."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self.lines = lines
        self.found: list[Diagnostic] = []
        self._reported: set[int] = set()

    def compose(self) -> YamlNode | None:
        work = list(self.lines)
        read_nodes = 0
        while len(self.found) < _MAX_SYNTAX_FAULTS and read_nodes < MAX_NODES:
            yaml = _Yaml(typ="safe", pure=True)
            yaml.Composer = _BoundedComposer
            try:
                read = list(itertools.islice(yaml.compose_all("\n".join(work)), 2))
            except _TooMuchError as error:
                row, column = error.mark.line + 1, error.mark.column + 1
                span = Span(self.path, row, column, row, column + 1)
                self.found.append(error.code.at(span, limit=error.limit))
                return None
            except MarkedYAMLError as error:
                read_nodes += yaml.composer.nodes
                if not self._blank(work, error):
                    return None
                continue
            except (YAMLError, ValueError, IndexError, AttributeError, AssertionError):
                self.found.append(SYNTAX.at(Span(self.path, 1, 1, 1, 1), problem=_problem("")))
                return None
            nodes: list[YamlNode] = [node for node in read if node is not None]
            if not nodes or _is_empty(nodes[0]):
                self.found.append(EMPTY.at(Span(self.path, 1, 1, 1, 1)))
                return None
            if len(nodes) > 1:
                self.found.append(ONE_DOCUMENT.at(self._span(nodes[1])))
            return nodes[0]
        return None

    def _blank(self, work: list[str], error: MarkedYAMLError) -> bool:
        """Report the faulty line; True when a placeholder was put there and reading can go on."""
        if self._full_width(work, error):
            return False
        mark = error.problem_mark or error.context_mark
        if "expected ':'" in (error.problem or ""):
            mark = error.context_mark or mark  # where the key is, and not where it was missed
        row = min(mark.line, len(work) - 1) if mark else 0
        for candidate in (row, row - 1):
            cell = _LOOKS_LIKE_A_CELL.match(work[candidate]) if 0 <= candidate < len(work) else None
            if cell and candidate not in self._reported:
                start, text = cell.start("cell") + 1, cell.group("cell").split(" #")[0].rstrip()
                span = Span(self.path, candidate + 1, start, candidate + 1, start + len(text))
                self.found.append(QUOTE_IT.at(span, text=text))
                work[candidate] = cell.group("head") + "'-'"
                self._reported.add(candidate)
                return True
        column = mark.column + 1 if mark else 1
        if "cannot start any token" in (error.problem or ""):  # a cell inside `[…]` or `{…}`
            text = re.split(r"[,\]}]", work[row][column - 1 :], maxsplit=1)[0].rstrip()
            span = Span(self.path, row + 1, column, row + 1, column + max(1, len(text)))
            self.found.append(QUOTE_IT.at(span, text=text))
            return False
        problem = _problem(error.problem or error.context or "")
        self.found.append(
            SYNTAX.at(Span(self.path, row + 1, column, row + 1, column + 1), problem=problem)
        )
        return False

    def _full_width(self, work: list[str], error: MarkedYAMLError) -> bool:
        """Tell full-width signs outside texts near a faulty place: they are what YAML missed there."""
        mark = error.problem_mark or error.context_mark
        row = mark.line if mark else 0
        told = False
        for near in range(max(0, row - 1), min(row + 1, len(work))):
            bare = _QUOTED.sub(lambda match: " " * len(match[0]), work[near])
            for match in _WIDE_SIGNS.finditer(bare):
                span = Span(self.path, near + 1, match.start() + 1, near + 1, match.end() + 1)
                ascii_ = "".join(_ASCII.get(sign, sign) for sign in match[0])
                self.found.append(WIDE_SIGN.at(span, sign=match[0], ascii=ascii_))
                told = True
        return told

    def convert(self, node: YamlNode, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            self.found.append(TOO_DEEP.at(self._span(node), limit=MAX_DEPTH))
            return None
        if getattr(node, "anchor", None):
            self.found.append(ANCHOR.at(self._span(node)))
            return None
        start = node.start_mark
        if self.lines[start.line][start.column : start.column + 1] == "!":
            self.found.append(TAG.at(self._span(node)))
            return None
        match node:
            case ScalarNode():
                return self._scalar(node)
            case SequenceNode():
                return self._sequence(node, depth)
            case MappingNode():
                return self._mapping(node, depth)
            case _:
                pass
        return None

    def _sequence(self, node: SequenceNode, depth: int) -> Sequence:
        items = []
        for item in node.value:
            if _is_empty(item):
                self.found.append(NO_ITEM.at(self._span(item)))
            elif (converted := self.convert(item, depth + 1)) is not None:
                items.append(converted)
        return Sequence(tuple(items), self._span(node))

    def _mapping(self, node: MappingNode, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        for key, value in node.value:
            place = self._span(key)
            if (
                not isinstance(key, ScalarNode)
                or key.style in {"|", ">"}
                or getattr(key, "anchor", None)
            ):
                self.found.append(KEY_TEXT.at(place))
                continue
            name = str(key.value)
            self._check_escaped(name, place)
            if name in keys:
                self.found.append(DUPLICATE_KEY.at(place, key=name, first=keys[name].line))
                continue
            keys[name] = place
            if not unicodedata.is_normalized("NFC", name):
                self.found.append(NOT_NFC.at(place, name=name))
            if _is_empty(value):
                code = NO_VALUE_FLOW if node.flow_style else NO_VALUE
                self.found.append(code.at(place, key=name))
            elif (converted := self.convert(value, depth + 1)) is not None:
                entries[name] = converted
        return Mapping(entries, keys, self._span(node))

    def _scalar(self, node: ScalarNode) -> Scalar:
        style, text, span = node.style or "", str(node.value), self._span(node)
        self._check_escaped(text, span)
        if style == "|":
            return Scalar(
                text, span, style, self._literal_starts(text, node.start_mark.line), self.path
            )
        if span.line == span.end_line:
            shift = 1 if style in {"'", '"'} else 0
            exact = span.end_column - span.column - 2 * shift == len(text)
            starts = ((span.line, span.column + shift),) if exact else ()
            comment = self.lines[span.line - 1][span.end_column - 1 :].lstrip().startswith("#")
            return Scalar(text, span, style, starts, self.path, comment)
        return Scalar(text, span, style)

    def _check_escaped(self, text: str, span: Span) -> None:
        """Refuse a sign that came in as an escape as one that was typed."""
        if match := _FORBIDDEN.search(text):
            self.found.append(BAD_SIGN.at(span, name=_sign_name(match.group())))

    def _literal_starts(self, text: str, header: int) -> tuple[tuple[int, int], ...]:
        """Place each line of a literal: its source line minus its own length is the indentation."""
        starts = []
        for index, line in enumerate(text.split("\n")):
            row = header + 1 + index
            source = self.lines[row].removesuffix("\r") if row < len(self.lines) else ""
            starts.append((row + 1, max(1, len(source) - len(line) + 1)))
        return tuple(starts)

    def _span(self, node: YamlNode) -> Span:
        start: StreamMark = node.start_mark
        end: StreamMark = node.end_mark
        return Span(self.path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _is_empty(node: YamlNode) -> bool:
    return isinstance(node, ScalarNode) and node.value == "" and not node.style
