"""Paragraphs for the text of WordPress' classic editor, which writes an empty line where HTML needs `<p>`.

The rules are those that WordPress documents for `wpautop()`: empty lines part paragraphs, a single newline is a `<br>`, and
nothing of this happens at the edges of block elements or inside preformatted text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

BLOCK = (
    "table|thead|tfoot|caption|colgroup|col|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|blockquote|address|style|p"
    "|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|header|footer|nav|figure|figcaption|details|menu|summary"
)
TAG = re.compile(rf"<(?P<close>/?)(?P<name>{BLOCK})(?=[\s/>])[^<>]*>", re.I)
# What is kept as it is, newlines and all.
VERBATIM = re.compile(
    r"<(?P<name>pre|script|style|svg|math|textarea)\b[^<>]*>(?:(?!<(?P=name)\b).)*?</(?P=name)\s*>", re.I | re.S
)
GUTENBERG = re.compile(r"<!--\s+wp:")
MARK = re.compile("\ufdd6(\\d+)\ufdd7")
TWO_BREAKS = re.compile(r"<br\s*/?>\s*<br\s*/?>", re.I)
EMPTY_LINE = re.compile(r"\n[ \t\r\f\v\u00a0]*\n\s*")
NEWLINE = re.compile(r"(?P<broken><br\s*/?>)?[ \t]*\n[ \t]*", re.I)
ANY_TAG = re.compile(r"<[^<>]*>")
VOID = {"hr", "col", "area"}
# Elements that hold other blocks and no text of their own.
STRUCTURE = {"table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol", "dl", "menu", "hgroup", "map"}
PARAGRAPHS = {"blockquote"}


@dataclass
class _Layout:
    """What has been written so far, the block elements that are open, and the text since the last tag."""

    written: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    after_opening: bool = False

    @property
    def inside(self) -> str:
        return self.open[-1] if self.open else ""


def paragraphs(text: str) -> str:
    """Return the HTML with its paragraphs marked. Text of the block editor has them already and stays as it is."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if GUTENBERG.search(text) or not text.strip():
        return text
    verbatim: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        verbatim.append(match[0])
        mark = f"\ufdd6{len(verbatim) - 1}\ufdd7"
        return f"\n\n{mark}\n\n" if match["name"].lower() == "pre" else mark

    text = VERBATIM.sub(put_aside, text)
    text = ANY_TAG.sub(lambda match: match[0].replace("\n", " "), text)
    laid = _laid_out(TWO_BREAKS.sub("\n\n", text))
    return MARK.sub(lambda match: verbatim[int(match[1])], laid)


def _laid_out(text: str) -> str:
    layout, last = _Layout(), 0
    for match in TAG.finditer(text):
        _text(layout, text[last : match.start()], before_closing=bool(match["close"]))
        _tag(layout, match)
        last = match.end()
    _text(layout, text[last:], before_closing=False)
    return "".join(layout.written).strip("\n")


def _tag(layout: _Layout, match: re.Match[str]) -> None:
    name = match["name"].lower()
    layout.written.append(match[0] + ("\n" if match["close"] or name in STRUCTURE | VOID else ""))
    layout.after_opening = not match["close"] and name not in VOID
    if match["close"]:
        if name in layout.open:
            while layout.open.pop() != name:
                pass
    elif name not in VOID:
        layout.open.append(name)


def _text(layout: _Layout, text: str, *, before_closing: bool) -> None:
    """Write the text between two block tags, as paragraphs of their own."""
    if not text.strip():
        return
    pieces = [piece.strip() for piece in EMPTY_LINE.split(text) if piece.strip()]
    inside = layout.inside
    if inside in STRUCTURE:
        layout.written += pieces
    elif inside == "p":
        layout.written.append("</p>\n<p>".join(map(_with_breaks, pieces)))
    elif len(pieces) == 1 and inside and inside not in PARAGRAPHS and _is_close(layout, text, before_closing=before_closing):
        layout.written.append(_with_breaks(pieces[0]))
    else:
        layout.written += [f"{piece}\n" if MARK.fullmatch(piece) else f"<p>{_with_breaks(piece)}</p>\n" for piece in pieces]


def _is_close(layout: _Layout, text: str, *, before_closing: bool) -> bool:
    """Return whether the text is right beside the tag of the element that it is in, with no empty line between."""
    begins = layout.after_opening and not re.match(r"[ \t]*\n[ \t]*\n", text)
    ends = before_closing and not re.search(r"\n[ \t]*\n[ \t]*\Z", text)
    return begins or ends


def _with_breaks(piece: str) -> str:
    return NEWLINE.sub(lambda match: f"{match['broken'] or '<br>'}\n", piece)
