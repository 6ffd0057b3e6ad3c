"""One file of a static site: its header and its text become a post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from django.conf.locale import LANG_INFO

from app.blog import languages
from app.importer import front_matter
from app.importer.front_matter import Matter, is_false, text
from app.importer.html_blocks import html_blocks, unknown_elements
from app.importer.hugo_shortcodes import expand_hugo, expand_zola
from app.importer.kramdown import without_attributes
from app.importer.line_numbers import LineNumbers
from app.importer.liquid_templates import Page, expand
from app.importer.markdown_code import mask_code
from app.importer.markdown_urls import images_in
from app.importer.media_embeds import with_media
from app.importer.readers import static_fields
from app.importer.readers.docusaurus import without_mdx
from app.importer.readers.inherited import Inherited
from app.importer.readers.permalinks import feed_guid, old_urls
from app.importer.readers.site_config import Generator, Site
from app.importer.readers.visibility import expiry, why_private
from app.importer.slugs import slug_of
from app.importer.source import MAX_BYTES, CannotRead, Loss, LossKind, Skipped, SourceImage, SourcePost
from app.importer.text import decode, fitting_title, human_name, one_line, summary_words, without_controls

DATED_NAME = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})-(.+)$")
# Docusaurus takes the date from the folders, too: `2020-01-02/index.md`, `2020/01/02/name.md`.
DATED_PATH = re.compile(r"(?:.*/)?(\d{4})[-/](\d{1,2})[-/](\d{1,2})[-/.]")
LANGUAGE = re.compile(r"^(?P<name>.+)\.(?P<language>[a-z]{2,3}(?:-[a-zA-Z]{2,4})?)$")
LANGUAGES = {code.partition("-")[0] for code in LANG_INFO}


@dataclass(kw_only=True)
class _Draft:
    """A post on its way: where it is from, what its header says, and what was lost so far."""

    file: Path
    source: str
    path: PurePosixPath
    name: str
    stem: str
    language: str
    matter: Matter
    raw: str
    lines: LineNumbers
    losses: list[Loss] = field(default_factory=list)

    def lose(self, kind: LossKind, what: str, near: str = "") -> None:
        self.losses.append(Loss(kind=kind, what=" ".join(what.split())[:120], line=self.lines.of(near or what)))


class StaticPosts:
    """Reads the files of one site. `now` decides what is still to come or has expired."""

    def __init__(self, site: Site, now: datetime) -> None:
        self.site, self.now = site, now
        self.inherited = Inherited(site)

    def read(self, file: Path, source: str, *, is_html: bool) -> SourcePost | Skipped:
        """Return the post of a file. Raises CannotRead."""
        raw, odd_line = decode(_bytes(file))
        parted = front_matter.split(raw)
        stem, language = self._named(file)
        if parted is None and not (self.site.generator == Generator.DOCUSAURUS and DATED_NAME.match(stem)):
            return Skipped(file=source, reason="no front matter")
        if file.stem.partition(".")[0] == "_index":
            return Skipped(file=source, reason="an index page")
        path = PurePosixPath(
            file.relative_to(self.site.base if file.is_relative_to(self.site.base) else self.site.root).as_posix()
        )
        if is_html and not self._may_be_html(path):
            return Skipped(file=source, reason="a page of HTML")
        own, body = parted or ({}, raw)
        dated = DATED_NAME.match(stem)
        draft = _Draft(
            file=file, source=source, path=path, name=dated[4] if dated else stem, stem=stem, language=language,
            matter=self.inherited.header(own, file), raw=raw, lines=LineNumbers(raw),
        )  # fmt: skip
        if odd_line:
            draft.losses.append(Loss(kind=LossKind.TEXT, what="not UTF-8, read as Windows-1252", line=odd_line))
        return self._post(draft, body, is_html=is_html)

    def _may_be_html(self, path: PurePosixPath) -> bool:
        return (
            "_posts" in path.parts
            or "_drafts" in path.parts
            or (self.site.generator == Generator.HUGO and path.parts[0] == "content")
        )

    def _named(self, file: Path) -> tuple[str, str]:
        """Return the name of a post and its language: of `first/index.fr.md` they are `first` and `fr`."""
        match = LANGUAGE.match(file.stem)
        known = self._languages()
        language = match["language"] if match and match["language"].lower().partition("-")[0] in known else ""
        name = match["name"] if match and language else file.stem
        folder = file.parent
        bundle = folder.name if name == "index" and folder != self.site.root else name
        return bundle, language

    def _languages(self) -> set[str]:
        languages = self.site.config.get("languages")
        if isinstance(languages, dict):
            return {str(name).lower().partition("-")[0] for name in languages}
        return LANGUAGES if self.site.generator in {Generator.HUGO, Generator.ZOLA, Generator.UNKNOWN} else set()

    def _slug(self, draft: _Draft) -> str:
        """Return the wanted slug. A translation beside its original has its language in it."""
        wanted = text(draft.matter, "slug").strip("/").rpartition("/")[2] or draft.name
        siblings = draft.file.parent.glob(f"{draft.file.name.partition('.')[0]}.*") if draft.language else iter(())
        is_translation = any(each != draft.file and each.suffix == draft.file.suffix for each in siblings)
        return slug_of(f"{wanted}-{draft.language}" if is_translation else wanted, kind="post")

    def _post(self, draft: _Draft, body: str, *, is_html: bool) -> SourcePost:
        site, matter = self.site, draft.matter
        title, body = _title(draft, body)
        content = self._content(draft, body, is_html=is_html)
        published_at = self._published_at(draft)
        tags, category = static_fields.tags_and_category(matter, draft.path, site)
        categories = static_fields.category_names(matter, draft.path, site)
        cover, alt = static_fields.cover_of(matter)
        slug = self._slug(draft)
        self._note_expiry(draft)
        post = SourcePost(
            key=draft.source,
            file=draft.source,
            identities=_identities(draft.source, site),
            title=title,
            slug=slug,
            content=content,
            excerpt=summary_words(self._expanded(static_fields.excerpt_of(matter), Page(values=matter, people=site.people))),
            language=languages.found(draft.language) or static_fields.language_of(matter, site),
            authors=static_fields.authors(matter, site),
            tags=tags,
            category=category,
            published_at=published_at,
            private=why_private(matter, draft.path, site.generator, self.now) or self.inherited.why_no_page(draft.file),
            cover=cover,
            old_urls=old_urls(
                matter, draft.path, site, name=draft.name, language=draft.language, day=published_at, categories=categories
            ),
            link_names=_link_names(draft, published_at, slug),
            hosts=site.images.hosts,
        )
        images = tuple(_images(post, alt, draft.file, site))
        return replace(
            post,
            guid=feed_guid(post.old_urls, draft.name, site),
            images=images,
            losses=tuple(draft.losses + _remote(post, images, draft.lines)),
            lines=draft.lines.of_urls(content),
        )

    def _published_at(self, draft: _Draft) -> datetime | None:
        zone = static_fields.zone_of(draft.matter, self.site)
        dated = DATED_NAME.match(draft.stem)
        if dated is None and self.site.generator == Generator.DOCUSAURUS:
            dated = DATED_PATH.match(draft.path.as_posix())
        in_name = static_fields.date_in_name(dated, zone)
        return static_fields.published_at(draft.matter, in_name, zone, self.now)

    def _note_expiry(self, draft: _Draft) -> None:
        expires = expiry(draft.matter)
        if expires is not None and expires > self.now:
            draft.lose(LossKind.FIELD, f"expires on {expires.date().isoformat()}: expiry dates are not supported here", "expir")

    def _content(self, draft: _Draft, body: str, *, is_html: bool) -> str:
        page = Page(
            values=draft.matter, site=self.site.config, people=self.site.people, posts=self.site.posts, is_html=is_html,
            includes=self.site.base / "_includes", is_liquid=self.site.is_liquid,
        )  # fmt: skip
        body, removed = without_controls(body)
        if removed:
            draft.losses.append(
                Loss(kind=LossKind.TEXT, what=f"{removed} control characters taken out", line=draft.lines.of_control())
            )
        content = self._expanded(body, page)
        left = "" if page.is_liquid or self.site.generator in {Generator.HUGO, Generator.ZOLA} else " (left as written)"
        for tag in dict.fromkeys(page.unknown):
            draft.lose(LossKind.TAG, tag + left, tag)
        if not is_html:
            content = self._without_residues(draft, content)
        content = with_media(
            content, lambda what: draft.lose(LossKind.EMBED, what, what.rpartition(" ")[2]), markdown=not is_html
        )
        _note_elements(draft, content, markdown=not is_html)
        return html_blocks(content) if is_html else content.strip() + "\n"

    def _expanded(self, body: str, page: Page) -> str:
        generator = self.site.generator
        if is_false(page.values, "render_with_liquid", "templateengineoverride"):  # type: ignore[arg-type]
            return body
        if self.site.is_liquid:
            return expand(body, page)
        if generator in {Generator.HUGO, Generator.UNKNOWN}:
            body = expand_hugo(body, page)
        if generator == Generator.ZOLA:
            body = expand_zola(body, page)
        return expand(body, page) if generator == Generator.UNKNOWN else body

    def _without_residues(self, draft: _Draft, content: str) -> str:
        generator = self.site.generator
        if generator == Generator.DOCUSAURUS:
            content, removed = without_mdx(content)
            for line in removed:
                draft.lose(LossKind.TAG, line)
        kramdown = generator in {Generator.JEKYLL, Generator.UNKNOWN}
        content, attributes = without_attributes(
            content, kramdown=kramdown, goldmark=generator in {Generator.HUGO, Generator.UNKNOWN}
        )
        if attributes:
            draft.lose(LossKind.ATTRIBUTE, f"{attributes[0]} ({len(attributes)} in all)", attributes[0])
        return content


def _bytes(file: Path) -> bytes:
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise CannotRead(f"{size:,} bytes; a post may have at most {MAX_BYTES:,}")
    return file.read_bytes()


def _title(draft: _Draft, body: str) -> tuple[str, str]:
    """Return the title, and the text without it where it is the text's first heading."""
    title = one_line(text(draft.matter, "title"))
    if not title and (heading := list(static_fields.leading_heading(body))):
        title, body = one_line(heading[0]), heading[1]
    title = title or human_name(draft.name)
    if len(title) > 200:
        draft.lose(LossKind.FIELD, f"title of {len(title)} characters cut to 200", title[:60])
    return fitting_title(title), body


def _identities(source: str, site: Site) -> tuple[str, ...]:
    """Return what distinguishes this file from one of the same path in another site: the site's names, and its folder."""
    own = sorted(host.removeprefix("www.") for host in site.images.hosts)
    return tuple(dict.fromkeys([*(f"{host}/{source}" for host in own), f"{site.origin or site.images.resolved}/{source}"]))


def _link_names(draft: _Draft, day: datetime | None, slug: str) -> tuple[str, ...]:
    """Return paths under which other posts may link to this one, besides its own."""
    names = [f"/{draft.stem}", f"/posts/{draft.name}", f"/{draft.name}", f"/{slug}", f"/{draft.source.rpartition('.')[0]}"]
    if day:
        names += [f"/{day:%Y/%m/%d}/{draft.name}", f"/{day:%Y/%m/%d}/{slug}"]
    if dated := DATED_NAME.match(draft.stem):
        names.append(f"/{dated[1]}/{int(dated[2]):02}/{int(dated[3]):02}/{draft.name}")
    return tuple(dict.fromkeys(names))


def _images(post: SourcePost, alt: str, file: Path, site: Site) -> Iterator[SourceImage]:
    shown = list(images_in(post.content))
    cover = [(post.cover, alt)] if post.cover else []
    wanted: Sequence[tuple[str, str]] = cover + shown if alt else shown + cover
    seen: set[str] = set()
    for url, words in wanted:
        if url and url not in seen and (found := site.images.image(url, beside=file, alt=one_line(words)[:500])):
            yield found
        seen.add(url)


def _remote(post: SourcePost, images: Sequence[SourceImage], lines: LineNumbers) -> list[Loss]:
    """Name images that readers may not see: a cover on another host, and pictures at http://…"""
    own = {image.url for image in images}
    losses = []
    if post.cover and post.cover not in own:
        losses.append(Loss(kind=LossKind.REMOTE_IMAGE, what=f"cover {post.cover[:100]}", line=lines.of(post.cover)))
    for url, _ in images_in(post.content):
        if url.startswith("http://") and url not in own and static_fields.IMAGE_NAME.search(url):
            losses.append(Loss(kind=LossKind.INSECURE_IMAGE, what=url[:120], line=lines.of(url)))
    return list(dict.fromkeys(losses))


def _note_elements(draft: _Draft, content: str, *, markdown: bool) -> None:
    """Name the elements that sanitising will take out."""
    prose, code = mask_code(content, markdown=markdown)
    scripts = [name for piece in code for name in ("script", "style") if piece[:9].lower().startswith(f"<{name}")]
    for name in dict.fromkeys([*unknown_elements(prose), *scripts]):
        draft.lose(LossKind.HTML, f"<{name}>", f"<{name}")
