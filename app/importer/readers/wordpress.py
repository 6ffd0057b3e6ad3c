"""WordPress exports (WXR): read as a stream, with DTDs and entities refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from app.importer import markup
from app.importer.entry import Author, Broken, Entry, Ignored, Read, Unreadable
from app.importer.library import Library
from app.importer.plain import moment, one_line, slug_of
from app.importer.readers.exported import checked_size, content_of, key_of, pictures_of, title_of

MAX_EXPORT = 512 * 2**20
MAX_DEPTH = 40
Names = dict[str, str]


@dataclass
class Site:
    """What stands in the export before its items."""

    folder: Path
    hosts: set[str] = field(default_factory=set)
    people: Names = field(default_factory=dict)

    @property
    def library(self) -> Library:
        return Library(root=self.folder, hosts=tuple(self.hosts))


def read(path: Path, *, hosts: tuple[str, ...] = ()) -> Iterator[Read]:
    """Yield each post of the export; at a fault in the XML, what stood before it and then the fault."""
    site = Site(folder=path.parent, hosts=set(hosts))
    try:
        checked_size(path, MAX_EXPORT)
        yield from _items(path, site)
    except Unreadable as error:
        yield Broken(source=path.name, reason=str(error))
    except DefusedXmlException as error:
        yield Broken(source=path.name, reason=f"refused: a DTD or entity in the XML ({type(error).__name__})")
    except ParseError as error:
        yield Broken(source=path.name, reason=f"not well-formed XML: {error}")


def _items(path: Path, site: Site) -> Iterator[Read]:
    """Walk the stream, forgetting each element that was read."""
    open_elements: list[Element] = []
    for event, element in iterparse(path, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            open_elements.append(element)
            _check(open_elements)
            continue
        open_elements.pop()
        if element.tag == "item":
            yield _item(element, site)
        elif len(open_elements) == 2:
            _note(element, site)
        if element.tag == "item" or len(open_elements) == 2:
            open_elements[-1].clear()


def _check(open_elements: list[Element]) -> None:
    if len(open_elements) > MAX_DEPTH:
        raise Unreadable(f"XML nested more than {MAX_DEPTH} deep")
    if open_elements[0].tag != "rss":
        raise Unreadable(f"not a WordPress export: its first element is {open_elements[0].tag[:40]!r}")


def _note(element: Element, site: Site) -> None:
    name = _local(element)
    if name == "author":
        values = _values(element)
        site.people[values.get("author_login", "")] = values.get("author_display_name", "")
    elif name in {"base_site_url", "base_blog_url", "link"} and (host := urlsplit(element.text or "").hostname):
        site.hosts.add(host)


def _item(item: Element, site: Site) -> Read:
    values = _values(item)
    source = key_of("wordpress", values.get("guid") or values.get("link") or values.get("post_id", ""))
    try:
        if values.get("post_type", "post") != "post":
            return Ignored(source=source, reason=f"type {values['post_type'][:30]}")
        if values.get("status") == "trash":
            return Ignored(source=source, reason="in the trash")
        return _post(item, values, source, site)
    except Unreadable as error:
        return Broken(source=source, reason=str(error))


def _post(item: Element, values: Names, source: str, site: Site) -> Entry:
    expanded, unknown = markup.shortcodes(content_of(values.get("content", "")))
    login, title = values.get("creator", ""), title_of(values.get("title", ""), source)
    terms = [(term.get("domain"), one_line(term.text or "")) for term in item.iter("category")]
    categories = [name for domain, name in terms if domain == "category" and name and name != "Uncategorized"]
    named = [name for domain, name in terms if domain == "post_tag" and name]
    entry = Entry(
        source=source,
        title=title,
        slug=slug_of(values.get("post_name") or title, kind="post"),
        content=markup.laid_out(expanded),
        excerpt=one_line(values.get("excerpt", "")),
        authors=(Author(key=login, name=one_line(site.people.get(login) or login)[:100]),) if login else (),
        tags=tuple(dict.fromkeys([*named, *categories[1:]])),
        category=next(iter(categories), ""),
        published_at=moment(values.get("post_date_gmt", "")) or moment(values.get("post_date", "")),
        draft=values.get("status", "publish") not in {"publish", "future"} or bool(values.get("post_password")),
        addresses=_addresses(values),
        hosts=tuple(sorted(site.hosts)),
        unknown_tags=tuple(unknown),
    )
    return replace(entry, images=pictures_of(entry, site.library))


def _addresses(values: Names) -> tuple[str, ...]:
    path = urlsplit(values.get("link", "")).path.strip("/").lower()
    return (path,) if path else ()


def _values(element: Element) -> Names:
    """Return the children's texts by name. Content and excerpt are both called `encoded`, in namespaces of their own."""
    values: Names = {}
    for child in element:
        name = _local(child)
        if name == "encoded":
            name = "excerpt" if "excerpt" in child.tag else "content"
        values.setdefault(name, (child.text or "").strip())
    return values


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
