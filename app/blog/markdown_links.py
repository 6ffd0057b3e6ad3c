"""Bare links in Markdown, found in linear time however hostile the text is.

The rules are those of markdown-it and linkify-it. Theirs look through all text so far, or all text to come, at each `://`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, partial

from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt
from markdown_it.common.utils import isLinkClose, isLinkOpen
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])([a-z][a-z0-9.+-]*)$", re.IGNORECASE)
SCHEME_LENGTH = 64
# What an address may hold between brackets or quotes: the search for the second one ends here.
INSIDE = 300
CLOSING = (r"\]", "[)]", "[}]", '["]', "[']")
LEVELS_OF_A_BRACKET = 3
MAILTO = re.compile(r"^mailto:", re.IGNORECASE)


def link_only_addresses(parser: MarkdownIt) -> None:
    """Link https://…, www.… and mail addresses, no other words: `manage.py` and `README.md` are names of files, not hosts."""
    addresses = Addresses()
    parser.inline.ruler.at("linkify", partial(_link_scheme, addresses))
    parser.core.ruler.at("linkify", partial(_link_text, addresses))


def limit_brackets(parser: MarkdownIt) -> None:
    """Look at most a few brackets deep for the end of a link's words: each level reads a hostile text once more."""
    shallow = _ShallowInline()
    shallow.ruler, shallow.ruler2 = parser.inline.ruler, parser.inline.ruler2
    parser.inline = shallow
    for name, rule in (("link", link), ("image", image)):
        if name in parser.get_active_rules()["inline"]:
            shallow.ruler.at(name, partial(_if_closed, rule))


def _if_closed(rule: Callable[[StateInline, bool], bool], state: StateInline, silent: bool) -> bool:
    """Spare the search for the end of a link's words where no bracket is closed from here on."""
    return state.html_terminator_last("]") > state.pos and rule(state, silent)


class _ShallowInline(ParserInline):
    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - the parser's name
        """Count each bracket as several levels of the twenty that the parser follows."""
        state.level += LEVELS_OF_A_BRACKET
        super().skipToken(state)
        state.level -= LEVELS_OF_A_BRACKET


class Addresses(LinkifyIt):  # type: ignore[misc]  # untyped
    """Finds addresses in plain text."""

    def __init__(self) -> None:
        super().__init__(options={"fuzzy_link": False})
        self.add("www.", {"validate": _www, "normalize": _with_scheme})

    def _on_compile(self) -> None:
        """Bound what is between brackets or quotes in a path, and look at its characters in one step instead of three."""
        blanks = self.re["src_ZCc"]
        for closing in CLOSING:
            inside = f"[^{blanks[1:-1].replace(']|[', '')}{closing[-2] if closing[0] == '[' else closing}]"
            inner = f"(?:(?!{blanks}|{closing}).)"
            for bound, fewest in (("*", 0), ("+", 1)):
                self.re["src_path"] = self.re["src_path"].replace(inner + bound, f"{inside}{{{fewest},{INSIDE}}}")

    @cached_property
    def www(self) -> re.Pattern[str]:
        return re.compile(self.re["src_host_port_strict"] + self.re["src_path"], re.IGNORECASE)

    @cached_property
    def _schemas_at(self) -> re.Pattern[str]:
        names = sorted(filter(None, self._compiled), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, names)), re.IGNORECASE)

    @cached_property
    def _schemas_in(self) -> re.Pattern[str]:
        return re.compile(self.re["schema_search"], re.IGNORECASE)

    @cached_property
    def _host(self) -> re.Pattern[str]:
        return re.compile(self.re["src_host"], re.IGNORECASE)

    @cached_property
    def _mailboxes(self) -> re.Pattern[str]:
        return re.compile(self.re["email_fuzzy"], re.IGNORECASE)

    def pretest(self, text: str) -> bool:
        """Return whether there may be an address. linkify-it looks for hosts here too, at ten times the cost."""
        return "//" in text or "@" in text or "www." in text.lower()

    def at(self, text: str, start: int) -> Match | None:
        """Return the address that begins here with its scheme."""
        found = self._schemas_at.match(text, start)
        length = self.test_schema_at(text, found[0], found.end()) if found else 0
        return self._create_match(text, found[0], start, found.end() + length) if found and length else None

    def match(self, text: str) -> list[Match]:
        """Return the addresses in the text, first to last; of two that overlap the first."""
        matches: list[Match] = []
        end = 0
        for schema, start, stop in sorted([*self._schemed(text), *self._mailed(text)], key=lambda found: (found[1], -found[2])):
            if start >= end:
                matches.append(self._create_match(text, schema, start, stop))
                end = stop
        return matches

    def _schemed(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield what begins with a scheme. The search goes on behind a link: there may be thousands of `//` in one path."""
        position = 0
        while found := self._schemas_in.search(text, position):
            position = found.end()
            if length := self.test_schema_at(text, found[2], position):
                yield found[2], found.end(1), position + length
                position += length - 1
            elif found[2].lower() == "www." and (host := self._host.match(text, position)):
                # What follows a host that is none does not follow a half of it either; its last word may be a scheme.
                position += max(host[0].rfind("."), 0)

    def _mailed(self, text: str) -> Iterator[tuple[str, int, int]]:
        if "@" in text:
            yield from (("mailto:", found.end(1), found.end()) for found in self._mailboxes.finditer(text))


def _www(linkify: Addresses, text: str, position: int) -> int:
    """Return how long the address is behind `www.`."""
    found = linkify.www.match(text, position)
    return len(found[0]) if found else 0


def _with_scheme(linkify: LinkifyIt, match: Match) -> None:
    match.url = f"http://{match.url}"


def _link_scheme(addresses: Addresses, state: StateInline, silent: bool) -> bool:
    """Link an address with a scheme, inside a line whose emphasis is not parsed yet."""
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _scheme_before(state)
    found = addresses.at(state.src, state.pos - len(scheme)) if scheme else None
    if found is None:
        return False
    url = found.url.rstrip("*")
    address = state.md.normalizeLink(url)
    if not state.md.validateLink(address):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme)]
        opening = state.push("link_open", "a", 1)
        opening.attrs, opening.markup, opening.info = {"href": address}, "linkify", "auto"
        state.push("text", "", 0).content = state.md.normalizeLinkText(url)
        closing = state.push("link_close", "a", -1)
        closing.markup, closing.info = "linkify", "auto"
    state.pos += len(url) - len(scheme)
    return True


def _scheme_before(state: StateInline) -> str:
    """Return the scheme at the end of the text so far, empty where it is none."""
    tail = state.pending[-SCHEME_LENGTH:]
    found = SCHEME.search(tail)
    is_cut = found is not None and found.start() == 0 and len(found[1]) == SCHEME_LENGTH
    return "" if found is None or is_cut else found[1]


def _link_text(addresses: Addresses, state: StateCore) -> None:
    """Link the addresses in the text of each block, but for what is in a link already."""
    for block in state.tokens:
        if block.type == "inline" and block.children and addresses.pretest(block.content):
            block.children = _linked(state.md, addresses, block.children)


def _linked(parser: MarkdownIt, addresses: Addresses, tokens: list[Token]) -> list[Token]:
    """Go from the last token to the first: what closes a link comes before what is in it."""
    kept: list[Token] = []
    level, position = 0, len(tokens)
    while position:
        position -= 1
        token = tokens[position]
        if token.type == "link_close":
            start = _opening(tokens, position)
            kept.extend(reversed(tokens[start : position + 1]))
            position = start
            continue
        if token.type == "html_inline":
            level += isLinkClose(token.content) - (isLinkOpen(token.content) and level > 0)
        if level <= 0 and token.type == "text":
            is_escaped = position > 0 and tokens[position - 1].type == "text_special"
            kept.extend(reversed(_split(parser, token, addresses.match(token.content), is_escaped=is_escaped)))
        else:
            kept.append(token)
    return kept[::-1]


def _opening(tokens: list[Token], closing: int) -> int:
    start = closing - 1
    while tokens[start].level != tokens[closing].level and tokens[start].type != "link_open":
        start -= 1
    return start


def _split(parser: MarkdownIt, token: Token, links: list[Match], *, is_escaped: bool) -> list[Token]:
    """Return a text as words and links. `http\\://example.com` stays as it is, its second half too."""
    parts: list[Token] = []
    end = 0
    for found in links[is_escaped and links[0].index == 0 :] if links else []:
        address = parser.normalizeLink(found.url)
        if not parser.validateLink(address):
            continue
        if found.index > end:
            parts.append(_text(token.content[end : found.index], token.level))
        parts += _link(address, _words(parser, found), token.level)
        end = found.last_index
    return [*parts, _text(token.content[end:], token.level)] if end else [token]


def _words(parser: MarkdownIt, found: Match) -> str:
    """Return what the link says: `mailto:` is written by us, for the parser, where the text has none."""
    if found.schema == "mailto:" and not MAILTO.match(found.text):
        return MAILTO.sub("", parser.normalizeLinkText(f"mailto:{found.text}"))
    return parser.normalizeLinkText(found.text)


def _link(address: str, words: str, level: int) -> list[Token]:
    opening, closing = Token("link_open", "a", 1), Token("link_close", "a", -1)
    opening.attrs = {"href": address}
    opening.level = closing.level = level
    for token in (opening, closing):
        token.markup, token.info = "linkify", "auto"
    return [opening, _text(words, level + 1), closing]


def _text(content: str, level: int) -> Token:
    token = Token("text", "", 0)
    token.content, token.level = content, level
    return token
