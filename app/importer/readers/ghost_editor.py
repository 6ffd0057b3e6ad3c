"""The formats of Ghost's editors, Lexical and Mobiledoc, as HTML: for exports whose posts carry no HTML."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from app.importer.html_blocks import code_block
from app.importer.source import CannotRead

Node = dict[str, Any]
Lose = Callable[[str], None]
FORMATS = ((1, "strong"), (2, "em"), (4, "s"), (8, "u"), (16, "code"), (32, "sub"), (64, "sup"), (128, "mark"))
SPACES = {"linebreak": "<br>", "tab": "\t"}
# Cards for mail alone, or marks without words: nothing of them was ever on the page.
NOT_ON_THE_PAGE = {"email", "email-cta", "emailcta", "emailCta", "paywall", "zwnj", "tk"}
MAX_DEPTH = 60
# What Ghost writes around a card in a post's HTML where only some readers see it.
GATED = re.compile(
    r"<!--\s*kg-gated-block:begin(?P<rules>(?:(?!-->|<!--).)*)-->(?P<card>(?:(?!<!--\s*kg-gated-block:).)*)<!--\s*kg-gated-block:end\s*-->",
    re.S,
)
# Cards that show their caption themselves.
WITH_CAPTION = {"image", "gallery"}


def for_every_reader(markup: str, lose: Lose) -> str:
    """Return a post's HTML without the cards that readers who are not signed in never saw."""

    def shown(match: re.Match[str]) -> str:
        if re.search(r"\bnonMember:\s*true\b", match["rules"]):
            return match["card"]
        lose("card that not every reader saw")
        return ""

    return GATED.sub(shown, markup)


def html_of_lexical(text: str, lose: Lose) -> str:
    """Return a Lexical document as HTML. Cards that cannot be shown are passed to `lose`. Raises CannotRead."""
    root = _loaded(text).get("root")
    if not isinstance(root, dict):
        raise CannotRead("its Lexical document has no root")
    return "\n".join(_node(child, lose, 0) for child in _children(root))


def html_of_mobiledoc(text: str, lose: Lose) -> str:
    """Return a Mobiledoc document as HTML. Cards that cannot be shown are passed to `lose`. Raises CannotRead."""
    document = _loaded(text)
    sections = document.get("sections")
    if not isinstance(sections, list):
        raise CannotRead("its Mobiledoc document has no sections")
    return "\n".join(_section(section, document, lose) for section in sections if isinstance(section, list) and section)


def _loaded(text: str) -> Node:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"its text is not JSON: {str(error)[:80]}") from error
    if not isinstance(document, dict):
        raise CannotRead("its text is not a document of Ghost's editor")
    return document


def _children(node: Node) -> Iterator[Node]:
    children = node.get("children")
    yield from (child for child in children if isinstance(child, dict)) if isinstance(children, list) else ()


def _node(node: Node, lose: Lose, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise CannotRead(f"its text is nested more than {MAX_DEPTH} deep")
    kind = str(node.get("type", "")).removeprefix("extended-")
    if kind == "text":
        return _formatted(node)
    if kind in SPACES:
        return SPACES[kind]
    inner = "".join(_node(child, lose, depth + 1) for child in _children(node))
    if kind in {"link", "autolink", "at-link"}:
        return f'<a href="{_attribute(node, "url")}">{inner}</a>'
    tag = _tag(node, kind)
    return f"<{tag}{_start(tag, node)}>{inner}</{tag}>" if tag else card(kind, node, lose) or inner


def _start(tag: str, node: Node) -> str:
    """Return the number that a list begins with, where it is not 1."""
    start = node.get("start")
    return f' start="{start}"' if tag == "ol" and isinstance(start, int) and start > 1 else ""


def _tag(node: Node, kind: str) -> str:
    if kind == "heading":
        return str(node.get("tag")) if node.get("tag") in {"h1", "h2", "h3", "h4", "h5", "h6"} else "h2"
    if kind == "list":
        return "ol" if "ol" in {node.get("tag")} or node.get("listType") == "number" else "ul"
    return {"paragraph": "p", "listitem": "li", "quote": "blockquote", "aside": "blockquote"}.get(kind, "")


def _formatted(node: Node) -> str:
    words = html.escape(str(node.get("text", "")), quote=False)
    bits = node.get("format")
    for bit, tag in FORMATS:
        if isinstance(bits, int) and bits & bit:
            words = f"<{tag}>{words}</{tag}>"
    return words


def card(kind: str, data: Node, lose: Lose) -> str:
    """Return a card as HTML, empty where it shows nothing here."""
    if kind in NOT_ON_THE_PAGE or not _is_for_every_reader(data):
        if kind not in NOT_ON_THE_PAGE:
            lose(f"card {kind} that not every reader saw")
        return ""
    known = CARDS.get(kind)
    if known is None and kind:
        lose(f"card {kind[:40]}")
    shown = known(data) if known else ""
    caption = _text(data, "caption") if shown and kind not in WITH_CAPTION else ""
    return f"{shown}<p>{caption}</p>" if caption else shown


def _is_for_every_reader(data: Node) -> bool:
    """Return whether a card was shown to readers who are not signed in."""
    visibility = data.get("visibility")
    web = visibility.get("web") if isinstance(visibility, dict) else None
    return not (isinstance(web, dict) and web.get("nonMember") is False)


def _attribute(data: Node, *names: str) -> str:
    return html.escape(_text(data, *names))


def _text(data: Node, *names: str) -> str:
    return next((value for name in names if isinstance(value := data.get(name), str) and value), "")


def _image(data: Node) -> str:
    image = f'<img src="{_attribute(data, "src", "url")}" alt="{_attribute(data, "alt")}">'
    image = f'<a href="{_attribute(data, "href")}">{image}</a>' if _text(data, "href") else image
    caption = _text(data, "caption")
    return f"<figure>{image}" + (f"<figcaption>{caption}</figcaption>" if caption else "") + "</figure>"


def _gallery(data: Node) -> str:
    images = data.get("images")
    shown = "\n".join(_image(image) for image in images if isinstance(image, dict)) if isinstance(images, list) else ""
    return shown + (f"<p>{_text(data, 'caption')}</p>" if _text(data, "caption") else "")


def _embed(data: Node) -> str:
    return _text(data, "html") or _link(data, "url", _text(data, "url"))


def _link(data: Node, name: str, words: str) -> str:
    url = _attribute(data, name)
    return f'<p><a href="{url}">{html.escape(words) or url}</a></p>' if url else ""


def _bookmark(data: Node) -> str:
    metadata = data.get("metadata")
    title = _text(metadata, "title") if isinstance(metadata, dict) else ""
    return _link(data, "url", title or _text(data, "title", "url"))


def _callout(data: Node) -> str:
    return f"<blockquote>{_text(data, 'calloutEmoji')} {_text(data, 'calloutText')}</blockquote>"


def _toggle(data: Node) -> str:
    return f"<details><summary>{_text(data, 'heading')}</summary>{_text(data, 'content')}</details>"


def _header(data: Node) -> str:
    below = _text(data, "subheader")
    words = f"<h2>{_text(data, 'header')}</h2>" + (f"<p>{below}</p>" if below else "")
    return _picture(data, "backgroundImageSrc") + words + _link(data, "buttonUrl", _text(data, "buttonText"))


def _picture(data: Node, name: str) -> str:
    return f'<img src="{_attribute(data, name)}" alt="">' if _text(data, name) else ""


def _call_to_action(data: Node) -> str:
    sponsor = f"<p>{_text(data, 'sponsorLabel')}</p>" if _text(data, "sponsorLabel") else ""
    button = _link(data, "buttonUrl", _text(data, "buttonText"))
    return sponsor + _picture(data, "imageUrl") + _text(data, "textValue") + button


def _file(data: Node) -> str:
    words = html.escape(_text(data, "fileCaption"))
    return _link(data, "src", _text(data, "fileTitle", "fileName")) + (f"<p>{words}</p>" if words else "")


def _product(data: Node) -> str:
    parts = [f"<h4>{_text(data, 'productTitle')}</h4>", _text(data, "productDescription")]
    return _picture(data, "productImageSrc") + "".join(parts) + _link(data, "productUrl", _text(data, "productButton"))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


CARDS: dict[str, Callable[[Node], str]] = {
    "image": _image, "gallery": _gallery, "embed": _embed, "bookmark": _bookmark, "callout": _callout, "toggle": _toggle,
    "header": _header, "product": _product,
    "html": lambda data: _text(data, "html"),
    "markdown": lambda data: _markdown().render(_text(data, "markdown")),
    "card-markdown": lambda data: _markdown().render(_text(data, "markdown")),
    "codeblock": lambda data: code_block(_text(data, "code"), _text(data, "language")),
    "code": lambda data: code_block(_text(data, "code"), _text(data, "language")),
    "horizontalrule": lambda data: "<hr>", "hr": lambda data: "<hr>",
    "button": lambda data: _link(data, "buttonUrl", _text(data, "buttonText")),
    "call-to-action": _call_to_action,
    "video": lambda data: f'<video src="{_attribute(data, "src")}"></video>',
    "audio": lambda data: f'<audio src="{_attribute(data, "src")}" title="{_attribute(data, "title")}"></audio>',
    "file": _file,
}  # fmt: skip


def _section(section: list[Any], document: Node, lose: Lose) -> str:
    kind = section[0]
    if kind == 1 and len(section) > 2:
        tag = (
            section[1] if section[1] in {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "aside", "pull-quote"} else "p"
        )
        tag = "blockquote" if tag in {"aside", "pull-quote"} else tag
        return f"<{tag}>{_markers(section[2], document)}</{tag}>"
    if kind == 2 and len(section) > 1:
        return f'<img src="{html.escape(str(section[1]))}" alt="">'
    if kind == 3 and len(section) > 2 and isinstance(section[2], list):
        tag = "ol" if section[1] == "ol" else "ul"
        return f"<{tag}>" + "".join(f"<li>{_markers(item, document)}</li>" for item in section[2]) + f"</{tag}>"
    if kind == 10 and len(section) > 1:
        found = _listed(document, "cards", section[1])
        data = found[1] if len(found) > 1 and isinstance(found[1], dict) else {}
        return card(str(found[0]), data, lose) if found else ""
    return ""


def _listed(document: Node, name: str, position: Any) -> list[Any]:
    rows = document.get(name)
    is_there = isinstance(rows, list) and isinstance(position, int) and 0 <= position < len(rows)
    return rows[position] if is_there and isinstance(rows[position], list) else []  # type: ignore[index]


def _markers(markers: Any, document: Node) -> str:
    """Return runs of text with the markup that each opens and closes."""
    written, opened = [], list[str]()
    for marker in markers if isinstance(markers, list) else ():
        if not isinstance(marker, list) or len(marker) < 4 or not isinstance(marker[1], list):
            continue
        for position in marker[1]:
            markup = _listed(document, "markups", position)
            written.append(_opening(markup))
            opened.append(str(markup[0]) if markup else "span")
        words = _listed(document, "atoms", marker[3])[1:2] if marker[0] == 1 else [marker[3]]
        is_break = marker[0] == 1 and _listed(document, "atoms", marker[3])[:1] == ["soft-return"]
        written.append("<br>" if is_break else html.escape(str(words[0]) if words else "", quote=False))
        closed = min(marker[2], len(opened)) if isinstance(marker[2], int) else 0
        written += [f"</{opened.pop()}>" for _ in range(closed)]
    return "".join([*written, *(f"</{tag}>" for tag in reversed(opened))])


def _opening(markup: list[Any]) -> str:
    if not markup or not str(markup[0]).isalnum():
        return "<span>"
    attributes = markup[1] if len(markup) > 1 and isinstance(markup[1], list) else []
    pairs = zip(attributes[::2], attributes[1::2], strict=False)
    href = next((str(value) for name, value in pairs if name == "href"), "")
    return f'<{markup[0]} href="{html.escape(href)}">' if href else f"<{markup[0]}>"
