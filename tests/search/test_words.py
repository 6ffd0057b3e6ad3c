"""Words that are not as they were typed: other languages, misspelt, only begun; and what a search is narrowed to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post, Tag
from app.search import vocabulary
from app.search.filters import BadFilter, Filters
from app.search.index import remove_from_search_index, update_search_index_batch
from app.search.models import Word
from app.search.query import search
from app.search.spelling import edits
from tests.factories import Publish

pytestmark = pytest.mark.django_db

SHELF = {
    "de": ("Häuser am Fluss", "Die Mülleimer standen im Garten der Großmutter."),
    "fr": ("Le café aimé", "Une ville aimée de ses habitants; l'école est fermée."),
    "es": ("Programación", "Las canciones del pueblo."),
    "ja": ("東京都の朝", "学校でコンピュータを使う。"),
    "ko": ("한국어 문장", "학교에서 배웠습니다."),
    "ru": ("Зелёные ёлки", "Книги лежали на столах."),
    "hi": ("हिन्दी कविता", "किताबें मेज पर हैं।"),
    "ar": ("كتابٌ جديد", "المدرسة الكبيرة."),
    "en": ("Kubernetes at work", "A micro-purchase of résumé paper by the government."),
}


@pytest.fixture
def shelf(publish: Publish) -> dict[str, Post]:
    posts = {code: publish(title, text, language=code) for code, (title, text) in SHELF.items()}
    update_search_index_batch(post.pk for post in posts.values())
    return posts


def found(text: str, **filters: Any) -> list[str]:
    return [result.post.language for result in search(text, filters=Filters(**filters)).results]


class TestASearch:
    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("haus", "de"), ("mulleimer", "de"), ("grossmutter", "de"), ("aimer", "fr"), ("le café", "fr"), ("ecole", "fr"),
            ("cancion", "es"), ("programacion", "es"), ("東京", "ja"), ("都", "ja"), ("コンピュータ", "ja"), ("학교", "ko"),
            ("елка", "ru"), ("книга", "ru"), ("हिन्दी", "hi"), ("كتاب", "ar"), ("micropurchase", "en"),
            ("micro-purchases", "en"),
            ("resume", "en"), ('"resume paper"', "en"), ("kub", "en"), ("kubernetse", "en"), ("goverment paper", "en"),
        ],
    )  # fmt: skip
    def test_finds_the_post_in_its_language(self, shelf: dict[str, Post], text: str, language: str) -> None:
        assert found(text) == [language]

    @pytest.mark.parametrize("text", ['"paper resume"', '"東都"', "kubernetes -work", "zzzzqqq"])
    def test_finds_nothing_else(self, shelf: dict[str, Post], text: str) -> None:
        assert found(text) == []

    def test_says_what_it_searched_for_instead(self, shelf: dict[str, Post]) -> None:
        assert (search("kubernetse work").corrected, search("kubernetes").corrected) == ("kubernetes work", "")

    def test_marks_what_it_found(self, shelf: dict[str, Post]) -> None:
        assert search("東京都").results[0].title == "<mark>東京都</mark>の朝"
        assert "<mark>micro-purchase</mark>" in search("micropurchase").results[0].snippet


class TestPages:
    def test_neither_overlap_nor_leave_anything_out(self, publish: Publish) -> None:
        posts = [publish(f"Whale {n}" if n % 3 else "Fish", "whale " * (n % 5 + 1)) for n in range(70)]
        update_search_index_batch(post.pk for post in posts)
        pages = [search("whale", number, size=9) for number in range(1, 9)]
        shown = [result.post.pk for page in pages for result in page.results]
        assert sorted(shown) == [post.pk for post in posts]
        assert [page.has_next for page in pages] == [True] * 7 + [False]

    def test_of_more_than_are_counted_go_on(self, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.search.query.COUNTED", 4)
        update_search_index_batch(publish(f"Whale {n}").pk for n in range(6))
        page = search("whale", 2, size=4)
        assert (page.total, page.is_exact, len(page.results), page.has_next) == (4, False, 2, False)


class TestNarrowing:
    def test_by_author_tag_and_days(self, shelf: dict[str, Post], author: User) -> None:
        post, today = shelf["en"], timezone.now().date()
        post.revise(tags=[Tag.objects.create(name="Ops", slug="ops")])
        update_search_index_batch([post.pk])
        assert found("kubernetes", author=author.username, tag="ops", since=today - timedelta(1), until=today) == ["en"]
        assert found("kubernetes", until=today - timedelta(2)) == found("haus", tag="ops") == []

    @pytest.mark.parametrize(
        ("field", "filters"),
        [
            ("author", {"author": "nobody"}),
            ("tag", {"tag": "none"}),
            ("until", {"since": date(2026, 2, 2), "until": date(2026, 2, 1)}),
        ],
    )
    def test_to_what_is_not_there_is_refused(self, field: str, filters: dict[str, Any]) -> None:
        with pytest.raises(BadFilter) as refused:
            search("word", filters=Filters(**filters))
        assert refused.value.name == field


class TestTheVocabulary:
    def test_forgets_the_words_of_deleted_posts(self, shelf: dict[str, Post]) -> None:
        assert Word.objects.filter(word="kubernetes").exists()
        remove_from_search_index(shelf["en"])
        Word.objects.filter(word="mulleimer").update(docs=90)
        vocabulary.recount()
        assert not Word.objects.filter(word__in=["kubernetes", "purchase"]).exists()
        assert Word.objects.get(word="mulleimer").docs == 1

    @pytest.mark.parametrize(
        ("typed", "meant", "number"), [("kubernetse", "kubernetes", 1), ("wrod", "word", 1), ("a", "abc", 2)]
    )
    def test_counts_edits(self, typed: str, meant: str, number: int) -> None:
        assert edits(typed, meant) == number
