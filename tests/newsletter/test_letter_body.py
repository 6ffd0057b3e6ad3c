"""What a mail shows of a post."""

from __future__ import annotations

import email
import email.policy
import re
from typing import Any

import pytest
from lxml import html as lxml_html
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Media
from app.mail.message import one_line
from app.newsletter.models import Subscriber
from tests import factories
from tests.colours import contrast
from tests.letters import mail_to

pytestmark = pytest.mark.django_db


def letter(author: User, content: str, **fields: Any) -> tuple[Any, str]:
    """Return the HTML, parsed, and the text of the mail about a new post."""
    post = factories.publish(author, "A post", content, **fields)
    subscriber = Subscriber.objects.create(email=f"r{post.pk}@example.org")
    mail = mail_to(subscriber, post)
    message = email.message_from_bytes(mail.data, policy=email.policy.default)
    parts = {part.get_content_subtype(): part.get_content() for part in message.walk() if not part.is_multipart()}
    return lxml_html.document_fromstring(parts["html"]), parts["plain"]


def preheader(page: Any) -> str:
    return str(page.find("body/div").text_content())


class TestTheBody:
    def test_names_every_address_in_full(self, author: User) -> None:
        page, text = letter(
            author,
            "[a](./a) [b](../b) [c](c) [d](//h.example/d) [e](/e) [f]\n\n[f]: /f\n\n"
            '<img src="//cdn.example.org/x.png" alt="c"> <a href="g?x=1&amp;y=2">g</a> ![h](h.png)\n\n'
            '<a href="#i">i</a>[^1]\n\n[^1]: N.',
        )
        for element in page.iter("a", "img"):
            address = element.get("href") or element.get("src")
            assert re.match(r"https?://[^/]", address), address
        assert page.xpath("//img/@src")[0] == "https://cdn.example.org/x.png"
        for address in re.findall(r"\(([^)]*)\)", text):
            assert re.match(r"https?://[^/]", address), address
        for address in (
            "/posts/a-post/a)",
            "/posts/b)",
            "https://h.example/d)",
            ":8000/e)",
            ":8000/f)",
            "/a-post/g?x=1&y=2)",
        ):
            assert address in text

    @pytest.mark.parametrize(
        ("written", "size"),
        [
            ('width="2560" height="1440"', ("520", "292")),
            ('width="2560"', ("520", None)),
            ('width="300" height="900"', ("300", "900")),
            ('width="100%"', ("100%", None)),
            ("", (None, None)),
        ],
    )
    def test_shows_pictures_as_wide_as_the_letter(self, author: User, written: str, size: tuple[str | None, ...]) -> None:
        page, _ = letter(author, f'<img src="https://a.example/a.png" {written} alt="w">')
        [picture] = page.xpath("//img")
        assert (picture.get("width"), picture.get("height")) == size

    def test_knows_how_wide_a_picture_of_the_library_is(self, author: User, settings: Settings, tmp_path: object) -> None:
        settings.MEDIA_ROOT = tmp_path
        media = Media.objects.store(factories.image(size=(1040, 400)), author)
        page, _ = letter(author, f"![w]({media.url})")
        [picture] = page.xpath("//img")
        assert (picture.get("width"), picture.get("height"), picture.get("alt")) == ("520", "200", "w")

    def test_shows_a_link_in_place_of_a_player(self, author: User) -> None:
        page, text = letter(author, '<iframe src="https://player.vimeo.com/video/76979871" title="A film"></iframe>')
        assert page.xpath("//iframe") == []
        assert page.xpath("//a[@href='https://vimeo.com/76979871']/text()") == ["A film"]
        assert "A film (https://vimeo.com/76979871)" in text


class TestTheStyles:
    def test_are_in_each_element_as_outlook_reads_no_others(self, author: User) -> None:
        page, _ = letter(author, "> Quoted.\n\n[a](https://a.example/)\n\n|a|b|\n|--|:--|\n|1|2|")
        assert "border-left: 3px solid #2438b8" in page.xpath("//blockquote/@style")[0]
        assert "color: #2438b8" in page.xpath("//a[text()='a']/@style")[0]
        assert all("border-bottom" in style for style in page.xpath("//*[self::td or self::th][not(@class)]/@style")[-4:])

    def test_say_by_an_attribute_how_wide_the_sheet_is(self, author: User) -> None:
        page, _ = letter(author, "x")
        assert page.xpath("//table[contains(@style, 'max-width')]/@width") == ["600"]

    def test_can_be_read_in_the_dark(self, author: User) -> None:
        page, _ = letter(author, "> Quoted.\n\n`code`\n\n    code")
        dark = "".join(page.xpath("//style/text()")).partition("prefers-color-scheme: dark")[2]
        rules = {name.strip(): rule for name, rule in re.findall(r"([^{}]+){([^{}]*)}", dark)}
        colour = re.search(r"(?<!-)color: (#\w+) !important", rules[".sheet blockquote"])
        ground = re.search(r"background: (#\w+) !important", rules[".sheet"])
        assert colour
        assert ground
        assert contrast(colour[1], ground[1]) >= 4.5


class TestThePreheader:
    def test_is_escaped_once(self, author: User) -> None:
        assert preheader(letter(author, "Fish & chips")[0]) == "Fish & chips"
        assert preheader(letter(author, "x", excerpt="Use Vec<T> &amp; more")[0]) == "Use Vec<T> &amp; more"

    def test_is_short(self, author: User) -> None:
        assert len(preheader(letter(author, "x" * 10_000)[0])) <= 200


class TestAMailOfALongPost:
    def test_is_text_in_both_parts(self, author: User) -> None:
        page, text = letter(author, "Fish & chips cost < 5 pounds.\n\n" + "*word* &amp; " * 12_000)
        assert "Fish & chips cost < 5 pounds. word & word" in page.text_content()
        assert "Fish & chips cost < 5 pounds. word & word" in text
        assert len(text) < 5_000


class TestAHeader:
    @pytest.mark.parametrize("text", ["👩‍👩‍👧 family", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "\u200fשלום", "می‌خواهم"])
    def test_keeps_what_joins_characters(self, text: str) -> None:
        assert one_line(text) == text

    def test_has_no_control_characters(self) -> None:
        assert one_line("a\r\nBcc: x\x00\x1b\u202eb\u2028c") == "a Bcc: xb c"

    def test_of_the_list_is_not_broken_by_the_name_of_the_site(self, author: User, settings: Settings) -> None:
        settings.SITE_NAME = 'Vec<T> & "co"'
        post, reader = factories.publish(author), Subscriber.objects.create(email="r@example.org")
        mail = mail_to(reader, post)
        message = email.message_from_bytes(mail.data, policy=email.policy.default)
        assert re.findall(r"<([^>]*)>", message["List-Id"]) == ["newsletter.127.0.0.1"]
