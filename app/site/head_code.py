"""Code for the head of readers' pages: checked, written again, and allowed by name in the site's security policy.

Only `<meta>`, `<link>` and `<script>` are known. Whatever else a browser's policy would block is refused, with the reason.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

ATTRIBUTES = {
    "meta": {"name", "property", "content"},
    "link": {"rel", "href", "title", "type", "hreflang"},
    "script": {"src", "async", "defer", "type", "id", "integrity", "crossorigin", "nomodule", "referrerpolicy"},
}
RELATIONS = {"me", "license", "webmention", "pingback", "authorization_endpoint", "token_endpoint", "dns-prefetch"}
DATA = re.compile(r"data-[a-z0-9-]+")
HOST = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class HeadCode:
    """The markup, and what the policy has to allow for it: directives of CSP with their sources."""

    markup: SafeString = field(default_factory=lambda: mark_safe(""))
    policy: dict[str, list[str]] = field(default_factory=dict)


def read(code: str) -> HeadCode:
    """Return the code as pages carry it. Raises ValidationError for what a browser would block."""
    # Line ends are part of a script's digest, and a page has them as they are kept.
    parser = _Parser()
    parser.feed(code.replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    return parser.finish()


def validate_code(code: str) -> None:
    read(code)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[SafeString] = []
        self.scripts: list[str] = []
        self.hosts: list[str] = []
        self.opened: SafeString | None = None
        self.inline = ""
        self.has_source = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ATTRIBUTES:
            text = _("<%(tag)s> cannot be used here. Use <meta>, <link> and <script>; styles have a field of their own.")
            raise ValidationError(text % {"tag": tag[:40]})
        for name, _value in attrs:
            self._check_name(tag, name)
        given = {name: value or "" for name, value in attrs}
        getattr(self, f"_check_{tag}")(given)
        opening = _opening(tag, attrs)
        if tag == "script":
            self.opened, self.inline, self.has_source = opening, "", "src" in given
        else:
            self.pieces.append(opening)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag == "script":
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "script" or self.opened is None:
            return
        if self.inline.strip():
            if self.has_source:
                raise ValidationError(_("A script has either an address or code of its own."))
            self.scripts.append(f"'sha256-{b64encode(sha256(self.inline.encode()).digest()).decode()}'")
        self.pieces.append(mark_safe(f"{self.opened}{self.inline}</script>"))  # noqa: S308 - allowed by its digest
        self.opened = None

    def handle_data(self, data: str) -> None:
        if self.opened is not None:
            self.inline += data
        elif data.strip():
            raise ValidationError(_("“%(text)s” is outside of a tag.") % {"text": data.strip()[:40]})

    def handle_decl(self, decl: str) -> None:
        raise ValidationError(_("Write tags alone, without <!…>."))

    def finish(self) -> HeadCode:
        """Return what was read. Raises ValidationError for a script that is not closed."""
        if self.opened is not None:
            raise ValidationError(_("A <script> is not closed."))
        hosts = list(dict.fromkeys(self.hosts))
        policy = {"script-src": ["'self'", *self.scripts, *hosts], "connect-src": ["'self'", *hosts]}
        return HeadCode(mark_safe("\n".join(self.pieces)), policy if self.scripts or hosts else {})  # noqa: S308 - checked

    def _check_name(self, tag: str, name: str) -> None:
        if name.startswith("on"):
            raise ValidationError(_("“%(name)s” would be blocked by the site's security policy.") % {"name": name[:40]})
        if name not in ATTRIBUTES[tag] and not DATA.fullmatch(name):
            raise ValidationError(_("<%(tag)s> cannot have “%(name)s” here.") % {"tag": tag, "name": name[:40]})

    def _check_meta(self, given: dict[str, str]) -> None:
        if not given.get("content") or not (given.get("name") or given.get("property")):
            raise ValidationError(_("A <meta> needs a name and a content."))

    def _check_link(self, given: dict[str, str]) -> None:
        if given.get("rel", "").lower() not in RELATIONS:
            text = _("A <link> can be one of: %(known)s. Others would be blocked, or have a field of their own.")
            raise ValidationError(text % {"known": ", ".join(sorted(RELATIONS))})
        if not given.get("href", "").startswith(("https://", "/", "mailto:")):
            raise ValidationError(_("A <link> needs an https:// address."))

    def _check_script(self, given: dict[str, str]) -> None:
        if "src" not in given:
            return
        host = _host(given["src"])
        if not host:
            text = _("“%(address)s” would be blocked. A script has an https:// address.")
            raise ValidationError(text % {"address": given["src"][:100]})
        self.hosts.append(f"https://{host}")


def _host(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme == "https" and HOST.fullmatch(parts.netloc) else ""


def _opening(tag: str, attrs: list[tuple[str, str | None]]) -> SafeString:
    pairs = (format_html(' {}="{}"', name, value) if value is not None else mark_safe(f" {name}") for name, value in attrs)  # noqa: S308
    return mark_safe(f"<{tag}{''.join(pairs)}>")  # noqa: S308 - each name is known, each value escaped
