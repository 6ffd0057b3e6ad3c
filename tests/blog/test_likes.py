import pytest
from django.db import IntegrityError, connection, transaction

from app.blog.errors import NotPublished, PostGone
from app.blog.models import Like, Post
from tests.blog.announcements import names

pytestmark = pytest.mark.django_db


class TestLikes:
    @pytest.mark.covers("M6", "M10", "H31")
    def test_count_each_user_once_both_ways(self, public, reader, said):
        assert [public.like(reader), public.like(reader)] == [True, False]
        assert Post.objects.get().like_count == 1
        assert [public.unlike(reader), public.unlike(reader)] == [True, False]

        assert names(said) == ["post_liked", "post_unliked"]
        assert (Post.objects.get().like_count, Like.objects.count()) == (0, 0)

    @pytest.mark.covers("M10")
    def test_are_one_row_for_each_post_and_user(self, public, reader):
        public.like(reader)
        with pytest.raises(IntegrityError, match="like_once"), transaction.atomic():
            Like.objects.create(post=public, user=reader)

        assert Post.objects.get().like_count == 1

    @pytest.mark.covers("M6")
    def test_removed_in_bulk_or_one_by_one_are_counted(self, public, reader, author):
        public.like(reader)
        public.like(author)
        Like.objects.filter(user=reader).delete()
        Like.objects.get().delete()

        assert Post.objects.get().like_count == 0

    @pytest.mark.covers("H22")
    def test_bring_no_deleted_post_back(self, public, reader):
        stale = Post.objects.get()
        public.delete()

        with pytest.raises(PostGone):
            stale.like(reader)
        assert stale.unlike(reader) is False
        assert not Post.objects.exists()

    def test_of_what_is_not_public_are_refused(self, draft, reader):
        with pytest.raises(NotPublished):
            draft.like(reader)
        assert not Like.objects.exists()

    @pytest.mark.covers("M6", "G5")
    @pytest.mark.parametrize("column", ["like_count", "comment_count", "view_count"])
    def test_and_other_counts_cannot_be_negative(self, public, column):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE blog_post SET {column} = -1")
