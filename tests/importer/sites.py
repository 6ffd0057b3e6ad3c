"""Small sites of other systems, made for a test."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone
from PIL import Image

from app.importer import readers
from app.importer.importer import Options, import_posts
from app.importer.progress_bar import ProgressBar
from app.importer.report import Report
from app.importer.source import Failed, Skipped, SourcePost


def write(root: Path, name: str, text: str | bytes) -> Path:
    """Write a file with its folders."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def post(root: Path, name: str, body: str = "Some words.", **header: Any) -> Path:
    """Write a Markdown post. JSON is YAML, so that any value can be a header."""
    lines = [f"{key}: {json.dumps(value)}" for key, value in {"title": "A post", "date": "2020-01-02", **header}.items()]
    return write(root, name, "\n".join(["---", *lines, "---", body, ""]))


def png(color: str = "red", size: tuple[int, int] = (8, 8)) -> bytes:
    image = BytesIO()
    Image.new("RGB", size, color).save(image, "PNG")
    return image.getvalue()


def posts_of(path: Path) -> list[SourcePost]:
    found = list(readers.read(path))
    assert not [each for each in found if isinstance(each, Failed)], found
    return [each for each in found if isinstance(each, SourcePost)]


def post_of(path: Path) -> SourcePost:
    [found] = posts_of(path)
    return found


def failed(path: Path) -> dict[str, str]:
    return {each.file: each.reason for each in readers.read(path) if isinstance(each, Failed)}


def skipped(path: Path) -> dict[str, str]:
    return {each.file: each.reason for each in readers.read(path) if isinstance(each, Skipped)}


def run_import(path: Path, **options: Any) -> Report:
    """Import without a terminal, published unless the options say otherwise."""
    given = Options(**{"publish": True, **options})
    return import_posts(path, given, now=timezone.now(), progress=lambda total: ProgressBar(NoTerminal(), total))


class NoTerminal:
    """A stream that is not a terminal."""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        raise AssertionError(f"wrote {text!r} where there is no terminal")

    def flush(self) -> None:
        raise AssertionError


def wxr(items: str, *, head: str = "") -> str:
    """Return a WordPress export of these items."""
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Old blog</title><link>https://old.example</link>
<wp:base_site_url>https://old.example</wp:base_site_url><wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>mira</wp:author_login><wp:author_email>mira@old.example</wp:author_email>
<wp:author_display_name><![CDATA[Mira Olsen]]></wp:author_display_name></wp:author>{head}{items}</channel></rss>"""


def item(content: str = "<p>Hello</p>", *, number: int = 1, **values: str) -> str:
    """Return one item of a WordPress export."""
    facts = {"post_type": "post", "status": "publish", "post_date_gmt": "2015-03-04 10:20:30", "post_name": f"post-{number}"}
    extra = values.pop("extra", "")
    wp = "".join(f"<wp:{key}>{value}</wp:{key}>" for key, value in {"post_id": str(number), **facts, **values}.items())
    return f"""<item><title>Post {number}</title><link>https://old.example/2015/03/post-{number}/</link>
<dc:creator>mira</dc:creator><guid>https://old.example/?p={number}</guid>
<content:encoded><![CDATA[{content}]]></content:encoded><excerpt:encoded><![CDATA[In short]]></excerpt:encoded>{wp}{extra}
<category domain="category" nicename="news"><![CDATA[News]]></category>
<category domain="post_tag" nicename="open"><![CDATA[Open data]]></category></item>"""


def ghost(*posts: dict[str, Any], **tables: Any) -> str:
    """Return a Ghost export of these posts, all by Nia."""
    rows = [
        {"id": str(number), "uuid": f"u{number}", "title": "Hello", "slug": f"hello-{number}", "html": "<p>Hi</p>"}
        | {"status": "published", "published_at": "2021-05-06T07:08:09.000Z", "visibility": "public", "type": "post"}
        | given
        for number, given in enumerate(posts, 1)
    ]
    data = {
        "posts": rows,
        "users": [{"id": "n", "slug": "nia", "name": "Nia Obi"}, {"id": "t", "slug": "tom", "name": "Tom Ek"}],
        "tags": [{"id": "a", "name": "News"}, {"id": "b", "name": "#internal"}],
        "posts_tags": [{"post_id": row["id"], "tag_id": tag} for row in rows for tag in "ab"],
        "posts_authors": [{"post_id": row["id"], "author_id": who} for row in rows for who in "nt"],
        **tables,
    }
    return json.dumps({"db": [{"meta": {"version": "5.0"}, "data": data}]})
