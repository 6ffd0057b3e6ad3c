"""Shortcodes in the prose of Hugo and Zola posts: expanded where they are known, else taken out and named."""

from __future__ import annotations

import re

from app.importer.liquid_templates import BRACES, BRACES_BACK, NAME, Page, is_in_html
from app.importer.markdown_code import code_span, fenced, mask_code, unmask_code
from app.importer.template_tags import TAGS, Place, arguments_of

# No part runs past the beginning of another one of its kind: a hostile file must cost linear time.
ESCAPED = re.compile(r"\{\{(?P<open>[<%])/\*(?P<body>(?:(?!\*/|\{\{[<%]/\*).)*?)\*/(?P<close>[>%])\}\}", re.S)
SHORTCODE = re.compile(r"\{\{(?P<kind>[<%])(?P<body>(?:(?![>%]\}\}|\{\{[<%]).)*)[>%]\}\}", re.S)
HIGHLIGHT = re.compile(
    r"(?P<before>^[ \t]*)?\{\{[<%]\s*highlight\b(?P<arguments>(?:(?![>%]\}\}|\{\{[<%]).)*)[>%]\}\}"
    r"(?P<body>(?:(?!\{\{[<%]\s*highlight\b).)*?)\{\{[<%]\s*/\s*highlight\s*[>%]\}\}(?P<after>[ \t]*(?=\S))?",
    re.S | re.M,
)
ZOLA = re.compile(
    r"\{\{\s*(?P<name>\w+)\((?P<arguments>(?:(?!\}\}|\{\{).)*)\)\s*\}\}|\{%-?\s*(?:end|(?P<block>\w+)\((?:(?!%\}|\{%).)*\))\s*-?%\}",
    re.S,
)


def expand_hugo(text: str, page: Page) -> str:
    """Return the text with Hugo's shortcodes expanded. Code stays as Hugo shows it: `{{</* x */>}}` is `{{< x >}}`."""
    if "{{<" not in text and "{{%" not in text:
        return text
    literal = ESCAPED.sub(lambda m: f"{{{{{m['open']}{m['body']}{m['close']}}}}}".translate(BRACES), text)
    prose, code = mask_code(HIGHLIGHT.sub(_code, literal))
    prose = SHORTCODE.sub(lambda match: _shown(match, match["body"].strip().removesuffix("/").strip(), page), prose)
    page.unknown[:] = [unmask_code(tag, code) for tag in page.unknown]
    return unmask_code(prose, code).translate(BRACES_BACK)


def expand_zola(text: str, page: Page) -> str:
    """Return the text with Zola's shortcodes expanded: `{{ youtube(id="…") }}`, `{% quote() %} … {% end %}`."""
    prose, code = mask_code(text)

    def replace(match: re.Match[str]) -> str:
        if match["name"] is None:
            page.unknown += [match[0]] if match["block"] else []
            return ""
        return _shown(match, f"{match['name']} {match['arguments']}", page)

    prose = ZOLA.sub(replace, prose)
    page.unknown[:] = [unmask_code(tag, code) for tag in page.unknown]
    return unmask_code(prose, code)


def _shown(match: re.Match[str], body: str, page: Page) -> str:
    parts = NAME.fullmatch(body)
    name = parts[1] if parts else ""
    known = TAGS.get(name)
    place = Place(in_html=is_in_html(match.string, match.start()), people=page.people, posts=page.posts)
    shown = known(arguments_of(parts[2], page.value), place) if parts and known else None
    if shown is None and not name.startswith("/"):
        page.unknown.append(match[0])
    return shown or ""


def _code(match: re.Match[str]) -> str:
    language = re.sub(r"[^\w+#.-]", "", arguments_of(match["arguments"]).first(position=0))
    body = match["body"].strip("\n").translate(BRACES)
    if "\n" not in match["body"]:
        return (match["before"] or "") + code_span(body) + (match["after"] or "")
    lead = match["before"] if match["before"] is not None else "\n\n"
    return f"{lead}{fenced(body, language, lead.strip(chr(10)))}" + ("\n\n" if match["after"] is not None else "")
