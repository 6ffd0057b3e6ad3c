"""The card of a post: drawn by a worker, named after what it says, drawn again when that changes."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from app.accounts.models import User
from app.blog import card_fonts, cards
from app.blog.card_drawing import Card, can_write, draw
from app.blog.models import Media, Post
from owed.models import Effect
from owed.testing import drain, owes
from tests import factories
from tests.factories import Publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def card_of(post: Post) -> str:
    post.refresh_from_db(fields=["card"])
    return post.card


class TestACard:
    def test_is_owed_by_a_publication_and_drawn_by_a_worker(self, publish: Publish) -> None:
        post = publish("A slower web")
        assert owes("media.card", about=post).count() == 1
        assert (card_of(post), b"card.png" in Client().get(post.get_absolute_url()).content) == ("", True)
        drain()
        with default_storage.open(card_of(post)) as file, Image.open(file) as image:
            assert (image.format, image.size) == ("PNG", (1200, 630))
        assert f'content="http://127.0.0.1:8000/media/{post.card}"' in Client().get(post.get_absolute_url()).content.decode()

    def test_is_drawn_again_under_another_name_when_the_title_changes(self, publish: Publish) -> None:
        post = publish("First")
        drain()
        first = card_of(post)
        post.revise(title="Second")
        drain()
        assert card_of(post) != first
        assert default_storage.exists(post.card)

    def test_is_left_alone_by_another_change(self, publish: Publish) -> None:
        post = publish("First")
        drain()
        before = (card_of(post), default_storage.get_modified_time(post.card))
        post.revise(content="Other words.")
        drain()
        assert (card_of(post), default_storage.get_modified_time(post.card)) == before

    def test_is_drawn_again_where_its_file_is_gone(self, publish: Publish) -> None:
        post = publish("First")
        drain()
        default_storage.delete(card_of(post))
        cards.update_card(post.pk)
        assert default_storage.exists(post.card)

    def test_is_not_drawn_for_a_draft_or_a_post_with_a_cover(self, author: User, publish: Publish) -> None:
        draft = factories.write(author, "Unfinished")
        covered = publish("Covered", cover=Media.objects.store(factories.image(), author))
        for post in (draft, covered):
            cards.update_card(post.pk)
        drain()
        assert (card_of(draft), card_of(covered)) == ("", "")

    @pytest.mark.parametrize("title", ["مرحبا", "हिन्दी", "😀"])
    def test_is_that_of_the_site_where_no_font_can_write_the_title(self, publish: Publish, title: str) -> None:
        post = publish(title)
        drain()
        assert card_of(post) == ""
        assert Effect.objects.get(task="media.card").state == "done"

    def test_is_owed_to_older_posts_by_the_daily_sweep(self, publish: Publish, settings: Settings) -> None:
        post = publish("Of an earlier release")
        drain()
        Post.objects.update(card="")
        Effect.objects.all().delete()
        assert (cards.owe_missing_cards(), owes("media.card", about=post).count()) == (1, 1)
        drain()
        assert (cards.owe_missing_cards(), bool(card_of(post))) == (0, True)
        settings.SITE_NAME = "Renamed"
        assert cards.owe_missing_cards() == 1

    def test_that_no_post_names_goes_a_week_later(self, publish: Publish) -> None:
        post = publish("First")
        drain()
        first = card_of(post)
        post.revise(title="Second")
        drain()
        assert cards.remove_stray_cards(timezone.now() + timedelta(days=6)) == 0
        assert cards.remove_stray_cards(timezone.now() + timedelta(days=8)) == 1
        assert (default_storage.exists(first), default_storage.exists(card_of(post))) == (False, True)


class TestADrawing:
    @pytest.mark.parametrize("title", ["", "x", "x" * 200, "word " * 40, "Łódź and Győr", "日本語", "\u202eabc"])
    def test_holds_any_title(self, title: str) -> None:
        with Image.open(BytesIO(draw(Card(title=title, author="Anna Őr", site="Afterword")))) as image:
            margins = [image.convert("L").crop(box).getextrema()[0] for box in ((0, 20, 60, 630), (1130, 20, 1200, 630))]
        assert min(margins) > 240, "something is drawn in a margin"

    def test_shows_its_title(self) -> None:
        drawn = {draw(Card(title=title, author="A", site="S")) for title in ("One", "Two", "Łódź")}
        assert len(drawn) == 3

    def test_in_another_script_takes_a_font_of_the_system(self, monkeypatch: pytest.MonkeyPatch) -> None:
        forget_fonts()
        if list(Path("/usr/share/fonts").rglob("DejaVuSans.ttf")):
            assert can_write("Привет, Ελλάδα")
            assert len({draw(Card(title=title, author="A", site="S")) for title in ("Привет", "Ελλάδα", "")}) == 3
        monkeypatch.setattr(card_fonts, "FOLDERS", ())
        forget_fonts()
        try:
            assert not can_write("Привет")
            assert can_write("Łódź")
        finally:
            forget_fonts()


def forget_fonts() -> None:
    card_fonts.font_of.cache_clear()
    card_fonts._others.cache_clear()
