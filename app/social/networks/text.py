"""The text of a short post: title, excerpt, link and hashtags, cut to what a network takes."""

import re

from app.blog.truncation import ELLIPSIS, Measure, cut
from app.social.networks.base import Draft

SCHEME = re.compile(r"^https?://")
MENTION = re.compile(r"@(?=\w)")
TAGS = 5
ZERO_WIDTH_SPACE = "\u200b"


def compose(draft: Draft, *, link: str, limit: int, measure: Measure) -> str:
    """Return title and excerpt, or the wording, the link as given, and hashtags. The link is always whole; the rest is cut."""
    tail = f"\n\n{link}"
    hashes = " ".join(hashtags(draft.tags))
    if hashes and limit - measure(f"{tail}\n\n{hashes}") > limit // 2:
        tail += f"\n\n{hashes}"
    left = limit - measure(tail)
    if draft.wording:
        return cut(draft.wording.strip(), left, measure) + tail
    title = cut(_plain(draft.title), left, measure)
    left -= measure(f"{title}\n\n")
    excerpt = cut(_plain(draft.excerpt), left, measure) if left > 20 else ""
    return (f"{title}\n\n{excerpt}" if excerpt else title) + tail


def hashtags(tags: list[str]) -> list[str]:
    """Return the first tags as hashtags, words joined. A number alone is not a hashtag on any network."""
    words = [_joined(tag) if " " in tag else tag for tag in tags]
    joined = [re.sub(r"\W", "", word)[:60].strip("_") for word in words]
    return list(dict.fromkeys(f"#{word}" for word in joined if word and not word.isdecimal()))[:TAGS]


def _joined(tag: str) -> str:
    """Return the words of a tag as one, each with a capital: those that it has stay, so that an acronym is still one."""
    words = (re.sub(r"[^\w]", "", word) for word in re.split(r"[\s/-]+", tag))
    return "".join(word[:1].upper() + word[1:] for word in words)


def short(url: str, limit: int = 40) -> str:
    """Return an address as people read it."""
    plain = SCHEME.sub("", url).rstrip("/")
    return plain if len(plain) <= limit else plain[: limit - 1] + ELLIPSIS


def _plain(text: str) -> str:
    """Put the text on one line; a name with @ in a title must not notify anyone."""
    return MENTION.sub(f"@{ZERO_WIDTH_SPACE}", " ".join(text.split()))
