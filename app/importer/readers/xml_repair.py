"""Read an XML export though it is damaged: what XML forbids is taken out on the way to the parser, and the parser goes on.

Exports are made by plugins that print into them, of databases that held any byte. One bad place must not cost the rest. DTDs
and entities are refused all the same: nothing an export needs is in one, and every known attack on XML is.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from app.importer.source import CannotRead

CHUNK = 64 * 1024
PROLOG = 1024 * 1024
MAX_DEPTH = 40
CDATA, COMMENT = "<![CDATA[", "<!--"
ENDS = {CDATA: "]]>", COMMENT: "-->"}
TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z_][\w.-]*(?::[\w.-]+)?)(?P<rest>[^<>]*)>|<(?![?!])")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "meta", "param", "source", "track", "wbr"}
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufdd0-\ufdef\ufffe\uffff]")
REFERENCE = re.compile(r"&(?:#(?:x(?P<hex>[0-9a-fA-F]{1,8})|(?P<decimal>\d{1,10}))|(?P<name>[A-Za-z][A-Za-z0-9]{0,31}));|&")
XML_NAMES = {"amp", "lt", "gt", "quot", "apos"}
DECLARATION = re.compile(r"<\?xml\b[^<>]*\?>")
ENCODING = re.compile(rb"<\?xml\b[^<>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
START = re.compile(r"<\?xml\b|<rss\b")
DTD = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.I)
Element = Any


class RepairedXml:
    """A file for the parser. `removed` counts characters taken out, `closed_items` the items that the file ends itself."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pending, self._inside, self._begun, self._ended = "", "", False, False
        self._open: list[str] = []
        self.removed = self.closed_items = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next piece, empty at the end. Raises CannotRead for a DTD."""
        while not self._ended:
            data = self._file.read(CHUNK)
            self._ended = not data
            piece = self._next(data)
            if piece:
                return piece.encode()
        return b""

    def _next(self, data: bytes) -> str:
        if self._decoder is None:
            self._decoder = _decoder_for(data)
        self._pending += self._decoder.decode(data, final=self._ended)
        if not self._begun and not self._begin():
            return ""
        return "".join(self._pieces())

    def _begin(self) -> bool:
        """Leave out what is before the declaration, but for its line ends, so that lines keep their numbers."""
        if len(self._pending) < PROLOG and not self._ended and "<rss" not in self._pending:
            return False
        start = START.search(self._pending)
        position = start.start() if start else max(0, self._pending.find("<"))
        root = self._pending.find("<rss", position)
        if DTD.search(self._pending, position, root if root >= 0 else len(self._pending)):
            raise CannotRead("refused: a DTD or entity in the XML")
        before, rest = self._pending[:position], self._pending[position:]
        self._pending = "\n" * before.count("\n") + DECLARATION.sub("", rest, count=1)
        self._begun = True
        return True

    def _pieces(self) -> Iterator[str]:
        """Yield what is pending: markup, text between CDATA marks, and of comments only the line ends."""
        while True:
            mark, position = self._next_mark()
            if position < 0:
                break
            yield self._part(self._pending[:position])
            yield mark if CDATA in {mark, self._inside} else ""
            self._pending = self._pending[position + len(mark) :]
            self._inside = "" if self._inside else mark
        cut = len(self._pending) if self._ended else self._safe_cut()
        yield self._part(self._pending[:cut])
        self._pending = self._pending[cut:]
        if self._ended and not self._inside:
            yield "".join(f"</{name}>" for name in reversed(self._open))

    def _next_mark(self) -> tuple[str, int]:
        """Return the next mark that begins or ends CDATA or a comment, and where it is; -1 where there is none yet."""
        marks = [ENDS[self._inside]] if self._inside else [CDATA, COMMENT]
        found = [(position, mark) for mark in marks if (position := self._pending.find(mark)) >= 0]
        return (min(found)[1], min(found)[0]) if found else ("", -1)

    def _safe_cut(self) -> int:
        """Return up to where the text may be passed on: no tag, reference or mark may be cut in two."""
        if self._inside:
            return max(0, len(self._pending) - len(ENDS[self._inside]))
        last = max(self._pending.rfind("<"), self._pending.rfind("&", max(0, len(self._pending) - 40)))
        return last if last >= 0 and len(self._pending) - last < PROLOG else len(self._pending)

    def _part(self, text: str) -> str:
        if self._inside == COMMENT:
            return "\n" * text.count("\n")
        text, removed = FORBIDDEN.subn("", text)
        self.removed += removed
        if self._inside:
            return text
        self.closed_items += text.count("</item>")
        text = REFERENCE.sub(self._reference, DTD.sub(lambda match: f"&lt;{match[0][1:]}", text))
        return TAG.sub(self._tag, text)

    def _tag(self, match: re.Match[str]) -> str:
        """Close what was left open inside an element that ends, and drop the end of what is not open."""
        name = match["name"]
        if name is None:
            return "&lt;"
        if not match["close"]:
            is_empty = match["rest"].endswith("/") or name.lower() in VOID
            self._open += [] if is_empty else [name]
            return match[0] if match["rest"].endswith("/") or not is_empty else f"<{name}{match['rest']}/>"
        if name not in self._open:
            return ""
        closed = ""
        while self._open[-1] != name:
            closed += f"</{self._open.pop()}>"
        self._open.pop()
        return f"{closed}</{name}>"

    def _reference(self, match: re.Match[str]) -> str:
        if match["name"]:
            return match[0] if match["name"] in XML_NAMES else html.escape(html.unescape(match[0]), quote=False)
        if not match["hex"] and not match["decimal"]:
            return "&amp;"
        number = int(match["hex"], 16) if match["hex"] else int(match["decimal"])
        if number > 0x10FFFF or 0xD800 <= number < 0xE000 or FORBIDDEN.match(chr(number)):
            self.removed += 1
            return ""
        return match[0]


def elements(path: Path, problems: list[tuple[int, str]]) -> Iterator[tuple[Element, list[Element], RepairedXml]]:
    """Yield each element of the file as it ends, with those that are open around it. Raises CannotRead.

    What the parser went past is added to `problems`: a line and a message each.
    """
    with path.open("rb") as file:
        repaired = RepairedXml(file)
        parser = etree.iterparse(
            repaired,
            events=("start", "end"),
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        open_elements: list[Element] = []
        try:
            for event, element in parser:
                if event == "start":
                    open_elements.append(element)
                    _check(open_elements)
                    continue
                open_elements.pop()
                yield element, open_elements, repaired
        except etree.XMLSyntaxError as error:
            problems.append((error.lineno or 0, str(error.msg)))
        problems += [(each.line, each.message) for each in parser.error_log if each.level_name in {"ERROR", "FATAL"}]


def _check(open_elements: list[Element]) -> None:
    if len(open_elements) > MAX_DEPTH:
        raise CannotRead(f"XML nested more than {MAX_DEPTH} deep")
    if len(open_elements) == 1 and local_name(open_elements[0]) != "rss":
        raise CannotRead(f"not a WordPress export: its first element is {local_name(open_elements[0])[:40]!r}")


def local_name(element: Element) -> str:
    """Return a tag without its namespace, or without the prefix of one that was not declared."""
    return re.sub(r"^(?:\{[^{}]*\}|[\w.-]+:)", "", str(element.tag))


def text_of(element: Element) -> str:
    """Return the text of an element. HTML that was not escaped is made of elements: it is text again."""
    if not len(element):
        return element.text or ""
    return (element.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in element)


def forget(element: Element) -> None:
    """Free what was read, so that an export of any length needs no more memory than its largest item."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _decoder_for(data: bytes) -> codecs.IncrementalDecoder:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    match = ENCODING.search(data[:PROLOG])
    name = match[1].decode() if match else "utf-8"
    try:
        codec = codecs.lookup(name).name
        decoder = codecs.getincrementaldecoder("utf-8-sig" if codec == "utf-8" else codec)
        decoder(ODD_BYTES).decode(b"<", final=True)
    except (LookupError, ValueError, TypeError, UnicodeError):
        decoder = codecs.getincrementaldecoder("utf-8-sig")
    return decoder(ODD_BYTES)


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are not in the encoding as browsers do, rather than losing them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


ODD_BYTES = "afterword.windows-1252"
codecs.register_error(ODD_BYTES, _as_windows_1252)
