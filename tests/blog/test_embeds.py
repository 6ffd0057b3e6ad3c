"""Media of other sites inside a post."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from app.blog.embeds import is_player, player
from app.blog.markdown import render, render_comment

UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"
PLAYERS = [
    ("https://www.youtube.com/embed/znjMWmbjtgg", "https://www.youtube-nocookie.com/embed/znjMWmbjtgg"),
    ("//www.youtube.com/embed/znjMWmbjtgg?rel=0", "https://www.youtube-nocookie.com/embed/znjMWmbjtgg"),
    ("http://youtube.com/watch?v=znjMWmbjtgg&t=1m5s", "https://www.youtube-nocookie.com/embed/znjMWmbjtgg?start=65"),
    ("https://youtu.be/znjMWmbjtgg", "https://www.youtube-nocookie.com/embed/znjMWmbjtgg"),
    ("https://m.youtube.com/shorts/znjMWmbjtgg", "https://www.youtube-nocookie.com/embed/znjMWmbjtgg"),
    ("http://www.youtube.com/v/znjMWmbjtgg&fs=1", "https://www.youtube-nocookie.com/embed/znjMWmbjtgg"),
    (
        "https://www.youtube.com/playlist?list=PL0123456789",
        "https://www.youtube-nocookie.com/embed/videoseries?list=PL0123456789",
    ),
    ("https://vimeo.com/123456", "https://player.vimeo.com/video/123456?dnt=1"),
    ("https://player.vimeo.com/video/123456?h=abcdef12", "https://player.vimeo.com/video/123456?dnt=1&h=abcdef12"),
    ("https://open.spotify.com/track/4rOoJ6Egrf8K2IrywzwOMk", "https://open.spotify.com/embed/track/4rOoJ6Egrf8K2IrywzwOMk"),
    (f"https://framatube.org/videos/watch/{UUID}", f"https://framatube.org/videos/embed/{UUID}"),
]
NO_PLAYERS = [
    "https://www.youtube.com/",
    "https://www.youtube.com/channel/UC0123456789",
    "https://youtube.com.evil.example/embed/znjMWmbjtgg",
    "https://evil.example/embed/znjMWmbjtgg",
    f"https://evil.example/videos/embed/{UUID}",
    "javascript:alert(1)//www.youtube.com/embed/znjMWmbjtgg",
    "https://www.youtube.com/embed/a\"onload='x'",
    "http://[::1",
]


class TestAPlayer:
    @pytest.mark.parametrize(("url", "src"), PLAYERS)
    def test_is_known_by_any_address_of_its_video(self, url: str, src: str) -> None:
        found = player(url)
        assert found is not None
        assert found.src == src
        assert is_player(src)

    @pytest.mark.parametrize("url", NO_PLAYERS)
    def test_is_no_other_address(self, url: str) -> None:
        assert player(url) is None

    @pytest.mark.parametrize("src", sorted({src for _, src in PLAYERS}))
    def test_may_be_framed_by_the_content_security_policy(self, src: str) -> None:
        sources = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["frame-src"]
        assert re.match(r"https://[^/]+", src)[0] in sources


class TestAPostWithMedia:
    @pytest.mark.parametrize(("url", "src"), PLAYERS)
    def test_shows_the_player_in_a_frame_that_may_do_little(self, url: str, src: str) -> None:
        page = render(f'Before.\n\n<iframe width="560" src="{url}" onload="alert(1)"></iframe>\n\nAfter.')
        [frame] = re.findall(r"<iframe[^>]*>", page)
        assert f'src="{src.replace("&", "&amp;")}"' in frame
        assert 'loading="lazy"' in frame
        assert "allow-top-navigation" not in frame
        assert "sandbox=" in frame
        assert "onload" not in frame
        assert "<p>After.</p>" in page

    def test_has_a_link_beside_the_player_for_mail_and_feed_readers(self) -> None:
        page = render("<iframe src='https://vimeo.com/123456' title='A talk'></iframe>")
        assert '<a href="https://vimeo.com/123456" rel="noopener">A talk</a>' in page

    @pytest.mark.parametrize(
        ("element", "link"),
        [
            (
                "<iframe src='https://maps.example/x?y'></iframe>",
                '<a href="https://maps.example/x?y" rel="noopener">maps.example/x',
            ),
            (
                "<iframe src='//maps.example/x' title='The way'></iframe>",
                '<a href="https://maps.example/x" rel="noopener">The way<',
            ),
            ("<video src='/v/talk.mp4' controls></video>", '<a href="/v/talk.mp4" rel="noopener">Video: talk.mp4<'),
            ("<video controls><source src='https://a.example/t.webm'></video>", 'href="https://a.example/t.webm"'),
            ("<audio src='https://a.example/t.mp3'></audio>", ">Audio: a.example/t.mp3<"),
            ("<object data='https://a.example/t.pdf'></object>", 'href="https://a.example/t.pdf"'),
            ("<embed src='https://a.example/t.swf'>", 'href="https://a.example/t.swf"'),
            (
                "<script src='https://gist.github.com/ann/0123456789abcdef.js'></script>",
                ">Gist: gist.github.com/ann/0123456789abcdef<",
            ),
        ],
    )
    def test_shows_a_link_where_it_does_not_know_the_player(self, element: str, link: str) -> None:
        page = render(f"Before.\n\n{element}\n\nAfter.")
        assert link in page
        assert "<iframe" not in page

    def test_of_flash_shows_the_player_of_today(self) -> None:
        flash = (
            '<object><param name="movie" value="http://www.youtube.com/v/znjMWmbjtgg"></param><embed src="x"></embed></object>'
        )
        assert 'src="https://www.youtube-nocookie.com/embed/znjMWmbjtgg"' in render(flash)

    def test_leaves_code_alone(self) -> None:
        source = "<iframe src='https://vimeo.com/123456'></iframe>"
        assert "<iframe" not in render(f"`{source}`\n\n    {source}\n\n```\n{source}\n```")

    def test_frames_nothing_in_a_comment(self) -> None:
        assert "<iframe" not in render_comment("<iframe src='https://vimeo.com/123456'></iframe>")

    @given(
        st.lists(st.sampled_from([*"<>\"'= /a&", "iframe", "src", "https://vimeo.com/123456", "video", "onload"]), max_size=60)
    )
    def test_never_frames_what_is_no_player(self, soup: list[str]) -> None:
        for frame in re.findall(r"<iframe[^>]*>", render("".join(soup))):
            assert is_player(re.search(r'src="([^"]*)"', frame)[1].replace("&amp;", "&"))

    @pytest.mark.timeout(20)
    @pytest.mark.parametrize(
        "piece", ["<iframe ", "<iframe>", "<video><audio>", "<object ", "<embed", "<script src=a>", "<iframe src='x'>"]
    )
    def test_costs_linear_time_however_hostile(self, piece: str) -> None:
        render(piece * (200_000 // len(piece)))


class TestAHeading:
    @pytest.mark.parametrize(
        ("source", "heading"),
        [
            ("## Set up {#setup}", '<h2 id="setup">Set up</h2>'),
            ("## Set up {#setup .wide}", '<h2 id="setup">Set up</h2>'),
            ("## Set up {.wide}", '<h2 id="set-up">Set up</h2>'),
            ("## The `x` {#x.1}", '<h2 id="x.1">The <code>x</code></h2>'),
            ("## A set {1, 2}", '<h2 id="a-set-1-2">A set {1, 2}</h2>'),
        ],
    )
    def test_has_the_id_that_is_written_behind_it(self, source: str, heading: str) -> None:
        assert render(source) == f"{heading}\n"

    def test_keeps_ids_apart(self) -> None:
        assert render("## A {#x}\n\n## B {#x}") == '<h2 id="x">A</h2>\n<h2 id="x-2">B</h2>\n'


class TestALink:
    def test_is_made_of_addresses_and_not_of_names_of_files(self) -> None:
        for make in (render, render_comment):
            page = make("Edit manage.py, README.md, main.rs; see www.example.com/a, and https://example.org/b.")
            assert re.findall(r">([^<]+)</a>", page) == ["www.example.com/a", "https://example.org/b"]
            assert 'href="http://www.example.com/a"' in page

    def test_back_from_a_footnote_that_is_named_twice_leads_to_both(self) -> None:
        page = render("One[^a] and two[^a].\n\n[^a]: Note.")
        assert re.findall(r'href="#(fnref[^"]+)"', page) == re.findall(r'id="(fnref[^"]+)"', page) == ["fnref1", "fnref1:1"]

    def test_may_call(self) -> None:
        assert 'href="tel:+4930123"' in render('<a href="tel:+4930123">call</a>')
