"""WordPress exports (WXR), read as a stream, twice: uploads and authors first, then the posts that refer to them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from django.utils.translation import gettext as _

from app.blog import languages
from app.blog.plain_text import plain_text
from app.blog.url_parts import url_parts
from app.importer.dates import parse_date
from app.importer.image_files import ImageFiles
from app.importer.readers.exports import check_size, content_of, html_of, images_of, key_of, remote_images, title_of
from app.importer.readers.wordpress_comments import comments_of
from app.importer.readers.xml_repair import Element, elements, forget, local_name, text_of
from app.importer.slugs import slug_of
from app.importer.source import CannotRead, Failed, Found, Loss, LossKind, Notice, Skipped, SourceAuthor, SourcePost
from app.importer.text import one_line
from app.importer.wordpress_shortcodes import DYNAMIC, Shortcodes
from app.importer.wpautop import paragraphs

MAX_EXPORT = 512 * 2**20
PRIVATE = {"draft", "pending", "private", "auto-draft", "inherit", "request-pending"}
TAGS = {"post_tag", "tag"}
IGNORED_TERMS = {"category", "post_format", "author", "nav_menu", "language", "wp_theme", *TAGS}
Values = dict[str, str]
log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Blog:
    """What the export says besides its posts. `uploads` are URLs and descriptions by number, `children` those of a post."""

    path: Path
    now: datetime
    hosts: set[str] = field(default_factory=set)
    address: str = ""
    language: str = ""
    people: Values = field(default_factory=dict)
    uploads: dict[str, tuple[str, str]] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)

    @property
    def files(self) -> ImageFiles:
        return ImageFiles(root=self.path.parent, hosts=tuple(sorted(self.hosts)))


def read(path: Path, *, hosts: tuple[str, ...] = (), now: datetime | None = None) -> Iterator[Found]:
    """Yield each post of the export. A damaged place is named, and what is behind it is read."""
    blog = Blog(path=path, now=now or datetime.now(UTC), hosts=set(hosts))
    try:
        check_size(path, MAX_EXPORT)
        _survey(blog)
        yield from _posts(blog)
    except CannotRead as error:
        yield Failed(file=path.name, reason=str(error))
    except OSError as error:
        yield Failed(file=path.name, reason=error.strerror or type(error).__name__)
    except Exception as error:
        # Whatever is in a file, the person who imports it gets a sentence.
        log.exception("an export could not be read")
        yield Failed(file=path.name, reason=f"cannot be read ({type(error).__name__})")


def _survey(blog: Blog) -> None:
    for element, around, _repaired in elements(blog.path, []):
        name = local_name(element)
        if name == "item":
            _note_upload(element, blog)
            forget(element)
        elif len(around) == 2 and name != "item":
            _note_site(element, name, blog)
    blog.hosts |= {host.removeprefix("www.") for host in blog.hosts} | {f"www.{host}" for host in blog.hosts if "." in host}


def _note_site(element: Element, name: str, blog: Blog) -> None:
    if name == "author":
        values = _values(element)
        login = values.get("author_login", "")
        full = " ".join(values.get(part, "") for part in ("author_first_name", "author_last_name")).strip()
        blog.people[login] = values.get("author_display_name") or full
    elif name == "language":
        blog.language = languages.found(element.text or "")
    elif name in {"base_site_url", "base_blog_url", "link"} and (host := url_parts(element.text or "").hostname):
        blog.hosts.add(host)
        if name != "base_site_url" or not blog.address:
            blog.address = (element.text or "").strip().rstrip("/")


def _note_upload(item: Element, blog: Blog) -> None:
    values, meta = _values(item), _meta(item)
    number = values.get("post_id", "")
    if values.get("post_type") == "attachment" and values.get("attachment_url"):
        alt = meta.get("_wp_attachment_image_alt") or plain_text(values.get("excerpt", ""))
        blog.uploads[number] = (values["attachment_url"], alt)
        blog.children.setdefault(values.get("post_parent", ""), []).append(number)
    elif values.get("post_type") == "guest-author":
        blog.people[meta.get("cap-user_login", values.get("post_name", ""))] = meta.get("cap-display_name") or values.get(
            "title", ""
        )


def _posts(blog: Blog) -> Iterator[Found]:
    problems: list[tuple[int, str]] = []
    items = removed = 0
    for element, around, repaired in elements(blog.path, problems):
        if local_name(element) != "item" or len(around) != 2:
            continue
        items += 1
        if items > repaired.closed_items:
            problem = "the export ends in the middle of this post; export again, or mend the end of the file"
            yield Failed(file=f"{blog.path.name}:{element.sourceline}", reason=problem)
        else:
            yield _item(element, blog)
        forget(element)
        removed = repaired.removed
    if removed:
        yield Notice(file=blog.path.name, text=f"{removed} characters that XML forbids, taken out")
    if problems and not items:
        yield Failed(file=f"{blog.path.name}:{problems[0][0]}", reason=f"not well-formed XML: {problems[0][1]}")
    for line, message in problems[:20] if items else ():
        yield Notice(file=f"{blog.path.name}:{line}", text=f"damaged XML, read on behind it: {message.strip()[:100]}")


def _item(item: Element, blog: Blog) -> Found:
    values = _values(item)
    label = plain_text(values.get("title", ""))[:80]
    file = f"{blog.path.name}:{item.sourceline}" + (f" ({label})" if label else "")
    kind, status = values.get("post_type", "post"), values.get("status", "publish")
    try:
        if kind == "attachment":
            return Skipped(file=file, reason="an upload: images come along with the posts that show them")
        if kind != "post":
            return Skipped(file=file, reason=f"type {kind[:30]}")
        if status == "trash":
            return Skipped(file=file, reason="in the trash")
        return _Item(item, values, blog).post()
    except CannotRead as error:
        return Failed(file=file, reason=str(error))
    except Exception as error:
        # One post must not end the import of the others, whatever is in it.
        log.exception("a post of an export could not be read")
        return Failed(file=file, reason=f"cannot be read ({type(error).__name__})")


class _Item:
    """One post of the export, on its way."""

    def __init__(self, item: Element, values: Values, blog: Blog) -> None:
        self.item, self.values, self.blog, self.meta = item, values, blog, _meta(item)
        self.losses: list[Loss] = []
        self.number = values.get("post_id", "")

    def lose(self, kind: LossKind, what: str) -> None:
        self.losses.append(Loss(kind=kind, what=" ".join(what.split())[:120], line=self._line_of(what)))

    def post(self) -> SourcePost:
        values, blog = self.values, self.blog
        date = _date(values)
        content = self._content()
        title = title_of(values.get("title", ""), content, date.date().isoformat() if date else "")
        name = unquote(values.get("post_name", ""))
        cover, alt = blog.uploads.get(self.meta.get("_thumbnail_id", ""), ("", ""))
        tags, category = self._terms()
        comments, left = comments_of(self.item, _values)
        for what in left:
            self.lose(LossKind.COMMENT, what)
        self._name_what_stays()
        post = SourcePost(
            key=key_of("wordpress", values.get("guid") or values.get("link") or self.number),
            identities=self._identities(),
            file=blog.path.name,
            label=title,
            line=self.item.sourceline,
            title=title,
            slug=slug_of(name or title, kind="post"),
            content=content,
            excerpt=plain_text(values.get("excerpt", "")),
            language=blog.language,
            authors=self._authors(),
            tags=tags,
            category=category,
            published_at=date,
            private=self._why_private(date),
            cover=cover,
            comments=comments,
            old_urls=self._old_urls(name),
            hosts=tuple(sorted(blog.hosts)),
            guid=values.get("guid", "").strip(),
        )
        post = replace(post, images=images_of(post, blog.files, alt))
        return replace(post, losses=(*self.losses, *remote_images(post)))

    def _content(self) -> str:
        own = tuple(self.blog.children.get(self.number, ()))
        shortcodes = Shortcodes(attachments=self.blog.uploads, own_attachments=own)
        expanded = shortcodes.expanded(html_of(self._markup(), self.lose))
        content = content_of(shortcodes.with_code(paragraphs(expanded)), self.lose)
        for tag in dict.fromkeys([*shortcodes.unknown, *DYNAMIC.findall(self._markup())]):
            self.lose(LossKind.SHORTCODE, tag)
        return content

    def _markup(self) -> str:
        """Return the text: a plain feed has it in its description."""
        return self.values.get("content") or self.values.get("description", "")

    def _why_private(self, date: datetime | None) -> str:
        # A feed has neither a type nor a status; an export that has lost the status does not say that a post was public.
        status = self.values.get("status", "" if "post_type" in self.values else "publish")
        if self.values.get("post_password"):
            return _("protected by a password")
        if status == "future" and date is not None and date <= self.blog.now:
            return _("was scheduled, and its time has passed since")
        if status not in {"publish", "future"}:
            return _("its status is “%(status)s”") % {"status": status[:40] or "?"}
        return ""

    def _terms(self) -> tuple[tuple[str, ...], str]:
        """Return the tags and the category. A post has one category here: more of them become tags."""
        terms = [(term.get("domain"), plain_text(term.text or "")[:100]) for term in self.item.iter("category")]
        categories = [name for domain, name in terms if domain in {"category", None} and name and name != "Uncategorized"]
        named = [name for domain, name in terms if domain in TAGS and name]
        for domain, name in terms:
            if domain not in IGNORED_TERMS and domain is not None:
                self.lose(LossKind.FIELD, f"{domain}: {name}")
        return tuple(dict.fromkeys([*named, *categories[1:]])), next(iter(categories), "")

    def _authors(self) -> tuple[SourceAuthor, ...]:
        """Return the writers: those of the Co-Authors plugin where it was used, else the one that WordPress knows."""
        writers = [term for term in self.item.iter("category") if term.get("domain") == "author"]
        keys = [(term.get("nicename") or "").removeprefix("cap-") or one_line(term.text or "") for term in writers]
        keys = [key for key in keys if key] or [key for key in [self.values.get("creator", "")] if key]
        names = {key: one_line(term.text or "") for key, term in zip(keys, writers, strict=False)}
        people = self.blog.people
        return tuple(
            SourceAuthor(key=key, name=one_line(people.get(key) or names.get(key) or key)[:100]) for key in dict.fromkeys(keys)
        )

    def _identities(self) -> tuple[str, ...]:
        """Return what is this post's alone: a guid may be shared by copies, its number is not, within one site."""
        values, site = self.values, self.blog.address
        number = f"{site}#{self.number}" if self.number else ""
        other = values.get("link") or f"{values.get('guid', '')} {values.get('title', '')} {values.get('pubDate', '')}"
        return (number or other,)

    def _old_urls(self, name: str) -> tuple[str, ...]:
        link = self.values.get("link", "")
        old = [
            link.replace(quoted, slug) for slug in self._old_slugs() for quoted in [self.values.get("post_name", "")] if quoted
        ]
        numbered = [f"/?p={self.number}"] if self.number.isdecimal() else []
        return tuple(dict.fromkeys(each for each in (link, *numbered, *old) if each))

    def _old_slugs(self) -> list[str]:
        rows = (_values(row) for row in self.item if local_name(row) == "postmeta")
        return [row.get("meta_value", "") for row in rows if row.get("meta_key") == "_wp_old_slug"]

    def _name_what_stays(self) -> None:
        for name in self.meta:
            if name and not name.startswith("_"):
                self.lose(LossKind.FIELD, f"custom field {name}")
        if self.values.get("is_sticky") == "1":
            self.lose(LossKind.FIELD, "sticky: it was kept at the top of the list")

    def _line_of(self, what: str) -> int | None:
        """Return the line in the export: of the piece where the content has it, else of the post."""
        for child in self.item:
            if local_name(child) == "encoded" and child.text and (position := child.text.find(what)) >= 0:
                text: str = child.text
                return int(child.sourceline) + text.count("\n", 0, position)
        line = int(self.item.sourceline or 0)
        return line or None


def _date(values: Values) -> datetime | None:
    """Return when the post was published. Only the first two are in UTC for sure; the last is in the blog's own time.

    Raises CannotRead where none of those that are there can be read.
    """
    problem = None
    for name in ("post_date_gmt", "pubDate", "post_date"):
        try:
            found = parse_date(values.get(name, ""))
        except CannotRead as error:
            problem = problem or error
            continue
        if found and found.year > 1:
            return found
    if problem:
        raise problem
    return None


def _values(element: Element) -> Values:
    """Return the children's texts by name. Content and excerpt are both called `encoded`, in namespaces of their own."""
    values: Values = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = local_name(child)
        if name == "encoded":
            name = "excerpt" if "excerpt" in child.tag else "content"
        values.setdefault(name, text_of(child) if name == "content" else text_of(child).strip())
    return values


def _meta(item: Element) -> Values:
    rows = [_values(child) for child in item if isinstance(child.tag, str) and local_name(child) == "postmeta"]
    return {row.get("meta_key", ""): row.get("meta_value", "") for row in rows}
