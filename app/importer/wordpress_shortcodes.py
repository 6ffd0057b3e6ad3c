"""WordPress shortcodes: known ones are expanded, those around code become code, others are taken out and named."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.blog import embeds
from app.importer.html_blocks import code_block
from app.importer.media_embeds import frame
from app.importer.template_tags import Arguments, arguments_of

LANGUAGES = [
    "actionscript3", "applescript", "as3", "bash", "c", "cc", "cci", "clojure", "code", "coldfusion", "cpp", "crayon",
    "csharp", "css", "delphi", "diff", "erlang", "fsharp", "go", "groovy", "haskell", "html", "java", "javafx",
    "javascript", "js", "jscript", "matlab", "objc", "perl", "php", "plain", "powershell", "ps", "py", "python", "r",
    "rails", "rb", "ror", "ruby", "scala", "sh", "shell", "sourcecode", "sql", "swift", "text", "ts", "typescript",
    "vb", "vbnet", "xml", "xhtml", "yaml", "highlight", "syntax",
]  # fmt: skip
NOT_LANGUAGES = {"code", "sourcecode", "cc", "cci", "crayon", "highlight", "syntax"}
# No branch runs past the beginning of another one of its kind: a hostile file must cost linear time.
CODE = re.compile(
    rf"(?<!\[)\[(?P<name>{'|'.join(sorted(LANGUAGES, key=len, reverse=True))})(?P<arguments>(?:\s+[^\[\]]*|=[^\[\]]*)?)\]"
    r"(?P<body>(?:(?!\[(?P=name)[\s\]=]).)*?)\[/(?P=name)\](?!\])",
    re.I | re.S,
)
VERBATIM = re.compile(r"<(?P<name>pre|code|textarea)\b[^<>]*>(?:(?!<(?P=name)\b).)*?</(?P=name)\s*>", re.I | re.S)
CAPTION = re.compile(
    r"\[(?P<name>(?:wp_)?caption)\b(?P<arguments>[^\[\]]*)\](?P<body>(?:(?!\[/?(?:wp_)?caption).)*)\[/(?P=name)\]", re.S | re.I
)
EMBED = re.compile(
    r"(?<!\[)\[(?P<name>embed|youtube|vimeo|spotify|soundcloud|audio|video)(?P<arguments>\b[^\[\]]*)\]"
    r"(?:(?P<body>[^\[\]<>]*)\[/(?P=name)\])?",
    re.I,
)
GALLERY = re.compile(r"(?<!\[)\[gallery(?P<arguments>\b[^\[\]]*)\]", re.I)
SHORTCODE = re.compile(
    r"(?P<escaped>\[)?\[/?(?P<name>[a-zA-Z][\w-]{1,40})(?P<arguments>\s+[\w-]+\s*=[^\[\]]*|\s+/)?/?\](?(escaped)\])"
)
# A block without content of its own: the server wrote what it showed.
DYNAMIC = re.compile(r"<!--\s+wp:[a-z](?:(?!-->|<!--).)*/-->", re.S)
MARK = re.compile("\ufdd8(\\d+)\ufdd9")
# Names that are shortcodes even without arguments; any other word in brackets may be just that.
KNOWN = {
    "gallery", "caption", "wp_caption", "embed", "audio", "video", "playlist", "contact-form-7", "contact-form",
    "contact-field", "youtube", "vimeo", "gist", "more", "button", "soundcloud", "spotify", "googlemaps", "polldaddy",
    "slideshow", "toc",
}  # fmt: skip
BUILDERS = re.compile(r"vc_|et_pb_|fusion_|av_|su_|cs_|mk_|fl_")


@dataclass
class Shortcodes:
    """Expands the shortcodes of one post. `attachments` are the URLs and descriptions of its site's uploads by number.

    `code` holds what must not meet the sanitiser, `unknown` what was taken out, as it was written.
    """

    attachments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    own_attachments: tuple[str, ...] = ()
    code: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    _taken_out: set[str] = field(default_factory=set)

    def expanded(self, markup: str) -> str:
        """Return the HTML with marks in place of code; `with_code()` puts the code back after sanitising."""
        markup = CODE.sub(self._code_block, markup)
        markup = VERBATIM.sub(self._verbatim, markup)
        markup = CAPTION.sub(_figure, markup)
        markup = EMBED.sub(self._embed, markup)
        markup = GALLERY.sub(self._gallery, markup)
        markup = SHORTCODE.sub(self._take_out, markup)
        closing = "|".join(sorted({re.escape(name) for name in self._taken_out}))
        return re.sub(rf"\[/(?:{closing})\]", "", markup, flags=re.I) if closing else markup

    def with_code(self, markup: str) -> str:
        markup = re.sub(r"<p>\s*(\ufdd8\d+\ufdd9)\s*</p>", r"\1", markup)
        return MARK.sub(lambda match: self.code[int(match[1])], markup)

    def _put_aside(self, markup: str) -> str:
        self.code.append(markup)
        return f"\ufdd8{len(self.code) - 1}\ufdd9"

    def _code_block(self, match: re.Match[str]) -> str:
        arguments, name = arguments_of(match["arguments"].strip().removeprefix("=")), match["name"].lower()
        language = arguments.first("language", "lang", "brush") or ("" if name in NOT_LANGUAGES else name)
        if match["arguments"].startswith("="):
            language = arguments.first(position=0)
        body = _code_of(match["body"]).strip("\r\n")
        if name in {"cci"} or ("\n" not in body and name == "code" and not match["arguments"]):
            return self._put_aside(f"<code>{html.escape(body, quote=False)}</code>")
        return f"\n\n{self._put_aside(code_block(body, language))}\n\n"

    def _verbatim(self, match: re.Match[str]) -> str:
        """Leave shortcodes in code as they were written; `[[gallery]]` is how WordPress writes one there."""
        shown = MARK.sub(lambda mark: self.code[int(mark[1])], match[0])
        aside = self._put_aside(re.sub(r"\[(\[/?[\w-]+[^\[\]]*\])\]", r"\1", shown))
        return f"\n\n{aside}\n\n" if match["name"].lower() == "pre" else aside

    def _embed(self, match: re.Match[str]) -> str:
        arguments = arguments_of(match["arguments"].strip().removeprefix("="))
        url = (match["body"] or "").strip() or _source(arguments) or next(iter(arguments.given), "")
        if match["arguments"].startswith("="):
            url = match["arguments"][1:].split()[0] if match["arguments"][1:].split() else ""
        url = html.unescape(url.strip("\"'"))
        if match["name"].lower() in {"youtube", "vimeo"} and "/" not in url:
            url = f"https://youtu.be/{url}" if match["name"].lower() == "youtube" else f"https://vimeo.com/{url}"
        if not url.startswith(("http://", "https://", "//", "/")):
            return match[0]
        found = embeds.player(url)
        return f"\n\n{frame(found)}\n\n" if found else f'<a href="{html.escape(url)}">{html.escape(url)}</a>'

    def _gallery(self, match: re.Match[str]) -> str:
        arguments = arguments_of(match["arguments"])
        listed = re.findall(r"\d+", arguments.first("ids", "include"))
        images = [self.attachments[number] for number in listed or self.own_attachments if number in self.attachments]
        if not images or (listed and len(images) < len(listed)):
            self.unknown.append(match[0])
        return "\n\n" + "\n\n".join(_img(url, alt) for url, alt in images) + "\n\n"

    def _take_out(self, match: re.Match[str]) -> str:
        name = match["name"].lower()
        if match["escaped"]:
            return match[0][1:-1]
        if match["arguments"] is None and name not in KNOWN and not BUILDERS.match(name):
            return match[0]
        self.unknown.append(match[0])
        self._taken_out.add(name)
        return ""


def _source(arguments: Arguments) -> str:
    return arguments.first("src", "url", "mp4", "m4v", "webm", "ogv", "mp3", "m4a", "ogg", "wav", "flac", "id")


def _code_of(body: str) -> str:
    """Return code as it was typed: the visual editor keeps `<` as an entity, the text editor as it is."""
    return body if re.search(r"<(?!br\s*/?>|/?p>)", body) else html.unescape(re.sub(r"<br\s*/?>\n?|</p>\s*<p>", "\n", body))


def _img(url: str, alt: str) -> str:
    return f'<img src="{html.escape(url)}" alt="{html.escape(alt)}">'


def _figure(match: re.Match[str]) -> str:
    shown = re.match(r"\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)(.*)", match["body"], re.S | re.I)
    if shown is None:
        return match["body"]
    words = shown[2].strip() or arguments_of(match["arguments"]).first("caption")
    return f"\n\n<figure>{shown[1]}<figcaption>{words}</figcaption></figure>\n\n"
