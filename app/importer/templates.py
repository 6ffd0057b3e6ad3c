"""Template tags in the text of Jekyll, Eleventy and Hugo posts: known ones expanded, others taken out and named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.importer import tags

OPEN, CLOSE = r"\{%-?\s*", r"\s*-?%\}"
# No part runs past the beginning of another one of its kind: a hostile file must cost linear time.
LIQUID = re.compile(
    rf"{OPEN}raw{CLOSE}(?P<raw>(?:(?!{OPEN}raw\b).)*?){OPEN}endraw{CLOSE}"
    rf"|{OPEN}comment{CLOSE}(?:(?!{OPEN}comment\b).)*?{OPEN}endcomment{CLOSE}"
    r"|\{%-?(?P<tag>(?:(?!%\}|\{%).)*)-?%\}"
    r"|\{\{-?(?P<output>(?:(?!\}\}|\{\{).)*)-?\}\}",
    re.S,
)
SHORTCODE = re.compile(r"\{\{[<%](?P<body>(?:(?![>%]\}\}|\{\{[<%]).)*)[>%]\}\}", re.S)
KRAMDOWN = re.compile(r"\{:[^{}\n]*\}")
HTML = re.compile(r"\s*<")
LOOK_BACK = 10_000
NAME = re.compile(r"\s*(/?[\w.-]+)\s*(.*)", re.S)
ARGUMENT = re.compile(r"""(?:(?P<key>[\w-]+)\s*[:=]\s*)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s,"']+))""")


@dataclass(kw_only=True)
class Page:
    """What the tags of one file may ask for: its front matter, its site, its authors' names."""

    values: Mapping[str, object] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    posts: Mapping[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        """Return a variable's text, an empty one for what every site has, None for what nobody knows."""
        if name in {"site.baseurl", "site.url", "baseurl", "baseUrl"}:
            return ""
        found = self.values.get(name.removeprefix("page.").removeprefix("post.").lower())
        return found.strip() if isinstance(found, str) else None


def liquid(text: str, page: Page) -> str:
    """Return the text with Liquid and Nunjucks tags expanded. Unknown ones are added to `page.unknown`."""
    expanded = LIQUID.sub(lambda match: _liquid(match, page), text)
    return KRAMDOWN.sub("", expanded)


def shortcodes(text: str, page: Page) -> str:
    """Return the text with Hugo shortcodes expanded."""
    return SHORTCODE.sub(lambda match: _tag(match, match["body"].strip().removesuffix("/"), page), text)


def _liquid(match: re.Match[str], page: Page) -> str:
    if match["raw"] is not None:
        return match["raw"]
    if match["tag"] is not None:
        return _tag(match, match["tag"].removesuffix("-"), page)
    return _output(match["output"].removesuffix("-"), match, page) if match["output"] is not None else ""


def _tag(match: re.Match[str], body: str, page: Page) -> str:
    parts = NAME.fullmatch(body)
    known = tags.TAGS.get(parts[1]) if parts else None
    expanded = known(arguments_of(parts[2]), _place(match, page)) if parts and known else None
    if expanded is None:
        page.unknown.append(f"{{% {' '.join(body.split())[:40]} %}}")
    return expanded or ""


def arguments_of(text: str) -> tags.Arguments:
    found = tags.Arguments()
    for match in ARGUMENT.finditer(text):
        value = next((match[kind] for kind in ("double", "single", "bare") if match[kind] is not None), "")
        if match["key"]:
            found.named[match["key"]] = value
        else:
            found.given.append(value)
    return found


def _output(body: str, match: re.Match[str], page: Page) -> str:
    expression, *filters = (part.strip() for part in re.split(r"\|(?=(?:[^\"']|\"[^\"]*\"|'[^']*')*$)", body))
    literal = re.fullmatch(r"""(["'])(.*)\1""", expression, re.S)
    value = literal[2] if literal else page.value(expression)
    if value is None:
        page.unknown.append(f"{{{{ {expression[:40]} }}}}")
        return ""
    for each in filters:
        value = _filtered(value, each, match, page)
    return value


def _filtered(value: str, body: str, match: re.Match[str], page: Page) -> str:
    name, _, rest = body.partition(":")
    known = tags.FILTERS.get(name.strip().partition("(")[0])
    if known is None:
        page.unknown.append(f"| {name.strip()[:40]}")
        return value
    return known(value, arguments_of(rest), _place(match, page))


def _place(match: re.Match[str], page: Page) -> tags.Place:
    """Say whether the tag stands in Markdown or inside HTML, where Markdown would not be read."""
    begin = max(0, match.start() - LOOK_BACK)
    begin = max(begin, match.string.rfind("\n\n", begin, match.start()))
    in_html = HTML.match(match.string, begin, match.start()) is not None
    return tags.Place(in_html=in_html, people=page.people, posts=page.posts)
