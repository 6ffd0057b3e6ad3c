"""Players and other media in imported text: a known player stays one, anything else becomes a link."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from app.blog import embeds
from app.importer.markdown_code import mask_code, unmask_code

URL_LINE = re.compile(r"^[ \t]*(?P<open><p>)?[ \t]*(?P<url>https?://[^\s<>\"'\[\]]+)[ \t]*(?P<close></p>)?[ \t]*$", re.M)
WRAPPER = re.compile(r"wp-block-embed__wrapper[^<>]*>\s*\Z")
PARAGRAPH = re.compile(r"<p[^<>]*>\s*(?P<frame><iframe\b[^<>]*></iframe>)\s*</p>", re.I)


def with_media(text: str, note: Callable[[str], None], *, markdown: bool) -> str:
    """Return Markdown or HTML in which no media element is lost. What became a link is passed to `note`."""
    if "<" not in text:
        return text
    prose, code = mask_code(text) if markdown else (text, [])

    def link(media: embeds.Media) -> str:
        if not media.url:
            note(f"<{media.element}>")
            return ""
        note(f"<{media.element}> {media.url[:100]}")
        anchor = f'<a href="{html.escape(embeds.absolute(media.url))}">{html.escape(embeds.words(media))}</a>'
        return f"<p>{anchor}</p>"

    prose = embeds.replaced(_unmasked_scripts(prose, code), frame=frame, link=link)
    prose = PARAGRAPH.sub(r"\g<frame>", prose)
    return unmask_code(prose, code)


def _unmasked_scripts(prose: str, code: list[str]) -> str:
    """Put the scripts of gists back into the prose: they are code to Markdown, but show something."""
    for index, piece in enumerate(code):
        if piece[:7].lower() == "<script" and "gist.github.com" in piece:
            prose = prose.replace(f"\ufdd0{index}\ufdd1", piece)
    return prose


def frame(player: embeds.Player, title: str = "") -> str:
    """Return a player as it is kept in a text; rendering adds what it may and may not do."""
    return f'<iframe src="{html.escape(player.src)}"' + (f' title="{html.escape(title)}"' if title else "") + "></iframe>"


def with_players(markup: str) -> str:
    """Return HTML with a player in place of each address of a video that is alone on its line, as WordPress shows it.

    Any other address that is alone in its paragraph becomes a link: WordPress may have shown a card. Code is left alone.
    """
    prose, code = mask_code(markup, markdown=False)

    def replace(match: re.Match[str]) -> str:
        found = embeds.player(html.unescape(match["url"]))
        if found:
            return f"\n\n{frame(found)}\n\n"
        is_alone = (match["open"] and match["close"]) or WRAPPER.search(prose, max(0, match.start() - 100), match.start())
        return f"{match['open'] or ''}{_link(match['url'])}{match['close'] or ''}" if is_alone else match[0]

    return unmask_code(URL_LINE.sub(replace, prose), code)


def _link(url: str) -> str:
    return f'<a href="{html.escape(html.unescape(url))}">{url}</a>'
