"""Media of other sites inside a post: a known player, or a link where we do not know the player.

An `<iframe>` lets another site run scripts beside the post, so only players of a short list are framed: YouTube (from its
cookie-free host), Vimeo, Spotify, and the PeerTube hosts of the settings. The Content-Security-Policy names the same hosts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs

from django.conf import settings
from django.utils.translation import gettext as _

from app.blog.plain_text import escaped
from app.blog.url_parts import url_parts

FRAME_SOURCES = ("https://www.youtube-nocookie.com", "https://player.vimeo.com", "https://open.spotify.com")
YOUTUBE = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
YOUTUBE |= {"youtube-nocookie.com", "www.youtube-nocookie.com"}
SHORT = {"youtu.be", "www.youtu.be"}
YOUTUBE_PATH = re.compile(r"/(?:embed|v|e|shorts|live)/([\w-]+)(?:[/&].*)?", re.ASCII)
SHORT_PATH = re.compile(r"/([\w-]+)(?:[/&].*)?", re.ASCII)
VIMEO = {"vimeo.com", "www.vimeo.com", "player.vimeo.com"}
IDENTIFIER = re.compile(r"[\w-]{4,64}", re.ASCII)
SPOTIFY = re.compile(r"/(?:intl-[a-z]{2}/)?(?:embed/)?(track|album|playlist|episode|show|artist)/([A-Za-z0-9]{10,40})/?")
PEERTUBE = re.compile(r"/(?:videos/(?:embed|watch)|w)/([A-Za-z0-9-]{10,40})/?")
VIMEO_PATH = re.compile(r"/(?:[a-z]+/[\w-]+/)?(?:video/|videos/)?(\d{3,14})(?:/([0-9a-f]{6,20}))?/?")
TIME = re.compile(r"(?:(\d{1,2})h)?(?:(\d{1,3})m)?(?:(\d{1,6})s?)?")
# No branch runs past the beginning of another element of its kind: a hostile text must cost linear time.
ELEMENT = re.compile(
    r"(?<!\\)<(?P<name>iframe|video|audio|object)\b(?P<attributes>[^<>]*)>"
    r"(?:(?P<inside>(?:(?!<(?:iframe|video|audio|object)\b).)*?)</(?P=name)\s*>)?"
    r"|(?<!\\)<embed\b(?P<embed>[^<>]*)>(?:\s*</embed\s*>)?"
    r"|<script\b(?P<script>[^<>]*)>\s*</script\s*>",
    re.I | re.S,
)
ATTRIBUTE = r"""(?<![\w-]){}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))"""
NAMES = ("src", "data-src", "data", "title", "value", "name")
OPENINGS = ("<iframe", "<video", "<audio", "<object", "<embed", "<script")
ATTRIBUTES = {name: re.compile(ATTRIBUTE.format(name), re.I) for name in NAMES}
SOURCE = re.compile(r"<(?:source|embed)\b([^<>]*)>", re.I)
MOVIE = re.compile(r"""<param\b(?=[^<>]*name\s*=\s*["']?(?:movie|src)\b)([^<>]*)>""", re.I)
GIST = re.compile(r"https://gist\.github\.com/[\w-]+/[0-9a-f]+(?=\.js)")


@dataclass(frozen=True, kw_only=True)
class Player:
    """A player that may be framed: `src` is the frame's address, `link` the page that shows the same to people."""

    site: str
    src: str
    link: str
    kind: str = "video"


@dataclass(frozen=True, kw_only=True)
class Media:
    """What an element shows, if it is not a known player: its address and its title."""

    element: str
    url: str
    title: str


def player(url: str) -> Player | None:
    """Return the player for the address of a video or a recording, in any form that its site knows."""
    parts = url_parts(f"https:{url}" if url.startswith("//") else url.strip())
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"}:
        return None
    if host in YOUTUBE | SHORT:
        return _youtube(parts)
    if host in VIMEO:
        return _vimeo(parts)
    if host == "open.spotify.com" and (match := SPOTIFY.fullmatch(parts.path)):
        path = f"{match[1]}/{match[2]}"
        return Player(site="Spotify", src=f"{FRAME_SOURCES[2]}/embed/{path}", link=f"{FRAME_SOURCES[2]}/{path}", kind="audio")
    if host in settings.PEERTUBE_HOSTS and (match := PEERTUBE.fullmatch(parts.path)):
        return Player(site=host, src=f"https://{host}/videos/embed/{match[1]}", link=f"https://{host}/w/{match[1]}")
    return None


def _youtube(parts: SplitResult) -> Player | None:
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    named = YOUTUBE_PATH.fullmatch(parts.path) if parts.hostname not in SHORT else SHORT_PATH.fullmatch(parts.path)
    video = named[1] if named else query.get("v", "")
    playlist = query.get("list", "")
    if IDENTIFIER.fullmatch(video) and video != "videoseries":
        start = _seconds(query.get("start") or query.get("t", ""))
        src, link = f"{FRAME_SOURCES[0]}/embed/{video}", f"https://www.youtube.com/watch?v={video}"
        return Player(site="YouTube", src=f"{src}?start={start}" if start else src, link=f"{link}&t={start}" if start else link)
    if IDENTIFIER.fullmatch(playlist):
        src = f"{FRAME_SOURCES[0]}/embed/videoseries?list={playlist}"
        return Player(site="YouTube", src=src, link=f"https://www.youtube.com/playlist?list={playlist}")
    return None


def _seconds(text: str) -> int:
    match = TIME.fullmatch(text)
    return sum(int(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else 0


def _vimeo(parts: SplitResult) -> Player | None:
    match = VIMEO_PATH.fullmatch(parts.path)
    if match is None:
        return None
    secret = match[2] or parse_qs(parts.query).get("h", [""])[0]
    secret = secret if re.fullmatch(r"[0-9a-f]{6,20}", secret) else ""
    src = f"{FRAME_SOURCES[1]}/video/{match[1]}?dnt=1" + (f"&h={secret}" if secret else "")
    return Player(site="Vimeo", src=src, link=f"https://vimeo.com/{match[1]}" + (f"/{secret}" if secret else ""))


def replaced(markup: str, *, frame: Callable[[Player, str], str], link: Callable[[Media], str]) -> str:
    """Return HTML with `frame(player, title)` in place of each known player and `link(media)` in place of each other element.

    Elements are iframe, video, audio, object, embed, and the script of a gist; other scripts stay for the sanitiser.
    """

    lower = markup.lower()
    # The pattern takes a hundred times as long to find nothing.
    if not any(name in lower for name in OPENINGS):
        return markup

    def replace(match: re.Match[str]) -> str:
        media = _media(match)
        if media is None:
            return match[0]
        found = player(media.url)
        return frame(found, media.title) if found else link(media)

    return ELEMENT.sub(replace, markup)


def _media(match: re.Match[str]) -> Media | None:
    if match["script"] is not None:
        gist = GIST.match(_attribute("src", match["script"]))
        return Media(element="script", url=gist[0], title="") if gist else None
    if match["embed"] is not None:
        return Media(element="embed", url=_attribute("src", match["embed"]), title=_attribute("title", match["embed"]))
    attributes, inside = match["attributes"], match["inside"] or ""
    inner = SOURCE.search(inside)
    movie = MOVIE.search(inside)
    url = (
        _attribute("src", attributes)
        or _attribute("data-src", attributes)
        or _attribute("data", attributes)
        or (_attribute("value", movie[1]) if movie else "")
        or (_attribute("src", inner[1]) if inner else "")
    )
    return Media(element=match["name"].lower(), url=url, title=_attribute("title", attributes))


def _attribute(name: str, attributes: str) -> str:
    match = ATTRIBUTES[name].search(attributes)
    return html.unescape(next((group for group in match.groups() if group is not None), "")).strip() if match else ""


def shown(markup: str) -> str:
    """Return HTML whose known players stand in frames, each with a link for mail and feed readers; all else is a link."""
    return replaced(markup, frame=_framed, link=_card)


def _framed(found: Player, title: str) -> str:
    words = {"audio": _("Listen on %(site)s"), "video": _("Watch on %(site)s")}[found.kind] % {"site": found.site}
    frame = f'<iframe src="{escaped(found.src)}" title="{escaped(title or words)}"></iframe>'
    caption = f'<a href="{escaped(found.link)}">{escaped(title or words)}</a>'
    return f'<div class="embed embed-{found.kind}">{frame}{caption}</div>'


def _card(media: Media) -> str:
    if not media.url:
        return ""
    return f'<div class="embed embed-link"><a href="{escaped(absolute(media.url))}">{escaped(words(media))}</a></div>'


def absolute(url: str) -> str:
    """Return the address with a scheme: `//host/…` would be another thing in a mail."""
    return f"https:{url}" if url.startswith("//") else url


def words(media: Media) -> str:
    """Return what a link to the media says: its title, else its kind and where it is."""
    if media.title:
        return media.title
    name = media.url.partition("?")[0].rstrip("/")
    where = name.partition("//")[2] or name.rpartition("/")[2]
    kinds = {"video": _("Video: %(name)s"), "audio": _("Audio: %(name)s"), "script": _("Gist: %(name)s")}
    return kinds.get(media.element, "%(name)s") % {"name": where}


def is_player(src: str) -> bool:
    """Return whether this is the address of a player's frame, exactly as we write it."""
    found = player(src)
    return found is not None and found.src == src
