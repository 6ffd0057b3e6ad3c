from datetime import timedelta
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from app.blog import files, images
from app.blog.errors import MediaRefused
from app.blog.models import Media, Post
from tests.concurrency import at_once
from tests.factories import image

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def showing(media: Media, author, title: str = "Picture") -> Post:
    return Post.objects.create(title=title, content=f"![]({media.url})", author=author)


class TestStoring:
    @pytest.mark.covers("M14")
    def test_keeps_an_image_once(self, author, media_root):
        first = Media.objects.store(image(), author, alt="A\nred\x00 box")
        second = Media.objects.store(image(), None)

        assert first == second
        assert (first.width, first.height, first.content_type, first.alt) == (4, 3, "image/png", "A red box")
        assert len([path for path in media_root.rglob("*") if path.is_file()]) == 1

    @pytest.mark.covers("M14")
    def test_writes_a_half_written_file_anew(self, author, media_root):
        media = Media.objects.store(image(), author)
        (media_root / media.file.name).write_bytes(b"half")
        Media.objects.store(image(), author)

        assert (media_root / media.file.name).read_bytes() == image().read()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "Not a JPEG"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "Not a JPEG"),
            (b"GIF89a<script>alert(1)</script>", "Not a JPEG"),
            (b"BM" + b"\0" * 100, "Not a JPEG"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "Not a JPEG"),
        ],
        ids=["nothing", "svg", "false gif", "bmp", "broken png"],
    )
    def test_refuses_what_is_no_image(self, author, content, reason):
        with pytest.raises(MediaRefused, match=reason):
            Media.objects.store(ContentFile(content, name="a.png"), author)
        assert not Media.objects.exists()

    def test_refuses_what_is_too_large(self, author, monkeypatch):
        monkeypatch.setattr(images, "PIXEL_LIMIT", 11)
        with pytest.raises(MediaRefused, match="megapixels"):
            Media.objects.store(image(), author)
        monkeypatch.setattr(images, "SIZE_LIMIT", 10)
        with pytest.raises(MediaRefused, match="larger"):
            Media.objects.store(image(), author)


class TestCleaningUp:
    @pytest.mark.covers("M14", "H11")
    def test_removes_a_file_with_the_last_post_that_shows_it(self, author, media_root):
        media = Media.objects.store(image(), author)
        first, second = showing(media, author), showing(media, author)
        first.delete()
        assert files.cleanup_post_files([media.pk]) == 0
        assert (media_root / media.file.name).exists()

        second.delete()
        assert files.cleanup_post_files([media.pk]) == 1
        assert files.cleanup_post_files([media.pk]) == 0
        assert not (media_root / media.file.name).exists()
        assert not Media.objects.exists()

    @pytest.mark.covers("M14")
    def test_follows_the_text(self, author):
        media = Media.objects.store(image(), author)
        post = showing(media, author)
        assert list(post.media.all()) == [media]

        post.revise(content="No picture.")
        assert not post.media.exists()
        assert files.cleanup_post_files(post) == 0
        assert Media.objects.remove_unreferenced(timezone.now()) == 1

    @pytest.mark.covers("M14")
    def test_spares_covers(self, author):
        media = Media.objects.store(image(), author)
        Post.objects.create(title="T", content="-", author=author, cover=media)

        assert Media.objects.remove_unreferenced(timezone.now() + timedelta(days=9)) == 0

    @pytest.mark.covers("H11")
    def test_spares_what_was_just_uploaded_for_the_grace(self, author):
        media = Media.objects.store(image(), author)
        post = showing(media, author)
        post.delete()
        Media.objects.store(image(), author)

        assert files.cleanup_post_files([media.pk]) == 0
        assert files.cleanup_post_files([media.pk], now=timezone.now() + timedelta(days=2)) == 1

    @pytest.mark.covers("H11")
    def test_goes_on_where_the_file_is_gone_already(self, author, media_root):
        media = Media.objects.store(image(), author)
        (media_root / media.file.name).unlink()

        assert Media.objects.remove_unreferenced(timezone.now(), grace=timedelta(0)) == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.mark.covers("M14")
    def test_uploads_of_one_image_are_one(self, author, media_root):
        results = at_once(*[lambda: Media.objects.store(image(), author)] * 6)

        assert set(results) == {Media.objects.get()}
        assert len([path for path in media_root.rglob("*") if path.is_file()]) == 1

    @pytest.mark.covers("H11", "M14")
    def test_removing_beside_uploading_keeps_row_and_file_together(self, author, media_root):
        upload = partial(Media.objects.store, image(), author)
        sweep = partial(Media.objects.remove_unreferenced, timezone.now() + timedelta(hours=1), grace=timedelta(0))
        for _ in range(10):
            at_once(upload, sweep, sweep)
            stored = {media_root / media.file.name for media in Media.objects.all()}
            assert {path for path in media_root.rglob("*") if path.is_file()} == stored
