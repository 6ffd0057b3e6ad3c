"""Markdown to HTML that is safe to show anywhere: page, feed, mail."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from app.blog import embeds
from app.blog.markdown_links import limit_brackets, link_only_addresses
from app.blog.plain_text import is_too_deep
from app.blog.text import CONTENT_LIMIT, clean
from app.site.speaking import speaking

HEADINGS = {f"h{level}" for level in range(1, 7)}
INLINE = {
    "a",
    "abbr",
    "b",
    "br",
    "cite",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "kbd",
    "mark",
    "q",
    "s",
    "small",
    "strong",
    "sub",
    "sup",
}
BLOCKS = {"blockquote", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "section", "span", "ul"}
TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
FIGURES = {"details", "figcaption", "figure", "img", "summary"}
COMMENT_TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}
ATTRIBUTES = {
    "*": {"id", "lang", "dir"},
    "a": {"href", "title", "class"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "code": {"class"},
    "div": {"class"},
    "iframe": {"src", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "li": {"class"},
    "ol": {"start", "class"},
    "section": {"class"},
    "sup": {"class"},
    "td": {"colspan", "rowspan", "align", "style"},
    "th": {"colspan", "rowspan", "align", "scope", "style"},
}
# The colon is in the ids of footnotes that are named twice (fnref1:1).
IDENTIFIER = re.compile(r"[\w:.-]{1,100}")
HEADING_ATTRIBUTES = re.compile(r"[ \t]*\{(?P<attributes>(?:[ \t]*[#.][\w:-]+)+)[ \t]*\}[ \t]*$")
CLASS = re.compile(r"language-[\w+#-]{1,30}|footnote[\w-]{0,20}|embed(?:-(?:video|audio|link))?")
NUMBER = re.compile(r"\d{1,4}%?")
SPAN = re.compile(r"[1-9]\d{0,2}")
FORMS: dict[str, re.Pattern[str]] = {
    "id": IDENTIFIER,
    "class": CLASS,
    "width": NUMBER,
    "height": NUMBER,
    "colspan": SPAN,
    "rowspan": SPAN,
    "start": re.compile(r"\d{1,4}"),
    "scope": re.compile("row|col|rowgroup|colgroup"),
    "dir": re.compile("ltr|rtl|auto"),
    "lang": re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}"),
    "src": re.compile(r"(?:https?:|(?![\w+.-]*:)).*", re.IGNORECASE | re.DOTALL),
}
SCHEMES = {"http", "https", "mailto", "tel"}
# Calls and chats, which open another program. In comments, which strangers write, only what a reader expects of a link.
POST_SCHEMES = SCHEMES | {"geo", "irc", "ircs", "matrix", "sip", "sips", "sms", "xmpp"}
EAGER_SCRIPTS = {"script", "style", "template", "noscript", "object", "svg", "math"}
POST_TAGS = HEADINGS | INLINE | BLOCKS | TABLES | FIGURES | {"iframe"}
FRAME = {
    "loading": "lazy",
    "sandbox": "allow-scripts allow-same-origin allow-popups allow-presentation",
    "allow": "fullscreen; picture-in-picture; encrypted-media",
    # YouTube refuses to play (error 153) unless it learns which site shows the video.
    "referrerpolicy": "strict-origin-when-cross-origin",
}
EMPTY_FRAME = re.compile(r'<iframe(?![^>]* src=")[^>]*>[^<]*</iframe>')


def render(text: str) -> SafeString:
    """Return a post's Markdown as sanitised HTML. Raises ContentTooLong."""
    source = clean(text, limit=CONTENT_LIMIT)
    markup = _parser(html=True).render(source)
    if is_too_deep(markup):
        markup = _parser(html=False).render(source)
    # The captions of players are stored, and read by everyone: they do not speak the language of the writer's studio.
    with speaking():
        clean_markup = _post_cleaner().clean(embeds.shown(markup))
    return mark_safe(EMPTY_FRAME.sub("", clean_markup))  # noqa: S308 - sanitised


def render_comment(text: str) -> SafeString:
    """Return a comment's Markdown as HTML without headings, images or tables. Raises ContentTooLong."""
    return mark_safe(_comment_cleaner().clean(_comment_parser().render(clean(text))))  # noqa: S308 - sanitised


@cache
def _parser(*, html: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"linkify": True, "html": html}).enable(["table", "strikethrough", "linkify"])
    limit_brackets(parser)
    link_only_addresses(parser)
    parser.core.ruler.push("heading_ids", _name_headings)
    return parser.use(footnote_plugin)


def _name_headings(state: StateCore) -> None:
    """Give each heading the id that is written behind it (`{#id}`), else one made of its words: each once, in linear time."""
    seen: Counter[str] = Counter()
    for heading, inline in pairwise(state.tokens):
        if heading.type == "heading_open":
            name = _written_id(inline) or slugify(inline.content)[:80] or "section"
            seen[name] += 1
            heading.attrSet("id", name if seen[name] == 1 else f"{name}-{seen[name]}")


def _written_id(inline: Token) -> str:
    """Take `{#id .class}` off the end of a heading and return the id, empty where there is none."""
    last = inline.children[-1] if inline.children else None
    match = HEADING_ATTRIBUTES.search(last.content) if last is not None and last.type == "text" else None
    if last is None or match is None:
        return ""
    last.content = last.content[: match.start()]
    inline.content = HEADING_ATTRIBUTES.sub("", inline.content)
    return next((word[1:] for word in match["attributes"].split() if word.startswith("#")), "")


@cache
def _comment_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"linkify": True, "html": False, "breaks": True}).enable("linkify").disable("image")
    limit_brackets(parser)
    link_only_addresses(parser)
    return parser


@cache
def _post_cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=POST_TAGS,
        clean_content_tags=EAGER_SCRIPTS,
        attributes=ATTRIBUTES,
        attribute_filter=_well_formed,
        set_tag_attribute_values={"img": {"loading": "lazy", "decoding": "async"}, "iframe": FRAME},
        filter_style_properties={"text-align"},
        url_schemes=POST_SCHEMES,
        link_rel="noopener",
    )


@cache
def _comment_cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=COMMENT_TAGS,
        clean_content_tags=EAGER_SCRIPTS | {"iframe"},
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel="nofollow ugc noopener",
    )


def _well_formed(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute whose value has the form that it should have."""
    form = FORMS.get(name)
    if tag == "iframe" and name == "src":
        return value if embeds.is_player(value) else None
    if form is None:
        return value
    if name == "class":
        # Behind a comma, as in `rust,no_run`, is what a documentation tool does with the code.
        words = (word.partition(",")[0] if word.startswith("language-") else word for word in value.split())
        return " ".join(word for word in words if form.fullmatch(word)) or None
    return value if form.fullmatch(value) else None
