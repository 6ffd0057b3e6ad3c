import os
from datetime import timedelta
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog import files, images, media_deletion, media_uses, stray_files
from app.blog.errors import MediaRefused, PictureDescribedElsewhere, PictureGone, PictureShared, UsedMeanwhile
from app.blog.models import Category, Media, Post
from app.blog.picture_pages import describe_picture
from app.feeds.models import Document
from owed.testing import owes
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
    def test_writes_a_half_written_file_again(self, author, media_root):
        media = Media.objects.store(image(), author)
        (media_root / media.file.name).write_bytes(b"half")
        Media.objects.store(image(), author)

        assert (media_root / media.file.name).read_bytes() == image().read()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "Not a JPEG"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG is not accepted"),
            (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG is not accepted"),
            (b"GIF89a<script>alert(1)</script>", "Not a JPEG"),
            (b"BM" + b"\0" * 100, "Not a JPEG"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "Not a JPEG"),
        ],
        ids=["nothing", "svg", "svg with a declaration", "false gif", "bmp", "broken png"],
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


class TestTheLibrary:
    """No sweep deletes a picture that is in it."""

    @pytest.fixture(params=["never shown", "cut from a post", "of a deleted post", "replaced cover"])
    def picture(self, request, author) -> Media:
        media = Media.objects.store(image(), author)
        if request.param == "cut from a post":
            showing(media, author).revise(content="No picture.")
        elif request.param == "of a deleted post":
            showing(media, author).delete()
        elif request.param == "replaced cover":
            Post.objects.create(title="T", content="-", author=author, cover=media).revise(cover=None)
        return media

    @pytest.mark.covers("M14", "H11")
    def test_keeps_a_picture_that_nothing_shows(self, picture, media_root):
        assert stray_files.remove_stray_files(timezone.now() + timedelta(days=900)) == 0
        assert files.cleanup_post_files([picture.pk]) == 0
        assert (media_root / picture.file.name).exists()
        assert list(Media.objects.kept()) == [picture]

    @pytest.mark.covers("M14")
    def test_follows_the_text(self, author):
        media = Media.objects.store(image(), author)
        post = showing(media, author)
        assert list(post.media.all()) == [media]

        post.revise(content="No picture.")
        assert not post.media.exists()

    def test_belongs_to_all_who_uploaded_a_picture(self, author):
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        media = Media.objects.store(image(), author)
        Media.objects.store(image(), other)
        assert [list(Media.objects.managed_by(user)) for user in (author, other)] == [[media], [media]]


class TestTheDescription:
    def test_of_a_picture_that_others_show_is_not_for_one_who_uploaded_a_copy(self, author):
        other, editor = (User.objects.create_user(name, role=name) for name in (Role.AUTHOR, Role.EDITOR))
        media = Media.objects.store(image(), author, alt="Mine")
        post = showing(media, author)
        Media.objects.store(image(), other)
        with pytest.raises(PictureDescribedElsewhere):
            describe_picture(media, by=other, alt="Theirs", caption="Buy here")
        media.refresh_from_db()
        assert (media.alt, media.caption) == ("Mine", "")
        for user in (author, editor):
            describe_picture(media, by=user, alt=user.username, caption="")
        post.revise(content="No picture.")
        describe_picture(media, by=other, alt="Shown earlier", caption="")


class TestDeletingByHand:
    @pytest.mark.covers("M14", "H11")
    def test_removes_the_file_and_keeps_an_account(self, author, media_root):
        media = Media.objects.store(image(), author)
        media_deletion.delete_picture(media, by=author)
        assert (media_root / media.file.name).exists()
        assert list(owes("media.cleanup", about=media).values_list("args", flat=True)) == [{"media_ids": [media.pk]}]

        assert files.cleanup_post_files([media.pk]) == 1
        assert files.cleanup_post_files([media.pk]) == 0
        assert not (media_root / media.file.name).exists()
        [row] = Media.objects.deleted()
        assert (row.deleted_by, row.deleted_at is None) == (author, False)
        with pytest.raises(PictureGone):
            media_deletion.delete_picture(media, by=author)

    def test_is_taken_back_by_an_upload(self, author, media_root):
        media = Media.objects.store(image(), author)
        media.discard(by=author)
        Media.objects.store(image(), author)
        assert files.cleanup_post_files([media.pk]) == 0
        assert (media_root / media.file.name).exists()
        assert list(Media.objects.kept()) == [media]

    def test_goes_on_where_the_file_is_gone_already(self, author, media_root):
        media = Media.objects.store(image(), author)
        (media_root / media.file.name).unlink()
        media.discard(by=author)
        assert files.cleanup_post_files([media.pk]) == 0
        assert Media.objects.deleted().count() == 1

    def test_takes_a_cover_off_and_lets_an_open_editor_save(self, author, media_root):
        media = Media.objects.store(image(), author)
        post = Post.objects.create(title="T", content="-", author=author, cover=media, status="published")
        in_a_tab = Post.objects.get(pk=post.pk)
        media.discard(by=author)
        files.cleanup_post_files([media.pk])
        assert owes("cache.purge", about=post).exists()
        assert Post.objects.get(pk=post.pk).cover is None

        in_a_tab.revise(expected_revision=in_a_tab.revision, content=f"More. ![]({media.url})", cover=media)
        post.refresh_from_db()
        assert (post.cover, list(post.media.all()), in_a_tab.cover) == (None, [media], None)

    def test_of_one_author_spares_what_others_uploaded_or_show(self, author):
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        uploaded, shown = Media.objects.store(image("red"), author), Media.objects.store(image("blue"), author)
        Media.objects.store(image("red"), other)
        showing(shown, other)
        for media in (uploaded, shown):
            with pytest.raises(PictureShared):
                media_deletion.delete_picture(media, by=author)
        editor = User.objects.create_user("edith", role=Role.EDITOR)
        for media in (uploaded, shown):
            media_deletion.delete_picture(media, by=editor)
        assert not Media.objects.kept().exists()

    def test_asks_again_where_it_is_used_in_more_places_than_were_shown(self, author):
        media = Media.objects.store(image(), author)
        seen = media_deletion.fingerprint(media_uses.uses([media])[media.pk])
        showing(media, author)
        with pytest.raises(UsedMeanwhile):
            media_deletion.delete_picture(media, by=author, seen=seen)
        assert Media.objects.kept().exists()


class TestUses:
    @pytest.mark.covers("M14")
    def test_are_found_wherever_a_picture_is_shown(self, author):
        media = Media.objects.store(image(), author)
        draft, covered = (
            showing(media, author, "A draft"),
            Post.objects.create(title="B", content="-", author=author, cover=media),
        )
        author.profile.bio = f"![me]({media.url})"
        author.profile.save()
        shelf = Category.objects.create(name="Places", slug="places", description=f"![]({media.url})")
        assert [(use.kind, use.pk, use.title, use.url) for use in media_uses.uses([media], author)[media.pk]] == [
            ("post", draft.pk, "A draft", f"/studio/posts/{draft.pk}/"),
            ("cover", covered.pk, "B", f"/studio/posts/{covered.pk}/"),
            ("profile", author.profile.pk, "ada", "/authors/ada/"),
            ("category", shelf.pk, "Places", "/categories/places/"),
        ]

    def test_of_a_public_post_are_remembered_when_it_is_cut_or_deleted(self, author):
        cut, gone = Media.objects.store(image("red"), author), Media.objects.store(image("blue"), author)
        post, deleted = showing(cut, author), showing(gone, author)
        for each in (post, deleted):
            each.publish()
        post.withdraw()
        post.revise(content="No picture.")
        deleted.delete()
        found = media_uses.uses([cut, gone], author)
        assert [(use.kind, use.pk) for use in found[cut.pk] + found[gone.pk]] == [("earlier", post.pk), ("earlier", None)]
        post.revise(content=f"![]({cut.url})")
        assert [use.kind for use in media_uses.uses([cut])[cut.pk]] == ["post"]

    def test_of_a_draft_are_forgotten(self, author):
        media = Media.objects.store(image(), author)
        showing(media, author).revise(content="No picture.")
        showing(media, author).delete()
        assert media_uses.uses([media])[media.pk] == []
        assert list(Media.objects.unused(media_uses.mentioned())) == [media]

    def test_in_drafts_of_others_have_no_title(self, author):
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        media = Media.objects.store(image(), author)
        showing(media, other, "A secret")
        [use] = media_uses.uses([media], author)[media.pk]
        assert (use.title, use.url) == ("", "")

    @pytest.mark.parametrize("place", ["post", "cover", "bio", "category", "earlier"])
    def test_leave_nothing_used_among_the_unused(self, author, place):
        media, other = Media.objects.store(image("red"), author), Media.objects.store(image("blue"), author)
        if place in {"post", "earlier"}:
            showing(media, author).publish()
        if place == "earlier":
            Post.objects.get().delete()
        if place == "cover":
            Post.objects.create(title="B", content="-", author=author, cover=media)
        if place == "bio":
            type(author.profile).objects.update(bio=f"![]({media.url})")
        if place == "category":
            Category.objects.create(name="P", slug="p", description=media.url)
        assert list(Media.objects.unused(media_uses.mentioned())) == [other]

    def test_of_a_page_of_pictures_are_asked_in_one_query_for_each_kind_of_place(self, author, django_assert_num_queries):
        pictures = [Media.objects.store(image(size=(2, n + 1)), author) for n in range(12)]
        posts = [showing(media, author) for media in pictures]
        for post in posts[:6]:
            post.publish()
            post.revise(content="No picture.")
        with django_assert_num_queries(8):
            found = media_uses.uses(pictures, author)
        assert [[use.kind for use in found[media.pk]] for media in pictures] == [["earlier"]] * 6 + [["post"]] * 6


class TestASweep:
    NAME = f"images/ab/{'ab' * 32}.png"

    @pytest.fixture
    def stray(self, media_root):
        """Return a file of an upload that was never committed, eight days ago."""
        path = media_root / self.NAME
        path.parent.mkdir(parents=True)
        path.write_bytes(image().read())
        long_ago = (timezone.now() - timedelta(days=8)).timestamp()
        os.utime(path, (long_ago, long_ago))
        return path

    @pytest.mark.covers("M14", "H11")
    def test_removes_a_file_of_no_picture(self, stray, author):
        kept = Media.objects.store(image(), author)
        assert stray_files.remove_stray_files(timezone.now()) == 1
        assert stray_files.remove_stray_files(timezone.now()) == 0
        assert not stray.exists()
        assert kept.file.storage.exists(kept.file.name)

    def test_waits_a_week(self, stray):
        os.utime(stray)
        assert stray_files.remove_stray_files(timezone.now() + timedelta(days=6)) == 0
        assert stray_files.remove_stray_files(timezone.now() + timedelta(days=8)) == 1

    def test_leaves_what_no_upload_named(self, stray):
        own = stray.with_name("a-photo-put-here-by-hand.png")
        stray.rename(own)
        assert stray_files.remove_stray_files(timezone.now()) == 0
        assert own.exists()

    @pytest.mark.parametrize("place", ["post", "excerpt", "bio", "avatar", "category", "comment", "feed"])
    def test_leaves_what_any_text_names(self, stray, author, place):
        post = Post.objects.create(title="T", content=f"![](/media/{self.NAME})" if place == "post" else "-", author=author)
        if place == "excerpt":
            post.revise(excerpt=f"See /media/{self.NAME}")
        if place == "bio":
            type(author.profile).objects.update(bio=f"![](/media/{self.NAME})")
        if place == "avatar":
            type(author.profile).objects.update(avatar=self.NAME)
        if place == "category":
            Category.objects.create(name="P", slug="p", description=f"/media/{self.NAME}")
        if place == "comment":
            post.publish()
            post.comment(content=f"/media/{self.NAME}", author=author)
        if place == "feed":
            body = f"<img src=/media/{self.NAME}>".encode()
            Document.objects.create(
                scope="site", format="rss", body=body, last_modified=timezone.now(), built_at=timezone.now()
            )
        assert stray_files.remove_stray_files(timezone.now()) == 0
        assert stray.exists()

    def test_removes_a_few_at_a_time(self, media_root, stray):
        for number in range(3):
            path = stray.with_name(f"{number:064x}.png")
            path.write_bytes(b"x")
        later = timezone.now() + timedelta(days=8)
        assert [stray_files.remove_stray_files(later, most=3) for _ in range(3)] == [3, 1, 0]


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
        sweep = partial(stray_files.remove_stray_files, timezone.now() + timedelta(days=8))
        for _ in range(10):
            media = upload()
            media.discard(by=author)
            results = at_once(upload, partial(files.cleanup_post_files, [media.pk]), sweep)
            assert not [result for result in results if isinstance(result, Exception)]
            stored = {media_root / media.file.name for media in Media.objects.kept()}
            assert {path for path in media_root.rglob("*") if path.is_file()} == stored
            assert len(stored) == 1

    @pytest.mark.covers("M14")
    def test_deleting_beside_saving_leaves_a_saved_post_without_the_cover(self, author, media_root):
        for _ in range(10):
            media = Media.objects.store(image(), author)
            post = Post.objects.create(title="T", content="-", author=author)
            save = partial(post.revise, content=f"![]({media.url})", cover=media)

            def delete(media=media):
                media.discard(by=author)
                files.cleanup_post_files([media.pk])

            assert at_once(save, delete) == [None, None]
            saved = Post.objects.get(pk=post.pk)
            assert (saved.cover, saved.content, list(saved.media.all())) == (None, f"![]({media.url})", [media])
