"""Every page is valid HTML: a strict parser has no complaint, and what no parser checks is checked here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from django.test import Client
from django.utils import timezone
from tinyhtml5.parser import HTMLParser

from app.accounts.models import Role, User
from app.blog.models import Category, Media, Post, Tag
from app.newsletter.models import Send, Subscriber
from app.web.templatetags.afterword import prose
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = """Some *words*, a ~~wrong~~ <mark>marked</mark> one and a [link](https://example.org/).

## A heading

| one | two |
|:----|----:|
| 1   | 2   |

> Quoted.

![A picture](/media/nowhere.png)

```python
print("code")
```

1. first
2. second[^1]

<table align="center"><tr><td align="right" style="text-align:right" colspan="0">cell</td></tr></table>
<img src="/media/nowhere.png" width="50%"><p id="main">Once.</p><p id="main">Twice.</p><p lang="not a language" dir="up">Up.</p>

## Comments

See [above](#comments).

[^1]: A note, with *emphasis*.
"""


@pytest.fixture
def editor(db: None) -> User:
    return factories.person("edith", Role.EDITOR, is_staff=True, is_superuser=True)


@pytest.fixture
def post(editor: User) -> Post:
    cover = Media.objects.store(factories.image(size=(1600, 900)), editor, alt="Red")
    essays = Category.objects.create(name="Essays", slug="essays", description="Long ones.\n\nAnd more.")
    Category.objects.create(name="Notes", slug="notes")
    post = factories.write(editor, "Everything a page can hold", TEXT, slug="everything", category=essays, cover=cover)
    post.tags.add(Tag.objects.create(name="web", slug="web"))
    for number in range(6):
        factories.publish(editor, f"Post {number}", TEXT, category=Category.objects.get(slug="notes"))
    post.publish(at=timezone.now())
    factories.publish(editor, "Gone").withdraw()
    comment = post.comment(content="Said.", author=editor)
    post.comment(content="Answered.", author=editor, parent=comment)
    post.comment(content="By a guest.", guest_name="Gus", guest_email="gus@example.org")
    Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())
    Send.objects.create(post=post, state="finished")
    return post


YEAR = timezone.now().year
PUBLIC = (
    "/",
    "/?page=2",
    "/posts/everything/",
    "/posts/everything/comments",
    "/posts/gone/",
    "/authors/edith/",
    "/categories/essays/",
    "/tags/web/",
    "/archive/",
    f"/archive/{YEAR}/",
    "/search/",
    "/search/?q=words",
    "/search/?q=zebra",
    "/login/",
    "/join/",
    "/password/",
    "/password/x/y/",
    "/subscribe/",
    "/addresses/1/x/",
    "/nowhere/",
)
OWN = (
    "/posts/everything/",
    "/account/",
    "/account/password",
    "/account/address",
    "/studio/",
    "/studio/posts/new/",
    "/studio/posts/{pk}/",
    "/studio/posts/{pk}/effects/",
    "/studio/posts/{pk}/options/",
    "/studio/posts/{pk}/mailing/",
    "/studio/posts/{pk}/statistics/",
    "/studio/statistics/",
    "/studio/comments/",
    "/studio/media/",
    "/studio/social/",
    "/studio/import/",
    "/studio/export/",
    "/studio/effects/",
    "/studio/effects/list/",
    "/studio/schedules/",
    "/studio/mailbox/",
    "/studio/settings/",
    "/studio/pages/",
    "/studio/pages/new/",
    "/studio/welcome/name/",
    "/studio/welcome/begin/",
    "/studio/settings/look/",
    "/studio/settings/navigation/",
    "/studio/settings/redirects/",
    "/studio/conservation/",
)
FORMS = (
    ("/login/", {}),
    ("/join/", {"username": "x"}),
    ("/subscribe/", {"email": "no"}),
    ("/studio/posts/new/", {"title": ""}),
)
TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?")
REFERENCES = ("for", "list", "form", "aria-describedby", "aria-labelledby", "aria-controls")
NATIVE = {"region", "navigation", "main", "banner", "contentinfo", "button", "link", "list", "listitem", "heading", "form"}
OBSOLETE = {"align", "bgcolor", "border", "cellpadding", "cellspacing", "style", "valign"}
HEADINGS = {f"h{level}" for level in range(1, 7)}


def faults(page: bytes) -> list[str]:
    """Return what is wrong with a page, in words."""
    parser = HTMLParser(namespace_html_elements=False)
    tree = parser.parse(page, transport_encoding="utf-8")
    elements = [each for each in tree.iter() if isinstance(each.tag, str) and not each.tag.startswith("{")]
    ids = Counter(each.get("id") for each in elements if "id" in each.attrib)
    found = [f"not HTML: {code} {facts}" for _, code, facts in parser.errors]
    found += [f"id {name} is there {number} times" for name, number in ids.items() if number > 1]
    return found + [fault for each in elements for fault in wrong_with(each, set(ids))]


def wrong_with(element: Element, ids: set[Any]) -> Iterator[str]:
    """Say what is wrong with one element."""
    tag, attributes, inside = element.tag, element.attrib, [each.tag for each in element]
    for name in attributes:
        if name in OBSOLETE or ("-" in name and not re.match("data-|aria-|accept-|http-", name)):
            yield f"<{tag}> has {name}"
    for name in REFERENCES:
        yield from (f"<{tag}> {name} points nowhere: {each}" for each in attributes.get(name, "").split() if each not in ids)
    if attributes.get("href", "").startswith("#") and attributes["href"][1:] not in ids:
        yield f"{attributes['href']} leads nowhere"
    if attributes.get("role") in NATIVE:
        yield f"<{tag}> plays {attributes['role']}, for which HTML has an element"
    if tag == "time" and not TIME.fullmatch(attributes.get("datetime", "")):
        yield f"no time: {attributes.get('datetime')}"
    if tag == "img" and ("alt" not in attributes or not attributes.get("width", "1").isdecimal()):
        yield f"picture: {attributes}"
    if tag in {"section", "article"} and not named(element):
        yield f"<{tag} {attributes}> has neither heading nor name"
    if "dd" in inside and "dt" not in inside[: inside.index("dd")]:
        yield f"<{tag}> has its dd before its dt"
    if "for" in attributes and any(each.get("id") == attributes["for"] for each in element.iter()):
        yield "a label says twice what it is for"
    if tag == "ul" and "aria-label" in attributes:
        yield "a list is named, which not every program reads"


def named(element: Element) -> bool:
    return (
        "aria-label" in element.attrib or "aria-labelledby" in element.attrib or any(e.tag in HEADINGS for e in element.iter())
    )


@pytest.mark.usefixtures("post")
class TestEveryPage:
    @pytest.mark.parametrize("path", PUBLIC)
    def test_is_valid_for_strangers(self, path: str) -> None:
        assert faults(Client().get(path).content) == []

    @pytest.mark.parametrize("path", OWN)
    def test_is_valid_for_editors(self, post: Post, editor: User, path: str) -> None:
        client = Client()
        client.force_login(editor)
        answer = client.get(path.format(pk=post.pk))
        assert (answer.status_code, faults(answer.content)) == (200, [])

    @pytest.mark.parametrize(("path", "typed"), FORMS)
    def test_is_valid_with_mistakes_in_its_form(self, editor: User, path: str, typed: dict[str, str]) -> None:
        client = Client()
        if path.startswith("/studio/"):
            client.force_login(editor)
        answer = client.post(path, typed)
        assert (answer.status_code, faults(answer.content)) == (422, [])


class TestFaults:
    """Each rule finds what it is for."""

    @pytest.mark.parametrize(
        "fault",
        [
            "<p><div></p>",
            '<a href="/" hx-get="/">x</a>',
            '<time datetime="2026-11-26T10:00:00.123456+00:00">x</time>',
            "<dl><div><dd>1</dd><dt>one</dt></div></dl>",
            "<section><p>x</p></section>",
            '<div role="region" aria-label="x"></div>',
            '<input aria-describedby="nowhere">',
            '<p id="a"></p><p id="a"></p>',
            "<img src=x>",
        ],
    )
    def test_are_found(self, fault: str) -> None:
        assert faults(f"<!DOCTYPE html><html lang=en><title>t</title><body>{fault}</body></html>".encode())


class TestTheTextOfAPost:
    def test_keeps_its_own_ids_apart_from_those_of_the_page(self) -> None:
        text = prose(
            '<h2 id="comments">Comments</h2><p><a href="#comments">x</a> id="comments"</p><h2 id="comments">Again</h2>'
        )
        assert text == ('<h2 id="text-comments">Comments</h2><p><a href="#text-comments">x</a> id="comments"</p><h2>Again</h2>')

    def test_leaves_links_to_other_pages(self) -> None:
        assert (
            prose('<p><a href="main">x</a><a href="/x#main">y</a></p>') == '<p><a href="main">x</a><a href="/x#main">y</a></p>'
        )

    @pytest.mark.parametrize(
        ("first", "is_set"),
        [("Words " * 30, True), ("Three short <b>words</b>", False), ("Слова и слова " * 20, False), ('<img src="/a">', False)],
    )
    def test_has_small_capitals_where_the_first_paragraph_has_lines_of_them(self, first: str, is_set: bool) -> None:
        assert ('<p class="opening">' in prose(f"<p>{first}</p><p>{'More ' * 40}</p>")) is is_set

    def test_keeps_the_width_of_a_picture_that_is_a_part_of_the_page(self) -> None:
        assert prose('<p><img src="a" width="48%" height="100%"></p>') == '<p><img src="a" class="part-50" alt=""></p>'
        assert prose('<p><img src="a" width="48" height="20"></p>') == '<p><img src="a" width="48" height="20" alt=""></p>'
