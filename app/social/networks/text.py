"""The text of a short post: title, excerpt, link and hashtags, cut to what a network takes."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise

from app.social.networks.base import Draft

Measure = Callable[[str], int]
SCHEME = re.compile(r"^https?://")
MENTION = re.compile(r"@(?=\w)")
TAGS = 5
ZWJ, ELLIPSIS, ZERO_WIDTH_SPACE = "\u200d", "…", "\u200b"


def compose(draft: Draft, *, link: str, limit: int, measure: Measure) -> str:
    """Return title, excerpt, the link as given, and hashtags. The link is always whole; the rest is cut."""
    tail = f"\n\n{link}"
    hashes = " ".join(hashtags(draft.tags))
    if hashes and limit - measure(f"{tail}\n\n{hashes}") > limit // 2:
        tail += f"\n\n{hashes}"
    left = limit - measure(tail)
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


def cut(text: str, limit: int, measure: Measure = len) -> str:
    """Return the text if it fits, else its first words and an ellipsis."""
    if measure(text) <= limit:
        return text
    if limit < 2:
        return ""
    kept = ""
    for cluster in clusters(text):
        if measure(kept + cluster) > limit - 1:
            break
        kept += cluster
    words = kept.rsplit(None, 1)
    whole = words[0] if len(words) == 2 and len(words[0]) > len(kept) // 2 else kept
    return whole.rstrip(" ,;:.–—-") + ELLIPSIS


def graphemes(text: str) -> int:
    """Count user-perceived characters: of what people write never fewer than Unicode's rules (UAX 29) do."""
    return sum(1 for _ in clusters(text))


def clusters(text: str) -> Iterator[str]:
    """Yield the text in pieces between which it may be cut."""
    cluster = text[:1]
    for before, char in pairwise(text):
        if _joins(cluster, before, char):
            cluster += char
        else:
            yield cluster
            cluster = char
    if cluster:
        yield cluster


def short(url: str, limit: int = 40) -> str:
    """Return an address as people read it."""
    plain = SCHEME.sub("", url).rstrip("/")
    return plain if len(plain) <= limit else plain[: limit - 1] + ELLIPSIS


def _joins(cluster: str, before: str, char: str) -> bool:
    if char in (ZWJ, "\u200c") or unicodedata.category(char) in ("Mn", "Me") or "\U0001f3fb" <= char <= "\U0001f3ff":
        return before not in "\r\n"
    if before == ZWJ:
        return _pictures(cluster[0]) and _pictures(char) and not cluster.endswith(ZWJ * 2)
    return _is_flag_half(char) and _is_flag_half(before) and len(cluster) == 1


def _pictures(char: str) -> bool:
    return "\u2600" <= char <= "\u27bf" or "\U0001f300" <= char <= "\U0001f6ff" or "\U0001f900" <= char <= "\U0001faff"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _plain(text: str) -> str:
    """Put the text on one line; a name with @ in a title must not notify anyone."""
    return MENTION.sub(f"@{ZERO_WIDTH_SPACE}", " ".join(text.split()))
