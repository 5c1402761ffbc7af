"""DMN XML to elements, safely: no DTD, no entities, no network, bounded in size and depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

from engine.kernel.diagnostics import Code, Span
from engine.kernel.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

MAX_BYTES = 8 << 20
MAX_DEPTH = 100
MAX_ELEMENTS = 200_000

NOT_XML = Code(
    "DMN-XML-001",
    "this is not well-formed XML: {problem}",
    "这不是格式良好的 XML：{problem}",
    "export the model again",
    "请重新导出模型",
)
DOCTYPE = Code(
    "DMN-XML-002",
    "the file has a DOCTYPE, which could reach out of it",
    "文件含有 DOCTYPE，可能引用外部内容",
    "delete the `<!DOCTYPE …>`; a DMN model needs none",
    "请删除 `<!DOCTYPE …>`；DMN 模型不需要它",
)
TOO_LARGE = Code(
    "DMN-XML-003",
    "the model has more than {limit} {what}",
    "模型超过 {limit} {what_zh}",
    "split it into models that import each other",
    "请拆成相互导入的几个模型",
)
NOT_DMN = Code(
    "DMN-XML-004",
    "this is no DMN model: its root is `{root}`",
    "这不是 DMN 模型：根元素为 `{root}`",
    "give a file whose root is `definitions`, in a namespace of DMN 1.1 to 1.5",
    "请给出根元素为 `definitions`、命名空间属于 DMN 1.1 至 1.5 的文件",
)

_MODEL = "spec/DMN/"
NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
"""The namespaces of the versions of DMN that are read."""


class Source:
    """The text of one model: its root element, its name in messages, and its lines."""

    def __init__(self, root: Element, path: str, text: str) -> None:
        """Keep the lines, to place what is said about an expression."""
        self.root, self.path = root, path
        self._lines = text.split("\n")

    def span(self, element: Element) -> Span:
        """Place an element; XML readers keep its line, and the column is looked up in it."""
        line, name = line_of(element), local_name(element)
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        column = max(text.find(f"<{name}"), text.find(f":{name}"), 0) + 1
        end = text.find(">", column) + 1 or len(text.rstrip())
        return Span(self.path, line, column, line, max(column + 1, end + 1))

    def text_place(self, element: Element) -> tuple[int, int]:
        """Find the line and column at which the text of an element starts."""
        span = self.span(element)
        start = self._lines[span.line - 1].find(">", span.column - 1) + 1
        return span.line, (start or span.column) + (1 if start else 0)


def read_source(xml: str | bytes, path: str = "") -> Source:
    """Read XML whose root is the `definitions` of a DMN model.

    Raises:
        DocumentError: it is no XML, no DMN, too large or too deep, or it has a DOCTYPE.
    """
    encoded = xml.encode("utf-8", "replace") if isinstance(xml, str) else xml
    if len(encoded) > MAX_BYTES:
        raise _refused(TOO_LARGE, path, limit=MAX_BYTES, what="bytes", what_zh="字节")
    root = _parsed(encoded, "utf-8" if isinstance(xml, str) else None, path)
    _check_bounds(root, path)
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise _refused(NOT_DMN, path, line_of(root), root=str(root.tag)[:200])
    return Source(root, path, encoded.decode("utf-8", "replace"))


def decoded(encoded: bytes, path: str = "") -> str:
    """Read the bytes of an XML file as text, by the encoding that it declares.

    Raises:
        DocumentError: they are no XML.
    """
    root = read_source(encoded, path).root
    encoding = root.getroottree().docinfo.encoding or "utf-8"
    return encoded.decode(encoding).lstrip("\ufeff")


def _parsed(encoded: bytes, encoding: str | None, path: str) -> Element:
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(encoded, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line, column = getattr(error, "position", (1, 1))
        problem = str(getattr(error, "msg", error)).split(", line ", maxsplit=1)[0]
        raise _refused(NOT_XML, path, max(line, 1), max(column, 1), problem=problem) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused(DOCTYPE, path)
    return root


def _check_bounds(root: Element, path: str) -> None:
    """Count elements and depth without recursion."""
    count, level = 0, [root]
    for _ in range(MAX_DEPTH):
        count += len(level)
        level = [child for element in level for child in element]
        if count > MAX_ELEMENTS:
            raise _refused(TOO_LARGE, path, limit=MAX_ELEMENTS, what="elements", what_zh="个元素")
        if not level:
            return
    raise _refused(TOO_LARGE, path, limit=MAX_DEPTH, what="levels", what_zh="层")


def _refused(
    code: Code, path: str, line: int = 1, column: int = 1, **args: object
) -> DocumentError:
    span = Span(path, line, column, line, column + 1)
    return DocumentError([code.at(span, **{k: str(v) for k, v in args.items()})])


# --- elements ----------------------------------------------------------------------------------


def line_of(element: Element) -> int:
    """Give the line at which the start tag of an element ends; readers of XML keep no other place."""
    # The stubs know this attribute only as a placeholder.
    return max(1, cast("int | None", element.sourceline) or 1)


def local_name(element: Element) -> str:
    """Give the name of an element of DMN; one of another vocabulary has none."""
    name = etree.QName(element)
    return name.localname if _MODEL in (name.namespace or "") else ""


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """Give the child elements of these names, or all of DMN's."""
    for child in element if element is not None else ():
        name = local_name(child)
        if name and (not names or name in names):
            yield child


def child(element: Element | None, *names: str) -> Element | None:
    """Find the first child element of one of these names."""
    return next(children(element, *names), None)
