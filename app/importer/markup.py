"""HTML of another system, sanitised and laid out so that Markdown passes it through untouched."""

from __future__ import annotations

import re

import nh3

from app.importer.tags import Arguments
from app.importer.templates import arguments_of

KEPT = nh3.ALLOWED_TAGS | {"figure", "figcaption"}
BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|details|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p"
    r"|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b",
    re.I,
)
PRE = re.compile(r"(<pre\b.*?</pre>)", re.I | re.S)
CAPTION = re.compile(r"\[caption(?P<arguments>[^\[\]]*)\](?P<body>(?:(?!\[/?caption).)*)\[/caption\]", re.S)
EMBED = re.compile(r"\[embed[^\[\]]*\](?P<url>https?://[^\s\[\]<>]+)\[/embed\]")
SHORTCODE = re.compile(r"\[/?([a-z][a-z0-9_-]{1,40})(?:\s+[\w-]+=[^\[\]]*)?/?\]")
SHORTCODES = {
    "gallery", "caption", "embed", "audio", "video", "playlist", "contact-form-7", "contact-form", "contact-field", "youtube",
    "vimeo", "gist", "sourcecode", "code", "more", "button", "vc_row", "vc_column", "vc_column_text",
    "et_pb_section", "et_pb_row",
}  # fmt: skip


def laid_out(html: str) -> str:
    """Return sanitised HTML as blocks parted by empty lines; bare text becomes paragraphs, as in WordPress."""
    clean = nh3.clean(html.replace("\r\n", "\n"), tags=KEPT, link_rel=None)
    parts = PRE.split(clean)
    laid = [_escaped_pre(part) if index % 2 else _paragraphs(part) for index, part in enumerate(parts)]
    return "\n\n".join(part for part in laid if part) + "\n"


def _escaped_pre(block: str) -> str:
    """Keep empty lines in preformatted text: one would end the HTML block."""
    return re.sub(r"\n(?=[ \t]*\n)", "\n&#8203;", block)


def _paragraphs(html: str) -> str:
    chunks = (chunk.strip() for chunk in re.split(r"\n[ \t]*\n", html))
    return "\n\n".join(_paragraph(chunk) for chunk in chunks if chunk)


def _paragraph(chunk: str) -> str:
    if BLOCK.match(chunk):
        return chunk
    return "<p>" + re.sub(r"(?<!<br>)\n", "<br>\n", chunk) + "</p>"


def shortcodes(html: str) -> tuple[str, list[str]]:
    """Return the HTML with WordPress shortcodes expanded or taken out, and the names of those taken out."""
    unknown: list[str] = []

    def take_out(match: re.Match[str]) -> str:
        plain = match[0].strip("[/]") == match[1]
        if plain and match[1] not in SHORTCODES:
            return match[0]
        unknown.append(f"[{match[1]}]")
        return ""

    html = EMBED.sub(r'<a href="\g<url>">\g<url></a>', CAPTION.sub(_figure, html))
    return SHORTCODE.sub(take_out, html), list(dict.fromkeys(unknown))


def _figure(match: re.Match[str]) -> str:
    arguments: Arguments = arguments_of(match["arguments"])
    shown = re.match(r"\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)(.*)", match["body"], re.S | re.I)
    if shown is None:
        return match["body"]
    words = shown[2].strip() or arguments.first("caption")
    return f"\n\n<figure>{shown[1]}<figcaption>{words}</figcaption></figure>\n\n"
