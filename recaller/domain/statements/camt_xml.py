"""Streams the parts of a CAMT file as small trees, in bounded memory: no DOCTYPE, no entities, no deep nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from recaller.domain.statements import limits
from recaller.domain.statements.encoding import marked_encoding, utf8_errors
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement, UnsafeFile

_CHUNK_BYTES = 64 * 1024
# The parser looks at an unfinished token again with each chunk, so a token may not grow for long.
_MAX_TOKEN_BYTES = 512 * 1024
_STATEMENTS = frozenset({"Stmt", "Rpt"})
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9_.:\-]{1,40})")


@dataclass(slots=True)
class Node:
    """An element without its namespace; `currency` is its Ccy attribute, `opened` marks a statement's start."""

    tag: str
    currency: str = ""
    text: str = ""
    children: list[Node] = field(default_factory=list)
    opened: bool = False

    def find(self, path: str) -> Node | None:
        """Return the first element at the path ('Id/IBAN'), or None."""
        node: Node | None = self
        for tag in path.split("/"):
            node = next((child for child in node.children if child.tag == tag), None) if node else None
        return node

    def all(self, path: str) -> list[Node]:
        """Return every element at the path."""
        found = [self]
        for tag in path.split("/"):
            found = [child for node in found for child in node.children if child.tag == tag]
        return found

    def value(self, *paths: str) -> str:
        """Return the text at the first of the paths that has any."""
        for path in paths:
            node = self.find(path)
            if node is not None and node.text:
                return node.text
        return ""


def trees(content: bytes, name: str) -> Iterator[Node]:
    """Yield, in the file's order: each Stmt or Rpt when it opens and closes, its child elements when they close.

    The details (TxDtls) of an entry come before it and are not among its children. Raises UnsafeFile for a
    DOCTYPE, FileTooLarge past the limits, MalformedStatement naming the line for XML that is none.
    """
    builder = _Builder(name)
    parser = expat.ParserCreate(_override(content))
    parser.buffer_text = True
    parser.buffer_size = 16_384
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    try:
        for start in range(0, len(content), _CHUNK_BYTES):
            chunk = content[start : start + _CHUNK_BYTES]
            parser.Parse(chunk, False)
            if start + len(chunk) - max(parser.CurrentByteIndex, 0) > _MAX_TOKEN_BYTES:
                raise FileTooLarge(f"{name}: a value or a tag is longer than {_MAX_TOKEN_BYTES:,} bytes.")
            yield from builder.take()
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        line = parser.CurrentLineNumber
        raise MalformedStatement(f"{name}, line {line}: this is no readable XML ({error}).") from error
    yield from builder.take()


def _override(content: bytes) -> str | None:
    """Return an encoding to use instead of the declared UTF-8 when the bytes are none; usually None."""
    declared = _DECLARED.search(content[:1024])
    if marked_encoding(content) or (declared and not declared[1].lower().startswith((b"utf-8", b"utf8"))):
        return None
    return "iso-8859-1" if utf8_errors(content)[0] else None


class _Builder:
    """Builds the trees from the parser's events and lets go of what was handed out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.depth = 0
        self.inside = 0  # depth of the open statement, 0 outside
        self.stack: list[Node] = []
        self.ready: list[Node] = []
        self.nodes = 0
        self.nodes_before_detail = 0

    def take(self) -> list[Node]:
        """Return the finished trees since the last call."""
        ready, self.ready = self.ready, []
        return ready

    def refuse(self, *_: object) -> None:
        """Refuse the file for its document type."""
        raise UnsafeFile(f"{self.name} has a DOCTYPE, which no bank statement needs; it is refused.")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self.depth += 1
        if self.depth > limits.MAX_XML_DEPTH:
            raise FileTooLarge(f"{self.name}: tags are nested deeper than {limits.MAX_XML_DEPTH} levels.")
        local = tag.rpartition(":")[2]
        if not self.inside:
            if local in _STATEMENTS:
                self.inside = self.depth
                self.ready.append(Node(local, opened=True))
            return
        if local == "TxDtls":
            self.nodes_before_detail = self.nodes
        self.nodes += 1
        if self.nodes > limits.MAX_XML_NODES:
            raise FileTooLarge(f"{self.name}: an element has more than {limits.MAX_XML_NODES:,} parts.")
        node = Node(local, attributes.get("Ccy", ""))
        if self.stack and local != "TxDtls":
            self.stack[-1].children.append(node)
        self.stack.append(node)

    def text(self, data: str) -> None:
        """Add text to the open element; longer than any bank writes is cut."""
        if self.stack:
            node = self.stack[-1]
            if len(node.text) < limits.MAX_TEXT_CHARS:
                node.text += data

    def end(self, tag: str) -> None:
        """Close an element; hand it out when it is a statement's child or an entry's detail."""
        if self.inside and self.depth == self.inside:
            self.ready.append(Node(tag.rpartition(":")[2]))
            self.inside = 0
        elif self.inside and self.stack:
            node = self.stack.pop()
            node.text = node.text.strip()
            if not self.stack:
                self.nodes = 0
                self.ready.append(node)
            elif node.tag == "TxDtls" and self.stack[0].tag == "Ntry":
                self.nodes = self.nodes_before_detail
                self.ready.append(node)
        self.depth -= 1
