"""The template tags that can be said in Markdown, in one table; what is not here is unknown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.importer.plain import humanised
from app.importer.references import escaped


@dataclass
class Arguments:
    """What stands behind a tag's name: `"a" key="b"` or `"a", key: "b"`."""

    given: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)

    def first(self, *names: str, position: int | None = None) -> str:
        """Return the first named argument there is, else the one at the position, else nothing."""
        found = next((self.named[name] for name in names if name in self.named), None)
        if found is None and position is not None and position < len(self.given):
            found = self.given[position]
        return (found or "").strip()


@dataclass(frozen=True, kw_only=True)
class Place:
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


def picture(arguments: Arguments, place: Place) -> str:
    """{% image "path" "alt" %}, {{< img src= alt= >}}."""
    url = arguments.first("src", "image", "url", position=0)
    return place.picture(url, arguments.first("alt", position=1)) if url else ""


def picture_with_class(arguments: Arguments, place: Place) -> str:
    """{% image_with_class "path" "class" "alt" %}."""
    return place.picture(arguments.first("src", position=0), arguments.first("alt", position=2))


def figure(arguments: Arguments, place: Place) -> str:
    """A picture with a caption, and a link around it where one is named."""
    url = arguments.first("src", "image", "image_path", "file", position=0)
    words = arguments.first("caption", "title")
    shown = place.picture(url, arguments.first("alt") or words)
    target = arguments.first("url", "link", "href")
    if target and not place.in_html:
        shown = f"[{shown}](<{target}>)"
    if not words:
        return shown
    return shown + ("" if place.in_html else "\n\n") + place.caption(words)


def include(arguments: Arguments, place: Place) -> str | None:
    """An include that names a picture or a video becomes that; any other is unknown."""
    if arguments.first("image", "src", "image_path", "file"):
        return figure(Arguments(named=arguments.named), place)
    video = arguments.first("id", "video_id", "youtube_id", "youtubeId")
    return youtube(Arguments(given=[video]), place) if video else None


def youtube(arguments: Arguments, place: Place) -> str:
    video = arguments.first("id", position=0)
    return place.link(f"https://www.youtube.com/watch?v={video}", arguments.first("title") or "Watch the video")


def vimeo(arguments: Arguments, place: Place) -> str:
    return place.link(f"https://vimeo.com/{arguments.first('id', position=0)}", "Watch the video")


def gist(arguments: Arguments, place: Place) -> str:
    name = "/".join(arguments.given[:2])
    return place.link(f"https://gist.github.com/{name}", f"Gist {name}")


def tweet(arguments: Arguments, place: Place) -> str:
    user, number = arguments.first("user") or "i/web", arguments.first("id", position=0)
    return place.link(f"https://twitter.com/{user}/status/{number}", "A post on Twitter")


def post_url(arguments: Arguments, place: Place) -> str:
    """{% post_url 2014-03-12-coming-soon %}, {{< ref "coming-soon.md" >}}: the address that the plan will know."""
    name = arguments.first("path", position=0).strip("/").rpartition("/")[2].removesuffix(".md").lower()
    return place.posts.get(name, f"/{name}/")


def address(arguments: Arguments, place: Place) -> str:
    return arguments.first("src", "path", position=0)


def fence(arguments: Arguments, place: Place) -> str:
    return f"```{arguments.first('lang', position=0)}"


def nothing(arguments: Arguments, place: Place) -> str:
    return ""


def closing_fence(arguments: Arguments, place: Place) -> str:
    return "```"


TAGS: dict[str, Callable[[Arguments, Place], str | None]] = {
    "image": picture, "img": picture, "picture": picture, "responsive_image": picture,
    "image_with_class": picture_with_class, "figure": figure, "include": include, "include_relative": include,
    "include_cached": include, "youtube": youtube, "vimeo": vimeo, "gist": gist, "tweet": tweet, "x": tweet,
    "post_url": post_url, "ref": post_url, "relref": post_url, "link": post_url,
    "asset": address, "asset_path": address, "asset_img": picture, "highlight": fence, "endhighlight": closing_fence,
    "/highlight": closing_fence, "raw": nothing, "endraw": nothing, "/figure": nothing, "more": nothing,
}  # fmt: skip


def same(value: str, arguments: Arguments, place: Place) -> str:
    return value


def rooted(value: str, arguments: Arguments, place: Place) -> str:
    """A path of the site, with one slash before it: two would name another host."""
    return f"/{value.lstrip('/')}" if value.startswith("/") else value


def embedded(value: str, arguments: Arguments, place: Place) -> str:
    """A video frame becomes a link to it: no page of ours loads another site's frame."""
    watch = re.sub(r"^https?://www\.youtube(?:-nocookie)?\.com/embed/([\w-]+).*", r"https://www.youtube.com/watch?v=\1", value)
    return place.link(watch, f"Watch: {arguments.first('title', position=0) or 'the video'}")


def person(value: str, arguments: Arguments, place: Place) -> str:
    return place.people.get(value) or humanised(value)


def blank(value: str, arguments: Arguments, place: Place) -> str:
    return ""


FILTERS: dict[str, Callable[[str, Arguments, Place], str]] = {
    "url": rooted, "relative_url": rooted, "absolute_url": rooted, "prepend": same, "safe": same,
    "escape": same, "xml_escape": same, "markdownify": same, "strip": same, "cdn": same, "asset_url": same,
    "embed": embedded, "team_link": person, "team_name": person, "team_photo": blank,
}  # fmt: skip
