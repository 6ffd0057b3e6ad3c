"""The archive: posts, comments, media, subscribers and settings, as a ZIP of files that any program can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.files.storage import default_storage
from django.forms.models import model_to_dict
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Category, Media, Post, Tag
from app.exporter.posts import comments, markdown, name_of, posts, site_facts
from app.newsletter.lists.exporting import subscribers_csv
from app.newsletter.models import MailingSettings
from app.newsletter.subscriber_list import Filters

FORMAT = 1
INDEX = "afterword.json"
README = """# An export of {name}

- `posts/`: a file for each post, Markdown with a header; `comments/`: its comments, a line of JSON for each.
- `media/`: pictures, at the paths that the posts name; `pictures.jsonl`: what they are called and show.
- `people.jsonl`, `categories.jsonl`, `tags.jsonl`: who wrote, and where posts are filed. No passwords.
- `subscribers.csv`: who reads by email, with their consent. It holds addresses: keep it safe.
- `settings.json`: how the publication is set up. `afterword.json`: what this is.

Afterword imports the whole ZIP again (Studio, Import), and `subscribers.csv` by Studio, Subscribers, Import.
"""
Progress = Callable[[int, int], None]
"""Called with how many of how many posts and pictures are in the archive."""


def write_archive(file: BinaryIO | IO[bytes], *, progress: Progress = lambda done, total: None) -> dict[str, int]:
    """Write everything into a ZIP. Return how much of what is in it; `missing` counts pictures without a file."""
    counts = {"posts": 0, "comments": 0, "pictures": 0, "missing": 0}
    total = Post.objects.count() + Media.objects.kept().count()
    with ZipFile(file, "w", ZIP_DEFLATED, allowZip64=True) as archive:
        for post in posts():
            _add_post(archive, post, counts)
            progress(counts["posts"], total)
        for media in Media.objects.kept().order_by("pk").iterator(500):
            _add_file(archive, str(media.file.name), counts)
            progress(counts["posts"] + counts["pictures"] + counts["missing"], total)
        _add_tables(archive)
        facts = {"format": FORMAT, "site": site_facts(), "made_at": timezone.now().isoformat(), "counts": counts}
        archive.writestr(INDEX, _json(facts))
        archive.writestr("README.md", README.format(name=site_facts()["name"]))
    return counts


def _add_post(archive: ZipFile, post: Post, counts: dict[str, int]) -> None:
    archive.writestr(name_of(post), markdown(post))
    counts["posts"] += 1
    if number := len(post.comments.all()):
        archive.writestr(f"comments/{post.slug}.jsonl", comments(post))
        counts["comments"] += number


def _add_file(archive: ZipFile, name: str, counts: dict[str, int]) -> None:
    """Add a picture as it is: it hardly shrinks."""
    try:
        source = default_storage.open(name)
    except FileNotFoundError:
        counts["missing"] += 1
        return
    entry = ZipInfo(f"media/{name}", date_time=timezone.now().timetuple()[:6])
    with source, archive.open(entry, "w", force_zip64=True) as target:
        for piece in source.chunks():
            target.write(piece)
    counts["pictures"] += 1


def _add_tables(archive: ZipFile) -> None:
    """Add who and what else there is."""
    people = User.objects.select_related("profile").order_by("pk").iterator(500)
    _add_rows(archive, "people", map(_person, people))
    _add_rows(archive, "categories", Category.objects.order_by("pk").values("name", "slug", "description").iterator(500))
    _add_rows(archive, "tags", Tag.objects.order_by("pk").values("name", "slug").iterator(500))
    _add_rows(archive, "pictures", Media.objects.kept().order_by("pk").values("file", "name", "alt", "caption").iterator(500))
    with archive.open("subscribers.csv", "w", force_zip64=True) as target:
        for line in subscribers_csv(Filters()):
            target.write(line.encode())
    mailing = model_to_dict(MailingSettings.now())
    archive.writestr("settings.json", _json({"site": site_facts(), "mailing": mailing}))


def _person(user: User) -> dict[str, str]:
    profile = user.profile
    facts = {"username": user.username, "email": user.email, "role": user.role}
    return {**facts, "name": profile.display_name, "bio": profile.bio, "website": profile.website}


def _add_rows(archive: ZipFile, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    with archive.open(f"{name}.jsonl", "w", force_zip64=True) as target:
        for row in rows:
            target.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"
