"""The index's reading side."""

from __future__ import annotations

import html
import re
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.blog.models import Post
from app.search.index import update_search_index_batch
from app.search.models import Document
from app.search.query import search, tidy
from tests.factories import Publish

HOSTILE = [
    "",
    " ",
    "\x00",
    "nul\x00inside",
    "'",
    "''",
    '"',
    '"unfinished phrase',
    "\\",
    "%",
    "it's",
    "a' OR '1'='1",
    "'; DROP TABLE search_document; --",
    ":*",
    "word:*",
    "word:A",
    "&",
    "|",
    "!",
    "!!!",
    "-",
    "- -",
    "or",
    "or or or",
    "and not",
    "<->",
    "( ) (",
    "(((((" * 50,
    "<script>alert(1)</script>",
    "%s %(text)s {query}",
    "\ue000\ue001",
    "\ud800",
    "\u202e\u200b",
    "😀" * 100,
    "é́" * 50,
    "the",
    "the of and",
    "x" * 10_000,
    "word " * 2_000,
    '"' * 10_000,
    "-word " * 500,
    "http://example.com/a?b=c&d=e#f",
    "a@b.example",
    "1.5e10 -3",
    "\r\n\t\v\f",
    "\u0640",
    '"\u0640\u0640" -\u0640',
    "\u0640-\u0640 whale",
]


def titles(text: str) -> list[str]:
    return [result.post.title for result in search(text).results]


@pytest.fixture
def shelf(publish: Publish) -> list[Post]:
    posts = [
        publish("Sailing alone", "We publish the log of a small boat around the world. " * 3),
        publish("Boats for sale", "A big boat, hardly used; the world is small."),
        publish("Gardening", "Nothing about the sea <b>here</b>, but 5 < 6 & so on."),
    ]
    update_search_index_batch([post.pk for post in posts])
    return posts


@pytest.mark.django_db
@pytest.mark.usefixtures("shelf")
class TestSearch:
    def test_finds_words_by_their_stem_best_first(self) -> None:
        assert titles("boats") == ["Boats for sale", "Sailing alone"]

    def test_finds_a_phrase(self) -> None:
        assert titles('"small boat"') == ["Sailing alone"]

    def test_excludes_a_word(self) -> None:
        assert titles("boat -sale") == ["Sailing alone"]

    @pytest.mark.parametrize("text", ["all of it", '"All of It"', "all"])
    def test_finds_a_title_of_words_that_are_too_frequent_to_be_searched(self, publish: Publish, text: str) -> None:
        update_search_index_batch([publish("All of It", content="Boats.").pk])
        assert titles(text) == ["All of It"]

    def test_takes_or(self) -> None:
        assert set(titles("gardening or sailing")) == {"Gardening", "Sailing alone"}

    @pytest.mark.parametrize("begun", ["garde", "gardeni", "so garden", "nothing gard"])
    def test_completes_the_last_word(self, begun: str) -> None:
        assert titles(begun) == ["Gardening"]

    def test_leaves_out_what_goes_while_it_reads(self, shelf: list[Post], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.search.query.rows", Mock(return_value=[]))
        assert titles("boat") == []

    def test_puts_the_whole_word_before_what_begins_with_it(self, publish: Publish) -> None:
        posts = [publish("Agilefall"), publish("Agile work"), publish("Agilefall, agilefall and more agilefall")]
        update_search_index_batch([post.pk for post in posts])

        assert titles("agile")[0] == "Agile work"

    def test_completes_no_word_inside_a_phrase(self) -> None:
        assert titles('"garde') == []

    def test_finds_nothing_of_nothing(self) -> None:
        assert search("").total == 0

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_takes_any_text(self, text: str) -> None:
        assert search(text).total >= 0

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(st.text(max_size=300), st.integers(-(2**70), 2**70))
    def test_takes_any_text_and_page(self, text: str, page: int) -> None:
        assert search(text, page).number >= 1

    @pytest.mark.parametrize("word", ["abcdefghij" * 20, "\ufdfa" * 200], ids=["long", "folded-to-18-times-its-length"])
    def test_looks_for_no_word_near_one_that_is_longer_than_all(
        self, shelf: list[Post], monkeypatch: pytest.MonkeyPatch, word: str
    ) -> None:
        monkeypatch.setattr("app.search.spelling.nearby_misspelt", Mock(side_effect=AssertionError))
        assert search(word).total == 0

    def test_takes_a_word_without_letters_for_one_that_says_nothing(self, shelf: list[Post]) -> None:
        assert titles("\u0640") == []
        assert titles("gardening \u0640") == ["Gardening"]

    def test_shows_nothing_withdrawn_before_the_index_knows(self, shelf: list[Post]) -> None:
        shelf[2].withdraw()

        assert Document.objects.filter(post=shelf[2]).exists()
        assert titles("gardening") == []

    def test_asks_the_database_a_fixed_number_of_times(self, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
        with django_assert_max_num_queries(11):
            for result in search("boat").results:
                assert result.post.author.profile


ACCENTS = ["Café", "Łódź", "Straße", "Smørrebrød", "œuvre", "İstanbul", "naïve", "Đà Nẵng", "한국어", "がっこう", "Ёлка"]
TYPED = ["lodz", "strasse", "smorrebrod", "oeuvre", "istanbul", "naive", "da nang", "елка"]


@pytest.mark.django_db
class TestAccents:
    @pytest.mark.parametrize("text", ["cafe", "café", "CAFE", "Café", "caf", "café society", '"cafe society"', "cafe\u0301"])
    def test_are_not_looked_at(self, publish: Publish, text: str) -> None:
        update_search_index_batch([publish("Café society").pk])
        assert titles(text) == ["Café society"]

    @pytest.mark.parametrize("word", [*TYPED, *ACCENTS])
    def test_of_many_languages(self, publish: Publish, word: str) -> None:
        update_search_index_batch([publish(title).pk for title in ACCENTS])
        assert len(titles(word)) == 1

    @pytest.mark.parametrize("place", ["title", "content", "excerpt"])
    def test_wherever_they_are(self, publish: Publish, place: str) -> None:
        post = publish(**{"title": "One", "content": "Two", "excerpt": "Three", place: "crème brûlée"})
        update_search_index_batch([post.pk])
        assert titles("creme brulee") == [post.title]

    def test_that_were_asked_for_are_marked(self, publish: Publish) -> None:
        update_search_index_batch([publish("Café society", "A café at night.").pk])
        (result,) = search("café").results
        assert (result.title, "<mark>café</mark>" in result.snippet) == ("<mark>Café</mark> society", True)


@pytest.mark.django_db
class TestSnippet:
    def test_marks_what_was_looked_for(self, shelf: list[Post]) -> None:
        (result,) = search("gardening").results

        assert result.title == "<mark>Gardening</mark>"

    def test_marks_a_word_whose_stem_begins_with_other_letters(self, publish: Publish) -> None:
        update_search_index_batch([publish("Lying low", "He was lying still.").pk])
        (result,) = search("lying").results
        assert (result.title, "<mark>lying</mark>" in result.snippet) == ("<mark>Lying</mark> low", True)

    def test_escapes_everything_else(self, publish: Publish) -> None:
        post = publish("<b>boo</b> & 'co'", "`<img src=x onerror=alert(1)>` boo &lt;mark&gt; 5 < 6")
        update_search_index_batch([post.pk])
        (result,) = search("boo").results

        for markup in (result.title, result.snippet):
            assert "<mark>" in markup
            assert set(re.findall(r"<[^>]*>?", markup)) == {"<mark>", "</mark>"}
        assert "<img src=x" not in html.unescape(result.snippet) or "&lt;img" in result.snippet

    def test_is_short(self, publish: Publish) -> None:
        post = publish("Long", "filler " * 2000 + " needle " + "filler " * 9000)
        update_search_index_batch([post.pk])
        (result,) = search("needle").results

        assert "<mark>needle</mark>" in result.snippet
        assert len(result.snippet) < 1000


@pytest.mark.django_db
class TestPaging:
    def test_shows_each_result_once(self, publish: Publish) -> None:
        posts = [publish(f"Whale {number}") for number in range(7)]
        update_search_index_batch([post.pk for post in posts])
        pages = [search("whale", number, size=3) for number in (1, 2, 3)]

        assert [len(page.results) for page in pages] == [3, 3, 1]
        assert [page.total for page in pages] == [7, 7, 7]
        assert [(page.has_previous, page.has_next) for page in pages] == [(False, True), (True, True), (True, False)]
        assert len({result.post.pk for page in pages for result in page.results}) == 7

    def test_counts_also_behind_the_last_page(self, publish: Publish) -> None:
        update_search_index_batch([publish(f"Whale {number}").pk for number in range(4)])
        behind = search("whale", 9, size=3)

        assert (behind.total, behind.results, behind.has_next) == (4, [], False)

    @pytest.mark.parametrize("number", [0, -1, 10**30])
    def test_takes_any_number(self, db: None, number: int) -> None:
        assert search("whale", number).results == []


class TestTidy:
    def test_leaves_words_and_limits_their_number(self) -> None:
        assert tidy("  a\x00b \n c ") == "a b c"
        assert tidy("\u202etest\u2066") == "test"
        assert len(tidy("word " * 9999)) <= 200
