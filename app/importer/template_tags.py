"""The template tags of static site generators that can be said in Markdown, in one table; all others are unknown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.blog import embeds
from app.importer.markdown_urls import escaped
from app.importer.text import human_name

ARGUMENT = re.compile(
    r"""(?:(?P<key>[\w-]+)\s*[:=]\s*)?(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s,"']+))""",
    re.S,
)


@dataclass
class Arguments:
    """What is written behind a tag's name: `"a" key="b"` or `"a", key: "b"`."""

    given: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)

    def first(self, *names: str, position: int | None = None) -> str:
        """Return the first named argument there is, else the one at the position, else nothing."""
        found = next((self.named[name] for name in names if name in self.named), None)
        if found is None and position is not None and position < len(self.given):
            found = self.given[position]
        return (found or "").strip()


def arguments_of(text: str, value: Callable[[str], str | None] = lambda name: None) -> Arguments:
    """Return the arguments of a tag. A word without quotes that `value` knows is a variable."""
    found = Arguments()
    for match in ARGUMENT.finditer(text):
        word = match["bare"]
        if word is None:
            word = re.sub(r"""\\(["'\\])""", r"\1", match["double"] if match["double"] is not None else match["single"])
        else:
            word = value(word) or word
        if match["key"]:
            found.named[match["key"]] = word
        else:
            found.given.append(word)
    return found


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a tag is: in Markdown, or inside HTML, where Markdown would not be read; and what its site knows."""

    in_html: bool
    people: Mapping[str, str]
    posts: Mapping[str, str]

    def picture(self, url: str, alt: str) -> str:
        alt = " ".join(alt.split())
        if self.in_html:
            return f'<img src="{html.escape(url)}" alt="{html.escape(alt)}">'
        return f"![{escaped(alt)}](<{url}>)"

    def link(self, url: str, words: str) -> str:
        words = " ".join(words.split()) or url
        if self.in_html:
            return f'<a href="{html.escape(url)}">{html.escape(words)}</a>'
        return f"[{escaped(words)}](<{url}>)"

    def caption(self, words: str) -> str:
        words = html.escape(" ".join(words.split()), quote=False)
        return f"<figcaption>{words}</figcaption>" if self.in_html else f"*{escaped(words)}*"

    def player(self, url: str, title: str = "") -> str:
        """Show a video in its player, or a link to it where its site is not one whose player may be framed."""
        found = embeds.player(url)
        if found is None:
            return self.link(url, title or url)
        frame = f'<iframe src="{html.escape(found.src)}"' + (f' title="{html.escape(title)}"' if title else "") + "></iframe>"
        return frame if self.in_html else f"\n\n{frame}\n\n"


def picture(arguments: Arguments, place: Place) -> str:
    """{% image "path" "alt" %}, {{< img src= alt= >}}."""
    url = arguments.first("src", "image", "url", position=0)
    return place.picture(url, arguments.first("alt", position=1)) if url else ""


def picture_with_class(arguments: Arguments, place: Place) -> str:
    """{% image_with_class "path" "class" "alt" %}."""
    return place.picture(arguments.first("src", position=0), arguments.first("alt", position=2))


def figure(arguments: Arguments, place: Place) -> str | None:
    """A picture with a caption, and a link around it where one is named. Around words there is none."""
    url = arguments.first("src", "image", "image_path", "file", "path", position=0)
    if not url or url.startswith("["):
        return None
    words = arguments.first("caption", "title")
    shown = place.picture(url, arguments.first("alt") or words)
    target = arguments.first("url", "link", "href")
    if target and not place.in_html:
        shown = f"[{shown}](<{target}>)"
    if not words:
        return shown
    return shown + ("" if place.in_html else "\n\n") + place.caption(words)


def include(arguments: Arguments, place: Place) -> str | None:
    """An include that names an image or a video becomes that; any other is unknown."""
    if arguments.first("image", "src", "image_path", "file"):
        return figure(Arguments(named=arguments.named), place)
    video = arguments.first("id", "video_id", "youtube_id", "youtubeId")
    name = arguments.first(position=0).lower()
    if not video:
        return None
    return vimeo(Arguments(given=[video]), place) if "vimeo" in name else youtube(Arguments(given=[video]), place)


def youtube(arguments: Arguments, place: Place) -> str:
    video = arguments.first("id", "video", position=0)
    url = video if "/" in video else f"https://www.youtube.com/watch?v={video}"
    return place.player(url, arguments.first("title"))


def vimeo(arguments: Arguments, place: Place) -> str:
    video = arguments.first("id", position=0)
    return place.player(video if "/" in video else f"https://vimeo.com/{video}", arguments.first("title"))


def embed(arguments: Arguments, place: Place) -> str | None:
    url = arguments.first("url", "src", "link", position=0)
    return place.player(url, arguments.first("title")) if url.startswith(("http://", "https://", "//")) else None


def gist(arguments: Arguments, place: Place) -> str:
    name = "/".join(arguments.given[:2])
    return place.link(f"https://gist.github.com/{name}", f"Gist {name}")


def tweet(arguments: Arguments, place: Place) -> str:
    user, number = arguments.first("user") or "i/web", arguments.first("id", position=0)
    if "/" in number:
        return place.link(number, number)
    return place.link(f"https://twitter.com/{user}/status/{number}", f"https://twitter.com/{user}/status/{number}")


def instagram(arguments: Arguments, place: Place) -> str:
    url = f"https://www.instagram.com/p/{arguments.first('id', position=0)}/"
    return place.link(url, url)


def post_url(arguments: Arguments, place: Place) -> str:
    """{% post_url 2014-03-12-coming-soon %}, {{< ref "coming-soon.md" >}}: an address that `links` will know."""
    path, _, fragment = arguments.first("path", position=0).partition("#")
    name = path.strip("/").rpartition("/")[2].removesuffix(".md").removesuffix(".html").lower()
    if not name:
        return f"#{fragment}"
    return place.posts.get(name, f"/{name}/") + (f"#{fragment}" if fragment else "")


def post_link(arguments: Arguments, place: Place) -> str:
    """{% post_link name Title %} of Hexo."""
    url = post_url(arguments, place)
    return place.link(url, " ".join(arguments.given[1:]) or human_name(url.strip("/")))


def blockquote(arguments: Arguments, place: Place) -> str:
    """{% blockquote Author, Source https://… %}: the source is named above the words, as the end tag does not know it."""
    source = " ".join([*arguments.given, *arguments.named.values()])
    return "<blockquote>\n\n" + (f"*{escaped(source)}:*\n\n" if source else "")


def end_blockquote(arguments: Arguments, place: Place) -> str:
    return "\n\n</blockquote>"


def address(arguments: Arguments, place: Place) -> str:
    return arguments.first("src", "path", position=0)


def nothing(arguments: Arguments, place: Place) -> str:
    return ""


TAGS: dict[str, Callable[[Arguments, Place], str | None]] = {
    "image": picture, "img": picture, "picture": picture, "responsive_image": picture,
    "image_with_class": picture_with_class, "figure": figure, "include": include, "include_relative": include,
    "include_cached": include, "youtube": youtube, "vimeo": vimeo, "embed": embed, "video": embed, "gist": gist,
    "tweet": tweet, "twitter": tweet, "twitter_simple": tweet, "x": tweet, "x_simple": tweet, "instagram": instagram,
    "instagram_simple": instagram, "vimeo_simple": vimeo, "post_url": post_url, "ref": post_url, "relref": post_url,
    "link": post_url, "post_link": post_link, "asset": address, "asset_path": address, "asset_img": picture,
    "blockquote": blockquote, "endblockquote": end_blockquote, "raw": nothing, "endraw": nothing, "/figure": nothing,
    "/youtube": nothing, "more": nothing,
}  # fmt: skip


def same(value: str, arguments: Arguments, place: Place) -> str:
    return value


def rooted(value: str, arguments: Arguments, place: Place) -> str:
    """A path of the site, with one slash before it: two would name another host."""
    return f"/{value.lstrip('/')}" if value.startswith("/") else value


def embedded(value: str, arguments: Arguments, place: Place) -> str:
    title = arguments.first("title", position=0)
    return place.player(value, title)


def person(value: str, arguments: Arguments, place: Place) -> str:
    return place.people.get(value) or human_name(value)


def blank(value: str, arguments: Arguments, place: Place) -> str:
    return ""


FILTERS: dict[str, Callable[[str, Arguments, Place], str]] = {
    "url": rooted, "relative_url": rooted, "absolute_url": rooted, "prepend": same, "safe": same,
    "escape": same, "xml_escape": same, "markdownify": same, "strip": same, "cdn": same, "asset_url": same,
    "embed": embedded, "team_link": person, "team_name": person, "team_photo": blank,
}  # fmt: skip
